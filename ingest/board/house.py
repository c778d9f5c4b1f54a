"""The running station as its board sees it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from uuid import UUID

from ingest.desk import Desk
from ingest.handover.patience import Trouble
from ingest.protocol import OfficerName
from ingest.recorders.finding import Finder
from ingest.spool import DamagedSpool, damaged_spools


class StationHouse:
    """See `ingest.board.facts.House`."""

    def __init__(self, desk: Desk, finder: Finder) -> None:
        self._desk = desk
        self._finder = finder

    def plugged(self) -> set[str]:
        """Answer the slots with something in them."""
        return self._finder.plugged()

    def dockings(self) -> dict[str, UUID | None]:
        """Answer the docking of what is in each slot, None while it has not begun."""
        return self._finder.dockings()

    def stuck(self) -> dict[str, tuple[str, str]]:
        """Answer slots in which something cannot be opened."""
        return {one.slot: (one.word, one.detail) for one in self._finder.stuck()}

    def troubles(self) -> Trouble | None:
        """Answer what keeps recordings from the server."""
        return self._desk.handover.trouble

    def away_since(self) -> float | None:
        """Answer since when the server does not answer."""
        return self._desk.away_since

    def spool_full(self) -> bool:
        """Whether copying waits for room."""
        return self._desk.room.full

    def spool_free(self) -> int | None:
        """Answer free bytes of the spool's disk, above what is kept free."""
        with contextlib.suppress(OSError):
            return max(0, self._desk.spool.folder.room() - self._desk.settings.disk_reserve)
        return None

    def set_aside(self) -> int:
        """Answer the number of files nobody vouches for."""
        with contextlib.suppress(OSError):
            return len(self._desk.spool.aside.names())
        return 0

    def damaged(self) -> Sequence[DamagedSpool]:
        """Answer the spools that were set aside whole."""
        with contextlib.suppress(OSError):
            return damaged_spools(self._desk.spool.path.parent)
        return ()

    def officers(self) -> Sequence[OfficerName]:
        """Answer all names the station knows."""
        return self._desk.keeper.officers.names
