"""The report of unusual access: facts fetched for each person in turn, judged by `catalog.rules.unusual_access`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.finding import LogFilter, find_entries
from catalog.custody.log import add_entry
from catalog.custody.naming import Person, called, people
from catalog.models import (
    Account,
    Attachment,
    CaseHandler,
    Clip,
    CustodyEntry,
    CustodyLookup,
    CustodyPrivate,
    CustodySubject,
    Step,
    UnusualRemark,
)
from catalog.people import person
from catalog.refused import Refused
from catalog.rules.act_groups import group_of
from catalog.rules.free_text import spoken
from catalog.rules.unusual_access import (
    LOOKS,
    OVERSEEING,
    USUAL_DAYS,
    Act,
    Finding,
    Thresholds,
    unusual,
    usual_looks,
)

REMARK_LIMIT = 1000
WHY = ("no-remark", "unknown-row")
SIGNED_IN, SIGN_IN_REFUSED, DETACHED = "account.signed-in", "account.sign-in-refused", "clip.detached"
_CHUNK = 500


class CannotMark(Refused):
    """A row was not marked as looked into; `why` is one of `WHY`."""


@dataclass(frozen=True, slots=True)
class Row:
    """A finding with whom it is about and what auditors wrote beside it."""

    key: str
    who: Person
    finding: Finding
    called: str
    """What the clip is called, as far as the reader may know; else the thing itself."""
    remarks: Sequence[UnusualRemark]


def report(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    thresholds: Thresholds,
    zone: tzinfo,
    reader: Actor,
) -> list[Row]:
    """Answer what is unusual from `since` until before `until`, the newest day first.

    Whoever reads finds nothing about himself: that is for another auditor. What was done about holds is not among the acts,
    since who set one is told to nobody.
    """
    detached = _detached(session, since, until + thresholds.before)
    found: list[tuple[Person, Finding]] = []
    for who in people(session):
        if who.id == reader.id:
            continue
        account = session.get_one(Account, who.id)
        acts = _acts(session, account, since, until)
        if not acts:
            continue
        earlier = _looks(session, who.id, since - timedelta(days=USUAL_DAYS), since)
        found += [
            (who, finding)
            for finding in unusual(
                acts,
                usual=usual_looks(earlier, zone),
                new_addresses=_new_addresses(session, who.id, acts),
                detached=detached,
                overseeing=bool(person(account, None).roles & OVERSEEING),
                thresholds=thresholds,
                zone=zone,
            )
        ]
    return _rows(session, found, reader)


def mark_checked(
    session: Session,
    *,
    actor: Actor,
    row: str,
    remark: str,
    since: datetime,
    until: datetime,
    thresholds: Thresholds,
    zone: tzinfo,
    now: datetime,
) -> UnusualRemark:
    """Write down what an auditor found when looking into a row of the report; added to earlier remarks, never in place.

    Raises CannotMark: nobody answers for himself, and only what the report shows can be marked.
    """
    text = spoken(remark)[:REMARK_LIMIT]
    if not text:
        raise CannotMark("no-remark")
    rows = report(session, since=since, until=until, thresholds=thresholds, zone=zone, reader=actor)
    one = next((r for r in rows if r.key == row), None)
    if one is None or actor.id is None:
        raise CannotMark("unknown-row")
    written = UnusualRemark(row=row, remark=text, by_id=actor.id, at=now)
    session.add(written)
    add_entry(
        session,
        actor=actor,
        action="custody.checked",
        subjects={},
        facts={"row": row},
        private={
            "remark": text,
            "about": one.who.username,
            "rule": one.finding.rule,
            "day": one.finding.day.isoformat(),
        },
        now=now,
    )
    return written


def _rows(session: Session, found: list[tuple[Person, Finding]], reader: Actor) -> list[Row]:
    keys = [finding.key(who.id) for who, finding in found]
    remarks: dict[str, list[UnusualRemark]] = defaultdict(list)
    for n in range(0, len(keys), _CHUNK):
        query = select(UnusualRemark).where(UnusualRemark.row.in_(keys[n : n + _CHUNK]))
        for remark in session.scalars(query.order_by(UnusualRemark.at)):
            remarks[remark.row].append(remark)
    clips = [UUID(f.thing) for _, f in found if f.rule == "before-detachment"]
    names: dict[UUID, str] = {}
    for n in range(0, len(clips), _CHUNK):
        names |= called(session, clips[n : n + _CHUNK], reader)
    rows = [
        Row(
            key,
            who,
            finding,
            names.get(UUID(finding.thing), finding.thing)
            if finding.rule == "before-detachment"
            else finding.thing,
            remarks[key],
        )
        for key, (who, finding) in zip(keys, found, strict=True)
    ]
    return sorted(rows, key=lambda r: (r.finding.day, r.finding.last), reverse=True)


def _acts(session: Session, account: Account, since: datetime, until: datetime) -> list[Act]:
    """Answer a person's acts in the order of time, with refused sign-ins to his account."""
    rows = session.execute(
        select(CustodyLookup.at, CustodyEntry.action, CustodyLookup.entry_id)
        .join(CustodyEntry, CustodyEntry.id == CustodyLookup.entry_id)
        .where(
            CustodyLookup.name == "actor",
            CustodyLookup.value == str(account.id),
            CustodyLookup.at >= since,
            CustodyLookup.at < until,
        )
    ).all()
    refused = LogFilter(action=SIGN_IN_REFUSED, subjects=(account.id,), since=since, until=until)
    acts = [Act(at, SIGN_IN_REFUSED, "refusal") for at, _ in find_entries(session, refused, limit=10_000)]
    looked = [entry for _, action, entry in rows if action in LOOKS]
    clips = _clips(session, looked)
    owned = _own(session, account, {one for many in clips.values() for one in many})
    addresses = _addresses(session, [entry for _, action, entry in rows if action == SIGNED_IN])
    for at, action, entry in rows:
        mine = tuple(clips.get(entry, ()))
        acts.append(
            Act(
                at,
                action,
                group_of(action, "person"),
                clips=mine,
                address=addresses.get(entry, ""),
                own=all(_was_own(owned.get(clip, []), at) for clip in mine),
            )
        )
    return sorted(acts, key=lambda act: act.at)


