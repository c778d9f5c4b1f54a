"""Sees to the sheets of a spool.

Each is made once nothing of its docking waits any more, and sent until it is kept; when something changes after that,
the next revision is made.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from rfc8785 import CanonicalizationError

from ingest.errors import (
    IntakeStopped,
    OtherProtocol,
    ServerRefused,
    ServerTroubled,
    ServerUnreachable,
    SigningKeyUnusable,
    SpoolFailed,
    SpoolFull,
    TokenRefused,
)
from ingest.journal.rows import Counts, DockingRow
from ingest.office.client import Client
from ingest.office.signing import StationKey
from ingest.protocol import OpenDocking
from ingest.sheets.making import SheetMaker, digest_of, signed
from ingest.sheets.shelf import Shelf, Shelved
from ingest.spool import Spool
from ingest.words.words import Words

REST = 600.0
"""Seconds after which a sheet that the server refused, or that could not be made, is tried again."""
STUMBLES = 3
"""Times that the server may stumble over a sheet before it rests and the others go on."""
MADE_AT_ONCE = 20
"""Sheets made in one round, so that the keeper's other work goes on."""

BUSY = 5.0
"""Seconds that one thread waits for another that is at work: a sheet of 200,000 files takes longer."""

log = logging.getLogger(__name__)


class SheetKeeper:
    """One spool's sheets. Safe to call from several threads; one works, the others wait for it."""

    def __init__(
        self, spool: Spool, client: Client, words: Words, *, key: Path, station: str | None = None
    ) -> None:
        """`key`: file of the station's own key; `station`: its code, else as the server says."""
        self._journal = spool.journal
        self._client = client
        self._words = words
        self._key_path = key
        self._station = station
        self._shelf = Shelf(spool.path / "sheets")
        self._key: StationKey | None = None
        self._lock = threading.Lock()
        self._resting: dict[UUID, float] = {}
        self._stumbles: dict[UUID, int] = {}
        self._looked: dict[UUID, Counts] = {}
        self.trouble = ""
        """Why the last sheet that could not be made or was refused was not kept; empty when all is well."""

    def round(self) -> bool:
        """Do what can be done now; answer False when another thread is busy with a large sheet: ask again later.

        Raises ServerUnreachable, TokenRefused, OtherProtocol; all else waits and is logged.
        """
        if not self._lock.acquire(timeout=BUSY):
            return False
        try:
            key = self._the_key()
            self._make_first(key)
            self._make_next(key)
            self._send()
        except IntakeStopped:
            pass
        except (SigningKeyUnusable, SpoolFull, SpoolFailed, OSError) as error:
            self._troubled(f"no sheet can be made: {error}")
        finally:
            self._lock.release()
        return True

    def _the_key(self) -> StationKey:
        if self._key is None:
            self._key = StationKey.load_or_make(self._key_path)
        return self._key

    # Making

    def _make_first(self, key: StationKey) -> None:
        made = 0
        for docking in self._journal.dockings(only="sheet to make"):
            if made >= MADE_AT_ONCE:
                return
            if self._rests(docking.id) or self._journal.counts(docking.id).waiting:
                continue
            made += 1
            if (opened := self._opened(docking)) is not None:
                self._make(key, opened, 1)

    def _make_next(self, key: StationKey) -> None:
        """Look after those that may change still: a file that was tried again, a receipt that came late."""
        newest = {sheet.docking: sheet for sheet in sorted(self._shelf.all(), key=lambda s: s.revision)}
        for sheet in newest.values():
            counts = self._journal.counts(sheet.docking)
            if counts.waiting or self._rests(sheet.docking) or self._looked.get(sheet.docking) == counts:
                continue
            docking = self._journal.docking(sheet.docking)
            if docking.sheet_sent < sheet.revision:
                continue
            self._looked[sheet.docking] = counts
            self._make(key, docking, sheet.revision + 1, unless=sheet)

    def _make(
        self, key: StationKey, docking: DockingRow, revision: int, unless: Shelved | None = None
    ) -> None:
        maker = SheetMaker(self._journal, docking, self._words)
        station = (docking.answer.station if docking.answer is not None else "") or self._station or ""
        try:
            body, content = maker.body(revision, station, datetime.now(UTC))
        except CanonicalizationError as error:
            self._rest(docking.id, f"the sheet of docking {docking.id} cannot be written: {error}")
            return
        if unless is not None and unless.content == content:
            return
        sheet = signed(key, docking.id, revision, body, content=content, settled=maker.settled)
        self._shelf.put(sheet, body)
        self._journal.sheet_made(docking.id, revision)
        if unless is not None:
            self._shelf.remove(unless)

    def _opened(self, docking: DockingRow) -> DockingRow | None:
        """Let the server know of a docking it never heard of: nothing was ever offered of it."""
        if docking.opened:
            return docking
        try:
            answer = self._client.open_docking(
                OpenDocking(
                    docking=docking.id, slot=docking.slot, recorder=docking.recorder, started=docking.started
                )
            )
        except (IntakeStopped, TokenRefused, OtherProtocol):
            raise
        except ServerRefused as error:
            self._rest(docking.id, f"the server refuses docking {docking.id}: {error}")
            return None
        self._journal.docking_opened(docking.id, answer)
        return self._journal.docking(docking.id)

    # Sending

    def _send(self) -> None:
        for docking in self._journal.dockings(only="sheet to send"):
            if self._rests(docking.id):
                continue
            found = self._shelf.get(docking.id, docking.sheet_revision)
            if found is None:  # lost with the disk; what the server may have of it stands beside the new one
                self._make(self._the_key(), docking, docking.sheet_revision + 1)
                continue
            self._send_one(docking, *found)

    def _send_one(self, docking: DockingRow, sheet: Shelved, body: bytes) -> None:
        try:
            kept = self._client.send_sheet(docking.id, body, sheet.public_key, sheet.signature)
        except (IntakeStopped, TokenRefused, OtherProtocol):
            raise
        except ServerTroubled as error:
            self._stumbles[docking.id] = self._stumbles.get(docking.id, 0) + 1
            if self._stumbles[docking.id] < STUMBLES:
                raise
            # Over this one, it seems: the others go on.
            self._rest(docking.id, f"the server stumbles over the sheet of docking {docking.id}: {error}")
            return
        except ServerRefused as error:
            self._refused(docking, sheet, error)
            return
        if kept.sha256 != digest_of(body):
            raise ServerUnreachable("the server keeps another sheet than was sent")
        self._journal.sheet_sent(docking.id, sheet.revision)
        self.trouble = ""
        if sheet.settled:
            self._shelf.remove(sheet)

    def _refused(self, docking: DockingRow, sheet: Shelved, error: ServerRefused) -> None:
        if error.problem.error == "unknown-docking":
            self._journal.docking_unknown(str(docking.id))
            self._opened(self._journal.docking(docking.id))  # sent next time
        elif error.problem.error == "sheet-revision-taken":
            self._make(self._the_key(), docking, sheet.revision + 1)
            self._shelf.remove(sheet)
        else:
            self._rest(docking.id, f"the server refuses the sheet of docking {docking.id}: {error}")

    # Trouble

    def _rests(self, docking: UUID) -> bool:
        return time.monotonic() < self._resting.get(docking, 0.0)

    def _rest(self, docking: UUID, why: str) -> None:
        self._resting[docking] = time.monotonic() + REST
        self._troubled(why)

    def _troubled(self, why: str) -> None:
        if why != self.trouble:
            log.error("%s", why)
        self.trouble = why
