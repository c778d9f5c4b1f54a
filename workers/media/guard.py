"""Limits on the processes that touch hostile files: they die with their parent, and give way to everything else."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
from collections.abc import Sequence
from functools import cache

NICENESS = 10


@cache
def _setpriv() -> str | None:
    return shutil.which("setpriv")


def guarded(command: Sequence[str]) -> list[str]:
    """`command` so that the kernel ends it when this process dies: a killed worker leaves no encoder running.

    Uses util-linux's `setpriv`, an essential package on Debian; without it the command stands as it is.
    """
    setpriv = _setpriv()
    return [setpriv, "--pdeathsig", "KILL", *command] if setpriv else list(command)


def be_modest(pid: int, *, memory: int, file_size: int) -> None:
    """Lower the priority of process `pid` and cap its address space and the files it writes, in bytes each."""
    with contextlib.suppress(OSError):  # it may have ended already
        os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
        resource.prlimit(pid, resource.RLIMIT_AS, (memory, memory))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (file_size, file_size))
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))
