"""Completion: the bytes are said to be in storage. Nothing is believed: size, checksum and lock are read there.

The order is fixed. The object is completed (or adopted, when a crash left it complete), its lock is extended and
read back, and only then is one transaction written that makes it a clip: clip, sightings, copy, custody entry,
pending stages and the signed statement. Repeating it answers the same statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from catalog.actors import Actor
from catalog.attribution import Known, shown, who_of
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.holds.catching import catch_by_officer
from catalog.incidents import open_incident
from catalog.intake.content import OnItsWay, checksum_of, content_of_clip, content_of_upload, digests_of
from catalog.intake.origin import origin_of
from catalog.models import Clip, Copy, Docking, Sighting, SignedStatement, Upload
from catalog.ports import IntakeStore, ObjectFacts
from catalog.receipts import Signer, state, statements_for
from catalog.retention.due import locks_due
from catalog.rules.holder import Who
from catalog.rules.intake_lock import lock_at_receipt
from catalog.stages import AT_RECEIPT, Due, add_stages, request_again

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Completed:
    """Received. `clip` differs from `upload` when the same bytes were held already: the object is a further copy."""

    upload: UUID
    clip: UUID
    held_already: bool
    statement: SignedStatement


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Not received; `retry` says whether sending or asking again can help."""

    upload: UUID
    reason: str
    retry: bool


@dataclass(frozen=True, slots=True)
class _Landed:
    """An object that was found, locked and read back at the storage."""

    upload: Upload
    facts: ObjectFacts


def complete_uploads(
    database: Database,
    store: IntakeStore,
    signer: Signer,
    *,
    actor: Actor,
    uploads: Sequence[tuple[UUID, str | None]],
    now: datetime,
    zone: tzinfo | None = None,
    threads: ThreadPoolExecutor | None = None,
) -> tuple[list[Completed | Incomplete], list[Due]]:
    """Complete uploads given as (id, version hint); answer each in order, and the stages to send to the queue.

    `zone` is the bureau's, in which the time in a file's name is read. The storage being out of reach makes an upload `Incomplete` with `retry`, never an exception.
    """
    ids = [upload for upload, _ in uploads]
    with database.read() as session:
        rows = {u.id: u for u in session.scalars(select(Upload).where(Upload.id.in_(ids)))}

    def land(item: tuple[UUID, str | None]) -> _Landed | Incomplete | UUID:
        upload_id, hint = item
        upload = rows.get(upload_id)
        if upload is None or upload.station_id != actor.id or upload.state == "abandoned":
            return Incomplete(upload_id, "this upload is not known here; offer the file again", retry=True)
        if upload.clip_id is not None:
            return upload_id
        return _land(store, upload, hint, now)

    found = list(threads.map(land, uploads)) if threads is not None else [land(u) for u in uploads]
    landed = [f for f in found if isinstance(f, _Landed)]
    due: list[Due] = []
    if landed:
        for attempt in range(3):
            try:
                with database.write() as session:
                    due = _register(session, signer, actor, landed, zone=zone, now=now)
                break
            except IntegrityError:
                # Two stations finished the same bytes at the same instant (PostgreSQL): now one of them is a clip.
                if attempt == 2:
                    raise
    with database.read() as session:
        final = {u.id: u for u in session.scalars(select(Upload).where(Upload.id.in_(ids)))}
        clips = [u.clip_id for u in final.values() if u.clip_id is not None]
        statements = statements_for(session, clips)
    answers: list[Completed | Incomplete] = []
    for item in found:
        if isinstance(item, Incomplete):
            answers.append(item)
            continue
        upload = final[item if isinstance(item, UUID) else item.upload.id]
        assert upload.clip_id is not None  # noqa: S101 - registered above
        answers.append(
            Completed(
                upload.id,
                upload.clip_id,
                held_already=upload.state == "duplicate",
                statement=statements[upload.clip_id]["received"],
            )
        )
    return answers, due


def _land(store: IntakeStore, upload: Upload, hint: str | None, now: datetime) -> _Landed | Incomplete:
    facts = land(store, upload, hint, now)
    return facts if isinstance(facts, Incomplete) else _Landed(upload, facts)


