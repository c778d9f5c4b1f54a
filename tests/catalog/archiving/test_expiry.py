"""What expires when: only settled dates, by the bureau's months, and why the others have none."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from catalog.archiving.expiry import GROUPS, clips_until, files_until, months, undated, undated_clips
from catalog.models import Attachment, Case, Clip
from tests.catalog.archiving.conftest import NOW, Archive
from tests.catalog.world import add_clip

ZONE = ZoneInfo("Asia/Shanghai")
LAST_NIGHT = datetime(2056, 11, 30, 20, tzinfo=UTC)
"""1 December in Shanghai."""


def settle(
    archive: Archive, case: UUID, state: str = "archived", until: datetime = LAST_NIGHT, **more: object
) -> None:
    with archive.database.write() as session:
        session.get_one(Case, case).state = state
        for clip in session.scalars(select(Clip).join(Attachment).where(Attachment.step.has(case_id=case))):
            clip.lock_desired = until
            for name, value in more.items():
                setattr(clip, name, value)


def test_months_are_the_bureaus(archive: Archive) -> None:
    case = archive.case()
    archive.clip(case, "a.mp4")
    archive.clip(case, "b.mp4")
    settle(archive, case)
    who = archive.people["archivist"]
    with archive.database.read() as session:
        found = months(session, who, ZONE)
        assert (dict(found.clips), dict(found.files)) == ({(2056, 12): 2}, {(2056, 12): 1})
        assert (found.years, found.year(2056), found.year(2055)) == ([2056], (2, 1), (0, 0))
        since, until = datetime(2056, 12, 1, tzinfo=ZONE), datetime(2057, 1, 1, tzinfo=ZONE)
        (line,) = files_until(session, who, since, until)
        assert (line.case.id, line.until, line.clips) == (case, LAST_NIGHT, 2)
        assert len(clips_until(session, who, since, until)) == 2
        assert clips_until(session, who, until, datetime(2058, 1, 1, tzinfo=ZONE)) == []
        assert files_until(session, who, None, since) == []
        assert undated(session, who) == dict.fromkeys(GROUPS, 0)


def test_what_cannot_be_told(archive: Archive) -> None:
    held, opened, both, settled = (archive.case(t) for t in ("held", "open", "both", "settled"))
    archive.clip(held, "held.mp4")
    archive.clip(opened, "open.mp4")
    shared = archive.clip(both, "both.mp4")
    archive.clip(settled, "settled.mp4")
    settle(archive, held, hold_desired=True)
    settle(archive, both)
    settle(archive, settled)
    with archive.database.write() as session:
        add_clip(session, NOW, "nowhere.mp4")
        add_clip(session, NOW, "hidden.mp4", restricted=True)
        add_clip(session, NOW, "gone.mp4", destroyed_at=NOW)
        # The same recording is on an open case as well, so it has no end.
        step = session.scalars(select(Attachment).join(Clip).where(Clip.name == "open.mp4")).one().step_id
        session.add(Attachment(clip_id=shared, step_id=step, role="process", volume="main", attached_at=NOW))
    who = archive.people["archivist"]
    with archive.database.read() as session:
        assert undated(session, who) == {"held": 1, "case-open": 2, "unattached": 1}
        names = {group: {c.name for c in undated_clips(session, who, group)} for group in GROUPS}
        assert names == {
            "held": {"held.mp4"},
            "case-open": {"open.mp4", "both.mp4"},
            "unattached": {"nowhere.mp4"},
        }
        found = months(session, who, ZONE)
        assert (dict(found.clips), dict(found.files)) == ({(2056, 12): 1}, {(2056, 12): 1})
        with pytest.raises(KeyError):
            undated_clips(session, who, "x")


def test_a_file_with_one_held_recording_has_no_date(archive: Archive) -> None:
    case = archive.case()
    archive.clip(case, "a.mp4")
    archive.clip(case, "b.mp4")
    settle(archive, case)
    with archive.database.write() as session:
        session.scalars(select(Clip).where(Clip.name == "a.mp4")).one().hold_desired = True
    with archive.database.read() as session:
        found = months(session, None, ZONE)
        assert (dict(found.clips), dict(found.files)) == ({(2056, 12): 1}, {})
