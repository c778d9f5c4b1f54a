"""三员分立: which roles one person may not hold together, and who may give and take them. Pure (R2.12, R5.4).

The machine, the access to it and the log are in three different hands: nobody who could let himself in can also
use what he let himself into, or tidy up behind himself. A *person* is an officer with all of his accounts, or an
account of somebody who is no officer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

SYSTEM, SECURITY, AUDIT = "system-administrator", "security-administrator", "auditor"
THREE = (SYSTEM, SECURITY, AUDIT)
"""系统管理员, 安全管理员, 安全审计员."""
NEVER_NONE = (SYSTEM, SECURITY)
"""Roles of which somebody active must remain: else nobody could invite, or nobody could grant."""

RECORDERS = "administrator"
"""设备管理员: recorders, stations and faults; none of the three.

Whoever keeps recorders or officers may also look at recordings, which a small bureau needs: an act that would widen what
he finds himself is refused (`catalog.rules.own_access`)."""
LEADERS = ("leader", "bureau-head")
OF_EVIDENCE = ("officer", "handler", "section-head", "legal", "archivist")
"""Roles that see recordings or decide what becomes of them."""
OF_CASES = (*OF_EVIDENCE, "personnel", "office-head", *LEADERS)

Reason = Literal[
    "three-administrations",
    "audits-everybody",
    "grants-to-everybody",
    "runs-the-machine",
    "leads-and-decides",
    "reviews-the-same",
]


APART: tuple[tuple[Reason, str, tuple[str, ...]], ...] = (
    ("three-administrations", SYSTEM, (SECURITY, AUDIT)),
    ("three-administrations", SECURITY, (AUDIT,)),
    ("audits-everybody", AUDIT, (*OF_CASES, RECORDERS)),
    ("grants-to-everybody", SECURITY, (*OF_CASES, RECORDERS)),
    ("runs-the-machine", SYSTEM, OF_CASES),
    *(("leads-and-decides", leader, OF_EVIDENCE) for leader in LEADERS),
    ("reviews-the-same", "handler", ("legal",)),
)
"""Why one person may not hold a role together with which others. A bureau that is small may let the system
administrator keep the recorders too; the other two of the three hold nothing else."""
INCOMPATIBLE: Mapping[frozenset[str], Reason] = {
    frozenset({one, other}): reason for reason, one, others in APART for other in others
}
REASONS: tuple[Reason, ...] = tuple(dict.fromkeys(INCOMPATIBLE.values()))


@dataclass(frozen=True, slots=True)
class Clash:
    """Two roles that one person may not hold, the first of them held already, and why not."""

    held: str
    wanted: str
    reason: Reason


def clashes(wanted: str, held: Collection[str]) -> list[Clash]:
    """Answer what stands against a role for a person who holds `held`; a role never clashes with itself."""
    return [
        Clash(one, wanted, INCOMPATIBLE[pair])
        for one in sorted(held)
        if (pair := frozenset({one, wanted})) in INCOMPATIBLE
    ]


def clashes_among(roles: Collection[str]) -> list[Clash]:
    """Answer every pair among `roles` that one person may not hold."""
    ordered = sorted(set(roles))
    return [clash for n, role in enumerate(ordered) for clash in clashes(role, ordered[:n])]


@dataclass(frozen=True, slots=True)
class Person:
    """Whose an account is, and what that person holds by all of his accounts."""

    who: UUID
    """The officer, or the account where it is no officer's."""
    roles: frozenset[str] = field(default_factory=frozenset)
    """Roles in force on accounts that are not closed."""


Refusal = Literal[
    "not-yours", "own-roles", "closed", "held-already", "incompatible", "not-held", "last-one", "unknown-role"
]


def why_not_grant(
    role: str, *, known: Collection[str], by: Person, to: Person, held: Collection[str], closed: bool
) -> Refusal | None:
    """Answer what stands against `by` granting `role` to an account of `to` that holds `held`; None for nothing."""
    if SECURITY not in by.roles:
        return "not-yours"
    if by.who == to.who:
        return "own-roles"
    if role not in known:
        return "unknown-role"
    if closed:
        return "closed"
    if role in held:
        return "held-already"
    return "incompatible" if clashes(role, to.roles | set(held)) else None


def why_not_take(
    role: str, *, by: Person, of: Person, held: Collection[str], others: Mapping[str, int]
) -> Refusal | None:
    """Answer what stands against `by` taking `role` from an account of `of`.

    `others` says how many *other* active accounts hold each role of `NEVER_NONE`.
    """
    if SECURITY not in by.roles:
        return "not-yours"
    if by.who == of.who:
        return "own-roles"
    if role not in held:
        return "not-held"
    return "last-one" if is_last(role, others) else None


def why_not_close(
    *, by: Person, of: Person, held: Collection[str], others: Mapping[str, int]
) -> Refusal | None:
    """Answer what stands against the system administrator `by` closing an account of `of` that holds `held`."""
    if SYSTEM not in by.roles:
        return "not-yours"
    if by.who == of.who:
        return "own-roles"
    return "last-one" if any(is_last(role, others) for role in held) else None


def is_last(role: str, others: Mapping[str, int]) -> bool:
    """Whether nobody active would be left with a role of which somebody must be."""
    return role in NEVER_NONE and not others.get(role)
