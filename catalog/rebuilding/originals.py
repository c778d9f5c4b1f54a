"""Originals taken in from storage: what each says of itself, what the storage says of it, its lock read back."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.custody.log import add_entry
from catalog.holds.catching import catch_by_officer
from catalog.ids import new_id
from catalog.intake.content import Content
from catalog.intake.origin import origin_of
from catalog.intake.sealed import Sealer
from catalog.models import Clip, Copy, Docking, Sighting, Upload
from catalog.ports import IntakeStore, InventoryReader, ListedVersion, ObjectFacts, SeenObject
from catalog.reading_back import both_digests
from catalog.rebuilding.house import ACTOR, docking_of_marks, officer_of
from catalog.rebuilding.marks import Marks, NoMarks, Private, marks_of, unsealed
from catalog.rebuilding.report import Rebuilt
from catalog.rebuilding.sheets import FROM_STORAGE
from catalog.receipts import Signer, state
from catalog.retention.due import locks_due
from catalog.rules.intake_lock import RENEW_BEFORE, lock_at_receipt
from catalog.stages import AT_RECEIPT, add_stages

PREFIX = "originals/"
COPIES_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Found:
    """An original in storage, looked at and under lock."""

    line: ListedVersion
    facts: ObjectFacts
    content: Content
    marks: Marks | None
    private: Private


def clip_in(key: str) -> UUID | None:
    """Answer the id an original's key holds."""
    try:
        return UUID(key.removeprefix(PREFIX))
    except ValueError:
        return None


def unknown(
    session: Session, lines: Sequence[ListedVersion], rebuilt: Rebuilt
) -> tuple[list[ListedVersion], list[tuple[Upload, ListedVersion]]]:
    """Answer what of a listing no row tells of, and what only an open upload does."""
    ids = {clip for line in lines if (clip := clip_in(line.key)) is not None}
    uploads = {upload.id: upload for upload in session.scalars(select(Upload).where(Upload.id.in_(ids)))}
    clips = ids | {upload.clip_id for upload in uploads.values() if upload.clip_id is not None}
    known = {
        (copy.key, copy.version) for copy in session.scalars(select(Copy).where(Copy.clip_id.in_(clips)))
    }
    fresh: list[ListedVersion] = []
    waiting: list[tuple[Upload, ListedVersion]] = []
    for line in lines:
        clip = clip_in(line.key)
        upload = uploads.get(clip) if clip is not None else None
        if (line.key, line.version) in known:
            rebuilt.known += 1
        elif upload is not None and upload.state == "open":
            waiting.append((upload, line))
        elif upload is not None and upload.state == "abandoned":
            rebuilt.abandoned += 1
        else:
            fresh.append(line)
    return fresh, waiting


def find(
    reader: InventoryReader,
    store: IntakeStore,
    sealer: Sealer | None,
    line: ListedVersion,
    rebuilt: Rebuilt,
) -> Found | None:
    """Look at one original, lock it as at its receipt where its lock ends soon, and read that back.

    None when no lock could be set, which is a trouble: what nothing protects is not called an original.
    """
    now, seen = rebuilt.now, reader.look(line.key, line.version)
    marks: Marks | None = None
    try:
        marks = marks_of(seen.metadata, clip_in(line.key))
        content = Content(marks.sha256, marks.sm3, seen.size, _checksum(seen, marks.sha256))
        if "-" not in content.checksum and content.checksum != _base64(marks.sha256):
            rebuilt.trouble("checksum", line.key, "the storage's checksum is not that of its metadata")
    except NoMarks as error:
        rebuilt.trouble("no-metadata", line.key, f"{error}; it was read back whole instead")
        digests = both_digests(reader.read(line.key, line.version))
        content = Content(digests.sha256, digests.sm3, digests.size, _checksum(seen, digests.sha256))
    private = _private(sealer, marks, line, rebuilt)
    facts = store.facts(line.key, line.version)
    try:
        if (
            facts.lock_until is None
            or facts.lock_until < now + RENEW_BEFORE
            or facts.lock_mode != "COMPLIANCE"
        ):
            store.extend_lock(line.key, line.version, lock_at_receipt(now))
            facts = store.facts(line.key, line.version)
    except store.LockRefused as error:
        rebuilt.trouble(
            "not-lockable", line.key, f"the storage would not lock it, so it is not taken in: {error}"
        )
        return None
    if facts.lock_until is None or facts.lock_until <= now or facts.lock_mode != "COMPLIANCE":
        rebuilt.trouble("not-lockable", line.key, "no lock could be read back, so it is not taken in")
        return None
    return Found(line, facts, content, marks, private)


