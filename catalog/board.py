"""The docking board and an officer's shift: what is plugged in, how far it is, and whether all is safe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from catalog.actors import Actor
from catalog.finding.visible import not_so, told_to, unsealed_to, visible_to
from catalog.models import Clip, Docking, Sighting, Station
from catalog.permissions import Permission
from catalog.rules.failed_file import HARMLESS, UNTAKEN, count_unread, unread_of
from catalog.rules.slot_state import FileCounts, SlotFacts, SlotWord, slot_word

SILENT_AFTER = timedelta(seconds=45)
CONNECTED_WITHIN = timedelta(seconds=90)
SHOW_ENDED_FOR = timedelta(minutes=30)
REMEMBER_SLOTS_FOR = timedelta(days=30)

NOT_TAKEN = frozenset({"refused"})
"""Not among the files to take in: no regular files, and what was left unread, which is said beside them."""
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
    """What was listed and not taken: links, pipes and the like, and what was left unread."""
    unread: Mapping[str, int]
    """Of these, what was left unread by what it is, each with its number (`failed_file.UNREAD`)."""

    @property
    def to_bring(self) -> bool:
        """Whether what was left unread is all that is left of it: before that the recorder stays where it is."""
        return self.word == "unread"

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


def board(
    session: Session, now: datetime, midnight: datetime, actor: Actor | None = None
) -> list[StationView]:
    """Answer all stations that are in use, each with every slot seen in the last 30 days; files counted as `actor` may."""
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
    views = {v.docking.id: v for v in _views(session, shown, now, actor)}
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
    session: Session,
    now: datetime,
    *,
    before: UUID | None = None,
    limit: int = 30,
    actor: Actor | None = None,
) -> list[DockingView]:
    """Answer dockings, newest first (ids are in order of time)."""
    query = select(Docking).options(
        joinedload(Docking.recorder), joinedload(Docking.holder), joinedload(Docking.station)
    )
    if before is not None:
        query = query.where(Docking.id < before)
    found = session.scalars(query.order_by(Docking.id.desc()).limit(limit)).all()
    return _views(session, found, now, actor)


def view_docking(
    session: Session, docking_id: UUID, now: datetime, actor: Actor | None = None
) -> DockingView | None:
    """Answer one docking; of its files those are counted that are not sealed to `actor`."""
    docking = session.scalar(
        select(Docking)
        .where(Docking.id == docking_id)
        .options(joinedload(Docking.recorder), joinedload(Docking.holder), joinedload(Docking.station))
    )
    return _views(session, [docking], now, actor)[0] if docking is not None else None


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file of a docking with the clip it became; `end` takes later verification into account."""

    sighting: Sighting
    clip: Clip | None
    end: str
    """As a station says it; `unread` for what could not be read, `too large` for what was not even tried,
    `untaken` for what was refused for another reason."""


