"""Sending bytes to presigned addresses: HTTP PUT from a spool file, by `sendfile` where nothing encrypts in between."""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ingest.errors import AddressExpired, PartRefused, SpoolDamaged, StorageUnreachable, UploadClosed
from ingest.office import pinning

_TIMEOUT = 60.0
"""Seconds without a byte moving."""
_AT_ONCE = 256 * 1024
"""Bodies up to so many bytes go out in one piece with the head of the request."""
_TLS_BLOCK = 512 * 1024


class Sender:
    """Connections to the storage for one thread; kept open between parts."""

    def __init__(self, ca_file: Path | None = None) -> None:
        self._ca_file = ca_file
        self._connections: dict[tuple[str, str], http.client.HTTPConnection] = {}

    def close(self) -> None:
        """Close all connections."""
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def put(self, url: str, headers: Mapping[str, str], fd: int, offset: int, length: int) -> str | None:
        """PUT `length` bytes at `offset` of the open file; answer the version id the storage states, if any.

        Raises AddressExpired (403), PartRefused (400), UploadClosed (404, 412), StorageUnreachable, and SpoolDamaged
        when the file is shorter than that or cannot be read.
        """
        if os.fstat(fd).st_size < offset + length:
            raise SpoolDamaged(f"shorter than {offset + length} bytes")
        if word := pinning.refusal(url, self._ca_file):
            raise StorageUnreachable(word)
        where = urlsplit(url)
        key = (where.scheme, where.netloc)
        fresh = key not in self._connections
        try:
            return self._put(
                key, where.path + (f"?{where.query}" if where.query else ""), headers, fd, offset, length
            )
        except (OSError, http.client.HTTPException) as error:
            self._drop(key)
            if fresh:
                raise _unreachable(where.netloc, error) from error
        # A connection that was kept open may have been closed meanwhile: once more on a new one.
        try:
            return self._put(
                key, where.path + (f"?{where.query}" if where.query else ""), headers, fd, offset, length
            )
        except (OSError, http.client.HTTPException) as error:
            self._drop(key)
            raise _unreachable(where.netloc, error) from error

    def _put(  # noqa: PLR0917  one request, said once
        self, key: tuple[str, str], target: str, headers: Mapping[str, str], fd: int, offset: int, length: int
    ) -> str | None:
        connection = self._connection(key)
        names = {name.lower() for name in headers}
        connection.putrequest("PUT", target, skip_host="host" in names, skip_accept_encoding=True)
        for name, value in headers.items():
            if name.lower() != "content-length":
                connection.putheader(name, value)
        connection.putheader("Content-Length", str(length))
        failed: OSError | None = None
        try:
            if length <= _AT_ONCE:
                body = bytearray(length)
                _read(fd, memoryview(body), offset)
                connection.endheaders(body)
            else:
                connection.endheaders()
                _send_body(connection.sock, fd, offset, length)
        except (BrokenPipeError, ConnectionResetError) as error:
            failed = error  # the storage may have answered before it read all: look
        except SpoolDamaged:
            self._drop(key)  # it waits for the rest of the body
            raise
        try:
            answer = connection.getresponse()
            said = answer.read(4096)
        except (OSError, http.client.HTTPException):
            if failed is not None:
                raise failed from None
            raise
        if failed is not None or answer.will_close or not answer.isclosed():
            self._drop(key)
        return _judge(answer, said)

    def _connection(self, key: tuple[str, str]) -> http.client.HTTPConnection:
        if key not in self._connections:
            scheme, netloc = key
            connection: http.client.HTTPConnection
            if scheme == "https":
                connection = http.client.HTTPSConnection(
                    netloc, timeout=_TIMEOUT, context=pinning.context(self._ca_file)
                )
            else:
                connection = http.client.HTTPConnection(netloc, timeout=_TIMEOUT)
            connection.connect()
            connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._connections[key] = connection
        return self._connections[key]

    def _drop(self, key: tuple[str, str]) -> None:
        connection = self._connections.pop(key, None)
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.close()


def _unreachable(netloc: str, error: Exception) -> StorageUnreachable:
    """Answer the trouble; where the certificate is at fault, by its key in `ingest.words.words`."""
    return StorageUnreachable(pinning.reason(error) or f"{netloc}: {error or type(error).__name__}")


def _send_body(sock: socket.socket, fd: int, offset: int, length: int) -> None:
    if not isinstance(sock, ssl.SSLSocket):
        with os.fdopen(fd, "rb", buffering=0, closefd=False) as file:
            # Sockets with a time limit are non-blocking below; `socket.sendfile` waits and goes on by itself.
            try:
                sent = sock.sendfile(file, offset, length)
            except OSError as error:
                if error.errno == errno.EIO:  # a disk's error, none that a socket knows
                    raise SpoolDamaged(str(error)) from error
                raise
            if sent != length:
                raise SpoolDamaged("it became shorter while it was read")
        return
    buffer = bytearray(min(_TLS_BLOCK, length))
    with memoryview(buffer) as view:
        sent = 0
        while sent < length:
            block = view[: min(len(view), length - sent)]
            _read(fd, block, offset + sent)
            sock.sendall(block)
            sent += len(block)


def _read(fd: int, view: memoryview, offset: int) -> None:
    """Fill `view` from the spool file. Raises SpoolDamaged, so that a disk's error is not taken for the network's."""
    done = 0
    while done < len(view):
        try:
            got = os.preadv(fd, [view[done:]], offset + done)
        except OSError as error:
            raise SpoolDamaged(str(error)) from error
        if not got:
            raise SpoolDamaged("it became shorter while it was read")
        done += got


def _judge(answer: http.client.HTTPResponse, said: bytes) -> str | None:
    status = answer.status
    if status < 300:
        return answer.headers.get("x-amz-version-id")
    text = f"{status} {said[:300].decode('utf-8', 'replace')}"
    if status == 403:
        raise AddressExpired(text)
    if status == 400:
        raise PartRefused(text)
    if status in {404, 409, 412}:
        raise UploadClosed(text)
    raise StorageUnreachable(text)
