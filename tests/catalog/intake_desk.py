"""One station at the catalog's door, on a real storage: what tests of intake and verification share."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
import urllib3
from sqlalchemy import func, select

from catalog.actors import Actor
from catalog.database import Database
from catalog.ids import new_id
from catalog.intake.completion import Completed, Incomplete, complete_uploads
from catalog.intake.dockings import SeenRecorder, open_docking
from catalog.intake.offers import HeldAlready, OfferedFile, Wanted, offer_files
from catalog.intake.sealed import Sealer
from catalog.models import Upload
from catalog.receipts import Signer
from catalog.stations import actor_of, register_station
from storage.settings import StorageSettings
from storage.store import ObjectStore

PART = 5 << 20


@pytest.fixture
def store(seaweed: StorageSettings) -> Iterator[ObjectStore]:
    opened = ObjectStore(seaweed, seaweed.evidence_bucket)
    yield opened
    opened.close()


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    pool = urllib3.PoolManager()
    yield pool
    pool.clear()


def new_station(database: Database, now: datetime, code: str = "st-1") -> Actor:
    with database.write() as session:
        return actor_of(register_station(session, code=code, name=code, token=f"token-{code}", now=now), None)


def new_docking(database: Database, station: Actor, now: datetime, serial: str = "DSJ-1") -> UUID:
    docking = new_id()
    with database.write() as session:
        open_docking(
            session,
            actor=station,
            docking=docking,
            slot="1",
            seen=SeenRecorder(serial, "usb", "v", "m", "recorder", {}),
            started=now,
            now=now,
        )
    return docking


def new_file(body: bytes, path: bytes = b"DCIM/a.mp4", bad: tuple[tuple[int, int], ...] = ()) -> OfferedFile:
    parts = [body[n : n + PART] for n in range(0, len(body), PART)] or [b""]
    return OfferedFile(
        path=path,
        shown=path.decode(errors="backslashreplace"),
        size=len(body),
        modified_ns=1,
        sha256=hashlib.sha256(body).hexdigest(),
        sm3=hashlib.new("sm3", body).hexdigest(),
        part_size=PART,
        part_digests=tuple(hashlib.sha256(p).digest() for p in parts),
        head=hashlib.sha256(body[:65536]).hexdigest(),
        tail=hashlib.sha256(body[-65536:]).hexdigest(),
        bad_ranges=bad,
    )


class Intake:
    """One station with one docking, and the calls it makes."""

    def __init__(
        self,
        database: Database,
        store: ObjectStore,
        http: urllib3.PoolManager,
        keys: tuple[Sealer, Signer],
        now: datetime,
    ) -> None:
        self.database, self.store, self.http, self.now = database, store, http, now
        self.sealer, self.signer = keys
        self.station = new_station(database, now)
        self.docking = new_docking(database, self.station, now)

    def offer(
        self, *files: OfferedFile, station: Actor | None = None, docking: UUID | None = None
    ) -> list[Wanted | HeldAlready]:
        return offer_files(
            self.database,
            self.store,
            self.sealer,
            actor=station or self.station,
            docking=docking or self.docking,
            files=files,
            now=self.now,
        )

    def send(self, wanted: Wanted, body: bytes, numbers: set[int] | None = None) -> list[int]:
        statuses = []
        for part in wanted.parts:
            if numbers is None or part.number in numbers:
                answer = self.http.request(
                    part.address.method,
                    part.address.url,
                    headers=dict(part.address.headers),
                    body=body[part.offset : part.offset + part.length],
                    retries=False,
                )
                statuses.append(answer.status)
        return statuses

    def complete(
        self, *clips: UUID, station: Actor | None = None, now: datetime | None = None
    ) -> list[Completed | Incomplete]:
        return complete_uploads(
            self.database,
            self.store,
            self.signer,
            actor=station or self.station,
            uploads=[(c, None) for c in clips],
            now=now or self.now,
        )[0]

    def take(self, body: bytes, **kwargs: object) -> Completed:
        (wanted,) = self.offer(new_file(body, **kwargs))  # type: ignore[arg-type]
        assert isinstance(wanted, Wanted)
        self.send(wanted, body)
        (done,) = self.complete(wanted.clip)
        assert isinstance(done, Completed)
        return done


@pytest.fixture
def intake(
    database: Database,
    store: ObjectStore,
    http: urllib3.PoolManager,
    sealer: Sealer,
    signer: Signer,
    now: datetime,
) -> Intake:
    # Real time: the storage refuses lock dates in its past.
    return Intake(database, store, http, (sealer, signer), datetime.now(UTC))


def count(database: Database, table: type) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def upload_of(database: Database, clip: UUID) -> Upload:
    with database.read() as session:
        return session.get_one(Upload, clip)
