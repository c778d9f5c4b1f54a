"""Who has business with a recording, and how far: the one pure rule for finding, looking, saving and attaching (R5.4).

`decide` answers for one person, one act and one recording; `catalog.finding.visible` says the part of it that lists and
counts need in SQL, and a test with invented bureaux holds the two together. What a role may do at all is a permission of
the route; here it is about this recording.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from catalog.rules.looking import ClipFacts, Ground, Onlooker, free_ground


class Scope(StrEnum):
    """How a recording has to do with somebody; what a role finds is a set of these. The strongest first."""

    NAMED = "named"
    """Sealed, and its seal names this person."""
    OWN_CLIP = "own-clip"
    """Recorded, or put in, by this person."""
    OWN_CASE = "own-case"
    """It stands on the list of a case this person handles now."""
    OWN_UNIT = "own-unit"
    """Recorded in the own unit, or on the list of a case of it."""
    UNCLAIMED = "unclaimed"
    """Of no unit that is known, and on no case that anybody handles: somebody has to claim it, or it is lost to sight."""
    BUREAU = "bureau"
    """Whatever the bureau holds: review, appraisal, holds and seals are about all of it."""
    OPENED = "opened"
    """This person stated a purpose for it, which is valid still."""


class Act(StrEnum):
    """What somebody wants with a recording."""

    FIND = "find"
    """That it stands in lists, counts, search and suggestions."""
    OPEN = "open"
    """Its page, with all facts."""
    LOOK = "look"
    """Seeing or hearing it."""
    DOWNLOAD = "download"
    """Saving the original."""
    ATTACH = "attach"
    """Attaching it to a case of one's own (which case: `may_change_case`)."""


class Verdict(StrEnum):
    """The answer."""

    ALLOWED = "allowed"
    WITH_PURPOSE = "with-purpose"
    REFUSED = "refused"


_S = Scope
FINDS: dict[str, frozenset[Scope]] = {
    "officer": frozenset({_S.OWN_CLIP, _S.OWN_CASE}),
    "handler": frozenset({_S.OWN_CLIP, _S.OWN_CASE, _S.OWN_UNIT, _S.UNCLAIMED}),
    "section-head": frozenset({_S.OWN_CLIP, _S.OWN_CASE, _S.OWN_UNIT, _S.UNCLAIMED}),
    "legal": frozenset({_S.BUREAU}),
    "archivist": frozenset({_S.BUREAU}),
    "personnel": frozenset(),
    "office-head": frozenset(),
    "leader": frozenset(),
    "bureau-head": frozenset(),
    "administrator": frozenset(),
    "system-administrator": frozenset(),
    "security-administrator": frozenset(),
    "auditor": frozenset(),
}
"""What each role finds in lists; of several roles each adds its own."""

BY_PROCEDURE = frozenset({"office-head", "leader", "bureau-head"})
"""Roles that find nothing in lists and look by a procedure: an exact number, a purpose and a reference, each time (R5.4)."""
BY_NUMBER = BY_PROCEDURE | {"handler"}
"""Roles that may open a recording outside their scope by its exact number, or its case's, once a purpose is kept."""
NO_EVIDENCE = frozenset(
    {"personnel", "administrator", "system-administrator", "security-administrator", "auditor"}
)
"""Roles that look at no recording, on whatever ground."""
OVER_THE_BUREAU = frozenset({"legal", "archivist", "office-head", "leader", "bureau-head"})
"""Roles whose acts on cases (review, hand-over, archive, reopening) are about those of all units; a handler's are not."""

