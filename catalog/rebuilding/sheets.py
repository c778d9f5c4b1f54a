"""Docking sheets read again from storage: their signatures checked, their rows made, sightings told from them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.custody.log import add_entry
from catalog.gaps import note_gaps
from catalog.locked_objects import place_of
from catalog.models import Clip, Docking, Sheet, Sighting
from catalog.ports import InventoryReader, ListedVersion, SheetStore
from catalog.rebuilding.house import ACTOR, docking_of_sheet, station_of
from catalog.rebuilding.report import Rebuilt
from catalog.rules.intake_lock import lock_at_receipt
from catalog.rules.sheet_summary import Tally, summary_of
from catalog.rules.sheet_text import files_of, frame_of
from catalog.sheets import SHEET_SIGNATURE_PREFIX, SheetShape, sheet_key

FROM_STORAGE = "made again from storage"
"""Reason of a sighting that only the original's own metadata tells of; a sheet says more."""
AT_ONCE = 500


class BadSheet(ValueError):
    """What lies in storage is no sheet its station signed; the message says why."""


@dataclass(frozen=True, slots=True)
class ReadSheet:
    """A sheet that is whole and signed."""

    line: ListedVersion
    text: str
    public_key: str
    signature: str
    frame: dict[str, Any]
    tally: Tally
    clips: frozenset[UUID]

    @property
    def docking(self) -> UUID:
        """Whose it is."""
        return UUID(str(self.frame["docking"]))


def read_sheet(reader: InventoryReader, line: ListedVersion, shape: SheetShape) -> ReadSheet:
    """Read one sheet from storage and check it as at its receipt. Raises BadSheet, and the reader's errors."""
    metadata = reader.look(line.key, line.version).metadata
    body = b"".join(reader.read(line.key, line.version))
    try:
        raw = base64.b64decode(metadata["key"], validate=True)
        signature = base64.b64decode(metadata["signature"], validate=True)
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, SHEET_SIGNATURE_PREFIX + body)
    except KeyError as error:
        raise BadSheet(f"no {error.args[0]} in its metadata") from None
    except (ValueError, InvalidSignature):
        raise BadSheet("its signature does not fit its bytes") from None
    tally, clips = Tally(), set()
    try:
        text = body.decode("utf-8")
        frame = frame_of(text)
        shape.frame(frame)
        for entry in files_of(text):
            shape.file(entry)
            tally.add(entry)
            if entry.get("clip"):
                clips.add(UUID(entry["clip"]))
        own_key = sheet_key(UUID(str(frame["docking"])), int(frame["revision"]))
    except (ValueError, KeyError) as error:
        raise BadSheet(f"it is no sheet: {str(error)[:200]}") from None
    if line.key != own_key:
        raise BadSheet("it is of another docking or revision than its key says")
    return ReadSheet(line, text, metadata["key"], metadata["signature"], frame, tally, frozenset(clips))


def sheet_known(session: Session, sheet: ReadSheet) -> bool:
    """Answer whether the catalog has this sheet."""
    return (
        session.scalar(
            select(Sheet.id).where(
                Sheet.docking_id == sheet.docking, Sheet.revision == int(sheet.frame["revision"])
            )
        )
        is not None
    )


def lock_sheet(
    store: SheetStore, sheet: ReadSheet, manifest: ListedVersion | None, now: datetime
) -> dict[str, Any]:
    """Lock a sheet and its manifest as at their receipt; answer where they lie. Raises the store's errors."""
    until = lock_at_receipt(now)
    lines = {"sheet": sheet.line, **({"manifest": manifest} if manifest is not None else {})}
    places = {}
    for name, line in lines.items():
        facts = store.facts(line.key, line.version)
        if facts.lock_until is None or facts.lock_until < until:
            store.extend_lock(line.key, line.version, until)
            facts = store.facts(line.key, line.version)
        places[name] = place_of(facts, now)
    return places


def take_in_sheet(session: Session, sheet: ReadSheet, places: dict[str, Any], rebuilt: Rebuilt) -> None:
    """Make the rows of a sheet that lies locked at `places`. Raises BadSheet when it is not its station's.

    A key that the catalog had pinned before holds; of a station that only sheets tell of, the last one written does.
    """
    revision, now = int(sheet.frame["revision"]), rebuilt.now
    station = station_of(session, str(sheet.frame["station"])[:64], rebuilt)
    docking = docking_of_sheet(session, sheet.frame, sheet.line.modified, rebuilt)
    if docking.station_id != station.id:
        raise BadSheet(f"its docking was at another station than {station.code}")
    if station.sheet_key not in {None, sheet.public_key}:
        said = f"signed with another key than {station.code} had before"
        if station.code not in rebuilt.pinned:
            raise BadSheet(f"{said}; if the station was enrolled again since, enrol it and repeat this")
        rebuilt.trouble("other-key", sheet.line.key, said)
    if station.sheet_key is None:
        rebuilt.pinned.add(station.code)
    station.sheet_key = sheet.public_key
    row = Sheet(
        docking_id=docking.id,
        revision=revision,
        sha256=hashlib.sha256(sheet.text.encode("utf-8")).hexdigest(),
        size=len(sheet.text.encode("utf-8")),
        public_key=sheet.public_key,
        signature=sheet.signature,
        objects=places,
        lock_desired=lock_at_receipt(now),
        files=sheet.tally.files,
        bytes=sheet.tally.bytes,
        summary=summary_of(sheet.frame, sheet.tally),
        received_at=sheet.line.modified,
    )
    session.add(row)
    session.flush()
    add_entry(
        session,
        actor=ACTOR,
        action="docking.sheet-rebuilt",
        subjects={"docking": docking.id, "recorder": docking.recorder_id},
        facts={"revision": revision, "sha256": row.sha256, "files": row.files, "version": sheet.line.version},
        now=now,
    )
    rebuilt.sheets += 1


