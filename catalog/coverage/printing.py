"""What of a case's recording is printed and goes into its file (R2.13, R6.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.coverage.judging import JudgedStep, judge_case
from catalog.coverage.rules_in_force import rules_in_force, rules_of
from catalog.models import Case
from catalog.rules.coverage_notes import hinders_archiving
from catalog.rules.recording_rules import RecordingRules


@dataclass(frozen=True, slots=True)
class CaseCoverage:
    """How well each step of a case was recorded, with all explanations and confirmations. Names no recording."""

    case: Case
    steps: Sequence[JudgedStep]
    rules: RecordingRules
    """The table the steps were judged by; of an archived file the one of then."""

    @property
    def hindrance(self) -> str | None:
        """Why the file could not be archived as it stands; None when it could."""
        return hinders_archiving(step.state_for_archive for step in self.steps)

    @property
    def gaps(self) -> list[JudgedStep]:
        """The steps of which something that must be there lacks, settled or not."""
        return [step for step in self.steps if step.state != "fine"]


def coverage_for_print(session: Session, case_id: UUID, now: datetime) -> CaseCoverage | None:
    """Answer what is printed of a case's recording, None for a case that is not there.

    It is the same for everybody: steps, levels, times that lack, what people said; no recording is named.
    """
    case = session.scalar(
        select(Case)
        .where(Case.id == case_id)
        .options(joinedload(Case.unit), joinedload(Case.handler), joinedload(Case.second_handler))
    )
    if case is None:
        return None
    steps = judge_case(session, case_id, now)
    digests = {step.rules_digest for step in steps}
    rules = rules_of(session, digests.pop()) if len(digests) == 1 else rules_in_force(session)
    return CaseCoverage(case, steps, rules)
