"""What the board shows at one moment, as facts: gathered from the journal, the dockings' views and the station."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

from ingest.board.reading import JournalReader, Queue
from ingest.board.standing import SlotFacts, Standing, Tally, standing
from ingest.clock import station_clock
from ingest.handover.patience import Trouble
from ingest.journal.rows import DockingRow
from ingest.office.officers import offered
from ingest.progress import View
from ingest.protocol import OfficerName
from ingest.spool import DamagedSpool

HISTORY = 6
"""Dockings on the strip."""
CLOCK_EVERY = 30.0
"""Seconds between looks at the machine's clock."""


class House(Protocol):
    """The station, as the board sees it. Nothing here may block."""

    def plugged(self) -> set[str]:
        """Answer the slots with something in them."""

    def dockings(self) -> dict[str, UUID | None]:
        """Answer the docking of what is in each slot, None while it has not begun."""

    def stuck(self) -> dict[str, tuple[str, str]]:
        """Answer slots in which something cannot be opened: word and detail."""

    def troubles(self) -> Trouble | None:
        """Answer what keeps recordings from the server."""

    def away_since(self) -> float | None:
        """Answer since when the server does not answer, seconds since 1970."""

    def spool_full(self) -> bool:
        """Whether copying waits for room."""

    def spool_free(self) -> int | None:
        """Answer free bytes of the spool's disk."""

    def set_aside(self) -> int:
        """Answer the number of files nobody vouches for."""

    def damaged(self) -> Sequence[DamagedSpool]:
        """Answer the spools that were set aside whole, because their journal was damaged."""

    def officers(self) -> Sequence[OfficerName]:
        """Answer all names the station knows."""


class NoHouse:
    """No station runs: nothing is known beyond its journal."""

    def plugged(self) -> set[str]:
        """Nothing is known."""
        return set()

    def dockings(self) -> dict[str, UUID | None]:
        """Nothing is known."""
        return {}

    def stuck(self) -> dict[str, tuple[str, str]]:
        """Nothing is known."""
        return {}

    def troubles(self) -> Trouble | None:
        """Nothing is known."""
        return None

    def away_since(self) -> float | None:
        """Nothing is known."""
        return None

    def spool_full(self) -> bool:
        """Nothing is known."""
        return False

    def spool_free(self) -> int | None:
        """Nothing is known."""
        return None

    def set_aside(self) -> int:
        """Nothing is known."""
        return 0

    def damaged(self) -> Sequence[DamagedSpool]:
        """Nothing is known."""
        return ()

    def officers(self) -> Sequence[OfficerName]:
        """Nothing is known."""
        return ()


@dataclass(frozen=True, slots=True)
class SlotShown:
    """One tile."""

    slot: str
    label: str
    facts: SlotFacts
    standing: Standing


@dataclass(frozen=True, slots=True)
class Past:
    """One docking on the history strip."""

    row: DockingRow
    tally: Tally
    label: str
    slot: str
    officers: Sequence[OfficerName] = ()
    """All names the station knows."""


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """The whole board."""

    at: datetime
    station: str
    call: str
    running: bool
    slots: Sequence[SlotShown]
    history: Sequence[Past]
    queue: Queue
    trouble: str
    """Kind of the trouble that keeps recordings from the server, `""` while there is none."""
    trouble_text: str
    trouble_since: datetime | None
    full: bool
    aside: int
    damaged: Sequence[DamagedSpool]
    free: int | None
    today: int
    clock: bool | None
    """Whether the machine's clock is synchronised; None where the kernel does not say."""


