"""`liuhen sheets prove` on a whole system: a card is docked, its sheet is kept by itself, and the proof says so."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import create_engine, text

from tests.services.system import System
from workers.app import make_app


def test_a_sheet_is_kept_and_proven(liuhen_system: System, tmp_path: Path) -> None:
    system = liuhen_system
    nothing = system.run("sheets", "prove")
    assert (nothing.returncode, nothing.stdout) == (0, "0 sheets, 0 listed files, 0 sheets with holes\n")
    card = tmp_path / "card"
    card.mkdir()
    (card / "a.mp4").write_bytes(os.urandom(3000))
    (card / "b.jpg").write_bytes(b"b")
    system.plug(card)
    engine = create_engine(system.settings.catalog.database_url)

    def one(query: str) -> object:
        with engine.connect() as connection:
            return connection.execute(text(query)).scalar()

    system.wait_for(lambda: one("SELECT count(*) FROM sheets WHERE files = 2"), "the sheet is kept")
    system.wait_for(lambda: one("SELECT count(*) FROM dockings WHERE ended_at IS NOT NULL"), "it is closed")
    whole = system.run("sheets", "prove")
    assert (whole.returncode, whole.stdout) == (0, "1 sheets, 2 listed files, 0 sheets with holes\n")
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE copies SET version = 'gone' WHERE rowid = (SELECT min(rowid) FROM copies)")
        )
    holes = system.run("sheets", "prove")
    assert holes.returncode == 1
    assert "1 missing" in holes.stdout
    assert one("SELECT count(*) FROM incidents WHERE kind = 'sheet-incomplete'") == 1
    engine.dispose()


def test_every_standing_job_is_a_task_that_exists(liuhen_system: System) -> None:
    app = make_app(liuhen_system.settings.workers)
    jobs = {one["task"] for one in app.conf.beat_schedule.values()}
    assert jobs <= set(app.tasks)
    assert {"liuhen.reconcile-locks", "liuhen.prove-sheets", "liuhen.write-manifests"} <= jobs


def test_without_a_system_it_says_so(tmp_path: Path) -> None:
    nowhere = System(tmp_path / "var").run("sheets", "prove")
    assert nowhere.returncode == 1
    assert "No system has run" in nowhere.stderr
