"""Standing jobs noted in the catalog: when each began, how it ended, when it comes next."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from celery import Celery

from catalog.forwarding.forward import JOB
from catalog.standing_jobs import note_end, note_planned, note_start
from storage.errors import StorageError
from workers.runtime import Runtime

log = logging.getLogger(__name__)

UNNOTED = frozenset({"sweep", "sequence", "coverage"})
"""Every few seconds, and of no interest to anybody."""


class Unsatisfied(Exception):
    """A job did its work, and what it found is not as it should be. Its text is for people."""


class Planned:
    """The standing jobs of an application, by their names in its schedule."""

    def __init__(self, app: Celery, runtime: Runtime) -> None:
        self._app = app
        self._runtime = runtime
        self._noted = False

    def note_once(self) -> None:
        """Note when every job comes next, once in the life of a process."""
        if self._noted:
            return
        now = self._runtime.now()
        left_out = UNNOTED if self._runtime.settings.catalog.syslog_target() else {*UNNOTED, JOB}
        plan = {name: self._next(name, now) for name in self._app.conf.beat_schedule if name not in left_out}
        with self._runtime.database.write() as session:
            note_planned(session, plan)
        self._noted = True

    @contextmanager
    def noted(self, name: str) -> Iterator[None]:
        """Note that the job `name` begins, and how it ends. What it raises passes on, except Unsatisfied."""
        runtime = self._runtime
        with runtime.database.write() as session:
            note_start(session, name, runtime.now())
        trouble = ""
        try:
            yield
        except Unsatisfied as finding:
            log.warning("standing job %s: %s", name, finding)
            trouble = str(finding)
        except StorageError as error:
            trouble = f"the storage is out of reach: {error}"
            raise
        except Exception as error:
            trouble = f"unexpected trouble ({type(error).__name__}); the worker's log has the details"
            raise
        finally:
            now = runtime.now()
            with runtime.database.write() as session:
                note_end(session, name, now, trouble=trouble, next_at=self._next(name, now))

    def _next(self, name: str, now: datetime) -> datetime:
        schedule = self._app.conf.beat_schedule[name]["schedule"]
        if isinstance(schedule, timedelta):
            return now + schedule
        schedule.app = self._app  # a crontab reads the bureau's time zone from it
        left: timedelta = schedule.remaining_estimate(now)
        return now + max(left, timedelta())
