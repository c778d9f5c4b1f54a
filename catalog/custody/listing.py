"""Reading the custody log page by page, and checking one entry against its own record."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.finding import LogFilter, as_read_by, find_entries
from catalog.custody.naming import called, ids_in
from catalog.custody.readers import SEALS, decides_on_seals, is_told
from catalog.custody.record import PrivateField, leaf_digest, proves
from catalog.finding.visible import not_so, told_to
from catalog.models import (
    Account,
    Clip,
    CustodyEntry,
    CustodyLookup,
    CustodyPlace,
    CustodyPrivate,
    CustodySubject,
    Officer,
    Station,
)
from catalog.permissions import Permission, may
from catalog.rules.entry_content import without_content

PAGE = 60
NAMED = 3
"""Things of one kind that a line names; of more it says how many."""
HOLDS = "hold."
"""What actions about holds begin with."""
REFUSED, TRIED = "act.refused", frozenset({"asked", "purpose", "reference"})
"""A look by number that was refused, and its fields that say which number was tried: for auditors alone, like searches."""
AUDITS = ("custody.", "search.")
"""What people looked for, and what auditors looked into: for auditors alone, or whoever is looked into would know."""


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry as listed: its record read, its place (None until the sequencer has been), and its private fields."""

    entry: CustodyEntry
    place: int | None
    record: dict[str, Any]
    private: dict[str, Any]
    withheld: str = ""
    """Private fields are kept from this reader: `hold`, of every hold alike; `seal`; `clip`, of a clip not to be found;
    `audit`, of what auditors alone read; `content`, of who reads the log and no content."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What subjects, and ids in the fields, are called, by id, as far as `actor` may know."""
    called: str = ""
    """What the person or station is called today; the entry itself committed to `who`."""

    @property
    def who(self) -> str:
        """Name of the actor: user name, station code, or the system's job."""
        actor = self.private.get("actor") or {}
        return str(actor.get("name") or "")


@dataclass(frozen=True, slots=True)
class FieldProof:
    """A private field beside the digest the record holds of it."""

    name: str
    value: Any
    salt: str
    committed: str
    holds: bool


@dataclass(frozen=True, slots=True)
class EntryProof:
    """One entry, checked: whether the leaf fits the record, and each private field the digest in it."""

    line: EntryLine
    leaf_holds: bool
    fields: Sequence[FieldProof]
    """Without those that are withheld."""


def list_entries(
    session: Session,
    *,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    subject: UUID | None = None,
    without: Sequence[str] = (),
    before: tuple[datetime, UUID] | None = None,
    limit: int = PAGE,
    actor: Actor | None = None,
    wanted: LogFilter | None = None,
) -> tuple[list[EntryLine], tuple[datetime, UUID] | None]:
    """Answer entries, newest first, and the key the next page begins after; private fields as `actor` may read them."""
    wanted = wanted or LogFilter(
        action=action or "",
        since=since,
        until=until,
        subjects=None if subject is None else (subject,),
        without=tuple(without),
    )
    keys = find_entries(session, as_read_by(actor, wanted), before=before, limit=limit + 1)
    ids = [entry for _, entry in keys[:limit]]
    query = (
        select(CustodyEntry, CustodyPlace.place)
        .outerjoin(CustodyPlace, CustodyPlace.entry_id == CustodyEntry.id)
        .where(CustodyEntry.id.in_(ids))
    )
    page = session.execute(query.order_by(CustodyEntry.at.desc(), CustodyEntry.id.desc())).all()
    private = _private(session, [entry.id for entry, _ in page])
    kept_back = _withhold(session, [entry for entry, _ in page], private, actor)
    people = _called(session, private.values())
    records = {e.id: json.loads(e.record) for e, _ in page}
    names = _names(session, records.values(), private.values(), actor)
    lines = [
        EntryLine(
            e, place, records[e.id], mine, kept_back.get(e.id, ""), names, people.get(_actor_id(mine), "")
        )
        for e, place in page
        for mine in (private.get(e.id, {}),)
    ]
    return lines, keys[limit - 1] if len(keys) > limit else None


def actions(session: Session) -> list[str]:
    """Answer every action that occurs in the log, alphabetically."""
    found: list[str] = []
    # From one to the next by the key: counting a log of millions to name its dozens of actions would take seconds.
    while True:
        after = select(func.min(CustodyLookup.value)).where(CustodyLookup.name == "action")
        following = session.scalar(after.where(CustodyLookup.value > found[-1]) if found else after)
        if following is None:
            return found
        found.append(following)


