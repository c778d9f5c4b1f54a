"""A recorder's visit: opened, shown while it lasts, closed. Every step may be repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.models import Docking, Recorder, Sighting


class NotThisStation(Exception):
    """The docking belongs to another station."""


class UnknownDocking(Exception):
    """No such docking has been opened."""


@dataclass(frozen=True, slots=True)
class SeenRecorder:
    """What a station learned of a recorder; `facts` holds clock, battery, free space and the like as read."""

    serial: str
    serial_source: str
    vendor: str
    model: str
    kind: str
    facts: Mapping[str, Any]


def open_docking(
    session: Session,
    *,
    actor: Actor,
    docking: UUID,
    slot: str,
    seen: SeenRecorder,
    started: datetime,
    now: datetime,
) -> Docking:
    """Open a docking, taking in an unknown recorder as well (it is flagged). Raises NotThisStation."""
    known = session.get(Docking, docking)
    if known is not None:
        if known.station_id != actor.id:
            raise NotThisStation
        return known
    recorder = session.scalar(select(Recorder).where(Recorder.serial == seen.serial))
    if recorder is None:
        recorder = Recorder(
            serial=seen.serial,
            serial_source=seen.serial_source,
            label=seen.serial[:64],
            vendor=seen.vendor,
            model=seen.model,
            kind=seen.kind,
            registered=False,
            created_at=now,
        )
        session.add(recorder)
        session.flush()
        add_entry(
            session,
            actor=actor,
            action="recorder.first-seen",
            subjects={"recorder": recorder.id},
            facts={"serial": seen.serial, "serial_source": seen.serial_source},
            now=now,
        )
    opened = Docking(
        id=docking,
        station_id=actor.id,
        recorder_id=recorder.id,
        holder_id=recorder.holder_id,
        slot=slot,
        started_at=started,
        opened_at=now,
        recorder_facts=dict(seen.facts),
        progress={},
    )
    session.add(opened)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="docking.opened",
        subjects={"docking": docking, "recorder": recorder.id},
        facts={"slot": slot, "registered": recorder.registered},
        now=now,
    )
    return opened


def docking_of(session: Session, actor: Actor, docking: UUID) -> Docking:
    """Answer the docking if it is this station's. Raises UnknownDocking, NotThisStation."""
    found = session.get(Docking, docking)
    if found is None:
        raise UnknownDocking
    if found.station_id != actor.id:
        raise NotThisStation
    return found


_MOVING = ("files_total", "files_copied", "files_received", "bytes_total", "bytes_copied", "bytes_received")
"""What of a docking's progress counts as going on."""


def note_progress(
    session: Session,
    *,
    docking: Docking,
    sequence: int,
    state: str,
    progress: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Keep what the board shows, unless something newer is kept already; answer whether it was kept."""
    before = (docking.state, *(docking.progress.get(name) for name in _MOVING))
    moved = before != (state, *(progress.get(name) for name in _MOVING))
    result = session.execute(
        update(Docking)
        .where(Docking.id == docking.id, Docking.sequence < sequence, Docking.ended_at.is_(None))
        .values(
            sequence=sequence,
            state=state,
            progress=dict(progress),
            progress_at=now,
            **({"moved_at": now} if moved else {}),
        )
    )
    return bool(result.rowcount)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class ReportedFile:
    """A file that ended otherwise than by an upload."""

    path: bytes
    shown: str
    size: int | None
    end: str
    reason: str


FINAL = frozenset({"received", "verified", "held already"})
"""Ends only the server itself states; a station's report never overrides them."""


def note_files(session: Session, *, docking: Docking, files: Sequence[ReportedFile], now: datetime) -> None:
    """Keep a sighting for each reported file, so that what was not taken is listed too."""
    if not files:
        return
    known = {
        row.path: row
        for row in session.scalars(
            select(Sighting)
            .where(Sighting.docking_id == docking.id, Sighting.path.in_([f.path for f in files]))
            .order_by(
                Sighting.clip_id.is_(None), Sighting.seen_at
            )  # the last one counts: an open sighting, if there is one
        )
    }
    for file in files:
        row = known.get(file.path)
        if row is None:
            row = Sighting(
                docking_id=docking.id, path=file.path, shown=file.shown, bad_ranges=[], seen_at=now
            )
            session.add(row)
            known[file.path] = row
        if row.end in FINAL or row.clip_id is not None or file.end in FINAL:
            continue
        row.end, row.reason = file.end, file.reason
        row.size = file.size if file.size is not None else row.size


def close_docking(
    session: Session,
    *,
    actor: Actor,
    docking: Docking,
    files_total: int,
    reason: str,
    message: str,
    now: datetime,
) -> None:
    """Close the docking and count what became of its files; a second call changes nothing."""
    if docking.ended_at is not None:
        return
    docking.ended_at = now
    docking.end_reason = reason
    ends = session.scalars(select(Sighting.end).where(Sighting.docking_id == docking.id)).all()
    counts = {end: ends.count(end) for end in sorted(set(ends))}
    add_entry(
        session,
        actor=actor,
        action="docking.closed",
        subjects={"docking": docking.id, "recorder": docking.recorder_id},
        facts={"reason": reason, "files_on_recorder": files_total, "ends": counts},
        private={"message": message or None},
        now=now,
    )
