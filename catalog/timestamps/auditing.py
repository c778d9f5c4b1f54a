"""The audit of time stamps: every clip, from the catalog's own facts to the authority's signature and the locked files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, joinedload

from catalog.database import Database
from catalog.locked_objects import Place, differs, lock_of
from catalog.models import Clip, TimestampBatch, TimestampLeaf, TimestampToken
from catalog.ports import ReadStore
from catalog.rules.stamp_text import record_leaf, record_text
from catalog.timestamps.authorities import Authority
from catalog.timestamps.keeping import files_of, records_text
from catalog.timestamps.proving import Leaf, check_token, leaves_of, stamped_clip, statement_of, tree_holds
from catalog.timestamps.token import TokenRefused
from catalog.timestamps.trouble import unproven


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one clip's stamp."""

    clip: UUID
    batch: UUID | None
    authority: str
    """Empty when it is not about one authority's token."""
    trouble: str
    """One of `token.Trouble`, or `record-differs`, `tree-differs`, `not-in-storage`, `storage-differs`, `no-token`."""
    what: str


@dataclass(slots=True)
class Audit:
    """What an audit found."""

    clips: int = 0
    """Clips whose stamp was looked at, and clips that should have one."""
    proven: int = 0
    """Clips with at least one stamp in which everything held."""
    batches: int = 0
    tokens: int = 0
    self_signed: int = 0
    """Of the tokens, those of this system's own authority."""
    findings: list[Finding] = field(default_factory=list)
    made_good: int = 0
    """Findings about clips that have another stamp which holds."""


def audit_timestamps(
    database: Database,
    store: ReadStore,
    authorities: Mapping[str, Authority],
    now: datetime,
    *,
    late: timedelta,
    keep_incidents: bool = True,
) -> Audit:
    """Prove every clip's time stamp, and find those without one that were received longer than `late` ago.

    A kept token that does not hold opens an incident. Raises the store's error when the storage is out of reach:
    nothing is proven then.
    """
    audit = Audit()
    found: list[Finding] = []
    proven: set[UUID] = set()
    for batch, leaves, clips in _batches(database):
        audit.batches += 1
        audit.tokens += sum(token.state == "kept" for token in batch.tokens)
        audit.self_signed += sum(token.state == "kept" and token.self_signed for token in batch.tokens)
        wrong_clips, wrong_tokens = _look(database, store, batch, (leaves, clips), authorities)
        sound = {t.authority for t in batch.tokens if t.state == "kept"} - wrong_tokens.keys()
        if sound and "" not in wrong_tokens:
            proven |= clips.keys() - wrong_clips.keys()
        found += [Finding(clip, batch.id, "", trouble, what) for clip, (trouble, what) in wrong_clips.items()]
        found += [
            Finding(clip, batch.id, authority, trouble, what)
            for authority, (trouble, what) in wrong_tokens.items()
            for clip in clips
        ]
        if keep_incidents and (wrong_clips or wrong_tokens):
            with database.write() as session:
                for authority, (_, what) in wrong_tokens.items():
                    unproven(session, batch.id, authority, what, now)
                if wrong_clips:
                    unproven(session, batch.id, "", next(iter(wrong_clips.values()))[1], now)
    without = list(_without(database, now - late))
    audit.findings = [f for f in found if f.clip not in proven] + without
    audit.made_good = len(found) + len(without) - len(audit.findings)
    audit.proven = len(proven)
    audit.clips = len(proven | {f.clip for f in audit.findings})
    return audit


def _batches(
    database: Database,
) -> Iterator[tuple[TimestampBatch, Sequence[Leaf], Mapping[UUID, Clip]]]:
    """Yield the finished batches, the oldest first, each with its leaves and its clips."""
    with database.read() as session:
        ids = session.scalars(
            select(TimestampBatch.id)
            .where(TimestampBatch.finished_at.is_not(None))
            .order_by(TimestampBatch.made_at)
        ).all()
    for batch_id in ids:
        with database.read() as session:
            batch = (
                session.scalars(
                    select(TimestampBatch)
                    .where(TimestampBatch.id == batch_id)
                    .options(joinedload(TimestampBatch.tokens))
                )
                .unique()
                .one()
            )
            leaves = leaves_of(session, batch_id)
            clips = {
                clip.id: clip
                for clip in session.scalars(
                    select(Clip)
                    .join(TimestampLeaf, TimestampLeaf.clip_id == Clip.id)
                    .where(TimestampLeaf.batch_id == batch_id)
                )
            }
        yield batch, leaves, clips


