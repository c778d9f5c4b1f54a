"""Hostile files through everything the workers do with a recording, without catalog and queue.

Whatever a file is: describing, deciding how it is shown, measuring and rendering end by themselves, say what they
could not do, use bounded memory, leave nothing half done, and leave the file as it was.
"""

from __future__ import annotations

import hashlib
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.workers.media import mutants
from workers.media import analyse, describe
from workers.media.analyse import NotMeasured
from workers.media.facts import WARNINGS
from workers.media.playable import how_to_show
from workers.media.render import render

Recording = Callable[[str], Path]
SHORT = 32
"""Mutants in the short form, besides the monsters; a few seconds of every kind of file."""
SLICE, SLICES = 100, 11
"""The long form: so many mutants at a time, so many times."""
MOST_SECONDS = 240.0
"""One file may take so long on a busy machine. A reader's own limits are shorter; nothing here waits for them."""
MOST_MEMORY = 3 << 30
"""Bytes any child may hold resident; the readers' limits of address space are 3 GiB, FFmpeg's 6 GiB."""
WORKER_GROWTH = 256 << 20
"""Bytes this process may grow by: what comes from a file is never held here whole."""


@dataclass(slots=True)
class Tally:
    """How the files fared."""

    kinds: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    measured: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")

    def __str__(self) -> str:
        child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        lines = [
            f"{sum(self.kinds.values())} files; largest child {child} MiB, this process {own} MiB",
            f"  slowest: {self.slowest[0]:.1f} s ({self.slowest[1]})",
            *(
                f"  {name}: " + ", ".join(f"{key} {count}" for key, count in counter.most_common(12))
                for name, counter in (
                    ("kind", self.kinds), ("shown", self.shown), ("warnings", self.warnings),
                    ("measured", self.measured), ("not made", self.failures),
                )
            ),
        ]  # fmt: skip
        return "\n".join(lines)


def through(path: Path, name: str, tally: Tally) -> None:
    """Take one file through everything; fails where anything is not as it must be."""
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    began = time.monotonic()
    found = describe.describe(path, name)
    assert describe.from_json(describe.to_json(found)) == found
    assert {w.code for w in found.warnings} <= set(WARNINGS)
    assert len(found.tags) <= 200
    assert found.seconds is None or found.seconds >= 0
    tally.kinds[found.kind] += 1
    tally.warnings.update({w.code for w in found.warnings})
    tally.shown[how_to_show(found).how] += 1
    try:
        analysis = analyse.analyse(path, found)
    except NotMeasured as error:
        tally.measured[f"given up: {error}"] += 1
    else:
        outcome = "nothing to measure" if analysis is None else analysis.stopped or "whole"
        tally.measured[outcome if analysis is None or not analysis.safer else f"{outcome}, safer"] += 1
        if analysis is not None:
            assert analyse.from_json(analyse.to_json(analysis)) == analysis
            assert len(analysis.faults) <= 600
    with TemporaryDirectory(dir=path.parent) as scratch:
        made = render(path, found, Path(scratch))
        for each in made.renditions:
            assert each.path.stat().st_size == each.size > 0
            assert hashlib.sha256(each.path.read_bytes()).hexdigest() == each.sha256
        for failure in made.failures:
            assert failure.reason
            tally.failures[f"{failure.kind}: {failure.reason}"] += 1
        assert list(Path(scratch).glob(".*.part")) == []
    took = time.monotonic() - began
    assert took < MOST_SECONDS, f"{name} took {took:.0f} s"
    tally.slowest = max(tally.slowest, (took, name))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before, "the original was changed"


@pytest.fixture(scope="session")
def sources(recording: Recording) -> dict[str, bytes]:
    return {name: mutants.source(recording, name).read_bytes() for name in mutants.SOURCES}


@pytest.fixture
def tally(pytestconfig: pytest.Config) -> Iterator[Tally]:
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = Tally()
    yield found
    capture = pytestconfig.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\n{found}")
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss << 10 < MOST_MEMORY
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - own << 10 < WORKER_GROWTH


def all_through(files: dict[str, Path], tally: Tally) -> None:
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(through, path, name, tally) for name, path in files.items()]:
            done.result()


def mutated(sources: dict[str, bytes], numbers: range, folder: Path) -> dict[str, Path]:
    files = {}
    for number in numbers:
        name, data = mutants.mutant(sources, number)
        files[name] = folder / str(number)
        files[name].write_bytes(data)
    return files


def test_the_sources_are_sound(sources: dict[str, bytes], tmp_path: Path) -> None:
    """Otherwise the mutants would prove nothing."""
    for name in ("photo.heic", "plain.mp4", "voice.amr"):
        path = tmp_path / name
        path.write_bytes(sources[name])
        found = describe.describe(path, name)
        assert found.warnings == ()
        assert found.kind == "audio" or (found.width, found.height) in {(320, 176), (192, 108)}
        assert render(path, found, tmp_path).failures == ()


def test_the_same_number_gives_the_same_mutant(sources: dict[str, bytes]) -> None:
    for number in range(40):
        assert mutants.mutant(sources, number) == mutants.mutant(sources, number)


def test_mutants(sources: dict[str, bytes], tmp_path: Path, tally: Tally) -> None:
    all_through(mutated(sources, range(SHORT), tmp_path), tally)


def test_monsters(sources: dict[str, bytes], tmp_path: Path, tally: Tally) -> None:
    all_through(mutants.monsters(sources, tmp_path), tally)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(SLICES))
def test_eleven_hundred_mutants(sources: dict[str, bytes], tmp_path: Path, tally: Tally, part: int) -> None:
    all_through(mutated(sources, range(SHORT + part * SLICE, SHORT + (part + 1) * SLICE), tmp_path), tally)


def test_a_photo_that_is_no_photo_is_unreadable_and_crashes_no_reader(
    recording: Recording, tmp_path: Path
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(recording("photo.jpg").read_bytes()[:40])
    codes = {w.code for w in describe.describe(path, "a.jpg").warnings}
    assert "unreadable" in codes
    assert "parser-crashed" not in codes
