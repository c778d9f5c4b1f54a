"""记录情况: the tables of recording rules that were in force, how well each step was recorded, and what was said to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from catalog.ids import new_id
from catalog.models.base import Base, Id
from catalog.models.cases import Step
from catalog.models.people import Account
from catalog.models.recorders import Recorder


class RecordingRuleSet(Base):
    """记录规则: one version of the table, word for word, so that a judgement made by it can be followed for ever."""

    __tablename__ = "recording_rule_sets"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    """SHA-256 of the text."""
    version: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    """TOML, as read."""
    first_at: Mapped[datetime]
    in_force_at: Mapped[datetime] = mapped_column(index=True)
    """When it last came into force; the latest of all is the one in force."""


class StepCoverage(Base):
    """How well a step was recorded, as last judged: made anew whenever something changes, until its file is in the archive."""

    __tablename__ = "step_coverages"

    step_id: Mapped[UUID] = mapped_column(ForeignKey("steps.id", ondelete="CASCADE"), primary_key=True)
    requirement: Mapped[str] = mapped_column(String(16))
    """must, should, need-not."""
    level: Mapped[str] = mapped_column(String(16))
    """One of `catalog.rules.coverage.LEVELS`."""
    state: Mapped[str] = mapped_column(String(16))
    """How far what lacks is settled: one of `catalog.rules.coverage_notes.STATES`."""
    spans: Mapped[list[Any]]
    """What no recording covers: pairs of ISO 8601 times, UTC."""
    moments: Mapped[list[Any]]
    """Key moments nobody marked, as lists of which one each would do."""
    record_missing: Mapped[bool] = mapped_column(Boolean)
    reasons: Mapped[list[Any]]
    rows: Mapped[list[Any]]
    """Ids of the rows that apply."""
    counted_from: Mapped[datetime | None]
    """The step's end, or when it was planned: what the time for an explanation is counted from."""
    review_at: Mapped[datetime | None] = mapped_column(index=True)
    """When time alone may change it."""
    rules_digest: Mapped[str] = mapped_column(String(64))
    rules_version: Mapped[str] = mapped_column(String(64))
    computed_at: Mapped[datetime]

    step: Mapped[Step] = relationship()

    __table_args__ = (Index("ix_step_coverages_state_from", "state", "counted_from"),)


class CoverageNote(Base):
    """What people said of a step's recording: circumstances, explanations, what the head decided. Never changed: triggers refuse it."""

    __tablename__ = "coverage_notes"

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)
    step_id: Mapped[UUID] = mapped_column(ForeignKey("steps.id"), index=True)
    act: Mapped[str] = mapped_column(String(16))
    """circumstances, explain, confirm, send-back."""
    decides_id: Mapped[UUID | None] = mapped_column(ForeignKey("coverage_notes.id"), unique=True)
    """The explanation that is confirmed or sent back; each is decided once."""
    level: Mapped[str] = mapped_column(String(16), default="")
    spans: Mapped[list[Any]] = mapped_column(default=list)
    """What the explanation names, as in `StepCoverage`."""
    moments: Mapped[list[Any]] = mapped_column(default=list)
    record: Mapped[bool] = mapped_column(Boolean, default=False)
    """The written record that is missing is explained too."""
    words: Mapped[list[Any]] = mapped_column(default=list)
    """Stable words: reasons of an explanation, circumstances of the step."""
    text: Mapped[str] = mapped_column(Text, default="")
    """What was written to it; with circumstances the number of the written record."""
    recorder_id: Mapped[UUID | None] = mapped_column(ForeignKey("recorders.id"))
    """The recorder that was at fault."""
    by_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"))
    role: Mapped[str] = mapped_column(String(64), default="")
    rules_digest: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[datetime]

    by: Mapped[Account | None] = relationship()
    recorder: Mapped[Recorder | None] = relationship()


class CoverageDue(Base):
    """A step to be judged anew. Triggers write it in the transaction of whatever changed; several rows for one are usual."""

    __tablename__ = "coverage_dues"

    n: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    step_id: Mapped[UUID] = mapped_column(Id, index=True)
