"""Where the parts of a system are reached: hosts, ports, addresses."""

from __future__ import annotations

import socket

import psutil

from storage.seaweedfs.plan import WeedPorts

LOOPBACK = "127.0.0.1"
ANYWHERE = {"0.0.0.0", "::"}  # noqa: S104  (compared, not bound)

USUAL_PORTS = {
    "web": 8600,
    "queue": 6399,
    "board": 8610,
    **{
        ("storage" if name == "s3" else f"storage_{name}"): port for name, port in WeedPorts().named().items()
    },
}
"""TCP port of each part while nobody says otherwise. `storage` is S3; the storage's other ports stay on loopback."""


def storage_ports(ports: dict[str, int]) -> WeedPorts:
    """Answer the storage's ports out of all ports."""
    names = WeedPorts().named()
    return WeedPorts(**{name: ports["storage" if name == "s3" else f"storage_{name}"] for name in names})


def url(host: str, port: int, *, tls: bool) -> str:
    """Answer the address of a server, without a slash at its end."""
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{shown}:{port}"


def public_host(listen: str | None) -> str:
    """Answer what other machines call this one when it listens on `listen`.

    For "all addresses" that is its first address of the local network; loopback while it has none.
    """
    if listen is None:
        return LOOPBACK
    if listen not in ANYWHERE:
        return listen
    for name, entries in sorted(psutil.net_if_addrs().items()):
        for entry in entries:
            if entry.family == socket.AF_INET and name != "lo" and not entry.address.startswith("127."):
                return entry.address
    return LOOPBACK
