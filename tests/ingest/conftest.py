from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.desk import Desk
from ingest.docking import Docking, Result
from ingest.recorders.mass_storage import FolderRecorder
from ingest.settings import StationSettings
from ingest.spool import Spool
from tests.ingest.reference_server import TOKEN, Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def settings(server: Server, tmp_path: Path) -> StationSettings:
    token = tmp_path / "token"
    token.write_text(TOKEN + "\n")
    return StationSettings(
        server=server.url,
        token_file=token,
        spool=tmp_path / "spool",
        disk_reserve=0,
        free_after_hours=0,
        settle_seconds=0.1,
        statement_poll_seconds=3600,
        watch_usb=False,
        board_port=None,
        language="en",
    )


@pytest.fixture
def card(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    folder.mkdir()
    return folder


@pytest.fixture
def desk(settings: StationSettings) -> Iterator[Desk]:
    with Desk(settings, Spool(settings.spool / "hand-1")) as working:
        yield working


@pytest.fixture
def dock(desk: Desk) -> Callable[..., Result]:
    def run(folder: Path, keep_waiting: Any = lambda _trouble: True, **options: Any) -> Result:
        recorder = options.pop("recorder", None) or FolderRecorder(folder)
        try:
            return Docking(desk, recorder, "slot", **{"wait_for_room": False, **options}).run(keep_waiting)
        finally:
            recorder.close()

    return run
