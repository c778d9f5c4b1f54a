"""Logs say what happened to which clip, and nothing of anybody."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from catalog.database import Database, migrate
from catalog.ids import new_id
from catalog.models import Officer, Unit
from liuhen.logs import Discreet, JsonLines, LogFormat, discreet, formatter
from storage.errors import Forbidden
from tests.services.system import running_system
from tests.workers.media import studio

NAME = "欧阳独特"
FILE = "XQZV7731"


@pytest.fixture(params=["text", "json"])
def logged(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    form: LogFormat = request.param
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter(form))
    log = logging.getLogger("trial")
    log.addHandler(handler)
    log.propagate = False
    log.setLevel(logging.DEBUG)
    yield out.getvalue
    log.handlers.clear()


def broken_insert() -> None:
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE people (name TEXT UNIQUE)"))
        for _ in range(2):
            connection.execute(text("INSERT INTO people VALUES (:name)"), {"name": NAME})


def missing_file() -> None:
    Path(f"/nowhere/{NAME}/{FILE}.MP4").read_bytes()


def wrong_bytes() -> None:
    f"{FILE}{NAME}".encode("ascii")


def wrong_key() -> None:
    {}[NAME]  # type: ignore[index]


def wrong_value() -> None:
    int(FILE)


def chained() -> None:
    try:
        missing_file()
    except OSError as error:
        raise RuntimeError(f"could not take {FILE}") from error


@pytest.mark.parametrize("act", [broken_insert, missing_file, wrong_bytes, wrong_key, wrong_value, chained])
def test_an_error_is_told_without_its_values(act: Callable[[], None], logged: Callable[[], str]) -> None:
    log = logging.getLogger("trial")
    try:
        act()
    except Exception as error:
        log.exception("clip %s: odd", uuid4())
        log.warning("not done: %s", error)
    told = logged()
    assert NAME not in told
    assert FILE not in told
    assert act.__name__ in told  # but where it happened is told
    assert "Traceback" in told


def test_our_own_errors_keep_their_words() -> None:
    assert discreet(Forbidden("writing renditions/x: 403")) == "Forbidden: writing renditions/x: 403"
    assert (
        discreet(FileNotFoundError(2, "No such file or directory", FILE))
        == "FileNotFoundError: No such file or directory"
    )
    assert discreet(AttributeError("no attribute 'x'")) == "AttributeError: no attribute 'x'"
    assert discreet(ValueError(NAME)) == "ValueError"


def test_a_json_line_is_one_object_with_its_ids() -> None:
    record = logging.makeLogRecord(
        {
            "name": "workers",
            "levelname": "INFO",
            "msg": "clip %s:\ndone",
            "args": ("c",),
            "clip": uuid4(),
            "seconds": 1.5,
        }
    )
    line = JsonLines().format(record)
    assert "\n" not in line
    answer = json.loads(line)
    assert answer["message"] == "clip c:\ndone"
    assert answer["seconds"] == 1.5
    assert answer["clip"] == str(record.clip)  # type: ignore[attr-defined]
    assert set(answer) == {"time", "level", "logger", "message", "clip", "seconds"}


def test_celerys_report_on_a_failed_task_is_discreet() -> None:
    try:
        missing_file()
    except OSError as error:
        record = logging.makeLogRecord(
            {
                "msg": "Task %(name)s[%(id)s] raised unexpected: %(exc)s\n%(traceback)s",
                "args": {"name": "liuhen.stage", "id": "1", "exc": repr(error), "traceback": repr(error)},
                "exc_info": (type(error), error, error.__traceback__),
            }
        )
    for form in (Discreet(), JsonLines()):
        told = form.format(record)
        assert NAME not in told
        assert "No such file or directory" in told


def test_values_of_statements_are_hidden(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    migrate(url)
    database = Database.open(url)
    with database.write() as session:
        session.execute(text("CREATE TABLE people (name TEXT UNIQUE)"))
        session.execute(text("INSERT INTO people VALUES (:name)"), {"name": NAME})
    with pytest.raises(IntegrityError) as caught, database.write() as session:
        session.execute(text("INSERT INTO people VALUES (:name)"), {"name": NAME})
    assert NAME not in str(caught.value)
    database.close()


def test_a_docking_leaves_no_name_in_any_log(tmp_path: Path) -> None:
    """An officer and files of distinctive names, whole, damaged and strange ones, through the whole system."""
    card = tmp_path / "card"
    (card / "DCIM").mkdir(parents=True)
    film = studio.make(tmp_path, "mpeg4.avi").read_bytes()
    files = {
        f"DSJ0412_010237_20261116083015_{FILE}_{NAME}.AVI": film,
        f"cut_{FILE}_{NAME}.AVI": film[: len(film) // 2],
        f"odd_{FILE}_{NAME}.MP4": b"\x00\x00\x00\x18ftypmp42" + b"\xff" * 5000,
        f"empty_{FILE}_{NAME}.JPG": b"",
    }
    for name, body in files.items():
        (card / "DCIM" / name).write_bytes(body)
    with running_system(LIUHEN_LOG_FORMAT="json", LIUHEN_CATALOG__TIMESTAMP_GATHER_SECONDS="1") as system_:
        url = system_.settings.catalog.database_url
        database = Database.open(url)
        with database.write() as session:
            unit = Unit(id=new_id(), name="执法一队")
            officer = Officer(
                id=new_id(), number="010237", name=NAME, unit_id=unit.id, created_at=datetime.now(UTC)
            )
            session.add_all([unit, officer])
        database.close()
        system_.plug(card)
        path = url.removeprefix("sqlite:///")

        def settled() -> bool:
            connection = sqlite3.connect(path, timeout=30)
            clips = connection.execute("SELECT count(*) FROM clips").fetchone()[0]
            left = connection.execute(
                "SELECT count(*) FROM stages WHERE state IN ('pending', 'running')"
            ).fetchone()[0]
            connection.close()
            return clips == len(files) and not left

        system_.wait_for(settled, "everything was worked on", 120)
        logs = {p.name: p.read_text(errors="replace") for p in (system_.data / "logs").iterdir()}
    assert {"web.log", "worker-intake.log", "worker-pictures.log", "worker-media.log", "station.log"} <= set(
        logs
    )
    for name, told in logs.items():
        for word in (NAME, FILE, NAME.encode("unicode_escape").decode(), "010237"):
            assert word not in told, name
    done = [json.loads(line) for line in logs["worker-intake.log"].splitlines() if line.startswith("{")]
    assert {"verify", "describe"} <= {line.get("stage") for line in done}
    for part in ("web.log", "worker-media.log", "beat.log", "station.log"):
        ours = [line for line in logs[part].splitlines() if line.strip()]
        assert all(line.startswith("{") for line in ours), (
            part,
            [x for x in ours if not x.startswith("{")][:3],
        )
