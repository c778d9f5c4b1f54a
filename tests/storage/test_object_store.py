"""The store against a real SeaweedFS: what hand-over relies on."""

import base64
import hashlib
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import urllib3

from catalog.ports import IntakeStore, ReadStore
from storage.edge import translated
from storage.errors import (
    AlreadyWritten,
    Forbidden,
    IncompleteUpload,
    LockRefused,
    ObjectMissing,
    StorageError,
    UploadGone,
    WrongChecksum,
)
from storage.facts import Address
from storage.keys import original_key
from storage.multipart import composite
from storage.settings import StorageSettings
from storage.store import ObjectStore

MIB = 1 << 20
VALID = timedelta(minutes=5)


def soon(minutes: float = 5) -> datetime:
    return datetime.now(UTC) + timedelta(minutes=minutes)


def sha(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()


@pytest.fixture
def store(seaweed: StorageSettings) -> Iterator[ObjectStore]:
    made = ObjectStore(seaweed.model_copy(update={"confirm_missing_seconds": 0.2}), seaweed.evidence_bucket)
    yield made
    made.close()


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    with urllib3.PoolManager(retries=False) as pool:
        yield pool


@pytest.fixture
def key() -> str:
    return original_key(uuid4())


def send(http: urllib3.PoolManager, address: Address, body: bytes, **changed: str | None) -> int:
    headers = {k: v for k, v in {**address.headers, **changed}.items() if v is not None}
    return http.request(address.method, address.url, body=body, headers=headers).status


def put(store: ObjectStore, http: urllib3.PoolManager, key: str, body: bytes, until: datetime | None = None):
    address = store.put_address(
        key, sha256=sha(body), lock_until=until or soon(), metadata={"clip": "c"}, valid=VALID
    )
    assert send(http, address, body) == 200
    found = store.newest(key)
    assert found is not None
    return found


def open_with_parts(store: ObjectStore, http: urllib3.PoolManager, key: str, parts: list[bytes], **kwargs):
    upload = store.open_multipart(key, lock_until=kwargs.get("until", soon()), metadata={"clip": "c"})
    for number, body in enumerate(parts, 1):
        address = store.part_address(key, upload, number, sha256=sha(body), valid=VALID)
        assert send(http, address, body) == 200
    return upload, [sha(body) for body in parts]


def test_it_answers_the_catalogs_protocols(store: ObjectStore):
    intake: IntakeStore = store
    reading: ReadStore = store
    assert intake.bucket == reading.bucket == "evidence"
    assert issubclass(intake.UploadGone, intake.StorageError)


def test_a_single_put_is_locked_from_birth_and_carries_its_digest(store, http, key):
    body, until = os.urandom(70_000), soon(7).replace(microsecond=1)
    found = put(store, http, key, body, until)
    assert found.size == len(body)
    assert found.sha256 == base64.b64encode(sha(body)).decode()
    assert (found.lock_mode, found.hold) == ("COMPLIANCE", False)
    assert until <= found.lock_until <= until + timedelta(seconds=1)
    assert found.metadata == {"clip": "c"}
    assert b"".join(store.read(key, found.version)) == body


def test_an_address_takes_only_the_body_it_was_signed_for(store, http, key):
    body = b"what the camera saw"
    address = store.put_address(key, sha256=sha(body), lock_until=soon(), metadata={"clip": "c"}, valid=VALID)
    assert send(http, address, body[:-1]) == 400
    assert send(http, address, b"something else, same") == 400
    other = base64.b64encode(sha(b"other")).decode()
    assert send(http, address, b"other", **{"x-amz-checksum-sha256": other}) == 403
    for header in address.headers:
        assert send(http, address, body, **{header: None}) == 403, header
    assert send(http, address, body, **{"x-amz-object-lock-retain-until-date": "2000-01-01T00:00:00Z"}) == 403
    assert store.newest(key) is None
    assert send(http, address, body) == 200
    assert send(http, address, body) == 412, "write-once"
    assert len(list(store.list_versions(key))) == 1


def test_a_part_address_takes_only_its_part(store, http, key):
    upload = store.open_multipart(key, lock_until=soon(), metadata={})
    body = os.urandom(6 * MIB)
    address = store.part_address(key, upload, 1, sha256=sha(body), valid=VALID)
    assert send(http, address, body[:-1]) == 400
    assert send(http, address, body[::-1]) == 400
    assert send(http, address, body, **{"x-amz-checksum-sha256": None}) == 403
    assert store.list_parts(key, upload) == []
    assert send(http, address, body) == 200
    store.abort_multipart(key, upload)
    store.abort_multipart(key, upload)
    with pytest.raises(UploadGone):
        store.list_parts(key, upload)


def test_a_multipart_object_is_locked_and_its_completion_can_be_repeated(store, http, key):
    parts = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"tail"]
    upload, digests = open_with_parts(store, http, key, parts)
    version = store.complete_multipart(key, upload, digests)
    found = store.facts(key, version)
    assert found.size == sum(map(len, parts))
    assert found.sha256 == composite(digests)
    assert found.lock_mode == "COMPLIANCE"
    assert found.lock_until > datetime.now(UTC)
    assert found.metadata == {"clip": "c"}
    assert store.complete_multipart(key, upload, digests) == version
    assert b"".join(store.read(key, version, chunk=MIB)) == b"".join(parts)
    with pytest.raises(WrongChecksum):
        store.complete_multipart(key, upload, digests[:-1])
    with pytest.raises(UploadGone):
        store.list_parts(key, upload)


