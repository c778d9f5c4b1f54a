"""gRPC on every door that speaks no HTTP/1: it must answer our own certificate only.

Tried at the level of the connection: HTTP/2 in the clear, TLS without a certificate, TLS with one of an authority
the storage does not know. A server that is well shut never gets as far as its first HTTP/2 frame.
"""

from __future__ import annotations

import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from storage.probe.doors import Door
from storage.probe.report import AttackResult, Words
from storage.probe.stage import Outcome
from storage.seaweedfs.certificates import write_grpc_certificates

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))
_SETTINGS = 4

_ATTACK = Words(
    en="command the storage by gRPC without its certificate", zh="没有其证书却通过 gRPC 指挥存储系统"
)
_EXPECTED = Words(en="no connection without the storage's own certificate", zh="没有本存储的证书不得建立连接")
_WHY = Words(
    en="by this door a single command removes locked objects for good",
    zh="经此入口一条命令即可永久删除已锁定的对象",
)


@contextmanager
def foreign_certificates() -> Iterator[Path]:
    """A folder with `shell.pem/.key` from an authority the storage has never heard of."""
    with tempfile.TemporaryDirectory(prefix="liuhen-probe-") as folder:
        write_grpc_certificates(Path(folder), datetime.now(UTC))
        yield Path(folder)


def attack_grpc(doors: list[Door], foreign: Path) -> list[AttackResult]:
    """Three ways in for each door; one line a door."""
    results = []
    for door in doors:
        tries = {
            "in the clear": _talks(door, None),
            "TLS without a certificate": _talks(door, _context()),
            "TLS with a foreign certificate": _talks(door, _context(foreign)),
        }
        open_ways = [way for way, (talks, _) in tries.items() if talks]
        said = "; ".join(f"{way}: {word}" for way, (_, word) in tries.items())
        outcome = Outcome("broken" if open_ways else "held", said)
        results.append(
            AttackResult(
                name="grpc-no-certificate",
                door=door.name,
                attack=_ATTACK,
                expected=_EXPECTED,
                why=_WHY,
                verdict=outcome.verdict,
                said=outcome.said,
            )
        )
    return results


def _context(folder: Path | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    if folder is not None:
        context.load_cert_chain(folder / "shell.pem", folder / "shell.key")
    return context


def _talks(door: Door, tls: ssl.SSLContext | None) -> tuple[bool, str]:
    """Whether the door sends an HTTP/2 settings frame, which it does only to those it lets in."""
    try:
        connection: socket.socket = door.connect()
    except OSError as error:
        return False, f"nobody answers ({type(error).__name__})"
    try:
        connection.settimeout(3)
        if tls is not None:
            connection = tls.wrap_socket(connection)
        connection.sendall(_PREFACE)
        frame = b""
        while len(frame) < 9 and (more := connection.recv(64)):
            frame += more
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "reason", None)
        return False, f"refused ({reason or type(error).__name__})"
    finally:
        connection.close()
    if len(frame) >= 9 and frame[3] == _SETTINGS and not frame.startswith(b"HTTP/"):
        return True, "LET IN"
    return False, "closed"
