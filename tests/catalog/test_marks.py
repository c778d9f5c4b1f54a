"""Marks: what may be marked, who may change or remove it, and that nothing of it is lost."""

from __future__ import annotations

import json
import math
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError, NoResultFound

from catalog.actors import Actor
from catalog.case_files.cases import ACTIVITIES
from catalog.custody.log import private_of
from catalog.database import Database
from catalog.demo import seed
from catalog.ids import new_id
from catalog.marking import change_note, mark_clip, marks_by_clip, marks_of, remove_mark
from catalog.models import Account, Clip, CustodyEntry, Mark
from catalog.people import person
from catalog.rules.marks import (
    LONGEST,
    NOTE_LIMIT,
    ORDER,
    PRESETS,
    REASON_LIMIT,
    SLACK,
    CannotMark,
    MarkWish,
    check_mark,
    presets_for,
    within,
)
from tests.catalog.world import add_clip, entries

MOMENT = MarkWish(12.3456, None, "show-credentials", "")


@dataclass
class World:
    database: Database
    now: datetime
    clip: UUID
    photo: UUID
    people: dict[str, Actor]

    def mark(self, wish: MarkWish = MOMENT, who: str = "li", clip: UUID | None = None) -> UUID:
        with self.database.write() as session:
            return mark_clip(
                session, actor=self.people[who], clip_id=clip or self.clip, wish=wish, now=self.now
            ).id

    def change(self, mark: UUID, note: str, who: str = "li", revision: int = 1) -> None:
        with self.database.write() as session:
            change_note(
                session,
                actor=self.people[who],
                clip_id=self.clip,
                mark_id=mark,
                revision=revision,
                note=note,
                now=self.now + timedelta(minutes=1),
            )

    def remove(self, mark: UUID, reason: str = "标错了位置", who: str = "li") -> None:
        with self.database.write() as session:
            remove_mark(
                session,
                actor=self.people[who],
                clip_id=self.clip,
                mark_id=mark,
                reason=reason,
                now=self.now + timedelta(minutes=2),
            )

    def marks(self) -> list[Mark]:
        with self.database.read() as session:
            return marks_of(session, self.clip)

    def told(self, action: str) -> list[tuple[CustodyEntry, dict[str, str]]]:
        with self.database.read() as session:
            ids = entries(session, action)
            private = private_of(session, ids)
            return [(session.get_one(CustodyEntry, one), private[one]) for one in ids]


@pytest.fixture
def world(database: Database, now: datetime) -> World:
    with database.write() as session:
        seed(session, now)
        people = {a.username: person(a, None) for a in session.scalars(select(Account))}
        whose = people["wang"].officer_id
        clip = add_clip(session, now, "A.MP4", duration=60.0, officer_id=whose)
        photo = add_clip(session, now, "B.JPG", kind="photo", officer_id=whose)
        return World(database, now, clip.id, photo.id, people)


def refusal(call: object, *arguments: object, **named: object) -> str:
    with pytest.raises(CannotMark) as caught:
        call(*arguments, **named)  # type: ignore[operator]
    return caught.value.why


def test_a_mark_and_its_entry(world: World) -> None:
    world.mark(MarkWish(12.3456, 20.0, "tell-rights", " 告知\x00陈述权 "))
    (mark,) = world.marks()
    assert (mark.start, mark.end, mark.preset, mark.note) == (12.346, 20.0, "tell-rights", "告知陈述权")
    assert mark.maker.username == "li"
    ((entry, private),) = world.told("clip.marked")
    assert "陈述权" not in entry.record, "a note is free text, so private"
    assert json.loads(private["note"]) == "告知陈述权"
    record = json.loads(entry.record)
    assert record["subjects"] == {"clip": [str(world.clip)], "mark": [str(mark.id)]}
    assert record["facts"] == {"start": 12.346, "end": 20, "preset": "tell-rights", "revision": 1}


def test_refused_by_the_act(world: World) -> None:
    world.mark()
    assert refusal(world.mark) == "mark-twice"
    world.mark(who="wang")  # somebody else saw the same
    assert refusal(world.mark, clip=world.photo) == "mark-no-time"
    with pytest.raises(NoResultFound):
        world.mark(clip=new_id())
    assert len(world.marks()) == 2