def land(store: IntakeStore, upload: OnItsWay, hint: str | None, now: datetime) -> ObjectFacts | Incomplete:
    """Complete or adopt the object, extend its lock, and read back everything a receipt will vouch for."""
    try:
        version = _version(store, upload, hint)
        if version is None:
            return Incomplete(
                upload.id, "the storage holds no object for this upload; send it again", retry=True
            )
        store.extend_lock(upload.key, version, lock_at_receipt(now))
        facts = store.facts(upload.key, version)
    except store.IncompleteUpload as error:
        return Incomplete(upload.id, str(error), retry=True)
    except store.UploadGone:
        return Incomplete(upload.id, "the upload is gone from the storage; offer the file again", retry=True)
    except (store.WrongChecksum, store.LockRefused) as error:
        return Incomplete(upload.id, str(error), retry=False)
    except store.StorageError as error:
        return Incomplete(upload.id, f"the storage could not be asked just now ({error})", retry=True)
    wrong = _disagreement(upload, facts, now)
    return Incomplete(upload.id, wrong, retry=False) if wrong else facts


def _version(store: IntakeStore, upload: OnItsWay, hint: str | None) -> str | None:
    if upload.storage_upload_id is not None:
        return store.complete_multipart(upload.key, upload.storage_upload_id, digests_of(upload))
    if hint:
        # Only the server knows this key and it is write-once, so the hint saves a request and cannot mislead:
        # whatever version it names is read back and compared below.
        return hint
    newest = store.newest(upload.key)
    return newest.version if newest is not None else None


def _disagreement(upload: OnItsWay, facts: ObjectFacts, now: datetime) -> str:
    """Answer in words what of the object is not as it must be; empty when all is well."""
    if facts.size != upload.size:
        return f"the storage holds {facts.size} bytes, {upload.size} were announced"
    if facts.sha256 is not None and facts.sha256 != checksum_of(digests_of(upload)):
        return "the storage's checksum is not the one computed from the announced digests"
    if facts.sha256 is None and upload.size > 0:
        return "the storage states no checksum for this object"
    if facts.lock_mode != "COMPLIANCE" or facts.lock_until is None:
        return "the object carries no COMPLIANCE lock"
    if facts.lock_until < lock_at_receipt(now):
        return f"the lock was read back as {facts.lock_until:%Y-%m-%d %H:%M}, earlier than it was set"
    return ""


