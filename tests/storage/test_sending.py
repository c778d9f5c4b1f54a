"""Sending to presigned addresses from the server itself."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from storage.sending import PartPutter, SendRefused
from storage.settings import StorageSettings
from storage.store import ObjectStore


def test_the_signed_digest_decides(seaweed: StorageSettings) -> None:
    store, putter = ObjectStore(seaweed, seaweed.evidence_bucket), PartPutter(seaweed)
    try:
        key, body = f"originals/{uuid4()}", b"x" * 1000
        address = store.put_address(
            key, sha256=hashlib.sha256(body).digest(), lock_until=datetime.now(UTC) + timedelta(days=1),
            metadata={}, valid=timedelta(minutes=5),
        )  # fmt: skip
        with pytest.raises(SendRefused):
            putter.put(address, b"y" * 1000)
        putter.put(address, body)
        putter.put(address, body)  # it has arrived: another try changes nothing
        found = store.newest(key)
        assert found is not None
        assert found.size == 1000
        assert len([v for v in store.list_versions(key) if not v.marker]) == 1
    finally:
        store.close()
        putter.close()


def test_out_of_reach_is_said(seaweed: StorageSettings) -> None:
    away = seaweed.model_copy(update={"endpoint_url": "http://127.0.0.1:1", "public_url": None})
    store, putter = ObjectStore(away, away.evidence_bucket), PartPutter(away)
    address = store.put_address(
        "originals/x", sha256=hashlib.sha256(b"").digest(), lock_until=datetime.now(UTC) + timedelta(days=1),
        metadata={}, valid=timedelta(minutes=5),
    )  # fmt: skip
    with pytest.raises(PartPutter.Away):
        putter.put(address, b"")
    store.close()
    putter.close()
