"""关联: attaching clips to steps of a case, and which clips may belong to a step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from catalog.actors import Actor
from catalog.case_files.standing import IN_FORCE, ON_THE_LIST
from catalog.case_files.unattached import withdraw_attached
from catalog.case_files.whose import NOT_YOUR_CASE, changes
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.finding.visible import reached, visible_to
from catalog.holds.catching import catch_by_case
from catalog.models import AppraisalItem, Attachment, Case, Clip, Step
from catalog.refused import Refused
from catalog.retention.due import locks_due
from catalog.rules.case_life import CHANGEABLE
from catalog.rules.free_text import spoken

ROLES = ("evidence", "process")
VOLUMES = ("main", "sub")
PROVES_LIMIT, METHOD_LIMIT, MAKER_LIMIT = 2000, 64, 255
MOST = 1000
"""Pairs of clip and step in one act: a case of some hundred clips, in one transaction."""
RANGE_SLACK = 1.0
"""Seconds a range may end after the known duration: players round up."""
NEAR = timedelta(hours=1)


class CannotAttach(Refused):
    """Attaching was refused; `why` is a stable word, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one clip cannot be attached to one step."""

    clip: UUID
    step: UUID
    why: str


class SomeRefused(CannotAttach):
    """Of several some cannot be attached: `refusals` names each, `why` is the first; nothing was changed."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__(refusals[0].why)
        self.refusals = tuple(refusals)


WHY = (
    "unknown-clip",
    "sealed",
    "unknown-step",
    "not-your-case",
    "case-closed",
    "bad-role",
    "bad-volume",
    "proves-missing",
    "proves-too-long",
    "method-too-long",
    "maker-too-long",
    "made-at-wrong",
    "made-at-future",
    "range-incomplete",
    "range-wrong",
    "range-no-time",
    "already-attached",
    "destroyed",
    "too-many",
)
METHODS = ("on-site", "questioning", "party", "obtained", "web", "copied", "test")
"""取得方式: 现场拍摄, 询问录制, 当事人提供, 调取, 网页取证, 复制, 检验检测; anything else stands there in words."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How a clip is to be attached. Ranges are seconds from the clip's start; both None for the whole clip.

    Method, time and maker are what a list of evidence asks for (证据规定); left out, they are the recording's own.
    """

    role: str
    volume: str
    proves: str = ""
    range_start: float | None = None
    range_end: float | None = None
    method: str = ""
    """One of `METHODS`, or words."""
    made_at: datetime | None = None
    maker: str = ""


def attach(
    session: Session,
    *,
    actor: Actor,
    clip_id: UUID,
    step_id: UUID,
    wish: Wish,
    now: datetime,
    by: UUID | None = None,
    archived: bool = False,
) -> Attachment:
    """Attach a clip, or a range of it, to a step of an open case. Raises CannotAttach.

    `by` is the account that asked for it, where a standing job finishes what a crash interrupted. `archived` is for the
    old footage of a file that came archived (`catalog.footage`): the caller has looked whether it is one.
    """
    try:
        return attach_all(
            session,
            actor=actor,
            clips=[clip_id],
            steps=[step_id],
            wish=wish,
            now=now,
            by=by,
            archived=archived,
        )[0]
    except SomeRefused as refused:
        raise CannotAttach(refused.why) from None