def test_dropping_an_upload_never_touches_a_finished_object(store, http, key):
    parts = [os.urandom(5 * MIB), b"tail"]
    upload, digests = open_with_parts(store, http, key, parts)
    version = store.complete_multipart(key, upload, digests)
    store.abort_multipart(key, upload)
    assert b"".join(store.read(key, version)) == b"".join(parts)


def test_a_second_upload_of_the_same_key_adopts_the_first(store, http, key):
    parts = [os.urandom(5 * MIB), b"tail"]
    first, digests = open_with_parts(store, http, key, parts)
    second, _ = open_with_parts(store, http, key, parts)
    version = store.complete_multipart(key, first, digests)
    assert store.complete_multipart(key, second, digests) == version
    assert len(list(store.list_versions(key))) == 1


def test_missing_parts_are_named_and_wrong_ones_refused(store, http, key):
    parts = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"tail"]
    upload = store.open_multipart(key, lock_until=soon(), metadata={})
    address = store.part_address(key, upload, 2, sha256=sha(parts[1]), valid=VALID)
    assert send(http, address, parts[1]) == 200
    digests = [sha(p) for p in parts]
    with pytest.raises(IncompleteUpload) as caught:
        store.complete_multipart(key, upload, digests)
    assert caught.value.missing == (1, 3)
    for number in (1, 3):
        address = store.part_address(key, upload, number, sha256=digests[number - 1], valid=VALID)
        assert send(http, address, parts[number - 1]) == 200
    with pytest.raises(WrongChecksum):
        store.complete_multipart(key, upload, [digests[0], sha(b"other"), digests[2]])
    assert store.complete_multipart(key, upload, digests)


def test_a_part_sent_twice_is_listed_once(store, http, key):
    body = os.urandom(5 * MIB)
    upload, digests = open_with_parts(store, http, key, [body, b"tail"])
    address = store.part_address(key, upload, 1, sha256=digests[0], valid=VALID)
    assert send(http, address, body) == 200
    assert [(p.number, p.size) for p in store.list_parts(key, upload)] == [(1, 5 * MIB), (2, 4)]
    assert any(u.upload_id == upload for u in store.open_uploads(key))
    version = store.complete_multipart(key, upload, digests)
    assert b"".join(store.read(key, version)) == body + b"tail"


def test_an_upload_nobody_knows_is_gone(store, key):
    with pytest.raises(UploadGone):
        store.complete_multipart(key, "0" * 32, [sha(b"x")])
    store.abort_multipart(key, "0" * 32)


def test_a_lock_is_extended_and_never_shortened(store, http, key):
    found = put(store, http, key, b"x")
    store.extend_lock(key, found.version, soon(60))
    assert store.facts(key, found.version).lock_until > soon(59)
    for earlier in (soon(30), soon(-30)):
        with pytest.raises(LockRefused):
            store.extend_lock(key, found.version, earlier)
    assert store.facts(key, found.version).lock_until > soon(59)
    with pytest.raises(ObjectMissing):
        store.extend_lock(key, "0" * 32, soon(90))


def test_a_lock_that_passed_before_completion_leaves_the_object_open_until_extended(store, http, key):
    parts = [os.urandom(5 * MIB), b"tail"]
    upload, digests = open_with_parts(store, http, key, parts, until=soon(2 / 60))
    time.sleep(3.1)  # the date is rounded up to a whole second
    version = store.complete_multipart(key, upload, digests)
    born = store.facts(key, version)
    assert born.lock_until is None or born.lock_until < datetime.now(UTC)
    store.extend_lock(key, version, soon(60))
    found = store.facts(key, version)
    assert found.lock_mode == "COMPLIANCE"
    assert found.lock_until > soon(59)


def test_a_hold_is_set_beside_the_lock(store, http, key):
    found = put(store, http, key, b"x")
    store.set_hold(key, found.version, True)
    assert store.facts(key, found.version).hold
    store.set_hold(key, found.version, False)
    assert not store.facts(key, found.version).hold


