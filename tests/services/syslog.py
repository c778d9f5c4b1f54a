"""A small log collector for tests (UDP, TCP, TLS), and a reader of messages written from the grammar of RFC 5424 alone."""

from __future__ import annotations

import re
import socket
import socketserver
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Parsed:
    """A message taken apart (RFC 5424 §6)."""

    facility: int
    severity: int
    at: datetime
    host: str
    app: str
    procid: str
    msgid: str
    data: dict[str, dict[str, str]]
    text: str

    @property
    def custody(self) -> dict[str, str]:
        """The one element of structured data that we send."""
        (one,) = self.data.values()
        return one


_HEADER = re.compile(
    rb"<(0|[1-9][0-9]{0,2})>([1-9][0-9]{0,2}) "
    rb"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})) "
    rb"([\x21-\x7e]{1,255}) ([\x21-\x7e]{1,48}) ([\x21-\x7e]{1,128}) ([\x21-\x7e]{1,32}) "
)
_SD_NAME = rb"[\x21\x23-\x3c\x3e-\x5c\x5e-\x7e]{1,32}"
_PARAM = re.compile(rb" (" + _SD_NAME + rb')="((?:[^"\\\]]|\\["\\\]])*)"', re.DOTALL)


def parse(message: bytes) -> Parsed:
    """Take a message apart; AssertionError where the grammar is not kept."""
    header = _HEADER.match(message)
    assert header, message[:200]
    pri, version, at, host, app, procid, msgid = header.groups()
    assert int(pri) <= 191
    assert version == b"1"
    rest, data = message[header.end() :], {}
    assert rest.startswith(b"["), "no structured data"
    while rest.startswith(b"["):
        name = re.match(rb"\[(" + _SD_NAME + rb")", rest)
        assert name, rest[:100]
        rest, params = rest[name.end() :], {}
        while found := _PARAM.match(rest):
            value = re.sub(rb'\\(["\\\]])', rb"\1", found.group(2)).decode("utf-8")
            assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in value)
            params[found.group(1).decode()] = value
            rest = rest[found.end() :]
        assert rest.startswith(b"]"), rest[:100]
        rest = rest[1:]
        data[name.group(1).decode()] = params
    text = ""
    if rest:
        assert rest.startswith(b" \xef\xbb\xbf"), rest[:10]
        text = rest[4:].decode("utf-8")
    return Parsed(
        int(pri) // 8, int(pri) % 8, datetime.fromisoformat(at.decode()), host.decode(), app.decode(),
        procid.decode(), msgid.decode(), data, text,
    )  # fmt: skip


@dataclass
class Received:
    """What a collector got, and how it behaves."""

    port: int
    raw: list[bytes] = field(default_factory=list)
    connections: int = 0
    break_after: int | None = None
    """Break the connection off once this many messages of it were read."""
    keep_open: bool = False
    """Read everything and never end the connection."""
    meanwhile: Callable[[], None] = lambda: None
    """Called at each connection, before anything is read."""

    def places(self) -> list[int]:
        """Places of the entries, as they came."""
        return [int(parse(one).custody["seq"]) for one in list(self.raw)]

    def wait(self, many: int) -> list[Parsed]:
        """The messages, once there are `many`."""
        deadline = time.monotonic() + 10
        while len(self.raw) < many and time.monotonic() < deadline:
            time.sleep(0.01)
        assert len(self.raw) == many
        return [parse(one) for one in self.raw]


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    """A port on which nothing listens."""
    with socket.socket(socket.AF_INET, kind) as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


@contextmanager
def collecting(
    protocol: str, *, port: int = 0, tls: ssl.SSLContext | None = None, into: Received | None = None
) -> Iterator[Received]:
    """A collector that runs while the block does; `into` goes on with what another one had."""
    got = into or Received(port)

    class Datagrams(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            got.raw.append(self.request[0])

    class Stream(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            got.connections += 1
            got.meanwhile()
            line = self.request
            try:
                if tls is not None:
                    line = tls.wrap_socket(line, server_side=True)
                _octets(line, got)
            except (ssl.SSLError, ConnectionError):
                pass
            finally:
                if tls is not None:
                    line.close()

    here = ("127.0.0.1", port)
    server: socketserver.BaseServer = _Udp(here, Datagrams) if protocol == "udp" else _Tcp(here, Stream)
    got.port = server.server_address[1]  # type: ignore[index, assignment]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield got
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Udp(socketserver.UDPServer):
    max_packet_size = 1 << 17


class _Tcp(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False


def _octets(line: socket.socket, got: Received) -> None:
    """Read by RFC 6587 §3.4.1: MSG-LEN, a space, that many bytes, again and again."""
    held, here = b"", 0
    while True:
        while (space := held.find(b" ")) < 0 or len(held) < space + 1 + int(held[:space]):
            more = line.recv(4096)
            if not more:
                assert held == b"", "ended within a message"
                if got.keep_open:
                    time.sleep(30)
                return
            held += more
        length = held[:space]
        assert re.fullmatch(rb"[1-9][0-9]*", length), length
        got.raw.append(held[space + 1 : space + 1 + int(length)])
        held, here = held[space + 1 + int(length) :], here + 1
        if here == got.break_after:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            line.close()
            raise ConnectionError


@dataclass(frozen=True)
class Papers:
    """An authority's certificate, and a collector's certificate with its key, as files."""

    authority: Path
    server: Path

    def context(self, *, ask: bool = False) -> ssl.SSLContext:
        """TLS as the collector speaks it; `ask` for a certificate of whoever sends."""
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(self.server)
        if ask:
            made.verify_mode = ssl.CERT_REQUIRED
            made.load_verify_locations(self.authority)
        return made


def make_papers(folder: Path, name: str = "IP:127.0.0.1") -> Papers:
    """Make an authority and a certificate for `name` with OpenSSL."""
    folder.mkdir()

    def run(*words: str) -> None:
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    run(
        *(
            "req",
            "-x509",
            *key,
            "-keyout",
            "ca.key",
            "-out",
            "ca.pem",
            "-days",
            "3650",
            "-subj",
            "/CN=authority",
        ),
        *("-addext", "keyUsage=critical,keyCertSign"),
    )
    run("req", *key, "-keyout", "s.key", "-out", "s.csr", "-subj", "/CN=collector")
    (folder / "ext").write_text(f"subjectAltName={name}\nkeyUsage=critical,digitalSignature\n")
    run(
        *("x509", "-req", "-in", "s.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "3650"),
        *("-extfile", "ext", "-out", "s.pem"),
    )
    both = folder / "server.pem"
    both.write_text((folder / "s.pem").read_text() + (folder / "s.key").read_text())
    return Papers(folder / "ca.pem", both)
