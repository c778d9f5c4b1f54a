"""A damaged journal is kept with everything beside it, and a new one begins: nothing is lost and nothing is cleared."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from ingest.errors import JournalDamaged
from ingest.journal.damage import MARK
from ingest.journal.journal import Journal
from ingest.journal.rows import CopiedFacts
from ingest.protocol import RecorderIdentity
from ingest.recorders.base import Listed
from ingest.settings import StationSettings
from ingest.spool import CONTENTS, Spool, damaged_spools
from ingest.station import Station
from tests.ingest.board.stage import Stage, film
from tests.ingest.docks import Dock
from tests.ingest.reference_server import Server

COPIES = 150


def overwritten(journal: Path) -> None:
    """Other bytes in the middle, as a failing disk leaves them."""
    third = journal.stat().st_size // 3
    with journal.open("r+b") as file:
        file.seek(third)
        file.write(os.urandom(third))


def truncated(journal: Path) -> None:
    os.truncate(journal, journal.stat().st_size // 2 + 100)


def replaced(journal: Path) -> None:
    journal.write_bytes(b"no database " * 1000)


def without_its_end(journal: Path) -> None:
    os.truncate(journal, 100)


DAMAGES = [overwritten, truncated, replaced, without_its_end]


def filled(path: Path) -> dict[str, bytes]:
    """A spool with copies that its journal knows of; answer their bytes."""
    spool = Spool(path)
    docking = uuid4()
    spool.journal.begin_docking(
        docking, "1-1", RecorderIdentity(serial="DSJ-0412", serial_source="usb"), datetime.now(UTC)
    )
    spool.journal.found(
        docking, "DSJ-0412", [Listed(b"DCIM/%04d.MP4" % n, 9, 1) for n in range(1, COPIES + 1)]
    )
    copies = {}
    for number in range(1, COPIES + 1):
        body = b"film %04d" % number
        name, digest = f"{number}-9", hashlib.sha256(body).hexdigest()
        spool.journal.copied(
            [(number, CopiedFacts(name, 9, 1, digest, digest, digest, digest, [bytes(32)], [], 0.0))]
        )
        (spool.folder.path / name).write_bytes(body)
        copies[name] = body
    (spool.aside.path / "old").write_bytes(b"set aside earlier")
    spool.close()
    return copies


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda one: one.__name__)
def test_it_is_kept_whole_and_a_new_one_begins(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    copies = filled(tmp_path / "station")
    damage(tmp_path / "station" / "journal.db")
    bad = (tmp_path / "station" / "journal.db").read_bytes()
    spool = Spool(tmp_path / "station")
    assert (spool.folder.names(), spool.aside.names()) == ([], [])
    assert spool.journal.spool_names() == {}
    (kept,) = damaged_spools(tmp_path)
    assert kept.copies == len(copies) + 1
    assert {file.name: file.read_bytes() for file in (kept.folder / "files").iterdir()} == copies
    assert (kept.folder / "set-aside" / "old").read_bytes() == b"set aside earlier"
    assert (kept.folder / "journal.db").read_bytes() == bad
    lines = [line.split("\t") for line in (kept.folder / CONTENTS).read_text().splitlines()]
    assert {line[0] for line in lines[1:]} == copies.keys()
    known = [line for line in lines[1:] if line[2] != "?"]
    if damage is overwritten:
        assert known, "most rows can still be read"
    for name, size, recorder, path, digest, *_ in known:
        assert (size, recorder, path) == ("9", "DSJ-0412", f"DCIM/{int(name[:-2]):04}.MP4")
        assert digest == hashlib.sha256(copies[name]).hexdigest()
    spool.close()
    again = Spool(tmp_path / "station")  # a sound one stays
    assert len(damaged_spools(tmp_path)) == 1
    again.close()


def test_a_sound_journal_is_not_touched(tmp_path: Path) -> None:
    copies = filled(tmp_path / "station")
    (tmp_path / "station" / MARK).touch()  # somebody thought otherwise: every index is compared
    spool = Spool(tmp_path / "station")
    assert spool.journal.spool_names().keys() == copies.keys()
    assert damaged_spools(tmp_path) == []
    assert not (tmp_path / "station" / MARK).exists()
    spool.close()


def test_damage_only_an_index_shows_is_found_after_it_was_met(tmp_path: Path) -> None:
    """A look at every page does not compare indexes with their tables; a marked journal is compared."""
    filled(tmp_path / "station")
    with sqlite3.connect(tmp_path / "station" / "journal.db") as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute(
            "UPDATE sqlite_schema SET sql = replace(sql, '(sha256)', '(path)') WHERE name = 'file_by_digest'"
        )
    Spool(tmp_path / "station").close()
    assert damaged_spools(tmp_path) == []
    (tmp_path / "station" / MARK).touch()
    Spool(tmp_path / "station").close()
    assert len(damaged_spools(tmp_path)) == 1


def meet_it(journal: Journal) -> None:
    """Ask a question that reads every row, by a connection that remembers no page."""
    journal._readers.put(journal._new_reader())
    with pytest.raises(sqlite3.DatabaseError):
        journal._rows("SELECT count(*) FROM file WHERE detail = 'x'")


def test_damage_met_while_working_is_remembered(tmp_path: Path) -> None:
    filled(tmp_path / "station")
    spool = Spool(tmp_path / "station")
    overwritten(tmp_path / "station" / "journal.db")
    meet_it(spool.journal)
    assert spool.journal.damaged
    assert (tmp_path / "station" / MARK).exists()
    spool.close()
    Spool(tmp_path / "station").close()
    assert len(damaged_spools(tmp_path)) == 1


def test_a_station_that_comes_upon_damage_stops_and_begins_anew(settings: StationSettings) -> None:
    filled(settings.spool / "station")
    station = Station(settings)
    look = station._look

    def meet(desk) -> None:  # type: ignore[no-untyped-def]
        overwritten(settings.spool / "station" / "journal.db")
        meet_it(desk.journal)
        look(desk)

    station._look = meet  # type: ignore[method-assign]
    with pytest.raises(JournalDamaged):
        station.run()
    Spool(settings.spool / "station").close()
    assert len(damaged_spools(settings.spool)) == 1


STEPS = {"os.rename", "os.mkdir", "os.remove", "sqlite3.connect", "fcntl.flock", "open"}
"""What is done to files, as Python tells of it."""


def opened_and_killed(path: Path, after: int) -> bool:
    """Open a spool in another process that is killed before its step number `after`; answer whether it came to that."""
    child = os.fork()
    if not child:
        left = after

        def count(event: str, _arguments: object) -> None:
            nonlocal left
            if event in STEPS:
                left -= 1
                if left < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(count)
        with contextlib.suppress(BaseException):
            Spool(path).close()
            os._exit(0)
        os._exit(1)
    status = os.waitpid(child, 0)[1]
    assert status in {0, signal.SIGKILL}
    return status != 0


def test_killed_at_every_step_of_it_nothing_is_lost(tmp_path: Path) -> None:
    """Round by round a step further; what a killed one left is finished by the next start."""
    copies = filled(tmp_path / "before")
    overwritten(tmp_path / "before" / "journal.db")
    steps, killed = 0, True
    while killed:
        base = tmp_path / str(steps)
        shutil.copytree(tmp_path / "before", base / "station")
        killed = opened_and_killed(base / "station", steps)
        spool = Spool(base / "station")
        (kept,) = damaged_spools(base)
        assert {file.name: file.read_bytes() for file in (kept.folder / "files").iterdir()} == copies
        assert (kept.folder / "journal.db").exists()
        assert len((kept.folder / CONTENTS).read_text().splitlines()) == len(copies) + 1
        assert (spool.folder.names(), spool.journal.spool_names()) == ([], {})
        spool.close()
        steps += 1
    assert steps > 10


def test_the_copies_kept_aside_are_taken_in_by_hand(
    tmp_path: Path, dock: Dock, server: Server, settings: StationSettings
) -> None:
    copies = filled(tmp_path / "spool" / "station")
    overwritten(tmp_path / "spool" / "station" / "journal.db")
    Spool(tmp_path / "spool" / "station").close()
    (kept,) = damaged_spools(settings.spool)
    result = dock(kept.folder / "files")
    assert (result.reason, result.counts.received_files) == ("done", len(copies))
    assert {clip.offer.sha256 for clip in server.clips.values()} == {
        hashlib.sha256(body).hexdigest() for body in copies.values()
    }


def test_the_board_says_it_and_recorders_are_copied_once_more(tmp_path: Path) -> None:
    with Stage(tmp_path) as stage:
        stage.server.clearing = stage.server.clearing.model_copy(
            update={"mode": "automatic", "delay_hours": 0, "after_days": 0}
        )
        stage.server.verify_at_once = False
        script = stage.plug("1-1", film("A", 40))
        stage.until("1-1", "received")
        stage.server.storage_down = True
        other = stage.plug("1-2", film("B", 40))
        stage.until("1-2", "safe")
        stage.stop()
        files = dict(script.files), dict(other.files)
        journal = tmp_path / "spool" / "station" / "journal.db"
        overwritten(journal)
        stage.start()
        (banner,) = [one for one in stage.state("en")["banners"] if "damaged" in one["text"]]
        assert (banner["tone"], "Plug recorders" in banner["text"]) == ("stop", True)
        (kept,) = damaged_spools(tmp_path / "spool")
        assert banner["detail"] == str(kept.folder)
        assert f"{kept.copies} copies" in banner["text"]
        stage.server.storage_down = False
        stage.until("1-1", "received", seconds=40)
        stage.until("1-2", "received", seconds=40)
        held = json.dumps(stage.tile("1-1", "en")["lines"])
        assert "40" in held  # held already: recognised, not read again
        assert len(stage.server.clips) == 80
        still_there = (script.files.keys(), other.files.keys()) == (files[0].keys(), files[1].keys())
        assert still_there, "cleared on the word of a journal that is no more"
        stage.server.verify_at_once = True
        kept.folder.rename(tmp_path / "looked-at")
        stage.wait(lambda: not stage.state()["banners"], "the banner goes with the folder")
