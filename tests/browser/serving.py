"""A small HTTP server for one file at a time, with ranges, as browsers want them for jumping; and a page to show it on."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = b"<!doctype html><title>a file</title><h1>a file</h1><div id=place></div>"
BLOCK = 1 << 20


class Shelf:
    """What is to be had at /file, and as what."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.path: Path | None = None
        self.mime = ""


@contextlib.contextmanager
def shelf() -> Iterator[Shelf]:
    """Serve on a free port of this machine for as long as the context lasts."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):  # the browser has enough
                super().handle()

        def do_GET(self) -> None:
            if not self.path.startswith("/file") or served.path is None:
                self._head(200, "text/html", len(PAGE))
                self.wfile.write(PAGE)
                return
            size = served.path.stat().st_size
            first, last = _range(self.headers.get("Range"), size)
            whole = self.headers.get("Range") is None
            extra = {} if whole else {"Content-Range": f"bytes {first}-{last}/{size}"}
            self._head(200 if whole else 206, served.mime, last - first + 1, **extra)
            with served.path.open("rb") as file, contextlib.suppress(ConnectionError):
                file.seek(first)
                left = last - first + 1
                while left and (block := file.read(min(BLOCK, left))):
                    self.wfile.write(block)
                    left -= len(block)

        def _head(self, status: int, mime: str, length: int, **extra: str) -> None:
            self.send_response(status)
            for name, value in {
                "Content-Type": mime, "Content-Length": str(length), "Accept-Ranges": "bytes", **extra,
            }.items():  # fmt: skip
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Shelf(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _range(asked: str | None, size: int) -> tuple[int, int]:
    """First and last byte of `bytes=a-b`, the only form browsers ask media in."""
    first, _, last = (asked or "bytes=0-").removeprefix("bytes=").partition("-")
    return int(first or 0), min(int(last) if last else size - 1, size - 1)
