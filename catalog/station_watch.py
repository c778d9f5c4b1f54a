"""采集站: how the stations stand, which files failed at them, and which recorders should have been docked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from catalog.board import StationView, board
from catalog.models import Docking, Holding, Officer, Recorder, Sighting, Station, StationOrder
from catalog.rules.failed_file import FAILED_ENDS, HARMLESS, is_failed
from catalog.rules.overdue_recorder import RecorderFacts, due_at
from catalog.rules.station_state import StationFacts, StationWord, connected, station_words, waiting_for

WORKING = frozenset({"reading", "copying", "checking"})
"""Said of a slot where something should go on."""
FAILED_SHOWN = 200
OVERDUE_SHOWN = 200


@dataclass(frozen=True, slots=True)
class StationLine:
    """One station with its one-word troubles. Bytes, UTC."""

    view: StationView
    words: Sequence[StationWord]
    connected: bool
    files: int
    bytes: int
    waiting: timedelta | None
    """How long the oldest file has waited."""
    failed: int
    spool_free: int | None
    synchronised: bool | None
    clock_error: float | None
    """Seconds, as its kernel estimates."""
    software: str
    trouble: str

    @property
    def station(self) -> Station:
        """The station itself."""
        return self.view.station


def note_queue(session: Session, *, station: UUID, queue: dict[str, Any], now: datetime) -> None:
    """Keep what a station says of itself; only the newest counts."""
    kept = session.get_one(Station, station)
    kept.queue, kept.queue_at = queue, now


def station_lines(session: Session, now: datetime, midnight: datetime, ours: str = "") -> list[StationLine]:
    """Answer the stations in use, those with trouble first. `ours`: the server's own software."""
    lines = [_line(view, now, ours) for view in board(session, now, midnight)]
    return sorted(lines, key=lambda line: (not line.words, line.station.code))


def _line(view: StationView, now: datetime, ours: str) -> StationLine:
    station, said = view.station, view.station.queue or {}
    clock = said.get("clock") or {}
    facts = StationFacts(
        now=now,
        seen_at=station.last_seen_at,
        said_at=station.queue_at,
        its_clock=_moment(clock.get("read_at")),
        oldest=_moment(said.get("oldest")),
        failed=int(said.get("failed") or 0),
        spool_full=bool(said.get("spool_full")),
        synchronised=clock.get("synchronised"),
        still=_still(view, now),
        software=str(said.get("software") or ""),
        ours=ours,
    )
    return StationLine(
        view=view,
        words=station_words(facts),
        connected=connected(facts),
        files=int(said.get("files") or 0),
        bytes=int(said.get("bytes") or 0),
        waiting=waiting_for(facts),
        failed=facts.failed,
        spool_free=said.get("spool_free"),
        synchronised=facts.synchronised,
        clock_error=clock.get("max_error_seconds"),
        software=facts.software,
        trouble=str(said.get("trouble") or ""),
    )


def _still(view: StationView, now: datetime) -> timedelta:
    dockings = [slot.visit.docking for slot in view.slots if slot.visit is not None]
    return max(
        (
            now - (docking.moved_at or docking.opened_at)
            for docking in dockings
            if docking.ended_at is None and docking.state in WORKING
        ),
        default=timedelta(0),
    )


