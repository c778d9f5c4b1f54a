"""Where everything of the one-machine storage lies: ports, folders, files."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, fields
from pathlib import Path


@dataclass(frozen=True, slots=True)
class WeedPorts:
    """Every TCP port weed opens. All are given: one left out would silently become the next free one."""

    s3: int = 8333
    s3_grpc: int = 18333
    master: int = 9333
    master_grpc: int = 19333
    volume: int = 9340
    volume_grpc: int = 19340
    filer: int = 8888
    filer_grpc: int = 18888

    def named(self) -> Mapping[str, int]:
        """Name → port."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def free(cls) -> WeedPorts:
        """Ports that are free right now on the loopback address; for tests."""
        names = [f.name for f in fields(cls)]
        with ExitStack() as held:
            found = {}
            for name in names:
                held_socket = held.enter_context(socket.socket())
                held_socket.bind(("127.0.0.1", 0))
                found[name] = held_socket.getsockname()[1]
        return cls(**found)


@dataclass(frozen=True, slots=True)
class WeedPlan:
    """One SeaweedFS: what it is, where it lives, where it listens."""

    folder: Path
    """Absolute; holds `blobs` (the objects), `conf` (its secrets) and `run` (its sockets)."""
    ports: WeedPorts = field(default_factory=WeedPorts)
    listen: str = "127.0.0.1"
    """Address of the S3 port. Everything else but S3's gRPC port (mutual TLS) stays on 127.0.0.1."""
    tls_certificate: Path | None = None
    """With `tls_key`: S3 is spoken over TLS, on the loopback address as well."""
    tls_key: Path | None = None
    user: str | None = None
    """The operating system's user to run as; None: the caller's own."""
    hardened: bool = True
    """False leaves the side doors open. Only the tests of the lock probe do that."""
    binary: Path = field(default_factory=lambda: Path(sys.prefix) / "bin" / "weed")

    @property
    def blobs(self) -> Path:
        """Folder of the objects' bytes and of the filer's index."""
        return self.folder / "blobs"

    @property
    def conf(self) -> Path:
        """Folder of `security.toml`, `s3.json` and the certificates."""
        return self.folder / "conf"

    @property
    def run(self) -> Path:
        """Folder of the sockets whose place can be chosen."""
        return self.folder / "run"

    @property
    def scheme(self) -> str:
        """`https` when a certificate is given."""
        return "https" if self.tls_certificate else "http"

    @property
    def endpoint_url(self) -> str:
        """How processes of this machine reach S3."""
        return f"{self.scheme}://127.0.0.1:{self.ports.s3}"

    @property
    def master_address(self) -> str:
        """Address of the master, for the shell: host, HTTP port, gRPC port."""
        return f"127.0.0.1:{self.ports.master}.{self.ports.master_grpc}"
