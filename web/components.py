"""What the web room works with, composed once by `liuhen` and reached through the application."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import cast

from flask import current_app

from catalog.database import Database
from catalog.intake.sealed import Sealer
from catalog.receipts import Signer
from catalog.stages import Due
from ingest.protocol import PROTOCOLS
from storage.store import ObjectStore
from web.settings import WebSettings


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Components:
    """Database, stores and keys of one web process."""

    settings: WebSettings
    database: Database
    evidence: ObjectStore
    """The bucket of originals."""
    derived: ObjectStore
    """The bucket of renditions."""
    signer: Signer
    sealer: Sealer
    enqueue: Callable[[list[Due]], None]
    """Puts stages on their queues; must not raise: what is not sent is found by the sweeper."""
    clock: Callable[[], datetime] = _now
    protocols: tuple[int, ...] = PROTOCOLS
    """Versions of the station protocol that are spoken."""
    threads: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(8, thread_name_prefix="storage")
    )
    """For asking the storage about several objects at once."""


def components() -> Components:
    """Answer the components of the application that handles this request."""
    return cast("Components", current_app.extensions["liuhen"])
