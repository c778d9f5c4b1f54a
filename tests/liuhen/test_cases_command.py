"""`liuhen cases import`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from catalog.database import Database
from catalog.models import Case
from liuhen.settings import load
from tests.liuhen.test_recorder_command import data, run

__all__ = ["data"]

HEAD = "案号,名称,类型,承办人1,立案日期\n"


def numbers(folder: Path) -> list[str | None]:
    database = Database.open(load(folder).catalog.database_url)
    with database.read() as session:
        found = list(session.scalars(select(Case.number).order_by(Case.number)))
    database.close()
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "cases.csv"
    path.write_bytes((HEAD + "1 号,甲案,普通程序,010237,2026-01-05\n").encode("gb18030"))
    return path


def test_first_a_dry_run_then_the_go(data: Path, file: Path) -> None:
    status, said = run(data, "cases", "import", str(file))
    assert (status, said) == (
        0,
        "1 new, 0 changed, 0 unchanged, 0 conflict, 0 bad\nDry run: nothing was changed. Take over with --go.\n",
    )
    assert numbers(data) == []
    assert run(data, "cases", "import", str(file), "--go")[0] == 0
    assert numbers(data) == ["1 号"]
    assert (
        run(data, "cases", "import", str(file), "--go")[1]
        == "0 new, 0 changed, 1 unchanged, 0 conflict, 0 bad\n"
    )


def test_bad_rows_have_a_line_and_a_reason(data: Path, file: Path) -> None:
    file.write_text(
        HEAD + "1 号,甲案,普通程序,无此人,\n2 号,乙案,检查,,2026-02-30\n3 号,丙案,检查,,\n", encoding="utf-8"
    )
    status, said = run(data, "cases", "import", str(file), "--go")
    assert status == 3
    assert "line 2 1 号: bad: A handler is not known here." in said
    assert "line 3 2 号: bad: A date cannot be read" in said
    assert numbers(data) == ["3 号"]
    status, said = run(data, "cases", "import", str(file), "--json")
    rows = json.loads(said)["rows"]
    assert [(row["line"], row["kind"]) for row in rows] == [(2, "bad"), (3, "bad"), (4, "unchanged")]


def test_a_file_that_is_none(data: Path, file: Path) -> None:
    file.write_bytes(b"PK\x03\x04 no sheet")
    status, said = run(data, "cases", "import", str(file), "--go")
    assert (status, said) == (
        4,
        "Error: The file is damaged, or a quotation mark in it is never closed. Nothing was changed.\n",
    )
    assert run(file.parent / "nowhere", "cases", "import", str(file))[0] == 1
