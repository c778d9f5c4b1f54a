"""Verification: the locked object is read back whole, and both digests must be what the station computed.

Only then does the server sign `verified`, the statement without which nothing is ever cleared (invariant 1).
"""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from collections.abc import Callable, Iterable
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
from catalog.ports import ObjectFacts, ReadStore
from catalog.receipts import Signer, state

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
) -> None:
    """Read the copies of a clip back whole and compare; sign `verified` for the first that agrees.

    Copies not verified yet are read; when there is none, all are read again. Every copy is examined before anything is
    raised: one bad copy does not keep a good one from being verified. Raises DigestMismatch, CopyMissing, LockMissing,
    NoCopy, and the store's errors.
    """
    with database.read() as session:
        clip = session.get(Clip, clip_id)
        copies = session.scalars(
            select(Copy)
            .where(Copy.clip_id == clip_id, Copy.mismatched_at.is_(None))
            .order_by(Copy.created_at)
        ).all()
        bad = session.scalar(select(Copy.id).where(Copy.clip_id == clip_id, Copy.mismatched_at.is_not(None)))
    if clip is None or not (copies or bad):
        raise NoCopy(f"clip {clip_id} has no copy in storage to verify")
    if not copies:
        raise DigestMismatch(MISMATCH)
    troubles: list[Exception] = []
    for copy in [c for c in copies if c.verified_at is None] or copies:
        try:
            found = both_digests(store.read(copy.key, copy.version), on_block)
            facts = store.facts(copy.key, copy.version)
        except store.ObjectMissing:
            _missing(database, copy, clock())
            troubles.append(CopyMissing(f"the storage has no version {copy.version} of {copy.key}"))
            continue
        if (found.size, found.sha256, found.sm3) != (clip.size, clip.sha256, clip.sm3):
            _mismatch(database, copy, found, clock())
            troubles.append(DigestMismatch(MISMATCH))
        elif facts.lock_mode != "COMPLIANCE" or facts.lock_until is None or facts.lock_until <= clock():
            _unlocked(database, copy, facts, clock())
            troubles.append(LockMissing("the bytes agree, but no lock protects them; an incident is open"))
        else:
            _verified(database, signer, copy, facts, clock())
    if troubles:
        raise troubles[0]


def _missing(database: Database, copy: Copy, now: datetime) -> None:
    _incident(
        database,
        copy,
        "object-missing",
        "The storage says that this original is not there.",
        details={},
        now=now,
    )


def _unlocked(database: Database, copy: Copy, facts: ObjectFacts, now: datetime) -> None:
    found = {"mode": facts.lock_mode, "until": facts.lock_until.isoformat() if facts.lock_until else None}
    _incident(
        database, copy, "lock-missing", "No lock protects this original in storage.", details=found, now=now
    )


def _mismatch(database: Database, copy: Copy, found: Digests, now: datetime) -> None:
    with database.write() as session:
        session.get_one(Copy, copy.id).mismatched_at = now
    _incident(
        database,
        copy,
        "digest-mismatch",
        "Read back from storage, this original has another digest than the station computed.",
        details={"size": found.size, "sha256": found.sha256, "sm3": found.sm3},
        now=now,
    )


def _incident(
    database: Database, copy: Copy, kind: str, what: str, *, details: dict[str, Any], now: datetime
) -> None:
    with database.write() as session:
        open_incident(
            session,
            actor=system("verify"),
            kind=kind,
            what=what,
            clip=copy.clip_id,
            details={"copy": str(copy.id), "key": copy.key, "version": copy.version, **details},
            now=now,
        )


def _verified(database: Database, signer: Signer, copy: Copy, facts: ObjectFacts, now: datetime) -> None:
    with database.write() as session:
        clip, kept = session.get_one(Clip, copy.clip_id), session.get_one(Copy, copy.id)
        again, first = kept.verified_at is not None, clip.verified_at is None
        kept.verified_at = now
        if facts.lock_until is not None:
            kept.lock_until, kept.lock_read_at = facts.lock_until, now
        if first:
            clip.verified_at = now
            state(session, signer, "verified", clip=clip, copy=kept, now=now)
            for sighting in session.scalars(
                select(Sighting).where(Sighting.clip_id == clip.id, Sighting.end == "received")
            ):
                sighting.end = "verified"
        add_entry(
            session,
            actor=system("verify"),
            action="clip.verified" if first else "clip.reverified" if again else "clip.copy-verified",
            subjects={"clip": clip.id},
            facts={"version": kept.version, "sha256": clip.sha256, "sm3": clip.sm3},
            now=now,
        )