def _private(sealer: Sealer | None, marks: Marks | None, line: ListedVersion, rebuilt: Rebuilt) -> Private:
    if marks is None:
        rebuilt.unnamed += 1
        return Private("", None)
    why = "there is no metadata key"
    if sealer is not None:
        try:
            return unsealed(sealer, marks)
        except ValueError as error:
            why = str(error)
    rebuilt.unnamed += 1
    rebuilt.trouble("unreadable-name", line.key, f"its name and holder cannot be read: {why}")
    return Private("", None)


def take_in(
    session: Session,
    signer: Signer,
    found: Found,
    rebuilt: Rebuilt,
) -> None:
    """Make the rows of one original: a clip, or a further copy of one; its stages wait for workers."""
    content, marks, line = found.content, found.marks, found.line
    received, now = line.modified, rebuilt.now
    clip = session.scalar(
        select(Clip).where(
            Clip.sha256 == content.sha256,
            Clip.sm3 == content.sm3,
            Clip.size == content.size,
            Clip.checksum == content.checksum,
        )
    )
    new = clip is None
    if clip is not None and _has(session, clip, line):
        rebuilt.known += 1
        return
    known = marks is not None and marks.docking is not None
    docking = docking_of_marks(session, marks, received, rebuilt) if marks is not None and known else None
    _name_holder(session, docking, found.private, now)
    if clip is None:
        clip = _new_clip(session, found, docking, rebuilt)
        session.add(clip)
    copy = Copy(
        clip_id=clip.id,
        bucket=found.facts.bucket,
        key=line.key,
        version=line.version,
        checksum=found.facts.sha256,
        lock_mode=found.facts.lock_mode or "",
        lock_until=found.facts.lock_until or now,
        lock_read_at=now,
        hold=found.facts.hold,
        created_at=received,
    )
    session.add(copy)
    clip.lock_desired = max(clip.lock_desired, copy.lock_until)
    if copy.hold:
        # It was on a case, or held, of which the storage knows nothing: the hold stays until it is on a case again.
        clip.hold_desired, clip.lock_reason = True, {**clip.lock_reason, "found": "rebuilt"}
    session.flush()
    locks_due(session, [clip.id], now)
    if docking is not None and marks is not None:
        _keep_sighting(session, docking, clip, found, marks)
    add_entry(
        session,
        actor=ACTOR,
        action="clip.rebuilt" if new else "clip.copy-rebuilt",
        subjects={
            "clip": clip.id,
            **({"docking": docking.id, "recorder": docking.recorder_id} if docking is not None else {}),
        },
        facts={
            "version": copy.version,
            "size": str(clip.size),
            "sha256": clip.sha256,
            "sm3": clip.sm3,
            "lock_until": copy.lock_until.isoformat(),
            "stored": received.isoformat(),
        },
        private={"paths": [found.private.name] if found.private.name else None},
        now=now,
    )
    if new:
        state(session, signer, "received", clip=clip, copy=copy, now=now)
        add_stages(session, clip.id, AT_RECEIPT, now, sent=False)
        rebuilt.originals += 1
        catch_by_officer(session, [clip.id], now)
    else:
        rebuilt.copies += 1
    session.flush()


