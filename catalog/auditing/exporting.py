"""The custody log as JSON Lines, so that an outsider can recompute its tree: records, places, leaf digests.

The records are those committed to: what is private in them are salted digests, and neither a value nor a salt leaves. The
file is made line by line; neither the log nor the file is ever in memory. What the lines hold:
`docs/maintainers/custody-export.md`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.custody.projection import newest_place, outward, placed
from catalog.custody.record import canonical, utc_text
from catalog.database import Database
from catalog.refused import Refused
from catalog.rules.giving_out import Reason
from catalog.rules.tree_root import TreeRoot

WHAT = "liuhen custody log export"
VERSION = 1
WHY = ("no-such-range",)


class CannotExport(Refused):
    """Nothing was exported; `why` is one of `WHY`."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What an export holds: the entries from place `first` on, `count` of them, and the root of the log up to there."""

    first: int
    count: int
    root: str
    before: tuple[tuple[int, str], ...]
    """Roots of the full subtrees of what comes before `first`, with their heights."""
    made_at: datetime

    @property
    def size(self) -> int:
        """Entries of the log that the root is over."""
        return self.first + self.count


def begin_export(
    database: Database,
    *,
    actor: Actor,
    reason: Reason,
    first: int = 0,
    last: int | None = None,
    now: datetime,
) -> Extent:
    """Enter an export of the places `first` to `last` (None: the newest), and answer what it will hold.

    The entry is committed before a line leaves. Raises CannotExport for places there are not.
    """
    with database.read() as session:
        newest = newest_place(session)
    end = newest if last is None else last
    if newest is None or end is None or not 0 <= first <= end <= newest:
        raise CannotExport("no-such-range")
    tree = TreeRoot()
    before: tuple[tuple[int, str], ...] = ()
    for place, leaf, _record in placed(database, 0, end, records=False):
        if place == first:
            before = tuple(tree.peaks())
        tree.add(bytes.fromhex(leaf))
    extent = Extent(first, end - first + 1, tree.root(), before, now)
    with database.write() as session:
        add_entry(
            session,
            actor=actor,
            action="custody.exported",
            subjects={},
            facts={"from": first, "count": extent.count, "size": extent.size, "root": extent.root},
            private=reason.private(),
            now=now,
        )
    return extent


def export_lines(database: Database, extent: Extent) -> Iterator[bytes]:
    """Give the lines of an export in order, each with its line feed: what it is, the entries, the digest over all of it."""
    digest = hashlib.sha256()

    def line(text: str) -> bytes:
        made = f"{text}\n".encode()
        digest.update(made)
        return made

    yield line(_first_line(extent))
    for entry in placed(database, extent.first, extent.size - 1, records=True):
        yield line(outward(entry))
    yield line(canonical({"end": True, "entries": extent.count, "sha256": digest.hexdigest()}))


def _first_line(extent: Extent) -> str:
    return canonical(
        {
            "what": WHAT,
            "version": VERSION,
            "made_at": utc_text(extent.made_at),
            "from": extent.first,
            "count": extent.count,
            "size": extent.size,
            "root": extent.root,
            "before": [{"height": height, "root": root} for height, root in extent.before],
            "time_stamp": None,
        }
    )


def export_name(extent: Extent) -> str:
    """Answer what the file is called."""
    return f"custody-log-{extent.first}-{extent.size - 1}.jsonl"
