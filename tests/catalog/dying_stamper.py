"""A worker that stamps and is killed -9 at its n-th dangerous moment, for each n in turn, until one lives to the end.

    python -m tests.catalog.dying_stamper DATABASE_URL STORAGE_SETTINGS.json TSA_FOLDER

Moments: before and after each commit, after each answer of the authority, after each object put into storage. Prints how
many died. Each life begins two minutes after the one before, so that leases have run out.
"""

from __future__ import annotations

import itertools
import os
import secrets
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from catalog.database import Database
from catalog.settings import AuthoritySettings
from catalog.timestamps import keeping
from catalog.timestamps.asking import Door, ask
from catalog.timestamps.authorities import Authority
from catalog.timestamps.gathering import gather
from catalog.timestamps.keeping import keep
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.catalog.stamp_desk import Way
from tests.services.tsa import Tsa


class Moments:
    """Counts dangerous moments; at the chosen one the process is gone."""

    def __init__(self, last: int) -> None:
        self.left = last

    def passes(self) -> None:
        """One more moment."""
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1

    def after(self, act: Callable[..., Any]) -> Callable[..., Any]:
        """The act, with a moment behind it."""

        def done(*args: Any, **kwargs: Any) -> Any:
            result = act(*args, **kwargs)
            self.passes()
            return result

        return done


def live(url: str, storage: StorageSettings, tsa: Tsa, *, last: int) -> None:
    """One worker's life: a round, killed at moment number `last`."""
    moments = Moments(last)
    begun = datetime.now(UTC) + timedelta(minutes=2 * last)
    database, store = Database.open(url), ObjectStore(storage, storage.evidence_bucket)
    real = database.write

    @contextmanager
    def write() -> Iterator[Session]:
        with real() as session:
            yield session
            session.flush()
            moments.passes()
        moments.passes()

    database.write = write  # type: ignore[method-assign]
    store.put_locked = moments.after(store.put_locked)  # type: ignore[method-assign]
    authority = Authority(AuthoritySettings(name="first", url="http://x/", roots_file=tsa.root))
    doors = [Door(authority, Way(moments.after(tsa.reply)))]
    keeping.AT_ONCE = 2
    gather(database, [authority], begun, wait=timedelta())
    ask(database, doors, lambda: begun, lambda: secrets.randbits(128) | 1)
    keep(database, store, lambda: begun)


def main() -> int:
    """Let workers live and die."""
    url, settings, folder = sys.argv[1:]
    storage, tsa = StorageSettings.model_validate_json(Path(settings).read_bytes()), Tsa(Path(folder))
    for last in itertools.count():
        child = os.fork()
        if child == 0:
            try:
                live(url, storage, tsa, last=last)
            finally:
                os._exit(0 if sys.exc_info()[0] is None else 3)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status == 0:
            print(last)
            return 0
        if status != -signal.SIGKILL:
            return 1
    return 1


if __name__ == "__main__":
    sys.exit(main())
