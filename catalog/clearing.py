"""Second read-backs on a station's wish, what may be told of them, and what left a recorder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.incidents import open_incident
from catalog.models import Clip, Copy, Docking, Incident, Sighting, SignedStatement, Stage
from catalog.receipts import statements_for
from catalog.rules.clearing import GOOD_FOR, TRY_AGAIN_AFTER, wants_reread
from catalog.stages import Due, add_stages, request_again

MOST_WAITING = 8
"""Second read-backs waiting or running at once, so that they never hold up what was just docked; stations ask again."""
OF_THE_BYTES = ("digest-mismatch", "object-missing", "lock-missing")
"""Open incidents of these kinds mean that nobody may rely on the clip's bytes in storage."""


@dataclass(frozen=True, slots=True)
class ClearedFile:
    """A file a station removed from a recorder after it had read it again there. Digests hexadecimal, times UTC."""

    path: bytes
    clip: UUID
    sha256: str
    sm3: str
    read_again_at: datetime
    cleared_at: datetime


def request_rereads(session: Session, clips: Sequence[UUID], delay: timedelta, now: datetime) -> list[Due]:
    """Ask for second read-backs of those clips whose delay is over; answer what is to be sent after the commit."""
    if not clips:
        return []
    waiting = session.scalar(
        select(func.count())
        .select_from(Stage)
        .where(Stage.stage == "reread", Stage.state.in_(("pending", "running")))
    )
    room = MOST_WAITING - (waiting or 0)
    doubtful = _doubtful(session, clips)
    statements = statements_for(session, list(clips))
    due: list[Due] = []
    for clip in session.scalars(
        select(Clip).where(Clip.id.in_(clips), Clip.destroyed_at.is_(None)).order_by(Clip.verified_at)
    ):
        if len(due) >= room:
            break
        last = statements.get(clip.id, {}).get("reread")
        wanted = wants_reread(
            verified_at=clip.verified_at,
            reread_at=last.created_at if last else None,
            delay=delay,
            now=now,
        )
        if wanted and clip.id not in doubtful:
            due += _schedule(session, clip.id, now)
    return due


def _schedule(session: Session, clip: UUID, now: datetime) -> list[Due]:
    row = session.get(Stage, (clip, "reread"))
    if row is None:
        return add_stages(session, clip, ("reread",), now)
    if row.state == "done" or (row.state == "failed" and now - row.updated_at > TRY_AGAIN_AFTER):
        again = request_again(session, clip, "reread", now)
        return [again] if again else []
    return []


def _doubtful(session: Session, clips: Sequence[UUID]) -> set[UUID]:
    """Clips with an open incident about their bytes."""
    return {
        clip
        for clip in session.scalars(
            select(Incident.clip_id).where(
                Incident.clip_id.in_(clips),
                Incident.kind.in_(OF_THE_BYTES),
                Incident.resolved_at.is_(None),
            )
        )
        if clip is not None
    }


def vouched_for(
    session: Session, clips: Sequence[UUID], now: datetime | None = None
) -> dict[UUID, dict[str, SignedStatement]]:
    """Answer the newest statement of each kind, without second read-backs the server no longer stands by.

    Such is one about a clip with an open incident about its bytes, or about a copy that was found to differ since,
    or one that is too old at `now`, if that is given: it is made anew when a station asks.
    """
    found = statements_for(session, list(clips))
    doubtful = _doubtful(session, clips)
    differing = {
        (copy.clip_id, copy.key, copy.version)
        for copy in session.scalars(
            select(Copy).where(Copy.clip_id.in_(clips), Copy.mismatched_at.is_not(None))
        )
    }
    destroyed = set(
        session.scalars(select(Clip.id).where(Clip.id.in_(clips), Clip.destroyed_at.is_not(None)))
    )
    for clip, kinds in found.items():
        reread = kinds.get("reread")
        if reread is not None and (
            clip in doubtful
            or clip in destroyed
            or (clip, reread.body["key"], reread.body["version"]) in differing
            or (now is not None and now - reread.created_at > GOOD_FOR)
        ):
            del kinds["reread"]
    return found


def note_cleared(
    session: Session,
    *,
    actor: Actor,
    docking: Docking,
    files: Sequence[ClearedFile],
    confirmed_by: str,
    now: datetime,
) -> int:
    """Take note of what left a recorder; answer how many files of it are news. Repeating it changes nothing.

    A file nobody vouched for is taken note of all the same, since it is gone, and opens an incident.
    """
    sightings = {
        (row.path, row.clip_id): row
        for row in session.scalars(
            select(Sighting).where(
                Sighting.docking_id == docking.id, Sighting.path.in_([file.path for file in files])
            )
        )
    }
    clips = {
        clip.id: clip
        for clip in session.scalars(select(Clip).where(Clip.id.in_({file.clip for file in files})))
    }
    statements = statements_for(session, list(clips))
    news = []
    for file in files:
        clip = clips.get(file.clip)
        row = sightings.get((file.path, clip.id if clip else None))
        if row is None:
            row = Sighting(
                docking_id=docking.id,
                path=file.path,
                shown=file.path.decode("utf-8", "backslashreplace"),
                clip_id=clip.id if clip else None,
                end="held already" if clip else "found",
                bad_ranges=[],
                seen_at=now,
            )
            session.add(row)
            sightings[file.path, row.clip_id] = row
        if row.cleared_at is not None:
            continue
        row.cleared_at = file.cleared_at
        news.append(file)
        if wrong := _unvouched(file, clip, statements.get(file.clip, {})):
            open_incident(
                session,
                actor=actor,
                kind="cleared-unvouched",
                what="A station removed a file from a recorder that the server did not vouch for.",
                clip=clip.id if clip else None,
                details={"docking": str(docking.id), "why": wrong, "sha256": file.sha256, "sm3": file.sm3},
                now=now,
            )
    if news:
        add_entry(
            session,
            actor=actor,
            action="recorder.cleared",
            subjects={
                "recorder": docking.recorder_id,
                "docking": docking.id,
                "clip": sorted({file.clip for file in news if file.clip in clips}),
            },
            facts={
                "files": len(news),
                "by": "confirmation" if confirmed_by else "policy",
                "read_again": [min(f.read_again_at for f in news).isoformat(), max(f.read_again_at for f in news).isoformat()],
                "cleared": [min(f.cleared_at for f in news).isoformat(), max(f.cleared_at for f in news).isoformat()],
            },
            private={"confirmed_by": confirmed_by or None},
            now=now,
        )  # fmt: skip
    return len(news)


def _unvouched(file: ClearedFile, clip: Clip | None, kinds: Mapping[str, SignedStatement]) -> str:
    """Answer what was missing; empty when the server had signed both statements for these bytes."""
    if clip is None:
        return "unknown clip"
    if (file.sha256, file.sm3) != (clip.sha256, clip.sm3):
        return "other digests"
    missing = [kind for kind in ("verified", "reread") if kind not in kinds]
    return f"no statement {' or '.join(missing)}" if missing else ""
