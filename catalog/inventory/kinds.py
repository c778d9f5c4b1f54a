"""The kinds of objects the catalog answers for, by the prefix of their keys. A new kind is one more entry in `KINDS`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from catalog.locked_objects import lock_of
from catalog.models import (
    Appraisal,
    Clip,
    Copy,
    DocumentUpload,
    Rendition,
    Sheet,
    TimestampBatch,
    TimestampToken,
    Upload,
)
from catalog.rules.inventory import METADATA_FOR_REBUILDING, METADATA_OF_DOCUMENTS, Expected

AT_ONCE = 1000
"""Rows fetched at a time."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object."""

    name: str
    prefix: str
    everything: Callable[[Session], Iterator[Expected]]
    """Every object of the kind, in any order, streaming."""
    at: Callable[[Session, str, str], Iterator[Expected]]
    """Those under one key, as the catalog says now; the third is the clip whose it was said to be, or empty."""


def _originals(session: Session) -> Iterator[Expected]:
    return _copies(session, select(Copy, Clip).join(Clip, Clip.id == Copy.clip_id))


def _originals_at(session: Session, key: str, clip: str) -> Iterator[Expected]:
    upload = _uuid(key.removeprefix("originals/"))
    if upload is None:
        return iter(())
    # A further copy of a clip lies under its own upload's id. All ways have an index.
    of_upload = session.scalar(select(Upload.clip_id).where(Upload.id == upload))
    of_document = session.scalar(select(DocumentUpload.clip_id).where(DocumentUpload.id == upload))
    clips = {one for one in (upload, of_upload, of_document, _uuid(clip)) if one is not None}
    return _copies(
        session,
        select(Copy, Clip)
        .join(Clip, Clip.id == Copy.clip_id)
        .where(Copy.key == key, Copy.clip_id.in_(clips)),
    )


def _copies(session: Session, query: Select[Copy, Clip]) -> Iterator[Expected]:
    # What came by the browser says other things of itself, also where it is a further copy of a recording.
    by_browser = select(DocumentUpload.id).where(DocumentUpload.key == Copy.key).correlate(Copy).exists()
    marked = query.add_columns(by_browser.label("by_browser"))
    for copy, clip, browser in session.execute(marked.execution_options(yield_per=AT_ONCE)):
        yield Expected(
            kind="original",
            bucket=copy.bucket,
            key=copy.key,
            version=copy.version,
            size=clip.size,
            checksum=copy.checksum,
            metadata=(
                ("clip", copy.key.removeprefix("originals/")),
                ("sha256", clip.sha256),
                ("sm3", clip.sm3),
            ),
            required=METADATA_OF_DOCUMENTS
            if browser or clip.origin == "browser"
            else METADATA_FOR_REBUILDING,
            locked=True,
            lock_until=copy.lock_until,
            lock_desired=clip.lock_desired,
            hold=clip.hold_desired,
            clip=str(clip.id),
        )


def _sheets(session: Session) -> Iterator[Expected]:
    for sheet in session.scalars(select(Sheet).execution_options(yield_per=AT_ONCE)):
        yield from _objects_of(sheet)


def _sheets_at(session: Session, key: str, _clip: str) -> Iterator[Expected]:
    docking = _uuid(key.removeprefix("sheets/").partition("/")[0])
    if docking is None:
        return
    for sheet in session.scalars(select(Sheet).where(Sheet.docking_id == docking)):
        yield from (one for one in _objects_of(sheet) if one.key == key)


def _objects_of(sheet: Sheet) -> Iterator[Expected]:
    """The sheet itself and the manifest beside it."""
    for name, place in sheet.objects.items():
        if "key" in place:
            is_sheet = name == "sheet"
            yield Expected(
                kind="docking-sheet" if is_sheet else name,
                bucket=place["bucket"],
                key=place["key"],
                version=place["version"],
                size=int(place["size"]),
                checksum=place["checksum"],
                metadata=(
                    ("docking", str(sheet.docking_id)),
                    *(
                        (("sha256", sheet.sha256), ("key", sheet.public_key), ("signature", sheet.signature))
                        if is_sheet
                        else ()
                    ),
                ),
                locked=True,
                lock_until=lock_of(place),
                lock_desired=sheet.lock_desired,
            )


def _timestamps(session: Session) -> Iterator[Expected]:
    for batch in session.scalars(select(TimestampBatch).execution_options(yield_per=AT_ONCE)):
        yield from _of_timestamps(batch)
    for token in session.scalars(select(TimestampToken).execution_options(yield_per=AT_ONCE)):
        yield from _of_timestamps(token)


