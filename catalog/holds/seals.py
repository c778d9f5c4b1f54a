"""封存: sealing a clip and unsealing it. Each is proposed by one person and confirmed by another; originals are untouched.

From the confirmation on the clip is found by nobody but those named for it, and the catalog names nothing derived of
it; what lies in storage is removed by `catalog.holds.emptying`, until nothing is left. Addresses that were given out
before end within minutes by themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.finding.visible import unsealed_to
from catalog.ids import new_id
from catalog.models import Account, Clip, Rendition, Seal, SealReader, Stage
from catalog.people import person
from catalog.permissions import Permission, may
from catalog.refused import Refused
from catalog.retention.due import locks_due
from catalog.rules.free_text import spoken
from catalog.rules.seals import GROUNDS, LIVE, SEALED_STAGES
from catalog.same_person import accounts_of, is_among
from catalog.stages import SEALED, Due, add_stages

BASIS_LIMIT = 500
NOTE_LIMIT = 2000

MOVED = {
    "seal.confirmed": ("proposed", "standing"),
    "seal.withdrawn": ("proposed", "withdrawn"),
    "seal.lifted": ("standing", "lifted"),
}
"""The acts that move a seal on: from which state, and to which."""


class CannotSeal(Refused):
    """A step of sealing was refused; `why` is a stable word, and nothing was changed."""


WHY = (
    "not-yours",
    "unknown-clip",
    "unknown-seal",
    "unknown-ground",
    "basis-missing",
    "reason-missing",
    "text-too-long",
    "sealed-already",
    "destroyed",
    "wrong-state",
    "same-person",
    "unknown-person",
    "named-already",
    "unknown-reader",
)


@dataclass(frozen=True, slots=True)
class SealWish:
    """What is proposed. `readers` are accounts."""

    clip: UUID
    ground: str
    basis: str
    note: str = ""
    readers: frozenset[UUID] = frozenset()


def propose_seal(session: Session, *, actor: Actor, wish: SealWish, now: datetime) -> Seal:
    """Propose a seal; the clip is kept from now on, and closed when another confirms. Raises CannotSeal."""
    proposer = allowed(actor, Permission.SEAL_PROPOSE)
    if wish.ground not in GROUNDS:
        raise CannotSeal("unknown-ground")
    basis, note = spoken(wish.basis), spoken(wish.note)
    if not basis:
        raise CannotSeal("basis-missing")
    if len(basis) > BASIS_LIMIT or len(note) > NOTE_LIMIT:
        raise CannotSeal("text-too-long")
    clip = session.scalar(select(Clip).where(Clip.id == wish.clip, unsealed_to(actor)).with_for_update())
    if clip is None:
        raise CannotSeal("unknown-clip")
    if clip.destroyed_at is not None:
        raise CannotSeal("destroyed")
    if session.scalar(select(Seal.id).where(Seal.clip_id == clip.id, Seal.state.in_(LIVE))) is not None:
        raise CannotSeal("sealed-already")
    seal = Seal(
        id=new_id(),
        clip_id=clip.id,
        state="proposed",
        ground=wish.ground,
        basis=basis,
        note=note,
        proposed_by=proposer,
        proposed_at=now,
    )
    session.add(seal)
    try:
        session.flush()
    except IntegrityError as error:  # somebody else did at the same moment, on a database that let both look
        raise CannotSeal("sealed-already") from error
    for account in sorted(wish.readers):
        refuse_unfit(session, account)
        session.add(SealReader(seal_id=seal.id, account_id=account, proposed_by=proposer, proposed_at=now))
    session.flush()
    locks_due(session, [clip.id], now)
    enter(
        session,
        actor,
        "seal.proposed",
        seal,
        now=now,
        ground=seal.ground,
        basis=basis,
        note=note,
        readers=[str(r) for r in sorted(wish.readers)],
    )
    return seal


def confirm_seal(session: Session, *, actor: Actor, seal_id: UUID, now: datetime) -> Seal:
    """Close the clip: found by nobody but those named, nothing derived of it named any more. Raises CannotSeal.

    Whoever confirms cannot let themselves in: if they were proposed as a reader, that waits for another.
    """
    confirmer = allowed(actor, Permission.SEAL_DECIDE)
    seal = locked_seal(session, seal_id, "proposed")
    if is_among(session, confirmer, [seal.proposed_by]):
        raise CannotSeal("same-person")
    clip = session.scalars(select(Clip).where(Clip.id == seal.clip_id).with_for_update()).one()
    seal.state, seal.confirmed_by, seal.confirmed_at = "standing", confirmer, now
    clip.restricted = True
    session.execute(
        update(SealReader)
        .where(
            SealReader.seal_id == seal.id,
            SealReader.account_id.not_in(accounts_of(session, confirmer)),
            SealReader.removed_at.is_(None),
        )
        .values(confirmed_by=confirmer, confirmed_at=now)
    )
    session.execute(delete(Rendition).where(Rendition.clip_id == clip.id))
    close_stages(session, clip.id, now)
    session.flush()
    locks_due(session, [clip.id], now)
    enter(session, actor, "seal.confirmed", seal, now=now)
    return seal


def withdraw_seal(session: Session, *, actor: Actor, seal_id: UUID, now: datetime) -> Seal:
    """Drop a proposed seal: its proposer, or whoever might have confirmed it. Raises CannotSeal."""
    who = allowed(actor, Permission.SEAL_PROPOSE, Permission.SEAL_DECIDE)
    seal = locked_seal(session, seal_id, "proposed")
    seal.state, seal.confirmed_by, seal.confirmed_at = "withdrawn", who, now
    session.flush()
    locks_due(session, [seal.clip_id], now)
    enter(session, actor, "seal.withdrawn", seal, now=now)
    return seal


def propose_lift(session: Session, *, actor: Actor, seal_id: UUID, reason: str, now: datetime) -> Seal:
    """Propose to open a sealed clip again. Raises CannotSeal."""
    proposer = allowed(actor, Permission.SEAL_PROPOSE)
    text = spoken(reason)
    if not text:
        raise CannotSeal("reason-missing")
    if len(text) > NOTE_LIMIT:
        raise CannotSeal("text-too-long")
    seal = locked_seal(session, seal_id, "standing")
    if seal.lift_proposed_at is not None:
        raise CannotSeal("wrong-state")
    seal.lift_proposed_by, seal.lift_proposed_at, seal.lift_reason = proposer, now, text
    session.flush()
    enter(session, actor, "seal.lift-proposed", seal, now=now, why=text)
    return seal


def refuse_lift(session: Session, *, actor: Actor, seal_id: UUID, now: datetime) -> Seal:
    """Leave the seal standing although its lifting was proposed. Raises CannotSeal."""
    allowed(actor, Permission.SEAL_PROPOSE, Permission.SEAL_DECIDE)
    seal = _lift(session, seal_id)
    seal.lift_proposed_by = seal.lift_proposed_at = None
    seal.lift_reason = ""
    session.flush()
    enter(session, actor, "seal.lift-refused", seal, now=now)
    return seal


def confirm_lift(session: Session, *, actor: Actor, seal_id: UUID, now: datetime) -> list[Due]:
    """Open the clip again; answer the stages that make its renditions anew. Raises CannotSeal."""
    confirmer = allowed(actor, Permission.SEAL_DECIDE)
    seal = _lift(session, seal_id)
    if is_among(session, confirmer, [seal.lift_proposed_by]):
        raise CannotSeal("same-person")
    clip = session.scalars(select(Clip).where(Clip.id == seal.clip_id).with_for_update()).one()
    seal.state, seal.lifted_by, seal.lifted_at = "lifted", confirmer, now
    clip.restricted = False
    session.flush()
    due = open_stages(session, clip, now)
    locks_due(session, [clip.id], now)
    enter(session, actor, "seal.lifted", seal, now=now)
    return due


def close_stages(session: Session, clip: UUID, now: datetime) -> None:
    """Put work on a sealed clip's content out of every worker's reach; one that is at it finds it taken over."""
    session.execute(
        update(Stage)
        .where(Stage.clip_id == clip, Stage.stage.in_(SEALED_STAGES))
        .where((Stage.stage != "analyse") | (Stage.state != "done"))
        .values(state=SEALED, lease_until=None, progress=None, wanted_at=None, error="", updated_at=now)
    )


def open_stages(session: Session, clip: Clip, now: datetime) -> list[Due]:
    """Let the work be done that the seal kept from being done; what was removed is made anew."""
    rows = session.scalars(
        select(Stage).where(Stage.clip_id == clip.id, Stage.state == SEALED).with_for_update()
    ).all()
    for row in rows:
        row.state, row.attempts, row.due_at, row.updated_at = "pending", 0, now, now
    session.flush()
    wanted = [] if clip.shown_as is None else ["render", "analyse"]
    return [Due(clip.id, row.stage) for row in rows] + add_stages(session, clip.id, wanted, now)


def allowed(actor: Actor, *permissions: Permission) -> UUID:
    """Answer the account of somebody with one of `permissions`: leaders decide nothing about evidence (R5.4). Raises CannotSeal."""
    if actor.id is None or not any(may(actor, one) for one in permissions):
        raise CannotSeal("not-yours")
    return actor.id


def locked_seal(session: Session, seal_id: UUID, *states: str) -> Seal:
    """Answer a seal in one of `states`, its row locked. Raises CannotSeal."""
    seal = session.scalar(select(Seal).where(Seal.id == seal_id).with_for_update())
    if seal is None:
        raise CannotSeal("unknown-seal")
    if seal.state not in states:
        raise CannotSeal("wrong-state")
    return seal


def _lift(session: Session, seal_id: UUID) -> Seal:
    seal = locked_seal(session, seal_id, "standing")
    if seal.lift_proposed_at is None:
        raise CannotSeal("wrong-state")
    return seal


def refuse_unfit(session: Session, account_id: UUID) -> None:
    """Raise CannotSeal for an account that could not look anyway."""
    account = session.get(Account, account_id)
    if account is None or not account.active or not may(person(account, None), Permission.SEAL_LOOK):
        raise CannotSeal("unknown-person")


def enter(
    session: Session, actor: Actor, action: str, seal: Seal, *, now: datetime, **private: object
) -> None:
    """Enter what was done; `private` is what only those who decide read, the seal's state before and after among it."""
    moved = MOVED.get(action)
    stood = {"before": {"seal": moved[0]}, "after": {"seal": moved[1]}} if moved else {}
    add_entry(
        session,
        actor=actor,
        action=action,
        subjects={"clip": seal.clip_id},
        facts={"seal": str(seal.id)},
        private={**stood, **private},
        now=now,
    )
