"""Many recorders at once against one alone, and against what disk and storage can do, in the same run.

Each card: some recordings and photos of fresh random bytes. The cards appear all at once in the folder that the
station of a one-machine system watches, as a user would start it. The clock runs from the start of the first docking
to the last receipt. Beside it, with the same files:

- reading: all cards at once, and one after the other, from a cold page cache, by plain reads; the faster counts;
- storing: `s5cmd` uploads them from a warm page cache to the same bucket.

The slower of the two is the physical limit. (Where cards, spool and storage lie on one disk, as here unless
LIUHEN_BENCH_FOLDER says otherwise, docking has to share what each of them has for itself.)

Fairness is Jain's index of the bytes copied per recorder: 1 when all got the same, 1/n when one got everything.

    python -m bench.many [--recorders 8] [--rounds 1] [--recordings 1] [--photos 50] [--mib 64]

Full scale: --rounds 3 --recordings 2 --photos 250 --mib 256 (45 GB of disk).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bench.dock import System, drop_caches, make_card

POLL = 0.1
"""Seconds between looks at the catalog."""
WINDOW = 5.0
"""Seconds over which shares are compared. The catalog hears of each recorder about once a second, later from a busy
machine, so that shorter windows would measure the telling."""
BLOCK = 4 << 20
PATIENCE = 120.0
"""Seconds without any progress after which the run is given up."""


@dataclass
class Visit:
    """One recorder's docking as the catalog shows it. Times in seconds since 1970."""

    begun: float = 0.0
    done: float = 0.0
    """The last receipt is in."""
    copied: list[tuple[float, int]] = field(default_factory=list)
    """When it was seen that so many bytes were copied."""

    def copied_at(self, moment: float) -> float:
        """Bytes copied at a moment, between the looks as if evenly."""
        before = (self.begun, 0)
        for when, count in self.copied:
            if when >= moment:
                span = when - before[0]
                return before[1] + (count - before[1]) * ((moment - before[0]) / span if span > 0 else 1.0)
            before = (when, count)
        return before[1]

    def whole_at(self, size: int) -> float:
        """When everything was copied."""
        return next((when for when, count in self.copied if count >= size), self.done)


@dataclass
class Run:
    """What one run gave."""

    wall: float
    size: int
    visits: list[Visit]
    plugged: float
    peak_mib: int
    cpu: dict[str, float]

    @property
    def rate(self) -> float:
        return self.size / self.wall


def jain(shares: Sequence[float]) -> float:
    """Jain's fairness index."""
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 / (len(shares) * squares) if squares else 1.0


