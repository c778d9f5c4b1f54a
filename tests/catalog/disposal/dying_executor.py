"""A process of its own that carries out what was ordered and is killed (-9) at one named step."""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from catalog.database import Database
from catalog.disposal import destroying, executing
from catalog.disposal.at_storage import Endpoint, Means
from catalog.disposal.executing import Executor, execute_ordered
from storage.disposal import DisposalStore
from storage.reader import SecondReader
from storage.settings import StorageSettings
from storage.store import ObjectStore

STEPS = {
    "before-plan": (destroying, "_plan", False),
    "after-plan": (destroying, "_plan", True),
    "after-first-deletion": (DisposalStore, "delete_version", True),
    "after-deletions": (destroying, "_delete", True),
    "before-renditions": (destroying, "delete_renditions", False),
    "after-renditions": (destroying, "delete_renditions", True),
    "before-finish": (destroying, "_finish", False),
    "after-finish": (destroying, "_finish", True),
    "before-register": (executing, "write_register", False),
    "after-register-text": (executing, "write_register", True),
    "after-first-object": (ObjectStore, "put_locked", True),
    "before-end": (executing, "keep_register", False),
    "after-end": (executing, "keep_register", True),
}
"""Where it dies: owner, function, and whether after it. Deletions in a transaction that never commits are the worst."""


def main() -> None:
    url, storage, seconds, step = sys.argv[1:]
    owner, name, after = STEPS[step]
    original = getattr(owner, name)

    def deadly(*args: object, **kwargs: object) -> object:
        if not after:
            os.kill(os.getpid(), signal.SIGKILL)
        original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    setattr(owner, name, deadly)
    settings = StorageSettings.model_validate(json.loads(storage))
    ahead = timedelta(seconds=float(seconds))
    means = Means(
        database=Database.open(url),
        endpoints={"main": Endpoint(DisposalStore(settings), SecondReader(settings))},
        derived=ObjectStore(settings, settings.derived_bucket),
        clock=lambda: datetime.now(UTC) + ahead,
        margin=timedelta(0),
    )
    registers = ObjectStore(settings, settings.evidence_bucket)
    execute_ordered(Executor(means, registers=registers, zone=ZoneInfo("Asia/Shanghai")))


if __name__ == "__main__":
    main()
