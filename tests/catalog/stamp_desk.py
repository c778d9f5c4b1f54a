"""A bureau whose clips are time-stamped: the round a worker makes, with authorities that do as they are told."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from catalog.models import Stage, TimestampBatch, TimestampToken
from catalog.settings import AuthoritySettings
from catalog.timestamps.asking import Door, ask
from catalog.timestamps.auditing import Audit, audit_timestamps
from catalog.timestamps.authorities import Authority
from catalog.timestamps.gathering import gather
from catalog.timestamps.keeping import keep
from catalog.timestamps.trouble import watch_late
from catalog.verification import verify_clip
from tests.catalog.intake_desk import Intake
from tests.services.tsa import Tsa, make_tsa

LATE = timedelta(minutes=30)


class Away(Exception):
    """It cannot be reached."""


@dataclass
class Way:
    """The way to an authority; `answers` may be replaced by a test."""

    answers: Callable[[bytes], bytes]
    asked: list[bytes] = field(default_factory=list)
    Away = Away

    def answer(self, request: bytes) -> bytes:
        self.asked.append(request)
        return self.answers(request)


def away(_request: bytes) -> bytes:
    raise Away("it could not be reached")


class StampDesk:
    """One intake, and the standing job's steps over it. `now` is moved by the test."""

    def __init__(self, intake: Intake, folder: Path) -> None:
        self.intake, self.database, self.store, self.folder = intake, intake.database, intake.store, folder
        self.now = intake.now
        self.doors: list[Door] = []
        self._nonces = itertools.count(10**20)
        self._paths = itertools.count()

    def authority(self, name: str = "first", tsa: Tsa | None = None, **settings: object) -> Way:
        """Add an authority that is asked from now on; answer the way to it."""
        tsa = tsa or make_tsa(self.folder / name)
        url = str(settings.pop("url", "http://tsa.invalid/"))
        made = AuthoritySettings(name=name, url=url, roots_file=tsa.root, **settings)  # type: ignore[arg-type]
        way = Way(tsa.reply)
        self.doors.append(Door(Authority(made), way))
        return way

    @property
    def authorities(self) -> dict[str, Authority]:
        return {door.authority.name: door.authority for door in self.doors}

    def take(self, *, verify: bool = True) -> UUID:
        """Take a clip in, and verify it."""
        clip = self.intake.take(os.urandom(64), path=b"%d.mp4" % next(self._paths)).clip
        if verify:
            self.verify(clip)
        return clip

    def verify(self, clip: UUID) -> None:
        verify_clip(self.database, self.store, self.intake.signer, clip_id=clip, clock=lambda: self.now)

    def gather(self, wait: timedelta = timedelta()) -> list[UUID]:
        return gather(self.database, list(self.authorities.values()), self.now, wait=wait)

    def ask(self) -> int:
        return ask(self.database, self.doors, lambda: self.now, lambda: next(self._nonces))

    def keep(self) -> int:
        return keep(self.database, self.store, lambda: self.now)

    def round(self) -> int:
        """Do one round; answer how many batches were finished."""
        self.gather()
        self.ask()
        finished = self.keep()
        with self.database.write() as session:
            watch_late(session, self.now, late=LATE)
        return finished

    def audit(self, **options: object) -> Audit:
        return audit_timestamps(
            self.database,
            self.store,
            self.authorities,
            self.now,
            late=LATE,
            **options,  # type: ignore[arg-type]
        )

    def stage(self, clip: UUID) -> Stage:
        with self.database.read() as session:
            return session.get_one(Stage, (clip, "timestamp"))

    def batches(self) -> list[TimestampBatch]:
        with self.database.read() as session:
            return list(session.scalars(select(TimestampBatch).order_by(TimestampBatch.made_at)))

    def tokens(self) -> list[TimestampToken]:
        with self.database.read() as session:
            return list(session.scalars(select(TimestampToken).order_by(TimestampToken.authority)))


@pytest.fixture
def desk(intake: Intake, tmp_path: Path) -> StampDesk:
    return StampDesk(intake, tmp_path)
