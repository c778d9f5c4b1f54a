"""When two dockings are one visit: a recorder was pulled out in mid-copy and soon plugged in again. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

from ingest.journal.rows import DockingRow

RESUMED_WITHIN = timedelta(minutes=5)
"""From the pull to plugging in again, by the station's clock. Whoever comes later may be somebody else."""


def resumes(later: DockingRow, before: DockingRow) -> bool:
    """Whether `later` carries on with what a pull interrupted at `before`, the docking of this recorder just before it.

    It must be the same card in the same recorder, beyond doubt: one of several with the same serial is nobody's.
    """
    if before.reason != "unplugged" or before.ended is None:
        return False
    one, other = before.recorder, later.recorder
    same = (one.serial, one.serial_source, one.filesystem_id) == (
        other.serial,
        other.serial_source,
        other.filesystem_id,
    )
    if not same or one.same_serial or other.same_serial:
        return False
    return timedelta(0) <= later.started - before.ended <= RESUMED_WITHIN


def interrupted_parts(dockings: Sequence[DockingRow]) -> list[DockingRow]:
    """Answer the dockings a name picked at the first of `dockings` is said of as well.

    `dockings` are one recorder's, the latest first. Left out, with all before them, are those of another visit, those
    at which somebody else was named, and those whose recorder the server knew a holder of.
    """
    parts: list[DockingRow] = []
    for later, before in pairwise(dockings):
        held = before.answer is not None and before.answer.holder is not None
        if not resumes(later, before) or held or before.picked not in {None, dockings[0].picked}:
            break
        parts.append(before)
    return parts