def test_marks_are_in_the_order_of_their_places(world: World) -> None:
    for place in (30.0, 5.0, 12.0):
        world.mark(MarkWish(place, None, "signed"))
    assert [m.start for m in world.marks()] == [5.0, 12.0, 30.0]
    with world.database.read() as session:
        found = marks_by_clip(session, [world.clip, world.photo])
    assert len(found[world.clip]) == 3
    assert found[world.photo] == []


def test_one_changes_ones_own_note_and_the_old_one_stays_in_the_log(world: World) -> None:
    mark = world.mark(MarkWish(3.0, None, "signed", "当事人签字"))
    assert refusal(world.change, mark, "x", who="wang") == "mark-not-yours"
    world.change(mark, "当事人在第二页签字")
    assert refusal(world.change, mark, "在别的窗口写的", revision=1) == "mark-changed"
    assert refusal(world.change, mark, "x" * (NOTE_LIMIT + 1), revision=2) == "mark-note-long"
    world.change(mark, "当事人在第二页签字", revision=2)
    ((_, private),) = world.told("clip.mark-changed")
    assert json.loads(private["before"]) == "当事人签字"
    assert json.loads(private["note"]) == "当事人在第二页签字"
    assert world.marks()[0].changed_at is not None


def test_a_mark_without_a_preset_keeps_some_note(world: World) -> None:
    mark = world.mark(MarkWish(3.0, None, "", "货架"))
    assert refusal(world.change, mark, "  ") == "mark-empty"


def test_removing_closes(world: World) -> None:
    mark = world.mark(MarkWish(3.0, None, "signed", "当事人签字"))
    assert refusal(world.remove, mark, "  ") == "mark-no-reason"
    assert refusal(world.remove, mark, "x" * (REASON_LIMIT + 1)) == "mark-reason-long"
    assert refusal(world.remove, mark, who="wang") == "mark-not-yours"
    world.remove(mark)
    (closed,) = world.marks()
    assert closed.removed_at is not None
    assert closed.remover is not None
    assert closed.note == "当事人签字", "it is closed, not deleted"
    ((entry, private),) = world.told("clip.mark-removed")
    assert "标错" not in entry.record
    assert json.loads(private["reason"]) == "标错了位置"
    assert refusal(world.remove, mark) == "mark-removed"
    assert refusal(world.change, mark, "x") == "mark-removed"
    world.mark(MarkWish(3.0, None, "signed", "当事人签字"))  # the place is free again


def test_a_handler_may_remove_an_officers_mark(world: World) -> None:
    mark = world.mark(who="wang")
    world.remove(mark, who="li")
    assert world.marks()[0].removed_by == world.people["li"].id


def test_a_mark_of_another_clip_is_not_found(world: World) -> None:
    mark = world.mark()
    world.clip = world.photo
    assert refusal(world.remove, mark) == "mark-gone"
    assert refusal(world.change, mark, "x") == "mark-gone"


def test_a_restricted_clip_is_not_there(world: World) -> None:
    mark = world.mark()
    with world.database.write() as session:
        session.get_one(Clip, world.clip).restricted = True
    with pytest.raises(NoResultFound):
        world.mark(MarkWish(1.0, None, "signed"))
    assert refusal(world.change, mark, "x") == "mark-gone"
    assert refusal(world.remove, mark) == "mark-gone"


@pytest.mark.parametrize("act", ["delete", "replace", "truncate"])
def test_sql_cannot_delete_a_mark(world: World, act: str) -> None:
    world.mark()
    sqlite = world.database.engine.dialect.name == "sqlite"
    if act == ("truncate" if sqlite else "replace"):
        return  # the other database's way of saying it
    statement = {
        "delete": "DELETE FROM marks",
        "replace": "INSERT OR REPLACE INTO marks SELECT * FROM marks",
        "truncate": "TRUNCATE marks CASCADE",
    }[act]
    with world.database.engine.connect() as connection, pytest.raises(DatabaseError, match="not deleted"):
        connection.execute(text(statement))
    assert len(world.marks()) == 1


