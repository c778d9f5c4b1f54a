"""The list of an appraisal: opening it, putting clips on it and taking them off, reviews, what drops out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.custody.log import add_entry
from catalog.disposal.facts import gather, said_of, schedule_coming
from catalog.disposal.refusals import CannotDispose, require, the_appraisal
from catalog.models import Appraisal, AppraisalItem, AppraisalOpinion, Attachment, Clip, ClipReview
from catalog.retention.due import locks_due
from catalog.rules.disposal import CHANGEABLE
from catalog.rules.expired import CLOCK_MARGIN, not_expired
from catalog.rules.free_text import spoken
from catalog.rules.visible import may_find

LIST_LIMIT = 500
NOTE_LIMIT = 2000


def open_appraisal(
    session: Session,
    *,
    actor: Actor,
    clips: Sequence[UUID],
    note: str = "",
    zone: tzinfo,
    now: datetime,
    margin: timedelta = CLOCK_MARGIN,
) -> Appraisal:
    """Open an appraisal of these clips; all of them go on its list, or none. Raises CannotDispose.

    `zone` is the bureau's: its number is of the year that it is there.
    """
    if actor.kind != "person" or actor.id is None or "archivist" not in actor.roles:
        raise CannotDispose("not-yours")
    if not clips:
        raise CannotDispose("nothing-picked")
    appraisal = Appraisal(
        number=next_number(session, "JD", zone, now),
        note=spoken(note)[:NOTE_LIMIT],
        opened_by=actor.id,
        opened_at=now,
        register_objects={},
    )
    session.add(appraisal)
    session.flush()
    _list(session, actor, appraisal, clips, now=now, margin=margin)
    add_entry(
        session,
        actor=actor,
        action="disposal.opened",
        subjects={"appraisal": appraisal.id, "clip": sorted(set(clips))},
        facts={"number": appraisal.number, "clips": len(set(clips))},
        private={"note": appraisal.note or None},
        now=now,
    )
    return appraisal


def list_more(
    session: Session,
    *,
    actor: Actor,
    appraisal_id: UUID,
    clips: Sequence[UUID],
    now: datetime,
    margin: timedelta = CLOCK_MARGIN,
) -> Appraisal:
    """Put further clips on a list that is still open. Raises CannotDispose."""
    appraisal = the_appraisal(session, appraisal_id)
    require(appraisal, actor, "open", "archivist")
    if not clips:
        raise CannotDispose("nothing-picked")
    _list(session, actor, appraisal, clips, now=now, margin=margin)
    add_entry(
        session,
        actor=actor,
        action="disposal.listed",
        subjects={"appraisal": appraisal.id, "clip": sorted(set(clips))},
        facts={"number": appraisal.number},
        now=now,
    )
    return appraisal


def take_off(session: Session, *, actor: Actor, appraisal_id: UUID, item_id: UUID, now: datetime) -> None:
    """Take a clip off a list that is still open. Raises CannotDispose."""
    appraisal = the_appraisal(session, appraisal_id)
    require(appraisal, actor, " ".join(CHANGEABLE), "archivist")
    item = session.get(AppraisalItem, item_id)
    if item is None or item.appraisal_id != appraisal_id or item.state != "listed":
        raise CannotDispose("unknown-clip")
    drop(session, appraisal, item, "taken-off", actor=actor, now=now)


def review(session: Session, *, actor: Actor, clips: Sequence[UUID], finding: str, now: datetime) -> None:
    """Record that somebody looked at clips of no case, and that they may be appraised (invariant 4). Raises CannotDispose."""
    if actor.kind != "person" or actor.id is None or "archivist" not in actor.roles:
        raise CannotDispose("not-yours")
    finding = spoken(finding)[:NOTE_LIMIT]
    if not finding:
        raise CannotDispose("note-missing")
    if not clips:
        raise CannotDispose("nothing-picked")
    wanted = sorted(set(clips))
    known = {
        clip.id
        for clip in session.scalars(select(Clip).where(Clip.id.in_(wanted), Clip.destroyed_at.is_(None)))
        if may_find(actor, restricted=clip.restricted)
    }
    if len(known) < len(wanted):
        raise CannotDispose("unknown-clip")
    on_a_case = select(Attachment.id).where(
        Attachment.clip_id.in_(wanted), Attachment.detach_confirmed_at.is_(None)
    )
    if session.scalar(on_a_case.limit(1)) is not None:
        raise CannotDispose("case-attached")
    session.add_all(ClipReview(clip_id=one, finding=finding, by_id=actor.id, at=now) for one in wanted)
    session.flush()
    locks_due(session, clips, now)
    add_entry(
        session,
        actor=actor,
        action="clip.reviewed",
        subjects={"clip": wanted},
        private={"finding": finding},
        now=now,
    )


def drop(
    session: Session, appraisal: Appraisal, item: AppraisalItem, why: str, *, actor: Actor, now: datetime
) -> None:
    """Let an item go from its list, with the reason; the clip may come back on another list."""
    before, item.state = item.state, "dropped"
    item.why, item.active_clip_id, item.changed_at = why, None, now
    session.flush()
    locks_due(session, [item.clip_id], now)
    add_entry(
        session,
        actor=actor,
        action="disposal.dropped",
        subjects={"appraisal": appraisal.id, "clip": item.clip_id},
        facts={
            "number": appraisal.number,
            "why": why,
            "before": {"item": before},
            "after": {"item": item.state},
        },
        now=now,
    )


def drop_unfit(
    session: Session, appraisal: Appraisal, now: datetime, margin: timedelta = CLOCK_MARGIN
) -> list[AppraisalItem]:
    """Let go whatever has become unfit since it was listed; answer the items that remain. The appraisal's row is locked.

    Raises CannotDispose while a schedule is coming into force that may keep one of them longer.
    """
    items = live_items(session, appraisal.id)
    facts = gather(session, [item.clip_id for item in items], appraisal=appraisal.id)
    if any(one.cases for one in facts.values()) and schedule_coming(session):
        raise CannotDispose("schedule-coming")
    remaining = []
    for item in items:
        why = not_expired(facts[item.clip_id], now, margin)
        if why is None:
            remaining.append(item)
        else:
            drop(session, appraisal, item, why, actor=system("disposal"), now=now)
    return remaining


def live_items(session: Session, appraisal_id: UUID) -> list[AppraisalItem]:
    """Answer the items whose fate is open, in the order of the list."""
    return list(
        session.scalars(
            select(AppraisalItem)
            .where(
                AppraisalItem.appraisal_id == appraisal_id,
                AppraisalItem.state.in_(("listed", "due", "deleting")),
            )
            .order_by(AppraisalItem.position)
        )
    )


def take_turn(session: Session) -> None:
    """Let one after the other give numbers of appraisals, in the order they come; SQLite writes so anyhow."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE appraisals IN SHARE ROW EXCLUSIVE MODE"))


