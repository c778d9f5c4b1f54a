"""When bytes may go: from the spool, and from a recorder. Pure rules; whoever calls them brings facts and clocks.

A file leaves a recorder only with signed statements for exactly its bytes, after the bureau's delay and a second
read-back at the storage, and after its own bytes there were read again (invariant 1).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from ingest.clearing.recordings import is_recording
from ingest.journal.rows import FileRow
from ingest.protocol import ClearingPolicy, DockingOpened, RecorderIdentity, Statement

Stays = Literal[
    "", "never", "not-confirmed", "no-recording", "important", "attention", "partial", "not-held", "not-verified", "not-read-again",
    "too-early", "lock-over", "other-bytes",
]  # fmt: skip
"""Why a file stays; empty when nothing speaks against its going."""


def time_of(statement: Statement) -> datetime:
    """Answer when it was signed, by the server's clock. Raises ValueError."""
    return _aware(statement.time)


def _aware(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError(f"{text} names no zone")
    return when


def read_again_soundly(verified: Statement, reread: Statement, delay: timedelta, now: datetime) -> Stays:
    """Answer what is wrong with a second read-back: for the same bytes, not before the delay was over, under a lock.

    Both times are the server's, so that a station's clock cannot shorten the delay.
    """
    same = (
        reread.clip == verified.clip
        and reread.size == verified.size
        and reread.sha256 == verified.sha256
        and reread.sm3 == verified.sm3
    )
    if not same:
        return "other-bytes"
    try:
        if time_of(reread) - time_of(verified) < delay:
            return "too-early"
        if _aware(reread.lock_until) <= now:
            return "lock-over"
    except (ValueError, OverflowError):
        return "not-read-again"
    return ""


def policy_of(answer: DockingOpened | None, station: ClearingPolicy | None) -> ClearingPolicy:
    """Answer what holds for a docking: the stricter of what was said of the recorder and what was said since."""
    if answer is None or "sealed" in answer.notes:
        return ClearingPolicy(mode="never")
    if station is None:
        return answer.clearing
    strictness = ("never", "confirm", "automatic")
    return ClearingPolicy(
        mode=min(answer.clearing.mode, station.mode, key=strictness.index),
        after_days=max(answer.clearing.after_days, station.after_days),
        delay_hours=max(answer.clearing.delay_hours, station.delay_hours),
    )


def is_itself(recorder: RecorderIdentity) -> bool:
    """Whether a recorder's serial is its own beyond doubt.

    It is not where several report the same, nor where nothing but a file on the card says it (a marker), which is copied from
    card to card with everything else.
    """
    return not recorder.same_serial and recorder.serial_source != "marker"


def stays_on_recorder(
    row: FileRow,
    policy: ClearingPolicy,
    *,
    confirmed: bool,
    verified: Statement | None,
    reread: Statement | None,
    now: datetime,
) -> Stays:
    """Answer why a file may not be cleared from its recorder; its own bytes are still to be read again.

    The statements' signatures are checked before.
    """
    if wrong := _stays_for_ever(row, policy):
        return wrong
    if verified is None:
        return "not-verified"
    if reread is None:
        return "not-read-again"
    delay = timedelta(hours=policy.delay_hours)
    if wrong := read_again_soundly(verified, reread, delay, now):
        return wrong
    if not _is_of(row, verified):
        return "other-bytes"
    since = time_of(verified)
    if row.verified_at is not None:
        since = max(since, datetime.fromtimestamp(row.verified_at, UTC))
    wait = timedelta(days=policy.after_days) if policy.mode == "automatic" else timedelta(0)
    if now - since < max(wait, delay):
        return "too-early"
    return "not-confirmed" if policy.mode == "confirm" and not confirmed else ""


def _stays_for_ever(row: FileRow, policy: ClearingPolicy) -> Stays:
    """Answer what no statement can outweigh."""
    if policy.mode == "never":
        return "never"
    if row.named is None and not is_recording(row.path):
        return "no-recording"
    if row.important or (row.named is not None and row.named.important):
        return "important"
    if row.bad_ranges:
        return "partial"
    if row.attention:
        return "attention"
    return "not-held" if row.state not in {"clearable", "held already"} or row.clip is None else ""


def _is_of(row: FileRow, stated: Statement) -> bool:
    """Whether a statement is of this row's bytes, as far as they were read at this docking."""
    if (row.clip, row.size) != (stated.clip, stated.size):
        return False
    return not row.sha256 or (row.sha256, row.sm3) == (stated.sha256, stated.sm3)
