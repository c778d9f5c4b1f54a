"""Clearing a recorder: what the server vouches for is read again on the recorder, compared, removed, and reported.

One round asks the server anew for everything it relies on: the policy, the statements, its clock. Nothing is cleared
while the server is out of reach. What is being removed when a process dies is settled at the recorder's next docking.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from ingest.clearing.rules import is_itself, policy_of, stays_on_recorder
from ingest.copying.sm3 import new_sm3
from ingest.desk import Desk
from ingest.errors import NotSupported, NotTaken, StatementInvalid, Unplugged, Vanished
from ingest.journal.rows import FileRow
from ingest.office.keeping import BEHIND
from ingest.protocol import (
    BATCH_LIMIT,
    AskStatements,
    ClearingPolicy,
    ClipStatements,
    SignedStatement,
)
from ingest.recorders.base import Recorder, SourceFile

BLOCK = 1 << 20
_MEDIUM = {"write-protected", "read-only", "not-supported"}
"""Refusals of the medium, not of one file: nothing on it can be removed."""

log = logging.getLogger(__name__)


@runtime_checkable
class Uncached(Protocol):
    """A file on a recorder that can be read past what is kept in memory."""

    def drop_cache(self) -> None:
        """Let what is read from here on come from the medium."""


@dataclass(slots=True)
class Round:
    """What came of one round. Bytes."""

    cleared: int = 0
    bytes: int = 0
    to_confirm: int = 0
    """Files that could go if somebody confirmed it."""
    to_confirm_bytes: int = 0
    differ: int = 0
    """Files that looked as if they were held and are not: they are to be copied."""
    stays: dict[str, int] = field(default_factory=dict)
    """How many stay, by reason (`ingest.clearing.rules.Stays`)."""


@dataclass(frozen=True, slots=True)
class _Vouched:
    row: FileRow
    reread: SignedStatement


class Clearing:
    """Clears one recorder at one docking. `round` may be called again and again while it is plugged in."""

    def __init__(
        self,
        desk: Desk,
        docking: UUID,
        recorder: Recorder,
        stop: threading.Event,
        removing: Callable[[bool], None] = lambda _now: None,
    ) -> None:
        """`removing` is told when the recorder is about to be written to, and when that is over."""
        self._desk = desk
        self._journal = desk.journal
        self._docking = docking
        self._recorder = recorder
        self._stop = stop
        self._removing = removing
        self._buffer = bytearray(BLOCK)

    def round(self) -> Round:
        """Clear what may be cleared now.

        Raises IngestError (server out of reach or refusing, Unplugged), OSError.
        """
        done = Round()
        if not is_itself(self._recorder.identity):
            return done  # perhaps another recorder: whether this one is sealed nobody can say
        policy = self._policy()
        if policy.mode == "never" or not self._clocks_agree():
            return done
        confirmed = self._journal.docking(self._docking).confirmed_by is not None
        after = 0
        while rows := self._journal.to_clear(self._docking, after, BATCH_LIMIT):
            after = rows[-1].id
            for file in self._vouched(rows, policy, confirmed, done):
                if self._stop.is_set():
                    return done
                self._clear(file, done)
        if done.cleared:
            log.info("docking %s: %d files cleared from the recorder", self._docking, done.cleared)
            self._desk.keeper.tell_cleared()
        return done

    def settle_broken_off(self) -> None:
        """Find out what became of files that were being removed when a process ended, by what is listed now.

        Call it when the recorder's list is whole.
        """
        here = self._journal.docking(self._docking).recorder
        if not is_itself(here):
            return  # perhaps another recorder: nothing can be concluded
        for row in self._journal.clearing_broken_off(here.serial, self._docking):
            before = self._journal.docking(row.docking).recorder
            if before.filesystem_id != here.filesystem_id or row.clear_from is None:
                continue  # another card
            now = self._journal.listed(self._docking, row.path)
            if now is not None and (now.size, now.modified_ns) == (row.size, row.modified_ns):
                self._journal.not_cleared(row.id, "")
            else:
                self._journal.cleared([(row.id, row.clear_from)])

    # Before anything is touched

    def _policy(self) -> ClearingPolicy:
        """Ask the server what holds for this recorder now: it may have been sealed since it was plugged in."""
        answer = self._desk.handover.ensure_open(str(self._docking), again=True)
        return policy_of(answer, self._desk.keeper.policy)

    def _clocks_agree(self) -> bool:
        """Whether our clock went on steadily and is the server's, give or take a few minutes."""
        if not self._desk.keeper.clock_is_trusted(time.time()):
            return False
        theirs = self._desk.client.server_facts().time.timestamp()
        return abs(theirs - time.time()) <= BEHIND

    def _vouched(
        self, rows: list[FileRow], policy: ClearingPolicy, confirmed: bool, done: Round
    ) -> list[_Vouched]:
        """Answer those of `rows` the server vouches for now; ask for second read-backs of the others."""
        clips = list(dict.fromkeys(row.clip for row in rows if row.clip))
        answer = self._desk.client.ask(AskStatements(clips=clips, again=clips))
        by_clip = {clip.clip: clip for clip in answer.clips}
        found = []
        now = datetime.now(UTC)
        for row in rows:
            said = by_clip.get(row.clip) if row.clip else None
            verified, reread = self._checked(row, said)
            stays = stays_on_recorder(
                row,
                policy,
                confirmed=confirmed,
                verified=verified.statement if verified else None,
                reread=reread.statement if reread else None,
                now=now,
            )
            if not stays and reread is not None:
                found.append(_Vouched(row, reread))
                continue
            done.stays[stays] = done.stays.get(stays, 0) + 1
            if stays == "not-confirmed":
                done.to_confirm += 1
                done.to_confirm_bytes += row.size
        return found

    def _checked(
        self, row: FileRow, said: ClipStatements | None
    ) -> tuple[SignedStatement | None, SignedStatement | None]:
        if said is None or row.clip is None:
            return None, None
        good: list[SignedStatement | None] = []
        for kind, signed in (("verified", said.verified), ("reread", said.reread)):
            try:
                if signed is not None:
                    self._desk.trust.check(
                        signed,
                        kind="verified" if kind == "verified" else "reread",
                        size=row.size,
                        sha256=row.sha256 or None,
                        sm3=row.sm3 or None,
                        clip=row.clip,
                    )
                good.append(signed)
            except StatementInvalid as error:
                log.warning("a statement %s for clip %s counts for nothing: %s", kind, row.clip, error)
                good.append(None)
        return good[0], good[1]

    # One file

    def _clear(self, file: _Vouched, done: Round) -> None:
        """Read it again, compare, remove. Raises Unplugged, and NotTaken when the medium takes no removal."""
        row, stated = file.row, file.reread.statement
        try:
            if not self._agrees(row, stated.size, stated.sha256, stated.sm3):
                done.differ += self._journal.differs(row.id)
                return
            if self._stop.is_set() or not self._journal.clearing_begins(row.id, file.reread, time.time()):
                return
            self._removing(True)
            try:
                self._recorder.clear(row.path, row.size, row.modified_ns)
            finally:
                self._removing(False)
        except Unplugged:
            raise  # whether it is still there shows at the next docking
        except Vanished:
            self._journal.not_cleared(row.id, "vanished")
        except NotTaken as error:
            self._journal.not_cleared(row.id, "not-cleared", error.word)
            if isinstance(error, NotSupported) or error.word in _MEDIUM:
                raise
        except OSError as error:
            if not self._recorder.present():
                raise Unplugged(str(error)) from error
            self._journal.not_cleared(row.id, "not-cleared", str(error))
        else:
            self._journal.cleared([(row.id, time.time())])
            done.cleared += 1
            done.bytes += row.size

    def _agrees(self, row: FileRow, size: int, sha256: str, sm3: str) -> bool:
        """Read the file on the recorder whole, past what is kept in memory, and compare both digests."""
        source = self._recorder.open(row.path)
        with contextlib.closing(source):
            facts = (row.size, row.modified_ns)
            if row.size != size or source.facts() != facts:
                return False
            digests = self._digests(source, size)
            return source.facts() == facts and digests == (sha256, sm3)

    def _digests(self, source: SourceFile, size: int) -> tuple[str, str] | None:
        if isinstance(source, Uncached):
            source.drop_cache()
        first, second = hashlib.sha256(), new_sm3()
        offset = 0
        with memoryview(self._buffer) as view:
            while offset < size:
                if self._stop.is_set():
                    raise Unplugged
                got = source.read_at(view[: min(BLOCK, size - offset)], offset)
                if not got:
                    return None
                first.update(view[:got])
                second.update(view[:got])
                offset += got
            if source.read_at(view[:1], size):
                return None  # longer than it says
        return first.hexdigest(), second.hexdigest()
