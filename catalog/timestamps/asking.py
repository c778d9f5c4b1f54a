"""Asking the authorities: a request for each batch, its answer checked before it counts, and kept in the catalog.

An authority that is away or answers wrongly is left alone for a growing while, and asked for ever; meanwhile the
reason stands on every clip that waits for it. A worker that dies before the answer is kept leaves a wish whose
lease runs out; the next one asks again, with a request of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from catalog.custody.record import utc_text
from catalog.database import Database
from catalog.models import Stage, TimestampBatch, TimestampLeaf, TimestampToken
from catalog.ports import StampAuthority
from catalog.rules.stamp_pause import pause_after
from catalog.rules.stamp_text import imprint_of
from catalog.timestamps.authorities import Authority, RootsUnreadable
from catalog.timestamps.gathering import STAGE, wish
from catalog.timestamps.proving import statement_of
from catalog.timestamps.request import request_der
from catalog.timestamps.token import Asked, Token, TokenRefused, check_answer, fingerprint_of, name_of, pem_of
from catalog.timestamps.trouble import refused

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)
"""Longer than the slowest authority is waited for."""


@dataclass(frozen=True, slots=True)
class Door:
    """An authority together with the way to it."""

    authority: Authority
    way: StampAuthority


def ask(
    database: Database, doors: Sequence[Door], clock: Callable[[], datetime], new_nonce: Callable[[], int]
) -> int:
    """Ask each authority for the tokens that are due; answer how many good ones came.

    One that fails is left alone until its pause is over; the others are asked all the same.
    """
    if not doors:
        return 0
    with database.write() as session:
        _follow_the_settings(session, {d.authority.name: d.authority for d in doors}, clock())
    return sum(_ask_one(database, door, clock, new_nonce) for door in doors)


def _follow_the_settings(session: Session, named: Mapping[str, Authority], now: datetime) -> None:
    """Unfinished batches are stamped by whoever is in the settings now: new ones are asked, others no longer."""
    open_batches = select(TimestampBatch.id).where(TimestampBatch.finished_at.is_(None))
    session.execute(
        update(TimestampToken)
        .where(
            TimestampToken.batch_id.in_(open_batches),
            TimestampToken.state == "pending",
            TimestampToken.authority.not_in(named),
        )
        .values(state="withdrawn", error="this authority is no longer in the settings")
    )
    for name, authority in named.items():
        session.execute(
            update(TimestampToken)
            .where(TimestampToken.state == "withdrawn", TimestampToken.authority == name)
            .where(TimestampToken.batch_id.in_(open_batches))
            .values(state="pending", error="", due_at=now)
        )
        lacking = session.scalars(
            open_batches.where(
                TimestampBatch.id.not_in(
                    select(TimestampToken.batch_id).where(TimestampToken.authority == name)
                )
            )
        ).all()
        session.add_all(wish(batch, authority, now) for batch in lacking)


def _ask_one(
    database: Database, door: Door, clock: Callable[[], datetime], new_nonce: Callable[[], int]
) -> int:
    name, got = door.authority.name, 0
    while True:
        with database.write() as session:
            claimed = _claim(session, name, clock())
        if claimed is None:
            return got
        token, batch = claimed
        nonce, begun = new_nonce(), clock()
        try:
            request = request_der(
                imprint_of(statement_of(batch)), nonce=nonce, policy=door.authority.settings.policy
            )
            answer = door.way.answer(request)
            found = check_answer(
                answer,
                Asked(
                    imprint_of(statement_of(batch)),
                    nonce,
                    door.authority.settings.policy,
                    door.authority.roots,
                ),
            )
        except (door.way.Away, TokenRefused, RootsUnreadable) as error:
            log.warning("time stamps: authority %s: %s", name, error)
            _put_off(database, token, error, clock())
            return got
        got += _keep(database, token, _answer(request, answer, nonce, found, (begun, clock())))


def _claim(session: Session, name: str, now: datetime) -> tuple[TimestampToken, TimestampBatch] | None:
    """Take the oldest wish that is due for this worker alone; None while the authority is left alone."""
    due = session.execute(
        select(TimestampToken, TimestampBatch)
        .join(TimestampBatch, TimestampBatch.id == TimestampToken.batch_id)
        .where(
            TimestampToken.authority == name,
            TimestampToken.state == "pending",
            or_(TimestampToken.lease_until.is_(None), TimestampToken.lease_until < now),
        )
        .order_by(TimestampBatch.made_at, TimestampToken.id)
        .limit(1)
        .with_for_update(of=TimestampToken, skip_locked=True)
    ).first()
    resting = session.scalar(
        select(func.max(TimestampToken.due_at)).where(
            TimestampToken.authority == name, TimestampToken.state == "pending", TimestampToken.attempts > 0
        )
    )
    if due is None or due[0].due_at > now or (resting is not None and resting > now):
        return None
    token, batch = due
    token.attempts += 1
    token.lease_until = now + LEASE
    session.flush()
    return token, batch


def _answer(
    request: bytes, answer: bytes, nonce: int, found: Token, ours: tuple[datetime, datetime]
) -> dict[str, Any]:
    begun, ended = ours
    return {
        "state": "answered",
        "error": "",
        "lease_until": None,
        "request": request,
        "response": answer,
        "chain": pem_of(found.chain),
        "nonce": str(nonce),
        "gen_time": found.gen_time,
        "facts": {
            "policy": found.policy,
            "serial": str(found.serial),
            "accuracy_seconds": found.accuracy.total_seconds() if found.accuracy is not None else None,
            "signer": name_of(found.signer),
            "signer_fingerprint": fingerprint_of(found.signer),
            "signer_until": utc_text(found.signer.not_valid_after_utc),
            "root_fingerprint": fingerprint_of(found.chain[-1]),
            "asked": utc_text(begun),
            "answered": utc_text(ended),
            "clock_differs_seconds": round(_distance(found.gen_time, begun, ended), 3),
        },
    }


def _distance(theirs: datetime, begun: datetime, ended: datetime) -> float:
    """Seconds by which the authority's time lies outside the span in which it must have been asked; 0 within it."""
    if theirs < begun.replace(microsecond=0):  # most authorities tell whole seconds
        return (theirs - begun).total_seconds()
    return max(0.0, (theirs - ended).total_seconds())


