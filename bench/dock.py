"""Docking against a careful administrator's script, on the same storage, in the same run.

The card: 2 GiB in 8 recordings and 500 photos, fresh random bytes each round (so that nothing is held already).
Ours: `liuhen dock` from mounted card to the last receipt: copy with both digests and part digests, fsync, read back,
upload, lock, register, signed receipt. Theirs: `cp` and fsync, `sha256sum`, upload by `s5cmd`, lock set afterwards
and read back, one object after the other as a script does.

Both start with a cold page cache where we may drop it. Rounds alternate; the order within a round changes. Before
each run everything received earlier is let be verified; describing and rendering go on at the lowest priority.

    python -m bench.dock [--rounds 3] [--recordings 8] [--photos 500] [--mib 256]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from liuhen.settings import load
from storage.store import ObjectStore

PHOTO_BYTES = 400_000


@dataclass
class Outcome:
    """One run: seconds on the wall, and CPU seconds by process."""

    wall: float
    cpu: dict[str, float] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)


class System:
    """A one-machine system of its own in a temporary folder, started as a user would."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.data = folder / "var"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "liuhen", "up", "--data", str(self.data), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "is ready" in line:
                break
        else:
            raise SystemExit("the system did not start:\n" + "".join(said))
        os.set_blocking(self.process.stdout.fileno(), False)
        self.settings = load(self.data)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)

    def cpu(self) -> dict[str, float]:
        """CPU seconds used so far, by part."""
        used: dict[str, float] = {}
        for child in psutil.Process(self.process.pid).children(recursive=True):
            try:
                times = child.cpu_times()
                name = _part(child.cmdline())
            except psutil.Error:
                continue
            used[name] = (
                used.get(name, 0.0) + times.user + times.system + times.children_user + times.children_system
            )
        return used

    def settle(self) -> None:
        """Wait until all is verified; describing and rendering go on at the lowest priority, beside both alike."""
        path = self.settings.catalog.database_url.removeprefix("sqlite:///")
        while True:
            with sqlite3.connect(path) as connection:
                (left,) = connection.execute(
                    "SELECT count(*) FROM stages WHERE stage = 'verify' AND state IN ('pending', 'running')"
                ).fetchone()
            connection.close()
            if not left:
                return
            time.sleep(0.5)


def _part(command: list[str]) -> str:
    line = " ".join(command)
    for word, name in (
        ("gunicorn", "web"),
        ("redis-server", "queue"),
        ("--hostname intake@", "worker-intake"),
        ("--hostname pictures@", "worker-pictures"),
        ("--hostname media@", "worker-media"),
        ("beat", "beat"),
        ("station-agent", "station"),
        ("weed", "storage"),
    ):
        if word in line:
            return name
    return "other"


