"""Nobody on the network can fill the station with connections, and the board at the station finds room all the same."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import WSGIRequestHandler

from ingest.board import connections
from ingest.board.connections import BoundedServer, _origin
from tests.ingest.docks import until

MACHINES = [f"127.0.1.{number}" for number in range(1, 9)]
"""Addresses of our own that play other machines."""


class Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        pass


def application(environ, start_response):  # type: ignore[no-untyped-def]
    size = int(environ["QUERY_STRING"] or 2)
    start_response("200 OK", [("Content-Length", str(size))])
    return [b"x" * size]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BoundedServer]:
    pretended = lambda address: "" if address == "127.0.0.1" else address  # noqa: E731
    monkeypatch.setattr(connections, "_origin", pretended)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        running = BoundedServer(
            "127.0.0.1", listening.getsockname()[1], application, Quiet, fd=listening.fileno()
        )
    thread = threading.Thread(target=running.serve_forever, args=(0.05,))
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


@pytest.fixture
def held() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as sockets:
        yield sockets


def connect(
    server: BoundedServer, machine: str, held: contextlib.ExitStack, receive: int = 0
) -> socket.socket:
    made = held.enter_context(socket.socket())
    if receive:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    made.bind((machine, 0))
    made.settimeout(10)
    made.connect(("127.0.0.1", server.port))
    return made


def ask(made: socket.socket, size: int = 2) -> bytes:
    """Ask and read a little; empty where the connection was closed unread."""
    try:
        made.sendall(b"GET /?%d HTTP/1.1\r\nHost: x\r\n\r\n" % size)
        return made.recv(12)
    except (BrokenPipeError, ConnectionResetError):
        return b""


def answered(server: BoundedServer, machine: str) -> bool:
    with contextlib.ExitStack() as held:
        return ask(connect(server, machine, held)) == b"HTTP/1.1 200"


def test_one_machine_takes_little_and_many_leave_room_for_the_station(
    server: BoundedServer, held: contextlib.ExitStack
) -> None:
    for _ in range(connections.MOST_FROM_ONE):
        connect(server, MACHINES[0], held)
    until(lambda: server.served() == connections.MOST_FROM_ONE)
    assert not answered(server, MACHINES[0])
    assert answered(server, MACHINES[1])
    until(lambda: server.served() == connections.MOST_FROM_ONE)
    for machine in MACHINES[1:]:
        for _ in range(connections.MOST_FROM_ONE):
            connect(server, machine, held)
    until(lambda: server.served() == connections.MOST_FROM_ELSEWHERE)
    assert not answered(server, "127.0.2.1")
    for more in range(connections.MOST - connections.MOST_FROM_ELSEWHERE):
        until(lambda: server.served() == connections.MOST_FROM_ELSEWHERE + more)  # noqa: B023
        assert answered(server, "127.0.0.1")
        until(lambda: server.served() == connections.MOST_FROM_ELSEWHERE + more)  # noqa: B023
        connect(server, "127.0.0.1", held)
    until(lambda: server.served() == connections.MOST)
    assert not answered(server, "127.0.0.1")
    assert threading.active_count() < connections.MOST + 20
    held.close()
    until(lambda: server.served() == 0)
    assert answered(server, MACHINES[0])


@pytest.mark.parametrize("how", ["silent", "slow-head", "slow-body", "slow-reader"])
def test_who_dawdles_is_ended(
    how: str, server: BoundedServer, held: contextlib.ExitStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "SECONDS", 0.5)
    slow = connect(server, MACHINES[0], held, receive=4096 if how == "slow-reader" else 0)
    until(lambda: server.served() == 1)
    if how == "slow-reader":
        slow.sendall(b"GET /?50000000 HTTP/1.1\r\nHost: x\r\n\r\n")
    elif how != "silent":
        slow.sendall(
            b"GET / HTTP/1.1\r\nHost: x\r\nX: "
            if how == "slow-head"
            else b"POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\n"
        )

    def drip() -> bool:
        if how.startswith("slow-") and how != "slow-reader":
            with contextlib.suppress(OSError):
                slow.send(b"x")  # each byte well within any time for a single one
        return server.served() == 0

    until(drip, 10)


def test_machines_are_told_apart_by_what_one_owner_has() -> None:
    assert [_origin(one) for one in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")] == [""] * 4
    assert _origin("192.0.2.1") == _origin("::ffff:192.0.2.1") != _origin("192.0.2.2")
    assert _origin("2001:db8::1") == _origin("2001:db8::2") != _origin("2001:db8:0:1::1")
    assert _origin("fe80::1%eth0") == _origin("fe80::2%eth0")