class Watched:
    """The station of a running system: its folder, its process, its dockings in the catalog."""

    def __init__(self, system: System, folder: Path) -> None:
        self.system = system
        self.folder = folder
        self._catalog = system.settings.catalog.database_url.removeprefix("sqlite:///")
        self._known: set[str] = set()

    def process(self) -> psutil.Process:
        """The station's process."""
        for child in psutil.Process(self.system.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if "station-agent" in child.cmdline():
                    return child
        raise SystemExit("the station does not run")

    def dock(self, cards: list[Path]) -> Run:
        """Let these cards appear at once; answer when the last file has its receipt."""
        files = {card.name: sum(1 for path in card.rglob("*") if path.is_file()) for card in cards}
        sizes = {card.name: _size(card) for card in cards}
        station, before = self.process(), self.system.cpu()
        Path(f"/proc/{station.pid}/clear_refs").write_text("5")  # forget the peak so far (proc(5))
        plugged = time.time()
        for card in cards:
            card.rename(self.folder / card.name)
        visits = self._wait(files, sizes)
        peak = Path(f"/proc/{station.pid}/status").read_text().split("VmHWM:")[1].split()[0]
        after = self.system.cpu()
        for card in cards:
            (self.folder / card.name).rename(card)
        begun = min(visit.begun for visit in visits)
        return Run(
            wall=max(visit.done for visit in visits) - begun,
            size=sum(sizes.values()),
            visits=visits,
            plugged=begun - plugged,
            peak_mib=int(peak) // 1024,
            cpu={name: used - before.get(name, 0.0) for name, used in after.items()},
        )

    def _wait(self, files: dict[str, int], sizes: dict[str, int]) -> list[Visit]:
        visits = {slot: Visit() for slot in files}
        held_now = dict.fromkeys(files, 0)
        last, moved = 0, time.monotonic()
        while any(not visit.done for visit in visits.values()):
            time.sleep(POLL)
            for slot, docking, started, progress, held in self._look():
                visit = visits.get(slot)
                if visit is None or visit.done:
                    continue
                now = time.time()
                visit.begun = started
                copied = min(progress.get("bytes_copied", 0), sizes[slot])
                if not visit.copied or copied > visit.copied[-1][1]:
                    visit.copied.append((now, copied))
                held_now[slot] = held
                if held >= files[slot]:
                    visit.done = now
                    self._known.add(docking)
            reached = sum(held_now.values()) + sum(v.copied[-1][1] for v in visits.values() if v.copied)
            if reached != last:
                last, moved = reached, time.monotonic()
            elif time.monotonic() - moved > PATIENCE:
                log = (self.system.data / "logs" / "station.log").read_text(errors="replace")
                raise SystemExit(
                    f"nothing moved for {PATIENCE:.0f} s; the station's last words:\n{log[-3000:]}"
                )
        return list(visits.values())

    def _look(self) -> list[tuple[str, str, float, dict[str, int], int]]:
        with contextlib.closing(sqlite3.connect(self._catalog, timeout=30)) as connection:
            rows = connection.execute(
                "SELECT d.slot, d.id, d.started_at, d.progress,"
                " (SELECT count(s.clip_id) FROM sightings s WHERE s.docking_id = d.id) FROM dockings d"
            ).fetchall()
        return [
            (slot, str(docking), _seconds(started), json.loads(progress), held)
            for slot, docking, started, progress, held in rows
            if str(docking) not in self._known
        ]


def _seconds(stored: str) -> float:
    moment = datetime.fromisoformat(stored)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _size(card: Path) -> int:
    return sum(path.stat().st_size for path in card.rglob("*") if path.is_file())


def _read(card: Path) -> None:
    buffer = bytearray(BLOCK)
    for path in sorted(card.rglob("*")):
        if path.is_file():
            with path.open("rb", buffering=0) as file:
                while file.readinto(buffer):
                    pass


def read_rate(cards: list[Path]) -> float:
    """Bytes per second that plain reading of these cards gives, from a cold cache."""
    size, walls = sum(map(_size, cards)), []
    for together in (True, False):
        drop_caches()
        began = time.monotonic()
        if together:
            threads = [threading.Thread(target=_read, args=(card,)) for card in cards]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        else:
            for card in cards:
                _read(card)
        walls.append(time.monotonic() - began)
    return size / min(walls)


def store_rate(system: System, cards: Path) -> float:
    """Bytes per second that the storage accepts of `s5cmd`, from a warm cache."""
    for card in sorted(cards.iterdir()):
        _read(card)
    storage = system.settings.storage
    key = storage.access_key("everyday")
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret_key.get_secret_value(),
        "AWS_REGION": storage.region,
    }
    target = f"s3://{storage.evidence_bucket}/originals/bench-{time.time_ns()}/"
    s5cmd = Path(sys.executable).parent / "s5cmd"
    began = time.monotonic()
    subprocess.run(
        [s5cmd, "--log", "error", "--endpoint-url", storage.endpoint_url, "cp", f"{cards}/", target],
        env=environment,
        check=True,
    )
    return _size(cards) / (time.monotonic() - began)


def windows(run: Run) -> list[float]:
    """Jain's index of each window in which every recorder still had something to copy."""
    share = run.size // len(run.visits)
    moment = max(visit.begun for visit in run.visits)
    end = min(visit.whole_at(share) for visit in run.visits)
    found = []
    while moment + WINDOW <= end:
        found.append(
            jain([visit.copied_at(moment + WINDOW) - visit.copied_at(moment) for visit in run.visits])
        )
        moment += WINDOW
    return found


def at_half(run: Run) -> float:
    """Jain's index of what each recorder had copied when half of everything was."""
    low = min(visit.begun for visit in run.visits)
    high = max(visit.done for visit in run.visits)
    for _ in range(40):
        middle = (low + high) / 2
        if sum(visit.copied_at(middle) for visit in run.visits) < run.size / 2:
            low = middle
        else:
            high = middle
    return jain([visit.copied_at(high) for visit in run.visits])


