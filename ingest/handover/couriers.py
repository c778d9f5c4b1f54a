"""The couriers: threads that send parts to the storage, and what they do when it will not have them."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from ingest.copying.copying import check_spool
from ingest.errors import (
    AddressExpired,
    PartRefused,
    ServerRefused,
    ServerUnreachable,
    SpoolDamaged,
    StorageUnreachable,
    UploadClosed,
)
from ingest.handover.fair_queue import FairQueue
from ingest.handover.patience import LONGEST_PAUSE, Rests, Troubles
from ingest.handover.sending import Sender
from ingest.journal.rows import FileRow
from ingest.office.client import Client
from ingest.protocol import PartAddress, UploadTask
from ingest.spool import Spool

ADDRESSES_AT_ONCE = 100
"""So many the server answers at most; fewer mean that there are no more."""
DAMAGED_TRIES = 3
REFUSED_ADDRESSES = 3
"""Rounds in a row in which a file's fresh addresses were refused, after which that is said: waiting will not help."""


@dataclass(slots=True, eq=False)
class InHand:
    """A file between its offer and its receipt."""

    row: FileRow
    task: UploadTask
    fd: int = -1
    left: int = 0
    given_up: bool = False
    version: str | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def close(self) -> None:
        """Let go of the spool file, once; its pages are not needed in memory any more."""
        fd, self.fd = self.fd, -1
        if fd >= 0:
            with contextlib.suppress(OSError):
                os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)


class Couriers:
    """Takes files in hand and answers each exactly once: `done` when all is sent, else `release`."""

    def __init__(
        self,
        spool: Spool,
        client: Client,
        senders: Callable[[], Sender],
        rests: Rests,
        troubles: Troubles,
        *,
        done: Callable[[InHand], None],
        release: Callable[[InHand], None],
    ) -> None:
        self._spool = spool
        self._journal = spool.journal
        self._client = client
        self._new_sender = senders
        self._rests = rests
        self._troubles = troubles
        self._done = done
        self._release = release
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._storage_failures = 0
        self._storage_rest = 0.0
        self._address_refusals: dict[int, int] = {}
        self.parts: FairQueue[tuple[InHand, PartAddress]] = FairQueue()
        self.last_progress = time.monotonic()
        self.bytes_sent = 0

    def take(self, file: InHand) -> None:
        """Send the parts of a file."""
        if file.task.parts:
            self.parts.put(file.row.docking, [(file, part) for part in file.task.parts])
        else:
            self._done(file)

    def stop(self) -> None:
        """Let the threads end after the part that is under way."""
        self._stopping.set()
        self.parts.close()

    def run(self) -> None:
        """Send what comes until stopped; the body of each courier's thread."""
        sender = self._new_sender()
        try:
            while (job := self.parts.get()) is not None:
                while (rest := self._storage_rest - time.monotonic()) > 0:
                    if self._stopping.wait(min(rest, 1.0)):
                        return
                self._handle(sender, *job)
        finally:
            sender.close()

    def _handle(self, sender: Sender, file: InHand, part: PartAddress) -> None:
        """Send one part; whatever goes wrong, the file is answered and the courier lives on."""
        try:
            self._send_part(sender, file, part)
        except Exception as error:  # noqa: BLE001  a thread that dies silently hands nothing over for days
            self._troubles.unexpected(error)
            self._give_up(file, again=True)
        with file.lock:
            file.left -= 1
            last = file.left == 0
        if not last:
            return
        try:
            self._after_last(file)
        except Exception as error:  # noqa: BLE001  as above
            self._troubles.unexpected(error)
            self._give_up(file, again=True)
            self._release(file)

    def _send_part(self, sender: Sender, file: InHand, part: PartAddress) -> None:
        try:
            if not file.given_up:
                version = sender.put(part.url, part.headers, file.fd, part.offset, part.length)
                file.version = version if file.task.mode == "put" else None
                self._storage_well(part.length)
                self._address_refusals.pop(file.row.id, None)
        except UploadClosed:
            pass  # complete already, or lost: completing tells
        except AddressExpired:
            if self._give_up(file, soon=True):
                refusals = self._address_refusals[file.row.id] = (
                    self._address_refusals.get(file.row.id, 0) + 1
                )
                if refusals >= REFUSED_ADDRESSES:
                    self._troubles.mark("storage", "addresses-refused")
        except SpoolDamaged:
            if self._give_up(file):
                self._spool.damaged(file.row.spool or "")
        except PartRefused as error:
            self._refused_bytes(file, str(error))
        except (StorageUnreachable, OSError) as error:
            self._storage_failed(str(error))
            self._give_up(file)

    def _after_last(self, file: InHand) -> None:
        """All addresses we had are used: complete, or let go of it."""
        if file.given_up:
            self._release(file)
            return
        if len(file.task.parts) < ADDRESSES_AT_ONCE:
            self._done(file)
            return
        try:
            more = self._client.addresses(file.row.clip or file.task.clip)
        except (ServerUnreachable, ServerRefused):
            self._give_up(file)
            self._release(file)
            return
        if isinstance(more, UploadTask) and more.parts:
            file.task, file.left = more, len(more.parts)
            self.parts.put(file.row.docking, [(file, part) for part in more.parts])
        else:
            self._done(file)

    def _refused_bytes(self, file: InHand, text: str) -> None:
        """Find out whether the spool is at fault, or the way to the storage, when it says that bytes are wrong."""
        with file.lock:
            if file.given_up:
                return
            file.given_up = True
        try:
            check_spool(self._spool.folder, file.row.spool or "", file.row.sha256)
        except SpoolDamaged:
            self._spool.damaged(file.row.spool or "")
            return
        if self._rests.tries(file.row.id) >= DAMAGED_TRIES:
            self._journal.attention(file.row.id, "bytes-refused", text)
        else:
            self._rests.rest(file.row.id)

    def _give_up(self, file: InHand, *, soon: bool = False, again: bool = False) -> bool:
        """Let the other parts pass; the file is offered again later. Answers False when it was given up already.

        `again`: rest even then.
        """
        with file.lock:
            if file.given_up and not again:
                return False
            file.given_up = True
        self._rests.rest(file.row.id, soon=soon)
        return True

    def _storage_failed(self, text: str) -> None:
        self._storage_failures += 1
        pause = min(LONGEST_PAUSE, 0.25 * 2 ** min(self._storage_failures // 3, 8))
        self._storage_rest = time.monotonic() + pause
        self._troubles.mark("storage", text)

    def _storage_well(self, length: int) -> None:
        self._storage_failures = 0
        self.last_progress = time.monotonic()
        with self._lock:
            self.bytes_sent += length
        self._troubles.clear("storage")
