"""The register of recorders from the command line, and how profiles are tried there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from catalog.actors import system
from catalog.custody.log import entries_about
from catalog.database import Database, migrate
from catalog.holdings import holdings_of
from catalog.maintenance import officers, tables
from catalog.maintenance.faults import enter_fault
from catalog.models import Recorder
from liuhen.cli import main
from liuhen.commands.tables import REASONS, TROUBLE
from liuhen.settings import load


@pytest.fixture
def data(tmp_path: Path) -> Path:
    url = load(tmp_path).catalog.database_url
    Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    migrate(url)
    for user, name, number in (("wang", "王建国", "010237"), ("li", "李秀兰", "010415")):
        assert (
            run(tmp_path, "account", "add", user, "--role", "officer", "--name", name, "--number", number)[0]
            == 0
        )
    return tmp_path


def run(data: Path | None, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, [*arguments, *(["--data", str(data)] if data else [])])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def test_registered_handed_over_given_back(data: Path) -> None:
    assert run(data, "recorder", "register", "SN-1", "--label", "A-07", "--kind", "recorder", "--pool") == (
        0,
        "SN-1 is registered as A-07.\n",
    )
    status, said = run(data, "recorder", "assign", "A-07", "010237", "--at", "2025-11-16T08:00")
    assert (status, said) == (0, "A-07: with 010237 王建国 since 2025-11-16 08:00.\n")
    assert run(data, "recorder", "assign", "SN-1", "010415", "--at", "2025-11-16T06:00:00Z")[0] == 0
    status, said = run(data, "recorder", "list")
    assert status == 0
    for word in ("SN-1", "A-07", "010415", "李秀兰", "shared"):
        assert word in said
    assert run(data, "recorder", "return", "A-07", "--at", "2025-11-16T18:00") == (
        0,
        "A-07: given back at 2025-11-16 18:00.\n",
    )
    assert run(data, "recorder", "pool", "A-07", "off") == (0, "A-07: not shared.\n")
    database = Database.open(load(data).catalog.database_url)
    with database.read() as session:
        device = session.scalars(select(Recorder)).one()
        rows = [
            (h.officer.number, f"{h.from_at:%H:%M}", f"{h.until_at:%H:%M}")
            for h in holdings_of(session, device.id)
        ]
        actions = [entry.action for entry in entries_about(session, "recorder", device.id)]
        assert device.holder_id is None
    database.close()
    assert rows == [("010415", "06:00", "10:00"), ("010237", "00:00", "06:00")]  # UTC
    assert actions == [
        "recorder.registered", "recorder.pool-set", "recorder.handed-over", "recorder.handed-over",
        "recorder.given-back", "recorder.pool-set",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("assign", "nobody's", "010237"), 1, "no recorder with the serial"),
        (("assign", "SN-1", "777777"), 1, "no officer with the number"),
        (("assign", "SN-1", "010237", "--at", "yesterday"), 2, "no time such as"),
        (("assign", "SN-1", "010237", "--at", "2999-01-01T00:00"), 1, "when it has happened"),
        (("return", "SN-1"), 1, "Nobody had this recorder then"),
        (("register", " "), 2, "at most 128"),
        (("register", "S" * 200), 2, "at most 128"),
        (("pool", "SN-1", "maybe"), 2, "Usage"),
    ],
)
def test_what_cannot_be_noted_is_said_and_changes_nothing(
    data: Path, arguments: tuple[str, ...], status: int, said: str
) -> None:
    run(data, "recorder", "register", "SN-1")
    code, output = run(data, "recorder", *arguments)
    assert (code, said in output) == (status, True), output
    if code == 1:
        assert "Nothing was changed" in output


def test_a_label_of_two_recorders_names_neither(data: Path) -> None:
    for serial in ("SN-1", "SN-2"):
        run(data, "recorder", "register", serial, "--label", "A-07")
    assert run(data, "recorder", "assign", "A-07", "010237")[0] == 1
    assert run(data, "recorder", "assign", "SN-2", "010237")[0] == 0


def test_where_nothing_ran(tmp_path: Path) -> None:
    status, said = run(tmp_path, "recorder", "list")
    assert status == 1
    assert "No system has run" in said


def test_profiles_are_listed_and_tried(tmp_path: Path) -> None:
    status, said = run(None, "recorder", "profiles")
    assert status == 0
    assert "zhifa-dcim: " in said
    status, said = run(None, "recorder", "profiles", "DCIM/100MEDIA/DSJ0412_010237_20261116083015_0001.MP4")
    assert status == 0
    assert '"officer_number":"010237"' in said
    assert run(None, "recorder", "profiles", "x.txt")[0] == 1
    (tmp_path / "bad.toml").write_text("name = \n\n")
    status, said = run(None, "recorder", "profiles", "--folder", str(tmp_path))
    assert status == 1
    assert "bad.toml: TOML: Invalid value (at line 1" in said
    assert "dcf: " in said


def test_a_faulty_recorder_is_given_to_nobody(data: Path) -> None:
    run(data, "recorder", "register", "SN-1", "--label", "A-07")
    database = Database.open(load(data).catalog.database_url)
    with database.write() as session:
        device = session.scalars(select(Recorder)).one()
        enter_fault(
            session, device, actor=system("test"), kind="battery", source="person", now=datetime.now(UTC)
        )
    database.close()
    status, said = run(data, "recorder", "assign", "A-07", "010237")
    assert status == 1
    assert "The recorder was out-of-service then; nobody is given it" in said
    assert "Nothing was changed." in said
    assert "out-of-service" in run(data, "recorder", "list")[1]


def test_who_waits_for_a_repair_is_given_no_other_by_command(data: Path) -> None:
    """What is given out now keeps to the rules of the pages; what has happened is noted whatever they say."""
    for serial in ("SN-1", "SN-2"):
        run(data, "recorder", "register", serial)
    assert run(data, "recorder", "assign", "SN-1", "010237", "--at", "2025-11-16T08:00")[0] == 0
    database = Database.open(load(data).catalog.database_url)
    with database.write() as session:
        device = session.scalars(select(Recorder).where(Recorder.serial == "SN-1")).one()
        enter_fault(
            session, device, actor=system("test"), kind="battery", source="person", now=datetime.now(UTC)
        )
    status, said = run(data, "recorder", "assign", "SN-2", "010237")
    assert status == 1
    assert "only as its approved substitute. Nothing was changed." in said
    assert run(data, "recorder", "assign", "SN-2", "010237", "--at", "2025-11-17T08:00")[0] == 0
    assert run(data, "recorder", "return", "SN-2")[0] == 0
    with database.write() as session:
        device = session.scalars(select(Recorder).where(Recorder.serial == "SN-2")).one()
        device.sealed_at = datetime.now(UTC)
    database.close()
    status, said = run(data, "recorder", "assign", "SN-2", "010415")
    assert status == 1
    assert "kept as original carrier" in said


def test_officers_and_recorders_from_tables(data: Path, tmp_path: Path) -> None:
    people = tmp_path / "人员.csv"
    people.write_text(
        "人员编号,姓名,在编,执法证号,有效期至\n010237,王建国,是,ZF-1,2030/12/31\n0,,是,,\n", "gb18030"
    )
    status, said = run(data, "officers", "import", str(people), "--dry-run")
    assert status == 1
    assert "line 3: 0: left out: the name is missing" in said
    assert "would be new 0, would be changed 1" in said
    assert "new 0, changed 1, same 0, left out 1" in run(data, "officers", "import", str(people))[1]
    assert "new 0, changed 0, same 1, left out 1" in run(data, "officers", "import", str(people))[1]
    devices = tmp_path / "r.csv"
    devices.write_text("序列号,名称,购置日期\nSN-9,九号,2025.3.1\n", "utf-8")
    assert run(data, "recorder", "import", str(devices)) == (0, "new 1, changed 0, same 0, left out 0\n")
    assert run(data, "recorder", "import", str(devices)) == (0, "new 0, changed 0, same 1, left out 0\n")
    devices.write_bytes(b"PK\x03\x04nothing")
    status, said = run(data, "recorder", "import", str(devices))
    assert (status, "Nothing was entered." in said) == (2, True)


def test_every_reason_of_a_table_has_its_sentence() -> None:
    assert set(tables.WHY) <= set(TROUBLE)
    assert set(officers.WHY) - {"unknown-officer"} <= set(REASONS)
