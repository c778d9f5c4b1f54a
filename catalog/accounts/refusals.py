"""Why an act on an account was refused."""

from __future__ import annotations

from catalog.refused import Refused
from catalog.rules.administrations import Clash


class CannotAdminister(Refused):
    """An account was not changed; `why` is a stable word, `clash` the pair of roles that stands against it."""

    def __init__(self, why: str, clash: Clash | None = None) -> None:
        super().__init__(why)
        self.clash = clash


class InvitationRefused(Exception):
    """A link lets nobody in; `why` is a stable word. Nobody known asked, so `inviting.note_refused` keeps it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


WHY = (
    "not-yours",
    "not-fresh",
    "own-roles",
    "unknown-account",
    "unknown-role",
    "unknown-officer",
    "unknown-invitation",
    "officer-left",
    "bad-user-name",
    "name-missing",
    "name-too-long",
    "name-taken",
    "role-missing",
    "incompatible",
    "held-already",
    "not-held",
    "not-wished",
    "last-one",
    "closed",
    "not-closed",
    "not-invited",
    "not-locked",
    "no-passkey",
    "reason-missing",
    "reason-too-long",
)
INVITATION_WHY = ("unknown", "used", "expired", "withdrawn", "closed")
