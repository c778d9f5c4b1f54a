from __future__ import annotations

import datetime as dt
import errno
import hashlib
import ipaddress
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from ingest.errors import AddressExpired, PartRefused, SpoolDamaged, StorageUnreachable, UploadClosed
from ingest.handover.fair_queue import FairQueue
from ingest.handover.sending import Sender


class Storage(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    taken: list[str] = []  # noqa: RUF012
    hang_up = False

    def log_message(self, *_: object) -> None:
        pass

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).taken.append(hashlib.sha256(body).hexdigest())
        self.send_response(int(self.headers.get("want", "200")))
        self.send_header("Content-Length", "0")
        self.send_header("x-amz-version-id", "v7")
        self.end_headers()
        if self.hang_up:  # a kept-open connection that is closed without a word
            self.close_connection = True


def certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    (folder / "ca.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "ca.pem", folder / "key.pem"


@pytest.fixture(params=["http", "https"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Storage)
    server.daemon_threads = True
    ca, key = certificate(tmp_path)
    if request.param == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(ca, key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    Storage.taken, Storage.hang_up = [], False
    yield f"{request.param}://127.0.0.1:{server.server_address[1]}/key?X-Amz-Signature=a%2Fb", ca
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "file").write_bytes(os.urandom(3_000_000))
    fd = os.open(tmp_path / "file", os.O_RDONLY)
    yield fd
    os.close(fd)


@pytest.mark.parametrize("length", [0, 1000, 2_500_000])
def test_exactly_the_bytes_asked_for(length: int, storage: tuple[str, Path], spool: int) -> None:
    url, ca = storage
    sender = Sender(ca)
    for _ in range(3):
        assert sender.put(url, {"x": "y"}, spool, 123, length) == "v7"
    assert Storage.taken == [hashlib.sha256(os.pread(spool, length, 123)).hexdigest()] * 3
    sender.close()


def test_a_connection_that_was_closed_meanwhile(storage: tuple[str, Path], spool: int) -> None:
    url, ca = storage
    Storage.hang_up = True
    sender = Sender(ca)
    for _ in range(3):
        assert sender.put(url, {}, spool, 0, 2_000_000) == "v7"
    sender.close()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, AddressExpired),
        (400, PartRefused),
        (404, UploadClosed),
        (412, UploadClosed),
        (503, StorageUnreachable),
    ],
)
def test_what_the_storage_says(
    status: int, error: type[Exception], storage: tuple[str, Path], spool: int
) -> None:
    url, ca = storage
    sender = Sender(ca)
    with pytest.raises(error):
        sender.put(url, {"want": str(status)}, spool, 0, 10)
    sender.close()


def test_a_foreign_certificate_and_a_closed_port(tmp_path: Path, spool: int) -> None:
    sender = Sender(None)
    with pytest.raises(StorageUnreachable):
        sender.put("http://127.0.0.1:9/x", {}, spool, 0, 10)
    sender.close()


@pytest.mark.parametrize("length", [200_000, 2_000_000])
def test_a_spool_file_that_got_shorter(
    length: int, storage: tuple[str, Path], spool: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, ca = storage
    sender = Sender(ca)
    assert sender.put(url, {}, spool, 0, 10) == "v7"
    with pytest.raises(SpoolDamaged):
        sender.put(url, {}, spool, 2_900_000, length)
    # shorter only after it was looked at
    monkeypatch.setattr(os, "fstat", lambda _fd: SimpleNamespace(st_size=1 << 40))
    with pytest.raises(SpoolDamaged):
        sender.put(url, {}, spool, 2_900_000, length)
    monkeypatch.undo()
    assert sender.put(url, {}, spool, 0, 10) == "v7"
    sender.close()


@pytest.mark.parametrize("length", [200_000, 2_000_000])
def test_a_spool_file_that_cannot_be_read(
    length: int, storage: tuple[str, Path], spool: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    url, ca = storage
    sender = Sender(ca)
    with monkeypatch.context() as patched:
        patched.setattr(os, "preadv", broken)
        patched.setattr(socket.socket, "sendfile", broken)
        with pytest.raises(SpoolDamaged):
            sender.put(url, {}, spool, 0, length)
    assert sender.put(url, {}, spool, 0, length) == "v7"
    sender.close()


def test_sources_take_turns() -> None:
    queue: FairQueue[int] = FairQueue()
    queue.put("a", [1, 2, 3])
    queue.put("b", [10, 20])
    assert [queue.get() for _ in range(5)] == [1, 10, 2, 20, 3]
    queue.close()
    assert queue.get() is None
