"""What the archive asks of a case's recording before it takes the file in for good."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.coverage.judging import judge_and_keep
from catalog.models import Step
from catalog.rules.coverage_notes import hinders_archiving


def archiving_hindrance(session: Session, case_id: UUID, now: datetime) -> str | None:
    """Answer why a case cannot be archived yet: `coverage-unexplained` or `coverage-unconfirmed`; None when it can (R2.13).

    All steps are judged anew, and kept as they are judged: of an archived file that is what stays. A missing must-step
    stops nothing before; here it needs the explanation that the head of the section has confirmed.
    """
    steps = session.scalars(select(Step.id).where(Step.case_id == case_id)).all()
    return hinders_archiving(one.state_for_archive for one in judge_and_keep(session, steps, now))