def _keep(database: Database, token: TimestampToken, answer: Mapping[str, Any]) -> bool:
    with database.write() as session:
        result = session.execute(
            update(TimestampToken)
            .where(
                TimestampToken.id == token.id,
                TimestampToken.state == "pending",
                TimestampToken.attempts == token.attempts,
            )
            .values(**answer)
        )
        return bool(result.rowcount)  # type: ignore[attr-defined]


def _put_off(database: Database, token: TimestampToken, error: Exception, now: datetime) -> None:
    """Leave an authority alone for a while, and say why on everything that waits for it."""
    reason = f"time-stamping authority {token.authority}: {error}"[:2000]
    with database.write() as session:
        mine = session.execute(
            update(TimestampToken)
            .where(
                TimestampToken.id == token.id,
                TimestampToken.state == "pending",
                TimestampToken.attempts == token.attempts,
            )
            .values(lease_until=None)
        )
        if not mine.rowcount:  # type: ignore[attr-defined]
            return  # taken for lost meanwhile; whoever took over says how it went
        waiting = (TimestampToken.authority == token.authority, TimestampToken.state == "pending")
        session.execute(
            update(TimestampToken)
            .where(*waiting)
            .values(due_at=now + pause_after(token.attempts), error=str(error)[:2000])
        )
        batches = select(TimestampToken.batch_id).where(*waiting)
        say_on_clips(session, batches, reason, now)
        say_attempts(session, token.batch_id, token.attempts)
        if isinstance(error, TokenRefused):
            refused(session, token.authority, token.batch_id, error, now)


def say_on_clips(session: Session, batches: Any, reason: str, now: datetime) -> None:
    """Put the reason on the stage of every clip of these batches that still waits."""
    session.execute(
        update(Stage)
        .where(
            Stage.stage == STAGE,
            Stage.state == "pending",
            Stage.clip_id.in_(select(TimestampLeaf.clip_id).where(TimestampLeaf.batch_id.in_(batches))),
        )
        .values(error=reason, updated_at=now)
    )


def say_attempts(session: Session, batch: UUID, attempts: int) -> None:
    """Put the number of attempts on the stage of every clip of a batch that still waits."""
    session.execute(
        update(Stage)
        .where(
            Stage.stage == STAGE,
            Stage.state == "pending",
            Stage.clip_id.in_(select(TimestampLeaf.clip_id).where(TimestampLeaf.batch_id == batch)),
        )
        .values(attempts=attempts)
    )
