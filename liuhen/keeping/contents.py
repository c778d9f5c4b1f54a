"""What goes into a back-up, by rule and not by list: whatever a later version keeps among the secrets is in it too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

FOLDERS = ("secrets", "tls")
"""Taken whole."""
SETTINGS = (".json", ".toml")
"""Files of these endings, directly in the data folder, are settings (`ports.json`, `station.toml`)."""
_WHY = {
    "storage": "the originals themselves: they have a back-up of their own",
    "spool": "this machine's docking station: its journal, and copies that wait to be handed over",
    "catalog": "taken as a snapshot",
    "queue": "hints only; the catalog knows what is to be done",
    "logs": "what the parts said",
    "run": "of the running system",
    "scratch": "copies of originals for working on",
}


class CannotTake(Exception):
    """Something that must be in the back-up cannot be; the message says what."""


def files_of(data: Path) -> Iterator[tuple[str, Path]]:
    """Answer every file that goes in, as name in the back-up and place. Raises CannotTake for what is no plain file."""
    for folder in FOLDERS:
        root = data / folder
        for path in sorted(root.rglob("*")):
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise CannotTake(f"{path} is no plain file; put the file itself there")
            if path.is_file() and not path.name.startswith("."):  # a dot: being written, by another process
                yield path.relative_to(data).as_posix(), path
    for path in sorted(data.iterdir()):
        if path.suffix in SETTINGS and path.is_file() and not path.is_symlink():
            yield path.name, path


def left_out(data: Path) -> list[str]:
    """Answer what else lies in the data folder, with why it is not in the back-up where that is known."""
    taken = {*FOLDERS, *(path.name for path in data.iterdir() if path.suffix in SETTINGS)}
    names = sorted(path.name for path in data.iterdir() if path.name not in taken)
    return [f"{name} ({_WHY[name]})" if name in _WHY else name for name in names if name != "catalog"]


def overruled() -> list[str]:
    """Answer the names of the variables in which this system is told something; they may hold passwords."""
    return sorted(name for name in os.environ if name.startswith("LIUHEN_") and name != "LIUHEN_DATA")
