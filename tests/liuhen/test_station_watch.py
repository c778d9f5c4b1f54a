"""`liuhen station`: how a station stands, from its board or, when it does not run, from its journal."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from liuhen.cli import main
from tests.ingest.board.stage import Stage, film


def run(data: Path, *options: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["station", "--data", str(data), *options])
    return done.exit_code, done.stdout, done.stderr


def test_a_station_is_asked_and_then_its_journal(tmp_path: Path) -> None:
    with Stage(tmp_path, language="en") as stage:
        port = stage.settings.board_port
        (tmp_path / "station.toml").write_text(
            f'token_file = "token"\nspool = "spool"\nboard_port = {port}\nlanguage = "en"\nstation = "02"\n'
        )
        stage.plug("1-1", film("A", 2))
        stage.until("1-1", "verified")
        status, said, _ = run(tmp_path, "--status")
        assert status == 0
        assert "Socket 1: Secured | 2 files archived, all verified" in said
        status, said, _ = run(tmp_path, "--json")
        assert json.loads(said)["slots"][0]["kind"] == "verified"
    status, said, noted = run(tmp_path, "--status")
    assert status == 0
    assert "The station does not run" in noted


def test_nothing_to_ask(tmp_path: Path) -> None:
    status, _, noted = run(tmp_path, "--status")
    assert (status, noted[:6]) == (2, "Error:")
    (tmp_path / "token").write_text("x")
    (tmp_path / "station.toml").write_text(
        'token_file = "token"\nspool = "spool"\nboard_port = 1\nlanguage = "en"\n'
    )
    status, _, noted = run(tmp_path, "--status")
    assert status == 1
    assert "nothing was docked yet" in noted
    assert "Traceback" not in noted