def _register(
    session: Session,
    signer: Signer,
    actor: Actor,
    landed: Sequence[_Landed],
    *,
    zone: tzinfo | None,
    now: datetime,
) -> list[Due]:
    """Write everything a receipt stands for, in the caller's one transaction."""
    due: list[Due] = []
    known = Known()
    uploads = {
        u.id: u
        for u in session.scalars(select(Upload).where(Upload.id.in_([item.upload.id for item in landed])))
    }
    # What was announced falsely becomes a clip of its own, and is found out by `verify`.
    clips = {
        content_of_clip(c): c
        for c in session.scalars(
            select(Clip)
            .where(Clip.sha256.in_([u.sha256 for u in uploads.values()]), Clip.destroyed_at.is_(None))
            .order_by(Clip.id)
            .with_for_update()  # a clip being destroyed gets no further copy
            .execution_options(populate_existing=True)
        )
    }
    for item in landed:
        upload = uploads[item.upload.id]
        if upload.clip_id is not None:
            continue  # completed by somebody else meanwhile
        docking = session.get_one(Docking, upload.docking_id)
        sightings = session.scalars(
            select(Sighting).where(Sighting.upload_id == upload.id, Sighting.clip_id.is_(None))
        ).all()
        content = content_of_upload(upload)
        clip = clips.get(content)
        new = clip is None
        if clip is None:
            clip = clips[content] = _new_clip(upload, docking, sightings, now)
            session.add(clip)
        copy = copy_of(clip.id, item.facts, now)
        session.add(copy)
        upload.clip_id, upload.received_at = clip.id, now
        upload.state = "received" if new else "duplicate"
        for sighting in sightings:
            sighting.clip_id = clip.id
            if sighting.end != "partial":
                sighting.end = "received" if new else "held already"
        if new:
            _name_officer(clip, who_of(session, clip, sightings, zone=zone, known=known))
        session.flush()
        add_entry(
            session,
            actor=actor,
            action="clip.received" if new else "clip.copy-added",
            subjects={"clip": clip.id, "docking": docking.id, "recorder": docking.recorder_id},
            facts={
                "version": copy.version,
                "size": str(clip.size),
                "sha256": clip.sha256,
                "sm3": clip.sm3,
                "lock_until": copy.lock_until.isoformat(),
                "whole": clip.whole,
                **({"officer_source": clip.officer_source} if new else {}),
            },
            private={
                "paths": [s.shown for s in sightings] or None,
                **({"officer": shown(session, clip.officer_id)} if new else {}),
            },
            now=now,
        )
        # A further copy has only the lock it was born with, and may belong to a clip that is to be kept for decades.
        locks_due(session, [clip.id], now)
        if not new and (again := request_again(session, clip.id, "verify", now)) is not None:
            due.append(again)  # the further copy is to be read back as well
        if new:
            state(session, signer, "received", clip=clip, copy=copy, now=now)
            due += add_stages(session, clip.id, AT_RECEIPT, now)
            tell_of_destroyed(session, clip, actor, now)
            if not clip.whole:
                open_incident(
                    session,
                    actor=actor,
                    kind="clip-partial",
                    what="Parts of this recording could not be read from the recorder; the rest is kept.",
                    clip=clip.id,
                    details={"bad_ranges": [s.bad_ranges for s in sightings]},
                    now=now,
                )
        session.flush()
    catch_by_officer(session, [clip.id for clip in clips.values()], now)
    return due


def copy_of(clip: UUID, facts: ObjectFacts, now: datetime) -> Copy:
    """Answer the row of a copy, as the storage states it at `now`."""
    return Copy(
        clip_id=clip,
        bucket=facts.bucket,
        key=facts.key,
        version=facts.version,
        checksum=facts.sha256,
        lock_mode=facts.lock_mode or "",
        lock_until=facts.lock_until or now,
        lock_read_at=now,
        created_at=now,
    )


def tell_of_destroyed(session: Session, clip: Clip, actor: Actor, now: datetime) -> None:
    """Open an incident when bytes come in that the disposal procedure destroyed: somebody still had them."""
    earlier = session.scalars(
        select(Clip.id).where(
            Clip.sha256 == clip.sha256,
            Clip.sm3 == clip.sm3,
            Clip.size == clip.size,
            Clip.destroyed_at.is_not(None),
        )
    ).all()
    if earlier:
        open_incident(
            session,
            actor=actor,
            kind="destroyed-again",
            what="The bytes of a recording that was destroyed by the disposal procedure came in again; they are kept as a new recording.",
            clip=clip.id,
            details={"destroyed": [str(one) for one in earlier]},
            now=now,
        )


def _name_officer(clip: Clip, who: Who) -> None:
    clip.officer_id, clip.officer_source = who.officer, who.source
    clip.flags = [*clip.flags, *who.flags]


def _new_clip(upload: Upload, docking: Docking, sightings: Sequence[Sighting], now: datetime) -> Clip:
    shown = sightings[0].shown if sightings else str(upload.id)
    whole = not any(s.bad_ranges for s in sightings)
    flags = [] if whole else ["partial"]
    if upload.size == 0:
        flags.append("empty")
    if docking.recorder.state != "in-service":
        flags.append("recorder-faulty")
    origin, of_origin = origin_of(docking)
    return Clip(
        id=upload.id,
        origin=origin,
        sha256=upload.sha256,
        sm3=upload.sm3,
        size=upload.size,
        checksum=checksum_of(digests_of(upload)),
        name=shown.rsplit("/", 1)[-1],
        whole=whole,
        recorder_id=docking.recorder_id,
        received_at=now,
        facts={},
        flags=flags + of_origin,
        lock_desired=lock_at_receipt(now),
    )
