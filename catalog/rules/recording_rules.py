"""记录规则: which steps must, should or need not be recorded, and what is asked of them (R2.6, R2.13). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Requirement = Literal["must", "should", "need-not"]
Scope = Literal["whole", "moments"]
REQUIREMENTS: tuple[Requirement, ...] = ("must", "should", "need-not")
"""应当, 可以（倡导）, 无需; the strongest first."""
SCOPES: tuple[Scope, ...] = ("whole", "moments")
"""全程, 关键环节."""
MEDIA = ("video", "audio", "photo", "document")
TIMED = frozenset({"video", "audio"})
"""What has a running time, and so can cover one."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the steps it is about, and what it asks of them. An empty condition is always met."""

    id: str
    title: Said
    activities: tuple[str, ...]
    stages: tuple[str, ...]
    case_types: tuple[str, ...]
    circumstances: tuple[str, ...]
    """The step has at least one of these."""
    unless: tuple[str, ...]
    """The step has none of these."""
    requirement: Requirement
    scope: Scope
    media: tuple[str, ...]
    """What counts as a recording; where photos or documents do, one of them stands for the moments."""
    moments: tuple[tuple[str, ...], ...]
    """Key moments; of each group one is enough."""
    basis: Said

    def applies(self, *, activity: str, stage: str, case_type: str, circumstances: frozenset[str]) -> bool:
        """Answer whether a step is one this row is about."""
        return (
            activity in self.activities
            and (not self.stages or stage in self.stages)
            and (not self.case_types or case_type in self.case_types)
            and (not self.circumstances or bool(circumstances & set(self.circumstances)))
            and not circumstances & set(self.unless)
        )


@dataclass(frozen=True, slots=True)
class RecordingRules:
    """A whole table of them. `digest` is the SHA-256 of the file it was read from."""

    version: str
    digest: str
    approval: str
    """Who approved it, with number and date; empty while it is to be confirmed."""
    circumstances: Mapping[str, Said]
    rows: tuple[Row, ...]

    def offered(self, activity: str) -> tuple[str, ...]:
        """Answer the circumstances that change something for an activity, in the order of the table."""
        asked = {
            code
            for row in self.rows
            if activity in row.activities
            for code in (*row.circumstances, *row.unless)
        }
        return tuple(code for code in self.circumstances if code in asked)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of one step. Of several rows the strictest requirement counts; rows of the same one add up."""

    requirement: Requirement
    scope: Scope = "moments"
    media: frozenset[str] = frozenset()
    moments: tuple[tuple[str, ...], ...] = ()
    rows: tuple[str, ...] = ()
    """Ids of the rows it follows from; none: no row is about such a step."""


def asked_of(
    rules: RecordingRules, *, activity: str, stage: str, case_type: str, circumstances: Sequence[str]
) -> Asked:
    """Answer what the table asks of a step: the strictest of the rows that apply (R2.13).

    Rows of the same requirement add up: the whole process where one wants it, the moments of all, and only media that
    all of them take.
    """
    flags = frozenset(circumstances)
    found = [
        row
        for row in rules.rows
        if row.applies(activity=activity, stage=stage, case_type=case_type, circumstances=flags)
    ]
    if not found:
        return Asked("need-not")
    strictest = min((row.requirement for row in found), key=REQUIREMENTS.index)
    chosen = [row for row in found if row.requirement == strictest]
    return Asked(
        strictest,
        "whole" if any(row.scope == "whole" for row in chosen) else "moments",
        frozenset.intersection(*(frozenset(row.media) for row in chosen)),
        tuple(dict.fromkeys(group for row in chosen for group in row.moments)),
        tuple(row.id for row in chosen),
    )
