"""Gaps are shown until somebody explains them, and what was brought at another docking is no gap."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from catalog.actors import Actor
from catalog.custody.log import entries_about, private_of
from catalog.gaps import CannotExplain, explain_gap, list_gaps, note_gaps, open_gaps, without
from catalog.ids import new_id
from catalog.models import Account, Docking, Gap, Sighting
from tests.catalog.intake_desk import Intake, new_docking


def note(intake: Intake, *gaps: tuple[str, int, int]) -> int:
    with intake.database.write() as session:
        visit = session.get_one(Docking, intake.docking)
        said = [{"series": s, "first": a, "last": b} for s, a, b in gaps]
        return note_gaps(session, actor=intake.station, docking=visit, gaps=said, now=intake.now)


def person(intake: Intake) -> Actor:
    with intake.database.write() as session:
        account = Account(
            id=new_id(), username="li", email="li@x.example", fs_uniquifier="u", active=True, created_at=intake.now
        )  # fmt: skip
        session.add(account)
    return Actor("person", account.id, "li")


def brought(intake: Intake, path: bytes, named: dict[str, Any]) -> None:
    intake.take(os.urandom(20), path=path)
    with intake.database.write() as session:
        session.scalars(select(Sighting).where(Sighting.path == path)).one().named = named


def test_seen_again_it_is_one_gap(intake: Intake) -> None:
    assert note(intake, ("A", 3, 5), ("A", 9, 9), ("A", 3, 5)) == 2
    assert note(intake, ("A", 3, 5), ("A", 9, 9)) == 0
    with intake.database.read() as session:
        visit = session.get_one(Docking, intake.docking)
        assert open_gaps(session) == {visit.recorder_id: 2}
        assert [e.action for e in entries_about(session, "recorder", visit.recorder_id)].count(
            "recorder.gaps-seen"
        ) == 1


def test_an_explanation_is_kept_and_closes_it_for_good(intake: Intake) -> None:
    note(intake, ("A", 3, 5))
    who = person(intake)
    with intake.database.read() as session:
        gap = session.scalars(select(Gap)).one()
    for words in ("", "  ", "\x00", "x"):
        with pytest.raises(CannotExplain, match="no-explanation"), intake.database.write() as session:
            explain_gap(session, actor=who, gap_id=gap.id, explanation=words, now=intake.now)
    with intake.database.write() as session:
        explain_gap(session, actor=who, gap_id=gap.id, explanation=" 试机时删除 ", now=intake.now)
    with intake.database.read() as session:
        assert list_gaps(session).gaps == []
        (kept,) = list_gaps(session, explained=True).gaps
        assert (kept.explanation, kept.explained_by) == ("试机时删除", who.id)
        last = entries_about(session, "recorder", gap.recorder_id)[-1]
        assert last.action == "recorder.gap-explained"
        assert "试机" not in last.record
        assert "试机" in private_of(session, [last.id])[last.id]["reason"]
    with pytest.raises(CannotExplain, match="explained-already"), intake.database.write() as session:
        explain_gap(session, actor=who, gap_id=gap.id, explanation="另一说法", now=intake.now)
    with pytest.raises(CannotExplain, match="unknown-gap"), intake.database.write() as session:
        explain_gap(session, actor=who, gap_id=new_id(), explanation="另一说法", now=intake.now)
    assert note(intake, ("A", 3, 5)) == 0


def test_what_came_in_at_any_docking_is_not_missing(intake: Intake) -> None:
    brought(intake, b"4", {"series": "A", "sequence": 4})
    brought(intake, b"7", {"series": "B", "sequence": 3})
    brought(intake, b"8", {"chain": "C", "part": 1})
    brought(intake, b"9", {"series": "A", "sequence": 20261123093012})
    intake.docking = new_docking(intake.database, intake.station, datetime.now(UTC))
    assert note(intake, ("A", 3, 5), ("C", 1, 1)) == 2
    with intake.database.read() as session:
        assert [(g.series, g.first, g.last) for g in list_gaps(session).gaps] == [("A", 3, 3), ("A", 5, 5)]
    other = new_docking(intake.database, intake.station, datetime.now(UTC), "DSJ-9")
    intake.docking = other
    assert note(intake, ("A", 3, 5)) == 1  # another recorder's numbers are its own


def test_long_and_odd_series_are_kept_apart(intake: Intake) -> None:
    assert note(intake, ("路径" * 300 + "a", 1, 1), ("路径" * 300 + "b", 1, 1), ("x\x00", 1, 2**53 - 1)) == 3


@given(
    st.integers(0, 60),
    st.integers(0, 60),
    st.sets(st.integers(-5, 70), max_size=40),
)
def test_what_is_left_of_a_gap(first: int, length: int, there: set[int]) -> None:
    last = first + length
    left = without(first, last, there)
    assert {n for a, b in left for n in range(a, b + 1)} == set(range(first, last + 1)) - there
    assert all(a <= b for a, b in left)
    assert all(b + 1 < c for (_, b), (c, _) in pairwise(left))
