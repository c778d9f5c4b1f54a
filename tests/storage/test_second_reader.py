"""What boto3 wrote, a client that shares no code with it reads back the same."""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import urllib3

from storage.errors import ObjectMissing, StorageError, StorageMisconfigured
from storage.facts import ListedVersion
from storage.keys import original_key
from storage.reader import SecondReader, agrees
from storage.settings import StorageSettings
from storage.store import ObjectStore

MIB = 1 << 20


@pytest.fixture
def store(seaweed: StorageSettings) -> Iterator[ObjectStore]:
    made = ObjectStore(seaweed, seaweed.evidence_bucket)
    yield made
    made.close()


@pytest.fixture
def reader(seaweed: StorageSettings) -> Iterator[SecondReader]:
    made = SecondReader(seaweed)
    yield made
    made.close()


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=5)


def test_both_clients_see_the_same_version_digest_lock_and_metadata(store, reader):
    key, body = original_key(uuid4()), os.urandom(100_000)
    version = store.put_locked(key, body, lock_until=soon(), metadata={"clip": "c", "size": "100000"})
    ours, seen = store.facts(key, version), reader.look(key, version)
    assert (seen.version, seen.size, seen.sha256) == (ours.version, ours.size, ours.sha256)
    assert (seen.lock_mode, seen.lock_until, seen.hold) == ("COMPLIANCE", ours.lock_until, False)
    assert seen.metadata == {"clip": "c", "size": "100000"}
    back = reader.read_back(key, version)
    assert back.sha256 == hashlib.sha256(body).digest()
    assert back.sm3 == hashlib.new("sm3", body).digest()
    assert agrees(seen.sha256, back)
    assert not agrees(None, back)
    assert not agrees("AAAA", back)


def test_an_object_made_of_parts_is_recomputed_part_by_part(store, reader):
    key, parts = original_key(uuid4()), [os.urandom(5 * MIB), os.urandom(5 * MIB), b"tail"]
    upload = store.open_multipart(key, lock_until=soon(), metadata={})
    digests = [hashlib.sha256(p).digest() for p in parts]
    with urllib3.PoolManager() as http:
        for number, part in enumerate(parts, 1):
            address = store.part_address(
                key, upload, number, sha256=digests[number - 1], valid=timedelta(minutes=5)
            )
            assert http.request("PUT", address.url, body=part, headers=dict(address.headers)).status == 200
    version = store.complete_multipart(key, upload, digests)
    seen = reader.look(key, version)
    back = reader.read_back(key, version, part_size=5 * MIB)
    assert seen.sha256 == back.composite == store.facts(key, version).sha256
    assert agrees(seen.sha256, back)
    assert not agrees(seen.sha256, reader.read_back(key, version, part_size=MIB))


def test_every_version_is_listed_behind_a_delete_marker_too(store, reader, seaweed):
    key = original_key(uuid4())
    version = store.put_locked(key, b"", lock_until=soon(), metadata={})
    store.set_hold(key, version, True)
    disposal = ObjectStore(seaweed, seaweed.evidence_bucket, "disposal")
    disposal.client.delete_object(Bucket=store.bucket, Key=key)
    disposal.close()
    seen = list(reader.originals(key))
    assert sorted(s.marker for s in seen) == [False, True]
    real = next(s for s in seen if not s.marker)
    assert (real.version, real.size, real.hold) == (version, 0, True)
    assert agrees(real.sha256, reader.read_back(key, version)) or real.sha256 is None
    store.set_hold(key, version, False)


def test_what_is_missing_is_an_error_of_ours(reader, seaweed):
    with pytest.raises(ObjectMissing):
        reader.read_back(original_key(uuid4()), "0" * 32)
    with pytest.raises((ObjectMissing, StorageMisconfigured)):
        list(SecondReader(seaweed, "no-such-bucket").originals())


def test_a_listing_of_many_pages_is_in_the_order_of_its_keys(store, reader, seaweed):
    """Each page of 1000 has its delete markers at its end; what is listed out of order would be taken for missing."""
    folder = f"pages-{uuid4()}/"
    keys = [f"{folder}{number:04}" for number in range(1030)]
    with ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda key: store.put_locked(key, b"", lock_until=soon(), metadata={}), keys))
    disposal = ObjectStore(seaweed, seaweed.evidence_bucket, "disposal")
    for key in (keys[0], keys[999]):
        disposal.client.delete_object(Bucket=store.bucket, Key=key)
    disposal.close()
    listed = list(reader.versions(folder))
    assert [line.key for line in listed] == sorted([*keys, keys[0], keys[999]])
    assert sum(line.marker for line in listed) == 2


def test_a_listing_beyond_repair_is_an_error(reader, monkeypatch):
    monkeypatch.setattr("storage.reader.WINDOW", 2)
    lines = [ListedVersion(key, "v", 0, soon(), newest=True, marker=False) for key in "bcda"]
    monkeypatch.setattr(reader, "_listing", lambda _prefix: iter(lines))
    with pytest.raises(StorageError, match="out of order"):
        list(reader.versions())
