"""Copying a whole catalog into a SQLite file while it is in use, and from such a file into an empty database.

SQLite copies itself by its online back-up, page by page, as of one moment. PostgreSQL is read table by table in one
REPEATABLE READ transaction, which is as of one moment too: a file made so can be restored into either, and needs no
`pg_dump` of the right version (decision 0019).
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    create_engine,
    delete,
    func,
    insert,
    inspect,
    make_url,
    select,
    text,
    true,
)
from sqlalchemy.exc import DatabaseError

from catalog.database import make_engine, migrate
from catalog.models import Clip, ClipIndexDue
from catalog.models.base import Base
from catalog.snapshots import schema
from catalog.snapshots.facts import CatalogFacts, copied_tables, facts_of
from catalog.write_queue import put_away_queue

AT_ONCE = 1000


class CannotCopy(Exception):
    """The catalog cannot be copied as it is, or the copy is not sound; the message says why. Nothing was changed."""


def take_snapshot(url: str, file: Path) -> CatalogFacts:
    """Copy the catalog at `url` into the new SQLite file `file`, as of one moment; answer what it holds.

    Raises CannotCopy, CustodyDamaged, and the database's own errors.
    """
    engine = make_engine(url)
    try:
        if engine.dialect.name == "sqlite":
            return _by_pages(engine, file)
        return _by_rows(engine, file)
    finally:
        engine.dispose()


def _by_pages(engine: Engine, file: Path) -> CatalogFacts:
    with engine.connect() as connection:
        _must_be_current(connection)
        facts = facts_of(connection)  # the transaction's first look fixes the moment
        driver: Any = connection.connection.driver_connection
        copy = sqlite3.connect(file)
        try:
            driver.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE").close()  # one file, with nothing beside it
        except sqlite3.Error as error:
            raise CannotCopy(f"the catalog could not be copied ({error}); is the disk full?") from None
        finally:
            copy.close()
    return facts


def _by_rows(engine: Engine, file: Path) -> CatalogFacts:
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        _must_be_current(connection)
        facts = facts_of(connection)
        migrate(f"sqlite:///{file}")
        copy = create_engine(f"sqlite:///{file}")
        try:
            with copy.begin() as into:
                _copy_rows(connection, into)
        finally:
            copy.dispose()
            put_away_queue(os.path.realpath(file))  # one file, with nothing beside it
    return facts


def check_snapshot(file: Path) -> CatalogFacts:
    """Answer what a snapshot holds once it is found sound. Raises CannotCopy, CustodyDamaged."""
    engine = create_engine(f"sqlite:///{file}")
    try:
        with engine.connect() as connection:
            said = [row[0] for row in connection.execute(text("PRAGMA integrity_check"))]
            if said != ["ok"]:
                raise CannotCopy(f"the catalog in it is damaged: {said[0]}")
            if connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
                raise CannotCopy("rows of the catalog in it point to rows that are not there")
            return facts_of(connection)
    except DatabaseError as error:
        raise CannotCopy(f"the catalog in it cannot be read ({error.orig})") from None
    finally:
        engine.dispose()


def load_snapshot(file: Path, url: str) -> None:
    """Copy a snapshot of the newest version into the empty database at `url`, in one transaction. Raises CannotCopy."""
    engine, source = make_engine(url), create_engine(f"sqlite:///{file}")
    try:
        if not is_empty(url):
            raise CannotCopy("the database it is to go into is not empty")
        migrate(url)
        with source.connect() as rows, engine.begin() as into:
            _copy_rows(rows, into)
            _set_sequences(into)
    finally:
        engine.dispose()
        source.dispose()


def is_empty(url: str) -> bool:
    """Answer whether there is no row of ours in the database at `url`."""
    if url.startswith("sqlite") and not Path(str(make_url(url).database)).exists():
        return True
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            there = set(inspect(connection).get_table_names())
            return all(
                connection.execute(select(func.count()).select_from(table)).scalar_one() == 0
                for table in Base.metadata.sorted_tables
                if table.name in there
            )
    finally:
        engine.dispose()


def _must_be_current(connection: Connection) -> None:
    version = schema.version_of(connection)
    if version != schema.newest():
        raise CannotCopy(
            f"the catalog's tables are of version {version or 'none'}, this program works with {schema.newest()}: "
            "start the system once with this program"
        )


def _copy_rows(rows: Connection, into: Connection) -> None:
    """Copy every table; what clips are found by is left to be made anew, by the next `liuhen prepare`."""
    for table in copied_tables():
        found = rows.execution_options(yield_per=AT_ONCE).execute(select(table))
        for batch in found.mappings().partitions(AT_ONCE):
            into.execute(insert(table), [dict(row) for row in batch])
    into.execute(delete(ClipIndexDue))  # triggers noted every copied row, for the next commit to do at once
    into.execute(insert(ClipIndexDue).from_select(["clip_id", "later"], select(Clip.id, true())))


def _set_sequences(into: Connection) -> None:
    """Numbers that PostgreSQL gives go on after those that were copied."""
    if into.dialect.name != "postgresql":
        return
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is not None and (highest := into.execute(select(func.max(column))).scalar()) is not None:
            into.execute(
                text("SELECT setval(pg_get_serial_sequence(:table, :column), :highest)"),
                {"table": table.name, "column": column.name, "highest": highest},
            )
