"""Whatever moment the agent is killed at, every file reaches its receipt exactly once."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingest.desk import Desk
from ingest.errors import SpoolBusy
from ingest.protocol import ClearingPolicy
from ingest.settings import StationSettings
from ingest.spool import BY_HAND, Spool, claim, left_behind
from tests.ingest.crashing_agent import CLEARING, STEPS
from tests.ingest.reference_server import Server

AGENT = [sys.executable, "-m", "tests.ingest.crashing_agent"]
SMALL = {f"{n}.mp4": os.urandom(20_000 + n) for n in range(5)}
FILES = {f"{n}.mp4": os.urandom(20_000 + n) for n in range(12)} | {"big.mp4": os.urandom(17 << 20)}


def run(
    settings: StationSettings, card: Path, step: str, when: str, *more: str
) -> subprocess.CompletedProcess[str]:
    file = card.parent / "settings.json"
    file.write_text(settings.model_dump_json())
    return subprocess.run(
        [*AGENT, str(file), str(card), step, when, *more],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", [*STEPS, "publish"])
def test_killed_at(step: str, when: str, card: Path, settings: StationSettings, server: Server) -> None:
    for name, data in FILES.items():
        (card / name).write_bytes(data)
    dead = run(settings, card, step, when)
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    again = run(settings, card, "", "")
    assert (again.returncode, again.stdout) == (0, f"{len(FILES)}\n"), again.stderr
    check(server)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", [*CLEARING, "removal"])
def test_killed_while_clearing(
    step: str, when: str, card: Path, settings: StationSettings, server: Server
) -> None:
    server.clearing = ClearingPolicy(mode="automatic", delay_hours=0, after_days=0)
    for name, data in SMALL.items():
        (card / name).write_bytes(data)
    dead = run(settings, card, step, when, "clear")
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    vouched_for(card, server)
    again = run(settings, card, "", "", "clear")
    assert again.returncode == 0, again.stderr
    vouched_for(card, server)
    assert list(card.glob("*.mp4")) == []
    with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
        desk.keep_once()
        assert desk.spool.folder.names() == []
        assert desk.spool.aside.names() == []
    # each was cleared once, is told once, and stands in the storage
    assert sorted(base64.b64decode(path).decode() for _, path in server.cleared) == sorted(SMALL)
    assert {clip.offer.sha256 for clip in server.clips.values() if clip.reread} == {
        hashlib.sha256(data).hexdigest() for data in SMALL.values()
    }


def vouched_for(card: Path, server: Server) -> None:
    """What is not on the card any more was verified, and read a second time."""
    good = {
        clip.offer.sha256 for clip in server.clips.values() if clip.received and clip.verified and clip.reread
    }
    for name, data in SMALL.items():
        assert (card / name).exists() or hashlib.sha256(data).hexdigest() in good


@pytest.mark.parametrize("damaged", [False, True])
def test_a_copy_that_was_not_read_back_is_read_at_the_next_start(
    damaged: bool, card: Path, settings: StationSettings, server: Server
) -> None:
    server.down = True
    for name, data in SMALL.items():
        (card / name).write_bytes(data)
    dead = run(settings, card, "checked", "before")
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    spool = Spool(settings.spool / "hand-1")
    rows = spool.journal.to_check()
    assert rows
    name = rows[0].spool or ""
    if damaged:
        file = spool.folder.path / name
        file.write_bytes(file.read_bytes()[:-1] + b"?")
    server.down = False
    with Desk(settings, spool) as desk:
        deadline = time.monotonic() + 30
        while (desk.journal.to_check() or desk.journal.unfinished()) and time.monotonic() < deadline:
            time.sleep(0.02)
        row = desk.journal.file(rows[0].id)
        if damaged:
            assert (row.state, row.word, row.attention) == ("found", "spool-damaged", True)
            assert desk.spool.aside.names() == [name]
        else:
            assert (row.state, row.read_method) in {("received", "direct"), ("received", "cache dropped")}
    assert len(server.received()) == len(rows) - int(damaged)
    again = run(settings, card, "", "")
    assert (again.returncode, again.stdout) == (0, f"{len(SMALL)}\n"), again.stderr
    assert len(server.received()) == len(SMALL)


def test_the_recorder_is_not_needed_any_more(card: Path, settings: StationSettings, server: Server) -> None:
    for name, data in FILES.items():
        (card / name).write_bytes(data)
    server.storage_down = True
    file = card.parent / "settings.json"
    file.write_text(settings.model_dump_json())
    agent = subprocess.Popen([*AGENT, str(file), str(card), "", ""])
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not (
            server.progress and server.progress[-1].files_copied == len(FILES)
        ):
            time.sleep(0.05)
    finally:
        agent.kill()
        agent.wait()
    shutil.rmtree(card)
    server.storage_down = False
    with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
        deadline = time.monotonic() + 30
        while desk.journal.unfinished() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert desk.journal.unfinished() == 0
        desk.keep_once()
        assert desk.spool.folder.names() == []
        assert len(server.closed) == 1
    check(server)


def check(server: Server) -> None:
    got = server.received()
    assert {path.decode(): offer.sha256 for path, offer in got.items()} == {
        name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()
    }
    assert len(server.clips) == len(FILES)
    assert all(clip.received for clip in server.clips.values())


def test_two_processes_never_share_a_spool(settings: StationSettings) -> None:
    first = claim(settings.spool, BY_HAND)
    second = claim(settings.spool, BY_HAND)
    assert (first.path.name, second.path.name) == ("hand-1", "hand-2")
    with pytest.raises(SpoolBusy):
        Spool(first.path)
    first.close()
    assert [spool.path.name for spool in left_behind(settings.spool, print) if not spool.close()] == [
        "hand-1"
    ]
    second.close()
