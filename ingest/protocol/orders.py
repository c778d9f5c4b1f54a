"""What the office asks of a station, and what a station says of itself."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from ingest.protocol.base import Count, Message, Moment
from ingest.protocol.recorders import StationClock


class Order(Message):
    """Something the office wants done at the station. Carrying it out twice changes nothing."""

    id: UUID
    kind: Literal["retry"]
    """`retry`: let go of the mark on a failed file and try it again."""
    docking: UUID
    path: str
    """Base64 of the path's bytes; empty for every failed file of the docking."""


class OrderDone(Message):
    """How an order ended."""

    id: UUID
    result: Literal["done", "not here", "recorder needed"]
    """`not here`: the station knows nothing of it. `recorder needed`: it is tried when the recorder is docked again."""


class StationQueue(Message):
    """How a station stands. Bytes, UTC."""

    files: Count
    """Copied and not received yet."""
    bytes: Count
    oldest: Moment | None = None
    """When the longest waiting of them was copied."""
    failed: Count = 0
    """Files that need a person."""
    spool_free: Count | None = None
    spool_full: bool = False
    trouble: str = Field(default="", max_length=1000)
    software: str = Field(default="", max_length=64)
    clock: StationClock | None = None
