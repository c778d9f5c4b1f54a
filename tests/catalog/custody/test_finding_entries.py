"""Entries found by person, role, address, kind of act and of thing; a hold by nobody who set it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from catalog.actors import Actor, system
from catalog.custody.finding import LogFilter, count_by_day, find_entries
from catalog.custody.listing import list_entries
from catalog.custody.log import add_entry
from catalog.custody.lookups import lookups_of
from catalog.custody.naming import subjects_called
from catalog.custody.searching import note_look_refused, note_search
from catalog.database import Database
from catalog.demo import seed
from catalog.ids import new_id
from catalog.models import Account, Case, CustodyEntry, CustodyLookup
from catalog.rules.act_groups import GROUPS, group_of

WANG = Actor("person", new_id(), "wang", frozenset({"officer"}), address="10.0.0.9")
LI = Actor("person", new_id(), "li", frozenset({"handler", "officer"}), address="10.0.0.7")


def enter(database: Database, who: Actor, action: str, at: datetime, clip: UUID | None = None) -> UUID:
    with database.write() as session:
        return add_entry(session, actor=who, action=action, subjects={"clip": clip} if clip else {}, now=at)


def found(database: Database, **wanted: object) -> list[UUID]:
    with database.read() as session:
        return [e for _, e in find_entries(session, LogFilter(**wanted), limit=100)]  # type: ignore[arg-type]


def test_each_way_and_several_together(database: Database, now: datetime) -> None:
    clip = new_id()
    played = enter(database, WANG, "clip.played", now, clip)
    attached = enter(database, LI, "clip.attached", now + timedelta(hours=1), clip)
    downloaded = enter(database, LI, "clip.downloaded", now + timedelta(hours=2), new_id())
    locked = enter(database, system("apply-locks"), "clip.lock-extended", now + timedelta(hours=3), clip)
    refused = enter(database, WANG, "act.refused", now + timedelta(hours=4))
    assert found(database) == [refused, locked, downloaded, attached, played]
    assert found(database, actor=str(LI.id)) == [downloaded, attached]
    assert found(database, role="officer") == [refused, downloaded, attached, played]
    assert found(database, role="handler", group="download") == [downloaded]
    assert found(database, group="refusal") == [refused]
    assert found(database, group="retention") == [locked]
    assert found(database, address="10.0.0.9") == [refused, played]
    assert found(database, kind="clip", actor=str(WANG.id)) == [played]
    assert found(database, subjects=(clip,), group="change") == [attached]
    assert found(database, subjects=()) == []
    assert found(database, actor=str(LI.id), since=now + timedelta(hours=2)) == [downloaded]
    assert found(database, role="officer", until=now + timedelta(hours=1)) == [played]
    with database.read() as session:
        days = [(now, now + timedelta(hours=2)), (now + timedelta(hours=2), now + timedelta(hours=9))]
        assert count_by_day(session, LogFilter(role="officer"), days) == [2, 2]


def test_an_entry_about_several_of_those_asked_for_is_one_entry(database: Database, now: datetime) -> None:
    first, second, third = new_id(), new_id(), new_id()
    with database.write() as session:
        both = add_entry(
            session,
            actor=WANG,
            action="clip.attached",
            subjects={"clip": [first, second], "docking": first},
            now=now,
        )
    later = enter(database, LI, "clip.played", now + timedelta(hours=1), second)
    enter(database, LI, "clip.played", now + timedelta(hours=2), third)
    assert found(database, subjects=(first, second)) == [later, both]
    assert found(database, subjects=(first, second), role="officer", group="change") == [both]
    with database.read() as session:
        day = [(now, now + timedelta(days=1))]
        assert count_by_day(session, LogFilter(subjects=(first, second)), day) == [2]
        assert count_by_day(session, LogFilter(subjects=()), day) == [0]


def test_pages_meet_where_many_have_the_same_time(database: Database, now: datetime) -> None:
    entries = [enter(database, WANG, "clip.played", now, new_id()) for _ in range(9)]
    seen: list[UUID] = []
    before = None
    with database.read() as session:
        while page := find_entries(session, LogFilter(actor=str(WANG.id)), before=before, limit=4):
            seen += [entry for _, entry in page]
            before = page[-1]
    assert seen == sorted(entries, reverse=True)


def test_who_set_a_hold_is_found_by_asking_for_nobody(database: Database, now: datetime) -> None:
    clip = new_id()
    hold = enter(database, WANG, "hold.set", now, clip)
    for asked in ({"actor": str(WANG.id)}, {"role": "officer"}, {"address": "10.0.0.9"}):
        assert found(database, **asked) == []
    assert found(database, group="retention") == [hold] == found(database, subjects=(clip,))


def test_a_search_is_entered_once_and_its_words_are_private(database: Database, now: datetime) -> None:
    def search(words: str, minutes: int, who: Actor = WANG) -> bool:
        asked = {"words": words, "officer": ""}
        return note_search(database, who, where="clips", asked=asked, now=now + timedelta(minutes=minutes))

    assert [search("", 0), search("王建国", 0), search("王建国", 9), search("李", 9)] == [
        False,
        True,
        False,
        True,
    ]
    assert search("王建国", 0, LI)
    assert search("王建国", 20)
    with database.read() as session:
        record = session.scalars(select(CustodyEntry.record)).first()
        assert record is not None
        assert "王建国" not in record
        for reader, words in ((None, None), (Actor("person", None, "z", frozenset({"auditor"})), "王建国")):
            lines, _ = list_entries(session, actor=reader, action="search.made")
            said = lines[-1].private.get("words")
            assert (said and said["words"]) == words


def test_a_page_refused_again_and_again_is_entered_once_an_hour(database: Database, now: datetime) -> None:
    for minutes, act in ((0, "pages.holds"), (1, "pages.holds"), (2, "pages.seals"), (61, "pages.holds")):
        later = now + timedelta(minutes=minutes)
        note_look_refused(database, WANG, act=act, permission="p", now=later)
    assert len(found(database, group="refusal")) == 3


def test_things_are_found_by_what_people_call_them(database: Database, now: datetime) -> None:
    with database.write() as session:
        seed(session, now=now)
        case = session.scalars(select(Case)).first()
        wang = session.scalars(select(Account).where(Account.username == "wang")).one()
        assert case is not None
        for text_, ids in (
            (case.number, {case.id}),
            (str(wang.id), {wang.id}),
            ("nothing", set()),
            ("", set()),
        ):
            assert set(subjects_called(session, text_, None)) == ids
        assert {wang.id, wang.officer_id} == set(subjects_called(session, "王建国", None))
        assert subjects_called(session, "'; DROP TABLE cases; --\x00\u202e", None) == ()


def test_migrated_entries_are_found_like_new_ones(database: Database, now: datetime) -> None:
    """The migration's SQL and the code agree about the same entries."""
    enter(database, LI, "clip.downloaded", now, new_id())
    enter(database, WANG, "hold.set", now, new_id())
    enter(database, system("verify"), "clip.verified", now)
    with database.write() as session:
        seed(session, now=now)

    def rows() -> list[object]:
        with database.read() as session:
            order = (CustodyLookup.name, CustodyLookup.value, CustodyLookup.at, CustodyLookup.entry_id)
            return [tuple(row) for row in session.execute(select(*order).order_by(*order))]

    made = rows()
    from importlib import import_module  # noqa: PLC0415

    from alembic.migration import MigrationContext  # noqa: PLC0415
    from alembic.operations import Operations  # noqa: PLC0415

    numbers = ("0023_custody_lookups", "0027_subjects_in_time")
    postgres = database.engine.dialect.name == "postgresql"
    with database.engine.begin() as connection:
        if postgres:
            connection.execute(text("ALTER TABLE custody_lookups DISABLE TRIGGER ALL"))
        else:
            connection.execute(text("DROP TRIGGER custody_lookups_no_delete"))
        connection.execute(text("DELETE FROM custody_lookups"))
        with Operations.context(MigrationContext.configure(connection)):
            for number in numbers:
                import_module(f"catalog.migrations.versions.{number}").fill()
    assert rows() == made
    assert made


@pytest.mark.parametrize(
    ("action", "kind", "group"),
    [
        ("account.signed-in", "person", "sign-in"),
        ("account.sign-in-refused", "person", "refusal"),
        ("clip.detachment-refused", "person", "change"),
        ("clip.downloaded", "person", "download"),
        ("case.paper-made", "person", "download"),
        ("hold.set", "person", "retention"),
        ("clip.lock-decided", "system", "retention"),
        ("disposal.approved", "person", "disposal"),
        ("clip.verified", "system", "machine"),
        ("case.created", "person", "change"),
        ("seal.looked", "person", "look"),
    ],
)
def test_groups(action: str, kind: str, group: str) -> None:
    assert group_of(action, kind) == group
    assert group in GROUPS


def test_values_are_cut_to_what_fits(now: datetime) -> None:
    rows = lookups_of(
        new_id(), action="a.b", actor=Actor("person", None, "x", address="f" * 99), subjects={}, at=now
    )
    assert {len(row.value) for row in rows if row.name == "address"} == {64}