WHY = (
    *(scope.value for scope in Scope),
    *(ground.value for ground in Ground if ground.value not in set(Scope)),
    "by-number",
    "not-before-you",
    "out-of-scope",
    "no-evidence",
    "no-role",
    "no-permission",
    "sealed",
)
"""The words an answer gives for itself."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, and the word for why."""

    verdict: Verdict
    why: str


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What of a case decides who changes it."""

    handlers: frozenset[UUID] = frozenset()
    unit: UUID | None = None


def finds(roles: Iterable[str]) -> frozenset[Scope]:
    """Answer what somebody with these roles finds in lists."""
    return frozenset().union(*(FINDS.get(role, frozenset()) for role in roles))


def scopes(who: Onlooker, clip: ClipFacts) -> frozenset[Scope]:
    """Answer how an open recording has to do with `who`, whatever the roles."""
    found = {_S.BUREAU}
    if _same(who.officer, [clip.officer]) or who.accounts & clip.put_in_by:
        found.add(_S.OWN_CLIP)
    if any(_same(who.officer, case.handlers) for case in clip.cases):
        found.add(_S.OWN_CASE)
    if _same(who.unit, [clip.unit, *(case.unit for case in clip.cases)]):
        found.add(_S.OWN_UNIT)
    if clip.unit is None and not any(case.handlers or case.unit for case in clip.cases):
        found.add(_S.UNCLAIMED)
    if who.account in clip.opened_by:
        found.add(_S.OPENED)
    return frozenset(found)


def decide(who: Onlooker, act: Act, clip: ClipFacts) -> Decision:
    """Answer whether `who` may do `act` with a recording: at once, with a purpose stated first, or not.

    Sealed recordings are for those their seal names, and each look at one states a purpose of its own (invariant 11).
    """
    if clip.sealed:
        if who.account not in clip.named:
            return Decision(Verdict.REFUSED, "sealed")
        return _sealed_but_named(act)
    held = scopes(who, clip)
    own = next((one for one in Scope if one in held & finds(who.roles)), None)
    if act is Act.FIND:
        return Decision(Verdict.ALLOWED, own.value) if own else _not_found(who.roles)
    opened = _S.OPENED in held and _looks_at_all(who.roles)
    if own is None and not opened:
        if who.roles & BY_NUMBER:
            return Decision(Verdict.WITH_PURPOSE, "by-number")
        return _not_found(who.roles)
    if act in {Act.OPEN, Act.ATTACH}:
        return Decision(Verdict.ALLOWED, (own or _S.OPENED).value)
    ground = free_ground(who, clip)
    if ground is not None:
        return Decision(Verdict.ALLOWED, ground.value)
    if opened:
        return Decision(Verdict.ALLOWED, _S.OPENED.value)
    return Decision(Verdict.WITH_PURPOSE, "not-before-you")


def may_change_case(who: Onlooker, case: CaseFacts) -> bool:
    """Answer whether a case is one's own to change: one handles it, it is of one's unit, or it is nobody's yet.

    Whoever changes whose a case is, or what is on it, changes who finds its recordings: so every such act asks here.
    """
    if not case.handlers and case.unit is None:
        return True
    return _same(who.officer, case.handlers) or _same(who.unit, [case.unit])


def roles_on(who: Onlooker, case: CaseFacts) -> frozenset[str]:
    """Answer the roles in which somebody acts on a case: all on one's own, on another's those whose office is every case.

    What each role may do to a case in which state is said elsewhere (`case_life`, `case_joining`); this is for whom.
    """
    return who.roles if may_change_case(who, case) else who.roles & OVER_THE_BUREAU


def may_print_file(who: Onlooker, case: CaseFacts) -> bool:
    """Answer whether the papers of a case file, which name its recordings, are this person's to read and print.

    Review and archive work with every file, and the head of the office answers for the archive; everybody else prints
    what is his own, his unit's or nobody's yet.
    """
    return _S.BUREAU in finds(who.roles) or "office-head" in who.roles or may_change_case(who, case)


def _sealed_but_named(act: Act) -> Decision:
    if act in {Act.FIND, Act.OPEN}:
        return Decision(Verdict.ALLOWED, _S.NAMED.value)
    if act is Act.LOOK:
        return Decision(Verdict.WITH_PURPOSE, _S.NAMED.value)
    return Decision(Verdict.REFUSED, "sealed")


def _not_found(roles: Collection[str]) -> Decision:
    if set(roles) & BY_NUMBER:
        return Decision(Verdict.REFUSED, "by-number")
    if finds(roles):
        return Decision(Verdict.REFUSED, "out-of-scope")
    return Decision(Verdict.REFUSED, "no-evidence" if roles else "no-role")


def _looks_at_all(roles: Collection[str]) -> bool:
    """A purpose stated while one held another role opens nothing to whoever looks at no evidence today."""
    return bool(finds(roles) or set(roles) & BY_NUMBER)


def _same(one: UUID | None, others: Collection[UUID | None]) -> bool:
    """What is unknown is the same as nothing."""
    return one is not None and one in others
