"""A spool on a file system that really ends: a small tmpfs, filled up while a card larger than it is docked."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.desk import Desk
from ingest.docking import Docking, Result
from ingest.protocol import ClearingPolicy, RecorderIdentity
from ingest.recorders.folder import FolderRecorder
from ingest.settings import StationSettings
from ingest.spool import Spool
from tests.ingest.docks import until
from tests.ingest.reference_server import TOKEN, Server

MIB = 1 << 20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    point = tmp_path / "disk"
    point.mkdir()
    if os.geteuid():
        pytest.skip("only root may mount a small file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={24 * MIB},mode=700", "tmpfs", str(point)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield point
    subprocess.run(["umount", "-l", str(point)], check=True)


def dock(desk: Desk, card: Path) -> Result:
    identity = RecorderIdentity(serial="BWC-1", serial_source="usb", kind="recorder")
    recorder = FolderRecorder(card, identity)
    end = time.monotonic() + 20
    try:
        return Docking(desk, recorder, "slot", wait_for_room=False).run(lambda _t: time.monotonic() < end)
    finally:
        recorder.close()


def test_a_card_larger_than_the_disk_arrives_in_several_dockings(small_disk: Path, tmp_path: Path) -> None:
    """What does not fit stays on the card and is called so; what fitted is handed over, freed, and makes room."""
    card = tmp_path / "card"
    card.mkdir()
    bodies = {f"{number}.mp4": os.urandom(3 * MIB) for number in range(14)}
    for name, body in bodies.items():
        (card / name).write_bytes(body)
    (tmp_path / "token").write_text(TOKEN)
    with Server() as server:
        server.clearing = ClearingPolicy(mode="never", delay_hours=0)
        server.storage_down = True
        settings = StationSettings(
            server=server.url, token_file=tmp_path / "token", spool=small_disk / "spool", disk_reserve=0,
            free_after_hours=0, settle_seconds=0.02, statement_poll_seconds=3600, watch_usb=False, language="en",
        )  # fmt: skip
        with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
            full = dock(desk, card)
            assert full.reason == "failed"
            assert "full" in full.message
            assert 0 < full.counts.copied_files < len(bodies)
            assert full.counts.open == len(bodies) - full.counts.copied_files
            server.storage_down = False
            for _ in range(6):
                until(lambda: not desk.journal.unfinished(), 60)
                for _ in range(3):
                    desk.keep_once()  # verified, read again, freed
                again = dock(desk, card)
                if not again.counts.open:
                    break
            assert (again.reason, again.counts.open, again.counts.attention) == ("done", 0, 0)
        assert {path.decode() for path in server.received()} == set(bodies)
        assert len(server.clips) == len(bodies), "something was stored twice"