_Wrong = tuple[str, str]
"""A trouble's word, and what it is in a sentence."""


def _look(
    database: Database,
    store: ReadStore,
    batch: TimestampBatch,
    held: tuple[Sequence[Leaf], Mapping[UUID, Clip]],
    authorities: Mapping[str, Authority],
) -> tuple[dict[UUID, _Wrong], dict[str, _Wrong]]:
    """Answer what is wrong with single clips, and by authority what is wrong with all of them ("" for the batch)."""
    leaves, clips = held
    of_clips: dict[UUID, _Wrong] = {}
    of_tokens: dict[str, _Wrong] = {}
    for leaf in leaves:
        clip = clips[leaf.clip]
        if record_leaf(record_text(stamped_clip(clip))).hex() != leaf.digest:
            of_clips[clip.id] = (
                "record-differs",
                "what the catalog says of this recording today is not what was stamped",
            )
    if not tree_holds(batch, leaves):
        of_tokens[""] = (
            "tree-differs",
            "the leaves kept for this batch do not lead to the root that was stamped",
        )
    else:
        with database.read() as session:
            bodies = {
                "statement": statement_of(batch).encode(),
                "records": records_text(session, batch.id).encode(),
            }
        if of_clips:
            del bodies["records"]  # made anew from what differs, it could not be the same
        wrong = _stored(store, batch.objects, bodies)
        if wrong:
            of_tokens[""] = wrong
    for token in batch.tokens:
        if token.state == "kept":
            wrong = _token(store, batch, token, authorities)
            if wrong:
                of_tokens[token.authority] = wrong
    return of_clips, of_tokens


def _token(
    store: ReadStore, batch: TimestampBatch, token: TimestampToken, authorities: Mapping[str, Authority]
) -> _Wrong | None:
    try:
        proven = check_token(batch, token, authorities)
    except TokenRefused as error:
        return error.trouble, str(error)
    if proven.gen_time != token.gen_time:
        return "record-differs", "the time shown is not the one in the token"
    return _stored(store, token.objects, {kind: body for kind, _, body in files_of(token)})


def _stored(store: ReadStore, objects: Mapping[str, Place], bodies: Mapping[str, bytes]) -> _Wrong | None:
    """Say how the locked objects depart from what the catalog has; None when they do not."""
    for kind, body in bodies.items():
        place = objects.get(kind)
        until = lock_of(place) if place else None
        if place is None or until is None:
            return "not-in-storage", f"the {kind} was never put under lock"
        try:
            facts = store.facts(place["key"], place["version"])
            said = differs(place, facts, size=place["size"], checksum=place["checksum"], locked_until=until)
            if said:
                return "storage-differs", f"{place['key']} in storage: {said}"
            if b"".join(store.read(place["key"], place["version"])) != body:
                return "storage-differs", f"{place['key']} in storage holds other bytes than the catalog"
        except store.ObjectMissing:
            return "not-in-storage", f"{place['key']} is not in storage"
    return None


def _without(database: Database, before: datetime) -> Iterator[Finding]:
    """Yield clips received before a moment that no finished batch holds."""
    stamped = exists().where(
        TimestampLeaf.clip_id == Clip.id,
        TimestampBatch.id == TimestampLeaf.batch_id,
        TimestampBatch.finished_at.is_not(None),
    )
    with database.read() as session:
        for clip, verified in session.execute(
            select(Clip.id, Clip.verified_at)
            .where(Clip.received_at < before, ~stamped)
            .order_by(Clip.received_at)
        ):
            why = _reason(session, clip) if verified else "it was not read back and verified yet"
            yield Finding(clip, None, "", "no-token", f"no time stamp yet: {why}")


def _reason(session: Session, clip: UUID) -> str:
    said = session.scalar(
        select(func.max(TimestampToken.error))
        .join(TimestampLeaf, TimestampLeaf.batch_id == TimestampToken.batch_id)
        .where(TimestampLeaf.clip_id == clip, TimestampToken.state != "kept")
    )
    return said or "it waits for its turn"
