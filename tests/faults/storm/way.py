"""The way between station and office, or storage: passes HTTP on, and loses, breaks, delays and repeats it as told."""

from __future__ import annotations

import contextlib
import http.client
import random
import socket
import struct
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

KINDS = (
    "error-500",
    "error-503",
    "silent",
    "reset-before",
    "reset-in-part",
    "reset-after",
    "answer-cut",
    "repeated",
    "late-again",
    "slow",
)
SILENCE = 1.2
"""Seconds without an answer; longer than the station waits in these tests."""


@dataclass
class Weather:
    """What happens on the way: to how many requests at most, and how likely to each."""

    kind: str
    chance: float
    left: int


class Way(ThreadingHTTPServer):
    """Use as a context manager; `upstream` is host and port of what lies behind."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, upstream: tuple[str, int], seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.upstream = upstream
        self.weather: list[Weather] = []
        self.happened: dict[str, int] = {}
        self._draw = random.Random(seed)
        self._lock = threading.Lock()
        self._later: list[threading.Thread] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.calm()
        self.shutdown()
        self.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def calm(self) -> None:
        """Nothing more happens; what was still on its way arrives."""
        self.weather = []
        for thread in self._later:
            thread.join()
        self._later.clear()

    def draw(self) -> str:
        """What happens to this request."""
        with self._lock:
            for one in self.weather:
                if one.left > 0 and self._draw.random() < one.chance:
                    one.left -= 1
                    self.happened[one.kind] = self.happened.get(one.kind, 0) + 1
                    return one.kind
        return ""

    def again_later(self, request: _Request) -> None:
        """The same request once more, behind others that were sent after it."""

        def send() -> None:
            time.sleep(self._draw.random() * 0.3)
            with contextlib.suppress(OSError, http.client.HTTPException):
                request.send(self.upstream)

        thread = threading.Thread(target=send, daemon=True)
        self._later.append(thread)
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        self.close_request(request)  # without a polite end, so that a reset is one

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stations are killed here; that a connection breaks off is no news."""


@dataclass
class _Request:
    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def send(self, upstream: tuple[str, int]) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(*upstream, timeout=30)
        try:
            connection.putrequest(self.method, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers:
                if name.lower() not in {"connection", "expect"}:
                    connection.putheader(name, value)
            connection.endheaders(self.body)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    server: Way

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        self._pass()

    do_POST = do_PUT = do_HEAD = do_DELETE = do_GET  # noqa: N815

    def _pass(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        happens = self.server.draw()
        if happens == "reset-before":
            return self._reset()
        if happens == "reset-in-part":
            self._cut_in_part(length)
            return self._reset()
        body = self.rfile.read(length)
        if len(body) < length:
            return self._reset()
        request = _Request(self.command, self.path, self.headers.items(), body)
        if happens in {"error-500", "error-503"}:
            return self._answer(int(happens[-3:]), [], b"the way said no")
        if happens == "silent":
            time.sleep(SILENCE)
            return self._reset()
        if happens == "slow":
            time.sleep(0.3)
        try:
            status, headers, said = request.send(self.server.upstream)
            if happens == "repeated":
                status, headers, said = request.send(self.server.upstream)
        except (OSError, http.client.HTTPException):
            return self._reset()
        if happens == "late-again":
            self.server.again_later(request)
        if happens == "reset-after":
            return self._reset()
        return self._answer(status, headers, said, cut=happens == "answer-cut")

    def _cut_in_part(self, length: int) -> None:
        """Half of the body reaches the other side, then both connections break."""
        body = self.rfile.read(length // 2)
        with contextlib.suppress(OSError):
            up = socket.create_connection(self.server.upstream, timeout=5)
            lines = [f"{self.command} {self.path} HTTP/1.1"]
            lines += [f"{name}: {value}" for name, value in self.headers.items()]
            up.sendall("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            _break(up)
            up.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, *, cut: bool = False) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {"content-length", "connection", "transfer-encoding"}:
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if cut:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            return self._reset()
        self.wfile.write(body)
        self.wfile.flush()
        return None

    def _reset(self) -> None:
        _break(self.connection)
        self.close_connection = True


def _break(connection: socket.socket) -> None:
    """Let the coming close be a reset."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
