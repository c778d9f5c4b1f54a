"""The ASC MHL manifest of a docking: written once every original on its sheet was read back, locked beside the sheet."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.database import Database
from catalog.finding.on_sheets import hidden_lines
from catalog.locked_objects import OtherContent, place_of, put_and_read_back
from catalog.models import Clip, Sheet, Sighting
from catalog.ports import ReadStore, SheetStore
from catalog.rules.giving_out import Reason
from catalog.rules.mhl import (
    CHAIN_FILE,
    FOLDER,
    MhlFile,
    Origin,
    chain_xml,
    manifest_name,
    manifest_xml,
    mhl_paths,
)
from catalog.rules.sheet_text import files_of, frame_of
from catalog.sheets import sheet_text

AT_ONCE = 500
"""Clips looked up in one question."""
LOOKED_AT = 200
"""Sheets without a manifest that are looked at in one round, the newest first."""
COMMENT = "Originals of docking {docking}, sheet {revision} with SHA-256 {sha256}; C4 computed when read back from storage."


class NoManifest(Exception):
    """There is none: not every original was read back yet, or the sheet lists none."""


class Withheld(Exception):
    """It names a recording that whoever asks may not find; what is signed cannot be handed out without a line."""


@dataclass(frozen=True, slots=True)
class _Listed:
    path: bytes
    clip: Clip
    modified_ns: int | None


def write_manifests(database: Database, store: SheetStore, now: datetime, *, version: str) -> int:
    """Write the manifests that can be written now; answer how many. Ends with the store's own error when it is away."""
    with database.read() as session:
        waiting = session.scalars(
            select(Sheet)
            .where(Sheet.objects["manifest"].as_string().is_(None))
            .order_by(Sheet.received_at.desc())
            .limit(LOOKED_AT)
        ).all()
    return sum(_write(database, store, sheet, now, version) for sheet in waiting)


def _write(database: Database, store: SheetStore, sheet: Sheet, now: datetime, version: str) -> bool:
    with database.read() as session:
        if _unread(session, sheet.docking_id, verified=False):
            return False
        again = _unread(session, sheet.docking_id, verified=True)
    for clip in again:
        _read_again(database, store, clip)
    text = sheet_text(store, sheet)
    with database.read() as session:
        listed = list(_listed(session, text))
    if not all(one.clip.sha512 for one in listed):
        return False
    place: dict[str, Any] = {"none": True}
    if listed:
        place = _put(store, sheet, _manifest(sheet, listed, version), now)
    with database.write() as session:
        kept = session.get_one(Sheet, sheet.id)
        if "manifest" not in kept.objects:
            kept.objects = {**kept.objects, "manifest": place}
            if listed:
                add_entry(
                    session,
                    actor=system("manifests"),
                    action="docking.manifest-kept",
                    subjects={"docking": kept.docking_id},
                    facts={"revision": kept.revision, "files": len(listed), "version": place["version"]},
                    now=now,
                )
    return bool(listed)


def _unread(session: Session, docking: UUID, *, verified: bool) -> list[UUID]:
    """Clips of a docking without their SHA-512; those read back before it was kept, or those not read back at all."""
    read_back = Clip.verified_at.is_not(None) if verified else Clip.verified_at.is_(None)
    return list(
        session.scalars(
            select(Clip.id)
            .join(Sighting, Sighting.clip_id == Clip.id)
            .where(Sighting.docking_id == docking, Clip.sha512.is_(None), read_back)
            .distinct()
        )
    )


def _read_again(database: Database, store: ReadStore, clip_id: UUID) -> None:
    """Compute a clip's SHA-512 from storage; it is kept only when the SHA-256 of the same pass agrees."""
    with database.read() as session:
        clip = session.get_one(Clip, clip_id)
        copy = next((c for c in clip.copies if c.verified_at is not None and c.mismatched_at is None), None)
    if copy is None:
        return
    known, wanted = hashlib.sha256(), hashlib.sha512()
    for block in store.read(copy.key, copy.version):
        known.update(block)
        wanted.update(block)
    if known.hexdigest() == clip.sha256:
        with database.write() as session:
            session.get_one(Clip, clip_id).sha512 = wanted.hexdigest()


def _listed(session: Session, text: str) -> Iterator[_Listed]:
    """The files of a sheet that led to a clip, in order."""
    batch: list[dict[str, Any]] = []
    for entry in files_of(text):
        if entry.get("clip"):
            batch.append(entry)
        if len(batch) == AT_ONCE:
            yield from _with_clips(session, batch)
            batch = []
    yield from _with_clips(session, batch)