def files_of(
    session: Session,
    docking_id: UUID,
    *,
    after: bytes | None = None,
    limit: int = 500,
    actor: Actor | None = None,
) -> list[FileLine]:
    """Answer the files seen at a docking by path, those that need attention first on the first page.

    A file whose clip `actor` may not find is not there: it would tell its name (invariant 11).
    """
    told = told_to(actor, Permission.DOCKING_READ)
    unread = and_(
        Sighting.end == "refused", Sighting.clip_id.is_(None), Sighting.reason.not_in({"", *HARMLESS})
    )
    urgent = case((or_(Sighting.end.in_(["partial", *STAYING]), unread), 0), else_=1)
    query = (
        select(Sighting, Clip)
        .outerjoin(Clip, and_(Clip.id == Sighting.clip_id, told))
        .where(Sighting.docking_id == docking_id, Sighting.id.not_in(_hidden(told, [docking_id])))
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
    held = sighting.clip_id is not None
    left = unread_of(end=sighting.end, reason=sighting.reason, held=held)
    if left is not None:
        return {"large": "too large", UNTAKEN: UNTAKEN}.get(left, "unread")
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
    def unread(self) -> list[DockingView]:
        """Dockings at which something was left unread; a later one does not take that back."""
        return [v for v in self.dockings if v.unread]

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
    return Shift(_views(session, dockings, now, actor), clips)


def _views(
    session: Session, dockings: Sequence[Docking], now: datetime, actor: Actor | None
) -> list[DockingView]:
    ids = [d.id for d in dockings]
    counts, unread = _count(session, ids, actor), _unread(session, ids, actor)
    return [_view(d, counts.get(d.id, {}), unread.get(d.id, {}), now) for d in dockings]


def _unread(session: Session, dockings: Sequence[UUID], actor: Actor | None) -> dict[UUID, dict[str, int]]:
    """Count what of each docking was left unread, as far as it is not sealed to `actor`."""
    if not dockings:
        return {}
    found: dict[UUID, list[tuple[str, str, bool]]] = {}
    for docking, end, reason in session.execute(
        select(Sighting.docking_id, Sighting.end, Sighting.reason).where(
            Sighting.docking_id.in_(dockings),
            Sighting.end == "refused",
            Sighting.reason.not_in({"", *HARMLESS}),
            Sighting.clip_id.is_(None),
            Sighting.id.not_in(_hidden(unsealed_to(actor), dockings)),
        )
    ):
        found.setdefault(docking, []).append((end, reason, False))
    return {docking: count_unread(seen) for docking, seen in found.items()}


def _hidden(shown: ColumnElement[bool], dockings: Sequence[UUID]) -> Select[tuple[UUID]]:
    """A question for the files of dockings whose clip is not `shown`; the same bytes seen again as well."""
    seen = select(Sighting.id).where(Sighting.docking_id.in_(dockings))
    by_clip = seen.join(Clip, Clip.id == Sighting.clip_id).where(not_so(shown))
    by_digest = seen.join(Clip, Clip.sha256 == Sighting.sha256).where(not_so(shown))
    return select(by_clip.union(by_digest).subquery().c.id)


def _count(session: Session, dockings: Sequence[UUID], actor: Actor | None) -> dict[UUID, dict[str, int]]:
    """Count files by end and docking; `verified` counts received ones whose clip has been read back.

    Whether all files of a visit are safe is everybody's business who stands at the station, so all are counted that are
    not sealed; what is sealed is `hidden`, with its bytes: it is taken off what the station says of all files.
    """
    if not dockings:
        return {}
    hidden = _hidden(unsealed_to(actor), dockings)
    rows = session.execute(
        select(
            Sighting.docking_id, Sighting.end, func.count(), func.count(Clip.verified_at), func.count(Clip.id)
        )
        .outerjoin(Clip, Clip.id == Sighting.clip_id)
        .where(Sighting.docking_id.in_(dockings), Sighting.id.not_in(hidden))
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
    for docking, files, size in session.execute(
        select(Sighting.docking_id, func.count(), func.sum(Sighting.size))
        .where(Sighting.id.in_(hidden))
        .group_by(Sighting.docking_id)
    ):
        found.setdefault(docking, {}).update({"hidden": files, "hidden bytes": int(size or 0)})
    return found


def _view(docking: Docking, mine: dict[str, int], unread: dict[str, int], now: datetime) -> DockingView:
    said: dict[str, Any] = docking.progress or {}
    left_out, hidden = mine.get("left out", 0), mine.get("hidden", 0)
    hidden_bytes = mine.get("hidden bytes", 0)
    counts = FileCounts(
        total=max(mine.get("total", 0), int(said.get("files_total") or 0) - left_out - hidden),
        copied=max(int(said.get("files_copied") or 0) - hidden, mine.get("received", 0)),
        received=mine.get("received", 0),
        verified=mine.get("verified", 0),
        attention=mine.get("attention", 0),
        unread=sum(unread.values()),
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
        bytes_total=max(int(said.get("bytes_total") or 0) - hidden_bytes, 0),
        bytes_copied=max(int(said.get("bytes_copied") or 0) - hidden_bytes, 0),
        rate=float(said.get("rate") or 0.0),
        seconds_left=said.get("seconds_left"),
        current="" if hidden else str(said.get("current") or ""),  # it may be the very name
        message=str(said.get("message") or ""),
        left_out=left_out,
        unread=unread,
    )


def _natural(slot: str) -> tuple[int, str]:
    return (int(slot), "") if slot.isdigit() else (1 << 30, slot)
