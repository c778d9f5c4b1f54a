"""采集清单: a station's signed list of everything it saw on a recorder, kept locked like an original."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.gaps import note_gaps
from catalog.intake.dockings import docking_of
from catalog.intake.held import brought_clips
from catalog.locked_objects import OtherContent, Place, put_and_read_back
from catalog.models import Copy, Sheet, Sighting, Station
from catalog.ports import ReadStore, SheetStore
from catalog.rules.intake_lock import lock_at_receipt
from catalog.rules.sheet_summary import Tally, summary_of
from catalog.rules.sheet_text import NotCanonical, files_of, frame_of

SHEET_SIGNATURE_PREFIX = b"liuhen docking sheet v1\n"
CLIPS_AT_ONCE = 500
MOST_REVISIONS = 10_000


class SheetRefused(Exception):
    """The sheet is not kept. `why` is a stable word, `detail` says more; what was kept before is untouched."""

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}" if detail else why)
        self.why = why
        self.detail = detail


@dataclass(frozen=True, slots=True)
class SentSheet:
    """A sheet as a station sent it."""

    docking: UUID
    text: str
    """RFC 8785 form."""
    public_key: str
    signature: str

    @property
    def body(self) -> bytes:
        """The bytes that were signed and are kept."""
        return self.text.encode("utf-8")


@dataclass(frozen=True, slots=True)
class SheetShape:
    """What a sheet must look like, as the protocol says; each raises ValueError for what does not."""

    frame: Callable[[Mapping[str, Any]], object]
    file: Callable[[Mapping[str, Any]], object]


def sheet_key(docking: UUID, revision: int) -> str:
    """Key of a sheet's object."""
    return f"sheets/{docking}/{revision}.json"


def keep_sheet(
    database: Database, store: SheetStore, *, actor: Actor, sent: SentSheet, shape: SheetShape, now: datetime
) -> Sheet:
    """Check a sheet, lock it in the storage, read the lock back, then take it into the catalog.

    May be repeated: the same bytes answer the same sheet, whatever crashed in between. Raises SheetRefused,
    UnknownDocking, NotThisStation, NotLocked, and the store's errors.
    """
    with database.read() as session:
        visit = docking_of(session, actor, sent.docking)
        station = session.get_one(Station, visit.station_id)
        _check_signature(station, sent)
        frame, tally = _read(session, station, sent, shape)
        revision = int(frame["revision"])
        known = _kept(session, sent.docking, revision)
        if known is not None:
            return _same_or_refused(known, sent)
        until = max(lock_at_receipt(now), _longest_lock(session, sent.docking) or now)
    key = sheet_key(sent.docking, revision)
    try:
        place = put_and_read_back(
            store, key, sent.body, lock_until=until, metadata=_metadata(sent, revision), now=now
        )
    except OtherContent as other:
        _keep_what_lies_there(database, store, other, actor=actor, sent=sent, shape=shape, now=now)
        raise SheetRefused("revision-taken", f"revision {revision}") from other
    try:
        return _take_in(database, actor, sent, frame=frame, tally=tally, place=place, until=until, now=now)
    except IntegrityError:  # the same sheet was sent twice at once
        with database.read() as session:
            known = _kept(session, sent.docking, revision)
        if known is None:
            raise
        return _same_or_refused(known, sent)


def _keep_what_lies_there(
    database: Database,
    store: SheetStore,
    other: OtherContent,
    *,
    actor: Actor,
    sent: SentSheet,
    shape: SheetShape,
    now: datetime,
) -> None:
    """An earlier sheet was locked under this key and a crash came before it was taken in: take it in now."""
    facts = other.facts
    earlier = SentSheet(
        docking=sent.docking,
        text=b"".join(store.read(facts.key, facts.version)).decode("utf-8"),
        public_key=facts.metadata.get("key", ""),
        signature=facts.metadata.get("signature", ""),
    )
    if earlier.text != sent.text:
        keep_sheet(database, store, actor=actor, sent=earlier, shape=shape, now=now)


def _check_signature(station: Station, sent: SentSheet) -> None:
    """Raises SheetRefused unless the station's own key signed exactly these bytes."""
    if station.sheet_key is not None and station.sheet_key != sent.public_key:
        raise SheetRefused("other-key")
    try:
        raw = base64.b64decode(sent.public_key, validate=True)
        signature = base64.b64decode(sent.signature, validate=True)
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, SHEET_SIGNATURE_PREFIX + sent.body)
    except (ValueError, InvalidSignature) as error:
        raise SheetRefused("bad-signature") from error


def _read(
    session: Session, station: Station, sent: SentSheet, shape: SheetShape
) -> tuple[dict[str, Any], Tally]:
    """Read the whole list once, entry by entry. Raises SheetRefused."""
    tally = Tally()
    try:
        frame = frame_of(sent.text)
        shape.frame(frame)
        if (frame["docking"], frame["station"]) != (str(sent.docking), station.code):
            raise SheetRefused("other-docking")
        if frame["revision"] > MOST_REVISIONS:
            raise SheetRefused("too-many")
        before = b""
        for named in _in_batches(files_of(sent.text)):
            for entry in named:
                shape.file(entry)
                path = base64.b64decode(entry["path"], validate=True)
                if tally.files and path <= before:
                    raise SheetRefused("not-canonical", "the list is not in the order of its paths")
                before = path
                tally.add(entry)
            clips = {UUID(entry["clip"]) for entry in named if entry.get("clip")}
            if strange := clips - set(brought_clips(session, station.id, list(clips))):
                raise SheetRefused("foreign-clip", str(min(strange)))
    except NotCanonical as error:
        raise SheetRefused("not-canonical", str(error)) from error
    except ValueError as error:
        raise SheetRefused("bad-sheet", str(error)[:500]) from error
    return frame, tally


