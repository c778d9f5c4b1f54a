"""A docking reads names: the journal, the server and the sheet are told what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.desk import Desk
from ingest.docking import Result
from ingest.settings import StationSettings
from ingest.spool import BY_HAND, claim
from tests.ingest.fakes import Recorder, Source
from tests.ingest.profiles.test_loading import GOOD
from tests.ingest.reference_server import Server

Dock = Callable[..., Result]
FIRST = "DCIM/100MEDIA/DSJ0412_010237_20261116083015_0001.MP4"
MARKED = "DCIM/100MEDIA/DSJ0412_010415_20261116140640_0003_IMP.MP4"


def fill(card: Path, *names: str) -> None:
    for name in names:
        (card / name).parent.mkdir(parents=True, exist_ok=True)
        (card / name).write_bytes(name.encode())


def test_names_reach_journal_and_server(card: Path, dock: Dock, desk: Desk, server: Server) -> None:
    fill(card, FIRST, MARKED, "SYSTEM/settings.ini")
    result = dock(card)
    rows = {row.path.decode(): row for row in desk.journal.files(result.docking)}
    got = server.received()
    for name, officer, important in ((FIRST, "010237", False), (MARKED, "010415", True)):
        assert rows[name].named == got[name.encode()].named
        assert rows[name].named.officer_number == officer
        assert (rows[name].important, got[name.encode()].important) == (important, important)
    assert rows["SYSTEM/settings.ini"].named is got[b"SYSTEM/settings.ini"].named is None
    told = server.dockings[result.docking].recorder
    assert (told.profile, sorted(told.officer_numbers)) == ("zhifa-dcim", ["010237", "010415"])
    assert desk.journal.docking(result.docking).recorder == told
    (gap,) = server.sheet(result.docking).gaps
    assert (gap.series, gap.first, gap.last) == ("DSJ0412", 2, 2)


def test_a_card_of_no_known_recorder_is_taken_all_the_same(card: Path, dock: Dock, server: Server) -> None:
    fill(card, "whatever/it is.bin")
    result = dock(card)
    assert server.received()[b"whatever/it is.bin"].named is None
    assert server.dockings[result.docking].recorder.profile == ""


def test_recordings_listed_after_a_thousand_other_files_are_read(desk: Desk, server: Server) -> None:
    from ingest.docking import Docking  # noqa: PLC0415

    files = {b"cache/%04d.bin" % n: Source(b"") for n in range(1000)}
    files[FIRST.encode()] = Source(b"film")
    result = Docking(desk, Recorder(files), "1").run()
    assert server.received()[FIRST.encode()].named.sequence == 1
    assert server.dockings[result.docking].recorder.profile == "zhifa-dcim"


@pytest.mark.parametrize("below", ["1", "Internal storage"])
def test_a_recorder_with_several_parts(below: str, card: Path, dock: Dock, server: Server) -> None:
    fill(card, f"{below}/{FIRST}")
    dock(card)
    assert server.received()[f"{below}/{FIRST}".encode()].named.recorder_number == "DSJ0412"


def test_a_camera_marks_by_the_attribute_read_only(card: Path, dock: Dock, desk: Desk) -> None:
    fill(card, "DCIM/100CANON/IMG_0001.JPG", "DCIM/100CANON/IMG_0002.JPG")
    (card / "DCIM/100CANON/IMG_0002.JPG").chmod(0o555)  # as the kernel shows the attribute of a FAT
    result = dock(card)
    rows = {row.path: row for row in desk.journal.files(result.docking)}
    assert not rows[b"DCIM/100CANON/IMG_0001.JPG"].important
    assert rows[b"DCIM/100CANON/IMG_0002.JPG"].important
    assert rows[b"DCIM/100CANON/IMG_0002.JPG"].named.rest["attribute"] == "read-only"


def test_a_bureaus_own_profile_is_used_and_a_bad_one_is_said(
    settings: StationSettings, card: Path, tmp_path: Path, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    from ingest.docking import Docking  # noqa: PLC0415
    from ingest.recorders.folder import FolderRecorder  # noqa: PLC0415

    own = tmp_path / "own"
    own.mkdir()
    (own / "own.toml").write_text(GOOD)
    (own / "broken.toml").write_text(GOOD.replace("{officer}_%Y", "{officer}%Y"))
    fill(card, "REC/010237_20261116083015.MP4")
    changed = settings.model_copy(update={"profiles": own})
    with Desk(changed, claim(changed.spool, BY_HAND)) as desk:
        result = Docking(desk, FolderRecorder(card), "1").run()
    assert server.dockings[result.docking].recorder.profile == "own"
    assert "broken.toml" in caplog.text
    assert "forms[0].path" in caplog.text
