"""What the catalog expects, written down in the order of keys: on disk, so that millions of objects need no memory.

The catalog is read once, in one short transaction, and each kind in whatever order is cheap. Databases sort text as
their language does; here keys stand in the order of their bytes, as the storage lists them.
"""

from __future__ import annotations

import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import groupby
from types import TracebackType
from typing import Self

from catalog.rules.inventory import Expected

AT_ONCE = 1000


class Ledger:
    """An unnamed file of SQLite's own, gone when it is closed, also after a crash. About 500 bytes an object."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-16384;"
            "CREATE TABLE expected (bucket TEXT, key TEXT, version TEXT, row BLOB, PRIMARY KEY (bucket, key, version))"
            " WITHOUT ROWID"
        )

    def add(self, expected: Iterable[Expected]) -> None:
        """Write objects down."""
        for batch in _batches(expected):
            self._rows.execute("BEGIN")
            self._rows.executemany(
                "INSERT OR REPLACE INTO expected VALUES (?, ?, ?, ?)",
                ((one.bucket, one.key, one.version, pickle.dumps(one, protocol=5)) for one in batch),
            )
            self._rows.execute("COMMIT")

    def __len__(self) -> int:
        return int(self._rows.execute("SELECT count(*) FROM expected").fetchone()[0])

    def by_key(self, bucket: str) -> Iterator[tuple[str, dict[str, Expected]]]:
        """Answer each key of a bucket, in order, with the objects expected there by version."""
        rows = self._rows.execute(
            "SELECT key, version, row FROM expected WHERE bucket = ? ORDER BY key, version", (bucket,)
        )
        for key, group in groupby(rows, key=lambda row: str(row[0])):
            yield key, {str(version): pickle.loads(row) for _, version, row in group}  # noqa: S301 - our own file

    def close(self) -> None:
        """Let go of it."""
        self._rows.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _batches(expected: Iterable[Expected]) -> Iterator[list[Expected]]:
    batch: list[Expected] = []
    for one in expected:
        batch.append(one)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