def _with_clips(session: Session, batch: list[dict[str, Any]]) -> Iterator[_Listed]:
    wanted = {UUID(entry["clip"]) for entry in batch}
    clips = {clip.id: clip for clip in session.scalars(select(Clip).where(Clip.id.in_(wanted)))}
    for entry in batch:
        modified = entry.get("modified_ns")
        clip = clips.get(UUID(entry["clip"]))
        if clip is not None:
            yield _Listed(
                base64.b64decode(entry["path"]), clip, int(modified) if modified is not None else None
            )


def _manifest(sheet: Sheet, listed: list[_Listed], version: str) -> bytes:
    """The same sheet and clips make the same bytes: what a crash left in storage is adopted."""
    names = mhl_paths([one.path for one in listed])
    computed = [one.clip.verified_at or sheet.received_at for one in listed]
    return manifest_xml(
        Origin(
            host=str(sheet.objects["sheet"]["bucket"]),
            version=version,
            made=max([sheet.received_at, *computed]),
            comment=COMMENT.format(docking=sheet.docking_id, revision=sheet.revision, sha256=sheet.sha256),
        ),
        (
            MhlFile(name, one.clip.size, one.modified_ns, one.clip.sha512 or "", at)
            for name, one, at in zip(names, listed, computed, strict=True)
        ),
    )


def _put(store: SheetStore, sheet: Sheet, body: bytes, now: datetime) -> dict[str, Any]:
    key = f"sheets/{sheet.docking_id}/{sheet.revision}.mhl"
    metadata = {
        "liuhen": "1",
        "kind": "asc-mhl",
        "docking": str(sheet.docking_id),
        "revision": str(sheet.revision),
    }
    try:
        return put_and_read_back(store, key, body, lock_until=sheet.lock_desired, metadata=metadata, now=now)
    except (
        OtherContent
    ) as other:  # written by an earlier version of this program, then a crash: it stays as it is
        return place_of(other.facts, now)


# Handing it out


def history_zip(
    session: Session,
    store: ReadStore,
    *,
    actor: Actor,
    sheet: Sheet,
    label: str,
    page_of: str,
    reason: Reason,
    now: datetime,
) -> bytes:
    """Answer the folder `ascmhl` of a docking, ready to lie beside the downloaded originals.

    Beside manifest and chain it holds the signed sheet and a list of what to download under which name; the tool
    passes over these. `page_of` is the address of a recording's page with `{clip}` in it. Raises NoManifest, Withheld,
    SheetDamaged, and the store's errors.
    """
    place = sheet.objects.get("manifest")
    if not place or "key" not in place:
        raise NoManifest
    manifest = b"".join(store.read(place["key"], place["version"]))
    text = sheet_text(store, sheet)
    entries = files_of(text, check=False)
    while batch := list(islice(entries, AT_ONCE)):
        if hidden_lines(session, batch, actor):
            raise Withheld
    name = manifest_name(label, datetime.fromisoformat(str(frame_of(text)["made"])))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as folder:
        folder.writestr(f"{FOLDER}/{name}", manifest)
        folder.writestr(f"{FOLDER}/{CHAIN_FILE}", chain_xml(name, manifest))
        folder.writestr(f"{FOLDER}/liuhen-sheet.json", text)
        folder.writestr(
            f"{FOLDER}/liuhen-sheet.signature.txt",
            f"SHA-256 {sheet.sha256}\nEd25519 public key {sheet.public_key}\nsignature {sheet.signature}\n",
        )
        folder.writestr(f"{FOLDER}/liuhen-originals.csv", _plan(session, text, page_of))
    add_entry(
        session,
        actor=actor,
        action="docking.manifest-downloaded",
        subjects={"docking": sheet.docking_id},
        facts={"revision": sheet.revision, "at": utc_text(now)},
        private=reason.private(),
        now=now,
    )
    return packed.getvalue()


def _plan(session: Session, text: str, page_of: str) -> str:
    listed = list(_listed(session, text))
    names = mhl_paths([one.path for one in listed])
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["save as 另存为", "page 页面", "bytes 字节", "sha256"])
    for name, one in zip(names, listed, strict=True):
        page = page_of.format(clip=one.clip.id)
        table.writerow([_harmless(name), page, one.clip.size, one.clip.sha256])
    return "\ufeff" + out.getvalue()


def _harmless(text: str) -> str:
    """A name that begins as a formula does would be run by a spreadsheet."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@"} else text
