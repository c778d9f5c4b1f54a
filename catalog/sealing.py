"""原始载体: a card sealed as the original carrier. It is never cleared, and where it lies is on record.

There is no way back: a seal that could be lifted would prove nothing. Only its place may change, with an entry. A recorder that
went to its repairer without its sealed card has another one when it comes back: that one is sealed by itself, and the
earlier seal stays on record with the place of its card.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.maintenance.log import FEWEST_LETTERS, locked_recorder, note_down
from catalog.models import Docking, MaintenanceEntry, Recorder, RecorderRepair
from catalog.refused import Refused
from catalog.rules.carrier_seal import CardSeal, Exchange, seal_then
from catalog.rules.free_text import seen_in, spoken

SEALED_ANEW = "sealed-anew"
"""The kind of line that keeps, in a recorder's log, the seal of the card before."""
PLACE_LIMIT = 255
NOTE_LIMIT = 2000


class CannotSeal(Refused):
    """Nothing was changed. `why`: `unknown-recorder`, `no-place`, `place-too-long`, `no-reason`, `sealed-already`, `not-sealed`, `same-place`."""


def seal_carrier(
    session: Session, *, actor: Actor, recorder_id: UUID, place: str, note: str, now: datetime
) -> Recorder:
    """Seal a recorder's card as the original carrier, kept at `place`. Raises CannotSeal.

    Where the card sealed before was taken out for a repair, the one that is in it now is sealed, with a reason.
    """
    recorder = _recorder(session, recorder_id)
    if recorder.sealed_at is not None:
        return _seal_next(session, recorder, actor=actor, place=place, note=note, now=now)
    recorder.sealed_at, recorder.sealed_by = now, actor.id
    recorder.sealed_place, recorder.sealed_note = _place(place), spoken(note)[:NOTE_LIMIT]
    add_entry(
        session,
        actor=actor,
        action="recorder.sealed",
        subjects={"recorder": recorder.id},
        facts={"serial": recorder.serial, "before": {"sealed": False}, "after": {"sealed": True}},
        private={"place": recorder.sealed_place, "reason": recorder.sealed_note or None},
        now=now,
    )
    return recorder


def _seal_next(
    session: Session, recorder: Recorder, *, actor: Actor, place: str, note: str, now: datetime
) -> Recorder:
    recorder = locked_recorder(session, recorder.id)
    if not sealed_card_is_out(session, recorder):
        raise CannotSeal("sealed-already")
    before, fresh, reason = recorder.sealed_place, _place(place), spoken(note)[:NOTE_LIMIT]
    if seen_in(reason) < FEWEST_LETTERS:
        raise CannotSeal("no-reason")
    assert recorder.sealed_at is not None  # noqa: S101 - `sealed_card_is_out` has seen to it
    earlier = recorder.sealed_at.isoformat()
    recorder.sealed_at, recorder.sealed_by = now, actor.id
    recorder.sealed_place, recorder.sealed_note = fresh, reason
    # The recorder's own log says when the earlier card was sealed and where it lies: its row has room for one.
    note_down(
        session,
        actor=actor,
        recorder=recorder,
        action=f"recorder.{SEALED_ANEW}",
        now=now,
        facts={"serial": recorder.serial, "earlier_sealed_at": earlier},
        named={"earlier_place": before},
        private={"before": {"place": before}, "after": {"place": fresh}},
        note=reason,
    )
    return recorder


def sealed_card_is_out(session: Session, recorder: Recorder) -> bool:
    """Whether it came back from a repairer, to whom it went without its card, after the seal: its card is another now."""
    if recorder.sealed_at is None:
        return False
    back = select(RecorderRepair.id).where(
        RecorderRepair.recorder_id == recorder.id,
        RecorderRepair.data_removal == "card-kept",
        RecorderRepair.back_at >= recorder.sealed_at,
    )
    return session.scalar(back.limit(1)) is not None


def seal_of(session: Session, recorder: Recorder, at: datetime) -> CardSeal | None:
    """Answer the seal of the card that was in a recorder at a moment, by the server's clock; None where it has none."""
    if recorder.sealed_at is None:
        return None
    later_cards = session.scalars(
        select(MaintenanceEntry).where(
            MaintenanceEntry.recorder_id == recorder.id, MaintenanceEntry.kind == SEALED_ANEW
        )
    )
    taken_out = session.execute(
        select(RecorderRepair.sent_at, RecorderRepair.back_at).where(
            RecorderRepair.recorder_id == recorder.id, RecorderRepair.data_removal == "card-kept"
        )
    )
    earlier = (
        CardSeal(datetime.fromisoformat(line.facts["earlier_sealed_at"]), line.facts["earlier_place"])
        for line in later_cards
    )
    return seal_then(
        [CardSeal(recorder.sealed_at, recorder.sealed_place), *earlier],
        [Exchange(sent, back) for sent, back in taken_out],
        at,
    )


def move_carrier(
    session: Session, *, actor: Actor, recorder_id: UUID, place: str, reason: str, now: datetime
) -> Recorder:
    """Write down that a sealed card lies elsewhere now. Raises CannotSeal."""
    recorder = _recorder(session, recorder_id)
    if recorder.sealed_at is None:
        raise CannotSeal("not-sealed")
    fresh, before = _place(place), recorder.sealed_place
    if fresh == before:
        raise CannotSeal("same-place")
    recorder.sealed_place = fresh
    add_entry(
        session,
        actor=actor,
        action="recorder.sealed-place-changed",
        subjects={"recorder": recorder.id},
        facts={"serial": recorder.serial},
        private={
            "before": {"place": before},
            "after": {"place": fresh},
            "reason": spoken(reason)[:NOTE_LIMIT] or None,
        },
        now=now,
    )
    return recorder


def carrier_is_sealed(session: Session, docking: Docking) -> bool:
    """Whether what was docked is an original carrier: its recorder is sealed, or the card was seen in one that is.

    A card that was sealed in its recorder has another serial in a card reader; its file system's id is the same.
    """
    if docking.recorder.sealed_at is not None:
        return True
    if not (card := docking.recorder_facts.get("filesystem_id")):
        return False
    seen = (
        select(Docking.id)
        .join(Recorder, Recorder.id == Docking.recorder_id)
        .where(
            Recorder.sealed_at.is_not(None), Docking.recorder_facts["filesystem_id"].as_string() == str(card)
        )
    )
    return session.scalar(seen.limit(1)) is not None


def _recorder(session: Session, recorder_id: UUID) -> Recorder:
    recorder = session.get(Recorder, recorder_id)
    if recorder is None:
        raise CannotSeal("unknown-recorder")
    return recorder


def _place(text: str) -> str:
    place = spoken(text)
    if not place:
        raise CannotSeal("no-place")
    if len(place) > PLACE_LIMIT:
        raise CannotSeal("place-too-long")
    return place
