from __future__ import annotations

from pathlib import Path

import pytest

from ingest.protocol import RecorderIdentity
from ingest.recorders.identity import compose
from ingest.recorders.memory import Memory
from ingest.recorders.mounts import DeviceFacts
from ingest.recorders.serials import placeholder, told_apart


@pytest.mark.parametrize(
    "serial",
    ["0000", "000000000000", "0123456789ABCDEF", "123456789012", "12345678", "FFFFFFFF", "00:00:00:00", "none",
     "To Be Filled By O.E.M.", "1", "", "fedcba98", "ABCDEF0123456789"],
)  # fmt: skip
def test_serials_that_makers_leave_in(serial: str) -> None:
    assert placeholder(serial)


@pytest.mark.parametrize(
    "serial", ["BWC-0001-SN42", "00000042", "GA1234567", "7030291A", "执法仪-1", "12345679", "1020304"]
)
def test_serials_that_may_be_a_recorder_s_own(serial: str) -> None:
    assert not placeholder(serial)


def test_by_its_file_system_or_flagged(tmp_path: Path) -> None:
    facts = DeviceFacts(
        usb=True, serial="0123456789ABCDEF", port="1-1", filesystem_id="AAAA-BBBB", usb_id="0951:1666"
    )
    identity = compose(tmp_path, None, facts, {"serial": "M-1"})
    assert identity.serial == "0123456789ABCDEF#AAAA-BBBB"
    assert (identity.reported_serial, identity.same_serial) == ("0123456789ABCDEF", True)
    assert (identity.serial_source, identity.usb_id, identity.port) == ("usb", "0951:1666", "1-1")
    assert told_apart(identity) == identity
    bare = compose(tmp_path, None, DeviceFacts(usb=True, serial="00000000"), {})
    assert (bare.serial, bare.same_serial) == ("00000000", True)
    long = told_apart(RecorderIdentity(serial="x" * 128, serial_source="usb", filesystem_id="AAAA-BBBB"))
    assert (len(long.serial), long.serial[-10:]) == (128, "#AAAA-BBBB")


def test_the_serial_of_a_reader_is_not_that_of_the_card(tmp_path: Path) -> None:
    facts = DeviceFacts(usb=True, serial="READER-77", filesystem_id="1111-2222", reader=True)
    identity = compose(tmp_path, None, facts, {})
    assert (identity.serial, identity.same_serial, identity.kind) == ("READER-77#1111-2222", True, "folder")


def test_memory_survives_and_forgives(tmp_path: Path) -> None:
    path = tmp_path / "spool" / "recorders.json"
    identity = RecorderIdentity(serial="A", serial_source="usb", usb_id="1:1")
    assert not Memory(path).shared(identity)
    assert not Memory(path).shared(identity)
    assert not Memory(path).shared(identity.model_copy(update={"usb_id": "1:2"}))
    assert Memory(path).shared(identity.model_copy(update={"usb_id": "2:1"}))
    assert Memory(path).shared(identity)
    for broken in (b"", b"\xff", b"[1]", b'{"serials": {"A'):
        path.write_bytes(broken)
        assert not Memory(path).shared(identity)
        assert Memory(path).clock_set_at("A") is None
    path.write_text('{"clocks": {"A": "yesterday"}, "serials": 5}')
    assert Memory(path).clock_set_at("A") is None
    assert not Memory(path).shared(identity)
