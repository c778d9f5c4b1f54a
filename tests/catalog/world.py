"""A small world to try the catalog's pages on: people and cases of the demonstration, and clips by hand."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.demo import SERIAL
from catalog.ids import new_id
from catalog.models import Clip, Copy, Docking, Recorder, Rendition, Sighting, Stage, Station
from catalog.stations import register_station

BUCKETS = {"evidence": "evidence", "derived": "derived"}


def add_station(session: Session, now: datetime, code: str = "ST-02") -> Station:
    station = register_station(session, code=code, name="城东分局 采集站 02", token=f"token-{code}", now=now)
    station.last_seen_at = now
    return station


def recorder(session: Session) -> Recorder:
    found = session.scalar(select(Recorder).where(Recorder.serial == SERIAL))
    assert found is not None
    return found


def add_docking(
    session: Session,
    station: Station,
    now: datetime,
    slot: str = "1",
    state: str = "copying",
    **progress: Any,
) -> Docking:
    device = recorder(session)
    docking = Docking(
        id=new_id(),
        station_id=station.id,
        recorder_id=device.id,
        holder_id=device.holder_id,
        slot=slot,
        started_at=now,
        opened_at=now,
        recorder_facts={"serial": device.serial, "battery": 41},
        state=state,
        sequence=1,
        progress=progress,
        progress_at=now,
    )
    session.add(docking)
    session.flush()
    return docking


def add_clip(
    session: Session,
    now: datetime,
    name: str,
    *,
    docking: Docking | None = None,
    kind: str = "video",
    recorded: datetime | None = None,
    verified: bool = True,
    flags: list[str] | None = None,
    renditions: tuple[str, ...] = (),
    shown_as: str = "original",
    facts: dict[str, Any] | None = None,
    **more: Any,
) -> Clip:
    clip_id = new_id()
    digest = hashlib.sha256(clip_id.bytes).hexdigest()
    clip = Clip(
        id=clip_id,
        sha256=digest,
        sm3=digest[::-1],
        checksum="c",
        size=more.pop("size", 123_456_789),
        name=name,
        recorder_id=more.pop("recorder_id", docking.recorder_id if docking else None),
        officer_id=more.pop("officer_id", docking.holder_id if docking else None),
        officer_source="recorder-holder" if docking else None,
        received_at=now,
        verified_at=now + timedelta(seconds=20) if verified else None,
        kind=kind,
        recorded_at=recorded,
        recorded_at_source="file-name" if recorded else None,
        shown_as=shown_as,
        facts=facts or {},
        flags=flags or [],
        lock_desired=now + timedelta(days=184),
        **more,
    )
    session.add(clip)
    session.flush()
    session.add(
        Copy(
            clip_id=clip_id,
            bucket=BUCKETS["evidence"],
            key=f"originals/{clip_id}",
            version="6715aa0968d5",
            lock_mode="COMPLIANCE",
            lock_until=now + timedelta(days=184),
            lock_read_at=now,
            verified_at=now if verified else None,
            created_at=now,
        )
    )
    session.add_all(
        Rendition(
            clip_id=clip_id,
            kind=one,
            bucket=BUCKETS["derived"],
            key=f"renditions/{clip_id}/{one}",
            size=1000,
            sha256=digest,
            content_type=_TYPES[one],
            source_sha256=digest,
            recipe={
                "tool": "ffmpeg",
                "version": "9.0.2",
                "arguments": ["-i", "{input}", "-c:v", "libx264", "{output}"],
            },
            created_at=now,
        )
        for one in renditions
    )
    session.add_all(
        Stage(clip_id=clip_id, stage=stage, state="done", due_at=now, updated_at=now)
        for stage in ("verify", "describe", "render")
        if verified
    )
    if docking is not None:
        session.add(
            Sighting(
                docking_id=docking.id,
                path=name.encode(errors="surrogateescape"),
                shown=name,
                size=clip.size,
                modified_ns=1_790_000_000_000_000_000,
                sha256=digest,
                end="received",
                bad_ranges=[],
                clip_id=clip_id,
                seen_at=now,
            )
        )
    session.flush()
    return clip


_TYPES = {
    "player": "video/mp4",
    "preview": "image/jpeg",
    "poster": "image/jpeg",
    "thumb": "image/jpeg",
    "sprite": "image/jpeg",
    "thumbnails": "text/vtt",
    "waveform": "application/json",
    "frames": "application/json",
    "track": "application/json",
}


def entries(session: Session, action: str) -> list[UUID]:
    from catalog.models import CustodyEntry  # noqa: PLC0415

    return list(session.scalars(select(CustodyEntry.id).where(CustodyEntry.action == action)))
