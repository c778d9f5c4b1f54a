"""Read a file's headers and tags: `describe`. Hostile files are parsed in a sandboxed child process."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from workers.media.facts import Description


def describe(path: Path, file_name: str, *, modified: datetime | None = None) -> Description:
    """Say what `path` holds.

    `file_name` is the name it had on the recorder (as shown, with folders), `modified` the file system's time of
    it there (aware), kept as one more statement about time. Never raises for a damaged file: the answer then holds
    what could be read, and warnings. Raises OSError when `path` itself cannot be opened.
    """
    raise NotImplementedError


def to_json(description: Description) -> dict[str, object]:
    """The description as plain JSON values, for the catalog."""
    raise NotImplementedError


def from_json(value: object) -> Description:
    """The description back from `to_json`'s answer. Raises pydantic.ValidationError."""
    raise NotImplementedError
