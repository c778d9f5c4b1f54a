"""What the catalog knows of a recorder at the time of a clip: who had it, how its clock stood, whether it was known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.models import Clip, Docking, Holding, Officer, Recorder, Sighting
from catalog.rules.carrier_seal import CardSeal
from catalog.rules.holder import taken_when
from catalog.sealing import seal_of


@dataclass(frozen=True, slots=True)
class RecorderThen:
    """A recorder at the time of one of its clips, as far as known now."""

    recorder: Recorder
    docking: Docking | None
    """The first docking that brought the clip."""
    clock: Mapping[str, Any] = field(default_factory=dict)
    """Its clock as read at that docking; empty when it was not."""
    between: timedelta | None = None
    """How long after the recording its clock was read: what it drifted in that time nobody measured."""
    holding: Holding | None = None
    """Who had it by the register of hand-overs; None when the register says nothing of that time."""
    others: tuple[Officer, ...] = ()
    """Who else may have had it, because the clock cannot tell; then `holding` is None."""
    taken_at: datetime | None = None
    """When it began to record, by its corrected time; None when no time is known."""
    seal: CardSeal | None = None
    """Of the card that the clip was on."""


def recorder_then(session: Session, clip: Clip, sightings: Sequence[Sighting]) -> RecorderThen | None:
    """Answer what is known of a clip's recorder at that time; None for a clip of no recorder."""
    if clip.recorder is None:
        return None
    docking = next((s.docking for s in sightings if s.docking.recorder_id == clip.recorder_id), None)
    read = docking.recorder_facts.get("clock") if docking is not None else None
    clock: Mapping[str, Any] = read if isinstance(read, Mapping) else {}
    taken = taken_when(
        clip.recorded_at,
        clip.recorded_at_source,
        clip.duration,
        offset=_number(clock, "offset_seconds"),
        offset_error=_number(clock, "error_seconds"),
    )
    # The docking read the card that was in the recorder then, by the server's clock; the recorder's own may be wrong.
    on_card_at = docking.opened_at if docking is not None else taken.start if taken else clip.received_at
    seal = seal_of(session, clip.recorder, on_card_at)
    if taken is None:
        return RecorderThen(clip.recorder, docking, clock, seal=seal)
    held = _held(session, clip.recorder, taken.start - taken.error, taken.end + taken.error)
    people = tuple({h.officer_id: h.officer for h in held}.values())
    return RecorderThen(
        clip.recorder,
        docking,
        clock,
        between=docking.opened_at - taken.end if docking is not None else None,
        holding=held[0] if len(people) == 1 else None,
        others=people if len(people) > 1 else (),
        taken_at=taken.start,
        seal=seal,
    )


def _held(session: Session, recorder: Recorder, since: datetime, until: datetime) -> Sequence[Holding]:
    """Answer who had a recorder at any moment of a time, the first one first."""
    rows = session.scalars(
        select(Holding)
        .where(Holding.recorder_id == recorder.id, Holding.from_at <= until)
        .order_by(Holding.from_at)
        .options(joinedload(Holding.officer))
    ).all()
    return [h for h in rows if h.until_at is None or (h.until_at > h.from_at and h.until_at >= since)]


def _number(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    return float(value) if isinstance(value, (int, float)) else None
