"""Small objects of our own in the evidence bucket: written once under lock, adopted after a crash, read back."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from catalog.custody.record import utc_text
from catalog.ports import ObjectFacts, SheetStore

Place = dict[str, Any]
"""Where an object lies and the lock last read back there, as kept in `sheets.objects`."""


class OtherContent(Exception):
    """Another object lies under this key; `facts` says which. It was left as it is."""

    def __init__(self, facts: ObjectFacts) -> None:
        super().__init__(f"{facts.key} holds another object")
        self.facts = facts


class NotLocked(Exception):
    """What was read back of an object just written is not what was asked for. Nothing counts as kept."""


def put_and_read_back(
    store: SheetStore,
    key: str,
    body: bytes,
    *,
    lock_until: datetime,
    metadata: Mapping[str, str],
    now: datetime,
) -> Place:
    """Write `body` once, locked until `lock_until` at least, and answer where it lies as the storage says.

    May be repeated: the same bytes already there, as after a crash, are adopted. Raises OtherContent, NotLocked, and
    the store's errors.
    """
    checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
    try:
        version = store.put_locked(key, body, lock_until=lock_until, metadata=metadata)
    except store.AlreadyWritten:
        there = store.newest(key)
        if there is None:
            raise
        if (there.size, there.sha256) != (len(body), checksum):
            raise OtherContent(there) from None
        version = there.version
    facts = store.facts(key, version)
    if facts.lock_until is None or facts.lock_until < lock_until:
        store.extend_lock(key, version, lock_until)
        facts = store.facts(key, version)
    place = place_of(facts, now)
    trouble = differs(place, facts, size=len(body), checksum=checksum, locked_until=lock_until)
    if trouble:
        raise NotLocked(f"{key}: {trouble}")
    return place


def prolong(store: SheetStore, place: Place, until: datetime, now: datetime) -> Place:
    """Set an object's lock to `until` and answer where it lies, with the lock as read back. Raises the store's errors."""
    store.extend_lock(place["key"], place["version"], until)
    return place_of(store.facts(place["key"], place["version"]), now)


def place_of(facts: ObjectFacts, now: datetime) -> Place:
    """Answer where an object lies, as the storage says at `now`."""
    return {
        "bucket": facts.bucket,
        "key": facts.key,
        "version": facts.version,
        "size": facts.size,
        "checksum": facts.sha256,
        "lock_mode": facts.lock_mode,
        "lock_until": utc_text(facts.lock_until) if facts.lock_until else None,
        "lock_read_at": utc_text(now),
    }


def lock_of(place: Place) -> datetime | None:
    """Answer until when an object is locked, as last read back."""
    return datetime.fromisoformat(place["lock_until"]) if place.get("lock_until") else None


def differs(
    place: Place, facts: ObjectFacts, *, size: int, checksum: str | None, locked_until: datetime
) -> str:
    """Answer in plain words how what the storage says departs from what is asked; empty when it does not."""
    if facts.version != place["version"]:
        return f"version {facts.version} instead of {place['version']}"
    if facts.size != size:
        return f"{facts.size} bytes instead of {size}"
    if checksum is not None and facts.sha256 != checksum:
        return f"checksum {facts.sha256} instead of {checksum}"
    if facts.lock_mode != "COMPLIANCE" or facts.lock_until is None:
        return "no lock"
    if facts.lock_until < locked_until:
        return f"locked until {utc_text(facts.lock_until)} instead of {utc_text(locked_until)}"
    return ""
