"""The rule of R2.13, against brute force second by second and against the cases people will ask about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.rules.coverage import (
    EDGE,
    EDGE_SHARE,
    JOIN,
    LEVELS,
    REASONS,
    Footage,
    Judgement,
    StepFacts,
    judge,
    uncovered,
)
from catalog.rules.coverage_notes import STATES, Named, hinders_archiving, lacking, state_of
from catalog.rules.recording_rules import Asked

T = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LATER = T + timedelta(days=1)
MUST = Asked(
    "must", "whole", frozenset({"video", "audio"}), (("tell-recording",), ("signed", "not-signed")), ("row",)
)


def at(seconds: float) -> datetime:
    return T + timedelta(seconds=seconds)


def film(start: float, length: float, **more: object) -> Footage:
    return Footage(
        **{"key": f"{start} {length}", "kind": "video", "start": at(start), "length": length, **more}
    )  # type: ignore[arg-type]


def step(*footage: Footage, minutes: float = 60, record: bool = False) -> StepFacts:
    return StepFacts(None, T, at(minutes * 60), footage, record)


# Brute force


def covered_seconds(length: int, footage: list[Footage]) -> list[bool]:
    """Second by second: each clock in turn, the surest first, tries every shift in whole seconds and takes the best."""
    clocks: dict[str, tuple[int, list[tuple[int, int]]]] = {}
    for one in footage:
        assert one.start is not None
        assert one.length is not None
        begin = int((one.start - T).total_seconds())
        low, high = one.part or (0, one.length)
        piece = (begin + int(low), begin + int(min(high, one.length)))
        error, pieces = clocks.get(one.clock or one.key, (int(one.error), []))
        clocks[one.clock or one.key] = (min(error, int(one.error)), [*pieces, piece])
    covered = [False] * length
    for error, pieces in sorted(clocks.values(), key=lambda c: (c[0], sorted(c[1]))):

        def with_shift(shift: int, pieces: list[tuple[int, int]] = pieces) -> list[bool]:
            return [
                there or any(a + shift <= second < b + shift for a, b in pieces)
                for second, there in enumerate(covered)  # noqa: B023
            ]

        best = max(range(-error, error + 1), key=lambda s: (sum(with_shift(s)), -abs(s), s))
        covered = with_shift(best)
    return covered


def gaps(covered: list[bool]) -> list[tuple[int, int]]:
    found, since = [], None
    for second, there in enumerate([*covered, True]):
        if not there and since is None:
            since = second
        if there and since is not None:
            found.append((since, second))
            since = None
    length = len(covered)
    edge = min(EDGE, length * EDGE_SHARE)
    return [(a, b) for a, b in found if b - a > (edge if a == 0 or b == length else JOIN)]


pieces = st.builds(
    lambda number, start, length, error, clock, part: Footage(
        key=str(number), kind="video", start=at(start), length=float(length), error=float(error), clock=clock,
        part=None if part is None else (float(part[0]), float(part[0] + part[1])),
    ),
    st.integers(0, 10**9), st.integers(-80, 260), st.integers(1, 200), st.integers(0, 12), st.sampled_from(["a", "b", ""]),
    st.none() | st.tuples(st.integers(0, 60), st.integers(1, 100)),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(length=st.integers(1, 240), footage=st.lists(pieces, max_size=4, unique_by=lambda one: one.key))
def test_spans_are_those_that_counting_every_second_finds(length: int, footage: list[Footage]) -> None:
    footage = [one for one in footage if one.part is None or one.part[0] < (one.length or 0)]
    spans, _ = uncovered(T, at(length), footage)
    by_second = covered_seconds(length, footage)
    expected = gaps(by_second) if any(by_second) else [(0, length)]
    assert [((a - T).total_seconds(), (b - T).total_seconds()) for a, b in spans] == expected


@settings(max_examples=150, deadline=None)
@given(
    length=st.integers(1, 7200),
    footage=st.lists(pieces, max_size=5),
    record=st.booleans(),
    now=st.integers(-100, 9000),
)
def test_more_recordings_never_make_it_worse_and_what_lacks_lies_within_the_step(
    length: int, footage: list[Footage], record: bool, now: int
) -> None:
    facts = StepFacts(None, T, at(length), footage, record)
    found = judge(MUST, facts, at(now))
    assert found.level in LEVELS
    assert set(found.reasons) <= set(REASONS)
    assert all(T <= a < b <= at(length) for a, b in found.spans)
    assert (found.level == "missing") == bool(found.spans or found.moments or found.record_missing)
    more = judge(
        MUST, StepFacts(None, T, at(length), [*footage, film(-60, length + 120, key="all")], record), at(now)
    )
    assert more.level == ("not-yet" if now < length else "whole")


# What people will ask


def test_whole_process() -> None:
    assert judge(MUST, step(film(0, 3600)), LATER).level == "whole"
    assert judge(MUST, step(film(50, 3500)), LATER).level == "whole", "times of a step are entered in minutes"
    found = judge(MUST, step(film(0, 1800)), LATER)
    assert (found.level, found.spans) == ("missing", ((at(1800), at(3600)),))


def test_parts_of_a_cut_recording_are_one() -> None:
    """A name that states in every part when the whole began does not double the beginning and lose the end."""
    first = film(0, 1800, key="1", clock="r")
    assert judge(MUST, step(first, film(1802, 1798, key="2", clock="r")), LATER).level == "whole"
    assert judge(MUST, step(first, film(0, 1800, key="2", clock="r", follows="1")), LATER).level == "whole"
    assert judge(MUST, step(first, film(1810, 1790, key="2", clock="r")), LATER).spans == (
        (at(1800), at(1810)),
    )


def test_a_circle_of_parts_ends() -> None:
    found = judge(MUST, step(film(0, 1800, key="1", follows="2"), film(0, 1800, key="2", follows="1")), LATER)
    assert found.level in {"whole", "missing"}


def test_an_inexact_clock_shifts_a_recording_and_makes_it_no_longer() -> None:
    late = film(240, 3600, error=300.0)
    assert judge(MUST, step(late), LATER).level == "whole"
    assert "clock-shifted" in judge(MUST, step(late), LATER).reasons
    assert judge(MUST, step(film(240, 3600, error=100.0)), LATER).spans == ((at(0), at(140)),)
    short = film(240, 3000, error=300.0)
    assert sum((b - a).total_seconds() for a, b in judge(MUST, step(short), LATER).spans) >= 540
    moment = judge(MUST, step(film(100, 60, error=300.0), minutes=10), LATER)
    assert moment.level == "missing", "one minute of ten is not the whole process, whatever the clock"


def test_recordings_by_one_clock_shift_together() -> None:
    one, other = film(0, 1000, error=300.0, clock="r"), film(1600, 2000, error=300.0, clock="r")
    assert judge(MUST, step(one, other), LATER).spans == ((at(1000), at(1600)),)


def test_a_range_covers_what_it_is() -> None:
    found = judge(MUST, step(film(0, 3600, part=(600.0, 3600.0))), LATER)
    assert found.spans == ((at(0), at(600)),)


def test_key_moments_need_the_written_record_too() -> None:
    """R2.13: key moments must still be recorded, and the written record made."""
    marked = film(0, 600, marks=("tell-recording", "not-signed"))
    assert judge(MUST, step(marked, record=True), LATER).level == "key-moments"
    without = judge(MUST, step(marked), LATER)
    assert (without.level, without.record_missing, without.moments) == ("missing", True, ())
    half = judge(MUST, step(film(0, 600, marks=("signed",)), record=True), LATER)
    assert (half.level, half.moments) == ("missing", (("tell-recording",),))
    paper = Footage(key="doc", kind="document")
    assert judge(MUST, step(marked, paper), LATER).level == "key-moments"
    assert judge(MUST, step(paper, record=True), LATER).reasons[:2] == ("span-missing", "nothing-recorded")


def test_photos_count_where_the_row_takes_them() -> None:
    asked = Asked(
        "must", "moments", frozenset({"video", "photo", "document"}), (("left-in-place",),), ("row",)
    )
    photo, shot = Footage(key="p", kind="photo"), Footage(key="d", kind="document")
    assert judge(asked, step(photo, record=True, minutes=5), LATER).level == "key-moments"
    assert judge(MUST, step(photo, record=True), LATER).level == "missing"
    assert judge(asked, step(shot, minutes=5), LATER).record_missing, (
        "a screenshot is not its own written record"
    )
    assert (
        judge(asked, step(shot, Footage(key="e", kind="document"), minutes=5), LATER).level == "key-moments"
    )
    only = judge(asked, step(film(0, 100), minutes=10), LATER)
    assert (only.spans, only.moments) == ((), (("left-in-place",),)), (
        "moments are asked for, not the time between"
    )


def test_a_recording_of_no_known_time_covers_nothing_but_its_marks_count() -> None:
    unknown = Footage(key="x", kind="video", length=9999.0, marks=("tell-recording", "signed"))
    assert judge(MUST, step(unknown, record=True), LATER).level == "key-moments"
    found = judge(MUST, step(unknown), LATER)
    assert found.spans == ((T, at(3600)),)
    assert "time-unknown" in found.reasons


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (StepFacts(at(5), None, None), "planned-later"),
        (StepFacts(None, at(5), None), "planned-later"),
        (StepFacts(None, at(-60), at(60)), "planned-later"),
        (StepFacts(at(-5), None, None), "time-missing"),
        (StepFacts(None, None, None), "time-missing"),
        (StepFacts(None, at(-60), None), "time-missing"),
        (StepFacts(None, at(-60), at(-61)), "time-wrong"),
    ],
)
def test_not_yet(facts: StepFacts, reason: str) -> None:
    found = judge(MUST, facts, T)
    assert (found.level, found.reasons) == ("not-yet", (reason,))
    assert (found.review_at is not None) == (reason == "planned-later")


def test_what_need_not_be_recorded_lacks_nothing() -> None:
    assert judge(Asked("need-not"), StepFacts(None, None, None), T).reasons == ("no-row",)
    assert judge(Asked("need-not", rows=("r",)), step(), LATER).level == "not-required"


def test_a_moment_is_a_step_too() -> None:
    assert judge(MUST, StepFacts(None, T, T, [film(-10, 30)]), LATER).level == "whole"
    assert judge(MUST, StepFacts(None, T, T, [film(100, 30)]), LATER).level == "missing"
    assert judge(MUST, StepFacts(None, T, at(30), []), LATER).spans == ((T, at(30)),)


# Explanations


def missing(*spans: tuple[float, float], record: bool = False) -> Judgement:
    return Judgement("missing", tuple((at(a), at(b)) for a, b in spans), (), record, ("span-missing",))


def named(*spans: tuple[float, float], decision: object = None, record: bool = False) -> Named:
    return Named("missing", [(at(a), at(b)) for a, b in spans], (), record, decision)  # type: ignore[arg-type]


def test_an_explanation_holds_for_what_it_named() -> None:
    gap = missing((0, 600))
    assert state_of(gap, must=True, notes=[]) == "unexplained"
    assert state_of(gap, must=False, notes=[]) == "fine"
    assert state_of(gap, must=True, notes=[named((0, 600))]) == "explained"
    assert state_of(gap, must=True, notes=[named((0, 600), decision="confirm")]) == "confirmed"
    assert state_of(gap, must=True, notes=[named((0, 600), decision="send-back")]) == "returned"
    assert (
        state_of(gap, must=True, notes=[named((0, 600), decision="send-back"), named((0, 600))])
        == "explained"
    )
    both = [named((0, 300), decision="confirm"), named((300, 600), decision="confirm")]
    assert state_of(gap, must=True, notes=both) == "confirmed"
    assert state_of(missing((0, 700)), must=True, notes=both) == "unexplained", (
        "a new gap needs a new explanation"
    )
    assert state_of(missing((0, 500)), must=True, notes=both) == "confirmed", "a smaller one does not"
    assert state_of(missing((0, 600), record=True), must=True, notes=both) == "unexplained"


def test_a_step_that_never_was_is_explained_as_such() -> None:
    untimed = Judgement("not-yet", reasons=("time-missing",))
    assert state_of(untimed, must=True, notes=[]) == "untimed"
    said = Named("not-yet", (), (), record=False, decision="confirm")
    assert state_of(untimed, must=True, notes=[said]) == "confirmed"
    assert state_of(missing((0, 600)), must=True, notes=[said]) == "unexplained", "times were entered since"
    assert state_of(Judgement("not-yet", reasons=("planned-later",)), must=True, notes=[]) == "fine"


spans = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 20)).map(lambda s: (s[0] * 10, s[0] * 10 + s[1] * 10)),
    max_size=4,
)


@given(lacking_spans=spans, said=spans)
def test_lacking_is_what_no_second_of_is_named(
    lacking_spans: list[tuple[int, int]], said: list[tuple[int, int]]
) -> None:
    found, _, _ = lacking(missing(*lacking_spans), [named(*said)])
    seconds = {second for a, b in said for second in range(a, b)}
    assert [((a - T).total_seconds(), (b - T).total_seconds()) for a, b in found] == [
        (a, b) for a, b in lacking_spans if not set(range(a, b)) <= seconds
    ]


@given(states=st.lists(st.sampled_from(STATES)))
def test_archived_only_with_signed_explanations(states: list[str]) -> None:
    why = hinders_archiving(states)  # type: ignore[arg-type]
    assert (why is None) == (set(states) <= {"fine", "confirmed"})
    assert why in {None, "coverage-unexplained", "coverage-unconfirmed"}
