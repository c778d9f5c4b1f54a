"""Storages for histories: one in memory that keeps the rules of Object Lock, a real one at a scaled clock, and death.

The one in memory is no stand-in for the storage in a product's test: it is the oracle that thousands of histories run
against, and the same histories run against SeaweedFS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from catalog.database import Database
from storage import errors
from storage.errors import LockRefused, ObjectMissing, StorageSilent
from storage.facts import ObjectFacts
from storage.store import ObjectStore


class Killed(BaseException):
    """The process died here."""


class Refused(Exception):
    """The storage would not delete."""


class Errors:
    """The errors a store brings along."""

    ObjectMissing: ClassVar[type[Exception]] = errors.ObjectMissing
    LockRefused: ClassVar[type[Exception]] = errors.LockRefused
    StorageError: ClassVar[type[Exception]] = errors.StorageError
    OutOfReach: ClassVar[tuple[type[Exception], ...]] = errors.OUT_OF_REACH


class MemoryStore(Errors):
    """Versions in memory: COMPLIANCE is only ever extended, a hold keeps whatever the date."""

    bucket = "evidence"

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.versions: dict[str, ObjectFacts] = {}

    def put(self, key: str, until: datetime) -> str:
        self.versions[key] = ObjectFacts(
            bucket=self.bucket, key=key, version="v1", size=1, sha256="c", lock_mode="COMPLIANCE",
            lock_until=until, hold=False, metadata={},
        )  # fmt: skip
        return "v1"

    def facts(self, key: str, version: str) -> ObjectFacts:
        if key not in self.versions:
            raise ObjectMissing(f"{key} {version}")
        return self.versions[key]

    def extend_lock(self, key: str, version: str, until: datetime) -> None:
        at = self.facts(key, version)
        if until <= self.now() or (at.lock_until is not None and until < at.lock_until):
            raise LockRefused(key)
        self.versions[key] = replace(at, lock_until=until)

    def set_hold(self, key: str, version: str, on: bool) -> None:
        self.versions[key] = replace(self.facts(key, version), hold=on)

    def delete(self, key: str, version: str) -> None:
        at = self.facts(key, version)
        if at.hold or (at.lock_until is not None and at.lock_until > self.now()):
            raise Refused(key)
        del self.versions[key]


@dataclass
class ScaledStore(Errors):
    """A real storage on which years pass in seconds: dates are scaled on their way in, and back on their way out."""

    store: ObjectStore
    disposal: ObjectStore
    year: float
    """Real seconds of a year."""
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    known: dict[tuple[str, datetime], datetime] = field(default_factory=dict)
    """Dates as they were meant: a second of the storage is weeks of ours."""

    @property
    def bucket(self) -> str:
        return self.store.bucket

    def now(self) -> datetime:
        return self._ours(datetime.now(UTC))

    def put(self, key: str, until: datetime) -> str:
        real = self._real(until)
        self.known[key, real] = until
        return self.store.put_locked(key, b"x", lock_until=real, metadata={})

    def facts(self, key: str, version: str) -> ObjectFacts:
        at = self.store.facts(key, version)
        assert at.lock_until is not None
        ours = self.known.get((key, at.lock_until)) or self._ours(at.lock_until)
        return replace(at, lock_until=ours)

    def extend_lock(self, key: str, version: str, until: datetime) -> None:
        real = self._real(until)
        self.store.extend_lock(key, version, real)
        self.known[key, real] = max(until, self.known.get((key, real), until))

    def set_hold(self, key: str, version: str, on: bool) -> None:
        self.store.set_hold(key, version, on)

    def delete(self, key: str, version: str) -> None:
        from botocore.exceptions import ClientError  # noqa: PLC0415

        try:
            self.disposal.client.delete_object(Bucket=self.bucket, Key=key, VersionId=version)
        except ClientError as error:
            raise Refused(str(error)) from error

    def sleep(self, ours: timedelta) -> None:
        """Wait for as long as this lasts at our clock; not at all where a busy machine has passed the moment already."""
        time.sleep(max(0.0, ours.total_seconds() * self.year / YEAR))

    def _real(self, ours: datetime) -> datetime:
        seconds = (ours - self.began).total_seconds() * self.year / YEAR
        return datetime.fromtimestamp(ceil(self.began.timestamp() + seconds), UTC)

    def _ours(self, real: datetime) -> datetime:
        seconds = (real - self.began).total_seconds() * YEAR / self.year
        return (self.began + timedelta(seconds=seconds)).replace(microsecond=0)


YEAR = timedelta(days=365.25).total_seconds()


class Mortal(Errors):
    """A storage whose caller may die just after a call, or find it away; looks over every call for what must not be."""

    def __init__(self, store: MemoryStore | ScaledStore, lifting: Callable[[str], None]) -> None:
        self.store = store
        self.lifting = lifting
        """Called with the key before a hold is taken off."""
        self.die_after = 0
        """Calls until death; 0: never."""
        self.away_after = 0
        self.dead = False

    @property
    def bucket(self) -> str:
        return self.store.bucket

    def facts(self, key: str, version: str) -> ObjectFacts:
        return self._call(lambda: self.store.facts(key, version))

    def extend_lock(self, key: str, version: str, until: datetime) -> None:
        self._call(lambda: self.store.extend_lock(key, version, until))

    def set_hold(self, key: str, version: str, on: bool) -> None:
        if not on:
            self.lifting(key)
        self._call(lambda: self.store.set_hold(key, version, on))

    def _call(self, act: Callable[[], Any]) -> Any:
        if self.dead:
            raise Killed
        if self.away_after:
            self.away_after -= 1
            if not self.away_after:
                raise StorageSilent("away")
        done = act()
        if self.die_after:
            self.die_after -= 1
            if not self.die_after:
                self.dead = True
                raise Killed
        return done


class MortalDatabase:
    """The catalog of a process that may be dead: nothing it still does gets written."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.store: Mortal | None = None
        self.die_at_write = 0

    @contextmanager
    def read(self) -> Iterator[Session]:
        with self.database.read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        if self.store is not None and self.store.dead:
            raise Killed
        with self.database.write() as session:
            yield session
            if self.die_at_write:
                self.die_at_write -= 1
                if not self.die_at_write:
                    raise Killed
