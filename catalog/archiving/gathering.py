"""Gathering what the acceptance check reads, for a whole file at once: a bounded number of queries, however many clips."""

from __future__ import annotations

import base64
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from catalog.custody.record import leaf_digest
from catalog.models import (
    Analysis,
    Attachment,
    Clip,
    CustodyEntry,
    CustodyPlace,
    CustodySubject,
    Incident,
    Rendition,
    SignedStatement,
    Stage,
    TimestampBatch,
    TimestampLeaf,
)
from catalog.receipts import SIGNATURE_PREFIX, Signer, statements_for
from catalog.rules.four_checks import ClipFacts, CopyFacts, FileFacts, Signed, Stamp
from catalog.rules.stamp_text import record_leaf, record_text
from catalog.timestamps.authorities import Authority
from catalog.timestamps.proving import Leaf, check_token, stamped_clip, tree_holds
from catalog.timestamps.token import TokenRefused

AT_ONCE = 500
"""Ids in one statement."""
WAY = {
    "received": ("clip.received", "clip.rebuilt"),
    "verified": ("clip.verified", "clip.copy-verified", "clip.reverified"),
    "attached": ("clip.attached",),
}
"""Acts that every recording of a file has behind it, and the entries that say so."""


def _pieces(ids: Collection[UUID]) -> Iterator[list[UUID]]:
    every = sorted(set(ids))
    for at in range(0, len(every), AT_ONCE):
        yield every[at : at + AT_ONCE]


def file_facts(attachments: Sequence[Attachment]) -> FileFacts:
    """Answer what the file-wide tests read."""
    return FileFacts(
        lines=len(attachments),
        main=sum(1 for a in attachments if a.volume == "main"),
        incomplete=sum(1 for a in attachments if not _complete(a)),
        detached=sum(1 for a in attachments if a.detached_at is not None),
    )


def _complete(attachment: Attachment) -> bool:
    """An index names maker, date and, of evidence, what it proves (证据规定 Art 12, 19)."""
    clip = attachment.clip
    maker = attachment.maker or clip.officer_id is not None
    dated = attachment.made_at or clip.recorded_at
    return bool(maker and dated and (attachment.role != "evidence" or attachment.proves.strip()))


def clip_facts(
    session: Session,
    attachments: Sequence[Attachment],
    *,
    signer: Signer,
    authorities: Mapping[str, Authority],
    read_since: datetime | None,
) -> dict[UUID, ClipFacts]:
    """Answer what the tests of each clip read. Its attachments bring clip and copies loaded."""
    clips = {a.clip_id: a.clip for a in attachments}
    if not clips:
        return {}
    statements: dict[UUID, dict[str, SignedStatement]] = {}
    for piece in _pieces(clips):
        statements |= statements_for(session, piece)
    stamps = _stamps(session, clips, authorities)
    log, incidents = _log(session, clips), _incidents(session, clips)
    stages = _by_clip(session, Stage, clips)
    copies_made = _by_clip(session, Rendition, clips)
    analyses = {a.clip_id: a for a in _rows(session, Analysis, clips)}
    found = {}
    for one, clip in clips.items():
        analysis = analyses.get(one)
        kept = statements.get(one, {})
        renditions = {r.kind for r in copies_made[one] if r.complete}
        states = {s.stage: s.state for s in stages[one]}
        found[one] = ClipFacts(
            kind=clip.kind,
            origin=clip.origin,
            received=_signed(kept.get("received"), clip, signer),
            verified=_signed(kept.get("verified"), clip, signer),
            stamp=stamps.get(one, "missing" if any(a.settings.asked for a in authorities.values()) else "no-authority"),
            entries=log[one].good,
            entries_bad=log[one].bad,
            entries_waiting=log[one].waiting,
            acts_missing=sum(1 for actions in WAY.values() if not log[one].actions & set(actions)),
            copies=tuple(
                CopyFacts(c.lock_mode, c.lock_until, c.lock_read_at, c.hold, c.verified_at, c.mismatched_at is not None)
                for c in clip.copies
            ),
            read_since=read_since,
            whole=clip.whole and "partial" not in clip.flags,
            incidents=incidents[one],
            describe=states.get("describe"),
            shown_as=clip.shown_as,
            has_copy=bool(renditions & ({"preview", "poster", "thumb"} if clip.kind == "photo" else {"player"})),
            copy_waits=any(states.get(s) in {"pending", "running", "deferred"} for s in ("render", "encode")),
            decoded=analysis.whole if analysis is not None else None,
            flags=frozenset(str(flag) for flag in clip.flags),
            lock_desired=clip.lock_desired,
            hold_desired=clip.hold_desired,
        )  # fmt: skip
    return found


def _rows(session: Session, table: type[Any], clips: Collection[UUID]) -> list[Any]:
    return [
        row
        for piece in _pieces(clips)
        for row in session.scalars(select(table).where(table.clip_id.in_(piece)))
    ]


def _by_clip(session: Session, table: type[Any], clips: Collection[UUID]) -> dict[UUID, list[Any]]:
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in _rows(session, table, clips):
        found[row.clip_id].append(row)
    return found


