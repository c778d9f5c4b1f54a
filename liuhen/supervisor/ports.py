"""Which TCP port each part gets: the usual one if it is free, else another one, which is then kept.

A port that a person asked for by name is never moved: if it is busy, that is an error naming who holds it.
"""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

import psutil

HIGHEST = 32_000
"""Stay below what Linux hands out by itself for outgoing connections."""


class PortBusy(Exception):
    """A port that was asked for is in use."""


@dataclass(slots=True)
class Choice:
    """The ports, and a sentence for each that is not where it was expected."""

    ports: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def is_free(host: str, port: int) -> bool:
    """Whether a server could listen on `host`:`port` now. Raises OSError when `host` is no address of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # as servers do; a listener still refuses us
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def holder(port: int) -> str:
    """Answer who listens on `port`, as far as this user may see."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            if (
                connection.status != psutil.CONN_LISTEN
                or not connection.laddr
                or connection.laddr.port != port
            ):
                continue
            if connection.pid is None:
                return "a process of another user"
            with contextlib.suppress(psutil.Error):
                return f"{psutil.Process(connection.pid).name()}, process {connection.pid}"
    return "a process that this user cannot see"


def choose(
    wanted: Mapping[str, int],
    *,
    host: str,
    explicit: Mapping[str, int],
    remembered: Mapping[str, int],
    hosts: Mapping[str, str] | None = None,
) -> Choice:
    """Answer a port for each name in `wanted` (name → usual port).

    `explicit`: asked for by a person; `remembered`: used last time; `hosts`: other addresses than `host` by name.
    Raises PortBusy when an explicit one is in use or given twice.
    """
    choice = Choice()
    taken: dict[int, str] = {}
    for name, port in explicit.items():
        its_host = (hosts or {}).get(name, host)
        if port in taken:
            raise PortBusy(
                f"Port {port} is asked for twice, for {taken[port]} and for {name}. Nothing was started."
            )
        if not is_free(its_host, port):
            raise PortBusy(
                f"Port {port} for {name} on {its_host} is in use by {holder(port)}. Nothing was started. "
                "Stop that process, or choose another port."
            )
        taken[port] = name
    for name, usual in wanted.items():
        its_host = (hosts or {}).get(name, host)
        if name in explicit:
            choice.ports[name] = explicit[name]
            continue
        first = remembered.get(name, usual)
        port = first
        while port in taken or port in remembered_by_others(name, remembered) or not is_free(its_host, port):
            port = port + 1 if port < HIGHEST else 10_000
            if port == first:
                raise PortBusy(f"No free port was found for {name} on {its_host}. Nothing was started.")
        if port != first:
            by = f"{taken[first]} (Liuhen itself)" if first in taken else holder(first)
            choice.notes.append(
                f"Port {first} for {name} is in use by {by}; {name} takes {port} from now on."
            )
        taken[port] = name
        choice.ports[name] = port
    return choice


def remembered_by_others(name: str, remembered: Mapping[str, int]) -> set[int]:
    """Ports that belong to another part since an earlier start."""
    return {port for other, port in remembered.items() if other != name}
