"""What is kept when somebody fails to sign in so often that they have to wait."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.incidents import open_incident
from catalog.models import Incident
from catalog.rules.signin_limits import Scope

MANY = "many-refused-sign-ins"
MOST_OPEN = 20
"""Open incidents of this kind above which no further one is opened: whoever guesses must not bury the others."""
TOLD = {
    "name": "Signing in was refused many times for one account. Strange devices now wait between tries; its person's own go on.",
    "address": "Signing in was refused many times from one address. It now waits between tries.",
}


def note_locked_out(
    session: Session,
    *,
    scope: Scope,
    account: UUID | None,
    typed: str,
    address: str | None,
    failures: int,
    seconds: int,
    now: datetime,
) -> None:
    """Enter that the waiting began; for a whole account or address an incident tells the administrators.

    What was typed as a name is private, and in no incident: people type passwords there.
    """
    actor = Actor(kind="person", id=None, name="", address=address)
    add_entry(
        session,
        actor=actor,
        action="account.locked-out",
        subjects={"account": account} if account else {},
        facts={"scope": scope, "failures": failures, "wait_seconds": seconds},
        private={"typed": typed[:64] or None},
        now=now,
    )
    if scope == "place":
        return  # a forgotten password
    about = f"account {account}" if scope == "name" and account else "unknown name"
    subject = f"address {address}" if scope == "address" else about
    if _is_open(session, subject):
        return
    open_incident(
        session,
        actor=actor,
        kind=MANY,
        what=TOLD[scope],
        details={
            "about": subject,
            "account": str(account) if account else None,
            "address": address,
            "failures": failures,
        },
        now=now,
    )


def _is_open(session: Session, subject: str) -> bool:
    still = session.scalars(
        select(Incident).where(Incident.kind == MANY, Incident.resolved_at.is_(None))
    ).all()
    return len(still) >= MOST_OPEN or any(one.details.get("about") == subject for one in still)