@dataclass(slots=True)
class _Kept:
    """What is kept of a docking's files before its sheet is gone through."""

    told: set[tuple[bytes, str | None]]
    """Files a sighting that counts tells of."""
    bare: dict[UUID, list[Sighting]]
    """Sightings that only an original's own metadata tells of, by clip."""
    waiting: dict[tuple[bytes, str | None], Sighting]
    """Sightings that led to no clip yet."""

    def row_for(self, session: Session, file: tuple[bytes, str | None], clip: Clip | None) -> Sighting | None:
        """Answer the sighting that a file of the sheet is, if there is one; of two that are the same, one stays."""
        bare = self.bare.get(clip.id) if clip is not None else None
        told, waiting = bare.pop() if bare else None, self.waiting.pop(file, None)
        if told is not None and waiting is not None:
            session.delete(told)
            return waiting
        return told or waiting


def _kept(session: Session, docking: UUID) -> _Kept:
    kept = _Kept(set(), {}, {})
    for row in session.scalars(select(Sighting).where(Sighting.docking_id == docking)):
        if row.clip_id is None:
            kept.waiting[(row.path, row.sha256)] = row
        elif row.reason == FROM_STORAGE:
            kept.bare.setdefault(row.clip_id, []).append(row)
        else:
            kept.told.add((row.path, row.sha256))
    return kept


def tell_sightings(
    session: Session, docking: Docking, text: str, aliases: Mapping[UUID, UUID], rebuilt: Rebuilt
) -> None:
    """Keep a sighting of everything a docking's newest sheet lists, beside what is kept of it already.

    What only an original's own metadata told before is told by the sheet now. `aliases` name the clip of an object that
    is a further copy of one.
    """
    kept = _kept(session, docking.id)
    for entries in _batches(files_of(text, check=False)):
        named = {aliases.get(UUID(e["clip"]), UUID(e["clip"])) for e in entries if e.get("clip")}
        clips = {clip.id: clip for clip in session.scalars(select(Clip).where(Clip.id.in_(named)))}
        for entry in entries:
            path = base64.b64decode(entry["path"])
            digest = entry.get("sha256") if entry.get("digest_from") != "statement" else None
            if (path, digest) in kept.told:
                continue
            kept.told.add((path, digest))
            clip = _clip_of(entry, aliases, clips)
            if clip is not None and entry.get("sha256") not in {None, clip.sha256}:
                said = f"the sheet of docking {docking.id} lists it with another digest"
                rebuilt.trouble("checksum", f"originals/{clip.id}", said)
                clip = None
            elif entry.get("clip") and clip is None and f"originals/{entry['clip']}" not in rebuilt.unread:
                said = f"listed by the sheet of docking {docking.id}, and not in storage"
                rebuilt.trouble("missing-clip", f"originals/{entry['clip']}", said)
            row = kept.row_for(session, (path, digest), clip)
            if row is None:
                row = Sighting(docking_id=docking.id, seen_at=docking.started_at)
                session.add(row)
            _tell(row, entry, path, digest, clip)
        session.flush()
    note_gaps(session, actor=ACTOR, docking=docking, gaps=frame_of(text)["gaps"], now=rebuilt.now)


def _clip_of(
    entry: Mapping[str, Any], aliases: Mapping[UUID, UUID], clips: Mapping[UUID, Clip]
) -> Clip | None:
    if not entry.get("clip"):
        return None
    named = UUID(entry["clip"])
    return clips.get(aliases.get(named, named))


def _tell(
    row: Sighting, entry: Mapping[str, Any], path: bytes, digest: str | None, clip: Clip | None
) -> None:
    """Write into a sighting what the sheet says. What was verified is so again once it is read back again."""
    modified = entry.get("modified_ns")
    row.path, row.shown = path, str(entry["shown"]).replace("\x00", "")
    row.size = entry.get("size")
    row.modified_ns = int(modified) if modified is not None else None
    row.sha256 = digest
    row.bad_ranges = [list(one) for one in entry.get("bad_ranges", [])]
    row.named = entry.get("named")
    row.important = bool(entry.get("important"))
    row.reason = str(entry.get("reason", "")).replace("\x00", "")
    row.clip_id = clip.id if clip is not None else None
    end = str(entry["end"])
    if clip is not None:
        end = "partial" if row.bad_ranges else "held already" if end == "held already" else "received"
        if row.bad_ranges:
            clip.whole, clip.flags = False, sorted({*clip.flags, "partial"})
        if clip.name == str(clip.id):  # what is encrypted in it could not be read
            clip.name = row.shown.rsplit("/", 1)[-1]
    row.end = end


def _batches(entries: Iterator[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for entry in entries:
        batch.append(entry)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
