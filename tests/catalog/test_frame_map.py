"""From a time on the copy to the frame of the original and back: pure functions."""

from __future__ import annotations

import json
import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.frame_map import (
    FrameMap,
    frame_at,
    from_json,
    map_frames,
    time_of,
    to_json,
    without_second_fields,
)

NINETY = Fraction(1, 90_000)
OUT = Fraction(1, 16_000)

STEPS = st.lists(st.integers(600, 20_000), min_size=3, max_size=120)
"""Between frames, in units of 1/90000 s: 4 to 150 frames a second."""
OFFSETS = st.integers(-900_000, 90_000_000)


def stamps_of(first: int, steps: list[int]) -> list[int]:
    found = [first]
    for step in steps:
        found.append(found[-1] + step)
    return found


def copied(stamps: list[int], shift: int = 0) -> list[int]:
    """What a copy's stamps would be: begun at its own 0, rounded to its units."""
    return [round((stamp - stamps[0] + shift) * NINETY / OUT) for stamp in stamps]


@given(OFFSETS, STEPS)
def test_every_frame_is_found_again_whatever_the_steps_and_the_start(first: int, steps: list[int]) -> None:
    stamps = stamps_of(first, steps)
    frames = map_frames(stamps, NINETY, copied(stamps), OUT)
    assert frames is not None
    assert frames.absent == ()
    for number, stamp in enumerate(stamps):
        at = time_of(frames, number)
        assert at is not None
        for place in (at, float(at), float(at) + 0.0008, float(at) - 0.0008):
            found = frame_at(frames, place)
            assert (found.number, found.stamp) == (number, stamp)
    assert from_json(json.loads(json.dumps(to_json(frames)))) == frames


@given(OFFSETS, STEPS, st.data())
def test_frames_that_the_copy_lacks_are_named_and_the_one_before_shows(
    first: int, steps: list[int], data: st.DataObject
) -> None:
    stamps = stamps_of(first, [*steps, *steps])
    lost = data.draw(st.integers(1, len(stamps) - 2))
    some = [s for n, s in enumerate(stamps) if n != lost]
    frames = map_frames(stamps, NINETY, copied(some), OUT)
    assert frames is not None
    if frames.shift == stamps[0] * NINETY:  # else another start fits as well, as with steps that repeat
        assert frames.absent == ((lost, lost),)
        assert time_of(frames, lost) is None
        assert frame_at(frames, float((stamps[lost] - stamps[0]) * NINETY)).number == lost - 1


def test_a_copy_that_begins_later_is_recognised() -> None:
    """The first frames could not be decoded: the copy begins with the fourth, at its own 0."""
    stamps = stamps_of(1000, [3003, 3010, 2990, 3003, 4004, 3003, 2000, 3003, 3050])
    frames = map_frames(stamps, NINETY, copied(stamps[3:]), OUT)
    assert frames is not None
    assert frames.absent == ((0, 2),)
    assert frame_at(frames, 0).number == 3
    assert frame_at(frames, 0).seconds == pytest.approx((stamps[3] - stamps[0]) / 90_000)


def test_fields_are_counted_as_frames() -> None:
    fields = stamps_of(93_600, [1800] * 99)
    frames = map_frames(fields, NINETY, copied(fields[::2]), OUT)
    assert frames is not None
    whole = without_second_fields(frames)
    assert whole.stamps == tuple(fields[::2])
    assert whole.absent == ()
    assert frame_at(whole, 0.04).number == 1
    steady = map_frames(fields, NINETY, copied(fields), OUT)
    assert steady is not None
    assert without_second_fields(steady) == steady


def test_a_wrong_stamp_of_the_recorder_leaves_no_map() -> None:
    """As in a camera's file: one frame's stamp is that of another moment, and the copy's later frames come earlier."""
    original = [0, 3003, 4004, 5005, 6006, 7007, 4505, 9009, 11_011, 12_012, 13_013]
    copy = [0, 3003, 4004, 5005, 6006, 7007, 8008, 9009, 10_010, 11_011, 12_012]
    assert map_frames(original, Fraction(1, 30_000), copy, Fraction(1, 30_000)) is None


def test_before_the_first_and_after_the_last() -> None:
    frames = FrameMap(NINETY, (0, 3000, 6000), Fraction(0), ())
    assert frame_at(frames, -5).number == 0
    assert frame_at(frames, 99).number == 2
    with pytest.raises(IndexError):
        time_of(frames, 3)
    with pytest.raises(IndexError):
        time_of(frames, -1)


def test_what_does_not_fit_together_has_no_map() -> None:
    assert map_frames([], NINETY, [0], OUT) is None
    assert map_frames([0], NINETY, [], OUT) is None
    other = [n * 9_000 for n in range(50)]
    assert (
        map_frames(
            stamps_of(0, [3003] * 200), NINETY, [round(s * 7.7) + n * n for n, s in enumerate(other)], OUT
        )
        is None
    )


@pytest.mark.parametrize(
    "change",
    [{"version": 2}, {"frames": 7}, {"steps": [[2, 0]]}, {"steps": [[-2, 3]]}],
    ids=["version", "frames", "no-step", "backwards"],
)
def test_a_map_that_is_none_is_refused(change: dict[str, object]) -> None:
    whole = to_json(FrameMap(NINETY, (0, 3000, 6000), Fraction(0), ()))
    with pytest.raises(ValueError):
        from_json(whole | change)


def test_hours_are_mapped_quickly_and_kept_small() -> None:
    stamps = stamps_of(12_345, [3000 if n % 7 else 3001 for n in range(200_000)])
    began = time.process_time()
    frames = map_frames(stamps, NINETY, copied(stamps), OUT)
    assert frames is not None
    assert time.process_time() - began < 10
    steady = map_frames(stamps_of(0, [3000] * 200_000), NINETY, copied(stamps_of(0, [3000] * 200_000)), OUT)
    assert steady is not None
    assert len(json.dumps(to_json(steady))) < 200
