"""`liuhen catalog rebuild`: one round through the storage. May be cut short and begun again: nothing is taken in twice.

The order is fixed. Sheets come first: they say which station and recorder a docking was of, and under which id a clip
is known. Then originals, those that a sheet names before others, so that of two objects with the same bytes the one
becomes the clip that was it. Then everything the newest sheet of each docking lists.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import groupby, islice
from typing import Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.intake.completion import Completed, complete_uploads
from catalog.intake.sealed import Sealer
from catalog.models import (
    Case,
    Clip,
    Copy,
    CustodyEntry,
    Docking,
    Recorder,
    Sheet,
    Sighting,
    Station,
    Upload,
)
from catalog.ports import IntakeStore, InventoryReader, ListedVersion, SheetStore
from catalog.rebuilding.house import ACTOR
from catalog.rebuilding.originals import PREFIX, Found, clip_in, find, further_copies, take_in, unknown
from catalog.rebuilding.report import Rebuilt
from catalog.rebuilding.sheets import (
    BadSheet,
    lock_sheet,
    read_sheet,
    sheet_known,
    take_in_sheet,
    tell_sightings,
)
from catalog.receipts import Signer
from catalog.sheets import SheetDamaged, SheetShape, sheet_text
from catalog.stations import actor_of

AT_ONCE = 200
"""Originals of one transaction."""
SHEETS = "sheets/"
BEGUN, DONE = "catalog.rebuild-begun", "catalog.rebuilt"
_MUST_BE_EMPTY = (Case, Recorder, Docking, Upload, Clip, Copy, Sighting, Sheet)


class NotEmpty(Exception):
    """The catalog holds something already; the message says what. Nothing was changed."""


class Store(IntakeStore, SheetStore, Protocol):
    """What rebuilding asks of the storage beside reading: locks, and completing what came in last."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What opens names, and what signs receipts."""

    sealer: Sealer | None
    """None where the metadata key is lost: then no names and holders come back."""
    signer: Signer


def rebuild(
    database: Database,
    reader: InventoryReader,
    store: Store,
    keys: Keys,
    *,
    shape: SheetShape,
    now: datetime,
    zone: tzinfo | None = None,
    add: bool = False,
    on_look: Callable[[int], None] = lambda _objects: None,
) -> Rebuilt:
    """Make the list of originals again from storage alone; answer what came back and what did not.

    Only into an empty catalog, unless `add`: then what the catalog knows stays, and what it does not know is added.
    A rebuilding that was cut short may be begun again. What cannot be read of one object is a trouble, and the others
    go on. Raises NotEmpty, and the errors of reader and store that are of the storage as a whole: what was taken in
    until then stays.
    """
    with database.write() as session:
        if not add and not _unfinished(session):
            _refuse_unless_empty(session)
        add_entry(
            session, actor=ACTOR, action="catalog.rebuild-begun", subjects={}, facts={"add": add}, now=now
        )
    with closing(_Named()) as named:
        going = _Round(database, reader, store, keys, shape, zone, on_look, named, Rebuilt(now))
        going.sheets()
        for wanted in (True, False):
            going.originals(named=wanted)
        going.listed()
    _enter(database, going.rebuilt, now, add=add)
    return going.rebuilt


def _unfinished(session: Session) -> bool:
    """Whether the last rebuilding begun here did not end."""
    last = session.scalar(
        select(CustodyEntry.action)
        .where(CustodyEntry.action.in_((BEGUN, DONE)))
        .order_by(CustodyEntry.id.desc())
        .limit(1)
    )
    return last == BEGUN


def _refuse_unless_empty(session: Session) -> None:
    held = [
        table.__tablename__
        for table in _MUST_BE_EMPTY
        if session.execute(select(table).limit(1)).first() is not None
    ]
    if held:
        raise NotEmpty(f"the catalog is not empty: it holds {', '.join(held)}")


def _enter(database: Database, rebuilt: Rebuilt, now: datetime, *, add: bool) -> None:
    with database.write() as session:
        add_entry(
            session,
            actor=ACTOR,
            action="catalog.rebuilt",
            subjects={},
            facts={
                "add": add,
                "originals": rebuilt.originals,
                "copies": rebuilt.copies,
                "completed": rebuilt.completed,
                "sheets": rebuilt.sheets,
                "troubles": dict(sorted(rebuilt.words.items())),
            },
            now=now,
        )


class _Named:
    """Ids of clips that sheets name, on disk: they may be millions."""

    def __init__(self) -> None:
        self._rows = sqlite3.connect("", isolation_level=None)
        self._rows.execute("CREATE TABLE named (clip BLOB PRIMARY KEY) WITHOUT ROWID")

    def add(self, clips: Collection[UUID]) -> None:
        self._rows.execute("BEGIN")
        self._rows.executemany("INSERT OR IGNORE INTO named VALUES (?)", ((clip.bytes,) for clip in clips))
        self._rows.execute("COMMIT")

    def __contains__(self, clip: UUID | None) -> bool:
        if clip is None:
            return False
        return self._rows.execute("SELECT 1 FROM named WHERE clip = ?", (clip.bytes,)).fetchone() is not None

    def close(self) -> None:
        self._rows.close()


