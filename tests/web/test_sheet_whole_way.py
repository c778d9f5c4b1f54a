"""From the card to the folder somebody verifies: a real station, the real server, a real storage, the public tool."""

from __future__ import annotations

import io
import os
import threading
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
import urllib3
from sqlalchemy import select
from werkzeug.serving import make_server

from catalog.manifests import write_manifests
from catalog.models import Clip, CustodyEntry, Docking, Sheet, Station
from catalog.proving import prove_sheets
from catalog.rules.mhl import mhl_paths
from catalog.rules.sheet_text import files_of
from catalog.sheets import sheet_text
from catalog.verification import verify_clip
from ingest.desk import Desk
from ingest.docking import Docking as Visit
from ingest.office.signing import StationKey
from ingest.recorders.mass_storage import FolderRecorder
from ingest.settings import StationSettings
from ingest.spool import Spool
from tests.catalog.test_mhl import needs_tool, tool
from tests.web.conftest import NEEDED, Site, csrf
from tests.web.test_sheets import TOKEN, site

__all__ = ["site"]


@pytest.fixture
def settings(site: Site, tmp_path: Path) -> Iterator[StationSettings]:
    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    token = tmp_path / "token"
    token.write_text(TOKEN)
    yield StationSettings(
        server=f"http://127.0.0.1:{server.server_port}",
        token_file=token,
        spool=tmp_path / "spool",
        disk_reserve=0,
        settle_seconds=0.1,
        statement_poll_seconds=3600,
        watch_usb=False,
        language="zh",
    )
    server.shutdown()
    thread.join()
    server.server_close()


@needs_tool
def test_from_the_card_to_a_verified_folder(site: Site, settings: StationSettings, tmp_path: Path) -> None:
    card = tmp_path / "card"
    files = {"DCIM/100/a.mp4": os.urandom(300_000), "DCIM/100/同名 b.mp4": b"b", "c.jpg": b"", "d.jpg": b"b"}
    for name, body in files.items():
        (card / name).parent.mkdir(parents=True, exist_ok=True)
        (card / name).write_bytes(body)
    (card / "link").symlink_to("c.jpg")
    with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
        recorder = FolderRecorder(card)
        result = Visit(desk, recorder, "1", wait_for_room=False).run()
        recorder.close()
        assert (result.reason, result.counts.waiting) == ("done", 0)
        row = desk.journal.docking(result.docking)
        assert (row.sheet_revision, row.sheet_sent, row.closed) == (1, 1, True)
    with site.database.read() as session:
        kept = session.scalars(select(Sheet)).one()
        station = session.scalars(select(Station).where(Station.code == "st-1")).one()
        assert station.sheet_key == kept.public_key
        assert station.sheet_key == StationKey.load_or_make(settings.key_path).public_base64
        listed = {one["shown"]: one for one in files_of(sheet_text(site.components.evidence, kept))}
        assert session.get_one(Docking, result.docking).ended_at is not None
        assert kept.summary["ends"] == {
            "received": 3,
            "held already": 1,
            "refused": 1,
        }  # two are the same bytes
        clips = {clip.id: clip for clip in session.scalars(select(Clip).where(Clip.recorder_id.is_not(None)))}
    assert set(listed) == {*files, "link"}
    for clip_id in {one["clip"] for one in listed.values() if "clip" in one}:
        assert UUID(clip_id) in clips
        verify_clip(
            site.database,
            site.components.evidence,
            site.components.signer,
            clip_id=UUID(clip_id),
            clock=lambda: datetime.now(UTC),
        )
    assert write_manifests(site.database, site.components.evidence, datetime.now(UTC), version="t") == 1
    assert prove_sheets(site.database, site.components.evidence, datetime.now(UTC)).holes == []
    lying = tmp_path / "lying"
    download(site, result.docking, listed, lying)
    for name, body in files.items():
        assert (lying / name).read_bytes() == body
    for command in ("verify", "diff"):
        done = tool(command, lying)
        assert done.returncode == 0, done.stdout + done.stderr
    changed = bytearray(files["DCIM/100/a.mp4"])
    changed[-1] ^= 1
    (lying / "DCIM/100/a.mp4").write_bytes(changed)
    assert tool("verify", lying).returncode != 0
    with site.database.read() as session:
        actions = list(session.scalars(select(CustodyEntry.action)))
    assert actions.count("docking.sheet-kept") == actions.count("docking.manifest-kept") == 1


def download(site: Site, docking: object, listed: dict[str, dict[str, str]], lying: Path) -> None:
    """As a person does it: the folder from the docking's page, each original from the page of its recording."""
    client, pool = site.client("li"), urllib3.PoolManager()
    token = csrf(client.get(f"/dockings/{docking}"))
    packed = client.post(f"/dockings/{docking}/sheet/manifest", data={"csrf_token": token, **NEEDED})
    zipfile.ZipFile(io.BytesIO(packed.data)).extractall(lying)
    for shown, one in listed.items():
        if "clip" not in one:
            continue
        why = {"csrf_token": token, "purpose": "file-check"}  # nobody is known to have held this recorder
        assert client.post(f"/clips/{one['clip']}/purpose", data=why).status_code == 303
        page = client.post(f"/clips/{one['clip']}/download", data={"csrf_token": token, **NEEDED})
        assert page.status_code == 303, page.text
        (name,) = mhl_paths([shown.encode()])
        (lying / name).parent.mkdir(parents=True, exist_ok=True)
        (lying / name).write_bytes(pool.request("GET", page.location).data)
    pool.clear()