def test_originals_are_read_behind_a_delete_marker(store, http, key, seaweed):
    body = b"hidden, not lost"
    found = put(store, http, key, body)
    disposal = ObjectStore(seaweed, seaweed.evidence_bucket, "disposal")
    disposal.client.delete_object(Bucket=store.bucket, Key=key)
    disposal.close()
    newest = store.newest(key)
    assert newest is not None
    assert newest.version == found.version
    assert b"".join(store.read(key, found.version)) == body
    assert sorted(v.marker for v in store.list_versions(key)) == [False, True]
    marker = next(v for v in store.list_versions(key) if v.marker)
    with pytest.raises(ObjectMissing):
        store.facts(key, marker.version)


def test_an_empty_file_is_a_single_put(store, http, key):
    found = put(store, http, key, b"")
    assert found.size == 0
    assert found.sha256 in {None, base64.b64encode(sha(b"")).decode()}
    assert found.lock_mode == "COMPLIANCE"
    assert list(store.read(key, found.version)) == []


def test_what_is_missing_is_said_to_be_missing(store, key):
    assert store.newest(key) is None
    with pytest.raises(ObjectMissing):
        store.facts(key, "0" * 32)
    with pytest.raises(ObjectMissing):
        list(store.read(key, "0" * 32))


def test_our_own_objects_are_written_once_and_locked(store, key):
    version = store.put_locked(key, b"token", lock_until=soon(), metadata={"kind": "token"})
    assert store.facts(key, version).lock_mode == "COMPLIANCE"
    with pytest.raises(AlreadyWritten):
        store.put_locked(key, b"other", lock_until=soon(), metadata={})


def test_an_object_without_lock_headers_gets_the_buckets_default(store, key):
    store.client.put_object(Bucket=store.bucket, Key=key, Body=b"forgot")
    found = store.newest(key)
    assert found.lock_mode == "COMPLIANCE"
    assert found.lock_until > soon(29 * 24 * 60)


def test_metadata_beyond_what_s3_holds_is_refused_before_anything_is_sent(store, key):
    for bad in ({"name": "执法"}, {"x": "y" * 2048}, {"x": "a\nb"}):
        with pytest.raises(ValueError, match="metadata"):
            store.open_multipart(key, lock_until=soon(), metadata=bad)
    with pytest.raises(ValueError, match="time zone"):
        store.open_multipart(key, lock_until=datetime(2030, 1, 1), metadata={})  # noqa: DTZ001


def test_addresses_are_signed_for_the_public_address(seaweed, http, key):
    public = seaweed.endpoint_url.replace("127.0.0.1", "localhost")
    store = ObjectStore(seaweed.model_copy(update={"public_url": public}), seaweed.evidence_bucket)
    body = b"from outside"
    address = store.put_address(key, sha256=sha(body), lock_until=soon(), metadata={}, valid=VALID)
    assert address.url.startswith(public + "/evidence/originals/")
    assert send(http, address, body) == 200
    found = store.newest(key)
    look = store.get_address(
        key,
        version=found.version,
        valid=VALID,
        disposition="attachment; filename*=UTF-8''%E6%89%A7%E6%B3%95.mp4",
        content_type="video/mp4",
    )
    answer = http.request("GET", look.url, headers={"Range": "bytes=5-"})
    assert (answer.status, answer.data) == (206, b"outside")
    assert answer.headers["content-type"] == "video/mp4"
    assert "%E6%89%A7" in answer.headers["content-disposition"]
    assert http.request("GET", look.url.replace("mp4&", "webm&")).status == 403
    assert http.request("GET", look.url.replace("localhost", "127.0.0.1")).status == 403
    assert http.request("PUT", look.url, body=b"x").status == 403
    store.close()


def test_the_everyday_key_cannot_delete(store, http, key):
    found = put(store, http, key, b"x")
    for which in ({}, {"VersionId": found.version}):
        with pytest.raises(Forbidden), translated("deleting"):
            store.client.delete_object(Bucket=store.bucket, Key=key, **which)


def test_renditions_are_replaced_and_deleted_originals_are_not(seaweed, store, tmp_path):
    derived = ObjectStore(seaweed, seaweed.derived_bucket)
    prefix = f"renditions/{uuid4()}/"
    derived.put(prefix + "poster.jpg", b"old", content_type="image/jpeg")
    derived.put(prefix + "poster.jpg", b"new", content_type="image/jpeg", metadata={"recipe": "1"})
    file = tmp_path / "big"
    file.write_bytes(os.urandom(70 * MIB))
    derived.put_file(prefix + "proxy.mp4", file, content_type="video/mp4")
    newest = derived.newest(prefix + "proxy.mp4")
    assert newest.size == 70 * MIB
    assert derived.newest(prefix + "poster.jpg").metadata == {"recipe": "1"}
    assert derived.delete_prefix(prefix) == 2
    assert derived.newest(prefix + "poster.jpg") is None
    with pytest.raises(ValueError, match="slash"):
        derived.delete_prefix("renditions/a")
    for act in (lambda: store.delete_prefix("originals/"), lambda: store.put("x", b"")):
        with pytest.raises(StorageError, match="renditions"):
            act()
    derived.close()