@dataclass(slots=True)
class _Round:
    database: Database
    reader: InventoryReader
    store: Store
    keys: Keys
    shape: SheetShape
    zone: tzinfo | None
    on_look: Callable[[int], None]
    named: _Named
    rebuilt: Rebuilt
    looked: int = 0

    def sheets(self) -> None:
        """Read every sheet again, and make the rows of those that are whole and signed."""
        for _, lines in groupby(self._lines(SHEETS), key=lambda line: line.key.rpartition(".")[0]):
            by_end: dict[str, ListedVersion] = {}
            for line in lines:
                by_end.setdefault(line.key.rpartition(".")[2], line)  # of several versions the first written
            written = by_end.get("json")
            if written is None:
                continue
            try:
                sheet = read_sheet(self.reader, written, self.shape)
                with self.database.read() as session:
                    known = sheet_known(session, sheet)
                if not known:
                    places = lock_sheet(self.store, sheet, by_end.get("mhl"), self.rebuilt.now)
                    with self.database.write() as session:
                        take_in_sheet(session, sheet, places, self.rebuilt)
            except BadSheet as error:
                self.rebuilt.trouble("bad-sheet", written.key, str(error))
            except self.store.LockRefused as error:
                self.rebuilt.trouble("not-lockable", written.key, f"the storage would not lock it: {error}")
            except (self.reader.StorageError, self.store.StorageError) as error:
                self._unreadable(written.key, error)
            else:
                self.named.add(sheet.clips)
            self._passed(1)

    def originals(self, *, named: bool) -> None:
        """Take in the originals that sheets name, or the others."""
        lines = (line for line in self._lines(PREFIX) if (clip_in(line.key) in self.named) is named)
        while batch := list(islice(lines, AT_ONCE)):
            with self.database.read() as session:
                fresh, waiting = unknown(session, batch, self.rebuilt)
            for upload, line in waiting:
                self._complete(upload, line)
            found = [one for line in fresh if (one := self._find(line))]
            if found:
                with self.database.write() as session:
                    for one in found:
                        take_in(session, self.keys.signer, one, self.rebuilt)
            self._passed(len(batch))

    def listed(self) -> None:
        """Tell the sightings of every docking as its newest sheet lists them."""
        with self.database.read() as session:
            rows = session.execute(
                select(Sheet.docking_id, Sheet.id).order_by(Sheet.docking_id, Sheet.revision)
            ).all()
            aliases = further_copies(session)
        newest: dict[UUID, UUID] = {docking: sheet for docking, sheet in rows}  # noqa: C416  a row is no pair to mypy
        for docking, sheet_id in newest.items():
            with self.database.read() as session:
                sheet = session.get_one(Sheet, sheet_id)
            try:
                text = sheet_text(self.store, sheet)
            except SheetDamaged as error:
                self.rebuilt.trouble("unreadable", _key(sheet), f"it is not the sheet that was kept: {error}")
                continue
            except self.store.StorageError as error:
                self._unreadable(_key(sheet), error)
                continue
            with self.database.write() as session:
                visit = session.get_one(Docking, docking)
                tell_sightings(session, visit, text, aliases, self.rebuilt)

    def _find(self, line: ListedVersion) -> Found | None:
        """Look at an original; None where it cannot be read or locked, which is a trouble."""
        try:
            return find(self.reader, self.store, self.keys.sealer, line, self.rebuilt)
        except (self.reader.StorageError, self.store.StorageError) as error:
            self._unreadable(line.key, error)
            self.rebuilt.unread.add(line.key)
            return None

    def _unreadable(self, key: str, error: Exception) -> None:
        """Note what the storage says of one object. Raises `error` when it is of the storage as a whole."""
        if isinstance(error, self.reader.OutOfReach):
            raise error
        self.rebuilt.trouble("unreadable", key, f"it could not be read and is passed over: {error}")

    def _complete(self, upload: Upload, line: ListedVersion) -> None:
        """Finish an upload whose station was told so after the back-up was made, the way any upload is finished."""
        with self.database.read() as session:
            station: Actor = actor_of(session.get_one(Station, upload.station_id), None)
        (answer,), _ = complete_uploads(
            self.database,
            self.store,
            self.keys.signer,
            actor=station,
            uploads=[(upload.id, line.version)],
            now=self.rebuilt.now,
            zone=self.zone,
        )
        if isinstance(answer, Completed):
            self.rebuilt.completed += 1
        else:
            self.rebuilt.trouble("not-completed", line.key, answer.reason)

    def _lines(self, prefix: str) -> Iterator[ListedVersion]:
        """Every real version under a prefix, those of one key in the order in which they were written."""
        for _, lines in groupby(self.reader.versions(prefix), key=lambda line: line.key):
            yield from sorted((line for line in lines if not line.marker), key=lambda line: line.modified)

    def _passed(self, count: int) -> None:
        self.looked += count
        self.on_look(self.looked)


def _key(sheet: Sheet) -> str:
    return str(sheet.objects["sheet"]["key"])
