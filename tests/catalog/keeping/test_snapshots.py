"""A catalog copied while it is in use, from either database, into either."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from catalog.actors import system
from catalog.custody.sequencer import place_entries
from catalog.database import Database, migrate
from catalog.finding.rebuilding import index_rest
from catalog.finding.search import find
from catalog.finding.wanted import ClipFilter
from catalog.models import Account, Recorder, Role
from catalog.people import create_account
from catalog.snapshots import schema
from catalog.snapshots.copying import CannotCopy, check_snapshot, load_snapshot, take_snapshot
from catalog.snapshots.facts import CustodyDamaged, copied_tables
from tests.catalog.finding.bureau import SOMEBODY
from tests.catalog.intake_desk import new_docking, new_station
from tests.catalog.world import add_clip


@pytest.fixture
def lived(database: Database, now: datetime) -> Database:
    """A catalog with some rows of many kinds."""
    station = new_station(database, now)
    with database.write() as session:
        add_clip(session, now, "拒签.MP4")
    for number in range(3):
        new_docking(database, station, now, f"DSJ-{number}")
    with database.write() as session:
        create_account(
            session,
            actor=system("test"),
            username="li",
            email="li@bureau.test",
            roles=["archivist"],
            officer=None,
            now=now,
        )
    with database.write() as session:
        place_entries(session, limit=5)
    return database


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    engine = create_engine(url)
    with engine.connect() as connection:
        found = {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in copied_tables()
        }
    engine.dispose()
    return found


def test_a_snapshot_is_the_catalog_row_by_row(lived: Database, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "copy.sqlite3"
    facts = take_snapshot(database_url, file)
    assert facts.rows["dockings"] == 3
    assert facts.log_size == 5
    assert facts.rows["custody_entries"] > 5
    assert rows(f"sqlite:///{file}") == rows(database_url)
    assert check_snapshot(file) == facts
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("copy")] == ["copy.sqlite3"]


@pytest.mark.parametrize("into", ["sqlite", "postgresql"])
def test_it_goes_into_either_database_and_lives_on(
    lived: Database,
    database_url: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    now: datetime,
    into: str,
) -> None:
    file = tmp_path / "copy.sqlite3"
    facts = take_snapshot(database_url, file)
    url = (
        f"sqlite:///{tmp_path / 'new.sqlite3'}"
        if into == "sqlite"
        else request.getfixturevalue("postgres_database")
    )
    load_snapshot(file, url)
    assert rows(url) == rows(database_url)
    assert take_snapshot(url, tmp_path / "again.sqlite3") == facts
    restored = Database.open(url)
    assert index_rest(restored) == 1
    with restored.read() as session:
        for way in (1, 1000):
            assert find(session, ClipFilter(words="拒签"), SOMEBODY, limit=5, stretch=way).count == 1
    with restored.write() as session:
        assert session.scalars(select(Account)).one().roles[0].name == "archivist"
        session.add(Role(name="fresh"))  # its number is one that nothing has
    restored.close()
    with pytest.raises(CannotCopy, match="not empty"):
        load_snapshot(file, url)


def test_what_is_copied_tells_how_archived_steps_were_judged() -> None:
    """Judged anew by the rules of a later day, a file in the archive would say another thing than was signed."""
    names = {table.name for table in copied_tables()}
    assert "step_coverages" in names
    assert "coverage_dues" not in names


def test_it_is_of_one_moment_though_others_write(
    lived: Database, database_url: str, tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its numbers were taken and before its rows are copied somebody docks."""
    from catalog.snapshots import copying  # noqa: PLC0415

    taken = copying.facts_of

    def then_somebody_docks(connection: object) -> object:
        facts = taken(connection)  # type: ignore[arg-type]
        new_docking(lived, new_station(lived, now, "late"), now, "LATE")
        return facts

    monkeypatch.setattr(copying, "facts_of", then_somebody_docks)
    facts = take_snapshot(database_url, tmp_path / "copy.sqlite3")
    monkeypatch.undo()
    assert check_snapshot(tmp_path / "copy.sqlite3") == facts
    with lived.read() as session:
        assert len(session.scalars(select(Recorder)).all()) == facts.rows["recorders"] + 1


def test_an_older_catalog_is_not_copied(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    migrate(url, "0002")
    with pytest.raises(CannotCopy, match="start the system once"):
        take_snapshot(url, tmp_path / "copy.sqlite3")


def test_a_changed_custody_entry_is_found(lived: Database, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "copy.sqlite3"
    take_snapshot(database_url, file)
    with sqlite3.connect(file) as copy:
        triggers = [name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for name in triggers:
            copy.execute(f"DROP TRIGGER {name}")
        copy.execute(
            "UPDATE custody_entries SET record = replace(record, 'st-1', 'st-2')"
            " WHERE id IN (SELECT entry_id FROM custody_places WHERE place = 0)"
        )
    copy.close()
    with pytest.raises(CustodyDamaged, match="place 0"):
        check_snapshot(file)


def test_a_torn_file_is_found(lived: Database, database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "copy.sqlite3"
    take_snapshot(database_url, file)
    with file.open("r+b") as torn:
        torn.seek(20_000)
        torn.write(b"\xff" * 30_000)
    with pytest.raises(CannotCopy):
        check_snapshot(file)


def test_versions_of_the_tables(tmp_path: Path) -> None:
    assert schema.knows(schema.newest())
    assert not schema.knows("9999")
