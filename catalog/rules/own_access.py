"""Nobody acts on his own access: what keeping officers and recorders must not bring into one's own sight. Pure (R2.12).

Whose recordings somebody finds follows from units (`catalog.rules.scopes`), and who keeps the registers writes units. The
roles may lie in one hand, as a small bureau needs it; an act that widens what this hand finds is another person's.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from catalog.rules.scopes import Scope, finds


def comes_into_sight(
    roles: Iterable[str], own_unit: UUID | None, before: UUID | None, after: UUID | None
) -> bool:
    """Answer whether recordings of the unit `before` are found by somebody only once they are of the unit `after`.

    `roles` are those of the person, by whichever account; None is no unit, whose recordings wait to be claimed.
    """
    wanted = finds(roles)

    def seen(unit: UUID | None) -> bool:
        return (Scope.UNCLAIMED in wanted) if unit is None else Scope.OWN_UNIT in wanted and unit == own_unit

    return Scope.BUREAU not in wanted and seen(after) and not seen(before)
