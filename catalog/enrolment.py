"""How a docking station becomes known: a one-time code, made by a person, becomes a credential of the station's own.

The code is shown once and only its digest is kept. The station proves that it holds the key it sends, so that
whoever repeats a code and a public key seen elsewhere gets nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.custody.record import canonical
from catalog.incidents import open_incident
from catalog.models import CustodyEntry, CustodyPrivate, EnrolmentCode, Incident, Station
from catalog.stations import BUILT_IN, HISTORY, token_digest

LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U: nothing is misread, and no word comes out."""
GROUPS, GROUP = 8, 3
"""24 letters of 5 bits: 120 bits, so that guessing is hopeless and a plain digest suffices."""
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NAME_LIMIT = 128
REUSED = "enrolment-code-reused"
REFUSED = "station.enrolment-refused"

GUESSES, GUESSES_WITHIN = 10, timedelta(minutes=5)
"""Refusals from one address within this time after which it is not listened to, whichever web process it asks."""

Why = Literal["unknown", "expired", "used", "revoked", "bad-proof", "too-many"]


class BadStationName(ValueError):
    """The code or name given for a station cannot be used; `args[0]` is `code`, `name` or `built-in`."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """The station is enrolled; `token` is told once, and only its digest is kept."""

    station: Station
    token: str


@dataclass(frozen=True, slots=True)
class NotAdmitted:
    """The code does not admit this station. What was refused is in the custody log, but for what was not even looked at."""

    why: Why


def issue_code(
    session: Session, *, actor: Actor, code: str, name: str, valid: timedelta, now: datetime
) -> str:
    """Answer a fresh one-time code for the station `code`, good for `valid`; earlier unused ones end at once.

    A station that is known already is enrolled anew by it: its old credential ends when the code is used. Raises
    BadStationName.
    """
    code, name = code.strip(), " ".join(name.split())
    if _CODE.fullmatch(code) is None:
        raise BadStationName("code")
    if code in {BUILT_IN, HISTORY}:
        raise BadStationName("built-in")
    if not 0 < len(name) <= NAME_LIMIT or not name.isprintable():
        raise BadStationName("name")
    for earlier in open_codes(session, now, station=code):
        earlier.expires_at = now
    letters = "".join(secrets.choice(LETTERS) for _ in range(GROUPS * GROUP))
    session.add(
        EnrolmentCode(
            digest=_digest(letters),
            station_code=code,
            station_name=name,
            issued_by=actor.id if actor.kind == "person" else None,
            issued_at=now,
            expires_at=now + valid,
        )
    )
    session.flush()
    known = session.scalar(select(Station).where(Station.code == code))
    add_entry(
        session,
        actor=actor,
        action="station.code-issued",
        subjects={"station": known.id} if known else {},
        facts={"code": code, "valid_hours": round(valid.total_seconds() / 3600, 2)},
        now=now,
    )
    return "-".join(letters[n : n + GROUP] for n in range(0, len(letters), GROUP))


def open_codes(session: Session, now: datetime, *, station: str | None = None) -> list[EnrolmentCode]:
    """Answer the codes that still admit somebody, the newest first; those of one station code if it is given."""
    query = select(EnrolmentCode).where(EnrolmentCode.used_at.is_(None), EnrolmentCode.expires_at > now)
    if station is not None:
        query = query.where(EnrolmentCode.station_code == station)
    return list(session.scalars(query.order_by(EnrolmentCode.issued_at.desc())))


def enrol(
    session: Session,
    *,
    code: str,
    public_key: str,
    proof: str,
    prefix: bytes,
    host: str,
    software: str,
    address: str | None,
    now: datetime,
) -> Admitted | NotAdmitted:
    """Use a code up and answer the station with its credential; or answer why not, and enter that.

    The same code with the same key is answered again while the code is valid, with a fresh token (the earlier one
    ends): a station that crashed before it wrote its credential down simply asks again. `proof` is the Ed25519
    signature (base64) over `prefix` and `code` as sent.
    """
    address = address or ""  # nobody goes uncounted
    if _refused_lately(session, address, now) >= GUESSES:
        return NotAdmitted("too-many")
    if not _holds(public_key, proof, prefix + code.encode()):
        return _refuse(session, "bad-proof", host=host, address=address, now=now)
    known = session.scalar(
        select(EnrolmentCode).where(EnrolmentCode.digest == _digest(_plain(code))).with_for_update()
    )
    if known is None:
        return _refuse(session, "unknown", host=host, address=address, now=now)
    station = session.get(Station, known.station_id) if known.station_id else None
    if station is not None and station.sheet_key != public_key:
        _reused(session, station, host, address, now)
        return _refuse(session, "used", host=host, address=address, now=now, station=station)
    if known.expires_at <= now:
        return _refuse(session, "expired", host=host, address=address, now=now, station=station)
    if station is not None and station.revoked_at is not None:
        return _refuse(session, "revoked", host=host, address=address, now=now, station=station)
    token = secrets.token_urlsafe(32)
    again = station is not None
    if station is None:
        station, named_before = _station(session, known, now)
        known.used_at, known.station_id = now, station.id
    else:
        named_before = station.name
    before = {"key": station.sheet_key, "name": named_before, "revoked": station.revoked_at is not None}
    station.token_digest, station.sheet_key = token_digest(token), public_key
    station.revoked_at = None
    station.queue = {**station.queue, "software": software} if software else station.queue
    session.flush()
    add_entry(
        session,
        actor=Actor(kind="station", id=station.id, name=station.code, address=address),
        action="station.enrolled",
        subjects={"station": station.id},
        facts={"code": station.code, "key": public_key, "again": again},
        private={
            "host": host or None,
            "before": before,
            "after": {"key": public_key, "name": station.name, "revoked": False},
        },
        now=now,
    )
    return Admitted(station, token)


def _station(session: Session, code: EnrolmentCode, now: datetime) -> tuple[Station, str | None]:
    """Answer the station a code is for, made if there is none yet, and what it was called before."""
    station = session.scalar(select(Station).where(Station.code == code.station_code))
    if station is None:
        station = Station(
            code=code.station_code,
            name=code.station_name,
            token_digest=token_digest(secrets.token_hex(32)),
            queue={},
            created_at=now,
        )
        session.add(station)
        session.flush()
        return station, None
    before, station.name = station.name, code.station_name
    return station, before


def _refuse(
    session: Session,
    why: Why,
    *,
    host: str,
    address: str | None,
    now: datetime,
    station: Station | None = None,
) -> NotAdmitted:
    add_entry(
        session,
        actor=Actor(kind="station", id=None, name="", address=address),
        action=REFUSED,
        subjects={"station": station.id} if station else {},
        facts={"why": why},
        private={"host": host or None},
        now=now,
    )
    return NotAdmitted(why)


def _refused_lately(session: Session, address: str, now: datetime) -> int:
    """Count the refusals to an address by what the log holds, which all processes share.

    Requests that are answered at the same moment do not see each other, so it may be a few more than that.
    """
    return (
        session.scalar(
            select(func.count())
            .select_from(CustodyEntry)
            .join(CustodyPrivate, CustodyPrivate.entry_id == CustodyEntry.id)
            .where(
                CustodyEntry.action == REFUSED,
                CustodyEntry.at > now - GUESSES_WITHIN,
                CustodyPrivate.field == "address",
                CustodyPrivate.value == canonical(address),
            )
        )
        or 0
    )


def _reused(session: Session, station: Station, host: str, address: str | None, now: datetime) -> None:
    """Open an incident: somebody else holds a code that was used. One for each station is enough."""
    subject = str(station.id)
    if any(
        incident.details.get("station") == subject
        for incident in session.scalars(
            select(Incident).where(Incident.kind == REUSED, Incident.resolved_at.is_(None))
        )
    ):
        return
    open_incident(
        session,
        actor=Actor(kind="station", id=None, name="", address=address),
        kind=REUSED,
        what=f"Another machine tried the enrolment code with which station {station.code} was enrolled.",
        details={"station": subject, "code": station.code, "host": host, "address": address},
        now=now,
    )


def _holds(public_key: str, proof: str, signed: bytes) -> bool:
    """Answer whether the proof was made with the private half of this key."""
    try:
        raw = base64.b64decode(public_key, validate=True)
        Ed25519PublicKey.from_public_bytes(raw).verify(base64.b64decode(proof, validate=True), signed)
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    return base64.b64encode(raw).decode() == public_key


def _plain(code: str) -> str:
    return "".join(code.split()).replace("-", "").upper().translate(_LOOKALIKES)


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()


def issued_by(session: Session, station: UUID) -> EnrolmentCode | None:
    """Answer the code with which a station was last enrolled; None for one that was registered otherwise."""
    return session.scalar(
        select(EnrolmentCode)
        .where(EnrolmentCode.station_id == station)
        .order_by(EnrolmentCode.used_at.desc())
        .limit(1)
    )
