"""The strip of a case file's life."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.case_life import MOVES
from catalog.rules.life_strip import WAY, MoveMade, strip_of

BEGAN = datetime(2026, 1, 5, 9, tzinfo=UTC)


def made(*moves: str) -> list[MoveMade]:
    return [
        MoveMade(m, MOVES[m].target, BEGAN + timedelta(days=n + 1), f"by {m}") for n, m in enumerate(moves)
    ]


def shown(state: str, *moves: str) -> list[tuple[str, str, str]]:
    return [(s.state, s.look, s.by) for s in strip_of(state, BEGAN, made(*moves))]


def test_half_way() -> None:
    assert shown("made-up", "finish", "make-up")[:4] == [
        ("open", "done", ""),
        ("finished", "done", "by finish"),
        ("made-up", "now", "by make-up"),
        ("corrected", "ahead", ""),
    ]


def test_a_hand_over_has_two_names() -> None:
    moves = ("finish", "make-up", "correct", "pass", "hand-over", "accept")
    assert ("handed-over", "done", "by hand-over") in shown("accepted", *moves)
    assert ("accepted", "now", "by accept") in shown("accepted", *moves)


def test_what_was_signed_before_a_return_stands_no_more() -> None:
    strip = shown("returned", "finish", "make-up", "correct", "return")
    assert strip[1:4] == [
        ("finished", "done", "by finish"),
        ("returned", "back", "by return"),
        ("made-up", "ahead", ""),
    ]


def test_after_reopening_all_begins_anew() -> None:
    strip = shown("open", "finish", "make-up", "correct", "pass", "reopen")
    assert strip[0] == ("open", "now", "by reopen")
    assert all(look == "ahead" and not by for _, look, by in strip[1:])


def test_a_lead_comes_first_and_a_dropped_one_ends() -> None:
    assert [s for s, *_ in shown("open", "file")][:2] == ["lead", "open"]
    assert shown("dropped", "drop") == [("lead", "done", ""), ("dropped", "now", "by drop")]


@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=25))
def test_any_way_has_one_place_where_it_is(asked: list[str]) -> None:
    state, moves = "lead", []
    for move in asked:
        if state in MOVES[move].sources:
            state = MOVES[move].target
            moves.append(move)
    strip = strip_of(state, BEGAN, made(*moves))
    assert [s.state for s in strip if s.look in {"now", "back"}] == [state]
    assert {s.state for s in strip} <= {*WAY, "lead", "returned", "transferred", "dropped", "merged"}
    assert all(s.at is None for s in strip if s.look == "ahead")
