"""`liuhen storage inventory`: one round through everything, what it found, and what is kept of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.incidents import open_incident
from catalog.inventory.kinds import KINDS, kind_of, unfinished
from catalog.inventory.ledger import Ledger
from catalog.inventory.walk import walk
from catalog.models import Clip, CustodyEntry
from catalog.ports import InventoryReader
from catalog.rules.inventory import Difference, Expected, Word, compare

NAMED = 1000
"""Differences a report names at most; all are counted."""
INCIDENTS = 1000
"""Incidents one round opens at most: a storage that is gone is one event, not a million."""
_INCIDENT_OF: dict[Word, tuple[str, str]] = {
    "missing": ("object-missing", "The storage says that this original is not there."),
    "no-lock": ("lock-missing", "No lock protects this original in storage."),
    "lock-weaker": ("lock-weaker", "The lock of this original is weaker than was read back before."),
}
ACTION = "storage.inventoried"
"""Custody entry of a round that ended; the last one is what pages show."""


@dataclass(slots=True)
class Inventory:
    """What a round found."""

    objects: int = 0
    """Objects the catalog expects."""
    kinds: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    """Differences by word."""
    on_their_way: int = 0
    """Objects whose upload is open, as no station has said yet that it is complete; time stamps of an unfinished batch."""
    abandoned: int = 0
    """Objects of uploads that were given up and opened anew; their lock runs out."""
    disposable: int = 0
    """Renditions of an earlier making, which the standing job removes a day after they were written."""
    named: list[Difference] = field(default_factory=list)
    incidents: int = 0

    @property
    def agrees(self) -> bool:
        """Whether catalog and storage tell the same."""
        return not self.words


@dataclass(frozen=True, slots=True)
class LastInventory:
    """The last round, as the custody log has it."""

    at: datetime
    objects: int
    differences: int


def take_inventory(
    database: Database,
    evidence: InventoryReader,
    derived: InventoryReader,
    now: datetime,
    *,
    incidents: bool = False,
    on_look: Callable[[int, int], None] = lambda _done, _all: None,
) -> Inventory:
    """Hold the catalog against both buckets in both directions; answer and enter what was found.

    Every difference is looked at a second time, in catalog and storage as they are then: recordings may come in, and
    locks be prolonged, while it lasts. With `incidents`, originals that are missing or locked less than before open
    one each. Raises the readers' errors: then nothing is proven.
    """
    found = Inventory()
    with Ledger() as ledger:
        with database.read() as session:
            for kind in KINDS:
                ledger.add(_counted(found, kind.everything(session)))
        found.objects = whole = len(ledger)
        done = 0

        def passed(count: int) -> None:
            nonlocal done
            done += count
            on_look(done, whole)

        for reader, versioned in ((evidence, True), (derived, False)):
            for difference in walk(ledger.by_key(reader.bucket), reader, versioned=versioned, on_look=passed):
                for confirmed in _again(database, reader, found, difference, versioned=versioned):
                    found.words[confirmed.word] += 1
                    if len(found.named) < NAMED:
                        found.named.append(confirmed)
                    if incidents and found.incidents < INCIDENTS:
                        found.incidents += _open(database, confirmed, now)
    _enter(database, found, now)
    return found


def last_inventory(session: Session) -> LastInventory | None:
    """Answer how the last round ended, None when there was none."""
    entry = session.scalar(
        select(CustodyEntry).where(CustodyEntry.action == ACTION).order_by(CustodyEntry.at.desc()).limit(1)
    )
    if entry is None:
        return None
    facts = json.loads(entry.record)["facts"]
    return LastInventory(entry.at, int(facts["objects"]), sum(facts["differences"].values()))


def _counted(found: Inventory, expected: Iterator[Expected]) -> Iterator[Expected]:
    for one in expected:
        found.kinds[one.kind] += 1
        yield one


def _again(
    database: Database, reader: InventoryReader, found: Inventory, first: Difference, *, versioned: bool
) -> Sequence[Difference]:
    """Look at a difference a second time; answer it if it stands."""
    if first.word == "delete-marker":
        return [first]
    with database.read() as session:
        kind = kind_of(first.key)
        now = list(kind.at(session, first.key, first.clip)) if kind else []
        known = unfinished(session, first.key) if first.word in {"extra", "extra-version"} else ""
    here = next((one for one in now if one.version == first.version), None)
    if first.word in {"extra", "extra-version"} and here is None:
        if known:
            found.on_their_way += known == "on-its-way"
            found.abandoned += known == "abandoned"
            found.disposable += known == "disposable"
            return []
        return [first] if not versioned or _there(reader, first) else []
    if here is None:
        return []  # it was disposed of, or replaced, meanwhile
    if not versioned:
        # Registered since, or put there anew since.
        gone = first.word == "missing" and not any(
            line.key == first.key for line in reader.versions(first.key)
        )
        return [first] if gone or first.word == "size" else []
    return _as_it_is_now(reader, here, first)


def _as_it_is_now(reader: InventoryReader, here: Expected, first: Difference) -> Sequence[Difference]:
    try:
        differences = list(compare(here, reader.look(here.key, here.version)))
    except reader.ObjectMissing:
        return [first] if first.word == "missing" else []  # the walk says that it is missing
    return [one for one in differences if one.word == first.word]


def _there(reader: InventoryReader, difference: Difference) -> bool:
    try:
        reader.look(difference.key, difference.version)
    except reader.ObjectMissing:
        return False
    return True


def _open(database: Database, difference: Difference, now: datetime) -> int:
    """Open an incident about an original unless one is open; answer 1 when this one opens one."""
    if difference.word not in _INCIDENT_OF or not difference.clip:
        return 0
    kind, what = _INCIDENT_OF[difference.word]
    with database.write() as session:
        if session.get(Clip, UUID(difference.clip)) is None:
            return 0
        incident = open_incident(
            session,
            actor=system("inventory"),
            kind=kind,
            what=what,
            clip=UUID(difference.clip),
            details={"key": difference.key, "version": difference.version, "found": difference.said},
            now=now,
        )
        return int(incident.opened_at == now)


def _enter(database: Database, found: Inventory, now: datetime) -> None:
    with database.write() as session:
        add_entry(
            session,
            actor=system("inventory"),
            action="storage.inventoried",
            subjects={},
            facts={"objects": found.objects, "differences": dict(sorted(found.words.items()))},
            now=now,
        )
