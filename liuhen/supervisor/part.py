"""What the supervisor is told of a part, and what it knows of it while it runs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path


class State(StrEnum):
    """Where a part stands; the value is what a person reads."""

    WAITING = "waiting"  # for the parts it comes after
    STARTING = "starting"
    READY = "ready"
    SILENT = "not answering"
    RESTARTING = "restarting"  # it died and waits for its next try
    FAILING = "failing"  # it dies again and again; still tried, slowly
    DONE = "done"  # a step that runs once ended well
    FAILED = "failed"  # a step that runs once ended badly
    STOPPING = "stopping"
    STOPPED = "stopped"


class Unhealthy(Exception):
    """A part does not do its work; the message says what was tried and seen."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process to keep alive, or with `once` one step to run to its end."""

    name: str
    command: Sequence[str]
    check: Callable[[], None] | None = None
    """Raises any exception while the part does not do its work; None: ready when it has lived `alive_seconds`."""
    alive_seconds: float = 1.0
    after: tuple[str, ...] = ()
    """Names of parts that must be ready (or done) before the first start of this one."""
    address: str = ""
    """What a person may want to know: host and port, or a folder."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Added to the supervisor's own environment, or with `alone` the whole of it."""
    alone: bool = False
    folder: Path | None = None
    user: str | None = None
    """OS user to run as; only root can give one."""
    before_start: Callable[[], None] | None = None
    """Called just before every start, such as to write configuration files."""
    once: bool = False
    shown: bool = False
    """What it prints goes to the terminal, not into a log file."""
    start_seconds: float = 60.0
    """How long it may take to become ready before it counts as dead."""
    check_seconds: float = 10.0
    """Time between two checks of a part that is ready."""
    hung_seconds: float | None = None
    """After how long without a good check it is killed and started again; None: never."""
    stop_rank: int = 0
    """Parts of the lowest rank are stopped first; the next rank follows when they are gone."""
    killed_is_fine: bool = False
    """Its end by force is part of the plan and needs no mention."""
    stop_signals: tuple[tuple[signal.Signals, float], ...] = ((signal.SIGTERM, 10.0),)
    """Signals in order, each with the seconds to wait; what is left after the last is killed."""
