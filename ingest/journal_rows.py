"""What the journal answers: dockings, files and counts as plain values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from ingest.protocol import FileEnd, RecorderIdentity, SignedStatement

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


@dataclass(frozen=True, slots=True)
class CopiedFacts:
    """What is known of a file once it lies proven in the spool."""

    spool: str
    size: int
    modified_ns: int
    sha256: str
    sm3: str
    head: str
    tail: str
    parts: Sequence[bytes]
    bad_ranges: Sequence[tuple[int, int]]
    read_method: str | None
    copied_at: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Files and bytes of one docking by where they stand."""

    files: int
    bytes: int
    copied_files: int
    copied_bytes: int
    received_files: int
    received_bytes: int
    attention: int
    open: int
    """Files still to be copied."""
    waiting: int
    """Files copied, with nothing against them, whose receipt is outstanding."""


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
    )


def _statement(text: str | None) -> SignedStatement | None:
    return SignedStatement.model_validate_json(text) if text else None
