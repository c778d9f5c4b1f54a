"""Invariant 13: entries cannot be changed, and a redacted entry still proves itself."""

from __future__ import annotations

import json
import threading
from datetime import datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError

from catalog.actors import Actor, system
from catalog.custody.log import add_entry, entries_about, private_of
from catalog.custody.record import PrivateField, canonical, leaf_digest, make_record, proves, salted_digest
from catalog.custody.sequencer import place_entries
from catalog.database import Database
from catalog.models import APPEND_ONLY, CustodyEntry, CustodyPlace
from tests.catalog.conftest import NOW

OFFICER = Actor("person", uuid4(), "wang", frozenset({"officer"}), address="10.1.2.3")


def _entry(database: Database, now: datetime, **private: object) -> CustodyEntry:
    clip = uuid4()
    with database.write() as session:
        add_entry(
            session,
            actor=OFFICER,
            action="clip.looked-at",
            subjects={"clip": clip},
            facts={"n": 1},
            private=private,
            now=now,
        )
    with database.read() as session:
        return entries_about(session, "clip", clip)[0]


def test_a_leaf_commits_to_the_record_and_the_record_to_its_private_fields(
    database: Database, now: datetime
) -> None:
    entry = _entry(database, now, purpose="复核 112 号案件")
    assert entry.leaf == leaf_digest(entry.record)
    with database.read() as session:
        fields = private_of(session, [entry.id])[entry.id]
    assert json.loads(fields["purpose"]) == "复核 112 号案件"
    assert json.loads(fields["actor"])["name"] == "wang"
    assert "wang" not in entry.record
    assert "10.1.2.3" not in entry.record
    assert "复核" not in entry.record


@pytest.mark.parametrize("table", APPEND_ONLY)
@pytest.mark.parametrize("act", ["update", "delete", "replace", "truncate"])
def test_sql_cannot_change_the_log(database: Database, now: datetime, table: str, act: str) -> None:
    _entry(database, now, purpose="p")
    with database.write() as session:
        place_entries(session)
    sqlite = database.engine.dialect.name == "sqlite"
    column = {
        "custody_private": "salt",
        "custody_places": "place",
        "custody_subjects": "kind",
        "custody_lookups": "value",
    }.get(table, "action")
    value = "place + 1" if table == "custody_places" else "'x'"
    statement = {
        "update": f"UPDATE {table} SET {column} = {value}",
        "delete": f"DELETE FROM {table}",
        "replace": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
        "truncate": f"TRUNCATE {table} CASCADE",
    }[act]
    if act == ("truncate" if sqlite else "replace"):
        return  # the other database's way of saying it
    with database.read() as session:
        before = session.execute(text(f"SELECT * FROM {table}")).all()
    with database.engine.connect() as connection, pytest.raises(DatabaseError, match="append-only"):
        connection.execute(text(statement))
    with database.read() as session:
        assert session.execute(text(f"SELECT * FROM {table}")).all() == before
    assert before


def test_an_entry_falls_with_its_change(database: Database, now: datetime) -> None:
    class Boom(Exception):
        pass

    def write_and_fail() -> None:
        with database.write() as session:
            add_entry(session, actor=system("x"), action="a.b", subjects={"clip": uuid4()}, now=now)
            raise Boom

    with pytest.raises(Boom):
        write_and_fail()
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(CustodyEntry)) == 0


def test_places_have_no_gap_and_no_entry_has_two(database: Database, now: datetime) -> None:
    def write_some() -> None:
        for _ in range(10):
            _entry(database, now)
            with database.write() as session:
                place_entries(session, limit=7)

    threads = [threading.Thread(target=write_some) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while True:
        with database.write() as session:
            if place_entries(session) == 0:
                break
    with database.read() as session:
        places = session.execute(
            select(CustodyPlace.place, CustodyPlace.entry_id).order_by(CustodyPlace.place)
        ).all()
    assert [p for p, _ in places] == list(range(40))
    assert len({e for _, e in places}) == 40


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(value=json_values.filter(lambda v: v is not None), other=json_values)
def test_only_the_true_value_proves_itself(value: object, other: object) -> None:
    record = make_record(
        entry=uuid4(),
        action="a.b",
        at=NOW,
        actor_kind="system",
        subjects={},
        facts={},
        private={"secret": value},
    )
    (field,) = record.private
    assert proves(record.text, field)
    if canonical(other) != field.value:
        assert not proves(record.text, PrivateField("secret", field.salt, canonical(other)))
    assert not proves(record.text, PrivateField("secret", "00" * 32, field.value))
    assert salted_digest(field.salt, field.value) in record.text
