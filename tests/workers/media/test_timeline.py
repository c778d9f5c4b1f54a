"""Places of frames, leaps of the clock and lists of stretches: bounded and true whatever a file claims."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from workers.media.analysis import Track
from workers.media.stretches import MOST, Faults, Levels, Stretches
from workers.media.timeline import FEW, MOST_JUMPS, Timeline

stamps = st.lists(st.none() | st.floats(-1e7, 1e7), max_size=300)


@given(stamps, st.sampled_from(["video", "audio"]), st.booleans())
def test_no_times_whatever_break_it(times: list[float | None], track: Track, folds: bool) -> None:
    line = Timeline(track, 0.0, 0.04, folds=folds)
    for stamp in times:
        assert math.isfinite(line.place(stamp, 0.04))
    assert len(line.jumps) <= MOST_JUMPS
    assert len(line.jumps) == min(line.jump_count, MOST_JUMPS)
    rate, kind, shortest, longest = line.rate()
    assert (rate is None) == (kind == "unknown")
    if shortest is not None and longest is not None:
        assert 0 < shortest <= longest


@given(st.integers(1, 120), st.integers(2, 400), st.floats(0, 1e5))
def test_an_even_clock_is_constant_and_never_leaps(rate: int, frames: int, begin: float) -> None:
    line = Timeline("video", begin, 1 / rate)
    places = [line.place(begin + n / rate, 1 / rate) for n in range(frames)]
    assert line.jump_count == 0
    assert abs(places[-1] - (frames - 1) / rate) < 1e-6
    if frames > 2:
        found, kind, _, _ = line.rate()
        assert kind == "constant"
        assert found is not None
        assert abs(found - rate) < 0.1


@given(st.floats(2.0, 1e4), st.integers(5, 50))
def test_a_leap_is_told_once_with_its_length(leap: float, before: int) -> None:
    line = Timeline("video", 0.0, 0.04)
    for n in range(before):
        line.place(n * 0.04, 0.04)
    for n in range(before, before + 20):
        line.place(n * 0.04 + leap, 0.04)
    (found,) = line.jumps
    assert abs(found.seconds - leap) < 0.01
    assert abs(found.at - before * 0.04) < 0.01


@given(st.floats(1e5, 1e9), st.sampled_from(["video", "audio"]), st.integers(0, 5))
def test_one_broken_time_stamp_does_not_make_a_recording_a_year_long(
    stamp: float, track: Track, at: int
) -> None:
    line = Timeline(track, 0.0, 0.04)
    for n in range(10):
        line.place(stamp if n == at else n * 0.04, 0.04)
    assert line.end < 1.0
    assert line.jump_count >= 1


@given(st.floats(11.0, 1e6), st.booleans())
def test_a_clock_started_anew_does_not_stretch_the_recording(leap: float, back: bool) -> None:
    line = Timeline("audio", 0.0, 0.0, folds=True)
    for n in range(50):
        line.place(n * 0.1, 0.1)
    for n in range(50):
        line.place((n + 50) * 0.1 + (-leap if back else leap), 0.1)
    assert abs(line.end - 10.0) < 0.01
    assert line.jump_count == 1


def test_many_different_intervals_take_no_more_room() -> None:
    line = Timeline("video", 0.0, 0.04)
    at = 0.0
    for n in range(5 * FEW):
        at += 0.001 + n * 1e-5
        line.place(at, None)
    assert len(line._intervals) <= FEW
    assert line.rate()[1] == "variable"


@given(st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 100)), max_size=2 * MOST + 50))
def test_stretches_keep_the_longest_and_the_sum_of_all(pairs: list[tuple[float, float]]) -> None:
    kept = Stretches(1.0)
    for start, length in pairs:
        kept.open(start)
        kept.open(start + 0.5)  # one is open: this says nothing new
        kept.close(start + length)
    long = [length for _, length in pairs if length >= 1.0]
    assert len(kept.listed()) <= MOST
    assert math.isclose(kept.seconds, sum(long), rel_tol=1e-6, abs_tol=1e-3)
    if 0 < len(long) <= MOST:
        assert len(kept.listed()) == len(long)
    if long:
        assert abs(max(s.end - s.start for s in kept.listed()) - max(long)) < 0.01


@given(st.lists(st.floats(0, 1e6), max_size=2000))
def test_faults_are_counted_all_and_listed_few(times: list[float]) -> None:
    faults = Faults("video")
    for at in times:
        faults.add(at)
    assert faults.count == len(times) == sum(f.count for f in faults.listed())
    assert len(faults.listed()) <= MOST


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1)), min_size=1, max_size=500))
def test_levels_stay_few_and_their_mean_is_kept(heard: list[tuple[float, float]]) -> None:
    levels = Levels()
    for at, power in heard:
        levels.add(at, power)
    means = levels.means()
    assert len(means) <= levels.most
    found = [mean for mean in means if mean is not None]
    assert found
    assert min(p for _, p in heard) - 1e-9 <= min(found)
    assert max(found) <= max(p for _, p in heard) + 1e-9
