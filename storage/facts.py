"""What the storage says of objects, parts and addresses, as plain values (they fit the protocols in `catalog.ports`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """What the storage says of one version of an object."""

    bucket: str
    key: str
    version: str
    size: int
    """Bytes."""
    sha256: str | None
    """Base64 checksum as stored: of the whole object for a single PUT, `…-N` (a digest of digests) for N parts."""
    lock_mode: str | None
    lock_until: datetime | None
    """UTC."""
    hold: bool
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PartFacts:
    """A part present in an open upload."""

    number: int
    size: int
    """Bytes."""
    etag: str


@dataclass(frozen=True, slots=True)
class Address:
    """A presigned address: whoever holds it may do exactly this one thing until it expires."""

    method: Literal["PUT", "GET"]
    url: str
    headers: Mapping[str, str]
    """Headers that are signed and must be sent as they stand."""
    expires: datetime
    """UTC."""


@dataclass(frozen=True, slots=True)
class ListedVersion:
    """One line of a listing of versions."""

    key: str
    version: str
    size: int
    """Bytes; 0 for a delete marker."""
    modified: datetime
    newest: bool
    marker: bool
    """A delete marker: hides the key, holds nothing."""


@dataclass(frozen=True, slots=True)
class OpenUpload:
    """An upload that was opened and neither completed nor dropped."""

    key: str
    upload_id: str
    opened: datetime


def facts_of_head(bucket: str, key: str, answer: Mapping[str, Any]) -> ObjectFacts:
    """Read the answer to a HEAD or GET."""
    until = answer.get("ObjectLockRetainUntilDate")
    return ObjectFacts(
        bucket=bucket,
        key=key,
        version=str(answer.get("VersionId", "null")),
        size=int(answer["ContentLength"]),
        sha256=answer.get("ChecksumSHA256"),
        lock_mode=answer.get("ObjectLockMode"),
        lock_until=until.astimezone(UTC) if until else None,
        hold=answer.get("ObjectLockLegalHoldStatus") == "ON",
        metadata=dict(answer.get("Metadata", {})),
    )
