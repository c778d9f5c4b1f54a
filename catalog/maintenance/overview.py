"""What pages show of recorders: state at a glance, one recorder's history, boards. Reading only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.finding.visible import unsealed_to
from catalog.holdings import holdings_of
from catalog.maintenance.checks import open_doubts
from catalog.maintenance.faults import open_faults
from catalog.models import (
    Clip,
    Docking,
    Holding,
    MaintenanceEntry,
    Recorder,
    RecorderCheck,
    RecorderDoubt,
    RecorderFault,
    RecorderRepair,
    RecorderSubstitute,
    Sighting,
)
from catalog.rules.failed_file import count_unread, is_owed


@dataclass(frozen=True, slots=True)
class RecorderFile:
    """One recorder with all that is known of it; each list newest first."""

    recorder: Recorder
    log: Sequence[MaintenanceEntry]
    holdings: Sequence[Holding]
    dockings: Sequence[Docking]
    checks: Sequence[RecorderCheck]
    faults: Sequence[RecorderFault]
    doubts: Sequence[RecorderDoubt]
    repairs: Sequence[RecorderRepair]
    substitutes: Sequence[RecorderSubstitute]

    @property
    def open_faults(self) -> list[RecorderFault]:
        """Faults that are not closed."""
        return [fault for fault in self.faults if fault.closed_at is None]

    @property
    def order(self) -> RecorderRepair | None:
        """The repair order under way."""
        return next((one for one in self.repairs if one.state != "closed"), None)


def recorder_file(session: Session, recorder_id: UUID, *, limit: int | None = 200) -> RecorderFile | None:
    """Answer a recorder's file, at most `limit` lines of each list (None: all); None where there is no such recorder."""
    recorder = session.scalar(
        select(Recorder)
        .where(Recorder.id == recorder_id)
        .options(joinedload(Recorder.holder), joinedload(Recorder.unit))
    )
    if recorder is None:
        return None

    holdings = holdings_of(session, recorder_id, limit)
    for holding in holdings:
        _ = holding.officer  # read while the session is open
    return RecorderFile(
        recorder,
        log=session.scalars(
            select(MaintenanceEntry)
            .where(MaintenanceEntry.recorder_id == recorder_id)
            .order_by(MaintenanceEntry.at.desc(), MaintenanceEntry.id.desc())
            .limit(limit)
        ).all(),
        holdings=holdings,
        dockings=session.scalars(
            select(Docking)
            .where(Docking.recorder_id == recorder_id)
            .options(joinedload(Docking.station), joinedload(Docking.holder))
            .order_by(Docking.opened_at.desc())
            .limit(limit)
        ).all(),
        checks=session.scalars(
            select(RecorderCheck)
            .where(RecorderCheck.recorder_id == recorder_id)
            .order_by(RecorderCheck.at.desc(), RecorderCheck.id.desc())
            .limit(limit)
        ).all(),
        faults=session.scalars(
            select(RecorderFault)
            .where(RecorderFault.recorder_id == recorder_id)
            .options(joinedload(RecorderFault.reporter))
            .order_by(RecorderFault.reported_at.desc(), RecorderFault.id.desc())
            .limit(limit)
        ).all(),
        doubts=session.scalars(
            select(RecorderDoubt)
            .where(RecorderDoubt.recorder_id == recorder_id)
            .order_by(RecorderDoubt.raised_at.desc(), RecorderDoubt.id.desc())
            .limit(limit)
        ).all(),
        repairs=session.scalars(
            select(RecorderRepair)
            .where(RecorderRepair.recorder_id == recorder_id)
            .order_by(RecorderRepair.sent_at.desc(), RecorderRepair.id.desc())
            .limit(limit)
        ).all(),
        substitutes=session.scalars(
            select(RecorderSubstitute)
            .where(RecorderSubstitute.recorder_id == recorder_id)
            .options(joinedload(RecorderSubstitute.substitute))
            .order_by(RecorderSubstitute.asked_at.desc(), RecorderSubstitute.id.desc())
            .limit(limit)
        ).all(),
    )


@dataclass(frozen=True, slots=True)
class Board:
    """Faults and repairs that want somebody."""

    faults: Sequence[RecorderFault]
    doubts: Sequence[RecorderDoubt]
    repairs: Sequence[RecorderRepair]
    recalls: Sequence[RecorderFault]


