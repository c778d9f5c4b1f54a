"""How many connections the board takes, and how long each may take: the station's threads are for copying.

Anybody on the network can open connections where the board listens beyond its own machine. So many and no more are
served at a time, fewer from other machines, few from each of them; one that dawdles over a request, or over taking the
answer, is ended. What is beyond that is closed unread, and the board at the station itself always finds room.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any

from werkzeug.serving import ThreadedWSGIServer

MOST = 48
"""Connections at a time; each is a thread."""
MOST_FROM_ELSEWHERE = 32
"""Of those, connections from other machines."""
MOST_FROM_ONE = 8
"""Of those, connections from one of them, which for IPv6 is a network of 64 bits."""
SECONDS = 30.0
"""For reading a request and giving the answer, together. Each has a connection of its own: the server keeps none open."""


@dataclass(slots=True)
class _Open:
    connection: socket.socket
    origin: str
    """Of another machine; empty for this one."""
    until: float
    """As `time.monotonic`."""


class BoundedServer(ThreadedWSGIServer):
    """A server of threads that does not let itself be filled."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._lock = threading.Lock()
        self._open: dict[int, _Open] = {}
        super().__init__(*arguments, **options)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give a connection a thread, or close it where there are too many."""
        if not self._enter(request, _origin(str(client_address[0]))):
            self._close(request)
            return
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection; there is room for another."""
        with self._lock:
            self._open.pop(id(request), None)
        self._close(request)

    def service_actions(self) -> None:
        """End connections whose time is over; called several times a second."""
        super().service_actions()
        now = time.monotonic()
        with self._lock:
            for one in self._open.values():
                if now >= one.until:
                    # Whoever waits for it, in reading or in writing, is woken; its thread closes it.
                    with contextlib.suppress(OSError):
                        one.connection.shutdown(socket.SHUT_RDWR)

    def served(self) -> int:
        """Answer how many connections are open."""
        with self._lock:
            return len(self._open)

    def _enter(self, connection: socket.socket, origin: str) -> bool:
        with self._lock:
            elsewhere = [one.origin for one in self._open.values() if one.origin]
            if len(self._open) >= MOST or (
                origin and (len(elsewhere) >= MOST_FROM_ELSEWHERE or elsewhere.count(origin) >= MOST_FROM_ONE)
            ):
                return False
            self._open[id(connection)] = _Open(connection, origin, time.monotonic() + SECONDS)
        return True

    def _close(self, request: Any) -> None:
        super().shutdown_request(request)


def _origin(address: str) -> str:
    """Answer what connections of another machine are counted by; empty for our own."""
    with contextlib.suppress(ValueError):
        number = ipaddress.ip_address(address.partition("%")[0])
        mapped = number.ipv4_mapped if isinstance(number, ipaddress.IPv6Address) else None
        number = mapped or number
        if number.is_loopback:
            return ""
        if number.version == 6:
            return str(ipaddress.ip_network((number, 64), strict=False))
        return str(number)
    return address or "unknown"
