"""Whether a part does its work. Each check raises when it does not; a check costs milliseconds, or says otherwise."""

from __future__ import annotations

import http.client
import secrets
import socket
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from liuhen.settings import Settings
from liuhen.supervisor.part import Unhealthy
from storage.errors import StorageMisconfigured
from storage.settings import StorageSettings
from storage.store import ObjectStore

TIMEOUT_SECONDS = 3.0
BUSY_SECONDS = 30.0
"""How long a web server may keep the question waiting: behind many people's pages it is slow, and ended for it, it would
take the answers of all of them along."""
PING_SECONDS = 1.0
"""A worker answers a ping in milliseconds; one that has just been started does not, and is asked again soon."""
CANARY_KEY = "health/supervisor"

Check = Callable[[], None]


def storage(settings: StorageSettings) -> Check:
    """Make a check that writes a small object and reads it back: storage that answers a ping may still be broken.

    Before the buckets exist, at the very first start, an answer that says so is enough.
    """
    quick = settings.model_copy(update={"patience_seconds": 0.0, "confirm_missing_seconds": 0.0})
    stores: list[ObjectStore] = []

    def check() -> None:
        if not stores:
            stores.append(ObjectStore(quick, settings.derived_bucket))
        body = secrets.token_bytes(64)
        try:
            stores[0].put(CANARY_KEY, body)
        except StorageMisconfigured as error:
            if "NoSuchBucket" not in str(error):
                raise
            return
        found = stores[0].newest(CANARY_KEY)
        if found is None or b"".join(stores[0].read(CANARY_KEY, found.version)) != body:
            raise Unhealthy("what was read back is not what was written")

    return check


def queue(host: str, port: int, password: str) -> Check:
    """Make a check that says PING to Redis with the password, and wants PONG."""

    def check() -> None:
        with socket.create_connection((host, port), timeout=TIMEOUT_SECONDS) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:
                more = connection.recv(256)
                if not more:
                    raise Unhealthy("the connection was closed")
                answer += more
        if answer != b"+OK\r\n+PONG\r\n":
            # While it loads its file it says so; the text holds no secret.
            raise Unhealthy(answer.decode(errors="replace").strip().splitlines()[-1])

    return check


def web(base_url: str, authority: str | None, patience: float = BUSY_SECONDS) -> Check:
    """Make a check that fetches `/healthz`, and waits up to `patience` seconds for the answer."""
    parts = urlsplit(base_url)

    def check() -> None:
        connection = _connect(parts.scheme, parts.hostname or "", parts.port or 443, authority, patience)
        try:
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        if answer.status != http.client.OK:
            raise Unhealthy(f"/healthz answered {answer.status}")

    return check


def _connect(
    scheme: str, host: str, port: int, authority: str | None, patience: float
) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context(cafile=authority)
        return http.client.HTTPSConnection(host, port, timeout=patience, context=context)
    return http.client.HTTPConnection(host, port, timeout=patience)


def worker(broker_url: str, node: str) -> Check:
    """Make a check that pings the Celery node `node` (such as `intake@here`) through the queue.

    The worker's main process answers, also while its children are busy.
    """
    apps: list[Any] = []

    def check() -> None:
        if not apps:
            from celery import Celery  # noqa: PLC0415  (a quarter of a second, and only who asks a worker pays it)

            apps.append(Celery("liuhen-health", broker=broker_url, broker_connection_retry=False))
        if not apps[0].control.ping(destination=[node], timeout=PING_SECONDS, limit=1):
            raise Unhealthy(f"no answer from {node}")

    return check


def of(name: str, settings: Settings) -> Check | None:
    """Answer the check of the part `name`, or None when living is all that can be asked of it."""
    hosts, ports = settings.hosts, settings.ports
    if name == "storage":
        return storage(settings.storage)
    if name == "queue":
        password = urlsplit(settings.workers.broker_url.get_secret_value()).password or ""
        return queue(hosts["queue"], ports["queue"], password)
    if name == "web":
        authority = settings.storage.ca_bundle
        return web(settings.station.server, str(authority) if authority else None)
    if name.startswith("worker-"):
        return worker(
            settings.workers.broker_url.get_secret_value(), f"{name.removeprefix('worker-')}@{node_host()}"
        )
    return None


def node_host() -> str:
    """Answer the host name that workers on this machine carry."""
    return socket.gethostname()
