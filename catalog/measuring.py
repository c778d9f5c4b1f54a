"""Keeping what decoding a whole recording found, as found, and apart from it what we conclude."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.attribution import hold_still, settle
from catalog.custody.log import add_entry
from catalog.holds.catching import catch_by_officer
from catalog.models import Analysis, Clip
from catalog.rules.measured import FLAGS, Measured, RunningTime, flags_of, running_time
from catalog.stages import refuse_if_sealed


def kind_of(session: Session, clip_id: UUID) -> str | None:
    """Answer what kind a clip is by its description; None where there is no such clip."""
    return session.scalar(select(Clip.kind).where(Clip.id == clip_id))


def held_still(session: Session, clip_id: UUID) -> Clip:
    """Answer a clip that nobody else changes until this transaction ends; describing and measuring go side by side.

    The recorder first, then the clip: whoever settles whose it is goes the same way. Raises NoResultFound.
    """
    hold_still(session, session.scalar(select(Clip.recorder_id).where(Clip.id == clip_id)))
    locked = select(Clip).where(Clip.id == clip_id).with_for_update()
    return session.scalars(locked.execution_options(populate_existing=True)).one()


def keep_analysis(
    session: Session,
    clip_id: UUID,
    found: Mapping[str, Any],
    measured: Measured,
    *,
    zone: tzinfo,
    now: datetime,
) -> None:
    """Write what was measured and what is concluded from it; doing it again replaces both.

    `found` is everything, as found. What describing found and concluded stays as it is, but for the running time
    shown: the decoded one is better than a header's word, and who recorded it is settled anew by it.
    Raises ContentSealed.
    """
    clip = held_still(session, clip_id)
    refuse_if_sealed(session, clip_id)
    row = session.get(Analysis, clip_id)
    if row is None:
        row = Analysis(clip_id=clip_id)
        session.add(row)
    row.found, row.tool, row.source_sha256, row.measured_at = dict(found), measured.tool, clip.sha256, now
    row.seconds, row.whole = measured.seconds, measured.whole
    flags = flags_of(measured)
    clip.flags = [f for f in clip.flags if f not in FLAGS] + flags
    conclude_running_time(clip, _described(clip.facts), row)
    add_entry(
        session,
        actor=system("analyse"),
        action="clip.analysed",
        subjects={"clip": clip_id},
        facts={"tool": measured.tool, "seconds": _text(measured.seconds), "flags": flags},
        now=now,
    )
    session.flush()
    if not settle(session, clip, actor=system("analyse"), zone=zone, now=now):
        catch_by_officer(session, [clip_id], now)


def conclude_running_time(clip: Clip, described: RunningTime, analysis: Analysis | None) -> None:
    """Set the running time shown, from what describing found and what was measured, if it was."""
    chosen = running_time(
        described,
        analysis.seconds if analysis is not None else None,
        whole=analysis is not None and analysis.whole,
    )
    clip.duration, clip.duration_source = chosen.seconds, chosen.source


def _described(facts: Mapping[str, Any]) -> RunningTime:
    seconds = facts.get("seconds")
    if not isinstance(seconds, (int, float)):
        return RunningTime(None, None)
    return RunningTime(float(seconds), str(facts.get("seconds_source")))


def _text(seconds: float | None) -> str | None:
    """As text: fractions of seconds are no evidence of their own, and other programs write them otherwise."""
    return None if seconds is None else f"{seconds:.3f}"