def make_card(folder: Path, recordings: int, photos: int, mib: int) -> int:
    """Fill a card with fresh random bytes; answer how many."""
    shutil.rmtree(folder, ignore_errors=True)
    total = 0
    for n in range(recordings):
        path = folder / "DCIM" / "100MEDIA" / f"DSJ0412_20261123{n:06d}_{n:04d}.MP4"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:
            for _ in range(mib // 16):
                total += out.write(os.urandom(16 << 20))
    for n in range(photos):
        path = folder / "DCIM" / "101PHOTO" / f"IMG_{n:04d}.JPG"
        path.parent.mkdir(parents=True, exist_ok=True)
        total += path.write_bytes(os.urandom(PHOTO_BYTES))
    os.sync()
    return total


def drop_caches() -> bool:
    """Empty the page cache, where we may."""
    try:
        Path("/proc/sys/vm/drop_caches").write_text("3")
    except OSError:
        return False
    return True


def ours(system: System, card: Path) -> Outcome:
    """`liuhen dock`, as a person calls it."""
    before, started = system.cpu(), time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "liuhen", "dock", str(card), "--json", "--data", str(system.data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    out, err = process.communicate()
    wall = time.monotonic() - started
    if process.returncode:
        raise SystemExit(
            f"liuhen dock ended with {process.returncode}:\n{err.decode()}\n{out.decode()[-2000:]}"
        )
    files = json.loads(out)["files"]
    assert all(f["receipt"] for f in files) if "receipt" in files[0] else files
    after = system.cpu()
    cpu = {name: after.get(name, 0) - before.get(name, 0) for name in after}
    cpu["dock"] = _children_cpu()
    return Outcome(wall, cpu)


_counted = [0.0]


def _children_cpu() -> float:
    """CPU seconds of children that ended since the last call."""
    times = os.times()
    total = times.children_user + times.children_system
    used, _counted[0] = total - _counted[0], total
    return used


def theirs(system: System, card: Path, desk: Path) -> Outcome:
    """Copy, hash, upload, lock: each for the whole card, as a careful script does it."""
    shutil.rmtree(desk, ignore_errors=True)
    _children_cpu()
    before, started = system.cpu(), time.monotonic()
    steps: dict[str, float] = {}

    def step(name: str, act: Callable[[], object]) -> None:
        begun = time.monotonic()
        act()
        steps[name] = time.monotonic() - begun

    storage = system.settings.storage
    key = storage.access_key("everyday")
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret_key.get_secret_value(),
        "AWS_REGION": storage.region,
    }
    prefix = f"originals/bench-{time.time_ns()}"
    step("copy with fsync", lambda: _copy(card, desk))
    step(
        "sha256sum",
        lambda: subprocess.run(
            f"find {desk} -type f -print0 | xargs -0 sha256sum > {desk.parent / 'sums'}",
            shell=True,
            check=True,
        ),
    )
    s5cmd = Path(sys.executable).parent / "s5cmd"
    step(
        "s5cmd upload",
        lambda: subprocess.run(
            [
                s5cmd,
                "--log",
                "error",
                "--endpoint-url",
                storage.endpoint_url,
                "cp",
                f"{desk}/",
                f"s3://{storage.evidence_bucket}/{prefix}/",
            ],
            env=environment,
            check=True,
        ),
    )
    wall_before_lock = time.monotonic()
    store = ObjectStore(storage, storage.evidence_bucket)
    until = datetime.now(UTC) + timedelta(days=184)
    for listed in list(store.list_versions(prefix)):
        store.extend_lock(listed.key, listed.version, until)
        assert store.facts(listed.key, listed.version).lock_mode == "COMPLIANCE"
    store.close()
    steps["lock and read back"] = time.monotonic() - wall_before_lock
    wall = time.monotonic() - started
    after = system.cpu()
    cpu = {name: after.get(name, 0) - before.get(name, 0) for name in after}
    cpu["script"] = _children_cpu()
    shutil.rmtree(desk)
    return Outcome(wall, cpu, steps)


def _copy(card: Path, desk: Path) -> None:
    subprocess.run(["cp", "-r", str(card), str(desk)], check=True)
    files = [str(p) for p in desk.rglob("*") if p.is_file()]
    subprocess.run(["sync", *files], check=True)


def show(name: str, runs: list[Outcome], size: int) -> None:
    walls = [r.wall for r in runs]
    middle = statistics.median(walls)
    print(
        f"\n{name}: {middle:.1f} s ({min(walls):.1f}-{max(walls):.1f}), {size / middle / 1e6:.0f} MB/s, n={len(runs)}"
    )
    for what, field_name in (("CPU seconds", "cpu"), ("wall seconds", "steps")):
        names = sorted({n for r in runs for n in getattr(r, field_name)})
        if names:
            parts = {n: statistics.median([getattr(r, field_name).get(n, 0.0) for r in runs]) for n in names}
            print(f"  {what}: " + ", ".join(f"{n} {v:.1f}" for n, v in parts.items() if v >= 0.05))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--recordings", type=int, default=8)
    parser.add_argument("--photos", type=int, default=500)
    parser.add_argument("--mib", type=int, default=256)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(
        prefix="liuhen-bench-", dir=os.environ.get("LIUHEN_BENCH_FOLDER")
    ) as name:
        folder = Path(name)
        folder.chmod(0o755)
        system = System(folder)
        try:
            mine: list[Outcome] = []
            other: list[Outcome] = []
            cold = True
            size = 0
            for turn in range(given.rounds):
                contestants: list[Callable[[], None]] = [
                    lambda: mine.append(ours(system, folder / "card")),
                    lambda: other.append(theirs(system, folder / "card", folder / "desk")),
                ]
                for contestant in contestants if turn % 2 == 0 else reversed(contestants):
                    size = make_card(folder / "card", given.recordings, given.photos, given.mib)
                    system.settle()
                    cold = drop_caches() and cold
                    _children_cpu()
                    contestant()
            print(
                f"card: {given.recordings} recordings of {given.mib} MiB, {given.photos} photos, {size / 1e9:.2f} GB; "
                f"{os.cpu_count()} cores; page cache {'cold' if cold else 'NOT dropped (no right to)'}"
            )
            show("liuhen dock, to the last `received`", mine, size)
            show("cp+fsync, sha256sum, s5cmd, lock afterwards", other, size)
            ratio = statistics.median(r.wall for r in mine) / statistics.median(r.wall for r in other)
            print(f"\nratio of medians (ours / theirs): {ratio:.2f}   goal: at most 1.00")
        finally:
            system.stop()


if __name__ == "__main__":
    main()
