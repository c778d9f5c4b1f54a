"""A real station and the office: what it says of itself is shown, an order reaches it, revoking is told at its board."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from flask.testing import FlaskClient
from sqlalchemy import select

from catalog.actors import system
from catalog.models import Clip, Sighting, Station
from catalog.stations import revoke_station
from ingest.desk import Desk
from ingest.docking import Docking, Result
from ingest.spool import STATION, Spool
from ingest.words.words import Words
from tests.ingest.fakes import Recorder, Source
from tests.web.conftest import Site, csrf
from tests.web.served import served, station_settings

__all__ = ["served"]


def _dock(desk: Desk, files: dict[bytes, Source], seconds: float = 20.0) -> Result:
    end = time.monotonic() + seconds
    recorder = Recorder(files)
    try:
        docking = Docking(desk, recorder, "1")
        return docking.run(lambda trouble: trouble is None and time.monotonic() < end)
    finally:
        recorder.close()


def _retry(client: FlaskClient, file: object) -> None:
    token = csrf(client.get("/stations"))
    answer = client.post(f"/stations/files/{file}/retry", data={"csrf_token": token})
    assert answer.status_code == 303


def test_a_failed_file_is_ordered_again_at_the_office_and_comes_in(
    served: tuple[Site, str], tmp_path: Path
) -> None:
    site, url = served
    with Desk(station_settings(tmp_path, url), Spool(tmp_path / "spool" / STATION)) as desk:
        dead = Source(b"x" * 200_000, bad=[(0, 200_000)])
        result = _dock(desk, {b"good.mp4": Source(b"good" * 1000), b"dead.mp4": dead})
        assert result.counts.received_files == 1
        desk.keep_once()
        client = site.client("admin", "en")
        page = client.get("/stations").text
        assert "dead.mp4" in page
        assert "good.mp4" not in page
        assert "cannot be read; keep the recorder" in page
        assert "一号站" in page
        with site.database.read() as session:
            file = session.scalars(select(Sighting).where(Sighting.path == b"dead.mp4")).one().id
            said = session.scalars(select(Station).where(Station.code == "t1")).one()
            assert said.queue["failed"] == 1
            assert said.queue["software"]
        _retry(client, file)
        desk.keep_once()  # it hears the order and carries it out
        desk.keep_once()  # and says how it ended
        assert "plug the recorder in again" in client.get("/stations/live").text
        dead.bad = []
        assert _dock(desk, {b"dead.mp4": dead}).counts.received_files == 1
        assert "dead.mp4" not in client.get("/stations/live").text
    with site.database.read() as session:
        assert session.scalar(select(Clip).where(Clip.size == 200_000)) is not None


def test_a_revoked_station_copies_on_and_says_why_nothing_goes(
    served: tuple[Site, str], tmp_path: Path
) -> None:
    site, url = served
    with site.database.write() as session:
        revoke_station(session, actor=system("test"), code="t1", now=datetime.now(UTC))
    with Desk(station_settings(tmp_path, url), Spool(tmp_path / "spool" / STATION)) as desk:
        result = _dock(desk, {b"a.mp4": Source(b"a" * 5000)})
        assert result.counts.copied_files == 1
        assert result.counts.received_files == 0
        assert result.trouble is not None
        assert (result.trouble.kind, result.trouble.text) == ("token", "station-revoked")
        assert "revoked" in Words("en").say(result.trouble.text)
        assert "吊销" in Words("zh").say(result.trouble.text)
        assert [path for path in desk.spool.folder.names() if not path.startswith(".")]
