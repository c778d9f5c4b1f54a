"""A recorder's card of a thousand hostile files, docked at a running system: everything ends, nothing is lost or changed.

The short forms try some of them stage by stage: `tests/workers/test_hostile_clips.py`, `tests/workers/media/test_hostile.py`.
"""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.database import Database
from catalog.models import Clip, Copy, Incident, Stage
from storage.store import ObjectStore
from tests.services.system import System, running_system
from tests.workers.media import mutants, studio

FILES = int(os.environ.get("LIUHEN_HOSTILE_FILES", "1000"))
FIRST = 10_000
"""Numbers of the mutants; those of the other suites are lower."""
STANDS_STILL = 400.0
"""Seconds in which some stage must end; a reader that makes no progress is given up after 60, twice."""
MOST_OF_A_WORKER = 512 << 10
"""KiB a worker's process may ever have held: what comes from a file is parsed in its children."""
ENDED = ("done", "failed", "deferred")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]


def make_card(folder: Path, studio_folder: Path) -> dict[str, bytes]:
    """Write the card; answers its files' digests by name, all different."""
    studio_folder.mkdir(parents=True)
    sources = {
        name: mutants.source(lambda wanted: studio.make(studio_folder, wanted), name).read_bytes()
        for name in mutants.SOURCES
    }
    media = folder / "DCIM" / "100MEDIA"
    media.mkdir(parents=True)
    digests: dict[str, bytes] = {}
    number = FIRST
    while len(digests) < FILES:
        name, body = mutants.mutant(sources, number)
        digest = hashlib.sha256(body).digest()
        number += 1
        if body and digest not in digests.values():
            (media / name).write_bytes(body)
            digests[name] = digest
    return digests


@contextmanager
def reading(system: System) -> Iterator[Session]:
    database = Database.open(system.settings.catalog.database_url)
    try:
        with database.read() as session:
            yield session
    finally:
        database.close()


def wait_for_the_end(system: System) -> None:
    """Wait until no stage is open; fails when nothing ends any more."""
    so_far, since = (-1, -1), time.monotonic()
    while True:
        with reading(system) as session:
            states = Counter(session.scalars(select(Stage.state)))
            clips = session.scalar(select(func.count()).select_from(Clip)) or 0
        ended = sum(states[state] for state in ENDED)
        if clips >= FILES and ended == states.total():
            return
        if (clips, ended) != so_far:
            so_far, since = (clips, ended), time.monotonic()
        assert time.monotonic() - since < STANDS_STILL, f"stands still: {clips} clips, {dict(states)}"
        time.sleep(1)


def most_memory_of(system: System, part: str) -> int:
    """The most any process of this part that is no reader has held, in KiB: the part itself and its pool."""
    top = int(system.part(part)["pid"])
    most = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue
        parent, own = (
            int(re.search(rf"^{what}:\s+(\d+)", text, re.MULTILINE)[1]) for what in ("PPid", "Pid")
        )  # type: ignore[index]
        if top in {parent, own} and (peak := re.search(r"^VmHWM:\s+(\d+)", text, re.MULTILINE)):
            most = max(most, int(peak[1]))
    return most


def test_a_thousand_hostile_files(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    digests = make_card(folder / "card", folder / "studio")
    with running_system() as system:
        begun = time.monotonic()
        done = system.run("dock", str(folder / "card"), seconds=1800)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        docked = time.monotonic() - begun
        wait_for_the_end(system)
        took = time.monotonic() - begun
        with reading(system) as session:
            clips = {clip.name: clip for clip in session.scalars(select(Clip))}
            stages = list(session.scalars(select(Stage)))
            copies = list(session.scalars(select(Copy)))
            incidents = session.scalar(select(func.count()).select_from(Incident))
        workers = [part for part in system.state()["parts"] if part.startswith("worker-")]
        memory = {part: most_memory_of(system, part) for part in workers}
        failures = Counter((stage.stage, stage.error) for stage in stages if stage.state == "failed")
        print(f"\n{len(clips)} clips, docked in {docked:.0f} s, all done in {took:.0f} s; KiB {memory}")
        print(
            f"deferred {sum(stage.state == 'deferred' for stage in stages)}; failed {failures.most_common()}"
        )
        # Nothing is lost, no worker either.
        assert {name: bytes.fromhex(clip.sha256) for name, clip in clips.items()} == digests
        assert {part: system.part(part)["deaths"] for part in workers} == dict.fromkeys(workers, 0)
        assert [stage.error for stage in stages if "lost" in stage.error or "unexpected" in stage.error] == []
        assert incidents == 0
        assert all(0 < peak < MOST_OF_A_WORKER for peak in memory.values()), memory
        # The originals are as they came.
        settings = system.settings.storage
        with closing(ObjectStore(settings, settings.evidence_bucket)) as store:
            for copy in copies:
                read = b"".join(store.read(copy.key, copy.version))
                clip = next(one for one in clips.values() if one.id == copy.clip_id)
                assert hashlib.sha256(read).hexdigest() == clip.sha256
        agreed = system.run("storage", "inventory", seconds=600)
        assert agreed.returncode == 0, agreed.stdout[-2000:]