def _take_in(
    database: Database,
    actor: Actor,
    sent: SentSheet,
    *,
    frame: dict[str, Any],
    tally: Tally,
    place: Place,
    until: datetime,
    now: datetime,
) -> Sheet:
    with database.write() as session:
        visit = docking_of(session, actor, sent.docking)
        _pin_key(session, actor, visit.station_id, sent.public_key, now)
        known = _kept(session, sent.docking, int(frame["revision"]))
        if known is not None:
            return _same_or_refused(known, sent)
        sheet = Sheet(
            docking_id=sent.docking,
            revision=int(frame["revision"]),
            sha256=hashlib.sha256(sent.body).hexdigest(),
            size=len(sent.body),
            public_key=sent.public_key,
            signature=sent.signature,
            objects={"sheet": place},
            lock_desired=until,
            files=tally.files,
            bytes=tally.bytes,
            summary=summary_of(frame, tally),
            received_at=now,
        )
        session.add(sheet)
        session.flush()
        add_entry(
            session,
            actor=actor,
            action="docking.sheet-kept",
            subjects={"docking": visit.id, "recorder": visit.recorder_id},
            facts={
                "revision": sheet.revision,
                "sha256": sheet.sha256,
                "files": sheet.files,
                "ends": dict(sorted(tally.ends.items())),
                "gaps": len(frame["gaps"]),
                "key": hashlib.sha256(base64.b64decode(sheet.public_key)).hexdigest()[:16],
                "version": place["version"],
                "lock_until": place["lock_until"],
            },
            now=now,
        )
        note_gaps(session, actor=actor, docking=visit, gaps=frame["gaps"], now=now)
        return sheet


def _pin_key(session: Session, actor: Actor, station_id: UUID, key: str, now: datetime) -> None:
    """The first sheet's key is the station's from then on. Raises SheetRefused when another came first."""
    station = session.get_one(Station, station_id)
    if station.sheet_key is None:
        station.sheet_key = key
        add_entry(
            session,
            actor=actor,
            action="station.sheet-key-pinned",
            subjects={"station": station.id},
            facts={"key": hashlib.sha256(base64.b64decode(key)).hexdigest()[:16]},
            now=now,
        )
    elif station.sheet_key != key:
        raise SheetRefused("other-key")


def _same_or_refused(known: Sheet, sent: SentSheet) -> Sheet:
    if known.sha256 != hashlib.sha256(sent.body).hexdigest():
        raise SheetRefused("revision-taken", f"revision {known.revision}")
    return known


def _kept(session: Session, docking: UUID, revision: int) -> Sheet | None:
    return session.scalar(select(Sheet).where(Sheet.docking_id == docking, Sheet.revision == revision))


def _longest_lock(session: Session, docking: UUID) -> datetime | None:
    """Until when the longest locked of the docking's clips is locked."""
    return session.scalar(
        select(func.max(Copy.lock_until))
        .join(Sighting, Sighting.clip_id == Copy.clip_id)
        .where(Sighting.docking_id == docking)
    )


def _metadata(sent: SentSheet, revision: int) -> dict[str, str]:
    return {
        "liuhen": "1",
        "kind": "docking-sheet",
        "docking": str(sent.docking),
        "revision": str(revision),
        "sha256": hashlib.sha256(sent.body).hexdigest(),
        "key": sent.public_key,
        "signature": sent.signature,
    }


def _in_batches(entries: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == CLIPS_AT_ONCE:
            yield batch
            batch = []
    yield batch


# Reading them


def sheets_of(session: Session, docking: UUID) -> list[Sheet]:
    """Answer a docking's sheets, the newest revision first."""
    return list(
        session.scalars(select(Sheet).where(Sheet.docking_id == docking).order_by(Sheet.revision.desc()))
    )


def find_sheet(session: Session, docking: UUID, revision: int | None = None) -> Sheet | None:
    """Answer one sheet of a docking, the newest unless a revision is named."""
    found = sheets_of(session, docking)
    return next((sheet for sheet in found if revision in {None, sheet.revision}), None)


class SheetDamaged(Exception):
    """What lies in storage is not the sheet that was kept."""


def sheet_text(store: ReadStore, sheet: Sheet) -> str:
    """Read a sheet's text from storage, by version id. Raises SheetDamaged, and the store's errors."""
    place = sheet.objects["sheet"]
    body = b"".join(store.read(place["key"], place["version"]))
    if hashlib.sha256(body).hexdigest() != sheet.sha256:
        raise SheetDamaged(f"{place['key']} version {place['version']}")
    return body.decode("utf-8")
