"""What makes two files the same content: both digests, the size, and the checksum the storage itself computes.

The storage proves the parts that were sent, not the whole-file digests announced with them. Only when its checksum
agrees as well are two uploads one clip; else a station could file other bytes under a digest it once saw.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from catalog.models import Clip, DocumentUpload, Upload

OnItsWay = Upload | DocumentUpload
"""Bytes that are written down and not received yet: from a station, or from a browser."""


class Content(NamedTuple):
    """Identity of a file's content; digests hexadecimal, size in bytes, checksum as S3 states it."""

    sha256: str
    sm3: str
    size: int
    checksum: str


def checksum_of(part_digests: Sequence[bytes]) -> str:
    """Answer the checksum S3 states: of the whole for one part, else the digest of digests and their number."""
    if len(part_digests) == 1:
        return base64.b64encode(part_digests[0]).decode()
    return f"{base64.b64encode(hashlib.sha256(b''.join(part_digests)).digest()).decode()}-{len(part_digests)}"


def digests_of(upload: OnItsWay) -> list[bytes]:
    """Answer the parts' digests of an upload, in order."""
    raw = upload.part_digests
    return [raw[n : n + 32] for n in range(0, len(raw), 32)]


def content_of_upload(upload: OnItsWay) -> Content:
    """Answer what an upload announced."""
    return Content(upload.sha256, upload.sm3, upload.size, checksum_of(digests_of(upload)))


def content_of_clip(clip: Clip) -> Content:
    """Answer a clip's content."""
    return Content(clip.sha256, clip.sm3, clip.size, clip.checksum)