def further_copies(session: Session) -> dict[UUID, UUID]:
    """Answer, of every object that is a further copy, the id its key holds and the clip it is a copy of.

    From the rows, so that what an earlier round took in, or intake itself, counts like what this one did.
    """
    copies = select(Copy.key, Copy.clip_id).where(Copy.key.startswith(PREFIX))
    found = {
        own: clip
        for key, clip in session.execute(copies.execution_options(yield_per=COPIES_AT_ONCE))
        if (own := clip_in(key)) is not None and own != clip
    }
    ids = iter(list(found))
    while batch := list(islice(ids, COPIES_AT_ONCE)):
        # A second version under a clip's key: the id is that clip's.
        for clip in session.scalars(select(Clip.id).where(Clip.id.in_(batch))):
            del found[clip]
    return found


def _has(session: Session, clip: Clip, line: ListedVersion) -> bool:
    """Whether this object is known as a further copy: a catalog that was rebuilt knows no upload that says so."""
    return (
        session.scalar(
            select(Copy.id).where(Copy.clip_id == clip.id, Copy.key == line.key, Copy.version == line.version)
        )
        is not None
    )


def _new_clip(session: Session, found: Found, docking: Docking | None, rebuilt: Rebuilt) -> Clip:
    own = clip_in(found.line.key)
    if own is None or session.get(Clip, own) is not None:
        rebuilt.trouble(
            "other-version",
            found.line.key,
            "another original lies under this key; it is a recording of its own",
        )
        own = new_id()
    flags = ["empty"] if found.content.size == 0 else []
    # What came by the browser came from no recorder, and lacks none.
    by_browser = found.marks is not None and found.marks.origin == "browser"
    origin, of_origin = ("browser", []) if by_browser else origin_of(docking)
    return Clip(
        id=own,
        origin=origin,
        sha256=found.content.sha256,
        sm3=found.content.sm3,
        size=found.content.size,
        checksum=found.content.checksum,
        name=(found.private.name or str(own)).rsplit("/", 1)[-1],
        whole=True,
        recorder_id=docking.recorder_id if docking is not None else None,
        received_at=found.line.modified,
        facts={},
        flags=flags + of_origin,
        hold_desired=False,
        lock_reason={},
        lock_desired=found.facts.lock_until or lock_at_receipt(rebuilt.now),
    )


def _name_holder(session: Session, docking: Docking | None, private: Private, now: datetime) -> None:
    if docking is not None and docking.holder_id is None and private.holder:
        docking.holder_id = officer_of(session, private.holder, now).id


def _keep_sighting(session: Session, docking: Docking, clip: Clip, found: Found, marks: Marks) -> None:
    """Keep where a clip came from as its metadata tells it, unless a sighting does already."""
    known = session.scalar(
        select(Sighting.id).where(Sighting.docking_id == docking.id, Sighting.clip_id == clip.id).limit(1)
    )
    if known is not None:
        return
    name = found.private.name or str(clip.id)
    waiting = session.scalar(
        select(Sighting).where(
            Sighting.docking_id == docking.id,
            Sighting.path == name.encode(),
            Sighting.sha256 == clip.sha256,
        )
    )
    if waiting is not None:  # a sheet listed it in an earlier round, when it could not be read
        if waiting.clip_id is None:
            waiting.clip_id, waiting.end, waiting.reason = clip.id, "received", FROM_STORAGE
        return
    session.add(
        Sighting(
            docking_id=docking.id,
            path=name.encode(),
            shown=name.replace("\x00", ""),
            size=clip.size,
            modified_ns=marks.modified_ns,
            sha256=clip.sha256,
            end="received",
            reason=FROM_STORAGE,
            bad_ranges=[],
            clip_id=clip.id,
            seen_at=found.line.modified,
        )
    )


def _checksum(seen: SeenObject, sha256: str) -> str:
    """What the storage states; where it states none, as for no bytes, that of the whole."""
    return seen.sha256 or _base64(sha256)


def _base64(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()
