"""说明与确认: which explanations hold for what lacks of a step's recording, and how far that is settled. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from catalog.rules.coverage import Judgement, Level, Span

WHYS = ("device-fault", "conditions", "obstructed", "forgotten", "not-held", "other")
"""设备故障送修, 条件不允许, 当事人阻挠, 遗漏, 该环节未实施, 其他: why a step was not recorded."""
STATES = ("fine", "untimed", "unexplained", "returned", "explained", "confirmed")
"""无缺口, 未填时间, 未说明, 退回, 待确认, 已确认."""
OPEN_STATES = ("untimed", "unexplained", "returned", "explained")
"""Something is still to be done."""
State = Literal["fine", "untimed", "unexplained", "returned", "explained", "confirmed"]
Decision = Literal["confirm", "send-back"]
NEAR = timedelta(seconds=1)
"""Spans that differ by less are the same: they are stored to the second."""


@dataclass(frozen=True, slots=True)
class Named:
    """What an explanation is about, and what the head of the section decided about it, None so far."""

    level: Level
    """`missing`, or `not-yet` where the step itself is what did not happen."""
    spans: Sequence[Span]
    moments: Sequence[tuple[str, ...]]
    record: bool
    """The written record that was not made."""
    decision: Decision | None


def state_of(judgement: Judgement, *, must: bool, notes: Iterable[Named]) -> State:
    """Answer how far what lacks is settled. An explanation holds for what it named and for nothing that came later.

    `untimed`: nobody entered when a step that must be recorded took place, so nobody can tell; neither can it be archived.
    A step that lies ahead is `fine`, and so is everything that is not demanded.
    """
    untimed = judgement.level == "not-yet" and "planned-later" not in judgement.reasons
    if not must or (judgement.level != "missing" and not untimed):
        return "fine"
    named = [one for one in notes if one.level == judgement.level]
    confirmed = [one for one in named if one.decision == "confirm"]
    if holds(judgement, confirmed):
        return "confirmed"
    if holds(judgement, [one for one in named if one.decision != "send-back"]):
        return "explained"
    if any(one.decision == "send-back" for one in named):
        return "returned"
    return "untimed" if untimed else "unexplained"


def holds(judgement: Judgement, named: Sequence[Named]) -> bool:
    """Answer whether these explanations, taken together, name everything that lacks."""
    return bool(named) and not any(lacking(judgement, named))


def lacking(
    judgement: Judgement, named: Sequence[Named]
) -> tuple[tuple[Span, ...], tuple[tuple[str, ...], ...], bool]:
    """Answer what none of these explanations names: spans, key moments, the written record."""
    spans = tuple(
        span for span in judgement.spans if not _within(span, [s for one in named for s in one.spans])
    )
    said = {group for one in named for group in one.moments}
    moments = tuple(group for group in judgement.moments if group not in said)
    return spans, moments, judgement.record_missing and not any(one.record for one in named)


def _within(span: Span, named: Sequence[Span]) -> bool:
    """Whether named spans, joined where they touch, hold all of a span."""
    at, end = span
    for low, high in sorted(named):
        if low <= at + NEAR and high > at:
            at = high
    return at + NEAR >= end


def hinders_archiving(states: Iterable[State]) -> str | None:
    """Answer why a case may not be archived yet: `coverage-unexplained`, `coverage-unconfirmed`, or None (R2.13).

    A missing must-step is archived only with the explanation that the head of the section has signed.
    """
    found = set(states)
    if found & {"untimed", "unexplained", "returned"}:
        return "coverage-unexplained"
    return "coverage-unconfirmed" if "explained" in found else None
