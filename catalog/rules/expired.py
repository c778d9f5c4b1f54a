"""Whether a clip may go to appraisal (鉴定销毁, R2.10; 档案法实施条例 on expired records). Pure: facts in, reasons out.

A lock that has passed is necessary and never enough. What is not known to be free is kept: a missing copy, a lock that
was never read back, work that is still due.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.rules.case_life import IN_ARCHIVE

CLOCK_MARGIN = timedelta(hours=1)
"""How far server and storage clocks may differ: a lock counts as passed only so much later."""

REASONS = (
    "destroyed",
    "held",
    "kept-longer",
    "case-open",
    "not-reviewed",
    "lock-due",
    "lock-stands",
    "no-copy",
    "copy-differs",
    "at-work",
    "coming-in",
    "in-appraisal",
)
"""Every word that `not_expired` may answer, the weightiest first. `held` says nothing of why: holds of some kinds, seals
and restrictions are told to nobody here."""


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """A copy and the lock last read back there."""

    lock_until: datetime
    hold: bool
    mismatched: bool = False


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """A case that a clip is attached to, or was until a detaching that the legal section has not confirmed (R4.11)."""

    state: str


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What decides whether a clip has expired. All times are the server's."""

    copies: Sequence[CopyFacts]
    cases: Sequence[CaseFacts]
    lock_desired: datetime
    hold_desired: bool = False
    holds: int = 0
    """Holds and seals that stand on it."""
    restricted: bool = False
    destroyed: bool = False
    reviewed_at: datetime | None = None
    """When somebody looked at it last, since it left its last case, and found that it belongs to none."""
    lock_due: bool = False
    """Its desired lock is still to be worked out, or to be applied at the storage."""
    kept_until: datetime | None = None
    kept_for_ever: bool = False
    at_work: bool = False
    """A worker is at one of its stages."""
    coming_in: bool = False
    """The same bytes are on their way in from a station."""
    in_appraisal: bool = False
    """It is on another list of an appraisal that has not ended."""


def not_expired(facts: ClipFacts, now: datetime, margin: timedelta = CLOCK_MARGIN) -> str | None:
    """Answer why a clip may not be appraised at `now` (one of `REASONS`), or None when it may."""
    found = reasons(facts, now, margin)
    return found[0] if found else None


def reasons(facts: ClipFacts, now: datetime, margin: timedelta = CLOCK_MARGIN) -> tuple[str, ...]:
    """Answer every reason why a clip may not be appraised at `now`, in the order of `REASONS`."""
    passed = now - margin
    stands = {
        "destroyed": facts.destroyed,
        "held": bool(facts.holds)
        or facts.hold_desired
        or facts.restricted
        or any(copy.hold for copy in facts.copies),
        "kept-longer": facts.kept_for_ever or (facts.kept_until is not None and facts.kept_until > passed),
        "case-open": any(case.state not in IN_ARCHIVE for case in facts.cases),
        "not-reviewed": not facts.cases and facts.reviewed_at is None,
        "lock-due": facts.lock_due,
        "lock-stands": facts.lock_desired > passed or any(copy.lock_until > passed for copy in facts.copies),
        "no-copy": not facts.copies,
        "copy-differs": any(copy.mismatched for copy in facts.copies),
        "at-work": facts.at_work,
        "coming-in": facts.coming_in,
        "in-appraisal": facts.in_appraisal,
    }
    return tuple(reason for reason in REASONS if stands[reason])