def attach_all(
    session: Session,
    *,
    actor: Actor,
    clips: Sequence[UUID],
    steps: Sequence[UUID],
    wish: Wish,
    now: datetime,
    by: UUID | None = None,
    archived: bool = False,
) -> list[Attachment]:
    """Attach every clip to every step in one act: all of them, or none. Raises SomeRefused naming each that cannot be.

    The cases' rows are locked, so that two who attach the same at once make one attachment, and a case that is being
    passed on takes nothing in meanwhile. At most `MOST` pairs.
    """
    wanted, places = list(dict.fromkeys(clips)), list(dict.fromkeys(steps))
    if not wanted or len(wanted) * len(places) > MOST:
        raise CannotAttach("too-many" if wanted else "unknown-clip")
    found = {step.id: step for step in session.scalars(select(Step).where(Step.id.in_(places)))}
    if not places or len(found) < len(places):
        raise CannotAttach("unknown-step")
    ids = {step.case_id for step in found.values()}
    # In the order of their ids, so that two who lock several never wait for each other.
    cases = {
        case.id: case
        for case in session.scalars(
            select(Case)
            .where(Case.id.in_(ids))
            .order_by(Case.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    }
    # Held as well: what is being destroyed is waited for, and what is attached here is not destroyed meanwhile.
    rows = {
        clip.id: clip
        for clip in session.scalars(
            select(Clip)
            .where(Clip.id.in_(wanted))
            .order_by(Clip.id)
            .with_for_update(read=True, of=Clip)
            .execution_options(populate_existing=True)
        )
    }
    going = set(
        session.scalars(
            select(AppraisalItem.clip_id).where(
                AppraisalItem.active_clip_id.in_(wanted), AppraisalItem.state == "deleting"
            )
        )
    )
    twins = _twins(session, wanted, places, wish)
    within = reached(session, actor, wanted)
    theirs = {case.id for case in cases.values() if archived or changes(actor, case)}
    refusals: list[Refusal] = []
    for clip_id in wanted:
        clip = rows.get(clip_id)
        why = ("unknown-clip" if clip_id not in within else _why_not(clip, wish, now)) or (
            "destroyed" if clip_id in going else None
        )
        for step_id in places:
            step = found[step_id]
            here = why or (NOT_YOUR_CASE if step.case_id not in theirs else None)
            here = here or _why_not_here(clip_id, step, cases[step.case_id], twins, archived=archived)
            if here:
                refusals.append(Refusal(clip_id, step_id, here))
    if refusals:
        raise SomeRefused(refusals)
    made = [
        Attachment(
            clip_id=clip_id,
            step_id=step_id,
            role=wish.role,
            volume=wish.volume,
            proves=spoken(wish.proves),
            range_start=wish.range_start,
            range_end=wish.range_end,
            method=spoken(wish.method),
            made_at=wish.made_at,
            maker=spoken(wish.maker),
            attached_by=by or actor.id,
            attached_at=now,
        )
        for clip_id in wanted
        for step_id in places
    ]
    session.add_all(made)
    session.flush()
    withdraw_attached(session, actor, wanted, now)
    catch_by_case(session, wanted, now)
    locks_due(session, wanted, now)
    for one in made:
        add_entry(
            session,
            actor=actor,
            action="clip.attached",
            subjects={"clip": one.clip_id, "case": found[one.step_id].case_id, "step": one.step_id},
            facts={
                "role": one.role,
                "volume": one.volume,
                "range": None if one.range_start is None else [one.range_start, one.range_end],
                **({"method": one.method} if one.method in METHODS else {}),
                **({"made_at": utc_text(one.made_at)} if one.made_at else {}),
                **({"archived": True} if archived else {}),
            },
            private={
                "proves": one.proves or None,
                **({"maker": one.maker} if one.maker else {}),
                **({"method": one.method} if one.method and one.method not in METHODS else {}),
            },
            now=now,
        )
    return made


def _twins(
    session: Session, clips: Sequence[UUID], steps: Sequence[UUID], wish: Wish
) -> set[tuple[UUID, UUID]]:
    """Answer what is attached in the same range already; what was detached may be attached again."""

    def same(column: InstrumentedAttribute[float | None], value: float | None) -> ColumnElement[bool]:
        return column.is_(None) if value is None else column == value

    rows = session.execute(
        select(Attachment.clip_id, Attachment.step_id).where(
            Attachment.clip_id.in_(clips),
            Attachment.step_id.in_(steps),
            same(Attachment.range_start, wish.range_start),
            same(Attachment.range_end, wish.range_end),
            IN_FORCE,
        )
    )
    return {(row.clip_id, row.step_id) for row in rows}


def _why_not(clip: Clip | None, wish: Wish, now: datetime) -> str | None:
    if clip is None:
        return "unknown-clip"
    if clip.restricted:
        return "sealed"
    if clip.destroyed_at is not None:
        return "destroyed"
    return why_not_so(wish, clip, now)


def _why_not_here(
    clip: UUID, step: Step, case: Case, twins: set[tuple[UUID, UUID]], *, archived: bool
) -> str | None:
    if case.state not in CHANGEABLE and not archived:
        return "case-closed"
    return "already-attached" if (clip, step.id) in twins else None


def why_not_so(wish: Wish, clip: Clip | None, now: datetime) -> str | None:
    """Answer why something cannot be attached in this way, as a stable word; `clip` None: for whatever clip it is."""
    if wish.role not in ROLES:
        return "bad-role"
    if wish.volume not in VOLUMES:
        return "bad-volume"
    if wish.role == "evidence" and not spoken(wish.proves):
        return "proves-missing"
    for text, limit, why in (
        (wish.proves, PROVES_LIMIT, "proves-too-long"),
        (wish.method, METHOD_LIMIT, "method-too-long"),
        (wish.maker, MAKER_LIMIT, "maker-too-long"),
    ):
        if len(text) > limit:
            return why
    if wish.made_at is not None and wish.made_at > now:
        return "made-at-future"
    return _why_not_range(wish.range_start, wish.range_end, clip)


def _why_not_range(start: float | None, end: float | None, clip: Clip | None) -> str | None:
    if start is None and end is None:
        return None
    if start is None or end is None:
        return "range-incomplete"
    if clip is not None and clip.kind not in {"video", "audio"}:
        return "range-no-time"
    # Written so that "not a number" fails as well.
    if not 0 <= start < end < float("inf"):
        return "range-wrong"
    beyond = clip is not None and clip.duration is not None and end > clip.duration + RANGE_SLACK
    return "range-wrong" if beyond else None


@dataclass(frozen=True, slots=True)
class Candidates:
    """Clips attached to no case yet: those whose time or person fits the step, and the newest others."""

    near: Sequence[Clip]
    others: Sequence[Clip]


def candidates_for(
    session: Session, step: Step, limit: int = 60, *, actor: Actor | None = None
) -> Candidates:
    """Answer unattached clips for a step; `near` were recorded within an hour of it or by one of the case's handlers that day."""
    query = (
        select(Clip)
        .where(
            visible_to(actor),
            Clip.destroyed_at.is_(None),
            ~exists().where(Attachment.clip_id == Clip.id, ON_THE_LIST),
        )
        .options(joinedload(Clip.officer), joinedload(Clip.recorder), selectinload(Clip.renditions))
    )
    near: Sequence[Clip] = []
    if step.started_at is not None:
        ended = step.ended_at or step.started_at
        handlers = [h for h in (step.case.handler_id, step.case.second_handler_id) if h is not None]
        fits: ColumnElement[bool] = Clip.recorded_at.between(step.started_at - NEAR, ended + NEAR)
        if handlers:
            that_day = Clip.recorded_at.between(
                step.started_at - timedelta(hours=12), ended + timedelta(hours=12)
            )
            fits = or_(fits, Clip.officer_id.in_(handlers) & that_day)
        near = session.scalars(query.where(fits).order_by(Clip.recorded_at, Clip.id).limit(limit)).all()
    others = session.scalars(
        query.where(Clip.id.not_in([c.id for c in near]))
        .order_by(Clip.received_at.desc(), Clip.id.desc())
        .limit(limit)
    ).all()
    return Candidates(near, others)
