"""Asking the queue how long it is and which workers answer, without making a page wait for long."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)

SOCKET_SECONDS = 1.0
PING_SECONDS = 1.0
FRESH_SECONDS = 4.0
"""An answer so young is given again: many who look at once ask the workers once."""


class QueueWatch:
    """The queue as the web room sees it. Thread-safe; never raises: None stands for no answer."""

    def __init__(self, broker_url: str) -> None:
        self._app = Celery("liuhen-watch", broker=broker_url, set_as_current=False)
        self._app.conf.update(
            broker_connection_retry=False,
            broker_connection_max_retries=0,
            broker_transport_options={
                "socket_timeout": SOCKET_SECONDS,
                "socket_connect_timeout": SOCKET_SECONDS,
                "max_retries": 0,
            },
        )
        self._lock = threading.Lock()
        self._workers: tuple[float, list[str] | None] = (-FRESH_SECONDS, None)
        self._known = 0

    def lengths(self, queues: Sequence[str]) -> dict[str, int] | None:
        """Answer how many messages wait on each queue; None when the queue does not answer."""
        try:
            with self._app.connection_for_read() as connection, connection.channel() as channel:
                client: Any = channel.client
                return {queue: int(client.llen(queue)) for queue in queues}
        except Exception as error:  # noqa: BLE001 - whatever the queue's trouble is, the page says that it is silent
            log.info("the queue does not answer: %s", type(error).__name__)
            return None

    def workers(self) -> list[str] | None:
        """Answer the names of the workers that answer now, such as `intake@host`; None when the queue does not."""
        with self._lock:
            asked, answer = self._workers
            if time.monotonic() - asked < FRESH_SECONDS:
                return answer
            answer = self._ping()
            self._workers = (time.monotonic(), answer)
            return answer

    def _ping(self) -> list[str] | None:
        try:
            # As soon as all that answered last time have answered again, nobody else is waited for.
            found = self._app.control.ping(timeout=PING_SECONDS, limit=self._known or None)
        except (OperationalError, OSError) as error:
            log.info("the queue does not answer: %s", type(error).__name__)
            return None
        except Exception:
            log.exception("workers could not be asked")
            return None
        names = sorted({name for one in found for name in one})
        self._known = len(names)
        return names
