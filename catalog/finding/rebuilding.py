"""Making the whole index anew, or the rest of it after an upgrade: in portions, each its own transaction.

Meanwhile pages work and say that not everything can be found yet.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import func, select, text

from catalog.database import Database
from catalog.finding.indexing import LATER, forget_all, index_some
from catalog.models import ClipIndexDue

PORTION = 1000
MANY = 20_000
"""From so many on, PostgreSQL's GIN index is faster built once at the end."""
GIN = "CREATE INDEX IF NOT EXISTS ix_clip_index_terms ON clip_index USING gin (terms) WITH (fastupdate = off)"


def waiting(database: Database) -> int:
    """Answer how many notes of clips wait to be indexed."""
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(ClipIndexDue)) or 0


def index_rest(database: Database, told: Callable[[int], None] = lambda _left: None) -> int:
    """Index what waits; `told` hears how many are left, now and then. Answers how many there were.

    Also when nothing waits, the index of terms is there afterwards: somebody before may have died after dropping it.
    """
    total = left = waiting(database)
    postgresql = database.engine.dialect.name == "postgresql"
    if postgresql and total >= MANY:
        _run(database, "DROP INDEX IF EXISTS ix_clip_index_terms")
    while left > 0:
        with database.write() as session:
            session.info[LATER] = True
            done = index_some(session, PORTION)
        left = max(left - done, 0) if done else 0
        told(left)
    if postgresql:
        _run(database, GIN)
    if postgresql and total:
        _run(database, "VACUUM ANALYZE clip_index")  # the planner need not wait for the server's own rounds
    return total


def rebuild(database: Database, told: Callable[[int], None] = lambda _left: None) -> int:
    """Empty the index and make it anew; answer of how many clips."""
    with database.write() as session:
        session.info[LATER] = True
        forget_all(session)
    return index_rest(database, told)


def _run(database: Database, statement: str) -> None:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("SET maintenance_work_mem = '256MB'"))
        connection.execute(text(statement))
        connection.execute(text("RESET maintenance_work_mem"))
