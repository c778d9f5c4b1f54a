"""The few things people do at the board: say who recorded, and confirm that a recorder's archived files may go."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from ingest.board.facts import Noticeboard
from ingest.journal.journal import Journal
from ingest.journal.rows import DockingRow
from ingest.protocol import PickedOfficer

NAME_LIMIT = 128


class NotDone(Exception):
    """Nothing was changed; `word` says why (see `ingest.words.words`)."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class Acts:
    """What the board may change. Any of it may raise NotDone, SpoolFull, SpoolFailed."""

    def __init__(
        self,
        journal: Journal,
        notices: Noticeboard,
        confirmed: Callable[[UUID, str], bool],
        told: Callable[[], None],
    ) -> None:
        """`confirmed`: tells the running docking, answers whether there is one; `told`: there is a pick to send."""
        self._journal = journal
        self._notices = notices
        self._confirmed = confirmed
        self._told = told

    def pick(self, docking: UUID, number: str) -> None:
        """Somebody says who made this docking's recordings; the last word counts."""
        row = self._current(docking)
        if not any(officer.number == number for officer in self._notices.offered(row)):
            raise NotDone("board-act-name")
        self._journal.officer_picked(docking, PickedOfficer(number=number, picked_at=datetime.now(UTC)))
        self._told()

    def confirm(self, docking: UUID, by: str) -> None:
        """Somebody called `by` says that what the archive holds may leave the recorder."""
        self._current(docking)
        name = " ".join("".join(c if c.isprintable() else " " for c in by).split())[:NAME_LIMIT]
        if not name:
            raise NotDone("board-act-by")
        view = self._notices.view_of(docking)
        if view is None or not view.to_confirm:
            raise NotDone("board-act-clearable")
        if not self._confirmed(docking, name):
            raise NotDone("board-act-unknown")

    def _current(self, docking: UUID) -> DockingRow:
        """Answer a docking whose recorder is still plugged in. Raises NotDone."""
        for shown in self._notices.facts().slots:
            if shown.facts.plugged and shown.facts.docking is not None and shown.facts.docking.id == docking:
                return shown.facts.docking
        raise NotDone("board-act-unknown")
