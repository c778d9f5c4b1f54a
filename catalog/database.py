"""The database: SQLite by default, PostgreSQL by address.

On SQLite a transaction that will write says so when it begins (`BEGIN IMMEDIATE`), so that two writers queue up
instead of one failing half-way (`catalog.write_queue`); every commit is synced to disk (`synchronous=FULL`), because a receipt that was
given must survive a power cut.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from catalog.finding.indexing import index_what_is_due
from catalog.write_queue import queue_before

BUSY_TIMEOUT_MS = 30_000
KEPT, MORE = 8, 24
"""Connections kept, and more in a crowd: two for each of a web process's 16 threads. With fewer, whoever may write could
wait for a second one that those hold who wait for him."""
QUEUED = "liuhen_queued"
"""In a connection's notes: the queue it came out of, being the one that may write now."""


def make_engine(url: str) -> Engine:
    """Answer an engine for `url` with the settings above. Creates the folder of a SQLite file."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=KEPT, max_overflow=MORE, hide_parameters=True)
    engine = create_engine(
        url,
        pool_size=KEPT,
        max_overflow=MORE,
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
        hide_parameters=True,  # errors are logged, and values may name people
    )
    if engine.url.database:
        Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    file = os.path.realpath(engine.url.database) if engine.url.database else ""

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get("liuhen_writing", False)
        if writing and file:
            queue = queue_before(file)
            if queue.enter(BUSY_TIMEOUT_MS / 1000):
                connection.info[QUEUED] = queue
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")

    @event.listens_for(engine, "checkin")
    @event.listens_for(engine, "invalidate")
    def _end(_connection: Any, record: ConnectionPoolEntry, *_why: Any) -> None:
        if queue := record.info.pop(QUEUED, None):
            queue.leave()

    return engine


class Database:
    """Two doors to the same database: `read()` sees a snapshot, `write()` commits at its end or not at all."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._reading = sessionmaker(engine, expire_on_commit=False, autoflush=False)
        self._writing = sessionmaker(engine.execution_options(liuhen_writing=True), expire_on_commit=False)
        event.listen(self._writing, "before_commit", index_what_is_due)

    @classmethod
    def open(cls, url: str) -> Database:
        """Open the database at `url`."""
        return cls(make_engine(url))

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session for looking; whatever it changed is dropped. What was loaded may be used afterwards."""
        with self._reading() as session:
            try:
                yield session
            finally:
                session.expunge_all()  # a rollback would empty what was loaded
                session.rollback()

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open a session in one transaction: committed at the end, rolled back on any exception."""
        with self._writing.begin() as session:
            yield session

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def migrations() -> Path:
    """Answer the folder of the migrations."""
    return Path(__file__).parent / "migrations"


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(migrations()))
    config.attributes["url"] = url
    return config


def migrate(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to `revision` (Alembic); nothing happens when it is there."""
    command.upgrade(_config(url), revision)
