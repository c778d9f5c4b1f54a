"""An authority reached over HTTP (RFC 3161 §3.4): one POST, one answer, within a time and a size.

The answer comes from outside and is believed in nothing here; `catalog.timestamps.token` checks it. What this module
sees to is that no authority, broken or hostile, holds the worker longer than a moment or fills its memory.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar
from urllib.parse import urlsplit

from catalog.settings import AuthoritySettings

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 20.0
"""From the first byte sent to the last one received, however slowly they drip."""
LARGEST = 256 * 1024
"""Bytes of an answer. A token with its chain has some thousand."""


class Away(Exception):
    """The authority could not be asked, or gave nothing that could be an answer. The text says why, in plain words."""


class HttpAuthority:
    """An authority by its settings. Redirects are not followed: the address in the settings is the one that is meant."""

    Away: ClassVar[type[Exception]] = Away

    def __init__(self, settings: AuthoritySettings, *, whole_seconds: float = WHOLE_SECONDS) -> None:
        self._settings = settings
        self._whole_seconds = whole_seconds
        parts = urlsplit(settings.url)
        self._tls = parts.scheme == "https"
        self._host, self._port = parts.hostname or "", parts.port or (443 if self._tls else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def answer(self, request: bytes) -> bytes:
        """Answer the response to a request, unchecked. Raises Away."""
        headers = {
            "Content-Type": "application/timestamp-query",
            "Accept": "application/timestamp-reply",
            **self._credentials(),
        }
        try:
            with self._connection() as connection:
                connection.request("POST", self._target, body=request, headers=headers)
                response = connection.getresponse()
                if response.status != http.HTTPStatus.OK:
                    raise Away(_refusal(response.status))
                body = response.read(LARGEST + 1)
                broken_off = len(body) <= LARGEST and bool(response.length)
        except TimeoutError:
            raise Away("it did not answer in time") from None
        except ssl.SSLError as error:
            raise Away(f"its web server's certificate is not accepted ({error.reason or 'TLS'})") from None
        except (OSError, http.client.HTTPException) as error:
            raise Away(f"it could not be reached ({_short(error)})") from None
        if len(body) > LARGEST:
            raise Away(f"its answer is larger than {LARGEST // 1024} KiB, which no token is")
        if broken_off:
            raise Away("its answer broke off")
        return body

    @contextmanager
    def _connection(self) -> Iterator[http.client.HTTPConnection]:
        """A connection that is cut when the time is over; what waits on it then fails at once."""
        overdue = threading.Event()
        context = self._trust() if self._tls else None
        line = socket.create_connection((self._host, self._port), CONNECT_SECONDS)
        if context is not None:
            line = context.wrap_socket(line, server_hostname=self._host, do_handshake_on_connect=False)

        def cut() -> None:
            overdue.set()
            with contextlib.suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)

        clock = threading.Timer(self._whole_seconds, cut)
        clock.daemon = True
        clock.start()
        try:
            line.settimeout(self._whole_seconds)
            if isinstance(line, ssl.SSLSocket):
                line.do_handshake()
            connection = http.client.HTTPConnection(self._host, self._port)
            connection.sock = line
            yield connection
            if overdue.is_set():  # what came before the cut may look whole
                raise TimeoutError
        except (OSError, http.client.HTTPException):
            if overdue.is_set():
                raise TimeoutError from None
            raise
        finally:
            clock.cancel()
            line.close()

    def _trust(self) -> ssl.SSLContext:
        path = self._settings.tls_ca_file
        try:
            return ssl.create_default_context(cafile=str(path) if path else None)
        except OSError:
            raise Away(f"{path} holds no certificates, so its web server cannot be believed") from None

    def _credentials(self) -> dict[str, str]:
        user, path = self._settings.user, self._settings.password_file
        if user is None or path is None:
            return {}
        try:
            password = path.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise Away(f"its password file {path} cannot be read ({error.strerror})") from None
        return {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"}


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return f"it points to another address (HTTP {status}); enter that one in the settings if it is right"
    if status in {401, 403}:
        return f"it does not let us in (HTTP {status}); look at user and password file in the settings"
    return f"it answered HTTP {status}"


def _short(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
