"""Busy ports are named, never silently shared or silently moved."""

import os
import socket
from collections.abc import Iterator

import pytest

from liuhen.supervisor import ports


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_the_usual_port_when_it_is_free(busy: int) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    choice = ports.choose({"web": free}, host="127.0.0.1", explicit={}, remembered={})
    assert choice.ports == {"web": free}
    assert choice.notes == []


def test_a_busy_usual_port_moves_and_the_holder_is_named(busy: int) -> None:
    choice = ports.choose({"web": busy}, host="127.0.0.1", explicit={}, remembered={})
    assert choice.ports["web"] != busy
    assert ports.is_free("127.0.0.1", choice.ports["web"])
    assert f"Port {busy} for web is in use by" in choice.notes[0]
    assert f"process {os.getpid()}" in choice.notes[0]
    assert str(choice.ports["web"]) in choice.notes[0]


def test_a_busy_port_that_was_asked_for_is_an_error(busy: int) -> None:
    with pytest.raises(
        ports.PortBusy, match=rf"Port {busy} for web on 127\.0\.0\.1 is in use by .*Nothing was started"
    ):
        ports.choose({"web": 1}, host="127.0.0.1", explicit={"web": busy}, remembered={})


def test_what_was_used_last_time_is_used_again_and_not_given_to_others() -> None:
    remembered = {"web": 18_611, "storage": 18_600}
    choice = ports.choose(
        {"web": 18_600, "storage": 18_600}, host="127.0.0.1", explicit={}, remembered=remembered
    )
    assert choice.ports == remembered
    choice = ports.choose({"web": 18_600, "storage": 18_600}, host="127.0.0.1", explicit={}, remembered={})
    assert choice.ports == {"web": 18_600, "storage": 18_601}


def test_one_port_asked_for_twice() -> None:
    with pytest.raises(ports.PortBusy, match="asked for twice"):
        ports.choose({"a": 1, "b": 2}, host="127.0.0.1", explicit={"a": 18_700, "b": 18_700}, remembered={})
