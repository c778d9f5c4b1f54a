"""Locks: a case of many clips from attaching to its confirmed long locks, and the nightly round over many objects.

One SeaweedFS as the product starts it, one SQLite catalog, one process, as the jobs run. Requests to the storage are
counted where they are made. Time is what the jobs work; the half minute between two turns of `apply-locks` comes on top.

    python -m bench.locks [--clips 200] [--objects 4000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from catalog.database import Database, migrate
from catalog.models import Case, Clip, Copy, LockApply, LockDue
from catalog.retention.due import locks_due
from catalog.rules.intake_lock import lock_at_receipt
from storage.store import ObjectStore
from tests.catalog.retention.office import Office, row
from tests.catalog.world import add_clip
from tests.services.seaweedfs import running_seaweed

MILLIONS = 10_000_000


class Counted:
    """The storage, with a count of what is asked of it."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.requests: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._store, name)
        if name not in {"facts", "extend_lock", "set_hold"}:
            return real

        def call(*args: Any) -> Any:
            self.requests[name] += 1
            return real(*args)

        return call


def take(database: Database, store: ObjectStore, count: int, now: datetime) -> list[UUID]:
    """Objects under the lock of receipt, with their rows."""
    made: list[UUID] = []
    for at in range(0, count, 500):
        with database.write() as session:
            for n in range(min(500, count - at)):
                clip = add_clip(session, now, f"{at + n}.mp4")
                copy = clip.copies[0]
                copy.bucket, copy.lock_until = store.bucket, lock_at_receipt(now)
                copy.version = store.put_locked(copy.key, b"x", lock_until=copy.lock_until, metadata={})
                made.append(clip.id)
    return made


def timed(store: Counted, act: Callable[[], object]) -> tuple[float, int, str]:
    store.requests.clear()
    began = time.perf_counter()
    act()
    wall = time.perf_counter() - began
    return (
        wall,
        store.requests.total(),
        ", ".join(f"{n} {name}" for name, n in sorted(store.requests.items())),
    )


def confirmed(office: Office, clips: list[UUID], hold: bool) -> bool:
    with office.database.read() as session:
        waiting = sum(session.scalar(select(func.count()).select_from(t)) or 0 for t in (LockDue, LockApply))
        differing = session.scalar(
            select(func.count())
            .select_from(Copy)
            .join(Clip, Clip.id == Copy.clip_id)
            .where(Clip.id.in_(clips), (Copy.hold != hold) | (Copy.lock_until < Clip.lock_desired))
        )
    return not waiting and not differing


def a_case(
    office: Office, store: Counted, clips: list[UUID]
) -> tuple[tuple[float, int, str], tuple[float, int, str]]:
    case = office.open_case()

    def attach() -> None:
        for clip in clips:
            office.attach(clip, case)
        office.settle()

    attaching = timed(store, attach)
    assert confirmed(office, clips, hold=True)

    def archive() -> None:
        office.accept(case)
        office.settle()

    archiving = timed(store, archive)
    assert confirmed(office, clips, hold=False)
    with office.database.read() as session:
        assert session.get_one(Case, case).accepted_at is not None
    return attaching, archiving


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--objects", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="liuhen-bench-") as name, running_seaweed() as server:
        url = f"sqlite:///{Path(name) / 'catalog.sqlite3'}"
        migrate(url)
        database = Database.open(url)
        plain = ObjectStore(server.settings, server.settings.evidence_bucket)
        store = Counted(plain)
        office = Office(database, store, datetime.now(UTC))  # type: ignore[arg-type]
        office.schedule(row(30))
        runs = []
        for _ in range(chosen.rounds):
            clips = take(database, plain, chosen.clips, office.now)
            with database.write() as session:
                locks_due(session, clips, office.now)
            office.settle()
            runs.append(a_case(office, store, clips))
        for what, found in (
            ("attached, held and locked", [r[0] for r in runs]),
            ("accepted, locked for 30 years, hold lifted", [r[1] for r in runs]),
        ):
            walls = [wall for wall, _, _ in found]
            print(
                f"a case of {chosen.clips} clips {what}, all read back: {statistics.median(walls):.2f} s "
                f"({min(walls):.2f}-{max(walls):.2f}, n={len(walls)}); {found[0][1]} requests: {found[0][2]}",
                flush=True,
            )
        take(database, plain, chosen.objects - chosen.rounds * chosen.clips, office.now)
        for what, days in (
            ("for the first time", 0),
            ("nothing to change", 0),
            ("every lock near its end", 130),
        ):
            office.now += timedelta(days=days)
            result: list[Any] = []
            wall, requests, kinds = timed(store, lambda into=result: into.append(office.reconcile()))  # type: ignore[misc]
            looked = result[0].looked
            print(
                f"round over {looked} objects, {what}: {wall:.1f} s, {requests} requests ({kinds}), "
                f"{requests / wall:.0f} requests/s, {looked / wall:.0f} objects/s; "
                f"10 million would take {MILLIONS / looked * wall / 3600:.1f} h",
                flush=True,
            )
        print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
        plain.close()
        database.close()


if __name__ == "__main__":
    main()
