"""Names of objects. They hold no personal data: a clip's id says nothing about a person."""

from __future__ import annotations

import re
from uuid import UUID

ORIGINALS = "originals/"
RENDITIONS = "renditions/"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_KIND = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def original_key(clip: UUID | str) -> str:
    """Key of a clip's original in the bucket `evidence`. Raises ValueError when `clip` is no UUID."""
    return f"{ORIGINALS}{_clip(clip)}"


def rendition_prefix(clip: UUID | str) -> str:
    """What the keys of all renditions of a clip begin with, in the bucket `derived`."""
    return f"{RENDITIONS}{_clip(clip)}/"


def rendition_key(clip: UUID | str, kind: str, sha256: str) -> str:
    """Key of one rendition, such as `poster` with these bytes.

    It names the bytes: a rendition made again is written beside the earlier one, never over it, so what the catalog
    points at is always whole and what it says it is. Raises ValueError for a kind that could leave its folder.
    """
    if not _KIND.fullmatch(kind) or ".." in kind:
        raise ValueError(
            f"{kind!r} cannot name a rendition: small letters, digits, dot, dash, underscore only"
        )
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"{sha256!r} is no SHA-256")
    return f"{rendition_prefix(clip)}{kind}-{sha256[:32]}"


def clip_of(key: str) -> UUID | None:
    """The clip an original's key belongs to, or None when the key is no original's."""
    if not key.startswith(ORIGINALS):
        return None
    try:
        return UUID(key.removeprefix(ORIGINALS))
    except ValueError:
        return None


def _clip(clip: UUID | str) -> UUID:
    return clip if isinstance(clip, UUID) else UUID(clip)
