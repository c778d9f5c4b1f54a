"""A journal row as an offer, and rows in requests of bearable size."""

from __future__ import annotations

from collections.abc import Iterator

from ingest.journal.rows import FileRow
from ingest.names import encoded, shown
from ingest.protocol import FileOffer, Fingerprint

MOST_DIGESTS = 50_000
"""Part digests in one request at most, about 3 MB; one file of 1 TiB has 8192."""


def batches(rows: list[FileRow]) -> Iterator[list[FileRow]]:
    """Cut rows so that no request carries too many part digests."""
    batch: list[FileRow] = []
    digests = 0
    for row in rows:
        if batch and digests + len(row.parts) > MOST_DIGESTS:
            yield batch
            batch, digests = [], 0
        batch.append(row)
        digests += len(row.parts)
    if batch:
        yield batch


def offer_of(row: FileRow) -> FileOffer:
    """Answer a checked file as it is offered."""
    path = encoded(row.path)
    return FileOffer(
        path=path,
        shown=shown(row.path),
        size=row.size,
        modified_ns=row.modified_ns,
        sha256=row.sha256,
        sm3=row.sm3,
        parts=[part.hex() for part in row.parts],
        fingerprint=Fingerprint(
            path=path, size=row.size, modified_ns=row.modified_ns, head=row.head, tail=row.tail
        ),
        bad_ranges=row.bad_ranges,
        named=row.named,
        important=row.important,
    )
