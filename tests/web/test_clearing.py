"""From the socket to the cleared recorder, with the real station, pages, catalog and storage."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from werkzeug.serving import make_server

from catalog import stages
from catalog.custody.log import entries_about
from catalog.incidents import open_incident
from catalog.models import Copy, Incident, Recorder, Sighting, SignedStatement
from catalog.probe_results import record_probe
from catalog.reading_back import DigestMismatch
from catalog.rereading import reread_clip
from catalog.stations import actor_of, register_station
from catalog.verification import verify_clip
from ingest.desk import Desk
from ingest.docking import Docking, Result
from ingest.protocol import RecorderIdentity
from ingest.recorders.mass_storage import FolderRecorder
from ingest.settings import StationSettings
from ingest.spool import Spool
from storage.store import ObjectStore
from tests.web.conftest import Site
from web.settings import WebSettings

IDENTITY = RecorderIdentity(serial="DSJ-0042", serial_source="usb", kind="recorder")
POLICY = {"clearing_mode": "automatic", "clearing_after_days": 0, "clearing_delay_hours": 0.0}


@pytest.fixture
def served(make_site: Callable[..., Site]) -> Iterator[tuple[Site, str]]:
    site = make_site()
    settings: WebSettings = site.components.settings
    allowing = settings.model_copy(update={"catalog": settings.catalog.model_copy(update=POLICY)})
    object.__setattr__(site.components, "settings", allowing)
    with site.database.write() as session:
        for code in ("one", "two"):
            register_station(session, code=code, name=code, token=f"token-{code}", now=datetime.now(UTC))
        record_probe(session, passed=True, report={}, now=datetime.now(UTC))
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield site, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Bureau:
    """Stations at one server, and the workers' part done by hand."""

    def __init__(self, site: Site, url: str, folder: Path) -> None:
        self.site, self.url, self.folder = site, url, folder
        self.card = folder / "card"
        self.card.mkdir()

    def desk(self, code: str) -> Desk:
        token = self.folder / f"token-{code}"
        token.write_text(f"token-{code}")
        settings = StationSettings(
            server=self.url,
            token_file=token,
            spool=self.folder / f"spool-{code}",
            disk_reserve=0,
            free_after_hours=0,
            statement_poll_seconds=3600,
            watch_usb=False,
            language="en",
        )
        return Desk(settings, Spool(settings.spool / "hand-1"))

    def dock(self, desk: Desk) -> Result:
        recorder = FolderRecorder(self.card, IDENTITY)
        try:
            end = time.monotonic() + 40
            return Docking(desk, recorder, "1", wait_for_room=False).run(lambda _: time.monotonic() < end)
        finally:
            recorder.close()

    def work(self, store: ObjectStore | None = None) -> None:
        """Run the stages that were sent, as a worker does."""
        here = self.site.components
        while self.site.sent:
            due = self.site.sent.pop(0)
            with here.database.write() as session:
                attempt = stages.claim(session, due.clip, due.stage, here.clock())
            if attempt is None or due.stage not in {"verify", "reread"}:
                continue
            if due.stage == "verify":
                verify_clip(here.database, here.evidence, here.signer, clip_id=due.clip, clock=here.clock)
            else:
                reread_clip(
                    here.database,
                    store or here.evidence,
                    here.signer,
                    clip_id=due.clip,
                    delay=timedelta(0),
                    clock=here.clock,
                )
            with here.database.write() as session:
                stages.finish(session, due.clip, due.stage, attempt, here.clock())

    def secure(self, desk: Desk) -> None:
        """Until all that was docked is verified, read a second time, and freed."""
        self.work()
        desk.keep_once()  # verified; the second look is asked for
        self.work()
        desk.keep_once()

    def left(self) -> list[str]:
        return sorted(path.name for path in self.card.iterdir())


@pytest.fixture
def bureau(served: tuple[Site, str], tmp_path: Path) -> Bureau:
    made = Bureau(*served, tmp_path)
    for number in range(3):
        (made.card / f"{number}.mp4").write_bytes(os.urandom(100_000 + number))
    return made


