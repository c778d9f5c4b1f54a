"""采集站 as an administrator uses it: codes shown once, revoking, failed files and another try, in both languages."""

from __future__ import annotations

import html
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from catalog.models import CustodyEntry, Docking, EnrolmentCode, Recorder, Sighting, Station, StationOrder
from catalog.station_watch import note_queue
from ingest import protocol as p
from liuhen.certificates import ensure
from tests.web.conftest import Site, csrf

TOKEN = {"Authorization": "Bearer token-ST-02"}


def _station(site: Site) -> UUID:
    with site.database.read() as session:
        return session.scalars(select(Station.id).where(Station.code == "ST-02")).one()


def _failed(site: Site, reason: str = "bytes-refused: 400 <BadDigest>", name: str = "DSJ_0007.MP4") -> UUID:
    with site.database.write() as session:
        file = Sighting(
            docking_id=site.docking,
            path=name.encode(),
            shown=name,
            end="checked",
            reason=reason,
            bad_ranges=[],
            seen_at=datetime.now(UTC),
        )
        session.add(file)
        session.flush()
        return file.id


def _post(client: FlaskClient, path: str, **fields: str) -> Any:
    token = csrf(client.get("/stations"))
    headers = {"HX-Request": "true"} if fields.pop("hx", "") else {}
    return client.post(path, data={"csrf_token": token, **fields}, headers=headers)


def _count(site: Site, action: str) -> int:
    with site.database.read() as session:
        query = select(func.count()).select_from(CustodyEntry).where(CustodyEntry.action == action)
        return session.scalar(query) or 0


def test_a_code_is_shown_once_with_the_whole_command(make_site: Any, tmp_path: Path) -> None:
    files = ensure(tmp_path, "127.0.0.1", datetime.now(UTC))
    site = make_site(station_ca_file=files.authority, public_url="https://evidence.example:8600")
    client = site.client("admin", "en")
    page = _post(client, "/stations/codes", code=" ST-03 ", name="East  hall")
    found = re.search(r'id="secret">([0-9A-Z-]+)<', page.text)
    assert found is not None
    fingerprint = p.fingerprint_of(files.authority.read_text())
    wanted = f"--server https://evidence.example:8600 --code {found[1]} --ca-fingerprint {fingerprint}"
    assert wanted in page.text
    assert page.headers["Cache-Control"] == "no-store"
    after = client.get("/stations").text
    assert found[1] not in after
    assert fingerprint in after
    assert "code not used yet" in after
    assert _count(site, "station.code-issued") == 1


@pytest.mark.parametrize(("code", "name"), [("", "x"), ("a b", "x"), ("a", ""), ("local", "x")])
def test_a_bad_code_is_said_and_what_was_typed_stays(site: Site, code: str, name: str) -> None:
    page = _post(site.client("admin", "en"), "/stations/codes", code=code, name=name)
    assert page.status_code == 400
    assert 'role="alert"' in page.text
    assert f'value="{code}"' in page.text
    with site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(EnrolmentCode)) == 0


def test_revoking_is_at_once_and_told(site: Site) -> None:
    client, station = site.client("admin", "en"), _station(site)
    asked = site.app.test_client()
    assert asked.post("/api/v1/statements", json={"clips": []}, headers=TOKEN).status_code == 200
    for _ in range(2):
        answer = _post(client, f"/stations/{station}/revoke")
        assert answer.status_code == 303
    assert "new code enrols it again" in client.get("/stations").text
    assert _count(site, "station.revoked") == 1
    refused = asked.post("/api/v1/statements", json={"clips": []}, headers=TOKEN)
    assert refused.status_code == 401
    assert p.Problem.model_validate_json(refused.data).error == "station-revoked"
    assert _post(client, f"/stations/{uuid4()}/revoke").status_code == 404


def test_a_failed_file_is_tried_again_once_and_the_answer_is_shown(site: Site) -> None:
    client, file = site.client("admin", "en"), _failed(site)
    page = client.get("/stations").text
    assert "DSJ_0007.MP4" in page
    assert "the storage keeps refusing these bytes" in page
    assert "&lt;BadDigest&gt;" in page
    live = _post(client, f"/stations/files/{file}/retry", hx="1")
    assert live.status_code == 200
    assert "<html" not in live.text
    assert "has not answered yet" in live.text
    assert "Try again" not in live.text
    assert _post(client, f"/stations/files/{file}/retry").status_code == 303  # a second press, without script
    assert _count(site, "station.retry-ordered") == 1
    asked = site.app.test_client().post("/api/v1/statements", json={"clips": []}, headers=TOKEN)
    orders = p.StatementsAnswer.model_validate_json(asked.data).orders
    assert [(o.kind, o.docking) for o in orders] == [("retry", site.docking)]
    done = p.AskStatements(clips=[], done=[p.OrderDone(id=orders[0].id, result="recorder needed")])
    told = site.app.test_client().post("/api/v1/statements", json=done.model_dump(mode="json"), headers=TOKEN)
    assert p.StatementsAnswer.model_validate_json(told.data).orders == []
    after = client.get("/stations/live").text
    assert "plug the recorder in again" in after
    assert "Try again" in after
    assert _count(site, "station.order-done") == 1
    assert _post(client, f"/stations/files/{uuid4()}/retry").status_code == 404


