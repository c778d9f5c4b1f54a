"""The docking board and an officer's shift: what is plugged in, how far it is, and whether all is safe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.actors import Actor
from catalog.finding.visible import visible_to
from catalog.models import Clip, Docking, Sighting, Station
from catalog.rules.slot_state import FileCounts, SlotFacts, SlotWord, slot_word

SILENT_AFTER = timedelta(seconds=45)
CONNECTED_WITHIN = timedelta(seconds=90)
SHOW_ENDED_FOR = timedelta(minutes=30)
REMEMBER_SLOTS_FOR = timedelta(days=30)

NOT_TAKEN = frozenset({"refused"})
"""No regular files: nothing is owed for them."""
STAYING = frozenset({"changed while read", "vanished"})
"""Ends that leave something to do for a person."""
RECEIVED = frozenset({"received", "verified", "held already"})


@dataclass(frozen=True, slots=True)
class DockingView:
    """A docking with its one word and its counts."""

    docking: Docking
    word: SlotWord
    counts: FileCounts
    bytes_total: int
    bytes_copied: int
    rate: float
    """Bytes per second while copying, as the station says."""
    seconds_left: float | None
    current: str
    message: str
    left_out: int
    """Links, pipes and the like that were listed and not taken."""

    @property
    def said_at(self) -> datetime:
        """When the station last spoke of this docking."""
        return self.docking.progress_at or self.docking.opened_at


@dataclass(frozen=True, slots=True)
class SlotView:
    """One socket; `visit` is None when nothing is plugged in."""

    slot: str
    visit: DockingView | None


@dataclass(frozen=True, slots=True)
class StationView:
    """One station with its slots."""

    station: Station
    connected: bool
    slots: Sequence[SlotView]
    today: int
    """Dockings since midnight of the bureau."""


def board(session: Session, now: datetime, midnight: datetime) -> list[StationView]:
    """Answer all stations that are in use, each with every slot seen in the last 30 days."""
    stations = session.scalars(
        select(Station).where(Station.revoked_at.is_(None)).order_by(Station.code)
    ).all()
    newest = (
        select(Docking.station_id, Docking.slot, func.max(Docking.opened_at).label("opened_at"))
        .where(Docking.opened_at > now - REMEMBER_SLOTS_FOR)
        .group_by(Docking.station_id, Docking.slot)
        .subquery()
    )
    latest = session.scalars(
        select(Docking)
        .join(
            newest,
            and_(
                newest.c.station_id == Docking.station_id,
                newest.c.slot == Docking.slot,
                newest.c.opened_at == Docking.opened_at,
            ),
        )
        .options(joinedload(Docking.recorder), joinedload(Docking.holder))
    ).all()
    shown = [d for d in latest if d.ended_at is None or d.ended_at > now - SHOW_ENDED_FOR]
    views = {v.docking.id: v for v in _views(session, shown, now)}
    today = dict(
        session.execute(
            select(Docking.station_id, func.count())
            .where(Docking.opened_at >= midnight)
            .group_by(Docking.station_id)
        ).all()
    )
    return [
        StationView(
            station=station,
            connected=station.last_seen_at is not None and now - station.last_seen_at < CONNECTED_WITHIN,
            slots=[
                SlotView(d.slot, views.get(d.id))
                for d in sorted(latest, key=lambda d: _natural(d.slot))
                if d.station_id == station.id
            ],
            today=today.get(station.id, 0),
        )
        for station in stations
    ]


def recent_dockings(
    session: Session, now: datetime, *, before: UUID | None = None, limit: int = 30
) -> list[DockingView]:
    """Answer dockings, newest first (ids are in order of time)."""
    query = select(Docking).options(
        joinedload(Docking.recorder), joinedload(Docking.holder), joinedload(Docking.station)
    )
    if before is not None:
        query = query.where(Docking.id < before)
    return _views(session, session.scalars(query.order_by(Docking.id.desc()).limit(limit)).all(), now)


def view_docking(session: Session, docking_id: UUID, now: datetime) -> DockingView | None:
    """Answer one docking."""
    docking = session.scalar(
        select(Docking)
        .where(Docking.id == docking_id)
        .options(joinedload(Docking.recorder), joinedload(Docking.holder), joinedload(Docking.station))
    )
    return _views(session, [docking], now)[0] if docking is not None else None


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of a docking with the clip it became; `end` takes later verification into account."""

    sighting: Sighting
    clip: Clip | None
    end: str


def files_of(
    session: Session,
    docking_id: UUID,
    *,
    after: bytes | None = None,
    limit: int = 500,
    actor: Actor | None = None,
) -> list[FileLine]:
    """Answer the files seen at a docking by path, those that need attention first on the first page.

    A file whose clip `actor` may not find is a line like any other, without a way to the clip.
    """
    urgent = case((Sighting.end.in_(["partial", *STAYING]), 0), else_=1)
    query = (
        select(Sighting, Clip)
        .outerjoin(Clip, and_(Clip.id == Sighting.clip_id, visible_to(actor)))
        .where(Sighting.docking_id == docking_id)
        .options(selectinload(Clip.copies))
    )
    if after is None:
        query = query.order_by(urgent, Sighting.path)
    else:
        query = query.where(Sighting.path > after).order_by(Sighting.path)
    return [FileLine(s, c, _end(s, c)) for s, c in session.execute(query.limit(limit))]


