"""A storage with buckets of each test's own: what inventory and rebuilding find there is this test's alone."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from storage.buckets import make_buckets
from storage.reader import SecondReader
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.catalog.sheet_maker import SheetMaker
from tests.services.seaweedfs import running_seaweed


@pytest.fixture(scope="session")
def roomy_seaweed() -> Iterator[StorageSettings]:
    """A server whose keys hold for buckets of any test."""
    with running_seaweed(bucket_tail="*") as server:
        yield server.settings


@pytest.fixture
def storage(roomy_seaweed: StorageSettings) -> StorageSettings:
    mark = uuid4().hex[:12]
    settings = roomy_seaweed.model_copy(
        update={
            "evidence_bucket": f"evidence-{mark}",
            "derived_bucket": f"derived-{mark}",
            "confirm_missing_seconds": 0.1,
        }
    )
    make_buckets(settings, web_origins=[])
    return settings


@pytest.fixture
def store(storage: StorageSettings) -> Iterator[ObjectStore]:
    opened = ObjectStore(storage, storage.evidence_bucket)
    yield opened
    opened.close()


@pytest.fixture
def derived_store(storage: StorageSettings) -> Iterator[ObjectStore]:
    opened = ObjectStore(storage, storage.derived_bucket)
    yield opened
    opened.close()


@pytest.fixture
def evidence(storage: StorageSettings) -> Iterator[SecondReader]:
    opened = SecondReader(storage, storage.evidence_bucket)
    yield opened
    opened.close()


@pytest.fixture
def derived(storage: StorageSettings) -> Iterator[SecondReader]:
    opened = SecondReader(storage, storage.derived_bucket)
    yield opened
    opened.close()


@pytest.fixture
def maker() -> SheetMaker:
    return SheetMaker()
