"""Proving from what the catalog keeps: record → leaf → root → statement → token → chain. Touches no storage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.models import Clip, TimestampBatch, TimestampLeaf, TimestampToken
from catalog.rules.merkle import proof_of, root_from, root_of
from catalog.rules.stamp_text import Stamped, imprint_of, record_leaf, record_text, statement_text
from catalog.timestamps.authorities import Authority, RootsUnreadable
from catalog.timestamps.token import Asked, Token, TokenRefused, check_answer


@dataclass(frozen=True, slots=True)
class Proof:
    """How one clip hangs on the root of a batch."""

    record: str
    place: int
    size: int
    path: Sequence[bytes]
    root: bytes
    holds: bool
    """Whether the record, made anew from the catalog, leads to the root that was stamped."""


def statement_of(batch: TimestampBatch) -> str:
    """Answer the statement over a batch, as it was stamped."""
    return statement_text(batch.id, batch.size, bytes.fromhex(batch.root))


def stamped_clip(clip: Clip) -> Stamped:
    """Answer what is recorded of a clip."""
    return Stamped(clip.id, clip.size, clip.sha256, clip.sm3, clip.received_at)


class Leaf(NamedTuple):
    """A clip's place in a batch, and the digest it stands there with."""

    place: int
    clip: UUID
    digest: str


def leaves_of(session: Session, batch: UUID) -> list[Leaf]:
    """Answer the leaves of a batch in order."""
    rows = session.execute(
        select(TimestampLeaf.place, TimestampLeaf.clip_id, TimestampLeaf.leaf)
        .where(TimestampLeaf.batch_id == batch)
        .order_by(TimestampLeaf.place)
    )
    return [Leaf(*row) for row in rows]


def proof_for(clip: Clip, batch: TimestampBatch, leaves: Sequence[Leaf]) -> Proof:
    """Answer a clip's proof in a batch. Raises KeyError when it is not in it."""
    mine = next((leaf for leaf in leaves if leaf.clip == clip.id), None)
    if mine is None:
        raise KeyError(clip.id)
    record = record_text(stamped_clip(clip))
    path = proof_of([bytes.fromhex(leaf.digest) for leaf in leaves], mine.place)
    root = bytes.fromhex(batch.root)
    reached = root_from(record_leaf(record), mine.place, batch.size, path)
    return Proof(record, mine.place, batch.size, path, root, len(leaves) == batch.size and reached == root)


def tree_holds(batch: TimestampBatch, leaves: Sequence[Leaf]) -> bool:
    """Answer whether the leaves the catalog keeps are those the root stands for."""
    return (
        len(leaves) == batch.size
        and [leaf.place for leaf in leaves] == list(range(batch.size))
        and root_of([bytes.fromhex(leaf.digest) for leaf in leaves]).hex() == batch.root
    )


def check_token(batch: TimestampBatch, token: TimestampToken, authorities: Mapping[str, Authority]) -> Token:
    """Check a kept token against its batch, its request and the roots of its authority. Raises TokenRefused."""
    authority = authorities.get(token.authority)
    if authority is None:
        raise TokenRefused(
            "unknown-authority",
            f"authority {token.authority} is not in the settings, so nobody vouches for it",
        )
    if token.response is None or token.nonce is None:
        raise TokenRefused("damaged", "the catalog has no token where there should be one")
    try:
        roots = authority.roots
    except RootsUnreadable as error:
        raise TokenRefused("unknown-authority", str(error)) from None
    return check_answer(
        token.response,
        Asked(
            imprint=imprint_of(statement_of(batch)),
            nonce=int(token.nonce),
            policy=token.facts.get("policy"),
            roots=roots,
        ),
    )


def finished_batches(session: Session, clip: UUID) -> Iterator[TimestampBatch]:
    """Yield the finished batches a clip is in, the newest first."""
    yield from session.scalars(
        select(TimestampBatch)
        .join(TimestampLeaf, TimestampLeaf.batch_id == TimestampBatch.id)
        .where(TimestampLeaf.clip_id == clip, TimestampBatch.finished_at.is_not(None))
        .order_by(TimestampBatch.made_at.desc())
    )


def holds(session: Session, clip: UUID, authorities: Sequence[Authority]) -> bool:
    """Answer whether a clip has a stamp of each of these authorities that proves good, by the catalog alone."""
    known = {authority.name: authority for authority in authorities}
    row = session.get_one(Clip, clip)
    sound: set[str] = set()
    for batch in finished_batches(session, clip):
        if not proof_for(row, batch, leaves_of(session, batch.id)).holds:
            continue
        for token in batch.tokens:
            if token.state != "kept":
                continue
            try:
                check_token(batch, token, known)
            except TokenRefused:
                continue
            sound.add(token.authority)
    return set(known) <= sound
