"""A table of recording rules that cannot be used ends the start with a sentence, before anything is changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from catalog.coverage.rules_in_force import rules_in_force
from catalog.database import Database, migrate
from catalog.models import RecordingRuleSet
from catalog.recording_rules.reading import shipped_text
from liuhen.commands import prepare as command
from tests.catalog.world import entries


def test_a_bad_table_ends_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "rules.toml"
    file.write_text("format = 1\nversion = '1'\n", encoding="utf-8")
    monkeypatch.setenv("LIUHEN_CATALOG__RECORDING_RULES_FILE", str(file))
    answer = CliRunner().invoke(command.prepare, ["--data", str(tmp_path / "var")])
    assert answer.exit_code == 1
    assert "The table of recording rules cannot be used" in answer.output
    assert "at least one row" in answer.output
    assert "Traceback" not in answer.output
    assert not (tmp_path / "var" / "catalog").exists()


def test_the_table_is_put_in_force_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'c.sqlite3'}"
    migrate(url)
    database = Database.open(url)
    text = shipped_text()
    command._put_rules_in_force(database, text)
    command._put_rules_in_force(database, text)
    with database.read() as session:
        assert rules_in_force(session).version == "shipped-2026-1"
        assert len(session.scalars(select(RecordingRuleSet)).all()) == 1
        assert len(entries(session, "rules.in-force")) == 1
    database.close()
