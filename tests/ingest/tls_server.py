"""The reference server behind TLS, with a certificate that can be changed while it runs."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

from liuhen.certificates import TlsFiles, ensure
from tests.ingest.reference_server import Server


def authority(folder: Path, address: str = "127.0.0.1", now: datetime | None = None) -> TlsFiles:
    """An authority of its own with a certificate for `address`, as `liuhen up --listen` makes them."""
    folder.mkdir(exist_ok=True)
    return ensure(folder, address, now or datetime.now(UTC))


class TlsServer(Server):
    """Server and storage over TLS; `show` changes the certificate for new connections."""

    def __init__(self, files: TlsFiles) -> None:
        super().__init__()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.show(files)
        self.socket = self.context.wrap_socket(self.socket, server_side=True)

    def show(self, files: TlsFiles) -> None:
        """Show this certificate from now on."""
        self.context.load_cert_chain(files.certificate, files.key)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}"
