"""The checker must be able to fail: a sound world is damaged in one way at a time, and it has to object."""

from __future__ import annotations

import ast
import base64
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.faults import checker
from tests.faults.storm.runner import ROOT

SPOOL = "spool/hand-1"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world where everything went well and most spool files are freed."""
    folder = tmp_path_factory.mktemp("sound")
    command = [sys.executable, "-m", "tests.faults.storm", "--seed", "9", "--dockings", "5"]
    done = subprocess.run(
        [*command, "--without-delay", "--only", "short reads", "--keep", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert min(report["freed"], report["cleared"]) > 5
    return folder / "world-0"


@pytest.fixture
def world(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(sound, tmp_path / "world"))


def objections(world: Path) -> list[str]:
    return [said.split(":")[0] for said in checker.check(checker.World(world))]


def edit_journal(world: Path, statement: str, *values: Any) -> None:
    with closing(sqlite3.connect(world / SPOOL / "journal.db")) as db, db:
        assert db.execute(statement, values).rowcount > 0


def an_object(world: Path) -> Path:
    return max((world / "office" / "objects").iterdir(), key=lambda path: path.stat().st_size)


def edit_truth(world: Path, change: Callable[[dict[str, Any]], None]) -> None:
    truth = json.loads((world / "truth.json").read_text())
    change(truth)
    (world / "truth.json").write_text(json.dumps(truth))


def test_a_sound_world_is_sound(world: Path) -> None:
    assert objections(world) == []


def test_it_shares_no_code_with_what_it_judges() -> None:
    tree = ast.parse(Path(checker.__file__).read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    rooms = {"ingest", "catalog", "storage", "web", "workers", "liuhen", "tests"}
    assert not {str(name).split(".")[0] for name in imported} & rooms


def test_a_missing_object(world: Path) -> None:
    an_object(world).unlink()
    assert "lost" in objections(world)


def test_an_object_stored_twice(world: Path) -> None:
    one = an_object(world)
    shutil.copy(one, one.with_name("another"))
    assert objections(world) == ["twice"]


def test_an_object_with_one_other_bit(world: Path) -> None:
    one = an_object(world)
    body = bytearray(one.read_bytes())
    body[len(body) // 2] ^= 1
    one.write_bytes(body)
    assert {"lost", "strange"} <= set(objections(world))


def test_half_an_object(world: Path) -> None:
    one = an_object(world)
    with one.open("rb+") as file:
        file.truncate(one.stat().st_size // 2)
    assert {"lost", "strange"} <= set(objections(world))


@pytest.mark.parametrize(("name", "value"), [("sha256", "0" * 64), ("size", 1), ("kind", "received")])
def test_a_forged_statement(world: Path, name: str, value: object) -> None:
    with closing(sqlite3.connect(world / SPOOL / "journal.db")) as db:
        row, text = db.execute("SELECT id, verified FROM file WHERE verified IS NOT NULL").fetchone()
    signed = json.loads(text)
    assert signed["statement"][name] != value
    signed["statement"][name] = value
    edit_journal(world, "UPDATE file SET verified = ? WHERE id = ?", json.dumps(signed), row)
    assert objections(world) == ["unfounded"]


def test_a_true_statement_for_another_file(world: Path) -> None:
    edit_journal(
        world,
        "UPDATE file SET verified = (SELECT f.verified FROM file f WHERE f.sha256 <> file.sha256"
        " AND f.verified IS NOT NULL LIMIT 1)"
        " WHERE id = (SELECT min(id) FROM file WHERE verified IS NOT NULL)",
    )
    assert objections(world) == ["unfounded"]


def test_verified_without_a_statement(world: Path) -> None:
    edit_journal(
        world,
        "UPDATE file SET verified = NULL WHERE id = (SELECT min(id) FROM file WHERE verified IS NOT NULL)",
    )
    assert objections(world) == ["unfounded"]


def test_a_spool_file_removed_before_its_statement(world: Path) -> None:
    lines = [json.loads(line) for line in (world / "removals.jsonl").read_text().splitlines()]
    lines[0]["at"] = 0.0
    (world / "removals.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    assert set(objections(world)) == {"removed too early"}


def test_a_spool_file_removed_that_nobody_verified(world: Path) -> None:
    line = {
        "vouched": True,
        "at": 1e12,
        "path": b"/spool/hand-1/files/1-1".hex(),
        "sha256": "1" * 64,
        "size": 1,
    }
    with (world / "removals.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")
    assert set(objections(world)) == {"removed too early"}


@pytest.mark.parametrize("kind", ["verified", "reread"])
def test_a_removal_without_its_statement(world: Path, kind: str) -> None:
    file = world / "office" / "statements.jsonl"
    lines = file.read_text().splitlines()
    kept = [line for line in lines if json.loads(line)["signed"]["statement"]["kind"] != kind]
    assert len(kept) < len(lines)
    file.write_text("\n".join(kept))
    assert set(objections(world)) == {"removed too early"}


@pytest.mark.parametrize("which", ["spool_delay_hours", "delay_hours"])
def test_a_removal_before_the_delay(world: Path, which: str) -> None:
    edit_truth(world, lambda truth: truth.update({which: 1}))
    assert set(objections(world)) == {"removed too early"}


def test_a_removal_against_the_policy(world: Path) -> None:
    edit_truth(world, lambda truth: truth.update(clearing="never"))
    assert set(objections(world)) == {"removed against the policy"}
    edit_truth(world, lambda truth: truth.update(clearing="confirm"))
    assert set(objections(world)) == {"removed against the policy"}
    edit_truth(world, lambda truth: [card.update(confirmed=True) for card in truth["cards"]])
    assert objections(world) == []


def test_an_important_recording_cleared(world: Path) -> None:
    edit_truth(world, lambda truth: [f.update(important=True) for c in truth["cards"] for f in c["files"]])
    assert set(objections(world)) == {"removed though important"}


def test_a_file_that_never_arrived(world: Path) -> None:
    edit_journal(world, "UPDATE file SET state = 'checked' WHERE id = (SELECT min(id) FROM file)")
    assert "waiting" in objections(world)


def test_a_file_with_no_end_and_no_reason(world: Path) -> None:
    edit_journal(world, "UPDATE file SET state = 'found', word = '' WHERE id = (SELECT min(id) FROM file)")
    assert "forgotten" in objections(world)


def test_a_file_the_journal_never_heard_of(world: Path) -> None:
    edit_journal(world, "DELETE FROM file WHERE path = (SELECT max(path) FROM file)")
    assert "without an end" in objections(world)


def test_a_docking_that_nobody_ended(world: Path) -> None:
    edit_journal(world, "UPDATE docking SET ended = NULL")
    assert "running" in objections(world)


def edit_sheet(world: Path, change: Callable[[dict[str, Any]], None], *, sign: bool) -> None:
    """Change the newest sheet of the largest docking; signed again by a key of its own if wished."""
    files = sorted((world / "office" / "sheets").glob("*.json"), key=lambda path: path.stat().st_size)
    message = json.loads(files[-1].read_text())
    sheet = json.loads(message["body"])
    change(sheet)
    message["body"] = checker.canonical(sheet).decode()
    if sign:
        key = Ed25519PrivateKey.generate()
        signature = key.sign(checker.SHEET_PREFIX + message["body"].encode())
        message["signature"] = base64.b64encode(signature).decode()
        message["public_key"] = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    files[-1].write_text(json.dumps(message))


def drop_entry(sheet: dict[str, Any]) -> None:
    del sheet["files"][0]


def invent_entry(sheet: dict[str, Any]) -> None:
    sheet["files"].append({**sheet["files"][0], "path": "bmV2ZXI="})


def other_digest(sheet: dict[str, Any]) -> None:
    sheet["files"][0]["sha256"] = "0" * 64


def other_size(sheet: dict[str, Any]) -> None:
    sheet["files"][0]["size"] += 1


@pytest.mark.parametrize("change", [drop_entry, invent_entry, other_digest, other_size])
def test_a_sheet_that_is_not_true(world: Path, change: Callable[[dict[str, Any]], None]) -> None:
    edit_sheet(world, change, sign=False)
    assert any("is not signed as it stands" in said for said in checker.sheets(checker.World(world)))


@pytest.mark.parametrize("change", [drop_entry, invent_entry, other_digest, other_size])
def test_a_sheet_that_is_not_true_and_signed(world: Path, change: Callable[[dict[str, Any]], None]) -> None:
    edit_sheet(world, change, sign=True)
    said = checker.sheets(checker.World(world))
    assert any("more than one key" in one for one in said)
    assert any(one.startswith("sheet of docking") for one in said)


def test_a_docking_without_a_sheet(world: Path) -> None:
    next((world / "office" / "sheets").glob("*-0001.json")).unlink()
    assert "sheet" in objections(world)


def test_a_promise_that_does_not_hold(world: Path) -> None:
    edit_truth(world, lambda truth: [card.update(safe=True) for card in truth["cards"]])
    assert checker.kept(checker.World(world)) == []
    an_object(world).unlink()
    assert checker.kept(checker.World(world))


def test_a_spool_file_that_nobody_knows(world: Path) -> None:
    (world / SPOOL / "files" / "99-5").write_bytes(b"hello")
    assert objections(world) == ["unknown"]


def test_a_spool_file_that_differs_or_is_missing(world: Path) -> None:
    edit_journal(world, "UPDATE file SET spool = '1-1' WHERE id = (SELECT min(id) FROM file)")
    assert objections(world) == ["missing"]
    (world / SPOOL / "files" / "1-1").write_bytes(b"?")
    assert objections(world) == ["differs"]
