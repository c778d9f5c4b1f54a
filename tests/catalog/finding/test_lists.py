"""Lists of clips: filters, and pages by key."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from catalog.clips import list_clips, some_without, view_clip
from catalog.database import Database
from catalog.demo import seed
from catalog.finding.wanted import ClipFilter
from catalog.ids import new_id
from tests.catalog.world import add_clip, add_docking, add_station


@pytest.fixture
def some(database: Database, now: datetime) -> Database:
    with database.write() as session:
        seed(session, now)
        docking = add_docking(session, add_station(session, now), now)
        for n in range(5):
            add_clip(session, now, f"VID_{n}.MP4", docking=docking, recorded=now - timedelta(hours=n))
        add_clip(
            session,
            now + timedelta(hours=1),
            "录音_100%.WAV",
            kind="audio",
            verified=False,
            flags=["truncated"],
        )
    return database


def names(database: Database, **wanted: object) -> list[str]:
    with database.read() as session:
        return [c.name for c in list_clips(session, ClipFilter(**wanted)).clips]  # type: ignore[arg-type]


def test_newest_first(some: Database) -> None:
    assert names(some) == ["录音_100%.WAV", "VID_4.MP4", "VID_3.MP4", "VID_2.MP4", "VID_1.MP4", "VID_0.MP4"]
    assert names(some, order="recorded") == [f"VID_{n}.MP4" for n in range(5)]


@pytest.mark.parametrize("order", ["received", "recorded"])
def test_pages_meet_without_gap_or_double(some: Database, order: str) -> None:
    found: list[str] = []
    after = None
    with some.read() as session:
        while True:
            page = list_clips(session, ClipFilter(order=order), after, limit=2)  # type: ignore[arg-type]
            found += [c.name for c in page.clips]
            after = page.next
            if after is None:
                break
    assert found == names(some, order=order)
    assert len(set(found)) == len(found)


def test_clips_without_a_recording_time_are_told_of(some: Database) -> None:
    with some.read() as session:
        assert some_without(session, ClipFilter(order="recorded"))
        assert some_without(session, ClipFilter(order="recorded", kind="audio"))
        assert not some_without(session, ClipFilter(order="recorded", kind="video"))
        assert not some_without(session, ClipFilter(kind="audio"))
        assert some_without(session, ClipFilter(order="duration", kind="video"))


def test_filters(some: Database, now: datetime) -> None:
    assert names(some, kind="audio") == ["录音_100%.WAV"]
    assert names(some, state="waiting") == ["录音_100%.WAV"]
    assert names(some, state="attention") == ["录音_100%.WAV"]
    assert len(names(some, state="verified")) == 5
    assert len(names(some, unattached=True)) == 6
    assert names(some, order="recorded", timed_by="recorded", since=now - timedelta(hours=1), until=now) == [
        "VID_1.MP4"
    ]
    assert names(some, recorder=new_id()) == []


def test_words_are_words_and_no_pattern(some: Database) -> None:
    assert names(some, words="录音") == ["录音_100%.WAV"]
    assert names(some, words="%") == ["录音_100%.WAV"]
    assert names(some, words="vid_4") == ["VID_4.MP4"]
    assert names(some, words="V_D") == []


def test_a_clip_with_all_around_it(some: Database) -> None:
    with some.read() as session:
        clip = list_clips(session, ClipFilter(kind="video")).clips[0]
        view = view_clip(session, clip.id)
        assert view is not None
        assert view.sightings[0].docking.station.code == "ST-02"
        assert view.stage("verify") is not None
        assert view.stage("dream") is None
        assert view.rendition("player") is None
        assert view_clip(session, new_id()) is None
