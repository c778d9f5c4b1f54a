"""kill -9 of the storage at the worst moments: whoever waited goes on, and nothing acknowledged is lost."""

import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import urllib3

from storage.errors import StorageUnavailable
from storage.keys import original_key
from storage.store import ObjectStore
from tests.services.seaweedfs import SeaweedServer

MIB = 1 << 20
VALID = timedelta(minutes=10)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=10)


def test_a_hand_over_survives_kills_between_its_steps(own_seaweed: SeaweedServer):
    store = ObjectStore(own_seaweed.settings, "evidence")
    key, parts = original_key(uuid4()), [os.urandom(5 * MIB), os.urandom(5 * MIB), b"tail"]
    digests = [hashlib.sha256(p).digest() for p in parts]
    small = {original_key(uuid4()): os.urandom(3000) for _ in range(20)}
    versions = {}

    def send(number: int) -> None:
        address = store.part_address(key, upload, number, sha256=digests[number - 1], valid=VALID)
        with urllib3.PoolManager() as http:
            answer = http.request("PUT", address.url, body=parts[number - 1], headers=dict(address.headers))
            assert answer.status == 200

    upload = store.open_multipart(key, lock_until=soon(), metadata={"clip": "c"})
    send(1)
    for name, body in small.items():
        versions[name] = store.put_locked(name, body, lock_until=soon(), metadata={})
    own_seaweed.restart()
    assert [p.number for p in store.list_parts(key, upload)] == [1]
    send(2)
    send(3)
    own_seaweed.restart()
    assert [p.number for p in store.list_parts(key, upload)] == [1, 2, 3]
    version = store.complete_multipart(key, upload, digests)
    own_seaweed.restart()
    assert store.complete_multipart(key, upload, digests) == version
    store.extend_lock(key, version, soon() + timedelta(days=1))

    found = store.facts(key, version)
    assert found.lock_mode == "COMPLIANCE"
    assert found.lock_until > soon() + timedelta(hours=23)
    assert b"".join(store.read(key, version)) == b"".join(parts)
    for name, body in small.items():
        assert b"".join(store.read(name, versions[name])) == body
    assert len(list(store.list_versions("originals/"))) == 21
    store.close()


def test_calls_made_while_the_storage_is_down_are_waited_out(own_seaweed: SeaweedServer):
    store = ObjectStore(own_seaweed.settings, "evidence")
    key, body = original_key(uuid4()), os.urandom(40 * MIB)
    version = store.put_locked(key, body, lock_until=soon(), metadata={})

    reading = store.read(key, version, chunk=MIB)
    first = next(reading)
    own_seaweed.kill()
    with ThreadPoolExecutor(2) as pool:
        rest = pool.submit(lambda: b"".join(reading))
        looked = pool.submit(store.facts, key, version)
        time.sleep(1)
        own_seaweed.start()
        assert first + rest.result() == body
        assert looked.result().size == len(body)
    store.close()


def test_a_storage_that_stays_away_is_said_to_be_away_not_empty(own_seaweed: SeaweedServer):
    settings = own_seaweed.settings.model_copy(update={"patience_seconds": 0.5})
    store = ObjectStore(settings, "evidence")
    key = original_key(uuid4())
    version = store.put_locked(key, b"x", lock_until=soon(), metadata={})
    own_seaweed.kill()
    for act in (
        lambda: store.newest(key),
        lambda: store.facts(key, version),
        lambda: list(store.read(key, version)),
        lambda: list(store.list_versions()),
        lambda: store.open_multipart(key, lock_until=soon(), metadata={}),
    ):
        with pytest.raises(StorageUnavailable):
            act()
    store.close()


@pytest.mark.slow
def test_a_kill_in_the_middle_of_completion_leaves_all_or_nothing(own_seaweed: SeaweedServer):
    store = ObjectStore(own_seaweed.settings, "evidence")
    parts = [os.urandom(5 * MIB) for _ in range(6)]
    digests = [hashlib.sha256(p).digest() for p in parts]
    for pause in (0.0, 0.002, 0.004, 0.006, 0.008, 0.010, 0.015, 0.020):
        key = original_key(uuid4())
        upload = store.open_multipart(key, lock_until=soon(), metadata={})
        with urllib3.PoolManager() as http:
            for number, body in enumerate(parts, 1):
                address = store.part_address(key, upload, number, sha256=digests[number - 1], valid=VALID)
                assert (
                    http.request("PUT", address.url, body=body, headers=dict(address.headers)).status == 200
                )
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(store.complete_multipart, key, upload, digests)
            time.sleep(pause)
            own_seaweed.restart()
            version = done.result()
        # A sweep that drops open uploads must not take the parts of a finished object with it.
        for left in store.open_uploads(key):
            store.abort_multipart(left.key, left.upload_id)
        assert store.complete_multipart(key, upload, digests) == version
        assert b"".join(store.read(key, version)) == b"".join(parts)
        assert len([v for v in store.list_versions(key) if not v.marker]) == 1
    store.close()
