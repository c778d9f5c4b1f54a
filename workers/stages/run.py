"""Running a stage: claim it with a lease, keep the lease alive, and put down in the catalog what became of it."""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from catalog import stages as catalog_stages
from catalog.reading_back import CopyMissing, DigestMismatch, LockMissing, NoCopy
from catalog.rereading import TooEarly
from catalog.stages import Due
from storage.errors import Forbidden, StorageError, StorageMisconfigured, StorageUnavailable
from workers.media.analyse import NotMeasured
from workers.originals import FetchedWrong
from workers.runtime import Runtime
from workers.stages.analyse import analyse
from workers.stages.describe import describe
from workers.stages.encode import NotNow, encode
from workers.stages.keeping import SomeNotMade
from workers.stages.progress import TakenOver, followed
from workers.stages.render import render
from workers.stages.reread import reread
from workers.stages.verify import verify

log = logging.getLogger(__name__)

RENEW_EVERY = catalog_stages.LEASE.total_seconds() / 4
OUT_OF_REACH = timedelta(seconds=30)
DISK_FULL = timedelta(minutes=5)
"""Until somebody has made room, or others have ended that take it."""
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
STORAGE_IN_THE_WAY = (StorageUnavailable, Forbidden, StorageMisconfigured)
"""Troubles of the storage or of its keys, not of a clip: the same attempt succeeds once somebody has mended them."""
NOT_HELPED_BY_TRYING = (DigestMismatch, LockMissing, NoCopy, NotMeasured, SomeNotMade, TooEarly)

STAGES: dict[str, Callable[[Runtime, UUID], Sequence[str] | None]] = {
    "verify": verify,
    "describe": describe,
    "render": render,
    "encode": encode,
    "analyse": analyse,
    "reread": reread,
}
FOLLOWS: dict[str, tuple[str, ...]] = {"describe": ("render", "analyse")}
"""Both need what `describe` found; nothing else waits for anything. What a stage itself answers follows as well."""


def run_stage(runtime: Runtime, clip_id: UUID, stage: str) -> list[Due]:
    """Run one stage of one clip if there is anything to do; answer the stages that follow.

    Never raises for a clip's sake: a stage that fails for good leaves the clip usable, with the reason in plain
    words. What the database or the machine itself refuses does raise, and the task is sent again.
    """
    now = runtime.now()
    with runtime.database.write() as session:
        claimed = catalog_stages.claim(session, clip_id, stage, now)
    if claimed is None:
        return []
    about = {"clip": clip_id, "stage": stage}
    try:
        with _lease(runtime, clip_id, stage, claimed):
            follow = STAGES[stage](runtime, clip_id) or ()
    except TakenOver:
        log.warning("clip %s: %s was taken over by another worker; stopped", clip_id, stage, extra=about)
        return []
    except catalog_stages.ContentSealed:
        log.info("clip %s: %s not kept: it was sealed meanwhile", clip_id, stage, extra=about)
        return []
    except NotNow as wait:
        with runtime.database.write() as session:
            catalog_stages.defer(session, clip_id, stage, claimed, until=wait.until, now=runtime.now())
        return []
    except STORAGE_IN_THE_WAY as error:
        log.warning("clip %s: %s put off: %s", clip_id, stage, error, extra=about)
        _put_off(runtime, clip_id, stage, claimed, reason=_storage_in_words(error), delay=OUT_OF_REACH)
        return []
    except Exception as error:
        if isinstance(error, OSError) and error.errno in FULL:
            log.warning("clip %s: %s put off: %s", clip_id, stage, error, extra=about)
            _put_off(runtime, clip_id, stage, claimed, reason=in_words(error), delay=DISK_FULL)
            return []
        final = isinstance(error, NOT_HELPED_BY_TRYING)
        if not final:
            log.exception("clip %s: %s failed", clip_id, stage, extra=about)
        else:
            log.warning("clip %s: %s cannot be done: %s", clip_id, stage, error, extra=about)
        with runtime.database.write() as session:
            catalog_stages.fail(
                session, clip_id, stage, claimed, reason=in_words(error), final=final, now=runtime.now()
            )
        return []
    spent = round((runtime.now() - now).total_seconds(), 3)
    log.info("clip %s: %s done in %s s", clip_id, stage, spent, extra={**about, "seconds": spent})
    with runtime.database.write() as session:
        if not catalog_stages.finish(session, clip_id, stage, claimed, runtime.now()):
            return []  # taken for lost meanwhile; whoever took over goes on
        return catalog_stages.add_stages(session, clip_id, [*FOLLOWS.get(stage, ()), *follow], runtime.now())


def _put_off(
    runtime: Runtime, clip_id: UUID, stage: str, claimed: int, *, reason: str, delay: timedelta
) -> None:
    now = runtime.now()
    with runtime.database.write() as session:
        catalog_stages.put_off(session, clip_id, stage, claimed, reason=reason, delay=delay, now=now)


def _storage_in_words(error: StorageError) -> str:
    if isinstance(error, StorageUnavailable):
        return f"the storage is out of reach: {error}"
    return f"the storage refuses the worker; it is tried again by itself: {error}"


def in_words(error: Exception) -> str:
    """Answer why a stage failed, for a person; the log has the rest."""
    if isinstance(error, (*NOT_HELPED_BY_TRYING, CopyMissing, FetchedWrong)):
        return str(error)
    if isinstance(error, OSError):
        return f"the worker could not write or read its scratch folder: {error.strerror or error}"
    return f"unexpected trouble ({type(error).__name__}); the worker's log has the details"


@contextmanager
def _lease(runtime: Runtime, clip_id: UUID, stage: str, claimed: int) -> Iterator[None]:
    """Renew the lease from a thread while the stage works, so that a live worker is not taken for a lost one.

    Where somebody else has the stage nevertheless, the work stops when it next tells how far it is. Raises TakenOver.
    """
    done = threading.Event()

    def renew() -> None:
        while not done.wait(RENEW_EVERY):
            try:
                with runtime.database.write() as session:
                    mine = catalog_stages.renew_lease(
                        session, clip_id, stage, claimed, runtime.now(), progress=progress.fraction
                    )
                if not mine:
                    progress.taken_over = True
                    return
            except Exception:  # the next turn tries again; the lease has three more
                log.exception("clip %s: the lease of %s could not be renewed", clip_id, stage)

    with followed() as progress:
        thread = threading.Thread(target=renew, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()
        if progress.taken_over:
            raise TakenOver
