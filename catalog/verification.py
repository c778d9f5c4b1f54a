"""Verification: the locked object is read back whole, and both digests must be what the station computed.

Only then does the server sign `verified`, the statement without which nothing is ever cleared (invariant 1).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.models import Clip, Copy, Sighting
from catalog.ports import ObjectFacts, ReadStore
from catalog.reading_back import Sound, examine, sound_copies
from catalog.receipts import Signer, state
from catalog.stages import add_stages


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
    clip, copies = sound_copies(database, clip_id)
    wanted = [c for c in copies if c.verified_at is None] or copies
    troubles: list[Exception] = []
    for found in examine(database, store, clip, wanted, actor="verify", clock=clock, on_block=on_block):
        if isinstance(found, Sound):
            _verified(database, signer, found.copy, found.facts, sha512=found.digests.sha512, now=clock())
        else:
            troubles.append(found)
    if troubles:
        raise troubles[0]


def _verified(
    database: Database, signer: Signer, copy: Copy, facts: ObjectFacts, *, sha512: str, now: datetime
) -> None:
    with database.write() as session:
        clip, kept = session.get_one(Clip, copy.clip_id), session.get_one(Copy, copy.id)
        again, first = kept.verified_at is not None, clip.verified_at is None
        kept.verified_at = now
        clip.sha512 = sha512
        if facts.lock_until is not None:
            kept.lock_until, kept.lock_read_at = facts.lock_until, now
        add_stages(session, clip.id, ("timestamp",), now)
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
