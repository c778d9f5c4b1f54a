"""Offers: a station says what it has; the answer is "held already" or addresses to send the bytes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.database import Database
from catalog.ids import new_id
from catalog.intake.content import Content, checksum_of, content_of_upload, digests_of
from catalog.intake.dockings import docking_of
from catalog.intake.held import brought_before
from catalog.intake.sealed import Sealer, object_metadata
from catalog.models import Sighting, Upload
from catalog.ports import Address, IntakeStore
from catalog.rules.intake_lock import lock_at_opening

ADDRESS_VALID = timedelta(hours=1)
ADDRESSES_AT_ONCE = 100
RENEW_LOCK_BEFORE = timedelta(days=2)
"""An unfinished upload whose creation lock ends sooner than this is opened anew."""


@dataclass(frozen=True, slots=True)
class OfferedFile:
    """A file lying copied in a station's spool."""

    path: bytes
    shown: str
    size: int
    modified_ns: int
    sha256: str
    sm3: str
    part_size: int
    part_digests: tuple[bytes, ...]
    head: str
    tail: str
    bad_ranges: tuple[tuple[int, int], ...] = ()
    named: Mapping[str, Any] | None = None
    """What the recorder's profile read from the name."""
    important: bool = False

    @property
    def content(self) -> Content:
        """What it says it is."""
        return Content(self.sha256, self.sm3, self.size, checksum_of(self.part_digests))


@dataclass(frozen=True, slots=True)
class WantedPart:
    """Where a part goes, and which bytes of the file it is."""

    number: int
    offset: int
    length: int
    address: Address


@dataclass(frozen=True, slots=True)
class Wanted:
    """Bytes are wanted under this clip id."""

    clip: UUID
    mode: str
    parts: tuple[WantedPart, ...]
    expires: datetime


@dataclass(frozen=True, slots=True)
class HeldAlready:
    """The bytes were brought by this station before."""

    clip: UUID


def object_key(clip: UUID) -> str:
    """Answer the key of an original: it says nothing about anybody."""
    return f"originals/{clip}"


def offer_files(
    database: Database,
    store: IntakeStore,
    sealer: Sealer,
    *,
    actor: Actor,
    docking: UUID,
    files: Sequence[OfferedFile],
    now: datetime,
) -> list[Wanted | HeldAlready]:
    """Answer each offered file, in order. Raises UnknownDocking, NotThisStation, and the store's errors.

    Ids, keys and upload ids are committed before any address is answered. A file offered again gets its open
    upload again, with what is missing of it.
    """
    assert actor.id is not None  # noqa: S101 - only stations offer
    contents = [f.content for f in files]
    with database.read() as session:
        visit = docking_of(session, actor, docking)
        held = brought_before(session, actor.id, set(contents))
        open_uploads = {
            content_of_upload(u): u
            for u in session.scalars(
                select(Upload).where(
                    Upload.station_id == actor.id,
                    Upload.state == "open",
                    Upload.sha256.in_([f.sha256 for f in files]),
                )
            )
        }
        serial, holder = visit.recorder.serial, visit.holder.number if visit.holder else None

    fresh: dict[Content, Upload] = {}
    missing: dict[Content, list[int]] = {}
    lost: list[UUID] = []
    for file, content in zip(files, contents, strict=True):
        if content in held or content in missing:
            continue
        earlier = open_uploads.get(content)
        if earlier is not None:
            still_needed = _missing(store, earlier) if earlier.lock_until - now > RENEW_LOCK_BEFORE else None
            if still_needed is not None:
                missing[content] = still_needed
                continue
            _drop(store, earlier)
            lost.append(earlier.id)
        upload = _new_upload(store, sealer, actor, docking, file, serial=serial, holder=holder, now=now)
        fresh[content] = open_uploads[content] = upload
        missing[content] = _all_parts(upload)

    with database.write() as session:
        if lost:
            session.execute(
                update(Upload).where(Upload.id.in_(lost), Upload.state == "open").values(state="abandoned")
            )
        # Another process of the same station may have finished one of them since we looked.
        held |= brought_before(session, actor.id, set(contents) - set(held))
        session.add_all(upload for content, upload in fresh.items() if content not in held)
        session.flush()
        _keep_sightings(session, docking, files, held=held, uploads=open_uploads, now=now)
        again = sorted({held[c] for c in contents if c in held})
        if again:
            add_entry(
                session,
                actor=actor,
                action="docking.recognised",
                subjects={"docking": docking, "clip": again},
                facts={"files": sum(c in held for c in contents), "by": "digest"},
                now=now,
            )

    return [
        HeldAlready(held[content])
        if content in held
        else _wanted(store, open_uploads[content], missing[content], now)
        for content in contents
    ]


def renew_addresses(
    database: Database, store: IntakeStore, *, actor: Actor, clip: UUID, now: datetime
) -> Wanted | HeldAlready | None:
    """Answer the addresses still needed of an open upload, HeldAlready when it was received.

    None when it is unknown, another station's, or lost at the storage: the file is to be offered again.
    """
    with database.read() as session:
        upload = upload_of(session, actor, clip)
    if upload is None or upload.state == "abandoned":
        return None
    if upload.clip_id is not None:
        return HeldAlready(upload.clip_id)
    missing = _missing(store, upload)
    return None if missing is None else _wanted(store, upload, missing, now)


