"""`liuhen audit export` and `liuhen audit check`, as somebody at the server and an outsider use them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.custody.sequencer import place_entries
from catalog.database import Database, migrate
from catalog.ids import new_id
from liuhen.cli import main
from liuhen.settings import load


@pytest.fixture
def data(tmp_path: Path) -> Path:
    url = load(tmp_path).catalog.database_url
    Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    migrate(url)
    return tmp_path


def fill(data: Path, many: int) -> None:
    database = Database.open(load(data).catalog.database_url)
    with database.write() as session:
        for _ in range(many):
            add_entry(
                session,
                actor=system("verify"),
                action="clip.verified",
                subjects={"clip": new_id()},
                now=datetime.now(UTC),
            )
    with database.write() as session:
        place_entries(session)
    database.close()


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def test_exported_here_checked_elsewhere(data: Path, tmp_path: Path) -> None:
    fill(data, 9)
    file = tmp_path / "log.jsonl"
    export = ("audit", "export", str(file), "--data", str(data), "--from-place", "2")
    status, said = run(*export, "--reason", "上级检查")
    assert (status, "7 entries from place 2; root of the log of 9: " in said) == (0, True)
    assert not file.with_name("log.jsonl.part").exists()
    root = said.strip().rpartition(" ")[2]
    status, said = run("audit", "check", str(file), "--root", root)
    assert (status, "7 entries from place 2, nothing is wrong" in said) == (0, True)
    status, said = run("audit", "check", str(file), "--root", "0" * 64)
    assert (status, "not the one given" in said) == (1, True)
    assert run(*export, "--reason", "r")[0] == 1
    file.write_bytes(file.read_bytes()[:-40])
    status, said = run("audit", "check", str(file))
    assert (status, "the end is missing" in said) == (1, True)
    status, said = run("audit", "check", str(tmp_path / "none"))
    assert (status, "could not be read" in said) == (2, True)


def test_refused_in_words(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    export = ("audit", "export", str(file), "--data", str(data))
    assert run(*export, "--reason", "r") == (
        1,
        "Error: Nothing was exported: the log has no entries at these places.\n",
    )
    fill(data, 1)
    status, said = run(*export, "--reason", " ")
    assert (status, "--reason" in said) == (1, True)
    assert not file.exists()
