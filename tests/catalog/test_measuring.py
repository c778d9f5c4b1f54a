"""What was measured is kept apart from what was described; neither wipes the other, however often either is done."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from catalog.clips import view_clip
from catalog.database import Database
from catalog.demo import seed
from catalog.describing import Found, keep_description
from catalog.measuring import keep_analysis
from catalog.models import Clip, CustodyEntry, Stage
from catalog.rules.measured import ALL_OF_IT, FLAGS, MUCH_OF_IT, Measured, RunningTime, flags_of, running_time
from catalog.stages import Due, sweep
from tests.catalog.world import add_clip, entries

ZONE = ZoneInfo("Asia/Shanghai")
SOUND = Measured(
    seconds=60.0, whole=True, tool="PyAV 18", picture_seconds=60.0, picture_end=60.0, sound_seconds=60.0, sound_end=60.0
)  # fmt: skip
SILENT = replace(SOUND, silence_seconds=60.0, seconds=58.5)
DESCRIBED = Found(
    {"seconds": 61.0, "seconds_source": "header"},
    "video",
    "original",
    duration=61.0,
    duration_source="header",
    warnings=["truncated"],
)


@pytest.fixture
def clip(database: Database, now: datetime) -> Clip:
    with database.write() as session:
        seed(session, now)
        return add_clip(session, now, "A.MP4", flags=["partial"])


@pytest.mark.parametrize(
    "order", sorted(set(permutations(["describe", "describe", "analyse", "analyse"]))), ids="-".join
)
def test_neither_wipes_the_other(
    database: Database, now: datetime, clip: Clip, order: tuple[str, ...]
) -> None:
    for one in order:
        with database.write() as session:
            if one == "describe":
                keep_description(session, clip.id, DESCRIBED, zone=ZONE, now=now)
            else:
                keep_analysis(session, clip.id, {"seconds": 58.5}, SILENT, zone=ZONE, now=now)
    with database.read() as session:
        view = view_clip(session, clip.id)
    assert view is not None
    assert sorted(view.clip.flags) == ["partial", "silent", "truncated"]
    assert view.clip.facts["seconds"] == 61.0
    assert view.clip.analysis is not None
    assert view.clip.analysis.found == {"seconds": 58.5}
    assert (view.clip.analysis.tool, view.clip.analysis.source_sha256) == ("PyAV 18", clip.sha256)
    assert (view.clip.duration, view.clip.duration_source) == (58.5, "decoded")


def test_measuring_again_takes_back_what_holds_no_longer(
    database: Database, now: datetime, clip: Clip
) -> None:
    for found in (SILENT, SOUND):
        with database.write() as session:
            keep_analysis(session, clip.id, {}, found, zone=ZONE, now=now)
    with database.read() as session:
        assert session.get_one(Clip, clip.id).flags == ["partial"]
        first, second = (
            json.loads(session.get_one(CustodyEntry, entry).record)["facts"]
            for entry in entries(session, "clip.analysed")
        )
    assert sorted(map(str, (first["flags"], second["flags"]))) == ["['silent']", "[]"]


def test_a_recording_not_decoded_to_its_end_keeps_the_running_time_described(
    database: Database, now: datetime, clip: Clip
) -> None:
    with database.write() as session:
        keep_description(session, clip.id, DESCRIBED, zone=ZONE, now=now)
        keep_analysis(session, clip.id, {}, replace(SOUND, whole=False, seconds=3.0), zone=ZONE, now=now)
    with database.read() as session:
        row = session.get_one(Clip, clip.id)
    assert (row.duration, row.duration_source) == (61.0, "header")
    assert "not-measured-whole" in row.flags


def test_recordings_held_before_are_asked_for_by_the_upgrade(database: Database, now: datetime) -> None:
    """Those that have a running time and are described; the others follow by themselves, or have none."""
    upgrade = import_module("catalog.migrations.versions.0005_analyses")
    with database.write() as session:
        seed(session, now)
        film = add_clip(session, now, "A.MP4").id
        add_clip(session, now, "A.JPG", kind="photo")
        add_clip(session, now, "B.MP4", verified=False)  # not described yet
        session.execute(text("DELETE FROM stages WHERE stage = 'analyse'"))
        session.execute(text(upgrade.ASK_FOR_ALL))
    with database.write() as session:
        (asked,) = session.scalars(select(Stage).where(Stage.stage == "analyse"))
        assert (asked.clip_id, asked.state, asked.attempts, asked.error) == (film, "pending", 0, "")
        later = datetime.now(UTC) + timedelta(hours=1)
        assert Due(film, "analyse") in sweep(session, later), "the sweeper sends it"


seconds = st.floats(min_value=0, max_value=1e6, allow_nan=False)
measured = st.builds(
    Measured,
    seconds=st.none() | seconds,
    whole=st.booleans(),
    picture_seconds=st.none() | seconds,
    picture_end=st.none() | seconds,
    black_seconds=seconds,
    frozen_seconds=seconds,
    sound_seconds=st.none() | seconds,
    sound_end=st.none() | seconds,
    silence_seconds=seconds,
    missing_tail=st.none() | seconds,
    faults=st.integers(0, 100),
    jumps=st.integers(0, 100),
)


@given(measured)
def test_flags_are_known_sorted_and_never_said_of_a_track_that_is_not_there(found: Measured) -> None:
    flags = flags_of(found)
    assert flags == sorted(set(flags))
    assert set(flags) <= FLAGS
    assert not ("silent" in flags and not found.sound_seconds)
    assert not ({"black", "frozen"} & set(flags) and not found.picture_seconds)
    assert ("decode-errors" in flags) == (found.faults > 0)
    assert ("time-jumps" in flags) == (found.jumps > 0)
    assert ("not-measured-whole" in flags) != found.whole
    assert not ("missing-tail" in flags and (found.missing_tail or 0) <= 2)


@given(measured, seconds)
def test_more_silence_never_makes_it_less_silent(found: Measured, more: float) -> None:
    louder = replace(found, silence_seconds=found.silence_seconds + more)
    assert not ("silent" in flags_of(found) and "silent" not in flags_of(louder))


def test_where_the_lines_are() -> None:
    assert flags_of(SOUND) == []
    assert "silent" in flags_of(replace(SOUND, silence_seconds=60 * ALL_OF_IT))
    assert "silent" not in flags_of(replace(SOUND, silence_seconds=60 * ALL_OF_IT - 1))
    assert flags_of(replace(SOUND, black_seconds=60 * MUCH_OF_IT, frozen_seconds=60 * MUCH_OF_IT)) == [
        "black"
    ]
    assert flags_of(replace(SOUND, frozen_seconds=60 * MUCH_OF_IT)) == ["frozen"]
    assert flags_of(replace(SOUND, missing_tail=2.1)) == ["missing-tail"]
    assert flags_of(replace(SOUND, missing_tail=1.9)) == []
    assert flags_of(replace(SOUND, sound_end=57.0)) == ["track-ends-early"]


@given(st.none() | seconds, st.none() | seconds, st.booleans())
def test_the_running_time_shown_is_one_of_those_found(
    header: float | None, decoded: float | None, whole: bool
) -> None:
    shown = running_time(RunningTime(header, "header"), decoded, whole=whole)
    assert shown in (RunningTime(header, "header"), RunningTime(decoded, "decoded"))
    assert (shown.source == "decoded") == (whole and bool(decoded))
