"""What a worker process holds while it lives: database, stores, signing key. Made after the fork, once a process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from catalog.database import Database
from catalog.receipts import Signer
from storage.seaweedfs.plan import WeedPlan
from storage.store import ObjectStore
from workers.originals import Originals
from workers.settings import WorkerSettings


@dataclass
class Runtime:
    """Everything a stage needs; parts are opened when first used."""

    settings: WorkerSettings
    own_storage: WeedPlan | None = None
    """The storage this machine runs itself, for the nightly probe."""

    @cached_property
    def database(self) -> Database:
        """The catalog."""
        return Database.open(self.settings.catalog.database_url)

    @cached_property
    def evidence(self) -> ObjectStore:
        """The bucket of originals."""
        return ObjectStore(self.settings.storage, self.settings.storage.evidence_bucket)

    @cached_property
    def derived(self) -> ObjectStore:
        """The bucket of renditions."""
        return ObjectStore(self.settings.storage, self.settings.storage.derived_bucket)

    @cached_property
    def signer(self) -> Signer:
        """The receipt key."""
        return Signer.load(self.settings.catalog.receipt_key_file)

    @cached_property
    def originals(self) -> Originals:
        """Scratch copies of originals, shared by the stages on this machine."""
        return Originals(self.settings.scratch_folder / "originals", self.settings.scratch_limit)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The bureau's time zone."""
        return ZoneInfo(self.settings.time_zone)

    @staticmethod
    def now() -> datetime:
        """Answer the time, UTC."""
        return datetime.now(UTC)