def _timestamps_at(session: Session, key: str, _clip: str) -> Iterator[Expected]:
    batch = _uuid(key.removeprefix("timestamps/").partition("/")[0])
    found = session.get(TimestampBatch, batch) if batch else None
    rows: tuple[TimestampBatch | TimestampToken, ...] = (found, *found.tokens) if found else ()
    for row in rows:
        yield from (one for one in _of_timestamps(row) if one.key == key)


def _of_timestamps(row: TimestampBatch | TimestampToken) -> Iterator[Expected]:
    batch = row.id if isinstance(row, TimestampBatch) else row.batch_id
    for name, place in row.objects.items():
        yield Expected(
            kind="time-stamp",
            bucket=place["bucket"],
            key=place["key"],
            version=place["version"],
            size=int(place["size"]),
            checksum=place["checksum"],
            metadata=(("kind", f"timestamp-{name}"), ("batch", str(batch))),
            locked=True,
            lock_until=lock_of(place),
            lock_desired=row.lock_desired,
        )


def _renditions(session: Session) -> Iterator[Expected]:
    for row in session.scalars(select(Rendition).execution_options(yield_per=AT_ONCE)):
        yield _rendition(row)


def _renditions_at(session: Session, key: str, _clip: str) -> Iterator[Expected]:
    clip = _uuid(key.removeprefix("renditions/").partition("/")[0])
    if clip is None:
        return
    for row in session.scalars(select(Rendition).where(Rendition.clip_id == clip, Rendition.key == key)):
        yield _rendition(row)


def _rendition(row: Rendition) -> Expected:
    return Expected(kind="rendition", bucket=row.bucket, key=row.key, version="", size=row.size)


def unfinished(session: Session, key: str) -> str:
    """Answer why an object that no row names is none to wonder about: on-its-way, abandoned, disposable; or empty.

    A time stamp is written before its row says so; a rendition that no row names is removed by a standing job, while
    that of a clip which this catalog does not know stays a question.
    """
    prefix, _, rest = key.partition("/")
    subject = _uuid(rest.partition("/")[0])
    if subject is None:
        return ""
    match prefix:
        case "originals":
            state = session.scalar(select(Upload.state).where(Upload.id == subject)) or session.scalar(
                select(DocumentUpload.state).where(DocumentUpload.id == subject)
            )
            return {"open": "on-its-way", "abandoned": "abandoned"}.get(state or "", "")
        case "timestamps":
            batch = session.get(TimestampBatch, subject)
            return "on-its-way" if batch is not None and batch.finished_at is None else ""
        case "disposal":
            appraisal = session.get(Appraisal, subject)
            return "on-its-way" if appraisal is not None and appraisal.state == "executing" else ""
        case "renditions":
            return "disposable" if session.get(Clip, subject) is not None else ""
    return ""


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _registers(session: Session) -> Iterator[Expected]:
    for row in session.scalars(
        select(Appraisal).where(Appraisal.register_lock.is_not(None)).execution_options(yield_per=AT_ONCE)
    ):
        yield from _of_register(row)


def _registers_at(session: Session, key: str, _clip: str) -> Iterator[Expected]:
    appraisal = _uuid(key.removeprefix("disposal/").partition("/")[0])
    row = session.get(Appraisal, appraisal) if appraisal else None
    if row is not None and row.register_lock is not None:
        yield from (one for one in _of_register(row) if one.key == key)


def _of_register(row: Appraisal) -> Iterator[Expected]:
    for name, place in row.register_objects.items():
        yield Expected(
            kind="disposal-register",
            bucket=place["bucket"],
            key=place["key"],
            version=place["version"],
            size=int(place["size"]),
            checksum=place["checksum"],
            metadata=(("kind", f"disposal-register-{name}"), ("sha256", place["sha256"])),
            locked=True,
            lock_until=lock_of(place),
            lock_desired=row.register_lock,
        )


KINDS: tuple[Kind, ...] = (
    Kind("original", "originals/", _originals, _originals_at),
    Kind("docking-sheet", "sheets/", _sheets, _sheets_at),
    Kind("time-stamp", "timestamps/", _timestamps, _timestamps_at),
    Kind("disposal-register", "disposal/", _registers, _registers_at),
    Kind("rendition", "renditions/", _renditions, _renditions_at),
)
NOT_OURS_TO_KNOW = ("health/",)
"""Keys that the house writes and the catalog does not know: the storage's own health."""


def kind_of(key: str) -> Kind | None:
    """Answer the kind a key belongs to, None for a key of no kind."""
    return next((kind for kind in KINDS if key.startswith(kind.prefix)), None)
