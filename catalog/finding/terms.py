"""The index of terms, on either database: which rows have all of some terms.

SQLite: FTS5 without content, one token a term. PostgreSQL: the terms' checksums in an array under a GIN index. Both may
answer too much (checksums meet), never too little; whoever asks looks at the row itself as well.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, String, cast, column, func, table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join

from catalog.models import ClipIndex
from catalog.rules.words import all_terms

Needed = Sequence[Sequence[str]]
"""Groups of terms: a row has at least one term of every group."""
WORD, NUMBER = "w", "n"
"""Signs of the terms of words, and of those of case numbers."""

_TERMS = table("clip_index_terms", column("rowid", Integer), column("clip_index_terms", String))


class LeftFirst(Join):
    """A join that SQLite walks from left to right, whatever its planner thinks is better."""

    inherit_cache = True


@compiles(LeftFirst)
def _left_first(join: LeftFirst, compiler: SQLCompiler, **kw: Any) -> str:
    kw["asfrom"] = True
    left, right = compiler.process(join.left, **kw), compiler.process(join.right, **kw)
    kw.pop("asfrom")
    assert join.onclause is not None  # noqa: S101 - `rows_with` gives one
    return f"{left} CROSS JOIN {right} ON {compiler.process(join.onclause, **kw)}"


def on_sqlite(session: Session) -> bool:
    """Answer whether this is SQLite."""
    return session.get_bind().dialect.name == "sqlite"


def holds(session: Session, text: InstrumentedAttribute[str], part: str) -> ColumnElement[bool]:
    """Whether `text` holds `part`, sign by sign: nothing in it is a pattern."""
    found = func.instr(text, part) if on_sqlite(session) else func.strpos(text, part)
    return found > 0


def terms_of(labels: str, words: str, numbers: str) -> set[str]:
    """Answer the terms of a row of `clip_index`."""
    return set(labels.split()) | all_terms(words.split("\n"), WORD) | all_terms(numbers.split("\n"), NUMBER)


def checksums(terms: Iterable[str]) -> list[int]:
    """Answer what PostgreSQL keeps of terms: 32 bits each, signed."""
    return sorted({zlib.crc32(t.encode()) - (1 << 31) for t in terms})


def rows_with(session: Session, needed: Needed) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """Answer where to take `clip_index` from, and conditions, so that the index leads the way.

    Nothing needed: the table alone, of which the database's own index of the asked time is left to lead.
    """
    if not needed:
        return ClipIndex.__table__, []
    if on_sqlite(session):
        question = " AND ".join(f"({' OR '.join(group)})" for group in needed)
        both = LeftFirst(_TERMS, ClipIndex.__table__, ClipIndex.n == _TERMS.c.rowid)
        return both, [_TERMS.c.clip_index_terms.op("MATCH")(question)]
    numbers = ARRAY(Integer)
    single = [group[0] for group in needed if len(group) == 1]
    conditions: list[ColumnElement[bool]] = []
    if single:
        conditions.append(ClipIndex.terms.op("@>")(cast(checksums(single), numbers)))
    conditions += [
        ClipIndex.terms.op("&&")(cast(checksums(group), numbers)) for group in needed if len(group) > 1
    ]
    return ClipIndex.__table__, conditions
