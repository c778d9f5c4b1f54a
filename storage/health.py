"""Healthy means: a small object written, read back and found the same. A ping proves nothing here.

Seen: health page and bucket list in order, every GET answered 500, the first PUT only after 19 seconds.
"""

from __future__ import annotations

import secrets
import time

from storage.errors import StorageError, StorageUnavailable
from storage.settings import StorageSettings
from storage.store import ObjectStore

_KEY = "health/canary"


def is_ready(settings: StorageSettings) -> bool:
    """Write and read back one canary in the derived bucket now, without waiting. False for any trouble."""
    store = _impatient(settings)
    try:
        return _there_and_back(store)
    except StorageError:
        return False
    finally:
        store.close()


def wait_ready(settings: StorageSettings, *, seconds: float = 60.0) -> None:
    """Wait until a canary can be written and read back. Raises StorageUnavailable with the last reason."""
    deadline = time.monotonic() + seconds
    store = _impatient(settings)
    try:
        while True:
            reason = "what was read back differs from what was written"
            try:
                if _there_and_back(store):
                    return
            except StorageError as error:
                reason = str(error)
            if time.monotonic() >= deadline:
                raise StorageUnavailable(f"the storage was not ready within {seconds:.0f} s: {reason}")
            time.sleep(0.1)
    finally:
        store.close()


def _impatient(settings: StorageSettings) -> ObjectStore:
    quick = settings.model_copy(update={"patience_seconds": 0.0, "confirm_missing_seconds": 0.0})
    return ObjectStore(quick, settings.derived_bucket)


def _there_and_back(store: ObjectStore) -> bool:
    body = secrets.token_bytes(64)
    store.put(_KEY, body)
    found = store.newest(_KEY)
    return found is not None and b"".join(store.read(_KEY, found.version)) == body