def test_many_fingers_at_once(world: World) -> None:
    """Each of two people presses four times, all at once: two marks, each with its entry, six refusals."""
    begin, refused = threading.Barrier(8), []

    def press(who: str) -> None:
        begin.wait()
        try:
            world.mark(who=who)
        except CannotMark as refusal:
            refused.append(refusal.why)

    threads = [threading.Thread(target=press, args=(who,)) for who in ("li", "wang") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["mark-twice"] * 6
    assert {m.maker.username for m in world.marks()} == {"li", "wang"}
    assert len(world.told("clip.marked")) == 2


def test_two_windows_remove_at_once(world: World) -> None:
    mark = world.mark()
    begin, refused = threading.Barrier(2), []

    def press() -> None:
        begin.wait()
        try:
            world.remove(mark)
        except CannotMark as refusal:
            refused.append(refusal.why)

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["mark-removed"]
    assert len(world.told("clip.mark-removed")) == 1


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (MarkWish(None, None, "signed"), "mark-incomplete"),
        (MarkWish(None, 3.0, "signed"), "mark-incomplete"),
        (MarkWish(-0.1, None, "signed"), "mark-outside"),
        (MarkWish(61.1, None, "signed"), "mark-outside"),
        (MarkWish(5.0, 61.1, "signed"), "mark-outside"),
        (MarkWish(5.0, -1.0, "signed"), "mark-outside"),
        (MarkWish(math.nan, None, "signed"), "mark-outside"),
        (MarkWish(1.0, math.nan, "signed"), "mark-outside"),
        (MarkWish(1.0, math.inf, "signed"), "mark-outside"),
        (MarkWish(5.0, 5.0, "signed"), "mark-order"),
        (MarkWish(5.0, 5.0004, "signed"), "mark-order"),
        (MarkWish(5.0, 4.0, "signed"), "mark-order"),
        (MarkWish(5.0, None, "guilty"), "mark-preset"),
        (MarkWish(5.0, None, "", " \u202e "), "mark-empty"),
        (MarkWish(5.0, None, "", "x" * (NOTE_LIMIT + 1)), "mark-note-long"),
    ],
)
def test_refusals(wish: MarkWish, why: str) -> None:
    assert refusal(check_mark, wish, kind="video", duration=60.0) == why


def test_the_bureaus_own_presets() -> None:
    assert check_mark(MarkWish(1.0, None, "快检取样"), kind="audio", duration=60.0, own=("快检取样",))
    assert presets_for(["patrol"], ("快检取样",))[-1] == "快检取样"


def test_an_unknown_running_time_refuses_only_nonsense() -> None:
    assert check_mark(MarkWish(86_400.0, None, "signed"), kind="video", duration=None)
    too_late = MarkWish(LONGEST + 1, None, "signed")
    assert refusal(check_mark, too_late, kind="video", duration=None) == "mark-outside"


def test_every_activity_has_its_presets() -> None:
    assert set(PRESETS) == set(ACTIVITIES) - {"other"}
    assert {code for codes in PRESETS.values() for code in codes} == set(ORDER)
    assert presets_for([]) == ORDER
    assert presets_for(["other"]) == ORDER
    assert presets_for(["service"]) == (
        "show-credentials",
        "tell-recording",
        "left-in-place",
        "signed",
        "not-signed",
    )
    assert presets_for(["hearing", "patrol"])[0] == "show-credentials"


places = st.floats(allow_nan=True, allow_infinity=True)


@given(places, st.none() | places, st.floats(0, 1e6))
def test_what_is_kept_lies_within_the_running_time(start: float, end: float | None, duration: float) -> None:
    try:
        kept = check_mark(MarkWish(start, end, "signed"), kind="video", duration=duration)
    except CannotMark:
        return
    assert kept.start is not None
    assert 0 <= kept.start <= duration + SLACK + 0.001
    assert kept.end is None or kept.start < kept.end <= duration + SLACK + 0.001


@dataclass(frozen=True)
class Place:
    start: float
    end: float | None


moments = st.floats(0, 100)


@given(st.lists(st.tuples(moments, st.none() | moments)), moments, moments)
def test_within_a_range_are_those_that_share_a_moment(
    found: list[tuple[float, float | None]], one: float, other: float
) -> None:
    start, end = sorted((one, other))
    marks = [Place(s, None if e is None else s + e) for s, e in found]
    chosen = within(marks, start, end)
    for mark in marks:
        last = mark.start if mark.end is None else mark.end
        assert (mark in chosen) == (max(mark.start, start) <= min(last, end))
    assert within(marks, None, None) == marks
