"""What an entry is found by. Made from the entry, in its transaction; proves nothing, and is never shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from catalog.actors import Actor
from catalog.models import CustodyLookup
from catalog.rules.act_groups import group_of

HOLDS = "hold."
VALUE_LIMIT = 64


def lookups_of(
    entry: UUID, *, action: str, actor: Actor, subjects: Mapping[str, Iterable[UUID]], at: datetime
) -> list[CustodyLookup]:
    """Answer the rows by which an entry is found.

    A hold is found by no person, role or address: whose it is must not be told by asking for everybody in turn (R9.8).
    """
    found = {("action", action), ("group", group_of(action, actor.kind))}
    for kind, many in subjects.items():
        about = {("subject", str(one)) for one in many}
        found |= about | ({("kind", kind)} if about else set())
    if not action.startswith(HOLDS):
        found |= {("role", role) for role in actor.roles}
        if actor.id is not None:
            found.add(("actor", str(actor.id)))
        if actor.address:
            found.add(("address", actor.address))
    return [
        CustodyLookup(name=name, value=value[:VALUE_LIMIT], at=at, entry_id=entry)
        for name, value in sorted(found)
    ]
