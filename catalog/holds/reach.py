"""What standing holds reach: clips, through themselves, their cases, and who recorded them when."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from catalog.models import Attachment, Case, Clip, Docking, Hold, HoldClip, HoldOfficer, Sighting, Step
from catalog.rules.officer_hold import OfficerSpan, Recorded

AT_ONCE = 500
"""Clips asked about with one question."""
POSTGRES_LOCK = 0x11021
"""Advisory lock: holds are set one at a time, and while none is being set clips are taken in side by side."""


def take_turn(session: Session, *, setting: bool) -> None:
    """Wait until no hold is being set (or, `setting` one, until nobody takes in clips), to the end of the transaction.

    So that what comes in while a hold is being set is seen by one of the two. SQLite has one writer.
    """
    if session.get_bind().dialect.name == "postgresql":
        shared = "" if setting else "_shared"
        session.execute(text(f"SELECT pg_advisory_xact_lock{shared}(:key)"), {"key": POSTGRES_LOCK})


def clips_and_cases(clips: Collection[UUID]) -> Select[Any]:
    """Answer a question for (clip, case, confirmed as detached): where `clips` are or were attached, followed back.

    A case that others were merged into stands for them as well: what holds them holds what came to it.
    """
    on = (
        select(
            Attachment.clip_id.label("clip"),
            Step.case_id.label("case"),
            Attachment.detach_confirmed_at.label("off"),
        )
        .join(Step, Step.id == Attachment.step_id)
        .where(Attachment.clip_id.in_(clips))
        .cte("on_case", recursive=True)
    )
    on = on.union(select(on.c.clip, Case.id, on.c.off).join(on, Case.merged_into_id == on.c.case))
    return select(on.c.clip, on.c.case, on.c.off)


def clips_of_case(session: Session, case_id: UUID) -> Sequence[UUID]:
    """Answer the clips on a case, and on the one it was merged into; without those confirmed as detached."""
    whole = select(Case.id.label("case"), Case.merged_into_id.label("into")).where(Case.id == case_id)
    cases = whole.cte("merged", recursive=True)
    cases = cases.union(select(Case.id, Case.merged_into_id).join(cases, Case.id == cases.c.into))
    return session.scalars(
        select(Attachment.clip_id)
        .join(Step, Step.id == Attachment.step_id)
        .where(Step.case_id.in_(select(cases.c.case)), Attachment.detach_confirmed_at.is_(None))
        .distinct()
    ).all()


@dataclass(frozen=True, slots=True)
class OfficerHold:
    """A standing hold on officers and a span of time."""

    id: UUID
    reason: str
    set_at: datetime
    span: OfficerSpan


def officer_holds(session: Session) -> list[OfficerHold]:
    """Answer those that stand."""
    rows = session.execute(
        select(Hold.id, Hold.reason, Hold.set_at, Hold.since, Hold.until, HoldOfficer.officer_id)
        .join(HoldOfficer, HoldOfficer.hold_id == Hold.id)
        .where(Hold.target == "officers", Hold.lifted_at.is_(None))
    ).all()
    officers: dict[UUID, set[UUID]] = {}
    for row in rows:
        officers.setdefault(row.id, set()).add(row.officer_id)
    found = {row.id: row for row in rows}
    return [
        OfficerHold(
            row.id, row.reason, row.set_at, OfficerSpan(frozenset(officers[row.id]), row.since, row.until)
        )
        for row in found.values()
    ]


_RECORDED = (Clip.id, Clip.officer_id, Clip.recorded_at, Clip.duration, Clip.received_at)


def recorded(session: Session, clips: Collection[UUID]) -> dict[UUID, Recorded]:
    """Answer who recorded these clips and when, as far as it is known, and how far off the recorders' clocks were."""
    rows = session.execute(select(*_RECORDED).where(Clip.id.in_(clips))).all()
    return _known(rows, _clocks(session, clips))


def spans_candidates(session: Session, span: OfficerSpan) -> Iterator[dict[UUID, Recorded]]:
    """Answer, some at a time, the clips that `span` may be about; whether it is says the rule."""
    after: UUID | None = None
    while True:
        query = (
            select(*_RECORDED)
            .where(
                or_(Clip.officer_id.in_(span.officers), Clip.officer_id.is_(None)),
                Clip.received_at >= span.since,
            )
            .order_by(Clip.id)
            .limit(AT_ONCE)
        )
        rows = session.execute(query if after is None else query.where(Clip.id > after)).all()
        if not rows:
            return
        yield _known(rows, _clocks(session, [row.id for row in rows]))
        after = rows[-1].id


def note_caught(session: Session, hold: UUID, clips: Collection[UUID], now: datetime) -> None:
    """Note that a hold has caught these clips; repeating it changes nothing."""
    ids = sorted(set(clips))
    on = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    for at in range(0, len(ids), AT_ONCE):
        rows = [{"hold_id": hold, "clip_id": clip, "caught_at": now} for clip in ids[at : at + AT_ONCE]]
        session.execute(on(HoldClip).values(rows).on_conflict_do_nothing())


def _known(rows: Sequence[Any], clocks: Mapping[UUID, float]) -> dict[UUID, Recorded]:
    return {
        row.id: Recorded(row.officer_id, row.recorded_at, row.duration, row.received_at, clocks.get(row.id))
        for row in rows
    }


def _clocks(session: Session, clips: Collection[UUID]) -> dict[UUID, float]:
    found: dict[UUID, float] = {}
    for clip, facts in session.execute(
        select(Sighting.clip_id, Docking.recorder_facts)
        .join(Docking, Docking.id == Sighting.docking_id)
        .where(Sighting.clip_id.in_(clips))
    ):
        clock = facts.get("clock") if isinstance(facts, Mapping) else None
        off = clock.get("offset_seconds") if isinstance(clock, Mapping) else None
        if isinstance(clock, Mapping) and isinstance(off, (int, float)):
            error = clock.get("error_seconds")
            whole = abs(off) + (error if isinstance(error, (int, float)) else 0.0)
            found[clip] = max(found.get(clip, 0.0), whole)
    return found
