"""What somebody may do and why not: answers from roles and permissions alone. Pure (R2.12).

What a page shows besides depends on facts about single things (sealed recordings, whose case it is); the pages say so.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from catalog.permissions import ROLES, Permission
from catalog.rules.administrations import Clash, clashes

NOT_OF_PEOPLE = frozenset({Permission.METRICS_READ, Permission.PUBLIC, Permission.STATION_DOCK})
"""What only machines have, or everybody without signing in."""
OF_PEOPLE: tuple[Permission, ...] = tuple(one for one in Permission if one not in NOT_OF_PEOPLE)


def subject_of(permission: Permission) -> str:
    """Answer what a permission is about: the middle of `scope:resource:action`."""
    return permission.value.split(":")[1]


SUBJECTS: tuple[str, ...] = tuple(dict.fromkeys(subject_of(one) for one in OF_PEOPLE))


def allowed(roles: Collection[str]) -> frozenset[Permission]:
    """Answer everything that somebody with these roles may do; one's own account anybody may use."""
    return frozenset({Permission.SELF}).union(*(ROLES.get(role, frozenset()) for role in roles))


def by_subject(permissions: Collection[Permission]) -> dict[str, tuple[Permission, ...]]:
    """Answer permissions grouped by what they are about, in the order in which they are declared."""
    found = {
        subject: tuple(one for one in OF_PEOPLE if subject_of(one) == subject and one in permissions)
        for subject in SUBJECTS
    }
    return {subject: some for subject, some in found.items() if some}


def holders(permission: Permission) -> tuple[str, ...]:
    """Answer the roles that have a permission."""
    return tuple(role for role in ROLES if permission in ROLES[role])


@dataclass(frozen=True, slots=True)
class WayIn:
    """A role that would give a permission, and what stands against this person holding it."""

    role: str
    against: tuple[Clash, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether somebody may do something: by which roles, or which roles would be needed."""

    may: bool
    by: tuple[str, ...]
    ways: tuple[WayIn, ...]
    """Of those who may not: the roles that give it, those without anything against them first."""


def why_not(permission: Permission, roles: Collection[str], person: Collection[str] = ()) -> Answer:
    """Answer whether an account with `roles` may do something, and if not, by which role it could.

    `person` are roles that the same person holds by other accounts: they stand against a grant as well.
    """
    if permission is Permission.SELF:
        return Answer(True, (), ())
    giving = holders(permission)
    by = tuple(role for role in giving if role in roles)
    if by:
        return Answer(True, by, ())
    ways = [WayIn(role, tuple(clashes(role, {*roles, *person}))) for role in giving]
    return Answer(False, (), tuple(sorted(ways, key=lambda way: len(way.against) > 0)))