def _looks(session: Session, who: UUID, since: datetime, until: datetime) -> list[datetime]:
    query = (
        select(CustodyLookup.at)
        .join(CustodyEntry, CustodyEntry.id == CustodyLookup.entry_id)
        .where(
            CustodyLookup.name == "actor",
            CustodyLookup.value == str(who),
            CustodyLookup.at >= since,
            CustodyLookup.at < until,
            CustodyEntry.action.in_(LOOKS),
        )
    )
    return list(session.scalars(query))


def _clips(session: Session, entries: list[UUID]) -> dict[UUID, list[UUID]]:
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for n in range(0, len(entries), _CHUNK):
        query = select(CustodySubject.entry_id, CustodySubject.subject_id).where(
            CustodySubject.entry_id.in_(entries[n : n + _CHUNK]), CustodySubject.kind == "clip"
        )
        for entry, clip in session.execute(query):
            found[entry].append(clip)
    return found


Span = tuple[datetime | None, datetime | None]


def _own(session: Session, account: Account, clips: set[UUID]) -> dict[UUID, list[Span]]:
    """Answer since when until when each clip was the person's own: recorded by him, or on a case he handled then."""
    spans: dict[UUID, list[Span]] = defaultdict(list)
    if account.officer_id is None:
        return spans
    wanted = list(clips)
    for n in range(0, len(wanted), _CHUNK):
        some = wanted[n : n + _CHUNK]
        recorded = select(Clip.id).where(Clip.id.in_(some), Clip.officer_id == account.officer_id)
        for clip in session.scalars(recorded):
            spans[clip].append((None, None))
        handled = (
            select(
                Attachment.clip_id,
                Attachment.detach_confirmed_at,
                CaseHandler.since,
                CaseHandler.until,
            )
            .join(Step, Step.id == Attachment.step_id)
            .join(
                CaseHandler,
                and_(CaseHandler.case_id == Step.case_id, CaseHandler.officer_id == account.officer_id),
            )
            .where(Attachment.clip_id.in_(some))
        )
        # Looking for what to attach comes before attaching: the span begins when the person took the case over.
        for clip, gone, since, until in session.execute(handled):
            spans[clip].append((since, min(filter(None, (gone, until)), default=None)))
    return spans


def _was_own(spans: list[Span], at: datetime) -> bool:
    return any((since is None or since <= at) and (until is None or at < until) for since, until in spans)


def _addresses(session: Session, entries: list[UUID]) -> dict[UUID, str]:
    found: dict[UUID, str] = {}
    for n in range(0, len(entries), _CHUNK):
        query = select(CustodyPrivate.entry_id, CustodyPrivate.value).where(
            CustodyPrivate.entry_id.in_(entries[n : n + _CHUNK]), CustodyPrivate.field == "address"
        )
        found |= {entry: str(json.loads(value)) for entry, value in session.execute(query)}
    return found


def _new_addresses(session: Session, who: UUID, acts: list[Act]) -> dict[str, datetime]:
    """Answer addresses of sign-ins never seen for this person before, with the first time; none for a newcomer's first."""
    first: dict[str, datetime] = {}
    for act in acts:
        if act.action == SIGNED_IN and act.address:
            first.setdefault(act.address, act.at)
    began = _began(session, who)
    return {
        address: at
        for address, at in first.items()
        if began is not None
        and began < at
        and not find_entries(session, LogFilter(actor=str(who), address=address, until=at), limit=1)
    }


def _began(session: Session, who: UUID) -> datetime | None:
    """Answer when the person did something for the first time."""
    query = select(CustodyLookup.at).where(CustodyLookup.name == "actor", CustodyLookup.value == str(who))
    return session.scalar(query.order_by(CustodyLookup.at).limit(1))


def _detached(session: Session, since: datetime, until: datetime) -> dict[UUID, list[datetime]]:
    query = (
        select(CustodySubject.subject_id, CustodyLookup.at)
        .join(CustodyLookup, CustodyLookup.entry_id == CustodySubject.entry_id)
        .where(
            CustodyLookup.name == "action",
            CustodyLookup.value == DETACHED,
            CustodyLookup.at >= since,
            CustodyLookup.at < until,
            CustodySubject.kind == "clip",
        )
    )
    found: dict[UUID, list[datetime]] = defaultdict(list)
    for clip, at in session.execute(query):
        found[clip].append(at)
    return found
