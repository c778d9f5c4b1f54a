"""Keeping: what the authorities answered goes under lock in storage, and the clips of a batch are finished.

Everything written comes from the catalog, so repeating it after a crash writes the same bytes, which are adopted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.database import Database
from catalog.locked_objects import NotLocked, OtherContent, put_and_read_back
from catalog.models import Clip, Copy, Stage, TimestampBatch, TimestampLeaf, TimestampToken
from catalog.ports import SheetStore
from catalog.rules.intake_lock import lock_at_receipt
from catalog.rules.stamp_text import record_text
from catalog.timestamps.asking import say_on_clips
from catalog.timestamps.gathering import STAGE
from catalog.timestamps.proving import Leaf, leaves_of, stamped_clip, statement_of
from catalog.timestamps.trouble import JOB

AT_ONCE = 100
"""Clips finished in one transaction, so that nobody else waits long for the database."""
LONGEST = timedelta(seconds=20)
"""After this a round ends and the next one goes on, so that no two rounds are at it at once."""


def keep(database: Database, store: SheetStore, clock: Callable[[], datetime]) -> int:
    """Lock what was answered and finish the batches that are complete; answer how many were finished.

    The storage being out of reach, or refusing, is said on the clips and tried again in the next round.
    """
    with database.read() as session:
        waiting = session.scalars(
            select(TimestampBatch.id)
            .where(TimestampBatch.finished_at.is_(None))
            .order_by(TimestampBatch.made_at)
        ).all()
    finished, until = 0, clock() + LONGEST
    for batch in waiting:
        if clock() > until:
            break
        try:
            _lock_answers(database, store, batch, clock)
        except (store.StorageError, OtherContent, NotLocked) as error:
            with database.write() as session:
                say_on_clips(
                    session, [batch], f"the time stamp could not be put under lock: {error}"[:2000], clock()
                )
            continue
        finished += _finish(database, batch, clock, until)
    return finished


def _lock_answers(
    database: Database, store: SheetStore, batch_id: UUID, clock: Callable[[], datetime]
) -> None:
    with database.read() as session:
        batch = session.get_one(TimestampBatch, batch_id)
        answered = [token for token in batch.tokens if token.state == "answered"]
        if not answered:
            return
        until = max(lock_at_receipt(clock()), longest_lock(session, batch_id) or clock())
        records = "" if batch.objects else records_text(session, batch_id)
    if not batch.objects:
        files = (
            ("statement", "statement.json", statement_of(batch).encode()),
            ("records", "records.jsonl", records.encode()),
        )
        places = _put(store, str(batch_id), batch_id, files, until=until, now=clock())
        with database.write() as session:
            kept = session.get_one(TimestampBatch, batch_id)
            kept.objects, kept.lock_desired = places, until
    refusal: OtherContent | NotLocked | None = None
    for token in answered:
        try:
            places = _put(store, _folder_of(token), batch_id, files_of(token), until=until, now=clock())
        except (OtherContent, NotLocked) as error:
            refusal = error  # the other authorities' answers are kept all the same
            continue
        with database.write() as session:
            mine = session.get_one(TimestampToken, token.id, with_for_update=True)
            if mine.state == "answered":
                mine.state, mine.objects, mine.lock_desired = "kept", places, until
                mine.kept_at = clock()
    if refusal is not None:
        raise refusal


def _folder_of(token: TimestampToken) -> str:
    """Answer where one answer lies: a restored back-up asks again, and the answer it did not know may lie there already."""
    return f"{token.batch_id}/{hashlib.sha256(token.response or b'').hexdigest()[:16]}"


def files_of(token: TimestampToken) -> Iterator[tuple[str, str, bytes]]:
    """Yield what is kept of a token as files: kind, name, bytes."""
    yield "request", f"{token.authority}.tsq", token.request or b""
    yield "response", f"{token.authority}.tsr", token.response or b""
    yield "chain", f"{token.authority}.pem", (token.chain or "").encode("ascii")


def longest_lock(session: Session, batch: UUID) -> datetime | None:
    """Answer the latest lock among the clips of a batch, as last read back."""
    return session.scalar(
        select(func.max(Copy.lock_until))
        .join(TimestampLeaf, TimestampLeaf.clip_id == Copy.clip_id)
        .where(TimestampLeaf.batch_id == batch)
    )


def records_text(session: Session, batch: UUID) -> str:
    """Answer the records of a batch as lines in the order of its leaves, made anew from the catalog."""
    clips = session.scalars(
        select(Clip)
        .join(TimestampLeaf, TimestampLeaf.clip_id == Clip.id)
        .where(TimestampLeaf.batch_id == batch)
        .order_by(TimestampLeaf.place)
    )
    return "".join(f"{record_text(stamped_clip(clip))}\n" for clip in clips)


def _put(
    store: SheetStore,
    folder: str,
    batch: UUID,
    files: Iterable[tuple[str, str, bytes]],
    *,
    until: datetime,
    now: datetime,
) -> dict[str, Any]:
    return {
        kind: put_and_read_back(
            store,
            f"timestamps/{folder}/{name}",
            body,
            lock_until=until,
            metadata={"liuhen": "1", "kind": f"timestamp-{kind}", "batch": str(batch)},
            now=now,
        )
        for kind, name, body in files
    }


def _finish(database: Database, batch_id: UUID, clock: Callable[[], datetime], until: datetime) -> bool:
    """Finish the clips of a batch whose every token is kept, some at a time.

    What a crash or the end of the round leaves is gone on with in the next one.
    """
    with database.read() as session:
        batch = session.get_one(TimestampBatch, batch_id)
        wanted = [token for token in batch.tokens if token.state != "withdrawn"]
        if not wanted or any(token.state != "kept" for token in wanted):
            return False
        facts = {leaf.clip: _facts(batch, leaf) for leaf in leaves_of(session, batch_id)}
    clips = list(facts)
    for start in range(0, len(clips), AT_ONCE):
        if clock() > until:
            return False
        with database.write() as session:
            for clip in clips[start : start + AT_ONCE]:
                _finish_clip(session, clip, facts[clip], clock())
    with database.write() as session:
        done = session.execute(
            update(TimestampBatch)
            .where(TimestampBatch.id == batch_id, TimestampBatch.finished_at.is_(None))
            .values(finished_at=clock())
        )
        return bool(done.rowcount)  # type: ignore[attr-defined]


def _finish_clip(session: Session, clip: UUID, facts: Mapping[str, Any], now: datetime) -> None:
    mine = session.execute(
        update(Stage)
        .where(Stage.clip_id == clip, Stage.stage == STAGE, Stage.state == "pending")
        .values(state="done", error="", updated_at=now)
    )
    if mine.rowcount:  # type: ignore[attr-defined]
        add_entry(
            session,
            actor=system(JOB),
            action="clip.timestamped",
            subjects={"clip": clip},
            facts=facts,
            now=now,
        )


def _facts(batch: TimestampBatch, leaf: Leaf) -> dict[str, Any]:
    return {
        "batch": str(batch.id),
        "root": batch.root,
        "leaf": leaf.digest,
        "place": leaf.place,
        "size": batch.size,
        "tokens": [
            {
                "authority": token.authority,
                "self_signed": token.self_signed,
                "time": utc_text(token.gen_time) if token.gen_time else None,
                "serial": str(token.facts.get("serial", "")),
            }
            for token in batch.tokens
            if token.state == "kept"
        ],
    }
