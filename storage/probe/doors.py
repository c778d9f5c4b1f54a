"""Finding the storage's other doors: every port and socket its process listens on, besides S3."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import psutil

from storage.seaweedfs.command import guessable_sockets
from storage.seaweedfs.plan import WeedPlan
from storage.settings import StorageSettings


@dataclass(frozen=True, slots=True)
class Door:
    """One way in: a TCP port, or a socket in the file system (`path`)."""

    host: str = ""
    port: int = 0
    path: str = ""
    tls: bool = False
    bound: str = ""
    """The address it listens on, where that is known."""

    @property
    def name(self) -> str:
        """For the table."""
        return f"socket {self.path}" if self.path else f"port {self.host}:{self.port}"

    @property
    def beyond_loopback(self) -> bool:
        """Whether other machines can reach it, as far as is known."""
        if self.path or not self.bound:
            return False
        return not ipaddress.ip_address(self.bound.split("%")[0]).is_loopback

    def connect(self, seconds: float = 3.0) -> socket.socket:
        """Open a connection. Raises OSError."""
        if self.path:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.settimeout(seconds)
                connection.connect(self.path)
            except OSError:
                connection.close()
                raise
            return connection
        return socket.create_connection((self.host, self.port), seconds)


@dataclass(frozen=True, slots=True)
class Doors:
    """What was found, and what kept us from looking, if anything."""

    found: tuple[Door, ...]
    blind: str = ""


def find_doors(settings: StorageSettings, plan: WeedPlan | None) -> Doors:
    """All doors but S3's own: those named in the settings, those of the plan, those the process listens on."""
    s3 = _s3_port(settings)
    doors = {_configured(door.address): None for door in settings.back_doors}
    blind = ""
    if plan is not None:
        # In containers the storage has an address of its own, and these ports are tried as a neighbour would.
        host = "127.0.0.1" if _is_local(settings) else urlsplit(settings.endpoint_url).hostname or ""
        for name, port in plan.ports.named().items():
            if name != "s3":
                doors[Door(host, port)] = None
        for path in (*guessable_sockets(plan), plan.run / "filer.sock", plan.run / "s3.sock"):
            if path.exists():
                doors[Door(path=str(path))] = None
    if _is_local(settings):
        listening, blind = _listening(s3)
        for door in listening:
            if not door.path and door.port == s3:
                continue
            # What is known of a port by name gives way to what was seen of it.
            doors.pop(Door("127.0.0.1", door.port), None)
            doors[door] = None
    elif not doors:
        blind = "the storage runs elsewhere and the settings name no other address of it (back_doors)"
    return Doors(tuple(doors), blind)


def _s3_port(settings: StorageSettings) -> int:
    url = urlsplit(settings.endpoint_url)
    return url.port or (443 if url.scheme == "https" else 80)


def _is_local(settings: StorageSettings) -> bool:
    host = urlsplit(settings.endpoint_url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _configured(address: str) -> Door:
    if address.startswith("/"):
        return Door(path=address)
    url = urlsplit(address if "//" in address else f"//{address}")
    tls = url.scheme == "https"
    return Door(url.hostname or "", url.port or (443 if tls else 80), tls=tls)


def _listening(s3_port: int) -> tuple[list[Door], str]:
    """Everything the process behind the S3 port listens on."""
    owner: int | None = None
    try:
        for found in psutil.net_connections("tcp"):
            if found.status == psutil.CONN_LISTEN and found.laddr and found.laddr.port == s3_port:
                owner = found.pid or owner
        if owner is None:
            return [], "the storage's process belongs to another user, so its ports cannot be listed"
        process = psutil.Process(owner)
        doors = []
        for port in process.net_connections("tcp"):
            if port.status == psutil.CONN_LISTEN and port.laddr:
                bound = port.laddr.ip
                wide = bound in {"0.0.0.0", "::"}  # noqa: S104 - recognised, not bound
                doors.append(Door("127.0.0.1" if wide else bound, port.laddr.port, bound=bound))
        paths: list[Any] = [unix.laddr for unix in process.net_connections("unix") if not unix.raddr]
        doors += [Door(path=path) for path in paths if isinstance(path, str) and path.startswith("/")]
    except psutil.Error as error:
        return [], f"the storage's ports cannot be listed ({type(error).__name__})"
    return list(dict.fromkeys(doors)), ""
