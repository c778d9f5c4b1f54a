"""Killed (-9) at every step, the destruction goes on where it was, and ends as if nothing had happened."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import select

from catalog.disposal.executing import LEASE
from catalog.models import Appraisal, Clip, Incident
from tests.catalog.disposal.desk import Desk
from tests.catalog.disposal.dying_executor import STEPS


def die(desk: Desk, database_url: str, step: str) -> None:
    settings = desk.settings.model_dump_json()
    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.catalog.disposal.dying_executor", database_url, settings),
            *(str(desk.ahead.total_seconds()), step),
        ],
        check=False, capture_output=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == -9, done.stderr.decode()[-3000:]


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_a_step(desk: Desk, database_url: str, step: str) -> None:
    clips = [desk.clip(), desk.clip()]
    desk.expire()
    appraisal = desk.ordered(*clips)
    die(desk, database_url, step)
    assert desk.execute() == 0  # its lease stands, so nobody works beside it
    desk.ahead += LEASE + timedelta(seconds=1)
    desk.execute()
    assert desk.state(appraisal) == "done"
    for clip in clips:
        assert desk.at_storage(clip) == []
        assert not list(desk.derived.list_versions(f"renditions/{clip}/"))
    assert set(desk.items(appraisal).values()) == {("destroyed", "")}
    assert desk.entries("clip.destroyed") == 2
    assert desk.entries("disposal.register-kept") == 1
    with desk.database.read() as session:
        row = session.get_one(Appraisal, appraisal)
        register = json.loads(row.register_text or "")
        assert all(len(one["deleted"]) == 1 for one in register["destroyed"])
        assert len(list(desk.evidence.list_versions(f"disposal/{appraisal}/"))) == 2
        assert not session.scalars(select(Incident)).all()


def test_a_hold_that_comes_while_all_is_gone_already(desk: Desk, database_url: str) -> None:
    """The bytes are gone and the process died; a hold set then cannot bring them back. The truth is told, with an incident."""
    clip = desk.clip()
    desk.expire()
    appraisal = desk.ordered(clip)
    die(desk, database_url, "after-deletions")
    with desk.database.write() as session:
        session.get_one(Clip, clip).hold_desired = True
    desk.ahead += LEASE + timedelta(seconds=1)
    desk.execute()
    assert desk.items(appraisal) == {clip: ("destroyed", "")}
    with desk.database.read() as session:
        (incident,) = session.scalars(select(Incident)).all()
        assert incident.details["why"] == "deleted-too-early"


def test_a_hold_that_comes_before_the_first_deletion_saves_it(desk: Desk, database_url: str) -> None:
    clip = desk.clip()
    desk.expire()
    appraisal = desk.ordered(clip)
    die(desk, database_url, "after-plan")
    with desk.database.write() as session:
        session.get_one(Clip, clip).hold_desired = True
    desk.ahead += LEASE + timedelta(seconds=1)
    desk.execute()
    assert desk.items(appraisal) == {clip: ("dropped", "held")}
    assert len(desk.at_storage(clip)) == 1
    assert not desk.destroyed(clip)
