"""What a clip's page says of the parts before and after it: of recordings that a recorder cut into several files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.finding.visible import reachable_by
from catalog.models import Clip, Docking, Sighting
from catalog.rules.chains import ORIGINS, Joint, Part, first_missing, joint


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A part that is there, and how it and the clip meet."""

    clip: UUID
    name: str
    number: int
    joint: Joint


@dataclass(frozen=True, slots=True)
class Chain:
    """Where a clip stands among the parts of its recording."""

    number: int
    parts: int
    """How many are there."""
    before: Neighbour | None
    after: Neighbour | None
    lacking: tuple[int, ...]
    """Numbers that lack at the beginning, when none of them is there."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One part as seen on the recorder."""

    clip: UUID
    named: Mapping[str, Any]
    shows: bool = True
    """Whether whoever asks may find it. One that he may not find is neither named nor called missing."""


def chain_of(session: Session, clip: Clip, actor: Actor | None) -> Chain | None:
    """Answer the clip's place among the parts of its recording, as `actor` may find them; None when it is not one of several.

    Parts belong together when the recorder's profile says so by their names, on the same recorder.
    """
    own = session.execute(
        select(Sighting.named, Docking.recorder_id)
        .join(Docking, Docking.id == Sighting.docking_id)
        .where(Sighting.clip_id == clip.id)
        .order_by(Sighting.seen_at)
    ).all()
    for named, recorder in own:
        if named and named.get("chain") and named.get("part") is not None:
            seen = _seen(session, recorder, str(named["chain"]), actor)
            seen[int(named["part"])] = _Seen(clip.id, named)
            return _place(session, clip, int(named["part"]), int(named.get("first_part", 1)), seen)
    return None


def _seen(session: Session, recorder: UUID, chain: str, actor: Actor | None) -> dict[int, _Seen]:
    """All parts of a recording that came in from a recorder, by number; of several under one, the first that came."""
    rows = session.execute(
        select(Sighting.clip_id, Sighting.named, reachable_by(actor))
        .join(Docking, Docking.id == Sighting.docking_id)
        .join(Clip, Clip.id == Sighting.clip_id)
        .where(
            Docking.recorder_id == recorder,
            Sighting.clip_id.is_not(None),
            Sighting.named["chain"].as_string() == chain,
        )
        .order_by(Sighting.seen_at, Sighting.id)
    ).all()
    found: dict[int, _Seen] = {}
    for clip, named, shows in rows:
        if named.get("part") is not None:
            found.setdefault(int(named["part"]), _Seen(clip, named, bool(shows)))
    return found


def _place(session: Session, clip: Clip, number: int, first: int, seen: dict[int, _Seen]) -> Chain | None:
    earlier = max((n for n in seen if n < number), default=None)
    later = min((n for n in seen if n > number), default=None)
    lacking = first_missing(Part(number, None), first) if earlier is None else ()
    shown = [n for n, part in seen.items() if part.shows]
    if len(shown) == 1 and not lacking:
        return None
    here = part_of(clip, number, seen[number].named)
    before = after = None
    if earlier is not None and seen[earlier].shows:
        other = session.get_one(Clip, seen[earlier].clip)
        before = Neighbour(
            other.id, other.name, earlier, joint(part_of(other, earlier, seen[earlier].named), here)
        )
    if later is not None and seen[later].shows:
        other = session.get_one(Clip, seen[later].clip)
        after = Neighbour(other.id, other.name, later, joint(here, part_of(other, later, seen[later].named)))
    return Chain(number, len(shown), before, after, lacking)


def part_of(clip: Clip, number: int, named: Mapping[str, Any]) -> Part:
    """Answer one part with the times it states, as `joint` compares them; the recorder's own profile first."""
    stated: dict[str, datetime] = {}
    said = [(str(t.get("origin")), str(t.get("value"))) for t in clip.facts.get("start_times") or []]
    if "T" in str(named.get("recorded_at", "")):
        said.insert(
            0, ("file-name", str(named["recorded_at"]))
        )  # the recorder's own profile knows its names better
    for origin, value in said:
        if origin in ORIGINS and origin not in stated:
            try:
                stated[origin] = datetime.fromisoformat(value)
            except ValueError:
                continue
    return Part(number, clip.duration, stated)
