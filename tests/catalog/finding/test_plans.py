"""How the databases go about it: no question reads the whole table, on either of them.

The figures are `make bench`'s; here only the plans are looked at, on a bureau of some years made small.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from bench.search import AS, questions, somebody
from bench.search_world import Bureau, make
from catalog.database import Database
from catalog.finding.rebuilding import index_rest
from catalog.finding.search import find

CLIPS = 4_000


@pytest.fixture
def bureau(database: Database) -> Bureau:
    made = make(database, CLIPS)
    index_rest(database)
    return made


@contextmanager
def plans(engine: Engine) -> Iterator[list[tuple[str, str]]]:
    """Collect every query on `clip_index`, with how the database means to answer it."""
    found: list[tuple[str, str]] = []
    asking = []

    def explain(
        connection: Connection, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool
    ) -> None:
        if asking or many or "clip_index" not in statement or not statement.startswith(("SELECT", "WITH")):
            return
        asking.append(1)
        how = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
        cursor.execute(how + statement, parameters)
        found.append((statement, "\n".join(" ".join(map(str, row)) for row in cursor.fetchall())))
        asking.clear()

    event.listen(engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", explain)


def test_no_question_reads_the_whole_table(database: Database, bureau: Bureau) -> None:
    sqlite = database.engine.dialect.name == "sqlite"
    by_index = 0
    asked = [(role, *one) for role in AS for one in questions(bureau).items()]
    for role, name, wanted in asked:
        for stretch in (8, 512):
            with plans(database.engine) as found, database.read() as session:
                find(session, wanted, somebody(bureau, role), limit=48, stretch=stretch)
            assert found, name
            for statement, plan in found:
                if sqlite:
                    # A table without its index named is read from end to end.
                    assert not re.search(r"SCAN clip_index(?! USING| VIRTUAL)\b(?!_)", plan), (name, plan)
                elif "clip_index.terms" in statement:
                    # Where the days asked for hold few, walking those is the better way; where somebody finds few,
                    # looking up those; where nothing can be found, nothing is asked.
                    answered = r"Index Scan (on|using) (ix|pk|uq)_clip_index|One-Time Filter: false"
                    assert re.search(answered, plan), (name, plan)
                    assert not re.search(r"Seq Scan on clip_index\b", plan), (name, plan)
                if "MATCH" in statement:
                    assert "SCAN clip_index_terms VIRTUAL TABLE" in plan, (name, plan)
                    assert "SEARCH clip_index USING INTEGER PRIMARY KEY" in plan, (name, plan)
                by_index += "MATCH" in statement or "Index Scan on ix_clip_index_terms" in plan
    assert by_index > 50
