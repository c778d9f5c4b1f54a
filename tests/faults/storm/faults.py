"""The faults, and how one docking's share of them is drawn."""

from __future__ import annotations

import errno
import random
from dataclasses import dataclass, field
from typing import Any

from tests.faults.storm import way
from tests.faults.storm.agent import STEPS

HOUR = 3600.0

DEATHS = ("killed between writes", "killed at a state", "killed at some time")
DISK = ("disk full", "disk error", "short writes")
CARD = ("unplugged", "short reads", "hiccups", "vanished", "changed while read")
WAY = tuple(f"way: {kind}" for kind in way.KINDS)
OFFICE = ("storage away", "office away", "forged statements", "late verification")
CLOCK = ("clock forward", "clock back")
BETWEEN = ("spool bytes damaged", "spool file gone", "journal lost", "journal older")
KINDS = (*DEATHS, *DISK, *CARD, *WAY, *OFFICE, *CLOCK, *BETWEEN)


@dataclass
class Fate:
    """What befalls one run of the station. `inside` travels to its process."""

    kinds: list[str] = field(default_factory=list)
    inside: dict[str, Any] = field(default_factory=dict)
    kill_after: float = 0.0
    weather: list[way.Weather] = field(default_factory=list)
    storage_away: tuple[float, float] | None = None
    office_away: tuple[float, float] | None = None
    forging: float = 0.0
    lazy: float = 0.0
    between: str = ""


def draw_fate(draw: random.Random, *, only: str = "") -> Fate:
    """Draw one fault, sometimes two of them, rarely none. Deaths are half of all: they are what most goes wrong at."""
    fate = Fate()
    fate.inside["card"] = {"seed": draw.randrange(1 << 30)}
    number = draw.choices((0, 1, 2), (5, 70, 25))[0]
    kinds = [only] if only else [draw.choice(draw.choice((DEATHS, DEATHS, DISK, CARD, WAY, WAY, OFFICE, CLOCK, BETWEEN)))
                                 for _ in range(number)]  # fmt: skip
    for kind in dict.fromkeys(kinds):
        _add(fate, kind, draw)
    return fate


def _add(fate: Fate, kind: str, draw: random.Random) -> None:
    fate.kinds.append(kind)
    inside, card = fate.inside, fate.inside["card"]
    match kind:
        case "killed between writes":
            inside["die_at"] = int(2 ** draw.uniform(0, 8))
            inside["die_before"] = draw.random() < 0.5
        case "killed at a state":
            inside["step"] = {
                "name": draw.choice(STEPS),
                "before": draw.random() < 0.5,
                "nth": draw.choice((1, 1, 1, 2, 3)),
            }
        case "killed at some time":
            fate.kill_after = draw.uniform(0.02, 0.8)
        case "disk full" | "disk error":
            first = int(2 ** draw.uniform(0, 7.5))
            inside["fail_from"] = first
            inside["fail_to"] = first + int(2 ** draw.uniform(0, 10)) - 1
            inside["fail_with"] = errno.ENOSPC if kind == "disk full" else errno.EIO
        case "short writes":
            inside["short_from"] = draw.randrange(1, 40)
        case "unplugged":
            card["unplug_after"] = int(2 ** draw.uniform(4, 22))
        case "short reads":
            card["short"] = True
        case "hiccups":
            card["hiccups"] = draw.randrange(1, 3)  # a third would look like a bad spot
        case "vanished":
            card["vanish"] = draw.randrange(1, 4)
        case "changed while read":
            card["touch"] = draw.randrange(1, 4)
        case "storage away":
            fate.storage_away = (draw.uniform(0, 0.3), draw.uniform(0.1, 1.0))
        case "office away":
            fate.office_away = (draw.uniform(0, 0.3), draw.uniform(0.1, 1.0))
        case "forged statements":
            fate.forging = draw.choice((0.3, 1.0))
        case "late verification":
            fate.lazy = draw.choice((0.5, 1.0))
        case "clock forward":
            inside["clock"] = {
                "shift": draw.choice((5 * HOUR, 23 * HOUR, 26 * HOUR, 9000 * HOUR)),
                "after": 0.2,
            }
        case "clock back":
            inside["clock"] = {
                "shift": -draw.choice((0.2, 5 * HOUR, 30 * HOUR, 200_000 * HOUR)),
                "after": 0.2,
            }
        case _ if kind in BETWEEN:
            fate.between = kind
        case _:
            weather = way.Weather(kind.removeprefix("way: "), draw.uniform(0.1, 0.9), draw.randrange(1, 8))
            fate.weather.append(weather)
