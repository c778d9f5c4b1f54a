"""Setting who recorded a clip, by the rules of `catalog.rules.holder`, from what the catalog knows at the moment.

Called at receipt, again when `describe` learned the time, and whenever a hand-over or a pick is noted. What changes is
entered with whose word it follows, from whom and to whom.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.holds.catching import catch_by_officer
from catalog.models import Clip, Docking, Holding, Officer, OfficerTerm, Recorder, Sighting
from catalog.rules import qualified
from catalog.rules.holder import FLAGS, Held, Taken, Who, WhoFacts, stated, taken_when, who_recorded
from catalog.rules.recorded_time import StatedTime, choose_recorded_time

_AROUND = timedelta(days=1)
"""Clips this long before and after a changed holding are asked about again: more than any clock error counted with."""


@dataclass
class Known:
    """What was looked up in one transaction already; many clips of one docking share it."""

    holdings: dict[UUID, list[Held]] = field(default_factory=dict)
    officers: dict[str, UUID | None] = field(default_factory=dict)
    standings: dict[UUID, list[qualified.Standing]] = field(default_factory=dict)


def hold_still(session: Session, recorder: UUID | None, *, changing: bool = False) -> None:
    """Keep what is known of a recorder's holders as it is until this transaction ends (PostgreSQL; SQLite has one writer).

    Whoever settles clips calls this before changing any of them, `changing` when it alters what the rules go by: so
    that two who settle at once do not miss what the other learned, nor wait for each other.
    """
    if recorder is not None:
        session.execute(select(Recorder.id).where(Recorder.id == recorder).with_for_update(read=not changing))


def who_of(
    session: Session,
    clip: Clip,
    sightings: Sequence[Sighting],
    *,
    zone: tzinfo | None,
    known: Known | None = None,
) -> Who:
    """Answer who recorded `clip`, seen as `sightings` (the first one counts).

    `zone` is the bureau's: the time in a name is read in it as long as the clip itself is not described; without it
    only the clip's own time counts.
    """
    known = known or Known()
    first = next((s for s in sightings if s.docking.recorder_id == clip.recorder_id), None)
    docking = first.docking if first is not None else None
    recorder = session.get(Recorder, clip.recorder_id) if clip.recorder_id else None
    number = stated(_number(clip, first))
    taken = _taken(clip, first, zone)
    who = who_recorded(
        WhoFacts(
            taken=taken,
            holdings=_holdings(session, clip.recorder_id, known),
            number=number,
            named=_officer(session, number, known),
            # A pick is of the visit that brought the clip: what stays on a shared recorder is seen again at others'.
            picked=docking.picked_id if docking is not None else None,
            assigned=docking.holder_id if docking is not None else None,
            pool=recorder.pool if recorder is not None else False,
        )
    )
    moment = taken.start if taken is not None else clip.received_at
    unfit = _unfit(session, who.officer, moment.astimezone(zone or UTC).date(), known)
    return replace(who, flags=(*who.flags, *unfit))


def settle(
    session: Session,
    clip: Clip,
    *,
    actor: Actor,
    zone: tzinfo | None,
    now: datetime,
    known: Known | None = None,
) -> bool:
    """Set who recorded a clip from what is known now; answer whether officer or source changed, which is entered."""
    sightings = session.scalars(
        select(Sighting).where(Sighting.clip_id == clip.id).order_by(Sighting.seen_at, Sighting.id)
    ).all()
    who = who_of(session, clip, sightings, zone=zone, known=known)
    clip.flags = [f for f in clip.flags if f not in FLAGS | qualified.FLAGS] + list(who.flags)
    if (clip.officer_id, clip.officer_source) == (who.officer, who.source):
        return False
    before, source_before = clip.officer_id, clip.officer_source
    clip.officer_id, clip.officer_source = who.officer, who.source
    people = [one for one in (who.officer, before) if one is not None]
    add_entry(
        session,
        actor=actor,
        action="clip.officer-settled",
        subjects={"clip": clip.id, "officer": list(dict.fromkeys(people))},
        facts={"source": who.source, "source_before": source_before, "flags": list(who.flags)},
        private={"from": shown(session, before), "to": shown(session, who.officer)},
        now=now,
    )
    catch_by_officer(session, [clip.id], now)
    return True


def settle_clips(
    session: Session, clips: Sequence[Clip], *, actor: Actor, zone: tzinfo | None, now: datetime
) -> int:
    """Settle several clips; answer how many changed."""
    known = Known()
    return sum(settle(session, clip, actor=actor, zone=zone, now=now, known=known) for clip in clips)


def clips_around(session: Session, recorder: UUID, since: datetime, until: datetime | None) -> Sequence[Clip]:
    """Answer a recorder's clips that a holding from `since` to `until` may concern; those without a time as well."""
    late = [] if until is None else [Clip.recorded_at <= until + _AROUND]
    return session.scalars(
        select(Clip).where(
            Clip.recorder_id == recorder,
            or_(Clip.recorded_at.is_(None), Clip.recorded_at >= since - _AROUND),
            *(or_(Clip.recorded_at.is_(None), condition) for condition in late),
        )
    ).all()


