"""标记: noting what happens where in a clip, while watching it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.finding.visible import reachable_by
from catalog.models import Account, Clip, Mark
from catalog.permissions import Permission, may
from catalog.rules.marks import CannotMark, MarkWish, check_mark, check_note, check_reason


def mark_clip(
    session: Session,
    *,
    actor: Actor,
    clip_id: UUID,
    wish: MarkWish,
    now: datetime,
    own: Collection[str] = (),
) -> Mark:
    """Mark a moment or a range of a clip; `own` are the bureau's presets. Raises CannotMark, NoResultFound.

    A clip that `actor` may not find is not there.

    Two people may mark the same place; one person cannot mark it twice, which is what a nervous finger does.
    """
    clip = session.scalars(
        select(Clip).where(Clip.id == clip_id, reachable_by(actor)).with_for_update(key_share=True, of=Clip)
    ).one()
    kept = check_mark(wish, kind=clip.kind, duration=clip.duration, own=own)
    assert kept.start is not None  # noqa: S101 - check_mark has seen to it
    assert actor.id is not None  # noqa: S101 - only people mark
    twin = select(Mark.id).where(
        Mark.clip_id == clip_id,
        Mark.start == kept.start,
        Mark.end.is_(None) if kept.end is None else Mark.end == kept.end,
        Mark.preset == kept.preset,
        Mark.note == kept.note,
        Mark.made_by == actor.id,
        Mark.removed_at.is_(None),
    )
    if session.scalar(twin.limit(1)) is not None:
        raise CannotMark("mark-twice")
    mark = Mark(
        clip_id=clip_id,
        start=kept.start,
        end=kept.end,
        preset=kept.preset,
        note=kept.note,
        made_by=actor.id,
        made_at=now,
    )
    session.add(mark)
    session.flush()
    _enter(session, actor, "clip.marked", mark, private={"note": kept.note or None}, now=now)
    return mark


def change_note(
    session: Session, *, actor: Actor, clip_id: UUID, mark_id: UUID, revision: int, note: str, now: datetime
) -> Mark:
    """Change the note of one's own mark; `revision` is the one that was read. What stood there stays in the log.

    Raises CannotMark.
    """
    mark = _open(session, actor, clip_id, mark_id)
    if mark.made_by != actor.id:
        raise CannotMark("mark-not-yours")
    if mark.revision != revision:
        raise CannotMark("mark-changed")
    kept, before = check_note(note), mark.note
    if not kept and not mark.preset:
        raise CannotMark("mark-empty")
    if kept == before:
        return mark
    mark.note, mark.changed_at, mark.revision = kept, now, revision + 1
    _enter(
        session,
        actor,
        "clip.mark-changed",
        mark,
        private={"note": kept or None, "before": before or None},
        now=now,
    )
    return mark


def remove_mark(
    session: Session, *, actor: Actor, clip_id: UUID, mark_id: UUID, reason: str, now: datetime
) -> Mark:
    """Close one's own mark, or anybody's with `CLIP_MARK_REMOVE`; the reason is kept in the log. Raises CannotMark."""
    mark = _open(session, actor, clip_id, mark_id)
    if mark.made_by != actor.id and not may(actor, Permission.CLIP_MARK_REMOVE):
        raise CannotMark("mark-not-yours")
    why = check_reason(reason)
    mark.removed_at, mark.removed_by = now, actor.id
    _enter(
        session,
        actor,
        "clip.mark-removed",
        mark,
        private={"reason": why, "note": mark.note or None},
        now=now,
        before={"removed": False},
        after={"removed": True},
    )
    return mark


def marks_of(session: Session, clip_id: UUID) -> list[Mark]:
    """Answer all marks of a clip in the order of their places, removed ones too."""
    return marks_by_clip(session, [clip_id])[clip_id]


def marks_by_clip(session: Session, clips: Collection[UUID]) -> dict[UUID, list[Mark]]:
    """Answer the marks of several clips, each in the order of their places, removed ones too."""
    found: dict[UUID, list[Mark]] = defaultdict(list)
    rows: Sequence[Mark] = session.scalars(
        select(Mark)
        .where(Mark.clip_id.in_(clips))
        .order_by(Mark.start, Mark.made_at, Mark.id)
        .options(
            joinedload(Mark.maker).joinedload(Account.officer),
            joinedload(Mark.remover).joinedload(Account.officer),
        )
    ).all()
    for row in rows:
        found[row.clip_id].append(row)
    return found


def open_marks(session: Session, clips: Collection[UUID]) -> dict[UUID, list[Mark]]:
    """Answer the marks of several clips that were not removed."""
    found = marks_by_clip(session, clips)
    return {clip: [m for m in found[clip] if m.removed_at is None] for clip in clips}


def _open(session: Session, actor: Actor, clip_id: UUID, mark_id: UUID) -> Mark:
    """Answer a mark of this clip, held fast until the transaction ends. Raises CannotMark."""
    mark = session.scalar(
        select(Mark)
        .join(Clip, Clip.id == Mark.clip_id)
        .where(Mark.id == mark_id, Mark.clip_id == clip_id, reachable_by(actor))
        .with_for_update(of=Mark)
    )
    if mark is None:
        raise CannotMark("mark-gone")
    if mark.removed_at is not None:
        raise CannotMark("mark-removed")
    return mark


def _enter(
    session: Session,
    actor: Actor,
    action: str,
    mark: Mark,
    *,
    private: dict[str, Any],
    now: datetime,
    **facts: dict[str, bool],
) -> None:
    add_entry(
        session,
        actor=actor,
        action=action,
        subjects={"clip": mark.clip_id, "mark": mark.id},
        facts={
            "start": mark.start,
            "end": mark.end,
            "preset": mark.preset,
            "revision": mark.revision,
            **facts,
        },
        private=private,
        now=now,
    )
