"""Listing the custody log and proving one entry."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from catalog.actors import Actor
from catalog.custody.listing import actions, list_entries, prove_entry
from catalog.custody.log import add_entry
from catalog.custody.sequencer import place_entries
from catalog.database import Database
from catalog.demo import seed
from catalog.ids import new_id
from catalog.models import Account
from tests.catalog.world import add_station


def test_pages_filters_and_places(database: Database, now: datetime) -> None:
    clip = new_id()
    with database.write() as session:
        for n in range(7):
            add_entry(
                session,
                actor=Actor("person", new_id(), "wang", address="10.0.0.9"),
                action="clip.played" if n % 2 else "clip.attached",
                subjects={"clip": clip if n < 3 else new_id()},
                now=now + timedelta(hours=n),
            )
    with database.write() as session:
        place_entries(session)
    with database.read() as session:
        first, after = list_entries(session, limit=4)
        rest, end = list_entries(session, limit=4, before=after)
        assert [line.place for line in [*first, *rest]] == [6, 5, 4, 3, 2, 1, 0]
        assert end is None
        assert {line.who for line in first} == {"wang"}
        assert actions(session) == ["clip.attached", "clip.played"]
        assert len(list_entries(session, action="clip.played")[0]) == 3
        assert len(list_entries(session, without=["clip.played"])[0]) == 4
        assert len(list_entries(session, subject=clip)[0]) == 3
        day = list_entries(session, since=now + timedelta(hours=2), until=now + timedelta(hours=4))[0]
        assert len(day) == 2


def test_an_entry_proves_itself_and_its_private_fields(database: Database, now: datetime) -> None:
    with database.write() as session:
        entry = add_entry(
            session,
            actor=Actor("person", new_id(), "wang", address="10.0.0.9"),
            action="clip.downloaded",
            subjects={"clip": new_id()},
            private={"reason": "移送法制审核"},
            now=now,
        )
    with database.read() as session:
        proof = prove_entry(session, entry)
        assert proof is not None
        assert proof.leaf_holds
        assert {f.name: f.holds for f in proof.fields} == {"actor": True, "address": True, "reason": True}
        assert proof.line.place is None
        assert prove_entry(session, new_id()) is None


def test_people_and_stations_are_called_by_their_names(database: Database, now: datetime) -> None:
    with database.write() as session:
        seed(session, now=now)
        station = add_station(session, now)
        wang = session.scalars(select(Account).where(Account.username == "wang")).one()
        add_entry(session, actor=Actor("person", wang.id, "wang"), action="a", subjects={}, now=now)
        later = now + timedelta(hours=1)
        add_entry(session, actor=Actor("station", station.id, "ST-02"), action="b", subjects={}, now=later)
    with database.read() as session:
        (by_station, by_person) = (list_entries(session, action=action)[0][0] for action in ("b", "a"))
        assert (by_person.who, by_person.called) == ("wang", "王建国")
        assert by_station.called == "城东分局 采集站 02"
        proof = prove_entry(session, by_person.entry.id)
        assert proof is not None
        assert proof.line.called == "王建国"
