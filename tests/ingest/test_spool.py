from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from ingest.errors import SpoolFailed
from ingest.journal.journal import Journal
from ingest.journal.rows import CopiedFacts
from ingest.protocol import RecorderIdentity
from ingest.recorders.base import Listed
from ingest.spool import Spool, claim, left_behind

FACTS = CopiedFacts("1-3", 3, 1, "a" * 64, "b" * 64, "c" * 64, "d" * 64, [bytes(32)], [], 0.0)


def with_a_copy(path: Path) -> Spool:
    spool = Spool(path)
    docking = uuid4()
    recorder = RecorderIdentity(serial="x", serial_source="usb")
    spool.journal.begin_docking(docking, "slot", recorder, datetime.now(UTC))
    spool.journal.found(docking, "x", [Listed(b"a.mp4", 3, 1)])
    (spool.folder.path / "1-3").write_bytes(b"abc")
    spool.journal.copied([(1, FACTS)])
    return spool


def test_a_lost_journal_takes_no_file_along(tmp_path: Path) -> None:
    for round_ in range(2):  # the numbers begin anew with the journal: nothing set aside is replaced
        spool = with_a_copy(tmp_path / "station")
        (spool.folder.path / ".2-5.aa.part").write_bytes(b"half")
        spool.close()
        for file in (tmp_path / "station").glob("journal.db*"):
            file.unlink()
        spool = Spool(tmp_path / "station")
        assert spool.folder.names() == []
        assert sorted(spool.aside.names()) == ["1-3", "1-3.1"][: round_ + 1]
        assert all(file.read_bytes() == b"abc" for file in spool.aside.path.iterdir())
        spool.close()


def test_an_older_journal_takes_no_file_along(tmp_path: Path) -> None:
    Spool(tmp_path / "station").close()
    older = (tmp_path / "station" / "journal.db").read_bytes()
    with_a_copy(tmp_path / "station").close()
    for file in (tmp_path / "station").glob("journal.db*"):
        file.unlink()
    (tmp_path / "station" / "journal.db").write_bytes(older)
    spool = Spool(tmp_path / "station")
    assert spool.aside.names() == ["1-3"]
    spool.close()


def test_a_damaged_file_is_set_aside(tmp_path: Path) -> None:
    spool = with_a_copy(tmp_path / "station")
    spool.damaged("1-3")
    spool.damaged("1-3")  # by another thread
    spool.close()
    spool = Spool(tmp_path / "station")
    row = spool.journal.file(1)
    assert (row.state, row.word, row.attention) == ("found", "spool-damaged", True)
    assert row.detail == str(spool.aside.path / "1-3")
    assert (spool.aside.path / "1-3").read_bytes() == b"abc"
    spool.close()


def test_a_start_that_fails_lets_go_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: Journal) -> dict[str, bool]:
        raise sqlite3.DatabaseError("malformed")

    with_a_copy(tmp_path / "station").close()
    with monkeypatch.context() as patched:
        patched.setattr(Journal, "spool_names", broken)
        with pytest.raises(SpoolFailed):
            Spool(tmp_path / "station")
    spool = Spool(tmp_path / "station")
    assert spool.folder.names() == ["1-3"]
    spool.close()


def test_a_spool_that_cannot_be_opened_does_not_keep_others_back(tmp_path: Path) -> None:
    for name in ("hand-1", "hand-2"):
        with_a_copy(tmp_path / name).close()
    with contextlib.closing(sqlite3.connect(tmp_path / "hand-1" / "journal.db")) as newer:
        newer.execute("PRAGMA user_version = 1000")
    failed: list[Exception] = []
    for spool in left_behind(tmp_path, failed.append):
        assert spool.path.name == "hand-2"
        spool.close()
    assert "hand-1" in str(failed)
    spool = claim(tmp_path, ["hand-1", "hand-2"])
    assert spool.path.name == "hand-2"
    spool.close()
    with pytest.raises(SpoolFailed):
        claim(tmp_path, ["hand-1"])
    assert (tmp_path / "hand-1" / "files" / "1-3").exists()
