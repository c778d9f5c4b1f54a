"""The board's one word per slot, counts, and an officer's shift."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from catalog.board import board, files_of, recent_dockings, shift_of, view_docking
from catalog.database import Database
from catalog.demo import seed
from catalog.ids import new_id
from catalog.models import Docking, Sighting
from catalog.rules.slot_state import FileCounts, SlotFacts, slot_word
from tests.catalog.world import add_clip, add_docking, add_station, recorder


def word(said: str = "copying", *, ended: str | None = None, silent: bool = False, **counts: int) -> str:
    numbers = {"total": 3, "copied": 0, "received": 0, "verified": 0, "attention": 0} | counts
    return slot_word(SlotFacts(said, ended is not None, ended, silent, FileCounts(**numbers)))


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (word("reading", total=0), "reading"),
        (word("copying", copied=1), "copying"),
        (word("copying", copied=1, silent=True), "silent"),
        (word("checking", copied=3), "checking"),
        (word("safe", copied=3, received=1), "take"),
        (word("safe", copied=3, silent=True), "take"),
        (word("safe", copied=3, received=3, verified=1), "stored"),
        (word("safe", copied=3, received=3, verified=3, ended="done"), "verified"),
        (word("attention", copied=2), "attention"),
        (word("safe", copied=3, attention=1), "attention"),
        (word("gone", copied=1, ended="unplugged"), "pulled"),
        (word("gone", copied=3, received=3, ended="unplugged"), "stored"),
        (word("gone", copied=3, received=1, ended="unplugged"), "take"),
        (word("copying", copied=1, ended="failed"), "attention"),
        (word("gone", copied=3, received=3, verified=3, unread=1, ended="done"), "unread"),
        (word("gone", total=0, unread=1, ended="done"), "unread"),
        (word("gone", copied=1, unread=1, ended="unplugged"), "pulled"),
        (word("copying", copied=1, unread=1), "copying"),
        (word("reading", copied=3, received=3, verified=3, unread=1), "reading"),  # more may be found yet
        (word("checking", copied=3, received=3, unread=1, silent=True), "silent"),
        (word("attention", copied=3, received=3, verified=3, unread=1), "attention"),
        (word("safe", copied=3, received=1, unread=1), "unread"),
    ],
)
def test_one_word(found: str, expected: str) -> None:
    assert found == expected


def test_never_take_before_the_station_said_so() -> None:
    for said in ("reading", "copying", "checking"):
        for received in range(3):
            assert word(said, copied=3, received=received) not in {"take", "stored", "verified"}


def test_the_board_shows_each_slot_once_with_its_newest_visit(database: Database, now: datetime) -> None:
    with database.write() as session:
        seed(session, now)
        station = add_station(session, now)
        add_docking(session, station, now - timedelta(hours=3), slot="2").ended_at = now - timedelta(hours=2)
        old = add_docking(session, station, now - timedelta(hours=5), slot="1")
        old.ended_at = now - timedelta(hours=4)
        fresh = add_docking(session, station, now, slot="1", files_total=7, files_copied=3, rate=31e6)
    with database.read() as session:
        (shown,) = board(session, now, now - timedelta(hours=10))
        assert shown.connected
        assert [s.slot for s in shown.slots] == ["1", "2"]
        assert shown.slots[0].visit is not None
        assert shown.slots[0].visit.docking.id == fresh.id
        assert shown.slots[0].visit.word == "copying"
        assert shown.slots[0].visit.counts == FileCounts(7, 3, 0, 0, 0)
        assert shown.slots[1].visit is None
        assert shown.today == 3
        (later,) = board(session, now + timedelta(minutes=5), now)
        assert not later.connected
        assert later.slots[0].visit is not None
        assert later.slots[0].visit.word == "silent"


def test_counts_are_what_the_server_signed(database: Database, now: datetime) -> None:
    with database.write() as session:
        seed(session, now)
        docking = add_docking(
            session, add_station(session, now), now, state="safe", files_total=5, files_copied=4
        )
        add_clip(session, now, "A.MP4", docking=docking)
        add_clip(session, now, "B.MP4", docking=docking, verified=False)
        for path, end in ((b"C.MP4", "copied"), (b"D.MP4", "changed while read"), (b"E.LNK", "refused")):
            session.add(
                Sighting(
                    docking_id=docking.id, path=path, shown=path.decode(), end=end, bad_ranges=[], seen_at=now
                )
            )
    with database.read() as session:
        view = view_docking(session, docking.id, now)
        assert view is not None
        assert view.counts == FileCounts(total=4, copied=4, received=2, verified=1, attention=1)
        assert view.left_out == 1
        assert view.word == "attention"
        lines = files_of(session, docking.id)
        assert [(line.sighting.shown, line.end) for line in lines] == [
            ("D.MP4", "changed while read"),
            ("A.MP4", "verified"),
            ("B.MP4", "received"),
            ("C.MP4", "copied"),
            ("E.LNK", "refused"),
        ]
        assert [line.sighting.shown for line in files_of(session, docking.id, after=b"C.MP4")] == [
            "D.MP4",
            "E.LNK",
        ]
        assert view_docking(session, new_id(), now) is None


def test_dockings_page_by_key(database: Database, now: datetime) -> None:
    with database.write() as session:
        seed(session, now)
        station = add_station(session, now)
        for n in range(5):
            add_docking(session, station, now, slot=str(n))
    with database.read() as session:
        first = recent_dockings(session, now, limit=3)
        rest = recent_dockings(session, now, before=first[-1].docking.id)
        assert [v.docking.slot for v in [*first, *rest]] == ["4", "3", "2", "1", "0"]


def test_a_shift(database: Database, now: datetime) -> None:
    with database.write() as session:
        seed(session, now)
        docking = add_docking(
            session, add_station(session, now), now, state="safe", files_total=3, files_copied=3
        )
        add_clip(session, now, "A.MP4", docking=docking)
        add_clip(session, now, "B.MP4", docking=docking, verified=False)
        holder = recorder(session).holder_id
        assert holder is not None
    with database.read() as session:
        shift = shift_of(session, holder, now - timedelta(hours=1), now)
        assert (shift.waiting, shift.unverified, shift.troubled) == (1, 1, [])
        assert shift_of(session, new_id(), now - timedelta(hours=1), now).dockings == []
        assert session.scalars(select(Docking)).one().id == shift.dockings[0].docking.id
