"""原始载体: which seal speaks for the card that was in a recorder at some moment. Pure functions.

A recorder has one card after another: one ends when it is taken out for a repair, the next begins when the recorder is
back. A seal speaks for the card that was in it when it was sealed, and for no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class CardSeal:
    """The seal of one card."""

    at: datetime
    place: str
    """Where it is kept: of the card sealed last as it lies now, of an earlier one as it lay when the next was sealed."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A repair for which the card was taken out and kept."""

    out_at: datetime
    back_at: datetime | None
    """None while the recorder is away."""


def seal_then(seals: Sequence[CardSeal], exchanges: Sequence[Exchange], at: datetime) -> CardSeal | None:
    """Answer the seal of the card that was in a recorder at a moment; None where that card is not sealed.

    While the recorder was away, whatever was in it was not the card that is kept here.
    """
    if any(one.out_at <= at and (one.back_at is None or at < one.back_at) for one in exchanges):
        return None
    # Sealed while the recorder was away, or as it came back: that is the card that was taken out.
    card = sum(one.back_at is not None and one.back_at <= at for one in exchanges)
    for seal in seals:
        if card == sum(one.back_at is not None and one.back_at < seal.at for one in exchanges):
            return seal
    return None
