"""The original a stage works on, fetched into scratch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from catalog.models import Clip, Copy, Sighting
from catalog.reading_back import NoCopy
from workers.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Original:
    """A clip's bytes on local disk, and what the catalog knows that describing needs."""

    path: Path
    shown: str
    """Its path on the recorder as first seen, as text."""
    modified: datetime | None
    """The recorder's file system time."""
    facts: dict[str, Any]


@contextmanager
def fetched(runtime: Runtime, clip_id: UUID) -> Iterator[Original]:
    """Fetch the original into scratch for as long as the context lasts.

    Raises NoCopy when the catalog has no sound copy of it, and what `Originals.borrow` raises.
    """
    with runtime.database.read() as session:
        clip = session.get(Clip, clip_id)
        copy = session.scalar(
            select(Copy)
            .where(Copy.clip_id == clip_id, Copy.mismatched_at.is_(None))
            .order_by(Copy.verified_at.is_(None), Copy.created_at)
            .limit(1)
        )
        if clip is None or copy is None:
            raise NoCopy("there is no copy of this recording in storage that can be worked on")
        sighting = session.scalar(
            select(Sighting).where(Sighting.clip_id == clip_id).order_by(Sighting.seen_at).limit(1)
        )
    modified = None
    if sighting is not None and sighting.modified_ns is not None:
        try:
            modified = datetime.fromtimestamp(sighting.modified_ns / 1e9, UTC)
        except (OverflowError, ValueError, OSError):
            modified = None  # a clock beyond all calendars; the number itself stays in the sighting
    with runtime.originals.borrow(
        clip_id,
        size=clip.size,
        sha256=clip.sha256,
        read=lambda: runtime.evidence.read(copy.key, copy.version),
    ) as path:
        yield Original(path, sighting.shown if sighting else clip.name, modified, clip.facts)
