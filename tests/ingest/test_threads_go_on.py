"""Threads outlive what nobody foresaw: it is logged and shown, the file rests, the rest goes on."""

from __future__ import annotations

import errno
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.copying import checking
from ingest.desk import Desk
from ingest.docking import Result
from ingest.errors import SpoolFull
from ingest.handover import completing, couriers, handover, patience
from ingest.office import client, keeping
from ingest.spool import Spool
from tests.ingest.reference_server import Server

Dock = Callable[..., Result]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(handover, "LONGEST_PAUSE", 0.1)


def failing(times: int, error: Exception, real: Callable[..., Any]) -> Callable[..., Any]:
    left = [times]

    def call(*args: Any, **options: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise error
        return real(*args, **options)

    return call


@pytest.mark.parametrize(
    ("owner", "name", "error"),
    [
        (couriers, "check_spool", OSError(errno.EMFILE, "too many open files")),
        (couriers.Couriers, "_refused_bytes", sqlite3.OperationalError("disk I/O error")),
        (couriers.Couriers, "_after_last", ValueError("nobody foresaw this")),
        (couriers.Sender, "put", ValueError("nobody foresaw this")),
        (client.Client, "offer", ValueError("nobody foresaw this")),
        (client.Client, "complete", ValueError("nobody foresaw this")),
        (completing.Completing, "_complete_some", sqlite3.OperationalError("disk I/O error")),
    ],
)
def test_whatever_it_is_everything_arrives(
    owner: Any, name: str, error: Exception, card: Path, dock: Dock, desk: Desk, server: Server,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setattr(owner, name, failing(4, error, getattr(owner, name)))
    server.damage_puts = 5 if name in {"check_spool", "_refused_bytes"} else 0
    for number in range(6):
        (card / f"{number}.mp4").write_bytes(b"%d" % number * 1000)
    result = dock(card)
    assert result.counts.received_files == 6
    assert "unexpected trouble" in caplog.text
    names = {thread.name for thread in threading.enumerate()}
    assert {"offer", "complete", "send-0", "send-1", "send-2", "keep"} <= names
    assert desk.handover._hands.empty


def test_an_answer_to_addresses_that_is_not_understood(
    card: Path, dock: Dock, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "ADDRESSES_AT_ONCE", 2)
    server.addresses_at_once = 2
    send = client.Client._send
    spoilt = [3]

    def spoil(self: client.Client, method: str, path: str, body: bytes | None, **options: Any) -> bytes:
        answer = send(self, method, path, body, **options)
        if path.endswith("/addresses") and spoilt[0]:
            spoilt[0] -= 1
            return b"{}"
        return answer

    monkeypatch.setattr(client.Client, "_send", spoil)
    with (card / "long.mp4").open("wb") as file:
        file.truncate(3 * (16 << 20))
    assert dock(card).counts.received_files == 1


def test_the_keeper_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        keeping.Keeper, "round", failing(1, sqlite3.OperationalError("disk I/O error"), keeping.Keeper.round)
    )
    desk.keep_once()
    assert desk.handover.trouble is not None
    assert (desk.handover.trouble.kind, desk.handover.trouble.text) == (
        "station",
        "OperationalError: disk I/O error",
    )
    desk.keep_once()


def test_a_file_of_which_nothing_is_left_is_let_go_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    spool = Spool(tmp_path / "spool")
    (spool.folder.path / "1-1").write_bytes(b"x")
    file = couriers.InHand(None, None, spool.folder.open("1-1"))  # type: ignore[arg-type]
    file.close()
    file.close()
    assert file.fd == -1
    spool.close()


@pytest.mark.parametrize("settled", ["copied", "checked"])
def test_a_disk_that_refuses_the_last_files_ends_the_docking(
    settled: str, card: Path, dock: Dock, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waits until all is checked must not wait for a checker that has failed."""
    gather = checking.Checker._gather

    def late(self: checking.Checker, item: Any) -> Any:
        time.sleep(0.3)  # by now the copier waits for it
        return gather(self, item)

    monkeypatch.setattr(checking.Checker, "_gather", late)
    full = failing(1, SpoolFull("no room"), getattr(desk.journal, settled))
    monkeypatch.setattr(desk.journal, settled, full)
    (card / "a.mp4").write_bytes(b"a" * 1000)
    result: list[Result] = []
    docking = threading.Thread(target=lambda: result.append(dock(card)), daemon=True)
    docking.start()
    docking.join(20)
    assert [one.reason for one in result] == ["failed"]
