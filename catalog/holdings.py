"""领用、交还: who had a recorder when. Each act is entered, and the clips it concerns are settled again."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.attribution import clips_around, settle_clips, shown
from catalog.custody.log import add_entry
from catalog.maintenance.log import state_at
from catalog.models import Holding, Officer, Recorder
from catalog.rules.recorder_state import ISSUABLE

_CLOCKS_DIFFER = timedelta(minutes=1)


class HandOverRefused(ValueError):
    """Why a hand-over cannot be noted so; nothing was changed."""


class NotHeld(HandOverRefused):
    """Nobody had the recorder then."""


class NotIssuable(HandOverRefused):
    """The recorder was not in service then (R2.15). `state` says what it was."""

    def __init__(self, state: str) -> None:
        super().__init__(f"the recorder was {state} then; nobody is given it before it is back in service")
        self.state = state


class InTheFuture(HandOverRefused):
    """What has not happened cannot be noted."""


def hand_over(
    session: Session,
    *,
    actor: Actor,
    recorder: UUID,
    officer: UUID,
    at: datetime,
    zone: tzinfo | None,
    now: datetime,
) -> Holding:
    """Note that `officer` took the recorder at `at`, from whoever had it. Repeating it changes nothing.

    It may be noted later: whoever took it over after `at` still did. What was faulty, in repair or retired at `at`
    was given to nobody (R2.15). Raises NotIssuable, InTheFuture, NoResultFound.
    """
    device, people = _begin(session, recorder, at, now), _at(session, recorder, at)
    if people is not None and people.officer_id == officer:
        return people
    then = device.state if at >= now else state_at(session, device, at)
    if then not in ISSUABLE:
        raise NotIssuable(then)
    before = (
        people.officer_id if people is not None else None if _any(session, recorder) else device.holder_id
    )
    until = people.until_at if people is not None else _next(session, recorder, at)
    if people is not None:
        people.until_at = at
    taken = Holding(
        recorder_id=recorder,
        officer_id=session.get_one(Officer, officer).id,
        from_at=at,
        until_at=until,
        noted_by=actor.id if actor.kind == "person" else None,
        noted_at=now,
    )
    session.add(taken)
    session.flush()
    _keep_current(session, device, now)
    add_entry(
        session,
        actor=actor,
        action="recorder.handed-over",
        subjects={
            "recorder": recorder,
            "officer": list(dict.fromkeys(o for o in (officer, before) if o is not None)),
        },
        facts={"at": at.isoformat(), "until": until.isoformat() if until else None},
        private={"from": shown(session, before), "to": shown(session, officer)},
        now=now,
    )
    _settle_again(session, actor, recorder, at, until, zone=zone, now=now)
    return taken


def give_back(
    session: Session, *, actor: Actor, recorder: UUID, at: datetime, zone: tzinfo | None, now: datetime
) -> None:
    """Note that the recorder was given back at `at`. Raises NotHeld, InTheFuture, NoResultFound."""
    device, held = _begin(session, recorder, at, now), _at(session, recorder, at)
    if held is None and (device.holder_id is None or _any(session, recorder)):
        raise NotHeld("nobody had this recorder then")
    holder = held.officer_id if held is not None else device.holder_id
    until = held.until_at if held is not None else None
    if held is not None:
        held.until_at = at
        session.flush()
        _keep_current(session, device, now)
    else:  # assigned before hand-overs were noted
        device.holder_id = None
    assert holder is not None  # noqa: S101 - NotHeld otherwise
    add_entry(
        session,
        actor=actor,
        action="recorder.given-back",
        subjects={"recorder": recorder, "officer": holder},
        facts={"at": at.isoformat()},
        private={"from": shown(session, holder)},
        now=now,
    )
    _settle_again(session, actor, recorder, at, until, zone=zone, now=now)


def set_pool(
    session: Session, *, actor: Actor, recorder: UUID, pool: bool, zone: tzinfo | None, now: datetime
) -> bool:
    """Say whether a recorder is shared, so that only noted hand-overs say who had it; answer whether that is new."""
    device = session.scalars(select(Recorder).where(Recorder.id == recorder).with_for_update()).one()
    if device.pool == pool:
        return False
    device.pool = pool  # it was the other before
    add_entry(
        session,
        actor=actor,
        action="recorder.pool-set",
        subjects={"recorder": recorder},
        facts={"before": {"pool": not pool}, "after": {"pool": pool}},
        now=now,
    )
    session.flush()
    _settle_again(session, actor, recorder, device.created_at, None, zone=zone, now=now)
    return True


def holdings_of(session: Session, recorder: UUID, limit: int | None = 200) -> list[Holding]:
    """Answer who had a recorder, the newest first; those put right at their own moment are left out."""
    return list(
        session.scalars(
            select(Holding)
            .where(
                Holding.recorder_id == recorder,
                or_(Holding.until_at.is_(None), Holding.until_at > Holding.from_at),
            )
            .order_by(Holding.from_at.desc())
            .limit(limit)
        )
    )


def _begin(session: Session, recorder: UUID, at: datetime, now: datetime) -> Recorder:
    """Answer the recorder, held fast until the transaction ends. Raises InTheFuture, NoResultFound."""
    if at > now + _CLOCKS_DIFFER:
        raise InTheFuture("a hand-over is noted when it has happened, not before")
    asked = select(Recorder).where(Recorder.id == recorder).with_for_update()
    return session.scalars(asked.execution_options(populate_existing=True)).one()


def _at(session: Session, recorder: UUID, at: datetime) -> Holding | None:
    """Answer the holding that runs at `at`."""
    return session.scalar(
        select(Holding)
        .where(
            Holding.recorder_id == recorder,
            Holding.from_at <= at,
            or_(Holding.until_at.is_(None), Holding.until_at > at),
        )
        .order_by(Holding.from_at.desc())
        .limit(1)
    )


def _next(session: Session, recorder: UUID, at: datetime) -> datetime | None:
    """Answer when somebody next took it after `at`."""
    return session.scalar(
        select(Holding.from_at)
        .where(
            Holding.recorder_id == recorder,
            Holding.from_at > at,
            or_(Holding.until_at.is_(None), Holding.until_at > Holding.from_at),
        )
        .order_by(Holding.from_at)
        .limit(1)
    )


def _any(session: Session, recorder: UUID) -> bool:
    return session.scalar(select(Holding.id).where(Holding.recorder_id == recorder).limit(1)) is not None


def _keep_current(session: Session, device: Recorder, now: datetime) -> None:
    current = _at(session, device.id, now + _CLOCKS_DIFFER)
    device.holder_id = current.officer_id if current is not None else None


def _settle_again(
    session: Session,
    actor: Actor,
    recorder: UUID,
    since: datetime,
    until: datetime | None,
    *,
    zone: tzinfo | None,
    now: datetime,
) -> None:
    clips = clips_around(session, recorder, since, until)
    settle_clips(session, clips, actor=actor, zone=zone, now=now)