def next_number(session: Session, prefix: str, zone: tzinfo, now: datetime) -> str:
    """Answer the next number of the bureau's year, such as `JD-2026-001`: one after the other, whoever asks at once."""
    take_turn(session)
    column = Appraisal.register_number if prefix == "XH" else Appraisal.number
    start = f"{prefix}-{now.astimezone(zone).year}-"
    last = session.scalar(
        select(column)
        .where(column.startswith(start))
        .order_by(func.length(column).desc(), column.desc())
        .limit(1)
    )
    return f"{start}{int(last.removeprefix(start)) + 1 if last else 1:03}"


def _list(
    session: Session,
    actor: Actor,
    appraisal: Appraisal,
    clips: Sequence[UUID],
    *,
    now: datetime,
    margin: timedelta,
) -> None:
    # In the order of their ids, so that two who list the same clips wait for each other and not in a circle.
    rows = {
        clip.id: clip
        for clip in session.scalars(
            select(Clip).where(Clip.id.in_(set(clips))).order_by(Clip.id).with_for_update()
        )
    }
    highest, count = session.execute(
        select(func.coalesce(func.max(AppraisalItem.position), 0), func.count()).where(
            AppraisalItem.appraisal_id == appraisal.id
        )
    ).one()
    if count + len(rows) > LIST_LIMIT:
        raise CannotDispose("too-many")
    facts, said = gather(session, list(rows)), said_of(session, list(rows.values()))
    known = {
        item.clip_id: item
        for item in session.scalars(
            select(AppraisalItem).where(
                AppraisalItem.appraisal_id == appraisal.id, AppraisalItem.clip_id.in_(rows)
            )
        )
    }
    for place, clip_id in enumerate(dict.fromkeys(clips), highest + 1):
        clip = rows.get(clip_id)
        if clip is None or not may_find(actor, restricted=clip.restricted):
            raise CannotDispose("unknown-clip")
        why = not_expired(facts[clip_id], now, margin)
        if why is not None:
            raise CannotDispose("not-expired", reason=why, name=clip.name)
        earlier = known.get(clip_id)
        if earlier is not None:
            # What was said of it before it left the list was said of another state of things.
            session.execute(delete(AppraisalOpinion).where(AppraisalOpinion.item_id == earlier.id))
            earlier.proposal = earlier.years = None
        item = earlier or AppraisalItem(appraisal_id=appraisal.id, clip_id=clip_id, plan=[], deleted=[])
        item.position, item.state, item.why = place, "listed", ""
        item.active_clip_id, item.facts, item.changed_at = clip_id, said[clip_id], now
        session.add(item)
    session.flush()
