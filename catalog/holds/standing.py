"""What holds clips at this moment, for the rule that works out locks: holds of every kind, and seals."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.holds.reach import AT_ONCE, clips_and_cases, officer_holds, recorded
from catalog.models import Hold, HoldClip, Seal
from catalog.rules.held import HeldBy
from catalog.rules.officer_hold import caught
from catalog.rules.seals import LIVE


class _Found(NamedTuple):
    since: datetime
    id: UUID
    reason: str


def holds_on(session: Session, clip_ids: Collection[UUID]) -> Mapping[UUID, Sequence[HeldBy]]:
    """Answer what stands on each of these clips, oldest first; clips on which nothing stands are left out.

    A hold on a case is about every clip that is, or was while it stood, attached to it or to what it was merged into;
    a clip that was detached counts until that is confirmed. A proposed seal holds already. Seven questions for up to 500
    clips.
    """
    ids = sorted(set(clip_ids))
    answer: dict[UUID, Sequence[HeldBy]] = {}
    for at in range(0, len(ids), AT_ONCE):
        for clip, found in _some(session, ids[at : at + AT_ONCE]).items():
            answer[clip] = [HeldBy(f.reason, f.since) for f in sorted(found)]
    return answer


def _some(session: Session, clips: Sequence[UUID]) -> dict[UUID, set[_Found]]:
    found: dict[UUID, set[_Found]] = {}
    for part in (_named, _of_cases, _of_officers, _sealed):
        for clip, one in part(session, clips):
            found.setdefault(clip, set()).add(one)
    return found


_WHAT = (Hold.set_at, Hold.id, Hold.reason)


def _named(session: Session, clips: Sequence[UUID]) -> Iterator[tuple[UUID, _Found]]:
    """Holds on the clips themselves, and those that are known to have caught them."""
    own = select(Hold.clip_id, *_WHAT).where(Hold.lifted_at.is_(None), Hold.clip_id.in_(clips))
    noted = (
        select(HoldClip.clip_id, *_WHAT)
        .join(Hold, Hold.id == HoldClip.hold_id)
        .where(Hold.lifted_at.is_(None), HoldClip.clip_id.in_(clips))
    )
    for question in (own, noted):
        for clip, since, hold, reason in session.execute(question):
            if clip is not None:
                yield clip, _Found(since, hold, reason)


def _of_cases(session: Session, clips: Sequence[UUID]) -> Iterator[tuple[UUID, _Found]]:
    on = clips_and_cases(clips).subquery()
    standing = select(on.c.clip, on.c.off, *_WHAT).join(on, Hold.case_id == on.c.case)
    for clip, off, since, hold, reason in session.execute(standing.where(Hold.lifted_at.is_(None))):
        if off is None or off >= since:  # detached for good before the hold was set: never caught
            yield clip, _Found(since, hold, reason)


def _of_officers(session: Session, clips: Sequence[UUID]) -> Iterator[tuple[UUID, _Found]]:
    standing = officer_holds(session)
    for clip, facts in (recorded(session, clips) if standing else {}).items():
        for one in standing:
            if caught(one.span, facts) is not None:
                yield clip, _Found(one.set_at, one.id, one.reason)


def _sealed(session: Session, clips: Sequence[UUID]) -> Iterator[tuple[UUID, _Found]]:
    live = select(Seal.clip_id, Seal.proposed_at, Seal.id).where(Seal.state.in_(LIVE))
    for clip, since, seal in session.execute(live.where(Seal.clip_id.in_(clips))):
        yield clip, _Found(since, seal, "seal")
