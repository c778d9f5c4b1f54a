"""Removing canaries whose lock has ended, where the disposal key is kept: the proof that locks do end."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from itertools import islice

from storage.edge import translated
from storage.errors import StorageError, StorageMisconfigured
from storage.settings import StorageSettings
from storage.store import ObjectStore

AT_MOST = 200
"""Canaries removed by one run, so that it stays quick."""


def clear_expired(settings: StorageSettings, *, at_most: int = AT_MOST) -> int:
    """Delete up to `at_most` canaries that are locked no more; answer how many. None without the disposal key.

    What cannot be deleted stays: this is housekeeping, and no attack.
    """
    try:
        store = ObjectStore(settings, settings.canary_bucket, "disposal")
    except StorageMisconfigured:
        return 0
    removed = 0
    try:
        with contextlib.suppress(StorageError):
            for listed in islice(store.list_versions("probe/"), at_most):
                if not listed.marker:
                    facts = store.facts(listed.key, listed.version)
                    if facts.hold or (facts.lock_until and facts.lock_until > datetime.now(UTC)):
                        continue
                with translated("removing a canary"):
                    store.client.delete_object(Bucket=store.bucket, Key=listed.key, VersionId=listed.version)
                removed += 1
    finally:
        store.close()
    return removed
