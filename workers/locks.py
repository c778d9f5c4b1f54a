"""The nightly round over all locks: originals, sheets and manifests, time stamps. None of them stops another."""

from __future__ import annotations

import logging
from collections.abc import Callable

from catalog.disposal.register import renew_register_locks
from catalog.retention.reconciling import reconcile
from catalog.sheet_locks import renew_sheet_locks
from catalog.timestamps.locks import renew_timestamp_locks
from storage.errors import OUT_OF_REACH
from workers.runtime import Runtime

log = logging.getLogger(__name__)


def reconcile_all(runtime: Runtime) -> str:
    """Compare and prolong everything; answer in plain words what failed, empty when nothing did.

    Raises the storage's error when it is out of reach: no kind can be looked after then.
    """
    database, store = runtime.database, runtime.evidence
    kinds: dict[str, Callable[[], object]] = {
        "originals": lambda: reconcile(database, store, runtime.zone, runtime.now),
        "sheets": lambda: renew_sheet_locks(database, store, runtime.now()),
        "destruction registers": lambda: renew_register_locks(database, store, runtime.now()),
        "time stamps": lambda: renew_timestamp_locks(database, store, runtime.now()),
    }
    failed = []
    for kind, act in kinds.items():
        try:
            act()
        except OUT_OF_REACH:
            raise
        except Exception:
            log.exception("locks of %s", kind)
            failed.append(kind)
    return (
        f"unexpected trouble with the locks of {', '.join(failed)}; the worker's log has the details"
        if failed
        else ""
    )
