"""The real application on a real port, with a station registered and intake open, for tests with a real station."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from catalog.probe_results import record_probe
from catalog.stations import register_station
from ingest.settings import StationSettings
from tests.web.conftest import Site

TOKEN = "the-station's-token"


@pytest.fixture
def served(make_site: Callable[..., Site]) -> Iterator[tuple[Site, str]]:
    """The site and its address."""
    site = make_site()
    with site.database.write() as session:
        register_station(session, code="t1", name="一号站", token=TOKEN, now=datetime.now(UTC))
        record_probe(session, passed=True, report={}, now=datetime.now(UTC))
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield site, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def station_settings(folder: Path, url: str) -> StationSettings:
    """Settings of a station that works in `folder`."""
    (folder / "token").write_text(TOKEN)
    return StationSettings(
        server=url,
        token_file=folder / "token",
        spool=folder / "spool",
        disk_reserve=0,
        statement_poll_seconds=3600,
        watch_usb=False,
        upload_threads=1,
        language="en",
    )
