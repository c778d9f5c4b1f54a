"""Looking at seals: the list of those who decide, and what somebody was named to see."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.actors import Actor
from catalog.finding.visible import unsealed_to
from catalog.models import Account, Clip, Seal, SealReader
from catalog.people import person
from catalog.permissions import Permission, may

PAGE = 100
LISTS: dict[str, tuple[str, ...]] = {
    "proposed": ("proposed",),
    "standing": ("standing",),
    "ended": ("lifted", "withdrawn"),
}


def list_seals(
    session: Session, actor: Actor, which: str, *, before: UUID | None = None, limit: int = PAGE
) -> tuple[Sequence[Seal], UUID | None]:
    """Answer seals, newest first, for those who decide on them, and the id the next page begins after.

    Who decides learns that a seal stands and why; of the recording itself the page shows no more than they may find.
    A proposal about what they may not find is not theirs to decide either.
    """
    query = (
        select(Seal)
        .join(Clip, Clip.id == Seal.clip_id)
        .where(Seal.state.in_(LISTS[which]), or_(Seal.state != "proposed", unsealed_to(actor)))
        .options(
            joinedload(Seal.clip).joinedload(Clip.officer),
            selectinload(Seal.readers).joinedload(SealReader.account).joinedload(Account.officer),
            *(
                joinedload(one).joinedload(Account.officer)
                for one in (Seal.proposer, Seal.confirmer, Seal.lift_proposer, Seal.lifter)
            ),
        )
        .order_by(Seal.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        query = query.where(Seal.id < before)
    rows = session.scalars(query).unique().all()
    return rows[:limit], rows[limit - 1].id if len(rows) > limit else None


def possible_readers(session: Session) -> Sequence[Account]:
    """Answer the accounts that may be named to see what is sealed."""
    accounts = session.scalars(
        select(Account).where(Account.active).options(joinedload(Account.officer)).order_by(Account.username)
    ).unique()
    return [one for one in accounts if may(person(one, None), Permission.SEAL_LOOK)]


def sealed_for(session: Session, actor: Actor) -> Sequence[Clip]:
    """Answer the sealed recordings that `actor` was named for."""
    return session.scalars(
        select(Clip)
        .where(Clip.id.in_(sorted(actor.named)), unsealed_to(actor))
        .options(joinedload(Clip.officer), selectinload(Clip.copies))
        .order_by(Clip.received_at.desc())
    ).all()
