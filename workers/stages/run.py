"""Running a stage: claim it with a lease, keep the lease alive, and put down in the catalog what became of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from catalog import stages as catalog_stages
from catalog.stages import Due
from catalog.verification import CopyMissing, DigestMismatch, LockMissing, NoCopy
from storage.errors import Forbidden, StorageError, StorageMisconfigured, StorageUnavailable
from workers.originals import FetchedWrong
from workers.runtime import Runtime
from workers.stages.describe import describe
from workers.stages.render import SomeNotMade, render
from workers.stages.verify import verify

log = logging.getLogger(__name__)

RENEW_EVERY = catalog_stages.LEASE.total_seconds() / 4
OUT_OF_REACH = timedelta(seconds=30)
STORAGE_IN_THE_WAY = (StorageUnavailable, Forbidden, StorageMisconfigured)
"""Troubles of the storage or of its keys, not of a clip: the same attempt succeeds once somebody has mended them."""
NOT_HELPED_BY_TRYING = (DigestMismatch, LockMissing, NoCopy, SomeNotMade)

STAGES: dict[str, Callable[[Runtime, UUID], None]] = {
    "verify": verify,
    "describe": describe,
    "render": render,
}
FOLLOWS: dict[str, tuple[str, ...]] = {"describe": ("render",)}
"""`render` needs what `describe` found; nothing else waits for anything."""


def run_stage(runtime: Runtime, clip_id: UUID, stage: str) -> list[Due]:
    """Run one stage of one clip if there is anything to do; answer the stages that follow.

    Never raises for a clip's sake: a stage that fails for good leaves the clip usable, with the reason in plain
    words. What the database or the machine itself refuses does raise, and the task is sent again.
    """
    now = runtime.now()
    with runtime.database.write() as session:
        attempt = catalog_stages.claim(session, clip_id, stage, now)
    if attempt is None:
        return []
    try:
        with _lease(runtime, clip_id, stage, attempt):
            STAGES[stage](runtime, clip_id)
    except STORAGE_IN_THE_WAY as error:
        log.warning("clip %s: %s put off: %s", clip_id, stage, error)
        with runtime.database.write() as session:
            catalog_stages.put_off(
                session,
                clip_id,
                stage,
                attempt,
                reason=_storage_in_words(error),
                delay=OUT_OF_REACH,
                now=runtime.now(),
            )
        return []
    except Exception as error:
        final = isinstance(error, NOT_HELPED_BY_TRYING)
        if not final:
            log.exception("clip %s: %s failed", clip_id, stage)
        with runtime.database.write() as session:
            catalog_stages.fail(
                session, clip_id, stage, attempt, reason=in_words(error), final=final, now=runtime.now()
            )
        return []
    with runtime.database.write() as session:
        if not catalog_stages.finish(session, clip_id, stage, attempt, runtime.now()):
            return []  # taken for lost meanwhile; whoever took over goes on
        return catalog_stages.add_stages(session, clip_id, FOLLOWS.get(stage, ()), runtime.now())


def _storage_in_words(error: StorageError) -> str:
    if isinstance(error, StorageUnavailable):
        return f"the storage is out of reach: {error}"
    return f"the storage refuses the worker; it is tried again by itself: {error}"


def in_words(error: Exception) -> str:
    """Answer why a stage failed, for a person; the log has the rest."""
    if isinstance(error, DigestMismatch | CopyMissing | LockMissing | NoCopy | SomeNotMade | FetchedWrong):
        return str(error)
    if isinstance(error, OSError):
        return f"the worker could not write or read its scratch folder: {error.strerror or error}"
    return f"unexpected trouble ({type(error).__name__}); the worker's log has the details"


@contextmanager
def _lease(runtime: Runtime, clip_id: UUID, stage: str, attempt: int) -> Iterator[None]:
    """Renew the lease from a thread while the stage works, so that a live worker is not taken for a lost one."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(RENEW_EVERY):
            try:
                with runtime.database.write() as session:
                    catalog_stages.renew_lease(session, clip_id, stage, attempt, runtime.now())
            except Exception:  # the next turn tries again; the lease has three more
                log.exception("clip %s: the lease of %s could not be renewed", clip_id, stage)

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
