"""The certificate of `--listen` works in a real handshake, for the right names only."""

import socket
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from liuhen import certificates


def shake_hands(files: certificates.TlsFiles, name: str) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files.certificate, files.key)
    client = ssl.create_default_context(cafile=str(files.authority))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            try:
                with server.wrap_socket(listener.accept()[0], server_side=True):
                    pass
            except (ssl.SSLError, OSError):
                pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            with (
                socket.create_connection(listener.getsockname()) as plain,
                client.wrap_socket(plain, server_hostname=name),
            ):
                pass
        finally:
            thread.join()


def test_a_client_that_trusts_the_authority_connects(tmp_path: Path) -> None:
    files = certificates.ensure(tmp_path, "evidence.bureau.example", datetime.now(UTC))
    for name in ("evidence.bureau.example", "127.0.0.1", "localhost"):
        shake_hands(files, name)
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(files, "somewhere.else.example")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "tls").iterdir()} == {0o600}


def test_kept_until_it_ends_or_the_address_changes(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    files = certificates.ensure(tmp_path, "192.0.2.7", now)
    first, authority = files.certificate.read_bytes(), files.authority.read_bytes()
    certificates.ensure(tmp_path, "192.0.2.7", now + timedelta(days=300))
    assert files.certificate.read_bytes() == first
    certificates.ensure(tmp_path, "192.0.2.7", now + timedelta(days=370))
    renewed = files.certificate.read_bytes()
    assert renewed != first
    certificates.ensure(tmp_path, "192.0.2.8", now)
    assert files.certificate.read_bytes() != renewed
    assert files.authority.read_bytes() == authority
    shake_hands(files, "192.0.2.8")
