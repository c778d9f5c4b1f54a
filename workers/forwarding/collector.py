"""A log collector reached by syslog: over UDP (RFC 5426), TCP with octet counting (RFC 6587) or TLS (RFC 5425).

Syslog has no receipt. Over TCP and TLS each batch has a connection of its own, which we end and the collector then ends too:
that it does, without breaking off, says that it read everything. Over UDP nobody says anything.
"""

from __future__ import annotations

import array
import contextlib
import errno
import fcntl
import socket
import ssl
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from catalog.rules.syslog import framed
from catalog.settings import SyslogTarget
from workers.forwarding.tls import CHUNK, TlsLine

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 30.0
"""For a batch, from the first byte to the last, however slowly the collector takes them."""
FAREWELL_SECONDS = 5.0
"""How long the collector may take to end its side of the connection."""
DATAGRAMS_AT_ONCE = 20
DATAGRAM_REST = 0.002
"""Seconds between portions of datagrams: sent without a rest they overrun the buffer of whoever receives them."""
LISTEN_SECONDS = 0.1
"""How long it is waited for the word that nobody receives datagrams there."""


class Away(Exception):
    """Not handed over, or nobody knows: the batch is sent again. The text says why, in plain words."""


class Collector:
    """A collector by its settings. A connection is opened for each batch and never kept."""

    Away: ClassVar[type[Exception]] = Away

    def __init__(self, target: SyslogTarget, *, whole_seconds: float = WHOLE_SECONDS) -> None:
        self._target = target
        self._whole_seconds = whole_seconds

    def send(self, messages: Sequence[bytes]) -> None:
        """Hand over messages in this order. Raises Away: then some of them may have arrived all the same."""
        with _said():
            if self._target.protocol == "udp":
                self._send_datagrams(messages)
            else:
                self._send_stream(b"".join(framed(one) for one in messages))

    def _send_datagrams(self, messages: Sequence[bytes]) -> None:
        family, kind, number, _name, address = socket.getaddrinfo(
            self._target.host, self._target.port, type=socket.SOCK_DGRAM
        )[0]
        with socket.socket(family, kind, number) as line:
            line.settimeout(self._whole_seconds)
            line.connect(address)  # so that we are told when nobody receives there
            for n, one in enumerate(messages):
                if n % DATAGRAMS_AT_ONCE == 0 and n:
                    time.sleep(DATAGRAM_REST)
                line.send(one)
            line.settimeout(LISTEN_SECONDS)
            with contextlib.suppress(TimeoutError):
                line.recv(1)

    def _send_stream(self, body: bytes) -> None:
        trust = self._trust() if self._target.protocol == "tls" else None
        with socket.create_connection((self._target.host, self._target.port), CONNECT_SECONDS) as line:
            left = _until(time.monotonic() + self._whole_seconds)
            way = _Plain(line, left) if trust is None else TlsLine(line, trust, self._target.host, left)
            way.send(body)
            way.end()
            try:
                way.await_end(_until(time.monotonic() + FAREWELL_SECONDS))
            except TimeoutError:
                # It keeps the connection open, and is believed when its machine has acknowledged every byte.
                if _unacknowledged(line):
                    raise

    def _trust(self) -> ssl.SSLContext:
        path = self._target.ca_file
        try:
            trust = ssl.create_default_context(cafile=str(path) if path else None)
        except OSError:
            raise Away(f"{path} holds no certificates (PEM), so the collector cannot be believed") from None
        own = self._target.certificate_file
        if own is not None:
            try:
                trust.load_cert_chain(own)
            except OSError:
                raise Away(f"{own} holds no certificate and key (PEM) to show the collector") from None
        return trust


def _until(end: float) -> Callable[[], float]:
    """Answer what tells the seconds left; it raises TimeoutError when there are none."""

    def left() -> float:
        seconds = end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    return left


class _Plain:
    """A connection without TLS, as `TlsLine` is one with it."""

    def __init__(self, line: socket.socket, left: Callable[[], float]) -> None:
        self._line, self._left = line, left

    def send(self, body: bytes) -> None:
        part = memoryview(body)
        while part:
            self._line.settimeout(self._left())
            part = part[self._line.send(part[:CHUNK]) :]

    def end(self) -> None:
        self._line.shutdown(socket.SHUT_WR)

    def await_end(self, left: Callable[[], float]) -> None:
        """Wait until the other side ends. Raises OSError when it breaks off, as it does with something left unread."""
        self._line.settimeout(left())
        while self._line.recv(CHUNK):
            self._line.settimeout(left())


def _unacknowledged(line: socket.socket) -> int:
    """Bytes that the other machine has not acknowledged (SIOCOUTQ, which has the number of TIOCOUTQ)."""
    waiting = array.array("i", [0])
    fcntl.ioctl(line.fileno(), termios.TIOCOUTQ, waiting)
    return waiting[0]


@contextmanager
def _said() -> Iterator[None]:
    """Say whatever goes wrong with the network in plain words. Raises Away."""
    try:
        yield
    except TimeoutError:
        raise Away("it did not answer in time") from None
    except ssl.SSLCertVerificationError as error:
        raise Away(f"its certificate is not accepted ({error.verify_message})") from None
    except ssl.SSLError as error:
        raise Away(f"TLS with it failed ({error.reason or 'TLS'})") from None
    except socket.gaierror:
        raise Away("its name is not known to the network") from None
    except ConnectionRefusedError:
        raise Away("nothing accepts messages at this address") from None
    except ConnectionError:
        raise Away("it broke off the connection") from None
    except UnicodeError:
        raise Away("its name is not known to the network") from None
    except OSError as error:
        if error.errno == errno.ENOTCONN:  # broken off before we had ended our half of it
            raise Away("it broke off the connection") from None
        raise Away(f"it could not be reached ({error.strerror or type(error).__name__})") from None
