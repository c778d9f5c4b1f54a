"""Who does something: a person, a station or the system itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as known at the moment of acting. Custody entries keep the identity as a private field."""

    kind: Literal["person", "station", "system"]
    id: UUID | None
    """Account id, station id, or None for the system."""
    name: str
    """User name, station code, or the name of the standing job."""
    roles: frozenset[str] = field(default_factory=frozenset)
    officer_id: UUID | None = None
    unit_id: UUID | None = None
    address: str | None = None
    """Network address the request came from."""
    named: frozenset[UUID] = frozenset()
    """Sealed clips this person was named to see; nobody else finds them."""
    opened: frozenset[UUID] = frozenset()
    """Open clips outside this person's scope for which a purpose was stated that is valid now (`catalog.purposes`)."""
    only: frozenset[str] | None = None
    """Permissions beyond which a personal token does not go, whatever the roles say; None: no token, no such limit."""


def system(job: str) -> Actor:
    """Answer the actor for a standing job or a worker's stage, such as `verify`."""
    return Actor(kind="system", id=None, name=job)
