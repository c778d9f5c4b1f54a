"""Telling the server what left a recorder."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from ingest.protocol.base import BATCH_LIMIT, Digest, Message, Moment


class ClearedFile(Message):
    """A file that was removed from a recorder after its digests there were read again and agreed."""

    path: str
    """Base64 of the path's bytes."""
    clip: UUID
    sha256: Digest
    sm3: Digest
    read_again_at: Moment
    cleared_at: Moment


class ReportCleared(Message):
    """Files cleared at a docking. May be repeated; each counts once."""

    files: list[ClearedFile] = Field(min_length=1, max_length=BATCH_LIMIT)
    confirmed_by: str = Field(default="", max_length=128)
    """What the person who confirmed it at the station is called; empty when it was automatic."""
