"""Every part runs in an OS session of its own, so that all it started can be found again and ended.

Also used by `warden.py`, which runs without third-party packages: standard library only.
"""

from __future__ import annotations

import contextlib
import os


def members(session: int) -> list[int]:
    """Answer the process ids that belong to OS session `session` and still run (zombies are left out)."""
    found = []
    for entry in os.listdir("/proc"):  # noqa: PTH208  (names are all we need)
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/stat", "rb") as stat:  # noqa: PTH123
                # The name in brackets may itself hold brackets and spaces; what follows the last one is regular.
                fields = stat.read().rpartition(b")")[2].split()
        except OSError:
            continue  # it ended while we looked
        state, its_session = fields[0], int(fields[3])
        if its_session == session and state not in b"ZX":
            found.append(int(entry))
    return found


def send(session: int, number: int) -> bool:
    """Send signal `number` to all of `session`; answer whether anybody was left to get it."""
    found = members(session)
    for pid in found:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)
    return bool(found)
