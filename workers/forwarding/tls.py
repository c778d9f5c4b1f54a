"""TLS over a connection, with an end from which one can tell whether the other side took what was sent.

The usual `SSLSocket.unwrap` answers the same for a collector that ends properly and for one that turned us away after the
handshake (as TLS 1.3 allows, for want of a certificate of ours). Here what comes in is read only after our end was sent.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable
from typing import Any

CHUNK = 1 << 16


class TlsLine:
    """A TLS client on a connected socket; `left` tells the seconds that remain, and raises TimeoutError."""

    def __init__(
        self, line: socket.socket, trust: ssl.SSLContext, host: str, left: Callable[[], float]
    ) -> None:
        self._line, self._left = line, left
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = trust.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._through(self._tls.do_handshake)

    def send(self, body: bytes) -> None:
        """Send everything. Raises OSError."""
        for start in range(0, len(body), CHUNK):
            self._tls.write(body[start : start + CHUNK])
            self._flush()

    def end(self) -> None:
        """Say that nothing follows."""
        with contextlib.suppress(
            ssl.SSLWantReadError
        ):  # nothing was read yet, so the other side's end is not here
            self._tls.unwrap()
        self._flush()
        self._line.shutdown(socket.SHUT_WR)

    def await_end(self, left: Callable[[], float]) -> None:
        """Wait for the other side's end. Raises SSLError for an alert, OSError when it breaks off."""
        while True:
            self._line.settimeout(left())
            came = self._line.recv(CHUNK)
            if not came:
                return
            self._incoming.write(came)
            try:
                while self._tls.read(CHUNK):
                    pass
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLZeroReturnError:
                return
            return

    def _through(self, act: Callable[[], Any]) -> None:
        while True:
            try:
                act()
            except ssl.SSLWantReadError:
                self._flush()
                self._line.settimeout(self._left())
                came = self._line.recv(CHUNK)
                if not came:
                    raise ConnectionResetError from None
                self._incoming.write(came)
            except ssl.SSLError:
                with contextlib.suppress(OSError):
                    self._flush()  # the alert that says why
                raise
            else:
                self._flush()
                return

    def _flush(self) -> None:
        part = memoryview(self._outgoing.read())
        while part:
            self._line.settimeout(self._left())
            part = part[self._line.send(part) :]
