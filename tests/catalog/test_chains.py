"""Parts of one recording: whether they follow each other, by whose word, and what lacks between them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.actors import Actor
from catalog.chains import Chain, chain_of
from catalog.database import Database
from catalog.demo import seed
from catalog.models import Clip, Sighting
from catalog.rules.chains import ENDS, ORIGINS, WITHIN, WITHIN_ELSE, Part, first_missing, joint
from tests.catalog.world import add_clip, add_docking, add_station

BEGIN = datetime(2026, 11, 16, 8, 30, 0)  # noqa: DTZ001 - a recorder's local time
REVIEWER = Actor(kind="person", id=None, name="legal", roles=frozenset({"legal"}))
HOUR = timedelta(hours=1)


def part(number: int, begin: float, seconds: float | None = 600.0, origin: str = "file-name") -> Part:
    """A part that begins so many seconds after `BEGIN`; the file system's time is its end."""
    at = BEGIN + timedelta(seconds=begin + ((seconds or 0.0) if origin == ENDS else 0.0))
    return Part(number, seconds, {origin: at})


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize(
    ("begin", "join", "seconds"), [(600.0, "follows", 0.0), (612.0, "gap", 12.0), (595.0, "overlap", -5.0)]
)
def test_end_of_one_and_beginning_of_the_next(origin: str, begin: float, join: str, seconds: float) -> None:
    found = joint(part(1, 0.0, origin=origin), part(2, begin, 300.0, origin=origin))
    assert (found.join, found.seconds, found.origin, found.missing) == (join, seconds, origin, ())


def test_what_lacks_in_between_is_named_beside_the_time() -> None:
    found = joint(part(1, 0.0), part(4, 1800.0))
    assert (found.join, found.seconds, found.missing) == ("gap", 1200.0, (2, 3))
    assert first_missing(part(3, 0.0), 1) == (1, 2)
    assert first_missing(part(0, 0.0), 0) == ()


def test_a_name_that_says_when_the_whole_recording_began_tells_nothing_and_the_next_word_counts() -> None:
    same = {"file-name": BEGIN}
    one = Part(1, 600.0, same | {ENDS: BEGIN + timedelta(seconds=600)})
    two = Part(2, 300.0, same | {ENDS: BEGIN + timedelta(seconds=930)})
    found = joint(one, two)
    assert (found.join, found.seconds, found.origin) == ("gap", 30.0, ENDS)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (Part(1, 600.0), Part(2, 600.0)),
        (part(1, 0.0, None), part(2, 600.0)),
        (part(1, 0.0), part(2, 600.0, origin="riff-date")),
        (part(1, 0.0), Part(2, 600.0, {"file-name": datetime(2026, 11, 16, tzinfo=UTC)})),
    ],
    ids=["no times", "no length", "other origins", "with and without a zone"],
)
def test_without_times_of_the_same_origin_nothing_is_said(one: Part, two: Part) -> None:
    found = joint(one, two)
    assert (found.join, found.seconds, found.origin) == ("unknown", None, None)


def test_parts_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="order"):
        joint(part(2, 0.0), part(2, 600.0))


@given(
    st.integers(0, 10_000),
    st.integers(1, 500),
    st.floats(0.1, 1e5),
    st.floats(-1e5, 1e6),
    st.sampled_from(ORIGINS),
)
def test_the_gap_is_what_was_put_there_and_is_called_by_its_size(
    number: int, on: int, length: float, gap: float, origin: str
) -> None:
    found = joint(part(number, 0.0, length, origin), part(number + on, length + gap, 60.0, origin))
    assert len(found.missing) == min(on - 1, 100)
    assert all(number < n < number + on for n in found.missing)
    if found.join == "unknown":
        return  # both state the same moment
    assert found.seconds == pytest.approx(gap, abs=0.06)
    within = WITHIN.get(origin, WITHIN_ELSE)
    if abs(gap) > within + 0.1:
        assert found.join == ("gap" if gap > 0 else "overlap")
    if abs(gap) < within - 0.1:
        assert found.join == "follows"


@given(st.integers(-5, 200), st.integers(0, 1))
def test_what_lacks_at_the_beginning(number: int, first: int) -> None:
    found = first_missing(part(number, 0.0), first)
    assert len(found) == max(0, min(100, number - first))
    assert all(first <= n < number for n in found)


