"""Who took part in a list."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.models import Appraisal, AppraisalItem, AppraisalOpinion


def group_of(session: Session, appraisal: Appraisal) -> set[UUID]:
    """Answer the accounts that opened, appraised or reported a list: none of them approves or witnesses it."""
    spoke = session.scalars(
        select(AppraisalOpinion.by_id)
        .join(AppraisalItem, AppraisalItem.id == AppraisalOpinion.item_id)
        .where(AppraisalItem.appraisal_id == appraisal.id)
    )
    named = (appraisal.opened_by, appraisal.reported_by)
    return {*spoke, *(one for one in named if one is not None)}