def _new_upload(
    store: IntakeStore,
    sealer: Sealer,
    station: Actor,
    docking: UUID,
    file: OfferedFile,
    *,
    serial: str,
    holder: str | None,
    now: datetime,
) -> Upload:
    clip = new_id()
    metadata = object_metadata(
        sealer,
        clip=clip,
        sha256=file.sha256,
        sm3=file.sm3,
        station=station.name,
        docking=docking,
        recorder_serial=serial,
        modified_ns=file.modified_ns,
        opened=utc_text(now),
        shown=file.shown,
        holder_number=holder,
    )
    key, lock = object_key(clip), lock_at_opening(now)
    single = len(file.part_digests) == 1
    return Upload(
        id=clip,
        station_id=station.id,
        docking_id=docking,
        state="open",
        size=file.size,
        sha256=file.sha256,
        sm3=file.sm3,
        part_size=file.part_size,
        part_digests=b"".join(file.part_digests),
        mode="put" if single else "multipart",
        bucket=store.bucket,
        key=key,
        storage_upload_id=None if single else store.open_multipart(key, lock_until=lock, metadata=metadata),
        object_metadata=metadata,
        lock_until=lock,
        opened_at=now,
    )


def _keep_sightings(
    session: Session,
    docking: UUID,
    files: Sequence[OfferedFile],
    *,
    held: dict[Content, UUID],
    uploads: dict[Content, Upload],
    now: datetime,
) -> None:
    """Keep what was seen of each file. A sighting that led to a clip stays as it is; other bytes are another one."""
    known: dict[bytes, list[Sighting]] = {}
    for row in session.scalars(
        select(Sighting).where(Sighting.docking_id == docking, Sighting.path.in_([f.path for f in files]))
    ):
        known.setdefault(row.path, []).append(row)
    for file in files:
        rows = known.setdefault(file.path, [])
        if any(row.clip_id is not None and row.sha256 == file.sha256 for row in rows):
            continue
        sighting = next((row for row in rows if row.clip_id is None), None)
        if sighting is None:
            sighting = Sighting(docking_id=docking, path=file.path, seen_at=now, bad_ranges=[])
            session.add(sighting)
            rows.append(sighting)
        sighting.shown, sighting.size, sighting.modified_ns = file.shown, file.size, file.modified_ns
        sighting.head, sighting.tail, sighting.sha256 = file.head, file.tail, file.sha256
        sighting.bad_ranges = [list(r) for r in file.bad_ranges]
        sighting.named, sighting.important = (dict(file.named) if file.named else None), file.important
        content = file.content
        if content in held:
            sighting.clip_id, sighting.upload_id, sighting.end = held[content], None, "held already"
            sighting.reason = "the same bytes are held already"
        else:
            sighting.upload_id, sighting.clip_id = uploads[content].id, None
            sighting.end, sighting.reason = (
                ("partial", sighting.reason) if file.bad_ranges else ("checked", "")
            )


def _wanted(store: IntakeStore, upload: Upload, missing: list[int], now: datetime) -> Wanted:
    digests = digests_of(upload)
    return Wanted(
        clip=upload.id,
        mode=upload.mode,
        parts=tuple(_part(store, upload, digests, n) for n in missing[:ADDRESSES_AT_ONCE]),
        expires=now + ADDRESS_VALID,
    )


def _all_parts(upload: Upload) -> list[int]:
    return list(range(1, len(upload.part_digests) // 32 + 1))


def _missing(store: IntakeStore, upload: Upload) -> list[int] | None:
    """Part numbers the storage does not hold: none when a crash left the object complete, None when the upload is lost."""
    if upload.storage_upload_id is None:
        return [] if store.newest(upload.key) is not None else [1]
    try:
        present = {p.number for p in store.list_parts(upload.key, upload.storage_upload_id)}
    except store.UploadGone:
        return [] if store.newest(upload.key) is not None else None
    return [n for n in _all_parts(upload) if n not in present]


def _drop(store: IntakeStore, upload: Upload) -> None:
    """Free the parts of an upload nobody will finish; what is complete under its key stays where it is."""
    if upload.storage_upload_id is not None:
        store.abort_multipart(upload.key, upload.storage_upload_id)


def _part(store: IntakeStore, upload: Upload, digests: list[bytes], number: int) -> WantedPart:
    offset = (number - 1) * upload.part_size
    metadata: dict[str, Any] = upload.object_metadata
    if upload.storage_upload_id is None:
        address = store.put_address(
            upload.key,
            sha256=digests[0],
            lock_until=upload.lock_until,
            metadata=metadata,
            valid=ADDRESS_VALID,
        )
    else:
        address = store.part_address(
            upload.key, upload.storage_upload_id, number, sha256=digests[number - 1], valid=ADDRESS_VALID
        )
    return WantedPart(
        number=number,
        offset=offset,
        length=max(0, min(upload.part_size, upload.size - offset)),
        address=address,
    )


def upload_of(session: Session, actor: Actor, upload: UUID) -> Upload | None:
    """Answer an upload if it is this station's."""
    found = session.get(Upload, upload)
    return found if found is not None and found.station_id == actor.id else None