class Noticeboard:
    """Remembers what dockings show of themselves. Safe to use from several threads."""

    def __init__(
        self,
        reader: JournalReader,
        house: House,
        *,
        station: str,
        slots: Sequence[str],
        call: str,
        running: bool = True,
    ) -> None:
        """`slots` as in the settings."""
        self.reader = reader
        self._house = house
        self._station = station
        self._named = dict(slot_named(entry) for entry in slots)
        self._call = call
        self._running = running
        self._lock = threading.Lock()
        self._views: dict[str, View] = {}
        self._left: dict[str, float] = {}
        self._was_in: set[str] = set()
        self._clock: tuple[float, bool | None] = (-CLOCK_EVERY, None)

    def view(self, view: View) -> None:
        """A docking shows how it stands."""
        with self._lock:
            self._views[view.slot] = view

    def view_of(self, docking: UUID) -> View | None:
        """Answer what a docking last showed."""
        with self._lock:
            return next((view for view in self._views.values() if view.docking == docking), None)

    def facts(self, now: datetime | None = None) -> BoardFacts:
        """Answer everything as it stands. Raises sqlite3.Error."""
        at = now or datetime.now(UTC)
        # Asked in this order: a docking that begins meanwhile is missing rather than another recorder's is shown.
        now_in = self._house.dockings()
        latest = self.reader.latest()
        stuck = self._house.stuck()
        plugged = self._plugged(latest)
        trouble, text, since = self._trouble()
        slots = [
            self._slot(
                slot,
                label,
                self._of_what_is_in(latest.get(slot), now_in) if slot in plugged else latest.get(slot),
                slot in plugged,
                stuck.get(slot),
                away=bool(trouble),
                at=at,
            )
            for slot, label in self._in_order(set(self.reader.slots(at)) | plugged | set(stuck))
        ]
        day = at.astimezone().replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
        return BoardFacts(
            at=at,
            station=self._station,
            call=self._call,
            running=self._running,
            slots=slots,
            history=self.history(HISTORY),
            queue=self.reader.queue(),
            trouble=trouble,
            trouble_text=text,
            trouble_since=since,
            full=self._house.spool_full() or any(one.standing.kind == "full" for one in slots),
            aside=self._house.set_aside(),
            damaged=self._house.damaged(),
            free=self._house.spool_free(),
            today=self.reader.since(day),
            clock=self._synchronised(),
        )

    def history(self, limit: int) -> list[Past]:
        """Answer the last dockings, the newest first."""
        return [self.past(row) for row in self.reader.history(limit)]

    def past(self, row: DockingRow) -> Past:
        """Answer one docking as a line of the history."""
        tally = self.reader.tally(row.id)
        return Past(row, tally, recorder_of(row), self.label(row.slot), self._house.officers())

    def offered(self, row: DockingRow) -> Sequence[OfficerName]:
        """Answer the names that may be picked for a docking."""
        return offered(row, self._house.officers())

    def label(self, slot: str) -> str:
        """Answer what people call a slot."""
        return self._named.get(slot, slot)

    def _of_what_is_in(self, row: DockingRow | None, now_in: Mapping[str, UUID | None]) -> DockingRow | None:
        """Leave out the docking of a recorder that was in this slot before: nothing is known of the one there now."""
        if self._running and row is not None and now_in.get(row.slot) != row.id:
            return None
        return row

    def _plugged(self, latest: dict[str, DockingRow]) -> set[str]:
        """Answer what is plugged in, and remember when what was in left."""
        there = self._house.plugged()
        if not self._running:
            there = {slot for slot, row in latest.items() if row.ended is None}
        with self._lock:
            for slot in self._was_in - there:
                self._left[slot] = time.monotonic()
                self._views.pop(slot, None)
            self._was_in = there
        return there

    def _slot(
        self,
        slot: str,
        label: str,
        row: DockingRow | None,
        plugged: bool,
        stuck: tuple[str, str] | None,
        *,
        away: bool,
        at: datetime,
    ) -> SlotShown:
        with self._lock:
            view, left = self._views.get(slot), self._left.get(slot)
        facts = SlotFacts(
            plugged=plugged,
            stuck=stuck,
            docking=row,
            view=view if view is not None and row is not None and view.docking == row.id else None,
            tally=self.reader.tally(row.id) if row is not None else Tally(),
            server_away=away,
            hours_ago=(at - row.started).total_seconds() / 3600 if row is not None else 0.0,
            left_seconds=None if left is None else time.monotonic() - left,
            docked_again=row is not None and not plugged and self.reader.docked_since(row),
            officers=self._house.officers(),
        )
        return SlotShown(slot, label, facts, standing(facts))

    def _in_order(self, seen: set[str]) -> list[tuple[str, str]]:
        """Named slots in their order, then the others in the order people count."""
        others = sorted(seen - self._named.keys(), key=_counted)
        return [*self._named.items(), *((slot, slot) for slot in others)]

    def _trouble(self) -> tuple[str, str, datetime | None]:
        trouble = self._house.troubles()
        if trouble is not None:
            since = time.time() - (time.monotonic() - trouble.since)
            return trouble.kind, trouble.text, datetime.fromtimestamp(since, UTC)
        if (away := self._house.away_since()) is not None:
            return "server", "", datetime.fromtimestamp(away, UTC)
        return "", "", None

    def _synchronised(self) -> bool | None:
        asked, answer = self._clock
        if time.monotonic() - asked >= CLOCK_EVERY:
            answer = station_clock().synchronised
            self._clock = (time.monotonic(), answer)
        return answer


def slot_named(entry: str) -> tuple[str, str]:
    """Read an entry of the setting `slots`: `1-2.3`, or `1-2.3=3` with what people call it."""
    slot, _, label = entry.partition("=")
    return slot.strip(), label.strip() or slot.strip()


def recorder_of(row: DockingRow) -> str:
    """Answer what people call a docking's recorder: its label, else model and serial."""
    if row.answer is not None and row.answer.recorder_label:
        return row.answer.recorder_label
    return " ".join(filter(None, (row.recorder.model, row.recorder.serial)))


def _counted(slot: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", slot) if part]
