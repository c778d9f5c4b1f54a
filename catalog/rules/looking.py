"""Who looks at evidence, and why: how a person stands to a clip, and which roles look without saying a purpose.

A person may find what `catalog.rules.visible` lets them find; this is about seeing and hearing it. What a person has to do
with a clip by office is free, everything else is looked at with a purpose that is kept (R2.10, R5.4). Pure data and functions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

PURPOSE_VALID = timedelta(hours=8)
"""A working day: who looks again tomorrow says again why."""

PURPOSES = ("case", "legal-review", "archiving", "complaint", "file-check", "litigation", "other")
"""案件办理, 法制审核, 归档整理, 投诉核查, 案卷评查, 应诉, 其他."""
IN_WORDS = frozenset({"other"})
"""Purposes that mean nothing without a text."""

UNDER_REVIEW = frozenset({"made-up", "corrected", "returned", "reviewed", "handed-over"})
"""States of a case in which the legal section has its file before it, or follows what it has passed or sent back. From
acceptance on the file is the office's, and looking at it anew is a purpose (file check, litigation)."""
WITH_THE_OFFICE = frozenset({"handed-over", "accepted", "archived", "transferred"})
"""States of a case in which the office takes its file over or has it."""


class Ground(StrEnum):
    """Why somebody looks at a clip without saying a purpose; the strongest first."""

    OWN_CLIP = "own-clip"
    """Recorded, or put in, by this person."""
    OWN_CASE = "own-case"
    """It is attached to a case this person handles now."""
    TO_ATTACH = "to-attach"
    """Of the own unit and attached to no case: somebody has to look at it to attach it."""
    OWN_UNIT = "own-unit"
    """Recorded in the own unit, or attached to a case of it."""
    UNDER_REVIEW = "under-review"
    """Attached to a case whose file the legal section reviews, or its detachment waits for that section (R4.11)."""
    WITH_OFFICE = "with-the-office"
    """Attached to a case whose file the office takes over or keeps."""


_G = Ground
FREE: dict[str, frozenset[Ground]] = {
    "officer": frozenset({_G.OWN_CLIP, _G.OWN_CASE}),
    "handler": frozenset({_G.OWN_CLIP, _G.OWN_CASE, _G.TO_ATTACH}),
    "section-head": frozenset({_G.OWN_CLIP, _G.OWN_CASE, _G.OWN_UNIT}),
    "legal": frozenset({_G.UNDER_REVIEW}),
    "archivist": frozenset({_G.WITH_OFFICE}),
    "personnel": frozenset(),
    "office-head": frozenset(),
    "leader": frozenset(),
    "bureau-head": frozenset(),
    "administrator": frozenset(),
    "system-administrator": frozenset(),
    "security-administrator": frozenset(),
    "auditor": frozenset(),
}
"""What each role looks at by its office. Leaders decide nothing about evidence (R5.4): they always say why. Which roles
look at all is a permission. Of several roles the most favourable counts."""


@dataclass(frozen=True, slots=True)
class CaseOfClip:
    """A case on whose list a clip stands."""

    handlers: frozenset[UUID]
    """The officers who handle it now."""
    unit: UUID | None
    state: str
    detached: bool = False
    """Somebody has detached it, and the legal section has not decided yet."""
    attached_by: UUID | None = None
    """The account that attached it."""


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What of a clip decides how a person stands to it."""

    officer: UUID | None
    """Who recorded it."""
    unit: UUID | None
    """That officer's unit; of an unknown officer's clip the recorder's."""
    cases: tuple[CaseOfClip, ...] = ()
    put_in_by: frozenset[UUID] = frozenset()
    """Accounts that put it in by the browser."""
    stated_by: frozenset[UUID] = frozenset()
    """Accounts that have ever stated a purpose for it."""
    opened_by: frozenset[UUID] = frozenset()
    """Accounts whose stated purpose is valid now."""
    sealed: bool = False
    named: frozenset[UUID] = frozenset()
    """Accounts its standing seal names."""


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Who wants to look."""

    accounts: frozenset[UUID]
    """All accounts of this person."""
    officer: UUID | None
    unit: UUID | None
    roles: frozenset[str]
    account: UUID | None = None
    """The account that is signed in: seals name an account, and a purpose opens for the one that stated it."""


def grounds(who: Onlooker, clip: ClipFacts) -> frozenset[Ground]:
    """Answer how `who` stands to a clip, whatever the roles.

    A case says nothing of a clip that `who` attached to it without having had to do with the clip before, nor having
    ever said what for: else attaching would be a way round the purpose.
    """
    attached = [case for case in clip.cases if not case.detached]
    found: set[Ground] = set()
    if _same(who.officer, [clip.officer]) or who.accounts & clip.put_in_by:
        found.add(_G.OWN_CLIP)
    if _same(who.unit, [clip.unit]):
        found.add(_G.OWN_UNIT)
        if not attached:
            found.add(_G.TO_ATTACH)
    known = bool(found or who.accounts & clip.stated_by)
    telling = [case for case in attached if known or case.attached_by not in who.accounts]
    if any(_same(who.officer, case.handlers) for case in telling):
        found.add(_G.OWN_CASE)
    if any(_same(who.unit, [case.unit]) for case in telling):
        found.add(_G.OWN_UNIT)
    if any(case.detached or case.state in UNDER_REVIEW for case in clip.cases):
        found.add(_G.UNDER_REVIEW)
    if any(case.state in WITH_THE_OFFICE for case in attached):
        found.add(_G.WITH_OFFICE)
    return frozenset(found)


def free_ground(who: Onlooker, clip: ClipFacts) -> Ground | None:
    """Answer why `who` looks at a clip without saying a purpose, the strongest ground; None: a purpose is needed."""
    held = grounds(who, clip) & _free(who.roles)
    return next((ground for ground in Ground if ground in held), None)


def _free(roles: Iterable[str]) -> frozenset[Ground]:
    return frozenset().union(*(FREE.get(role, frozenset()) for role in roles))


def _same(one: UUID | None, others: Collection[UUID | None]) -> bool:
    """What is unknown is the same as nothing."""
    return one is not None and one in others