def clips_of_docking(session: Session, docking: UUID) -> Sequence[Clip]:
    """Answer the clips seen at a docking."""
    return (
        session.scalars(
            select(Clip).join(Sighting, Sighting.clip_id == Clip.id).where(Sighting.docking_id == docking)
        )
        .unique()
        .all()
    )


def shown(session: Session, officer: UUID | None) -> str | None:
    """Answer an officer as the log names people: number and name."""
    found = session.get(Officer, officer) if officer is not None else None
    return f"{found.number} {found.name}" if found is not None else None


def _unfit(session: Session, officer: UUID | None, day: date, known: Known) -> tuple[str, ...]:
    """Answer the flags of a clip recorded by an officer on a day of the bureau's calendar (R1.3, R2.7)."""
    if officer is None:
        return ()
    if officer not in known.standings:
        known.standings[officer] = _standings(session, officer)
    return qualified.flags_on(qualified.standing_on(known.standings[officer], day), day)


def _standings(session: Session, officer: UUID) -> list[qualified.Standing]:
    rows = session.scalars(
        select(OfficerTerm)
        .where(OfficerTerm.officer_id == officer)
        .order_by(OfficerTerm.since, OfficerTerm.noted_at, OfficerTerm.id)
    ).all()
    if rows:
        return [
            qualified.Standing(
                row.since, row.on_establishment, row.certificate_number, row.certificate_from,
                row.certificate_until, row.has_left,
            )
            for row in rows
        ]  # fmt: skip
    one = session.get_one(Officer, officer)
    return [
        qualified.Standing(
            date.min,
            one.on_establishment,
            one.certificate_number,
            one.certificate_from,
            one.certificate_until,
        )
    ]


def _number(clip: Clip, sighting: Sighting | None) -> str:
    """Answer the officer number in the name: by the recorder's profile, else as `describe` took it apart."""
    if sighting is not None and sighting.named:
        return str(sighting.named.get("officer_number", ""))
    name = clip.facts.get("name")
    return str(name.get("officer_number", "")) if isinstance(name, Mapping) else ""


def _taken(clip: Clip, sighting: Sighting | None, zone: tzinfo | None) -> Taken | None:
    recorded, origin = clip.recorded_at, clip.recorded_at_source
    named: Mapping[str, Any] = (sighting.named or {}) if sighting is not None else {}
    text = str(named.get("recorded_at", ""))
    if recorded is None and zone is not None and "T" in text:
        chosen = choose_recorded_time([StatedTime("file-name", text)], zone, clip.received_at)
        recorded, origin = (chosen.at, chosen.origin) if chosen else (None, None)
    clock = _clock(sighting.docking) if sighting is not None else {}
    return taken_when(
        recorded,
        origin,
        clip.duration,
        offset=_number_in(clock, "offset_seconds"),
        offset_error=_number_in(clock, "error_seconds"),
    )


def _clock(docking: Docking) -> Mapping[str, Any]:
    clock = docking.recorder_facts.get("clock")
    return clock if isinstance(clock, Mapping) else {}


def _number_in(values: Mapping[str, Any], name: str) -> float | None:
    value = values.get(name)
    return float(value) if isinstance(value, (int, float)) else None


def _holdings(session: Session, recorder: UUID | None, known: Known) -> list[Held]:
    if recorder is None:
        return []
    if recorder not in known.holdings:
        rows = session.scalars(
            select(Holding).where(Holding.recorder_id == recorder).order_by(Holding.from_at)
        )
        known.holdings[recorder] = [Held(h.officer_id, h.from_at, h.until_at) for h in rows]
    return known.holdings[recorder]


def _officer(session: Session, number: str, known: Known) -> UUID | None:
    if not number:
        return None
    if number not in known.officers:
        known.officers[number] = session.scalar(select(Officer.id).where(Officer.number == number))
    return known.officers[number]