def test_how_a_station_stands_is_shown_in_both_languages(site: Site) -> None:
    now = datetime.now(UTC)
    queue = p.StationQueue(
        files=4,
        bytes=5_000_000,
        oldest=now - timedelta(hours=3),
        failed=2,
        spool_free=7_000_000_000,
        spool_full=True,
        software="liuhen 0.0.1",
        clock=p.StationClock(read_at=now, synchronised=False),
    )
    body = p.AskStatements(clips=[], queue=queue).model_dump(mode="json")
    answer = site.app.test_client().post("/api/v1/statements", json=body, headers=TOKEN)
    assert answer.status_code == 200
    english = html.unescape(site.client("admin", "en").get("/stations/live").text)
    for said in ("station connected", "disk full", "stuck for more than an hour", "files failed · 2", "4 files",
                 "5.0 MB", "oldest 3 h", "7.0 GB", "clock not synchronised", ">0.0.1<"):  # fmt: skip
        assert said in english, said
    chinese = site.client("admin", "zh_Hans_CN").get("/stations").text
    for said in ("采集站", "磁盘已满", "滞留超过一小时", "时钟未同步", "最久已等 3 小时", "新增采集站"):
        assert said in chinese, said


def test_a_silent_station_and_overdue_and_unregistered_recorders_are_shown(site: Site) -> None:
    with site.database.write() as session:
        session.add(
            Recorder(
                serial="STRANGER-1",
                serial_source="usb",
                label="x",
                registered=False,
                created_at=datetime.now(UTC),
            )
        )
    site.moment[:] = [datetime.now(UTC) + timedelta(days=2)]
    with site.database.write() as session:
        session.get_one(Docking, site.docking).ended_at = datetime.now(UTC)
    # A session lasts twelve hours, so the person signs in then.
    page = site.client("admin", "en").get("/stations").text
    assert "no word since" in page
    assert "STRANGER-1" in page
    assert "Should have been docked by" in page


def test_nothing_is_sent_again_while_nothing_changes(site: Site) -> None:
    site.moment[:] = [datetime.now(UTC)]
    client = site.client("admin", "en")
    _failed(site)
    first = client.get("/stations/live")
    mark = first.headers["X-Mark"]
    time.sleep(1.1)  # the form token is another one by now
    assert client.get("/stations/live", headers={"X-Have": mark}).status_code == 204
    _failed(site, name="another.mp4")
    changed = client.get("/stations/live", headers={"X-Have": mark})
    assert changed.status_code == 200
    assert "another.mp4" in changed.text


def test_an_empty_system_has_a_page_too(site: Site) -> None:
    with site.database.write() as session:
        for station in session.scalars(select(Station)):
            station.revoked_at = datetime.now(UTC)
    assert "No station is enrolled yet." in site.client("admin", "en").get("/stations").text


def test_strange_words_of_a_station_are_shown_as_they_are_and_do_no_harm(site: Site) -> None:
    _failed(site, "<script>alert(1)</script>", "<b>x</b>.mp4")
    with site.database.write() as session:
        note_queue(
            session,
            station=_station(site),
            queue={"trouble": "storage: <i>trouble</i>", "software": "<u>"},
            now=datetime.now(UTC),
        )
    page = site.client("admin").get("/stations").text
    for raw in ("<script>alert", "<b>x</b>", "<i>trouble", "<u>"):
        assert raw not in page


@pytest.mark.parametrize("user", ["wang", "li", "chen", "zhao"])
def test_nobody_but_an_administrator(site: Site, user: str) -> None:
    client, file = site.client(user), _failed(site)
    assert client.get("/stations").status_code == 403
    token = csrf(client.get("/account"))
    for path in ("/stations/codes", f"/stations/{_station(site)}/revoke", f"/stations/files/{file}/retry"):
        assert client.post(path, data={"csrf_token": token, "code": "a", "name": "b"}).status_code == 403
    with site.database.read() as session:
        assert session.scalar(select(func.count()).select_from(StationOrder)) == 0
