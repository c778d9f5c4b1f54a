"""A bureau with one person for each role, clips that really lie locked in a real storage, and the way through an appraisal."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from catalog.actors import Actor
from catalog.database import Database
from catalog.disposal.appraisals import open_appraisal, review
from catalog.disposal.approving import approve, order, witness
from catalog.disposal.at_storage import Endpoint, Means
from catalog.disposal.executing import Executor, execute_ordered
from catalog.disposal.proposing import opine, propose, report
from catalog.ids import new_id
from catalog.models import Appraisal, AppraisalItem, Clip, Copy, CustodyEntry, LockDue, Rendition
from catalog.people import create_account, person
from catalog.permissions import ROLES
from catalog.rules.disposal import Opinion
from storage.disposal import DisposalStore
from storage.errors import StorageError
from storage.reader import SecondReader
from storage.settings import StorageSettings
from storage.store import ObjectStore

ZONE = ZoneInfo("Asia/Shanghai")
NONE = timedelta(0)
COOLED = timedelta(days=14, minutes=1)


class Desk:
    """Time runs as it does, with `ahead` on top: cooling periods pass at once, locks of the storage really."""

    def __init__(self, database: Database, settings: StorageSettings) -> None:
        self.database, self.settings = database, settings
        self.evidence = ObjectStore(settings, settings.evidence_bucket)
        self.derived = ObjectStore(settings, settings.derived_bucket)
        self.disposal = DisposalStore(settings)
        self.reader = SecondReader(settings)
        self.ahead = timedelta()
        self.people: dict[str, Actor] = {}
        now = self.now()
        with database.write() as session:
            for role in ROLES:
                self.people[role] = self._account(session, role, [role], now)
            self.people["chief"] = self._account(session, "chief", ["archivist"], now)

    @staticmethod
    def _account(session: object, name: str, roles: list[str], now: datetime) -> Actor:
        return person(
            create_account(
                session,  # type: ignore[arg-type]
                actor=Actor("system", None, "test"), username=name, email=f"{name}@x.example", roles=roles,
                officer=None, now=now,
            ),
            None,
        )  # fmt: skip

    def close(self) -> None:
        for one in (self.evidence, self.derived, self.disposal, self.reader):
            one.close()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def clip(self, body: bytes | None = None, *, lock: float = 1.0, reviewed: bool = True) -> UUID:
        """A clip whose object is locked for `lock` seconds, with a rendition; looked at by the archivist."""
        clip_id, now = new_id(), self.now()
        body = body if body is not None else clip_id.bytes * 50
        digest = hashlib.sha256(body)
        key = f"originals/{clip_id}"
        version, until = self._put_locked(key, body, lock, clip_id)
        rendition = f"renditions/{clip_id}/poster-{digest.hexdigest()[:32]}"
        self.derived.put(rendition, b"picture")
        with self.database.write() as session:
            session.add(
                Clip(
                    id=clip_id, sha256=digest.hexdigest(), sm3=hashlib.new("sm3", body).hexdigest(),
                    size=len(body), checksum=base64.b64encode(digest.digest()).decode(), name="执法.mp4",
                    received_at=now, verified_at=now, kind="video", facts={}, flags=[], lock_desired=until,
                )
            )  # fmt: skip
            session.flush()
            session.add(
                Copy(
                    clip_id=clip_id, bucket=self.evidence.bucket, key=key, version=version,
                    lock_mode="COMPLIANCE", lock_until=until, lock_read_at=now, created_at=now,
                )
            )  # fmt: skip
            session.add(
                Rendition(
                    clip_id=clip_id, kind="poster", bucket=self.derived.bucket, key=rendition, size=7,
                    sha256="0" * 64, content_type="image/jpeg", source_sha256="0" * 64, recipe={},
                    created_at=now,
                )
            )  # fmt: skip
        if reviewed:
            self.review(clip_id)
        return clip_id

    def _put_locked(self, key: str, body: bytes, lock: float, clip_id: UUID) -> tuple[str, datetime]:
        """The version and when its lock passes. A busy machine may ask only after a short lock has passed, which the
        storage refuses (400): then a longer one is taken."""
        while True:
            until = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1 + lock)
            try:
                return self.evidence.put_locked(
                    key, body, lock_until=until, metadata={"clip": str(clip_id)}
                ), until
            except StorageError:
                if datetime.now(UTC) < until:
                    raise
                lock *= 3

    def review(self, *clips: UUID) -> None:
        with self.database.write() as session:
            review(session, actor=self.people["archivist"], clips=clips, finding="无案件关联", now=self.now())
        self.settled()

    def settled(self) -> None:
        """As the standing job does once it has worked the locks out."""
        with self.database.write() as session:
            for row in session.scalars(select(LockDue)):
                session.delete(row)

    def expire(self) -> None:
        """Wait until every lock in the catalog has passed at the storage."""
        with self.database.read() as session:
            last = max(session.scalars(select(Copy.lock_until)), default=datetime.now(UTC))
        time.sleep(max(0.0, (last - datetime.now(UTC)).total_seconds()) + 0.3)

    def open(self, *clips: UUID) -> UUID:
        with self.database.write() as session:
            return open_appraisal(
                session, actor=self.people["archivist"], clips=clips, zone=ZONE, now=self.now(),
                margin=NONE,
            ).id  # fmt: skip

    def opine(self, appraisal: UUID, opinion: Opinion | None = None) -> None:
        for role in ("archivist", "section-head", "legal"):
            with self.database.write() as session:
                opine(
                    session, actor=self.people[role], appraisal_id=appraisal, items=None,
                    opinion=opinion or Opinion("destroy"), note="已满保管期限", now=self.now(),
                )  # fmt: skip

    def reported(self, *clips: UUID, opinion: Opinion | None = None) -> UUID:
        appraisal = self.open(*clips)
        self.opine(appraisal, opinion)
        archivist = self.people["archivist"]
        with self.database.write() as session:
            propose(session, actor=archivist, appraisal_id=appraisal, now=self.now(), margin=NONE)
        with self.database.write() as session:
            report(session, actor=archivist, appraisal_id=appraisal, now=self.now(), margin=NONE)
        return appraisal

    def approve(self, appraisal: UUID, number: str | None = None, **changes: object) -> None:
        with self.database.write() as session:
            digest = session.get_one(Appraisal, appraisal).digest
            given: dict[str, object] = {
                "actor": self.people["bureau-head"], "number": number or f"批〔2026〕{str(appraisal)[-12:]}",
                "digest": digest, "signed_in_at": self.now(), "cooling_days": 14, "zone": ZONE,
                "now": self.now(), "margin": NONE, **changes,
            }  # fmt: skip
            approve(session, appraisal_id=appraisal, **given)  # type: ignore[arg-type]

    def witness(self, appraisal: UUID, *names: str, **changes: object) -> None:
        for name in names or ("office-head", "leader"):
            with self.database.write() as session:
                given: dict[str, object] = {
                    "signed_in_at": self.now(), "cooling_days": 14, "now": self.now(), **changes,
                }  # fmt: skip
                witness(session, actor=self.people[name], appraisal_id=appraisal, **given)  # type: ignore[arg-type]

    def order(self, appraisal: UUID, name: str = "archivist", **changes: object) -> None:
        with self.database.write() as session:
            given: dict[str, object] = {
                "typed": session.get_one(Appraisal, appraisal).number, "signed_in_at": self.now(),
                "cooling_days": 14, "now": self.now(), "margin": NONE, **changes,
            }  # fmt: skip
            order(session, actor=self.people[name], appraisal_id=appraisal, **given)  # type: ignore[arg-type]

    def ordered(self, *clips: UUID) -> UUID:
        """All the way to the order, the cooling period passed."""
        appraisal = self.reported(*clips)
        self.approve(appraisal)
        self.settled()
        self.ahead += COOLED
        self.witness(appraisal)
        self.order(appraisal)
        return appraisal

    def executor(self, **changes: object) -> Executor:
        means = Means(
            database=self.database, endpoints={"main": Endpoint(self.disposal, self.reader)},
            derived=self.derived, clock=self.now, margin=NONE,
        )  # fmt: skip
        given: dict[str, object] = {"means": means, "registers": self.evidence, "zone": ZONE, **changes}
        return Executor(**given)  # type: ignore[arg-type]

    def execute(self, **changes: object) -> int:
        return execute_ordered(self.executor(**changes))

    def at_storage(self, clip: UUID) -> list[str]:
        """What the independent reader sees under a clip's key: versions and markers."""
        return [found.version for found in self.reader.versions(f"originals/{clip}")]

    def items(self, appraisal: UUID) -> dict[UUID, tuple[str, str]]:
        with self.database.read() as session:
            return {
                item.clip_id: (item.state, item.why)
                for item in session.scalars(
                    select(AppraisalItem).where(AppraisalItem.appraisal_id == appraisal)
                )
            }

    def state(self, appraisal: UUID) -> str:
        with self.database.read() as session:
            return session.get_one(Appraisal, appraisal).state

    def destroyed(self, clip: UUID) -> bool:
        with self.database.read() as session:
            return session.get_one(Clip, clip).destroyed_at is not None

    def entries(self, action: str) -> int:
        with self.database.read() as session:
            return len(session.scalars(select(CustodyEntry.id).where(CustodyEntry.action == action)).all())


@pytest.fixture
def desk(database: Database, seaweed: StorageSettings) -> Iterator[Desk]:
    opened = Desk(database, seaweed)
    yield opened
    opened.close()
