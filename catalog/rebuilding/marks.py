"""Reading what travels with an original (decision 0003). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag

from catalog.intake.sealed import Sealer

_DIGEST = re.compile(r"[0-9a-f]{64}")


class NoMarks(ValueError):
    """The object does not carry what an original must carry; the message says what is lacking."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What an original says of itself."""

    clip: UUID
    sha256: str
    sm3: str
    docking: UUID | None
    """None of a document that was put in by the browser."""
    station: str
    """Code; empty for objects of before it was written down."""
    recorder: str
    """Serial, ASCII, other letters escaped."""
    modified_ns: int | None
    sealed: str
    origin: str = "recorder"
    """As `Clip.origin`."""


@dataclass(frozen=True, slots=True)
class Private:
    """What only the metadata key opens."""

    name: str
    """As shown, cut to 600 bytes; empty when it could not be read."""
    holder: str | None
    """Number of the officer who had the recorder."""


def marks_of(metadata: Mapping[str, str], clip: UUID | None) -> Marks:
    """Read the metadata of the object that lies under `clip`'s key. Raises NoMarks."""
    by_browser = metadata.get("origin") == "browser"
    try:
        marks = Marks(
            clip=UUID(metadata["clip"]),
            sha256=_digest(metadata["sha256"]),
            sm3=_digest(metadata["sm3"]),
            docking=None if by_browser else UUID(metadata["docking"]),
            station=metadata.get("station", "")[:64],
            recorder="" if by_browser else metadata["recorder"][:128] or "unknown",
            modified_ns=_number(metadata.get("modified-ns", "")),
            sealed=metadata.get("sealed", ""),
            origin="browser" if by_browser else "recorder",
        )
    except KeyError as error:
        raise NoMarks(f"no {error.args[0]} in its metadata") from None
    except ValueError as error:
        raise NoMarks(f"its metadata cannot be read ({error})") from None
    if marks.clip != clip:
        raise NoMarks(f"its metadata is of another clip, {marks.clip}")
    return marks


def unsealed(sealer: Sealer, marks: Marks) -> Private:
    """Open what is encrypted. Raises ValueError with the reason in words; the rest of the marks holds all the same."""
    try:
        private: dict[str, Any] = sealer.unseal(marks.clip, marks.sealed)
        return Private(str(private["name"]), str(private["holder"]) if private.get("holder") else None)
    except InvalidTag:
        raise ValueError("what is encrypted in it was changed") from None
    except (KeyError, TypeError, AttributeError):
        raise ValueError("what is encrypted in it has another form") from None


def _digest(text: str) -> str:
    if not _DIGEST.fullmatch(text):
        raise ValueError("a digest that is none")
    return text


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text) else None