@pytest.fixture
def parts(database: Database, now: datetime) -> dict[str, Clip]:
    """Parts 1, 2 and 4 of one recording, a part of another, and a clip that is none."""
    with database.write() as session:
        seed(session, now)
        docking = add_docking(session, add_station(session, now), now)
        made = {}
        for name, chain, number, begin in (
            ("A_0001.MP4", "A", 1, 0), ("A_0002.MP4", "A", 2, 600), ("A_0004.MP4", "A", 4, 1860),
            ("B_0003.MP4", "B", 3, 0), ("ALONE.MP4", "", None, 0),
        ):  # fmt: skip
            made[name] = add_clip(session, now, name, docking=docking, duration=600.0)
            sighting = session.query(Sighting).filter_by(clip_id=made[name].id).one()
            sighting.named = named(chain, number, begin)
    return made


def named(chain: str, number: int | None, begin: int) -> dict[str, Any]:
    at = (BEGIN + timedelta(seconds=begin)).isoformat()
    return {"chain": chain, "part": number, "first_part": 1, "recorded_at": at}


def chain(database: Database, clip: Clip) -> Chain | None:
    with database.read() as session:
        return chain_of(session, session.get_one(Clip, clip.id), REVIEWER)


def test_a_part_that_may_not_be_found_is_neither_named_nor_called_missing(
    database: Database, parts: dict[str, Clip]
) -> None:
    with database.write() as session:
        session.get_one(Clip, parts["A_0002.MP4"].id).restricted = True
    first, fourth = chain(database, parts["A_0001.MP4"]), chain(database, parts["A_0004.MP4"])
    assert first is not None
    assert fourth is not None
    assert (first.parts, first.before, first.after, first.lacking) == (2, None, None, ())
    assert (fourth.parts, fourth.before, fourth.after, fourth.lacking) == (2, None, None, ())
    with database.write() as session:
        session.get_one(Clip, parts["A_0004.MP4"].id).restricted = True
    assert chain(database, parts["A_0001.MP4"]) is None


def test_each_part_knows_its_neighbours(database: Database, parts: dict[str, Clip]) -> None:
    first, second, fourth = (chain(database, parts[f"A_000{n}.MP4"]) for n in (1, 2, 4))
    assert first is not None
    assert second is not None
    assert fourth is not None
    assert (first.before, first.lacking, first.parts) == (None, (), 3)
    assert first.after is not None
    assert (first.after.clip, first.after.joint.join) == (parts["A_0002.MP4"].id, "follows")
    assert second.before is not None
    assert second.after is not None
    assert second.before.joint == first.after.joint
    assert (second.after.number, second.after.joint.join) == (4, "gap")
    assert (second.after.joint.seconds, second.after.joint.missing) == (660.0, (3,))
    assert fourth.before is not None
    assert (fourth.before.clip, fourth.before.joint, fourth.after) == (
        parts["A_0002.MP4"].id,
        second.after.joint,
        None,
    )


def test_a_part_without_the_first_says_so_and_a_whole_recording_says_nothing(
    database: Database, parts: dict[str, Clip]
) -> None:
    third = chain(database, parts["B_0003.MP4"])
    assert third is not None
    assert (third.lacking, third.before, third.after) == ((1, 2), None, None)
    assert chain(database, parts["ALONE.MP4"]) is None


def test_another_recorder_s_parts_do_not_count(
    database: Database, now: datetime, parts: dict[str, Clip]
) -> None:
    from catalog.models import Recorder  # noqa: PLC0415

    with database.write() as session:
        other = Recorder(serial="OTHER", serial_source="usb", label="other", created_at=now)
        session.add(other)
        session.flush()
        station = add_station(session, now, "ST-09")
        docking = add_docking(session, station, now)
        docking.recorder_id = other.id
        clip = add_clip(session, now, "A_0003.MP4", docking=docking)
        session.query(Sighting).filter_by(clip_id=clip.id).one().named = named("A", 3, 1200)
    second = chain(database, parts["A_0002.MP4"])
    assert second is not None
    assert second.after is not None
    assert second.after.number == 4
