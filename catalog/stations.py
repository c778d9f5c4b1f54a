"""Docking stations: registering one, recognising it by its token, revoking it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.custody.log import add_entry
from catalog.models import Station

BUILT_IN = "local"
"""The station that runs beside the server on one machine: its token is a secret of the system, never enrolled."""
HISTORY = "history"
"""Under this code footage from before this system comes in (`catalog.footage`): no machine, no token, never enrolled."""
SEEN_EVERY = timedelta(seconds=30)
"""`last_seen_at` is written at most this often, so that a busy station does not write on every request."""


class BuiltInStation(ValueError):
    """The station of the server's own machine is started and stopped with the system, not enrolled or revoked."""


def token_digest(token: str) -> str:
    """Answer what is kept of a station's token: its SHA-256 (tokens are 256 random bits, so no slow hash is needed)."""
    return hashlib.sha256(token.encode()).hexdigest()


def register_station(session: Session, *, code: str, name: str, token: str, now: datetime) -> Station:
    """Create the station `code`, or give it this token and name; repeating it changes nothing."""
    station = session.scalar(select(Station).where(Station.code == code))
    if station is None:
        station = Station(code=code, name=name, token_digest=token_digest(token), created_at=now)
        session.add(station)
        session.flush()
        add_entry(
            session,
            actor=system("setup"),
            action="station.registered",
            subjects={"station": station.id},
            facts={"code": code},
            now=now,
        )
    elif station.token_digest != token_digest(token):
        station.token_digest = token_digest(token)
        add_entry(
            session,
            actor=system("setup"),
            action="station.token-changed",
            subjects={"station": station.id},
            now=now,
        )
    return station


def station_by_token(session: Session, token: str) -> Station | None:
    """Answer the station this token belongs to, unless it is revoked."""
    return session.scalar(
        select(Station).where(Station.token_digest == token_digest(token), Station.revoked_at.is_(None))
    )


def is_revoked_token(session: Session, token: str) -> bool:
    """Answer whether this token was a station's until it was revoked."""
    found = session.scalar(select(Station).where(Station.token_digest == token_digest(token)))
    return found is not None and found.revoked_at is not None


def revoke_station(session: Session, *, actor: Actor, code: str, now: datetime) -> bool:
    """End a station's credential; what it holds stays in its spool. Answers False when it was revoked before.

    A new code enrols it again. Raises LookupError when there is no such station, BuiltInStation.
    """
    if code == BUILT_IN:
        raise BuiltInStation(code)
    station = session.scalar(select(Station).where(Station.code == code).with_for_update())
    if station is None:
        raise LookupError(code)
    if station.revoked_at is not None:
        return False
    station.revoked_at = now
    add_entry(
        session,
        actor=actor,
        action="station.revoked",
        subjects={"station": station.id},
        facts={"code": code, "before": {"revoked": False}, "after": {"revoked": True}},
        now=now,
    )
    return True


def actor_of(station: Station, address: str | None) -> Actor:
    """Answer the station as an actor."""
    return Actor(kind="station", id=station.id, name=station.code, address=address)
