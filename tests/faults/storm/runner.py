"""Runs many worlds, some processes at once, and puts what came of them into a table."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).absolute().parents[3]


@dataclass
class Storm:
    """What came of all worlds."""

    seed: int
    worlds: list[dict[str, Any]] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    """What the processes said that did not run to their end."""

    def total(self, name: str) -> int:
        return sum(int(world[name]) for world in self.worlds)

    @property
    def faults(self) -> Counter[str]:
        counted: Counter[str] = Counter()
        for world in self.worlds:
            counted.update(world["faults"])
        return counted

    @property
    def objections(self) -> list[str]:
        said = [
            f"world {world['world']} (again with: --storm-seed {self.seed}, or python -m tests.faults.storm"
            f" --seed {self.seed} --worlds {world['world']}-{world['world']} --keep FOLDER): {objection}"
            for world in self.worlds
            for objection in world["objections"]
        ]
        return said + self.broken

    def table(self) -> str:
        """Runs, faults by kind, losses."""
        losses = sum("lost:" in objection or "nowhere" in objection for objection in self.objections)
        rows: list[tuple[str, object]] = [
            ("seed", self.seed),
            ("worlds", len(self.worlds)),
            ("dockings", self.total("dockings")),
            ("station processes", self.total("processes")),
            ("files recorded", self.total("files")),
            ("MB recorded", self.total("bytes") // 1_000_000),
            ("spool files freed", self.total("freed")),
            ("files cleared from cards", self.total("cleared")),
            ("faults that struck", sum(self.faults.values())),
            *((f"  {kind}", self.faults[kind]) for kind in sorted(self.faults) if self.faults[kind]),
            ("objections of the checker", len(self.objections)),
            ("losses", losses),
        ]
        return "\n".join(f"{name:32}{value:>10}" for name, value in rows)


def run_storm(
    seed: int,
    worlds: int,
    *,
    dockings: int = 8,
    processes: int = 2,
    options: Sequence[str] = (),
    seconds: float = 600.0,
) -> Storm:
    """Run worlds 0 to `worlds` - 1. One that breaks its process shows among the objections."""
    share = -(-worlds // processes)
    running = []
    for first in range(0, worlds, share):
        last = min(worlds, first + share) - 1
        command = [
            sys.executable,
            "-m",
            "tests.faults.storm",
            "--seed",
            str(seed),
            "--worlds",
            f"{first}-{last}",
        ]
        running.append(
            subprocess.Popen(
                [*command, "--dockings", str(dockings), *options],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    storm = Storm(seed)
    for process in running:
        try:
            said, wrong = process.communicate(timeout=seconds)
        finally:
            process.kill()
        storm.worlds += [json.loads(line) for line in said.splitlines()]
        if process.returncode not in {0, 1}:
            storm.broken.append(f"a storm's process ended with {process.returncode}: {wrong[-2000:]}")
    if len(storm.worlds) != worlds and not storm.broken:
        storm.broken.append(f"{len(storm.worlds)} of {worlds} worlds were run")
    return storm