def test_from_socket_to_cleared(bureau: Bureau) -> None:
    with bureau.desk("one") as desk:
        first = bureau.dock(desk)
        assert first.counts.received_files == 3
        bureau.work()
        desk.keep_once()
        assert len(desk.spool.folder.names()) == 3  # verified alone frees nothing
        assert bureau.dock(desk).counts.cleared_files == 0
        bureau.work()
        desk.keep_once()
        assert desk.spool.folder.names() == []
        assert bureau.left() == ["0.mp4", "1.mp4", "2.mp4"]
        second = bureau.dock(desk)
        assert (second.counts.cleared_files, bureau.left()) == (3, [])
        desk.keep_once()
    with bureau.site.database.read() as session:
        cleared = session.scalars(select(Sighting).where(Sighting.cleared_at.is_not(None))).all()
        assert {row.docking_id for row in cleared} == {second.docking}
        assert {row.shown for row in cleared} == {"0.mp4", "1.mp4", "2.mp4"}
        entries = entries_about(session, "docking", second.docking)
        assert [entry.action for entry in entries].count("recorder.cleared") == 1
        assert session.scalars(select(Incident)).all() == []
        page = bureau.site.client("admin", "en").get(f"/dockings/{second.docking}").text
        assert page.count("verified, and removed from the recorder") == 3
        kinds = session.scalars(select(SignedStatement.kind)).all()
        assert {kind: kinds.count(kind) for kind in ("received", "verified", "reread")} == {
            "received": 3,
            "verified": 3,
            "reread": 3,
        }


def test_at_another_station_after_it_brought_its_own_copy(bureau: Bureau) -> None:
    with bureau.desk("one") as one:
        bureau.dock(one)
        bureau.secure(one)
        assert one.spool.folder.names() == []
    with bureau.desk("two") as two:
        result = bureau.dock(two)
        assert (result.counts.received_files, result.counts.cleared_files) == (3, 0)
        bureau.secure(two)
        assert two.spool.folder.names() == []
        assert bureau.dock(two).counts.cleared_files == 3
    assert bureau.left() == []
    with bureau.site.database.read() as session:
        assert len(session.scalars(select(Copy.id).where(Copy.verified_at.is_not(None))).all()) >= 6


def test_a_sealed_card_keeps_everything(bureau: Bureau) -> None:
    with bureau.desk("one") as desk:
        bureau.dock(desk)
        bureau.secure(desk)
        with bureau.site.database.write() as session:
            recorder = session.scalar(select(Recorder).where(Recorder.serial == IDENTITY.serial))
            assert recorder is not None
            recorder.sealed_at = datetime.now(UTC)
        assert bureau.dock(desk).counts.cleared_files == 0
        assert len(bureau.left()) == 3


def test_an_open_incident_keeps_that_file_on_its_recorder(bureau: Bureau) -> None:
    with bureau.desk("one") as desk:
        first = bureau.dock(desk)
        bureau.secure(desk)
        (row, *_) = desk.journal.files(first.docking)
        with bureau.site.database.write() as session:
            station = register_station(session, code="x", name="x", token="x" * 20, now=datetime.now(UTC))
            open_incident(
                session,
                actor=actor_of(station, None),
                kind="object-missing",
                what="w",
                clip=row.clip,
                now=datetime.now(UTC),
            )
        assert bureau.dock(desk).counts.cleared_files == 2
        assert bureau.left() == ["0.mp4"]


def test_a_storage_that_lost_a_bit_since_keeps_spool_and_recorder(bureau: Bureau) -> None:
    class Altering(ObjectStore):
        def read(self, key: str, version: str, *, chunk: int = 1 << 22) -> Iterator[bytes]:
            whole = b"".join(super().read(key, version, chunk=chunk))
            yield whole[:-1] + bytes([whole[-1] ^ 1])

    evidence = bureau.site.components.evidence
    with bureau.desk("one") as desk:
        bureau.dock(desk)
        bureau.work()
        desk.keep_once()
        altering = Altering(evidence.settings, evidence.bucket)
        with pytest.raises(DigestMismatch):
            bureau.work(altering)
        altering.close()
        bureau.site.sent.clear()
        desk.keep_once()
        bureau.site.sent.clear()
        assert len(desk.spool.folder.names()) == 3
        assert bureau.dock(desk).counts.cleared_files == 0
        assert len(bureau.left()) == 3


def test_nobody_reports_what_left_another_stations_docking(bureau: Bureau) -> None:
    with bureau.desk("one") as desk:
        result = bureau.dock(desk)
    client = bureau.site.app.test_client()
    now = datetime.now(UTC).isoformat()
    file = {"path": "MA==", "clip": str(result.docking), "sha256": "0" * 64, "sm3": "0" * 64}
    answer = client.post(
        f"/api/v1/dockings/{result.docking}/cleared",
        json={"files": [{**file, "read_again_at": now, "cleared_at": now}]},
        headers={"Authorization": "Bearer token-two"},
    )
    assert answer.status_code == 404
    with bureau.site.database.read() as session:
        assert session.scalars(select(Sighting.id).where(Sighting.cleared_at.is_not(None))).all() == []
