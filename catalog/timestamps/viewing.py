"""What a page says of a clip's time stamps: each checked while it is shown, so that no spoiled one looks good."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from catalog.actors import Actor
from catalog.finding.visible import reachable_by
from catalog.models import Clip, TimestampBatch, TimestampLeaf, TimestampToken
from catalog.timestamps.authorities import Authority
from catalog.timestamps.proving import Proof, check_token, leaves_of, proof_for
from catalog.timestamps.token import TokenRefused

NOTABLE_SECONDS = 60.0
"""From here on it is said how far the authority's clock stood from ours."""


@dataclass(frozen=True, slots=True)
class TokenView:
    """One authority's token, or the wish for it."""

    token: TimestampToken
    wrong: str
    """Why a token that was kept does not prove; empty when it does, or is still to come."""

    @property
    def good(self) -> bool:
        """Whether it is here and proves."""
        return self.token.state in {"answered", "kept"} and not self.wrong

    @property
    def clock_differs(self) -> float | None:
        """Seconds the authority's clock stood from ours, where that is worth saying."""
        seconds = self.token.facts.get("clock_differs_seconds")
        return float(seconds) if seconds is not None and abs(seconds) >= NOTABLE_SECONDS else None


@dataclass(frozen=True, slots=True)
class StampView:
    """A clip's place in a batch, with the tokens over it."""

    batch: TimestampBatch
    proof: Proof
    tokens: Sequence[TokenView]

    @property
    def good(self) -> Sequence[TimestampToken]:
        """The tokens that prove, the earliest first; none when the clip itself does not lead to the root."""
        found = [view.token for view in self.tokens if view.good] if self.proof.holds else []
        return sorted(found, key=lambda token: (token.self_signed, str(token.gen_time)))


def stamps_of(session: Session, clip: Clip, authorities: Mapping[str, Authority]) -> list[StampView]:
    """Answer the batches a clip is in, the newest first."""
    batches = session.scalars(
        select(TimestampBatch)
        .join(TimestampLeaf, TimestampLeaf.batch_id == TimestampBatch.id)
        .where(TimestampLeaf.clip_id == clip.id)
        .order_by(TimestampBatch.made_at.desc(), TimestampBatch.id.desc())
        .options(selectinload(TimestampBatch.tokens))
    ).all()
    return [
        StampView(
            batch,
            proof_for(clip, batch, leaves_of(session, batch.id)),
            [TokenView(token, _wrong(batch, token, authorities)) for token in batch.tokens],
        )
        for batch in batches
    ]


def _wrong(batch: TimestampBatch, token: TimestampToken, authorities: Mapping[str, Authority]) -> str:
    if token.state not in {"answered", "kept"}:
        return ""
    try:
        check_token(batch, token, authorities)
    except TokenRefused as error:
        return str(error)
    return ""


def stamp_in(
    session: Session,
    clip_id: UUID,
    batch_id: UUID,
    authorities: Mapping[str, Authority],
    actor: Actor | None = None,
) -> StampView | None:
    """Answer a clip's stamp in one batch, or None when it is not in it, or `actor` may not find the clip."""
    clip = session.scalar(select(Clip).where(Clip.id == clip_id, reachable_by(actor)))
    found = stamps_of(session, clip, authorities) if clip is not None else []
    return next((view for view in found if view.batch.id == batch_id), None)
