"""What the journal answers: dockings, files and counts as plain values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from ingest.protocol import (
    DockingOpened,
    FileEnd,
    NameFacts,
    PickedOfficer,
    RecorderIdentity,
    SignedStatement,
)

EndReason = Literal["done", "unplugged", "failed"]


@dataclass(frozen=True, slots=True)
class FileRow:
    """One file of one docking, as the journal has it."""

    id: int
    docking: str
    serial: str
    path: bytes
    size: int
    modified_ns: int
    state: FileEnd
    word: str
    detail: str
    attention: bool
    spool: str | None
    sha256: str
    sm3: str
    head: str
    tail: str
    parts: tuple[bytes, ...]
    bad_ranges: list[tuple[int, int]]
    clip: UUID | None
    page: str
    held_already: bool
    received: SignedStatement | None
    verified: SignedStatement | None
    reread: SignedStatement | None
    read_method: str | None
    copied_at: float | None
    """Seconds since 1970 by the station's clock, as are the times below."""
    verified_at: float | None
    """From when the delay runs: the later of the statement's time and ours."""
    named: NameFacts | None
    important: bool
    new: bool | None
    """Whether these bytes were held nowhere before; None while that is not known."""
    clear_from: float | None
    """When it was read again on the recorder, about to be removed."""
    cleared_at: float | None
    cleared_reported: bool


@dataclass(frozen=True, slots=True)
class DockingRow:
    """One docking, as the journal has it."""

    id: UUID
    slot: str
    recorder: RecorderIdentity
    started: datetime
    ended: datetime | None
    reason: EndReason | None
    message: str
    page: str
    opened: bool
    closed: bool
    answer: DockingOpened | None
    """What the server last said of the recorder."""
    picked: PickedOfficer | None
    picked_sent: bool
    confirmed_by: str | None
    """Who confirmed at the station that files may be cleared."""
    sheet_revision: int
    """The last sheet that was made; 0 when there is none."""
    sheet_sent: int
    """The last sheet the server keeps."""


@dataclass(frozen=True, slots=True)
class CopiedFacts:
    """What is known of a file once it lies flushed in the spool."""

    spool: str
    size: int
    modified_ns: int
    sha256: str
    sm3: str
    head: str
    tail: str
    parts: Sequence[bytes]
    bad_ranges: Sequence[tuple[int, int]]
    copied_at: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Files and bytes of one docking by where they stand."""

    files: int
    bytes: int
    copied_files: int
    """Copied and read back here, or held already: the recorder is not needed for them."""
    copied_bytes: int
    received_files: int
    received_bytes: int
    attention: int
    open: int
    """Files still to be copied, or copied and not read back."""
    waiting: int
    """Files checked, with nothing against them, whose receipt is outstanding."""
    cleared_files: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """What lies in the spool and is not received yet, over all dockings. Bytes, seconds since 1970."""

    files: int
    bytes: int
    oldest: float | None
    failed: int
    """Files that need a person: those in the spool, and those of each recorder's latest docking."""


def docking_row(row: sqlite3.Row) -> DockingRow:
    """Read a row of `docking`."""
    return DockingRow(
        id=UUID(row["id"]),
        slot=row["slot"],
        recorder=RecorderIdentity.model_validate_json(row["recorder"]),
        started=datetime.fromisoformat(row["started"]),
        ended=datetime.fromisoformat(row["ended"]) if row["ended"] else None,
        reason=row["reason"],
        message=row["message"],
        page=row["page"],
        opened=bool(row["opened"]),
        closed=bool(row["closed"]),
        answer=DockingOpened.model_validate_json(row["answer"]) if row["answer"] else None,
        picked=PickedOfficer.model_validate_json(row["picked"]) if row["picked"] else None,
        picked_sent=bool(row["picked_sent"]),
        confirmed_by=row["confirmed_by"],
        sheet_revision=row["sheet_revision"],
        sheet_sent=row["sheet_sent"],
    )


def file_row(row: sqlite3.Row) -> FileRow:
    """Read a row of `file`."""
    parts = row["parts"] or b""
    return FileRow(
        id=row["id"],
        docking=row["docking"],
        serial=row["serial"],
        path=row["path"],
        size=row["size"] or 0,
        modified_ns=row["modified_ns"] or 0,
        state=row["state"],
        word=row["word"],
        detail=row["detail"],
        attention=bool(row["attention"]),
        spool=row["spool"],
        sha256=row["sha256"] or "",
        sm3=row["sm3"] or "",
        head=row["head"] or "",
        tail=row["tail"] or "",
        parts=tuple(parts[start : start + 32] for start in range(0, len(parts), 32)),
        bad_ranges=[(start, end) for start, end in json.loads(row["bad_ranges"])],
        clip=UUID(row["clip"]) if row["clip"] else None,
        page=row["page"],
        held_already=bool(row["held_already"]),
        received=_statement(row["received"]),
        verified=_statement(row["verified"]),
        reread=_statement(row["reread"]),
        read_method=row["read_method"],
        copied_at=row["copied_at"],
        verified_at=row["verified_at"],
        named=NameFacts.model_validate_json(row["named"]) if row["named"] else None,
        important=bool(row["important"]),
        new=None if row["new"] is None else bool(row["new"]),
        clear_from=row["clear_from"],
        cleared_at=row["cleared_at"],
        cleared_reported=bool(row["cleared_reported"]),
    )


def _statement(text: str | None) -> SignedStatement | None:
    return SignedStatement.model_validate_json(text) if text else None
