"""The journal's memory of what the office asked for and what became of it."""

# ruff: noqa: S608  (the statements are put together from constants; values always travel as parameters)
from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ingest.journal.states import NEEDED
from ingest.journal.store import JournalStore
from ingest.protocol import OrderDone


class OrderTable(JournalStore):
    """Orders that were carried out, or could not be."""

    def order_done(self, done: OrderDone) -> None:
        """Write down how an order ended; the last word counts and is told again."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO order_done (id, result) VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET told = iif(result = excluded.result, told, 0), result = excluded.result",
                (str(done.id), done.result),
            )

    def orders_to_tell(self, limit: int) -> list[OrderDone]:
        """Ends of orders the server does not know."""
        rows = self._rows("SELECT id, result FROM order_done WHERE told = 0 ORDER BY id LIMIT ?", (limit,))
        return [OrderDone(id=UUID(row["id"]), result=row["result"]) for row in rows]

    def orders_told(self, orders: Sequence[OrderDone]) -> None:
        """The server knows of these ends."""
        with self._transaction() as db:
            db.executemany(
                "UPDATE order_done SET told = 1 WHERE id = ? AND result = ?",
                [(str(done.id), done.result) for done in orders],
            )

    def retry(self, docking: UUID, path: bytes) -> tuple[int, int]:
        """Let go of the marks on failed files of a docking, or on the one at `path`.

        Answers how many are offered again by themselves, and for how many the recorder is needed.
        """
        where = "docking = ? AND (? = x'' OR path = ?)"
        values = (str(docking), path, path)
        with self._transaction() as db:
            again = db.execute(
                f"UPDATE file SET attention = 0 WHERE {where} AND {NEEDED} AND attention = 1", values
            ).rowcount
            needed = db.execute(
                f"SELECT count(*) FROM file WHERE {where} AND attention = 1"
                " AND state IN ('found', 'changed while read', 'vanished', 'refused')",
                values,
            ).fetchone()[0]
        return int(again), int(needed)
