"""The second read-back: after the bureau's delay the locked object is read whole once more, and `reread` is signed.

Without that statement no byte leaves a spool or a recorder (invariant 1): a fault of the storage that shows within a
day is found while the station still has its copy.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.models import Clip, Copy
from catalog.ports import ReadStore
from catalog.reading_back import NoCopy, Sound, examine, sound_copies
from catalog.receipts import Signer, state
from catalog.rules.clearing import first_reread


class TooEarly(Exception):
    """The bureau's delay after `verified` is not over: reading the clip a second time would prove too little."""


def reread_clip(
    database: Database,
    store: ReadStore,
    signer: Signer,
    *,
    clip_id: UUID,
    delay: timedelta,
    clock: Callable[[], datetime],
    on_block: Callable[[int], None] = lambda _size: None,
) -> None:
    """Read the verified copies of a clip back whole a second time; sign `reread` when all of them agree.

    Raises TooEarly before the delay after `verified` is over, and what `verify_clip` raises; then nothing is signed.
    """
    clip, copies = sound_copies(database, clip_id)
    if clip.verified_at is None or clock() < (due := first_reread(clip.verified_at, delay)):
        raise TooEarly(
            f"not before {due:%Y-%m-%d %H:%M} UTC" if clip.verified_at else "it is not verified yet"
        )
    good: list[Sound] = []
    troubles: list[Exception] = []
    verified = [copy for copy in copies if copy.verified_at is not None]
    for found in examine(database, store, clip, verified, actor="reread", clock=clock, on_block=on_block):
        if isinstance(found, Sound):
            good.append(found)
        else:
            troubles.append(found)
    if troubles:
        raise troubles[0]
    if not good:
        raise NoCopy("there is no verified copy of this recording to read a second time")
    _read_again(database, signer, good[0], clock())


def _read_again(database: Database, signer: Signer, found: Sound, now: datetime) -> None:
    with database.write() as session:
        clip, kept = session.get_one(Clip, found.copy.clip_id), session.get_one(Copy, found.copy.id)
        kept.verified_at = now
        if found.facts.lock_until is not None:
            kept.lock_until, kept.lock_read_at = found.facts.lock_until, now
        state(session, signer, "reread", clip=clip, copy=kept, now=now)
        add_entry(
            session,
            actor=system("reread"),
            action="clip.read-again",
            subjects={"clip": clip.id},
            facts={"version": kept.version, "sha256": clip.sha256, "sm3": clip.sm3},
            now=now,
        )