def _moment(text: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


@dataclass(frozen=True, slots=True)
class FailedFile:
    """A file that needs a person, with the order last given for it."""

    sighting: Sighting
    docking: Docking
    order: StationOrder | None


def failed_files(session: Session, limit: int = FAILED_SHOWN) -> tuple[list[FailedFile], bool]:
    """Answer the files of all stations that failed, the newest first, and whether there are more.

    What was seen again later on the same recorder counts as it was seen last.
    """
    later, other = aliased(Sighting), aliased(Docking)
    harmless = or_(
        Sighting.reason.in_(HARMLESS), *(Sighting.reason.startswith(f"{word}: ") for word in HARMLESS)
    )
    seen_again = exists().where(
        later.docking_id == other.id,
        other.recorder_id == Docking.recorder_id,
        later.path == Sighting.path,
        later.seen_at > Sighting.seen_at,
    )
    rows = session.scalars(
        select(Sighting)
        .join(Docking, Docking.id == Sighting.docking_id)
        .where(
            Sighting.clip_id.is_(None),
            or_(Sighting.end.in_(FAILED_ENDS), Sighting.reason != ""),
            ~harmless,
            ~seen_again,
        )
        .order_by(Sighting.seen_at.desc(), Sighting.id.desc())
        .limit(limit + 1)
        .options(
            joinedload(Sighting.docking).joinedload(Docking.station),
            joinedload(Sighting.docking).joinedload(Docking.recorder),
        )
    ).all()
    kept = [s for s in rows if is_failed(end=s.end, reason=s.reason, held=s.clip_id is not None)]
    orders = _orders(session, [s.docking_id for s in kept])
    found = [FailedFile(s, s.docking, orders.get((s.docking_id, s.path))) for s in kept]
    return found[:limit], len(rows) > limit


def _orders(session: Session, dockings: Sequence[UUID]) -> dict[tuple[UUID, bytes], StationOrder]:
    """Answer the newest order of each file."""
    rows = session.scalars(
        select(StationOrder).where(StationOrder.docking_id.in_(dockings)).order_by(StationOrder.ordered_at)
    )
    return {(row.docking_id, row.path): row for row in rows}


@dataclass(frozen=True, slots=True)
class OverdueRecorder:
    """A recorder that should have been docked."""

    recorder: Recorder
    who: Officer | None
    """Who has it, else who had it last."""
    held: bool
    due: datetime
    last_docked: datetime | None


def overdue_recorders(session: Session, within: timedelta, now: datetime) -> list[OverdueRecorder]:
    """Answer the recorders that were not docked in time after a hand-over (`rules.overdue_recorder`), longest due first."""
    newest = (
        select(Holding.recorder_id, func.max(Holding.from_at).label("from_at"))
        .where(Holding.from_at <= now)
        .group_by(Holding.recorder_id)
        .subquery()
    )
    docked = (
        select(Docking.recorder_id, func.max(Docking.opened_at).label("at"))
        .group_by(Docking.recorder_id)
        .subquery()
    )
    rows = session.execute(
        select(Recorder, Holding, docked.c.at)
        .outerjoin(newest, newest.c.recorder_id == Recorder.id)
        .outerjoin(
            Holding,
            and_(Holding.recorder_id == Recorder.id, Holding.from_at == newest.c.from_at),
        )
        .outerjoin(docked, docked.c.recorder_id == Recorder.id)
        .where(or_(Holding.id.is_not(None), Recorder.holder_id.is_not(None)))
        .options(joinedload(Recorder.holder), joinedload(Holding.officer))
    ).all()
    found = [_overdue(recorder, holding, last, within, now) for recorder, holding, last in rows]
    late = sorted((one for one in found if one is not None), key=lambda one: one.due)
    return late[:OVERDUE_SHOWN]


def _overdue(
    recorder: Recorder, holding: Holding | None, last: datetime | None, within: timedelta, now: datetime
) -> OverdueRecorder | None:
    held_since = holding.from_at if holding is not None and holding.until_at is None else None
    back = holding.until_at if holding is not None else None
    if holding is None and recorder.holder_id is not None and not recorder.pool:
        held_since = recorder.created_at  # assigned for good; nobody noted when
    due = due_at(
        RecorderFacts(
            held_since=held_since,
            handed_back_at=back,
            last_docked=last,
            out_of_service=recorder.state != "in-service",
            sealed=recorder.sealed_at is not None,
        ),
        within,
    )
    if due is None or due >= now:
        return None
    who = holding.officer if holding is not None else recorder.holder
    return OverdueRecorder(recorder, who, held_since is not None, due, last)


def unregistered_recorders(session: Session, limit: int = 100) -> list[tuple[Recorder, datetime | None]]:
    """Answer recorders that nobody has entered in the register, with their last docking, the newest first."""
    last = func.max(Docking.opened_at)
    rows = session.execute(
        select(Recorder, last)
        .outerjoin(Docking, Docking.recorder_id == Recorder.id)
        .where(Recorder.registered.is_(False))
        .group_by(Recorder.id)
        .order_by(last.desc(), Recorder.id)
        .limit(limit)
    ).all()
    return [(recorder, docked) for recorder, docked in rows]


def all_stations(session: Session) -> list[Station]:
    """Answer every station, those in use first."""
    return list(session.scalars(select(Station).order_by(Station.revoked_at.is_not(None), Station.code)))
