"""Reading a whole file back from storage before it is accepted: asked for at once, done by the workers, watched."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.archiving.checking import CHECKABLE, CannotCheck, ReadingProgress, last_reading
from catalog.archiving.contents import contents_of
from catalog.custody.log import add_entry
from catalog.models import Case, FileReading, Stage
from catalog.stages import SEND_AGAIN_AFTER, Due

AT_ONCE = 500


def read_file_back(
    session: Session, *, actor: Actor, case_id: UUID, now: datetime
) -> tuple[FileReading, list[Due]]:
    """Ask that every recording of a file be read back and compared anew; answer what is to be put on the queue.

    Raises CannotCheck. Asking while an earlier reading is under way changes nothing: what is being read is read on. What was
    destroyed by the procedure is asked for no more.
    """
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise CannotCheck("unknown-file")
    if case.state not in CHECKABLE:
        raise CannotCheck("not-to-be-checked")
    under_way = last_reading(session, case_id)
    if under_way is not None and not _over(session, case_id):
        return under_way, []
    clips = sorted({a.clip_id for a in contents_of(session, case_id) if a.clip.destroyed_at is None})
    due: list[Due] = []
    for at in range(0, len(clips), AT_ONCE):
        piece = clips[at : at + AT_ONCE]
        known = set(
            session.scalars(select(Stage.clip_id).where(Stage.stage == "verify", Stage.clip_id.in_(piece)))
        )
        session.add_all(
            Stage(
                clip_id=clip, stage="verify", state="pending", due_at=now + SEND_AGAIN_AFTER, updated_at=now
            )
            for clip in piece
            if clip not in known
        )
        # One that a live worker holds is read to its end, which is after `now` as well.
        session.execute(
            update(Stage)
            .where(
                Stage.stage == "verify", Stage.clip_id.in_(piece),
                ~((Stage.state == "running") & (Stage.lease_until > now)),
            )
            .values(
                state="pending", attempts=0, error="", lease_until=None, progress=None,
                due_at=now + SEND_AGAIN_AFTER, updated_at=now,
            )
        )  # fmt: skip
        due += [Due(clip, "verify") for clip in piece]
    reading = FileReading(case_id=case_id, asked_by=actor.id, asked_at=now, clips=len(clips))
    session.add(reading)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="case.read-back-asked",
        subjects={"case": case_id},
        facts={"reading": str(reading.id)},
        now=now,
    )
    return reading, due


def reading_progress(session: Session, case_id: UUID) -> ReadingProgress | None:
    """Answer how far the newest reading is; None where none was asked for.

    What came into the file after it was asked for is not of it: it would be waited for in vain.
    """
    reading = last_reading(session, case_id)
    if reading is None:
        return None
    clips = {a.clip_id: a.clip for a in contents_of(session, case_id) if a.clip.destroyed_at is None}
    states: dict[UUID, tuple[str, datetime]] = {}
    ids = sorted(clips)
    for at in range(0, len(ids), AT_ONCE):
        rows = session.execute(
            select(Stage.clip_id, Stage.state, Stage.updated_at).where(
                Stage.stage == "verify", Stage.clip_id.in_(ids[at : at + AT_ONCE])
            )
        )
        states |= {clip: (state, updated) for clip, state, updated in rows}
    done = failed = later = 0
    for one, clip in clips.items():
        copies = [copy for copy in clip.copies if copy.mismatched_at is None]
        read = bool(copies) and all(
            copy.verified_at is not None and copy.verified_at >= reading.asked_at for copy in copies
        )
        state, updated = states.get(one, ("failed", reading.asked_at))
        if read and len(copies) == len(clip.copies):
            done += 1
        elif state in {"failed", "done"} and updated < reading.asked_at:
            later += 1  # asking puts a stage to `pending`, so this one was not in the file then
        elif state in {"failed", "done"}:
            failed += 1
    return ReadingProgress(reading, done, failed, len(clips) - later)


def _over(session: Session, case_id: UUID) -> bool:
    progress = reading_progress(session, case_id)
    return progress is None or progress.over
