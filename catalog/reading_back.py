"""Reading an original back from storage whole: its digests, its lock, and an incident where either is not as it was."""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from catalog.actors import system
from catalog.database import Database
from catalog.incidents import open_incident
from catalog.models import Clip, Copy
from catalog.ports import ObjectFacts, ReadStore

QUEUE_DEPTH = 2
"""Blocks waiting for each digest; with 4 MiB blocks this bounds memory to a few tens of MiB."""


class DigestMismatch(Exception):
    """What lies in storage is not what was received. An incident is open; nobody may clear anything."""


class CopyMissing(Exception):
    """The storage is in order and says that the object is not there. An incident is open."""


class LockMissing(Exception):
    """The bytes agree, but the storage protects them no longer. An incident is open."""


class NoCopy(Exception):
    """The clip has no copy to verify; it is not in the catalog as a received original."""


MISMATCH = "what lies in storage is not what was received; an incident is open"


@dataclass(frozen=True, slots=True)
class Digests:
    """The digests of a stream, hexadecimal, and its length in bytes."""

    size: int
    sha256: str
    sm3: str
    sha512: str
    """Proves nothing by itself; computed on the way, for ASC MHL manifests."""


def both_digests(blocks: Iterable[bytes], on_block: Callable[[int], None] = lambda _size: None) -> Digests:
    """Hash a stream with SHA-256, SM3 and SHA-512, each in a thread of its own at idle priority.

    hashlib lets go of the interpreter while hashing, so the slowest of them (SM3) sets the pace.
    """
    algorithms = ("sha256", "sm3", "sha512")
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
    return Digests(size=size, **results)


def sound_copies(database: Database, clip_id: UUID) -> tuple[Clip, Sequence[Copy]]:
    """Answer a clip and its copies that were not found to differ. Raises NoCopy, DigestMismatch."""
    with database.read() as session:
        clip = session.get(Clip, clip_id)
        copies = session.scalars(
            select(Copy)
            .where(Copy.clip_id == clip_id, Copy.mismatched_at.is_(None))
            .order_by(Copy.created_at)
        ).all()
        bad = session.scalar(select(Copy.id).where(Copy.clip_id == clip_id, Copy.mismatched_at.is_not(None)))
    if clip is None or not (copies or bad):
        raise NoCopy("there is no copy of this recording in storage")
    if not copies:
        raise DigestMismatch(MISMATCH)
    return clip, copies


@dataclass(frozen=True, slots=True)
class Sound:
    """A copy that agreed: what was read and what the storage says of it."""

    copy: Copy
    digests: Digests
    facts: ObjectFacts


def examine(
    database: Database,
    store: ReadStore,
    clip: Clip,
    copies: Iterable[Copy],
    *,
    actor: str,
    clock: Callable[[], datetime],
    on_block: Callable[[int], None] = lambda _size: None,
) -> Iterator[Sound | Exception]:
    """Read these copies back whole, one by one; answer each when it agrees, else what is wrong.

    What is wrong has opened an incident in the name of `actor`: DigestMismatch, CopyMissing, LockMissing. Raises the
    store's other errors, which say nothing of a copy.
    """
    for copy in copies:
        try:
            found = both_digests(store.read(copy.key, copy.version), on_block)
            facts = store.facts(copy.key, copy.version)
        except store.ObjectMissing:
            _missing(database, copy, actor, clock())
            yield CopyMissing(f"the storage has no version {copy.version} of {copy.key}; an incident is open")
            continue
        if (found.size, found.sha256, found.sm3) != (clip.size, clip.sha256, clip.sm3):
            _mismatch(database, copy, found, actor, clock())
            yield DigestMismatch(MISMATCH)
        elif facts.lock_mode != "COMPLIANCE" or facts.lock_until is None or facts.lock_until <= clock():
            _unlocked(database, copy, facts, actor, clock())
            yield LockMissing("the bytes agree, but no lock protects them; an incident is open")
        else:
            yield Sound(copy, found, facts)


def _missing(database: Database, copy: Copy, actor: str, now: datetime) -> None:
    _incident(
        database,
        actor,
        copy,
        "object-missing",
        "The storage says that this original is not there.",
        details={},
        now=now,
    )


def _unlocked(database: Database, copy: Copy, facts: ObjectFacts, actor: str, now: datetime) -> None:
    found = {"mode": facts.lock_mode, "until": facts.lock_until.isoformat() if facts.lock_until else None}
    _incident(
        database,
        actor,
        copy,
        "lock-missing",
        "No lock protects this original in storage.",
        details=found,
        now=now,
    )


def _mismatch(database: Database, copy: Copy, found: Digests, actor: str, now: datetime) -> None:
    with database.write() as session:
        session.get_one(Copy, copy.id).mismatched_at = now
    _incident(
        database,
        actor,
        copy,
        "digest-mismatch",
        "Read back from storage, this original has another digest than the station computed.",
        details={"size": found.size, "sha256": found.sha256, "sm3": found.sm3},
        now=now,
    )


def _incident(
    database: Database,
    actor: str,
    copy: Copy,
    kind: str,
    what: str,
    *,
    details: dict[str, Any],
    now: datetime,
) -> None:
    with database.write() as session:
        if session.get(Copy, copy.id) is None:
            return  # disposed of meanwhile
        open_incident(
            session,
            actor=system(actor),
            kind=kind,
            what=what,
            clip=copy.clip_id,
            details={"copy": str(copy.id), "key": copy.key, "version": copy.version, **details},
            now=now,
        )
