"""A sheet's RFC 8785 form, written entry by entry, so that a list of 200,000 files needs no more than its text."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

import rfc8785

from ingest.journal.rows import FileRow
from ingest.names import encoded, shown
from ingest.progress import reason_said
from ingest.protocol import FileEnd, Sheet, SheetFile, SheetGap
from ingest.words.words import Words

LARGEST = 2**53 - 1
"""The largest whole number RFC 8785 writes exactly."""
_MOVING = ("made", "revision", "software")
"""What differs from one sheet to the next although nothing on the recorder or of its files did."""
_SECURED = frozenset({"received", "verified", "clearable", "cleared"})


def entry_of(row: FileRow, words: Words) -> SheetFile:
    """Answer a file as it stands in a sheet. What happens to it after it is received is not the sheet's matter."""
    statement = row.received.statement if row.received is not None else None
    read = bool(row.sha256)
    size = row.size if row.size or row.state != "refused" else None
    return SheetFile(
        path=encoded(row.path),
        shown=shown(row.path),
        size=size,
        modified_ns=str(row.modified_ns) if size is not None else None,
        end=end_of(row),
        reason=reason_said(row, words)[:1000] if row.word else "",
        sha256=row.sha256 or (statement.sha256 if statement else None),
        sm3=row.sm3 or (statement.sm3 if statement else None),
        digest_from="read" if read else "statement" if statement else "",
        clip=row.clip if statement is not None else None,
        new=row.new,
        named=row.named,
        important=row.important,
        bad_ranges=row.bad_ranges,
    )


def end_of(row: FileRow) -> FileEnd:
    """Answer what became of a file, in the sheet's words: secured is secured, however far it got since."""
    if row.state not in _SECURED:
        return row.state
    if row.bad_ranges:
        return "partial"
    return "held already" if row.held_already else "received"


def canonical(
    frame: Sheet, entries: Iterable[SheetFile], gaps: Callable[[], Sequence[SheetGap]]
) -> tuple[bytes, str]:
    """Answer the form of `frame` with these entries and gaps, and a digest of all that matters in it.

    `gaps` is asked when the entries were gone through. Two sheets of the same digest differ in nothing but when they
    were made. Raises rfc8785.CanonicalizationError.
    """
    values = frame.model_dump(mode="json")
    content = hashlib.sha256()
    body = bytearray(b"{")
    for number, name in enumerate(sorted(values)):
        body += b"," * bool(number) + rfc8785.dumps(name) + b":"
        if name == "files":
            body += b"["
            for place, entry in enumerate(entries):
                one = rfc8785.dumps(entry.model_dump(mode="json", exclude_defaults=True))
                content.update(one)
                body += b"," * bool(place) + one
            body += b"]"
            continue
        value = [gap.model_dump() for gap in gaps()] if name == "gaps" else values[name]
        form = rfc8785.dumps(value)
        body += form
        if name not in _MOVING:
            content.update(name.encode() + b":" + form)
    body += b"}"
    return bytes(body), content.hexdigest()
