"""Verification: the locked object is read back whole, and both digests must be what the station computed.

Only then does the server sign `verified`, the statement without which nothing is ever cleared (invariant 1).
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.incidents import open_incident
from catalog.models import Clip, Copy, Sighting
from catalog.ports import ReadStore
from catalog.receipts import Signer, state

QUEUE_DEPTH = 2
"""Blocks waiting for each digest; with 4 MiB blocks this bounds memory to a few tens of MiB."""


class DigestMismatch(Exception):
    """What lies in storage is not what was received. An incident is open; nobody may clear anything."""


class CopyMissing(Exception):
    """The storage is in order and says that the object is not there. An incident is open."""


class NoCopy(Exception):
    """The clip has no copy to verify; it is not in the catalog as a received original."""


@dataclass(frozen=True, slots=True)
class Digests:
    """Both digests of a stream, hexadecimal, and its length in bytes."""

    size: int
    sha256: str
    sm3: str


def both_digests(blocks: Iterable[bytes], on_block: Callable[[int], None] = lambda _size: None) -> Digests:
    """Hash a stream with SHA-256 and SM3, each in a thread of its own at idle priority.

    hashlib lets go of the interpreter while hashing, so the slower of the two (SM3) sets the pace.
    """
    algorithms = ("sha256", "sm3")
    pipes: list[queue.Queue[bytes | None]] = [queue.Queue(maxsize=QUEUE_DEPTH) for _ in algorithms]
    results: dict[str, str] = {}

    def work(name: str, pipe: queue.Queue[bytes | None]) -> None:
        with suppress(OSError, AttributeError):  # where the system has no such class, ordinary priority does
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        digest = hashlib.new(name)
        while (block := pipe.get()) is not None:
            digest.update(block)
        results[name] = digest.hexdigest()

    threads = [
        threading.Thread(target=work, args=(name, pipe), name=f"digest-{name}", daemon=True)
        for name, pipe in zip(algorithms, pipes, strict=True)
    ]
    for thread in threads:
        thread.start()
    size = 0
    try:
        for block in blocks:
            size += len(block)
            on_block(len(block))
            for pipe in pipes:
                pipe.put(block)
    finally:
        for pipe in pipes:
            pipe.put(None)
        for thread in threads:
            thread.join()
    return Digests(size=size, sha256=results["sha256"], sm3=results["sm3"])


def verify_clip(
    database: Database,
    store: ReadStore,
    signer: Signer,
    *,
    clip_id: UUID,
    clock: Callable[[], datetime],
    on_block: Callable[[int], None] = lambda _size: None,
    tee: Callable[[Iterator[bytes]], Iterator[bytes]] = lambda blocks: blocks,
) -> None:
    """Read every unverified copy of a clip back and compare; sign `verified` for the first that agrees.

    A clip verified before is left alone. Raises DigestMismatch, CopyMissing, NoCopy, and the store's errors.
    """
    actor = system("verify")
    with database.read() as session:
        clip = session.get(Clip, clip_id)
        copies = session.scalars(
            select(Copy).where(Copy.clip_id == clip_id, Copy.verified_at.is_(None)).order_by(Copy.created_at)
        ).all()
        if clip is None or (not copies and clip.verified_at is None):
            raise NoCopy(f"clip {clip_id} has no copy in storage to verify")
    for copy in copies:
        try:
            found = both_digests(tee(iter(store.read(copy.key, copy.version))), on_block)
        except store.ObjectMissing as error:
            with database.write() as session:
                open_incident(
                    session,
                    actor=actor,
                    kind="object-missing",
                    what="The storage says that this original is not there.",
                    clip=clip_id,
                    details={"copy": str(copy.id), "key": copy.key, "version": copy.version},
                    now=clock(),
                )
            raise CopyMissing(f"the storage has no version {copy.version} of {copy.key}") from error
        if (found.size, found.sha256, found.sm3) != (clip.size, clip.sha256, clip.sm3):
            _mismatch(database, clip_id, copy, found, clock())
            raise DigestMismatch("what lies in storage is not what was received; an incident is open")
        _verified(database, signer, clip_id, copy.id, clock())


def _mismatch(database: Database, clip_id: UUID, copy: Copy, found: Digests, now: datetime) -> None:
    details: dict[str, Any] = {
        "copy": str(copy.id),
        "size": found.size,
        "sha256": found.sha256,
        "sm3": found.sm3,
    }
    with database.write() as session:
        open_incident(
            session,
            actor=system("verify"),
            kind="digest-mismatch",
            what="Read back from storage, this original has another digest than the station computed.",
            clip=clip_id,
            details=details,
            now=now,
        )


def _verified(database: Database, signer: Signer, clip_id: UUID, copy_id: UUID, now: datetime) -> None:
    with database.write() as session:
        clip, copy = session.get_one(Clip, clip_id), session.get_one(Copy, copy_id)
        if copy.verified_at is not None:
            return
        copy.verified_at = now
        first = clip.verified_at is None
        if first:
            clip.verified_at = now
            state(session, signer, "verified", clip=clip, copy=copy, now=now)
            for sighting in session.scalars(
                select(Sighting).where(Sighting.clip_id == clip_id, Sighting.end == "received")
            ):
                sighting.end = "verified"
        add_entry(
            session,
            actor=system("verify"),
            action="clip.verified" if first else "clip.copy-verified",
            subjects={"clip": clip_id},
            facts={"version": copy.version, "sha256": clip.sha256, "sm3": clip.sm3},
            now=now,
        )
