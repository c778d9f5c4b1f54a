"""What a worker process holds while it lives: database, stores, signing key. Made after the fork, once a process."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from catalog.database import Database
from catalog.disposal.at_storage import Endpoint, Means
from catalog.disposal.executing import Executor
from catalog.receipts import Signer
from storage.disposal import DisposalStore
from storage.reader import SecondReader
from storage.seaweedfs.plan import WeedPlan
from storage.store import ObjectStore
from workers.originals import Originals
from workers.renders import Renders
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

    @contextmanager
    def second_readers(self) -> Iterator[tuple[SecondReader, SecondReader]]:
        """The buckets of originals and of renditions, read by another client than the one that writes."""
        storage = self.settings.storage
        evidence = SecondReader(storage, storage.evidence_bucket)
        derived = SecondReader(storage, storage.derived_bucket)
        try:
            yield evidence, derived
        finally:
            evidence.close()
            derived.close()

    @contextmanager
    def disposal(self) -> Iterator[Executor]:
        """What carries out ordered destructions. Raises StorageMisconfigured in every process without the disposal key."""
        store = DisposalStore(self.settings.storage)
        reader = SecondReader(self.settings.storage)
        try:
            yield Executor(
                Means(
                    database=self.database,
                    endpoints={"main": Endpoint(store, reader)},
                    derived=self.derived,
                    clock=self.now,
                ),
                registers=self.evidence,
                zone=self.zone,
                bureau=self.settings.bureau_name,
            )
        finally:
            store.close()
            reader.close()

    @cached_property
    def signer(self) -> Signer:
        """The receipt key."""
        return Signer.load(self.settings.catalog.receipt_key_file)

    @cached_property
    def originals(self) -> Originals:
        """Scratch copies of originals, shared by the stages on this machine."""
        return Originals(self.settings.scratch_folder / "originals", self.settings.scratch_limit)

    @cached_property
    def renders(self) -> Renders:
        """Scratch folders for making renditions."""
        return Renders(self.settings.scratch_folder / "renders", self.settings.render_limit)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The bureau's time zone."""
        return ZoneInfo(self.settings.time_zone)

    @cached_property
    def version(self) -> str:
        """Version of the program."""
        try:
            return importlib.metadata.version("liuhen")
        except importlib.metadata.PackageNotFoundError:
            return "unknown"

    @staticmethod
    def now() -> datetime:
        """Answer the time, UTC."""
        return datetime.now(UTC)
