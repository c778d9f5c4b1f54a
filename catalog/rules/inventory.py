"""What of an object in storage departs from what the catalog says of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Word = Literal[
    "missing",
    "extra",
    "extra-version",
    "delete-marker",
    "size",
    "checksum",
    "metadata",
    "no-metadata",
    "no-lock",
    "lock-weaker",
    "lock-not-applied",
    "hold-missing",
]
"""The ways in which catalog and storage can disagree, as stable words."""
METADATA_FOR_REBUILDING = ("liuhen", "clip", "sha256", "sm3", "docking", "recorder", "sealed")
"""Without these of an original, the list of originals could not be made again from storage alone."""
METADATA_OF_DOCUMENTS = ("liuhen", "clip", "sha256", "sm3", "origin", "sealed")
"""The same of a document put in by the browser: there is neither docking nor recorder."""


class Seen(Protocol):
    """What is asked of the storage's answer; as `catalog.ports.SeenObject`."""

    @property
    def size(self) -> int: ...  # noqa: D102

    @property
    def sha256(self) -> str | None: ...  # noqa: D102

    @property
    def lock_mode(self) -> str | None: ...  # noqa: D102

    @property
    def lock_until(self) -> datetime | None: ...  # noqa: D102

    @property
    def hold(self) -> bool: ...  # noqa: D102

    @property
    def metadata(self) -> Mapping[str, str]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Expected:
    """What the catalog says lies in storage."""

    kind: str
    bucket: str
    key: str
    version: str
    """Empty where the bucket has no versions."""
    size: int
    """Bytes."""
    checksum: str | None = None
    """As the storage stated it when it was read back."""
    metadata: tuple[tuple[str, str], ...] = ()
    """Metadata that must be there with these values."""
    required: tuple[str, ...] = ()
    """Metadata that must be there."""
    locked: bool = False
    lock_until: datetime | None = None
    """Observed: when it was last read back."""
    lock_desired: datetime | None = None
    hold: bool = False
    clip: str = ""
    """The clip whose original it is."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement, with what was found in plain words."""

    word: Word
    kind: str
    bucket: str
    key: str
    version: str
    said: str = ""
    clip: str = ""


def compare(expected: Expected, seen: Seen) -> Iterator[Difference]:
    """Answer every way in which an object is not as the catalog says."""
    for word, said in _departures(expected, seen):
        yield Difference(
            word, expected.kind, expected.bucket, expected.key, expected.version, said, expected.clip
        )


def _departures(expected: Expected, seen: Seen) -> Iterator[tuple[Word, str]]:
    if seen.size != expected.size:
        yield "size", f"{seen.size} bytes instead of {expected.size}"
    if expected.checksum is not None and seen.sha256 != expected.checksum:
        yield "checksum", f"{seen.sha256} instead of {expected.checksum}"
    lacking = [
        name
        for name in dict.fromkeys([*expected.required, *(name for name, _ in expected.metadata)])
        if not seen.metadata.get(name)
    ]
    if lacking:
        yield "no-metadata", ", ".join(lacking)
    for name, value in expected.metadata:
        found = seen.metadata.get(name)
        if found and found != value:
            yield "metadata", f"{name}: {found} instead of {value}"
    if expected.locked:
        yield from _lock(expected, seen)
    if expected.hold and not seen.hold:
        yield "hold-missing", "no hold is on"


def _lock(expected: Expected, seen: Seen) -> Iterator[tuple[Word, str]]:
    if seen.lock_mode != "COMPLIANCE" or seen.lock_until is None:
        yield "no-lock", f"{seen.lock_mode or 'no lock'}"
    elif expected.lock_until is not None and seen.lock_until < expected.lock_until:
        yield "lock-weaker", f"until {seen.lock_until:%Y-%m-%d}, read back as {expected.lock_until:%Y-%m-%d}"
    elif expected.lock_desired is not None and seen.lock_until < expected.lock_desired:
        yield "lock-not-applied", f"until {seen.lock_until:%Y-%m-%d}, wanted {expected.lock_desired:%Y-%m-%d}"
