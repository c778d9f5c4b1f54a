"""What a catalog holds, in numbers that a copy of it must show as well."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import Connection, Table, func, select

from catalog.custody.record import leaf_digest
from catalog.models import ClipIndex, ClipIndexDue, CoverageDue, CustodyEntry, CustodyPlace
from catalog.models.base import Base
from catalog.rules.tree_root import TreeRoot

AT_ONCE = 1000
MADE_ANEW = frozenset(one.__tablename__ for one in (ClipIndex, ClipIndexDue, CoverageDue))
"""Tables of what clips are found by, and of the steps that are due: made of the others, in each database's own way, and so
never copied. Copying steps makes them due."""


def copied_tables() -> list[Table]:
    """Answer the tables a copy of the catalog has from the original, those that are pointed to first."""
    return [table for table in Base.metadata.sorted_tables if table.name not in MADE_ANEW]


class CustodyDamaged(Exception):
    """An entry is not what its leaf commits to, or the places of the log have a hole; the message says where."""


@dataclass(frozen=True, slots=True)
class CatalogFacts:
    """Rows by copied table, and the custody log's size and root (RFC 6962) over the entries that have their place."""

    rows: dict[str, int] = field(default_factory=dict)
    log_size: int = 0
    log_root: str = ""


def facts_of(connection: Connection) -> CatalogFacts:
    """Count every table and hash the custody log anew, in the caller's transaction. Raises CustodyDamaged."""
    rows = {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in copied_tables()
    }
    tree = TreeRoot()
    placed = connection.execution_options(yield_per=AT_ONCE).execute(
        select(CustodyPlace.place, CustodyEntry.record, CustodyEntry.leaf)
        .join(CustodyEntry, CustodyEntry.id == CustodyPlace.entry_id)
        .order_by(CustodyPlace.place)
    )
    for place, record, leaf in placed:
        if place != tree.size:
            raise CustodyDamaged(f"place {tree.size} of the custody log is empty")
        if leaf_digest(record) != leaf:
            raise CustodyDamaged(f"the custody entry at place {place} is not what it commits to")
        tree.add(bytes.fromhex(leaf))
    if tree.size != rows[CustodyPlace.__tablename__]:
        raise CustodyDamaged("places of the custody log lead to no entry")
    return CatalogFacts(rows, tree.size, tree.root())
