"""Sheets on the station's disk: written down durably before they are sent, so that each repetition is the same bytes."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from ingest.copying.durable import TEMPORARY, Folder

_ENDING = ".sheet"


@dataclass(frozen=True, slots=True)
class Shelved:
    """What is known of a sheet on the shelf without reading its list."""

    docking: UUID
    revision: int
    public_key: str
    signature: str
    content: str
    """Digest of all that matters in it: a sheet that would have the same is not made again."""
    settled: bool
    """Whether nothing of the docking can change any more by itself."""

    @property
    def name(self) -> str:
        """Its file."""
        return f"{self.docking}-{self.revision}{_ENDING}"


class Shelf:
    """A folder of sheets: in each file one line about it, then its exact bytes. Every method raises OSError, SpoolFailed."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def _folder(self) -> Iterator[Folder]:
        folder = Folder(self._path)
        try:
            yield folder
        finally:
            folder.close()

    def put(self, sheet: Shelved, body: bytes) -> None:
        """Write a sheet down; on return it survives a power cut."""
        about = {**asdict(sheet), "docking": str(sheet.docking)}
        with self._folder() as folder:
            draft = folder.create(sheet.name)
            try:
                head = json.dumps(about).encode() + b"\n"
                draft.write(memoryview(head), 0)
                draft.write(memoryview(body), len(head))
                draft.flush()
                folder.publish([draft])
            finally:
                draft.discard()

    def all(self) -> list[Shelved]:
        """Answer what lies here; what was never finished is removed."""
        found = []
        with self._folder() as folder:
            for name in sorted(folder.names()):
                if name.endswith(TEMPORARY):
                    folder.remove(name)
                elif name.endswith(_ENDING) and (sheet := self._about(name)) is not None:
                    found.append(sheet)
        return found

    def get(self, docking: UUID, revision: int) -> tuple[Shelved, bytes] | None:
        """Answer a sheet and its exact bytes; None when it is not here, or is no sheet."""
        name = f"{docking}-{revision}{_ENDING}"
        sheet = self._about(name)
        if sheet is None:
            return None
        with (self._path / name).open("rb") as file:
            file.readline()
            return sheet, file.read()

    def remove(self, sheet: Shelved) -> None:
        """Take a sheet off the shelf."""
        with contextlib.suppress(FileNotFoundError):
            (self._path / sheet.name).unlink()

    def _about(self, name: str) -> Shelved | None:
        try:
            with (self._path / name).open("rb") as file:
                about = json.loads(file.readline())
            return Shelved(**{**about, "docking": UUID(about["docking"])})
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None
