"""What the office asks of a station is done once, told once, and how the station stands is said with it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from ingest.desk import Desk
from ingest.docking import Docking
from ingest.journal.rows import FileRow
from ingest.protocol import Order
from ingest.recorders.mass_storage import FolderRecorder
from ingest.settings import StationSettings
from ingest.spool import STATION, Spool
from tests.ingest.docks import Clearable, Dock, fill, until
from tests.ingest.fakes import Source
from tests.ingest.reference_server import Server


def order(row: FileRow, path: bytes | None = None) -> Order:
    wanted = row.path if path is None else path
    return Order(id=uuid4(), kind="retry", docking=row.docking, path=base64.b64encode(wanted).decode())


def refused(card: Path, dock: Dock, desk: Desk, server: Server) -> FileRow:
    server.refuse = {b"a.mp4"}
    fill(card, {"a.mp4": b"a", "b.mp4": b"b"})
    result = dock(card)
    (row,) = [row for row in desk.journal.files(result.docking) if row.attention]
    assert row.word == "refused-by-server"
    return row


@pytest.mark.parametrize("whole_docking", [False, True])
def test_a_failed_file_is_tried_again(
    whole_docking: bool, card: Path, dock: Dock, desk: Desk, server: Server
) -> None:
    row = refused(card, dock, desk, server)
    server.refuse = set()
    wanted = order(row, b"" if whole_docking else None)
    server.orders = [wanted]
    desk.keep_once()
    until(lambda: desk.journal.file(row.id).state == "received")
    assert desk.journal.waiting().failed == 0
    assert server.orders_done == []  # told with the next question
    desk.keep_once()
    desk.keep_once()
    assert [(done.id, done.result) for done in server.orders_done] == [(wanted.id, "done")]
    assert server.orders == []


def test_an_order_that_is_repeated_changes_nothing(
    card: Path, dock: Dock, desk: Desk, server: Server
) -> None:
    row = refused(card, dock, desk, server)
    wanted = order(row)
    for _ in range(3):
        server.orders = [wanted]  # our answer was lost
        desk.keep_once()
        until(lambda: desk.journal.file(row.id).attention)  # it is refused again
    assert {done.result for done in server.orders_done} == {"done"}


def test_what_is_still_on_the_recorder_needs_it(
    dock: Dock, desk: Desk, server: Server, tmp_path: Path
) -> None:
    recorder = Clearable({b"dead.mp4": Source(bytes(1000), bad=[(0, 1000)]), b"good.mp4": Source(b"g")})
    result = dock(tmp_path, recorder=recorder)
    (row,) = [row for row in desk.journal.files(result.docking) if row.attention]
    assert row.state == "refused"
    server.orders = [order(row)]
    desk.keep_once()
    desk.keep_once()
    assert [done.result for done in server.orders_done] == ["recorder needed"]
    recorder.files[b"dead.mp4"] = Source(bytes(1000))
    again = dock(tmp_path, recorder=recorder)
    assert again.counts.attention == 0
    assert desk.journal.waiting().failed == 0  # the recorder's latest docking counts


def test_orders_for_elsewhere(card: Path, dock: Dock, desk: Desk, server: Server) -> None:
    row = refused(card, dock, desk, server)
    unknown = Order(id=uuid4(), kind="retry", docking=uuid4(), path="")
    garbled = Order(id=uuid4(), kind="retry", docking=row.docking, path="***")
    server.orders = [unknown, garbled]
    desk.keep_once()
    desk.keep_once()
    assert {done.id: done.result for done in server.orders_done} == {
        unknown.id: "not here",
        garbled.id: "not here",
    }


@pytest.fixture
def station(settings: StationSettings) -> Iterator[Desk]:
    with Desk(settings, Spool(settings.spool / STATION)) as working:
        yield working


def test_how_the_station_stands(card: Path, station: Desk, server: Server) -> None:
    server.storage_down = True
    server.refuse = {b"c.mp4"}
    fill(card, {"a.mp4": b"abc", "b.mp4": b"de", "c.mp4": b"f"})
    recorder = FolderRecorder(card)
    Docking(station, recorder, "slot").run(lambda trouble: trouble is None)
    recorder.close()

    def refusal_is_told() -> bool:  # the server's refusal comes by another thread
        station.keep_once()
        return server.queues[-1].failed == 1

    until(refusal_is_told)
    said = server.queues[-1]
    assert (said.files, said.bytes, said.failed, said.spool_full) == (3, 6, 1, False)
    assert said.oldest is not None
    assert said.trouble.startswith("storage")
    assert said.spool_free is not None
    assert said.software.startswith("liuhen")
    server.storage_down = False
    until(lambda: not station.journal.unfinished())
    station.keep_once()
    assert (server.queues[-1].files, server.queues[-1].trouble) == (1, "")
