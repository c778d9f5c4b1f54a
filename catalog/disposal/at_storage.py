"""What lies at the storage of a clip that is being destroyed: seen by two clients, deleted from by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from catalog.database import Database
from catalog.models import AppraisalItem, Copy
from catalog.ports import DerivedStore, DisposalStore, InventoryReader
from catalog.rules.expired import CLOCK_MARGIN


@dataclass(frozen=True)
class Endpoint:
    """A storage that holds copies: deleted from with the disposal key, looked at by the independent reader."""

    store: DisposalStore
    reader: InventoryReader


@dataclass(frozen=True)
class Means:
    """What destroying needs."""

    database: Database
    endpoints: Mapping[str, Endpoint]
    """By the name that copies carry (`copies.endpoint`)."""
    derived: DerivedStore
    clock: Callable[[], datetime]
    margin: timedelta = CLOCK_MARGIN


class Failed(Exception):
    """A clip is not destroyed; the others go on."""

    def __init__(self, why: str, said: str = "") -> None:
        super().__init__(why)
        self.why, self.said = why, said


Version = dict[str, Any]
"""A version or marker at the storage: endpoint, key, version, size, marker."""


def look(means: Means, places: Sequence[tuple[str, str]]) -> list[Version]:
    """Answer every version and marker there, as both clients see it. Raises Failed when a lock or a hold stands."""
    found: dict[tuple[str, str, str], Version] = {}
    for name, key in places:
        endpoint = means.endpoints.get(name)
        if endpoint is None:
            raise Failed("no-endpoint", name)
        seen = [*endpoint.store.versions(key), *(v for v in endpoint.reader.versions(key) if v.key == key)]
        for listed in {one.version: one for one in seen}.values():
            if not listed.marker:
                _refuse_locked(means, endpoint, key, listed.version)
            found[name, key, listed.version] = {
                "endpoint": name,
                "key": key,
                "version": listed.version,
                "size": str(listed.size),
                "marker": listed.marker,
            }
    return [found[place] for place in sorted(found)]


def _refuse_locked(means: Means, endpoint: Endpoint, key: str, version: str) -> None:
    try:
        facts = endpoint.reader.look(key, version)
    except endpoint.reader.ObjectMissing:
        return  # deleted by an earlier call, and a listing that lags
    if facts.hold or (facts.lock_until is not None and facts.lock_until > means.clock()):
        said = "on hold" if facts.hold else f"locked until {facts.lock_until}"
        raise Failed("lock-at-storage", f"{key} version {version}: {said}")


def still_there(means: Means, places: Sequence[tuple[str, str]]) -> str:
    """Answer a version or marker that the independent reader still sees; empty when there is none."""
    for name, key in places:
        for found in means.endpoints[name].reader.versions(key):
            if found.key == key:
                return f"{key} version {found.version}"
    return ""


def delete_renditions(means: Means, item_id: UUID) -> None:
    """Delete what was derived from the clip; done after the original, so that a refusal leaves all as it was."""
    with means.database.read() as session:
        clip = session.get_one(AppraisalItem, item_id).clip_id
    prefix = f"renditions/{clip}/"
    for listed in list(means.derived.list_versions(prefix)):
        means.derived.delete(listed.key)
    left = [listed.key for listed in means.derived.list_versions(prefix) if not listed.marker]
    if left:
        raise Failed("still-there", left[0])


def is_gone(means: Means, copy: Copy) -> bool:
    """Whether the independent reader says that a copy is not there."""
    endpoint = means.endpoints.get(copy.endpoint)
    if endpoint is None:
        return False
    try:
        endpoint.reader.look(copy.key, copy.version)
    except endpoint.reader.ObjectMissing:
        return True
    return False