def board(session: Session) -> Board:
    """Answer what is open, the oldest first; faults of retired recorders wait for nobody."""
    faults = session.scalars(
        select(RecorderFault)
        .join(Recorder, Recorder.id == RecorderFault.recorder_id)
        .where(RecorderFault.closed_at.is_(None), Recorder.state != "retired")
        .options(
            joinedload(RecorderFault.recorder).joinedload(Recorder.holder), joinedload(RecorderFault.reporter)
        )
        .order_by(RecorderFault.reported_at)
    ).all()
    repairs = session.scalars(
        select(RecorderRepair)
        .where(RecorderRepair.state != "closed")
        .options(joinedload(RecorderRepair.recorder))
        .order_by(RecorderRepair.sent_at)
    ).all()
    recalls = session.scalars(
        select(RecorderFault)
        .where(RecorderFault.recall_opened_at.is_not(None))
        .options(joinedload(RecorderFault.recorder))
        .order_by(RecorderFault.recall_opened_at.desc())
        .limit(100)
    ).all()
    return Board(faults, open_doubts(session), repairs, recalls)


def open_counts(session: Session) -> dict[UUID, tuple[int, int]]:
    """Answer open faults and open questions by recorder; recorders without either are left out."""
    found: dict[UUID, tuple[int, int]] = {}
    faults = select(RecorderFault.recorder_id, func.count()).where(RecorderFault.closed_at.is_(None))
    for recorder, count in session.execute(faults.group_by(RecorderFault.recorder_id)):
        found[recorder] = (count, 0)
    doubts = select(RecorderDoubt.recorder_id, func.count()).where(RecorderDoubt.resolved_at.is_(None))
    for recorder, count in session.execute(doubts.group_by(RecorderDoubt.recorder_id)):
        found[recorder] = (found.get(recorder, (0, 0))[0], count)
    return found


@dataclass(frozen=True, slots=True)
class MyVisit:
    """One of my dockings, and whether all of it is safe."""

    docking: Docking
    files: int
    owed: int
    """Files of which something is outstanding still, also what was left unread."""
    unread: Mapping[str, int]
    """Of these, what was left unread by what it is, each with its number (`failed_file.UNREAD`)."""

    @property
    def under_way(self) -> int:
        """Files that are owed and were not left unread."""
        return self.owed - sum(self.unread.values())

    @property
    def to_bring(self) -> bool:
        """Whether what was left unread is all that is left of it; one that failed at the station stays there."""
        over = self.docking.ended_at is not None and self.docking.end_reason != "failed"
        return bool(self.unread) and over and not self.under_way


@dataclass(frozen=True, slots=True)
class MyRecorder:
    """A recorder that an officer has now, or brought last."""

    recorder: Recorder
    since: datetime | None
    faults: Sequence[RecorderFault]
    visits: Sequence[MyVisit]


def my_recorders(session: Session, officer_id: UUID, actor: Actor) -> list[MyRecorder]:
    """Answer the recorders an officer holds, else the one of their last docking; files are those `actor` may find."""
    devices = list(
        session.scalars(select(Recorder).where(Recorder.holder_id == officer_id).order_by(Recorder.label))
    )
    if not devices:
        last = session.scalar(
            select(Docking)
            .where(or_(Docking.holder_id == officer_id, Docking.picked_id == officer_id))
            .options(joinedload(Docking.recorder))
            .order_by(Docking.opened_at.desc())
            .limit(1)
        )
        newest = last is not None and last.id == session.scalar(
            select(Docking.id)
            .where(Docking.recorder_id == last.recorder_id)
            .order_by(Docking.opened_at.desc())
            .limit(1)
        )
        devices = [last.recorder] if last is not None and newest else []
    return [_mine(session, device, officer_id, actor) for device in devices]


def _mine(session: Session, device: Recorder, officer_id: UUID, actor: Actor) -> MyRecorder:
    since = session.scalar(
        select(Holding.from_at)
        .where(Holding.recorder_id == device.id, Holding.officer_id == officer_id, Holding.until_at.is_(None))
        .limit(1)
    )
    visits = session.scalars(
        select(Docking)
        .where(
            Docking.recorder_id == device.id,
            or_(Docking.holder_id == officer_id, Docking.picked_id == officer_id),
        )
        .options(joinedload(Docking.station))
        .order_by(Docking.opened_at.desc())
        .limit(5)
    ).all()
    mine = []
    for visit in visits:
        files = session.execute(
            select(Sighting.end, Sighting.reason, Sighting.clip_id)
            .outerjoin(Clip, Clip.id == Sighting.clip_id)
            .where(Sighting.docking_id == visit.id, or_(Clip.id.is_(None), unsealed_to(actor)))
        ).all()
        owed = sum(is_owed(end=end, reason=reason, held=clip is not None) for end, reason, clip in files)
        unread = count_unread((end, reason, clip is not None) for end, reason, clip in files)
        mine.append(MyVisit(visit, len(files), owed, unread))
    return MyRecorder(device, since, open_faults(session, device.id), mine)
