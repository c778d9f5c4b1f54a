"""Putting stages on their queues without making anybody wait: a hint that is lost is found by the sweeper."""

from __future__ import annotations

import logging
import queue
import threading

from celery import Celery

from catalog.stages import Due

log = logging.getLogger(__name__)

MOST_WAITING = 20_000
SOCKET_SECONDS = 3


class Enqueuer:
    """Sends tasks by name from a thread of its own, started with the first one (so after any fork)."""

    def __init__(self, broker_url: str) -> None:
        self._app = Celery("liuhen", broker=broker_url)
        self._app.conf.update(
            task_ignore_result=True,
            broker_transport_options={
                "socket_timeout": SOCKET_SECONDS,
                "socket_connect_timeout": SOCKET_SECONDS,
            },
        )
        self._waiting: queue.Queue[Due] = queue.Queue(MOST_WAITING)
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def __call__(self, due: list[Due]) -> None:
        """Take stages to be sent and return at once. Never raises."""
        if not due:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._send_all, name="enqueue", daemon=True)
                self._thread.start()
        for one in due:
            try:
                self._waiting.put_nowait(one)
            except queue.Full:
                log.warning("too many stages wait to be sent; the sweeper will find the rest")
                return

    def _send_all(self) -> None:
        while True:
            one = self._waiting.get()
            try:
                self._app.send_task(
                    "liuhen.stage",
                    kwargs={"clip_id": str(one.clip), "stage": one.stage},
                    queue=one.queue,
                    retry=False,
                )
            except Exception as error:  # noqa: BLE001 - whatever the queue's trouble is, the catalog has the work
                log.warning(
                    "clip %s: %s not sent to the queue (%s); the sweeper will", one.clip, one.stage, error
                )
