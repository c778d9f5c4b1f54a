"""A journal written by an earlier version is brought up to date, and nothing of it is lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from ingest.errors import SpoolFailed
from ingest.journal.journal import Journal
from ingest.journal.schema import STEPS
from ingest.protocol import RecorderIdentity, SignedStatement, Statement
from ingest.recorders.base import Listed
from ingest.spool import Spool

DOCKING = uuid4()
CLIP = uuid4()
ENDS = (
    "found",
    "copied",
    "uploaded",
    "received",
    "verified",
    "held already",
    "changed while read",
    "vanished",
    "refused",
)
SAME = (
    "path", "size", "modified_ns", "word", "detail", "attention", "spool", "sha256", "sm3", "head", "tail", "parts",
    "bad_ranges", "read_method", "copied_at", "waits_for", "clip", "page", "held_already", "received", "verified",
    "verified_at", "reported",
)  # fmt: skip


def signed(kind: str) -> str:
    statement = Statement(
        protocol=1, kind=kind, clip=CLIP, bucket="b", key="k", version="v", size=9, sha256="a" * 64, sm3="b" * 64,
        lock_mode="COMPLIANCE", lock_until="2027-01-01T00:00:00Z", time="2026-01-01T00:00:00.000000Z",
    )  # fmt: skip
    return SignedStatement(statement=statement, key="0" * 16, signature="s").model_dump_json()


def old_journal(path: Path, steps: int) -> None:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    for number, step in enumerate(STEPS[:steps], start=1):
        db.executescript(f"BEGIN; {step}; PRAGMA user_version = {number}; COMMIT;")
    recorder = RecorderIdentity(serial="S", serial_source="usb").model_dump_json()
    db.execute(
        "INSERT INTO docking (id, slot, recorder, serial, started, ended, reason, page, opened)"
        " VALUES (?, 'slot', ?, 'S', '2026-01-01T00:00:00+00:00', '2026-01-01T01:00:00+00:00', 'done', 'p', 1)",
        (str(DOCKING), recorder),
    )
    for number, state in enumerate(ENDS):
        got = state in {"received", "verified", "held already"}
        db.execute(
            "INSERT INTO file (docking, serial, path, size, modified_ns, state, word, detail, attention, spool, sha256,"
            " sm3, head, tail, parts, bad_ranges, read_method, copied_at, waits_for, clip, page, held_already,"
            " received, verified, verified_at, reported)"
            " VALUES (?, 'S', ?, 9, ?, ?, 'w', 'd', ?, ?, ?, ?, 'h', 't', ?, '[[1, 2]]', 'direct', 7.5, ?, ?, 'page',"
            " ?, ?, ?, ?, 1)",
            (
                str(DOCKING), b"\xff/%d" % number, number, state, number % 2, f"{number + 1}-9" if 0 < number < 5 else None,
                "a" * 64, "b" * 64, bytes(64), 2 if number == 2 else None, str(CLIP),
                int(state == "held already"), signed("received") if got else None,
                signed("verified") if state == "verified" else None, 3.5 if state == "verified" else None,
            ),
        )  # fmt: skip
    db.close()


def raw(path: Path) -> list[sqlite3.Row]:
    db = sqlite3.connect(path)
    db.row_factory = sqlite3.Row
    rows = db.execute("SELECT * FROM file ORDER BY id").fetchall()
    db.close()
    return rows


@pytest.mark.parametrize("steps", [1, 2])
def test_every_row_is_kept(tmp_path: Path, steps: int) -> None:
    path = tmp_path / "journal.db"
    old_journal(path, steps)
    before = raw(path)
    journal = Journal(path)
    rows = journal.files(DOCKING)
    journal.close()
    after = raw(path)
    assert len(before) == len(after) == len(ENDS)
    for old, new in zip(before, after, strict=True):
        assert {name: old[name] for name in SAME} == {name: new[name] for name in SAME}
        assert (old["id"], old["docking"]) == (new["id"], new["docking"])
    # what was called copied had been read back too
    assert [row.state for row in rows] == ["checked" if end == "copied" else end for end in ENDS]
    assert [row.new for row in rows] == [None, None, None, True, True, False, None, None, None]
    assert all(
        (row.reread, row.named, row.important, row.cleared_at) == (None, None, False, None) for row in rows
    )


def test_it_is_worked_with_afterwards(tmp_path: Path) -> None:
    spool = tmp_path / "station"
    spool.mkdir()
    old_journal(spool / "journal.db", 2)
    (spool / "files").mkdir()
    for number in (2, 3, 4, 5):
        (spool / "files" / f"{number}-9").write_bytes(b"123456789")
    working = Spool(spool)
    assert sorted(working.folder.names()) == ["2-9", "3-9", "4-9", "5-9"]
    assert working.aside.names() == []
    assert working.journal.unfinished() == 2
    row = working.journal.docking(DOCKING)
    assert (row.opened, row.page, row.answer, row.sheet_revision, row.confirmed_by) == (
        True,
        "p",
        None,
        0,
        None,
    )
    # numbers of files go on: a spool file's name is never given twice
    second = UUID(int=1)
    working.journal.begin_docking(second, "slot", row.recorder, row.started)
    working.journal.found(second, "S", [Listed(b"x", 1, 1)])
    assert working.journal.files(second)[0].id == len(ENDS) + 1
    working.close()
    again = Spool(spool)
    assert again.journal.unfinished() == 2
    again.close()


def test_a_journal_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    Spool(tmp_path / "station").close()
    db = sqlite3.connect(tmp_path / "station" / "journal.db")
    db.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    db.close()
    with pytest.raises(SpoolFailed, match="newer version"):
        Spool(tmp_path / "station")


def test_an_upgrade_that_breaks_off_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal.db"
    old_journal(path, 2)
    before = [tuple(row) for row in raw(path)]
    with monkeypatch.context() as patched:
        patched.setattr(
            "ingest.journal.store.STEPS", (*STEPS[:2], STEPS[2] + "; SELECT nothing FROM nowhere")
        )
        with pytest.raises(sqlite3.OperationalError):
            Journal(path)
    assert [tuple(row) for row in raw(path)] == before
    Journal(path).close()
