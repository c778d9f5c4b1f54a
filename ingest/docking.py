"""One docking, from the mounted root to the last receipt."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import uuid_utils

from ingest.clearing.clearing import Clearing, Round
from ingest.clearing.rules import policy_of
from ingest.copying.taking import Taking
from ingest.desk import Desk
from ingest.errors import IngestError, SpoolFailed, SpoolFull, Unplugged
from ingest.handover.patience import Trouble
from ingest.journal.rows import Counts, EndReason
from ingest.profiles.reader import NameReader
from ingest.progress import Meter, View, message_of, reports
from ingest.protocol import BATCH_LIMIT, SlotState
from ingest.recorders.base import LeftOut, Listed, Recorder

LIST_BATCH = 1000
NAMES_FIRST = 5.0
"""Seconds the server is told nothing while no name was listed: what the names say belongs to what it is told."""
BEGIN_AGAIN = 2.0
"""Seconds before a docking that could not be written down is tried again."""
END_AGAIN, END_PATIENCE = 0.5, 10.0
"""Seconds between tries to write down how a docking ended, and how long that is tried."""
CLEAR_EVERY = 60.0
"""Seconds between looks at a recorder that stays whether something of it may be cleared by now."""
DAMAGED = frozenset({"same-name", "folder-circle"})
"""What only a damaged file system holds. It is not written to: what is removed may take along what cannot be reached."""
_LAST_WORD = 5.0
"""Seconds that the end of a docking waits for the server to take the last progress."""
_PRESENCE = 1.0
"""Seconds between looks whether the recorder is still there."""
log = logging.getLogger(__name__)


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
        self._wait_for_room = wait_for_room
        self._names = NameReader(desk.profiles, recorder.identity)
        self._listed = threading.Event()
        self._began = time.monotonic()
        self._list_is_whole = True
        self._card_is_sound = True
        self._leaving = threading.Event()
        self._look_now = threading.Event()
        self._removing = False
        self._low_space = False
        self._clearing = Clearing(desk, self.id, recorder, self._leaving, self._writes_to_recorder)
        self._cleared = Round()
        self._taking = self._new_taking(self._stop)

    def _new_taking(self, stop: threading.Event) -> Taking:
        return Taking(
            self._desk, self.id, self._recorder, self._meter, stop, wait_for_room=self._wait_for_room
        )

    def interrupt(self) -> None:
        """The station stops: end soon, without an end in the journal; the next start writes it."""
        self._interrupted = True
        self._stop.set()
        self._leaving.set()
        self._look_now.set()

    def confirm_clearing(self, by: str) -> None:
        """Somebody called `by` says at the station that what the archive holds may leave this recorder."""
        self._desk.journal.clearing_confirmed(self.id, by)
        self._look_now.set()

    def run(self, keep_waiting: Callable[[Trouble | None], bool] = lambda _trouble: True) -> Result:
        """Copy everything, then wait for the receipts while `keep_waiting` says so. Raises nothing of its own."""
        journal = self._desk.journal
        self._begin()
        watch = threading.Thread(target=self._watch_presence, name="presence", daemon=True)
        speak = threading.Thread(target=self._speak, name="progress", daemon=True)
        tell = threading.Thread(target=self._tell, name="tell", daemon=True)
        watch.start()
        speak.start()
        tell.start()
        reason: EndReason = "failed"
        try:
            reason = self._take()
            if not self._interrupted:
                why = "unplugged" if reason == "unplugged" else self._message or "unplugged"
                self._insist(lambda: journal.left_open(self.id, why))
                if reason == "done":
                    self._settle_state()
                    self._await_receipts(keep_waiting)
                    self._clear()
                else:
                    # Whatever the journal counts: what could not even be listed there is on the recorder alone.
                    self._state = "attention"
        finally:
            if not self._interrupted:
                ended, last = datetime.now(UTC), reason
                self._insist(lambda: journal.end_docking(self.id, ended, last, self._said()))
            self._over.set()
            self._stop.set()
            speak.join()
            watch.join()
            tell.join(_LAST_WORD)
        counts = journal.counts(self.id)
        with contextlib.suppress(IngestError, OSError):
            if not self._interrupted and self._desk.handover.trouble is None:
                self._desk.keeper.close_dockings()
        page = journal.docking(self.id).page
        return Result(self.id, page, counts, reason, self._said(), self._desk.handover.trouble)

    def _begin(self) -> None:
        """Write down that it begins; a station whose disk has no room even for that waits, or the slot would stay idle.

        Raises SpoolFull, SpoolFailed when the recorder leaves meanwhile, or nobody wants to wait.
        """
        while True:
            try:
                return self._desk.journal.begin_docking(
                    self.id, self.slot, self._recorder.identity, datetime.now(UTC)
                )
            except (SpoolFull, SpoolFailed) as error:
                log.warning("slot %s: the docking cannot begin: %s", self.slot, error)
                if not self._wait_for_room or self._leaving.wait(BEGIN_AGAIN) or not self._recorder.present():
                    raise

    def _insist(self, write: Callable[[], None]) -> None:
        """Write down how it ends, also where the disk is full to the last byte just now.

        What cannot be written in `END_PATIENCE` is left to the next start, which gives it an end and its files a reason.
        """
        patience = time.monotonic() + END_PATIENCE
        while True:
            try:
                return write()
            except (SpoolFull, SpoolFailed) as error:
                log.warning("slot %s: the docking's end cannot be written yet: %s", self.slot, error)
                if time.monotonic() > patience or self._leaving.wait(END_AGAIN):
                    self._message = "spool-full" if isinstance(error, SpoolFull) else "spool-failed"
                    return None

    def _take(self) -> EndReason:
        try:
            batch: list[Listed | LeftOut] = []
            for entry in self._recorder.entries():
                batch.append(entry)
                if isinstance(entry, LeftOut) and entry.attention:
                    self._list_is_whole = False  # a folder or a partition that cannot be read hides files
                    self._card_is_sound &= entry.word not in DAMAGED
                if len(batch) >= LIST_BATCH:
                    self._list(batch)
                    batch = []
                if self._stop.is_set():
                    break
            self._list(batch)
            if self._list_is_whole and not self._stop.is_set():
                self._clearing.settle_broken_off()
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

    def _list(self, batch: list[Listed | LeftOut]) -> None:
        """Write down what was listed, with what its names say."""
        journal = self._desk.journal
        if self._names.look(batch):
            self._recorder.identity = self._names.identity
            journal.identified(self.id, self._names.identity)
        journal.found(self.id, self._recorder.identity.serial, batch, self._names.facts)
        self._listed.set()

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
            if self._is_gone():
                self._stop.set()

    def _is_gone(self) -> bool:
        if not self._recorder.present():
            self._leaving.set()
        return self._leaving.is_set()

    # Clearing, and a recorder that stays

    def tend(self) -> None:
        """Stay with the recorder after `run` until it leaves: clear what may go, as soon as it may.

        Under a policy that clears nothing, or where a folder is watched for what is put into it, there is nothing to
        stay for. Raises nothing of its own.
        """
        answer = self._desk.journal.docking(self.id).answer
        if (
            policy_of(answer, self._desk.keeper.policy).mode == "never"
            or self._recorder.identity.kind == "folder"
        ):
            return
        with self._watched():
            looked = time.monotonic()
            while not self._leaving.is_set():
                self._look_now.wait(_PRESENCE)
                if self._leaving.is_set():
                    return
                if self._look_now.is_set() or time.monotonic() - looked >= CLEAR_EVERY:
                    self._look_now.clear()
                    self._clear()
                    looked = time.monotonic()

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        """Look whether the recorder is there and show how it stands, on a thread of its own: a round may take hours."""
        over = threading.Event()

        def watch() -> None:
            while not over.wait(_PRESENCE) and not self._is_gone():
                self._on_view(self.view())

        watching = threading.Thread(target=watch, name="presence-after", daemon=True)
        watching.start()
        try:
            yield
        finally:
            over.set()
            watching.join()

    def _clear(self) -> None:
        """Clear what may go now; whatever hinders it, the files stay where they are. Then look at the room left."""
        if self._desk.handover.trouble is None and self._card_is_sound:
            self._clear_round()
        with contextlib.suppress(IngestError, OSError):
            self._low_space = self._is_low(self._recorder.free_space())
        self._settle_state()

    def _clear_round(self) -> None:
        try:
            self._cleared = self._clearing.round()
            if self._cleared.differ:
                self._take_again()
        except (IngestError, OSError) as error:
            log.info("slot %s: nothing more is cleared now: %s", self.slot, error)
        except sqlite3.Error as error:
            self._desk.handover.unexpected(error)

    def _take_again(self) -> None:
        """Copy what looked as if it was held and is not; ended by a pull like any copying, also while it waits for room."""
        self._taking = self._new_taking(self._leaving)
        self._state = "copying"
        self._taking.run()

    def _writes_to_recorder(self, now: bool) -> None:
        self._removing = now

    def _is_low(self, free: int | None) -> bool:
        """Whether the next shift may find no room. The size of the medium is what is free and what the files take."""
        if free is None:
            return False
        settings = self._desk.settings
        whole = free + self._desk.journal.counts(self.id).bytes
        return free < max(settings.low_space_bytes, whole * settings.low_space_share)

    def _said(self) -> str:
        words, aside = self._desk.words, self._desk.spool.aside
        said = [words.say(self._message)] if self._message else []
        if self._low_space:
            said.append(words.say("low-space"))
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
        if self._removing:
            state = "checking"
        now = "clearing" if self._removing else "spool-full" if self._taking.full else ""
        message = " ".join(filter(None, (self._desk.words.say(now) if now else "", self._said())))
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
            to_confirm=self._cleared.to_confirm,
            to_confirm_bytes=self._cleared.to_confirm_bytes,
            words=tuple(filter(None, (now, self._message, "low-space" if self._low_space else ""))),
        )

    def _speak(self) -> None:
        over = False
        while not over:
            over = self._over.wait(self._view_every)
            self._on_view(self.view())

    def _tell(self) -> None:
        """Tell the server, on a thread of its own: one that does not answer must not keep the board from moving."""
        over = False
        while not over:
            over = self._over.wait(1.0)
            # The journal may be closed by the time a server that was given up answers at last.
            with contextlib.suppress(IngestError, sqlite3.ProgrammingError):
                self._send(self.view())

    def _send(self, view: View) -> None:
        journal = self._desk.journal
        if view.trouble is not None and view.trouble.kind in {"server", "token"}:
            return
        if not journal.docking(self.id).opened:
            if not self._listed.is_set() and time.monotonic() - self._began < NAMES_FIRST:
                return
            self._desk.handover.ensure_open(str(self.id))
        rows = journal.to_report(self.id, BATCH_LIMIT)
        self._sequence += 1
        self._desk.client.progress(self.id, message_of(view, self._sequence, reports(rows)))
        journal.reported([row.id for row in rows])
