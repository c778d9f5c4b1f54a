"""Who is who: several accounts of one officer are one person, wherever the procedure asks for different people."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.models import Account, Appraisal, AppraisalItem, AppraisalOpinion


def persons(session: Session, accounts: Iterable[UUID | None]) -> dict[UUID, UUID]:
    """Answer for each account whose it is: its officer, or itself where it is of none. None is left out."""
    asked = {one for one in accounts if one is not None}
    return {
        account: officer or account
        for account, officer in session.execute(
            select(Account.id, Account.officer_id).where(Account.id.in_(asked))
        )
    }


def is_among(session: Session, account: UUID | None, others: Collection[UUID | None]) -> bool:
    """Whether the person of `account` is one of those of `others`."""
    known = persons(session, [account, *others])
    mine = known.get(account) if account is not None else None
    return mine is not None and mine in {known.get(one) for one in others if one is not None}


def group_of(session: Session, appraisal: Appraisal) -> set[UUID]:
    """Answer the accounts that opened, appraised or reported a list: none of them approves or witnesses it."""
    spoke = session.scalars(
        select(AppraisalOpinion.by_id)
        .join(AppraisalItem, AppraisalItem.id == AppraisalOpinion.item_id)
        .where(AppraisalItem.appraisal_id == appraisal.id)
    )
    named = (appraisal.opened_by, appraisal.reported_by)
    return {*spoke, *(one for one in named if one is not None)}