def show(name: str, runs: list[Run]) -> None:
    """Print a contestant's figures: medians, and the range of the times."""
    walls = [run.wall for run in runs]
    print(
        f"\n{name}: {statistics.median(walls):.1f} s ({min(walls):.1f}-{max(walls):.1f}),"
        f" {statistics.median(run.rate for run in runs) / 1e6:.0f} MB/s, n={len(runs)}"
    )
    print(
        f"  seconds from plugging in to the first docking: {statistics.median(r.plugged for r in runs):.1f}"
    )
    print(f"  station's peak memory: {max(run.peak_mib for run in runs)} MiB")
    names = sorted({part for run in runs for part in run.cpu})
    parts = {part: statistics.median(run.cpu.get(part, 0.0) for run in runs) for part in names}
    print("  CPU seconds: " + ", ".join(f"{part} {used:.1f}" for part, used in parts.items() if used >= 0.05))


def show_fairness(runs: list[Run]) -> None:
    """Print how evenly the recorders were served."""
    shares = [index for run in runs for index in windows(run)]
    halves = [at_half(run) for run in runs]
    if shares:
        print(
            f"  fairness, bytes copied per {WINDOW:.0f} s while all copy: Jain {statistics.median(shares):.3f}"
            f" (least {min(shares):.3f}, {len(shares)} windows)"
        )
    print(f"  fairness when half was copied: Jain {statistics.median(halves):.3f} (least {min(halves):.3f})")
    for what, ends in (
        ("copied", [[v.whole_at(run.size // len(run.visits)) - v.begun for v in run.visits] for run in runs]),
        ("received", [[v.done - v.begun for v in run.visits] for run in runs]),
    ):
        first, last = (statistics.median(f(times) for times in ends) for f in (min, max))
        print(f"  seconds until everything was {what}: first recorder {first:.1f}, last {last:.1f}")


def main() -> None:
    """Run it; exit 0 whatever the figures are."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--recorders", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--recordings", type=int, default=1)
    parser.add_argument("--photos", type=int, default=50)
    parser.add_argument("--mib", type=int, default=64)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(
        prefix="liuhen-bench-", dir=os.environ.get("LIUHEN_BENCH_FOLDER")
    ) as name:
        folder = Path(name)
        folder.chmod(0o755)
        watch, cards = folder / "slots", folder / "cards"
        system = System(folder, "--watch", str(watch))
        try:
            measure(given, Watched(system, watch), cards)
        finally:
            system.stop()


def measure(given: argparse.Namespace, station: Watched, cards: Path) -> None:
    """Rounds of: one alone, all at once, and the limits, the order changing from round to round."""
    alone: list[Run] = []
    many: list[Run] = []
    reading: list[float] = []
    storing: list[float] = []
    cold = True

    def fresh(count: int) -> list[Path]:
        nonlocal cold
        shutil.rmtree(cards, ignore_errors=True)
        made = [cards / f"recorder-{n}" for n in range(1, count + 1)]
        for card in made:
            make_card(card, given.recordings, given.photos, given.mib)
        station.system.settle()
        cold = drop_caches() and cold
        return made

    def one() -> None:
        alone.append(station.dock(fresh(1)))

    def all_of_them() -> None:
        made = fresh(given.recorders)
        many.append(station.dock(made))
        station.system.settle()
        reading.append(read_rate(made))
        storing.append(store_rate(station.system, cards))

    for turn in range(given.rounds):
        for contestant in (one, all_of_them) if turn % 2 == 0 else (all_of_them, one):
            contestant()
    print(
        f"each card: {given.recordings} recordings of {given.mib} MiB, {given.photos} photos,"
        f" {alone[0].size / 1e6:.0f} MB; {os.cpu_count()} cores;"
        f" page cache {'cold' if cold else 'NOT dropped (no right to)'}"
    )
    show("one recorder alone, to the last `received`", alone)
    show(f"{given.recorders} recorders at once", many)
    show_fairness(many)
    limits = [min(pair) for pair in zip(reading, storing, strict=True)]
    print(
        f"\nlimits: reading {statistics.median(reading) / 1e6:.0f} MB/s, storing"
        f" {statistics.median(storing) / 1e6:.0f} MB/s"
    )
    rate = statistics.median(run.rate for run in many)
    print(f"{given.recorders} at once / one alone: {rate / statistics.median(run.rate for run in alone):.2f}")
    print(f"{given.recorders} at once / physical limit: {rate / statistics.median(limits):.2f}")


if __name__ == "__main__":
    main()
