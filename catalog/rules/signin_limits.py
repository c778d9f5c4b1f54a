"""How long whoever failed to sign in has to wait. Pure: counts in, seconds out.

Three counts run side by side. `place` is one name from one device that signed that name in before, or, where there is
no such device, from one network address. `name` is one name from all strange devices together, `address` all names from
one address. A device that is known is held to `place` alone: a stranger who guesses cannot keep its owner out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Literal

Scope = Literal["place", "name", "address"]


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures are free; then the wait begins, and doubles with each further one, up to the most."""

    free: int
    first_seconds: int
    most_seconds: int

    def waits(self) -> tuple[int, ...]:
        """Answer the seconds to wait after the 1st, 2nd, … failure; the last number holds for all that follow."""
        waits = [0] * (self.free - 1)
        wait = self.first_seconds
        while wait < self.most_seconds:
            waits.append(wait)
            wait *= 2
        return (*waits, self.most_seconds)

    def wait(self, failures: int) -> int:
        """Answer the seconds to wait after so many failures."""
        waits = self.waits()
        return waits[min(failures, len(waits)) - 1] if failures > 0 else 0


LIMITS: dict[Scope, Limit] = {
    "place": Limit(free=5, first_seconds=30, most_seconds=900),
    "name": Limit(free=20, first_seconds=5, most_seconds=60),
    "address": Limit(free=60, first_seconds=10, most_seconds=300),
}
FORGOTTEN = timedelta(hours=1)
"""Without a further failure for so long, a count begins anew."""


def is_first_lock(scope: Scope, failures: int) -> bool:
    """Answer whether this failure is the one with which the waiting begins; only that one is told."""
    return failures == LIMITS[scope].free


def neighbourhood(address: str | None) -> str:
    """Answer what counts as one address: in IPv6 the /64 network, since a single machine has all of it."""
    try:
        found = ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return str(found)


Standing = Literal["open", "idle", "over"]


def standing(
    *, started: datetime, seen: datetime, now: datetime, idle: timedelta, whole: timedelta
) -> Standing:
    """Answer whether a session is open, was left alone for too long, or is over whatever its person does."""
    if now - started >= whole:
        return "over"
    return "idle" if now - seen >= idle else "open"