def prove_entry(session: Session, entry_id: UUID, actor: Actor | None = None) -> EntryProof | None:
    """Answer an entry with the proof that leaf and those private fields that `actor` may read are what was committed to."""
    entry = session.get(CustodyEntry, entry_id)
    if entry is None or not is_told(session, actor, entry):
        return None
    place = session.scalar(select(CustodyPlace.place).where(CustodyPlace.entry_id == entry_id))
    rows = session.scalars(
        select(CustodyPrivate).where(CustodyPrivate.entry_id == entry_id).order_by(CustodyPrivate.field)
    ).all()
    record = json.loads(entry.record)
    fields = [
        FieldProof(
            name=row.field,
            value=json.loads(row.value),
            salt=row.salt,
            committed=record["private"].get(row.field, ""),
            holds=proves(entry.record, PrivateField(row.field, row.salt, row.value)),
        )
        for row in rows
    ]
    private = {f.name: f.value for f in fields}
    kept_back = _withhold(session, [entry], {entry_id: private}, actor)
    who = _called(session, [private]).get(_actor_id(private), "")
    names = _names(session, [record], [private], actor)
    line = EntryLine(entry, place, record, private, kept_back.get(entry_id, ""), names, who)
    # Each was checked whole; what is shown of it may lack what its reader is not told.
    told = [replace(f, value=private[f.name]) for f in fields if f.name in private]
    return EntryProof(line, leaf_digest(entry.record) == entry.leaf, told)


def _names(
    session: Session,
    records: Collection[Mapping[str, Any]],
    privates: Iterable[Mapping[str, Any]],
    actor: Actor | None,
) -> dict[str, str]:
    """Answer what the first subjects of each kind, and the ids in the fields, are called."""
    ids = [UUID(one) for r in records for some in r["subjects"].values() for one in some[:NAMED]]
    for fields in (*(r["facts"] for r in records), *privates):
        ids += ids_in(fields)
    return {str(number): name for number, name in called(session, ids, actor).items()}


def _withhold(
    session: Session,
    entries: Sequence[CustodyEntry],
    private: dict[UUID, dict[str, Any]],
    actor: Actor | None,
) -> dict[UUID, str]:
    """Take out of `private` what is kept from `actor`; answer of which entries, and whether for a hold, a seal or a clip.

    What people searched for, or tried by number in vain, is told to auditors alone. Of a hold everything is withheld, whoever set it for whatever reason: one must not be told from another (R9.8). Of a seal, from
    those who decide on none, and of a clip that the reader may not find, everything but who did it and from where. Who
    opens neither cases nor recordings, as auditors do not, reads nothing of what they say.
    """
    no_content = not (may(actor, Permission.CASE_READ) or may(actor, Permission.CLIP_READ))
    ids = [entry.id for entry in entries]
    hidden = dict.fromkeys(
        session.scalars(
            select(CustodySubject.entry_id)
            .join(Clip, Clip.id == CustodySubject.subject_id)
            .where(
                CustodySubject.entry_id.in_(ids),
                CustodySubject.kind == "clip",
                not_so(told_to(actor, Permission.CUSTODY_READ)),
            )
        ),
        "clip",
    )
    for entry in entries:
        if entry.action.startswith(HOLDS):
            hidden.setdefault(entry.id, "hold")
            left: tuple[str, ...] = ()
        elif entry.id in hidden or (entry.action.startswith(SEALS) and not decides_on_seals(actor)):
            hidden.setdefault(entry.id, "seal")
            left = ("actor", "address")
        elif entry.action.startswith(AUDITS) and not may(actor, Permission.CUSTODY_AUDIT):
            hidden.setdefault(entry.id, "audit")
            left = ("actor", "address")
        elif (
            entry.action == REFUSED
            and not TRIED.isdisjoint(private.get(entry.id, {}))
            and not may(actor, Permission.CUSTODY_AUDIT)
        ):
            hidden.setdefault(entry.id, "audit")
            left = tuple(private[entry.id].keys() - TRIED)
        else:
            if no_content:
                mine = private.get(entry.id, {})
                told = without_content(entry.action, mine)
                if told != mine:
                    hidden.setdefault(entry.id, "content")
                    mine.clear()
                    mine.update(told)
            continue
        mine = private.get(entry.id, {})
        for name in [name for name in mine if name not in left]:
            del mine[name]
    return hidden


def _private(session: Session, entries: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    found: dict[UUID, dict[str, Any]] = {}
    for row in session.scalars(select(CustodyPrivate).where(CustodyPrivate.entry_id.in_(entries))):
        found.setdefault(row.entry_id, {})[row.field] = json.loads(row.value)
    return found


def _actor_id(private: dict[str, Any]) -> str:
    return str((private.get("actor") or {}).get("id") or "")


def _called(session: Session, privates: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Answer names of officers and stations by the actor id in their entries."""
    ids = [UUID(text) for text in {_actor_id(private) for private in privates} if text]
    people = session.execute(
        select(Account.id, func.coalesce(Officer.name, Account.display_name))
        .outerjoin(Officer, Officer.id == Account.officer_id)
        .where(Account.id.in_(ids))
    )
    stations = session.execute(select(Station.id, Station.name).where(Station.id.in_(ids)))
    return {str(number): name for number, name in [*people, *stations]}
