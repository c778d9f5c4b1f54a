"""The nightly proof: every byte a sheet lists is still in storage, and so are the sheets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.incidents import open_incident
from catalog.locked_objects import differs, lock_of
from catalog.models import Clip, Copy, Incident, Sheet
from catalog.ports import ReadStore
from catalog.rules.sheet_text import NotCanonical, files_of
from catalog.sheets import SheetDamaged, sheet_text

AT_ONCE = 500
THREADS = 8
NAMED = 50
"""Missing files an incident names at most."""


@dataclass(slots=True)
class Proof:
    """What a round found."""

    sheets: int = 0
    files: int = 0
    """Listed files that led to a clip."""
    copies: int = 0
    """Objects asked after."""
    holes: list[Hole] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Hole:
    """A sheet with something missing."""

    docking: UUID
    revision: int
    missing: int
    what: str


@dataclass(frozen=True, slots=True)
class _Wrong:
    """A listed file that was not found as it should be."""

    shown: str
    clip: UUID
    what: str


def prove_sheets(database: Database, store: ReadStore, now: datetime) -> Proof:
    """Ask the storage after everything the sheets list, and after the sheets themselves; keep what was found.

    Of several revisions the newest is gone through, of the others the object itself. What is missing opens an
    incident, once. The storage being out of reach ends the round with its own error: nothing is proven then.
    """
    with database.read() as session:
        ids = session.execute(
            select(Sheet.id, Sheet.docking_id).order_by(Sheet.docking_id, Sheet.revision)
        ).all()
    newest = {docking: sheet for sheet, docking in ids}
    with ThreadPoolExecutor(THREADS, thread_name_prefix="prove") as threads:
        proving = _Round(database, store, threads, now)
        for sheet, docking in ids:
            proving.prove(sheet, whole=newest[docking] == sheet)
    proof = proving.proof
    with database.write() as session:
        add_entry(
            session,
            actor=system("prove-sheets"),
            action="sheets.proved",
            subjects={},
            facts={"sheets": proof.sheets, "files": proof.files, "holes": len(proof.holes)},
            now=now,
        )
    return proof


@dataclass(slots=True)
class _Round:
    """One round; each copy is asked after once, however many sheets list it."""

    database: Database
    store: ReadStore
    threads: ThreadPoolExecutor
    now: datetime
    proof: Proof = field(default_factory=Proof)

    def prove(self, sheet_id: UUID, *, whole: bool) -> None:
        """Look after one sheet; with `whole`, after all it lists."""
        with self.database.read() as session:
            sheet = session.get_one(Sheet, sheet_id)
        self.proof.sheets += 1
        wrong: list[_Wrong] = []
        trouble = _objects_differ(self.store, sheet)
        if not trouble and whole:
            try:
                wrong = [
                    one for batch in _batches(sheet_text(self.store, sheet)) for one in self._batch(batch)
                ]
            except (SheetDamaged, NotCanonical, UnicodeDecodeError) as error:
                trouble = f"what lies there is not the sheet: {error}"
            except self.store.ObjectMissing:
                trouble = "the sheet is not there"
        missing = len(wrong) if not trouble else max(1, sheet.files)
        if missing:
            what = trouble or f"{wrong[0].shown}: {wrong[0].what}"
            self.proof.holes.append(Hole(sheet.docking_id, sheet.revision, missing, what))
        with self.database.write() as session:
            kept = session.get_one(Sheet, sheet_id)
            kept.missing = missing
            if missing:
                _open(session, kept, trouble, wrong, self.now)
            else:
                kept.proved_at = self.now

    def _batch(self, batch: Sequence[dict[str, Any]]) -> list[_Wrong]:
        self.proof.files += len(batch)
        with self.database.read() as session:
            wanted = {UUID(entry["clip"]) for entry in batch}
            clips = {clip.id: clip for clip in session.scalars(select(Clip).where(Clip.id.in_(wanted)))}
            copies = session.scalars(
                select(Copy).where(Copy.clip_id.in_(wanted), Copy.mismatched_at.is_(None))
            ).all()
        fresh = [copy for copy in copies if copy.lock_read_at < self.now]  # others were asked after already
        self.proof.copies += len(fresh)
        found = self.threads.map(
            lambda copy: _copy_differs(self.store, copy, clips[copy.clip_id].size), fresh
        )
        said = {copy.id: what for copy, what in zip(fresh, found, strict=True)}
        sound = [copy_id for copy_id, what in said.items() if not what]
        with self.database.write() as session:
            session.execute(update(Copy).where(Copy.id.in_(sound)).values(lock_read_at=self.now))
            for copy in fresh:
                if said[copy.id]:
                    _open_for_copy(session, copy, said[copy.id], self.now)
        by_clip: dict[UUID, list[str]] = {}
        for copy in copies:
            by_clip.setdefault(copy.clip_id, []).append(said.get(copy.id, ""))
        return [w for entry in batch if (w := _judge(entry, clips, by_clip)) is not None]


def _objects_differ(store: ReadStore, sheet: Sheet) -> str:
    """Say what is wrong with a sheet's own objects; empty when nothing is."""
    for kind, place in sorted(sheet.objects.items()):
        if "key" not in place:
            continue
        until = lock_of(place)
        try:
            facts = store.facts(place["key"], place["version"])
        except store.ObjectMissing:
            return f"the {kind} is not there"
        if until is None:
            return f"the {kind} was never locked"
        said = differs(place, facts, size=place["size"], checksum=place["checksum"], locked_until=until)
        if said:
            return f"{kind}: {said}"
    return ""