def _signed(statement: SignedStatement | None, clip: Clip, signer: Signer) -> Signed:
    """Prove a statement: signed with our key, and about exactly these bytes at a place where a copy lies."""
    if statement is None:
        return "missing"
    if statement.key != signer.key_id:
        return "key-unknown"
    try:
        Ed25519PublicKey.from_public_bytes(base64.b64decode(signer.public_key)).verify(
            base64.b64decode(statement.signature, validate=True),
            SIGNATURE_PREFIX + rfc8785.dumps(statement.body),
        )
    except (InvalidSignature, ValueError):
        return "bad"
    body = statement.body
    said = (body.get("kind"), body.get("clip"), body.get("sha256"), body.get("sm3"), body.get("size"))
    if said != (statement.kind, str(clip.id), clip.sha256, clip.sm3, clip.size):
        return "otherwise"
    places = {(copy.bucket, copy.key, copy.version) for copy in clip.copies}
    return "good" if (body.get("bucket"), body.get("key"), body.get("version")) in places else "otherwise"


def _stamps(
    session: Session, clips: Mapping[UUID, Clip], authorities: Mapping[str, Authority]
) -> dict[UUID, Stamp]:
    """Prove the stamps: each tree and each token once, then each clip by its leaf. The best of several counts."""
    mine: dict[UUID, list[tuple[UUID, str]]] = defaultdict(list)
    for row in _rows(session, TimestampLeaf, clips):
        mine[row.clip_id].append((row.batch_id, row.leaf))
    wanted = {batch for places in mine.values() for batch, _ in places}
    leaves: dict[UUID, list[Leaf]] = defaultdict(list)
    proven: dict[UUID, Stamp] = {}
    for piece in _pieces(wanted):
        rows = session.execute(
            select(TimestampLeaf.batch_id, TimestampLeaf.place, TimestampLeaf.clip_id, TimestampLeaf.leaf)
            .where(TimestampLeaf.batch_id.in_(piece))
            .order_by(TimestampLeaf.place)
        )
        for batch_id, place, clip, digest in rows:
            leaves[batch_id].append(Leaf(place, clip, digest))
        batches = session.scalars(
            select(TimestampBatch)
            .where(TimestampBatch.id.in_(piece))
            .options(selectinload(TimestampBatch.tokens))
        )
        for batch in batches:
            proven[batch.id] = _batch(batch, leaves[batch.id], authorities)
    order: tuple[Stamp, ...] = ("good", "self-signed", "bad", "missing")
    found: dict[UUID, Stamp] = {}
    for clip_id, places in mine.items():
        leaf = record_leaf(record_text(stamped_clip(clips[clip_id]))).hex()
        each = {proven[batch] if digest == leaf else "bad" for batch, digest in places}
        found[clip_id] = min(each, key=order.index)
    return found


def _batch(batch: TimestampBatch, leaves: Sequence[Leaf], authorities: Mapping[str, Authority]) -> Stamp:
    if not tree_holds(batch, leaves):
        return "bad"
    ended: set[Stamp] = set()
    for token in batch.tokens:
        if token.state not in {"answered", "kept"}:
            continue
        try:
            check_token(batch, token, authorities)
        except TokenRefused:
            ended.add("bad")
        else:
            ended.add("self-signed" if token.self_signed else "good")
    order: tuple[Stamp, ...] = ("good", "self-signed", "bad")
    return next((one for one in order if one in ended), "missing")


class _Entries(NamedTuple):
    good: int
    bad: int
    waiting: int
    actions: set[str]


def _log(session: Session, clips: Collection[UUID]) -> dict[UUID, _Entries]:
    """The entries of the clips' way: whose record still gives its leaf, and which have their place in the log."""
    wanted = [action for actions in WAY.values() for action in actions]
    found: dict[UUID, _Entries] = {clip: _Entries(0, 0, 0, set()) for clip in clips}
    for piece in _pieces(clips):
        rows = session.execute(
            select(CustodySubject.subject_id, CustodyEntry.action, CustodyEntry.record, CustodyEntry.leaf, CustodyPlace.place)
            .join(CustodyEntry, CustodyEntry.id == CustodySubject.entry_id)
            .outerjoin(CustodyPlace, CustodyPlace.entry_id == CustodyEntry.id)
            .where(
                CustodySubject.kind == "clip", CustodySubject.subject_id.in_(piece), CustodyEntry.action.in_(wanted)
            )
        )  # fmt: skip
        for clip, action, record, leaf, place in rows:
            was = found[clip]
            bad = leaf_digest(record) != leaf
            found[clip] = _Entries(
                was.good + (not bad), was.bad + bad, was.waiting + (place is None), was.actions | {action}
            )
    return found


def _incidents(session: Session, clips: Collection[UUID]) -> Counter[UUID]:
    found: Counter[UUID] = Counter()
    for piece in _pieces(clips):
        rows = session.execute(
            select(Incident.clip_id, func.count())
            .where(Incident.clip_id.in_(piece), Incident.resolved_at.is_(None))
            .group_by(Incident.clip_id)
        )
        for clip, count in rows:
            if clip is not None:
                found[clip] = count
    return found
