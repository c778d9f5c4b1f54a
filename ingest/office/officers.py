"""Names to pick from while the server is away: its register as it last said it, kept on the station's disk."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field

from ingest.copying.durable import TEMPORARY, Folder
from ingest.errors import SpoolFailed, SpoolFull
from ingest.journal.rows import DockingRow
from ingest.protocol import Message, OfficerName

FILE = "officers.json"

log = logging.getLogger(__name__)


class _Kept(Message):
    """What the file holds."""

    mark: str = Field(max_length=64)
    officers: list[OfficerName] = Field(max_length=500)


class KnownOfficers:
    """The list the server last sent. One thread keeps it, any may read it; a file that is broken is none."""

    def __init__(self, folder: Path) -> None:
        """Read what `folder`, which nobody else writes in, holds from an earlier run."""
        self._folder = folder
        self.names: tuple[OfficerName, ...] = ()
        self.mark = ""
        """The server's mark of this list; empty while it has to be sent again."""
        with contextlib.suppress(OSError, ValueError):
            kept = _Kept.model_validate_json((folder / FILE).read_bytes())
            self.names, self.mark = tuple(kept.officers), kept.mark
        with contextlib.suppress(OSError):
            for left in folder.glob(f".{FILE}.*{TEMPORARY}"):
                left.unlink()

    def keep(self, names: Sequence[OfficerName], mark: str) -> None:
        """Take over a list and write it down; where that fails, it is asked for again, and good until the station stops."""
        self.names, self.mark = tuple(names), ""
        try:
            self._write(_Kept(mark=mark, officers=list(names)).model_dump_json(indent=1).encode())
        except (OSError, SpoolFull, SpoolFailed) as error:
            log.debug("the names to pick from could not be written down: %s", error)
            return
        self.mark = mark

    def _write(self, data: bytes) -> None:
        folder = Folder(self._folder)
        try:
            draft = folder.create(FILE)
            try:
                draft.write(memoryview(data), 0)
                draft.flush()
                folder.publish([draft])
            finally:
                draft.discard()
        finally:
            folder.close()


def offered(docking: DockingRow, known: Sequence[OfficerName]) -> Sequence[OfficerName]:
    """Answer the names to pick from: as the server says of this docking, else all that are `known` here.

    None when the server knows who it is, or the recorder's own file names state somebody who is known.
    """
    if docking.answer is not None:
        return docking.answer.officers
    stated = {number for number in docking.recorder.officer_numbers if number.strip("0")}
    return () if any(one.number in stated for one in known) else known


def picked_name(docking: DockingRow, known: Sequence[OfficerName]) -> str:
    """Answer the name of whom somebody picked, the number where it is not known; empty when nobody was."""
    if docking.picked is None:
        return ""
    number = docking.picked.number
    names = [*(docking.answer.officers if docking.answer else ()), *known]
    return next((one.name for one in names if one.number == number), number)
