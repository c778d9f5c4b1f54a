"""One docking, from the mounted root to the last receipt."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import uuid_utils

from ingest.desk import Desk
from ingest.errors import IngestError, SpoolFailed, SpoolFull, Unplugged
from ingest.journal_rows import Counts, EndReason
from ingest.patience import Trouble
from ingest.progress import Meter, View, message_of, reports
from ingest.protocol import BATCH_LIMIT, SlotState
from ingest.recorders.base import Recorder
from ingest.taking import Taking

LIST_BATCH = 1000
_PRESENCE = 1.0
"""Seconds between looks whether the recorder is still there."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a docking ended here; what is still to be handed over goes on without it."""

    docking: UUID
    page: str
    counts: Counts
    reason: EndReason
    message: str
    trouble: Trouble | None


class Docking:
    """A recorder's visit. `run` once, on a thread of its own."""

    def __init__(
        self,
        desk: Desk,
        recorder: Recorder,
        slot: str,
        *,
        on_view: Callable[[View], None] = lambda _view: None,
        view_every: float = 1.0,
        wait_for_room: bool = True,
    ) -> None:
        """Prepare it.

        `on_view` is called about every `view_every` seconds from another thread. With `wait_for_room`, a full
        spool makes copying wait until there is room or the recorder goes; else copying ends there.
        """
        self.id = UUID(str(uuid_utils.uuid7()))
        self.slot = slot
        self._desk = desk
        self._recorder = recorder
        self._on_view = on_view
        self._view_every = view_every
        self._meter = Meter()
        self._stop = threading.Event()
        self._interrupted = False
        self._over = threading.Event()
        self._state: SlotState = "reading"
        self._message = ""
        self._sequence = 0
        self._taking = Taking(desk, self.id, recorder, self._meter, self._stop, wait_for_room=wait_for_room)

    def interrupt(self) -> None:
        """The station stops: end soon, without an end in the journal; the next start writes it."""
        self._interrupted = True
        self._stop.set()

    def run(self, keep_waiting: Callable[[Trouble | None], bool] = lambda _trouble: True) -> Result:
        """Copy everything, then wait for the receipts while `keep_waiting` says so. Raises nothing of its own."""
        journal, identity = self._desk.journal, self._recorder.identity
        journal.begin_docking(self.id, self.slot, identity, datetime.now(UTC))
        watch = threading.Thread(target=self._watch_presence, name="presence", daemon=True)
        speak = threading.Thread(target=self._speak, name="progress", daemon=True)
        watch.start()
        speak.start()
        reason: EndReason = "failed"
        try:
            reason = self._take()
            if not self._interrupted:
                journal.left_open(
                    self.id, "unplugged" if reason == "unplugged" else self._message or "unplugged"
                )
                self._settle_state()
                if reason == "done":
                    self._await_receipts(keep_waiting)
        finally:
            if not self._interrupted:
                journal.end_docking(self.id, datetime.now(UTC), reason, self._said())
            self._over.set()
            self._stop.set()
            speak.join()
            watch.join()
        counts = journal.counts(self.id)
        with contextlib.suppress(IngestError, OSError):
            if not self._interrupted and self._desk.handover.trouble is None:
                self._desk.keeper.close_dockings()
        page = journal.docking(self.id).page
        return Result(self.id, page, counts, reason, self._said(), self._desk.handover.trouble)

    def _take(self) -> EndReason:
        try:
            batch = []
            for entry in self._recorder.entries():
                batch.append(entry)
                if len(batch) >= LIST_BATCH:
                    self._desk.journal.found(self.id, self._recorder.identity.serial, batch)
                    batch = []
                if self._stop.is_set():
                    break
            self._desk.journal.found(self.id, self._recorder.identity.serial, batch)
            self._state = "copying"
            self._taking.run()
        except Unplugged:
            self._message = "unplugged"
            return "unplugged"
        except SpoolFull:
            self._message = "spool-full"
            return "failed"
        except SpoolFailed:
            self._message = "spool-failed"
            return "failed"
        if self._stop.is_set() and self._desk.journal.counts(self.id).open:
            self._message = "unplugged"
            return "unplugged"
        return "done"

    def _settle_state(self) -> None:
        counts = self._desk.journal.counts(self.id)
        self._state = "attention" if counts.attention or counts.open else "safe"

    def _await_receipts(self, keep_waiting: Callable[[Trouble | None], bool]) -> None:
        """Wait for the last receipt; a recorder that leaves meanwhile has been copied whole and may go."""
        while not self._stop.is_set():
            began = time.monotonic()
            if not self._desk.journal.counts(self.id).waiting:
                self._settle_state()
                return
            if not keep_waiting(self._desk.handover.trouble):
                return
            # Look often, but never spend more than a tenth of the time on looking.
            self._stop.wait(max(0.02, 9 * (time.monotonic() - began)))

    def _watch_presence(self) -> None:
        while not self._stop.wait(_PRESENCE):
            if not self._recorder.present():
                self._stop.set()

    def _said(self) -> str:
        words, aside = self._desk.words, self._desk.spool.aside
        said = [words.say(self._message)] if self._message else []
        if count := len(aside.names()):
            said.append(words.say("set-aside", count=count, folder=aside.path))
        return " ".join(said)[:1000]

    # What is seen of it

    def view(self) -> View:
        """Answer the docking as it stands."""
        counts = self._desk.journal.counts(self.id)
        done, current_done, rate = self._meter.sample()
        state = self._state
        if state == "copying":
            state = "attention" if self._taking.full else "checking" if self._taking.checking else state
        full = self._desk.words.say("spool-full") if self._taking.full else ""
        message = " ".join(filter(None, (full, self._said())))
        return View(
            docking=self.id,
            slot=self.slot,
            recorder=self._recorder.identity,
            page=self._desk.journal.docking(self.id).page,
            state=state,
            counts=counts,
            current=self._meter.current if state == "copying" else "",
            current_size=self._meter.current_size,
            current_done=current_done,
            bytes_done=done,
            rate=rate,
            seconds_left=max(0.0, counts.bytes - done) / rate if rate and state == "copying" else None,
            message=message,
            trouble=self._desk.handover.trouble,
        )

    def _speak(self) -> None:
        last_sent = 0.0
        while True:
            over = self._over.wait(self._view_every)
            view = self.view()
            self._on_view(view)
            if over or time.monotonic() - last_sent >= 1.0:
                last_sent = time.monotonic()
                with contextlib.suppress(IngestError):
                    self._send(view)
            if over:
                return

    def _send(self, view: View) -> None:
        journal = self._desk.journal
        if view.trouble is not None and view.trouble.kind in {"server", "token"}:
            return
        if not journal.docking(self.id).opened:
            self._desk.handover.ensure_open(str(self.id))
        rows = journal.to_report(self.id, BATCH_LIMIT)
        self._sequence += 1
        self._desk.client.progress(self.id, message_of(view, self._sequence, reports(rows, self._desk.words)))
        journal.reported([row.id for row in rows])