def _end(sighting: Sighting, clip: Clip | None) -> str:
    if sighting.cleared_at is not None:
        return "cleared"
    if clip is not None and clip.verified_at is not None and sighting.end in RECEIVED - {"held already"}:
        return "verified"
    return sighting.end


@dataclass(frozen=True, slots=True)
class Shift:
    """What an officer wants to know at the end of a day."""

    dockings: Sequence[DockingView]
    clips: Sequence[Clip]

    @property
    def waiting(self) -> int:
        """Files that are not in storage yet."""
        return sum(v.counts.total - v.counts.received for v in self.dockings)

    @property
    def troubled(self) -> list[DockingView]:
        """Dockings somebody must look after."""
        return [v for v in self.dockings if v.word in {"attention", "pulled"}]

    @property
    def unverified(self) -> int:
        """Clips received and not yet read back."""
        return sum(c.verified_at is None for c in self.clips)


def shift_of(
    session: Session,
    officer: UUID,
    since: datetime,
    now: datetime,
    *,
    actor: Actor | None = None,
    limit: int = 100,
) -> Shift:
    """Answer an officer's dockings, and the clips since a moment that `actor` may find."""
    dockings = session.scalars(
        select(Docking)
        .where(Docking.holder_id == officer, Docking.opened_at >= since)
        .order_by(Docking.id.desc())
        .limit(30)
        .options(joinedload(Docking.recorder), joinedload(Docking.holder), joinedload(Docking.station))
    ).all()
    clips = session.scalars(
        select(Clip)
        .where(
            Clip.officer_id == officer,
            visible_to(actor),
            or_(Clip.received_at >= since, Clip.recorded_at >= since),
        )
        .order_by(Clip.received_at.desc(), Clip.id.desc())
        .limit(limit)
        .options(joinedload(Clip.recorder), selectinload(Clip.renditions), selectinload(Clip.stages))
    ).all()
    return Shift(_views(session, dockings, now), clips)


def _views(session: Session, dockings: Sequence[Docking], now: datetime) -> list[DockingView]:
    counts = _count(session, [d.id for d in dockings])
    return [_view(d, counts.get(d.id, {}), now) for d in dockings]


def _count(session: Session, dockings: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Count files by end and docking; `verified` counts received ones whose clip has been read back."""
    if not dockings:
        return {}
    rows = session.execute(
        select(
            Sighting.docking_id, Sighting.end, func.count(), func.count(Clip.verified_at), func.count(Clip.id)
        )
        .outerjoin(Clip, Clip.id == Sighting.clip_id)
        .where(Sighting.docking_id.in_(dockings))
        .group_by(Sighting.docking_id, Sighting.end)
    ).all()
    found: dict[UUID, dict[str, int]] = {}
    for docking, end, files, verified, clips in rows:
        mine = found.setdefault(
            docking, {"total": 0, "received": 0, "verified": 0, "attention": 0, "left out": 0}
        )
        if end in NOT_TAKEN:
            mine["left out"] += files
            continue
        mine["total"] += files
        mine["received"] += clips
        mine["verified"] += verified
        mine["attention"] += files if end in STAYING else 0
    return found


def _view(docking: Docking, mine: dict[str, int], now: datetime) -> DockingView:
    said: dict[str, Any] = docking.progress or {}
    left_out = mine.get("left out", 0)
    counts = FileCounts(
        total=max(mine.get("total", 0), int(said.get("files_total") or 0) - left_out),
        copied=max(int(said.get("files_copied") or 0), mine.get("received", 0)),
        received=mine.get("received", 0),
        verified=mine.get("verified", 0),
        attention=mine.get("attention", 0),
    )
    facts = SlotFacts(
        said=docking.state,
        ended=docking.ended_at is not None,
        end_reason=docking.end_reason,
        silent=now - (docking.progress_at or docking.opened_at) > SILENT_AFTER,
        counts=counts,
    )
    return DockingView(
        docking=docking,
        word=slot_word(facts),
        counts=counts,
        bytes_total=int(said.get("bytes_total") or 0),
        bytes_copied=int(said.get("bytes_copied") or 0),
        rate=float(said.get("rate") or 0.0),
        seconds_left=said.get("seconds_left"),
        current=str(said.get("current") or ""),
        message=str(said.get("message") or ""),
        left_out=left_out,
    )


def _natural(slot: str) -> tuple[int, str]:
    return (int(slot), "") if slot.isdigit() else (1 << 30, slot)