def _judge(entry: dict[str, Any], clips: dict[UUID, Clip], by_clip: dict[UUID, list[str]]) -> _Wrong | None:
    clip_id = UUID(entry["clip"])
    clip, shown = clips.get(clip_id), str(entry.get("shown", ""))
    if clip is None:
        return _Wrong(shown, clip_id, "the catalog does not know this recording")
    if entry.get("sha256") not in {None, clip.sha256}:
        return _Wrong(shown, clip_id, "the recording kept has another digest than the sheet lists")
    if clip.destroyed_at is not None:
        return None
    found = by_clip.get(clip_id, ["there is no copy"])
    return None if "" in found else _Wrong(shown, clip_id, found[0])


def _copy_differs(store: ReadStore, copy: Copy, size: int) -> str:
    try:
        facts = store.facts(copy.key, copy.version)
    except store.ObjectMissing:
        return "the storage says that it is not there"
    return differs(
        {"version": copy.version}, facts, size=size, checksum=copy.checksum, locked_until=copy.lock_until
    )


def _open_for_copy(session: Session, copy: Copy, what: str, now: datetime) -> None:
    if session.get(Copy, copy.id) is None:
        return  # disposed of meanwhile
    missing = what.startswith("the storage says")
    open_incident(
        session,
        actor=system("prove-sheets"),
        kind="object-missing" if missing else "copy-differs",
        what="The storage says that this original is not there."
        if missing
        else f"The storage says of this original what was not recorded: {what}",
        clip=copy.clip_id,
        details={"copy": str(copy.id), "key": copy.key, "version": copy.version},
        now=now,
    )


def _open(session: Session, sheet: Sheet, trouble: str, wrong: Sequence[_Wrong], now: datetime) -> None:
    """Open an incident about a sheet unless one is open."""
    for known in session.scalars(
        select(Incident).where(Incident.kind == "sheet-incomplete", Incident.resolved_at.is_(None))
    ):
        if known.details.get("sheet") == str(sheet.id):
            return
    open_incident(
        session,
        actor=system("prove-sheets"),
        kind="sheet-incomplete",
        what=f"Files on the sheet of docking {sheet.docking_id} that are not in storage as recorded: {sheet.missing}"
        if not trouble
        else f"The sheet of docking {sheet.docking_id} is not in storage as recorded: {trouble}",
        details={
            "sheet": str(sheet.id),
            "docking": str(sheet.docking_id),
            "revision": sheet.revision,
            "files": [{"shown": w.shown, "clip": str(w.clip), "what": w.what} for w in wrong[:NAMED]],
        },
        now=now,
    )


def _batches(text: str) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for entry in files_of(text):
        if entry.get("clip"):
            batch.append(entry)
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
