"""The station API as a station, a stranger and a fault meet it: one error shape, a true description, nothing leaked."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import urllib3
from flask.testing import FlaskClient
from openapi_spec_validator import validate

from catalog import receipts
from catalog.probe_results import record_probe
from catalog.stations import register_station
from ingest import protocol as p
from storage.store import ObjectStore
from tests.services.silence import silent_address
from tests.web.conftest import Site
from web.api.blueprint import MAX_REQUEST_BYTES

TOKEN = "a-station's-token"


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    made = make_site()
    with made.database.write() as session:
        register_station(session, code="t1", name="t1", token=TOKEN, now=datetime.now(UTC))
        record_probe(session, passed=True, report={}, now=datetime.now(UTC))
    return made


@pytest.fixture
def client(site: Site) -> FlaskClient:
    return site.app.test_client()


def _post(client: FlaskClient, path: str, body: Any, token: str | None = TOKEN) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(f"/api/v1{path}", data=data, headers=headers, content_type="application/json")


def _docking(client: FlaskClient) -> str:
    docking = str(uuid4())
    answer = _post(
        client,
        "/dockings",
        {
            "protocol": 1,
            "docking": docking,
            "slot": "1",
            "recorder": {"serial": "S1", "serial_source": "usb"},
            "started": "2026-11-23T10:00:00Z",
        },
    )
    assert answer.status_code == 200, answer.text
    assert p.DockingOpened.model_validate_json(answer.data).recorder_known is False
    return docking


def _offer(**changes: Any) -> dict[str, Any]:
    digest = "ab" * 32
    mark = {"path": "YQ==", "size": 3, "modified_ns": 1, "head": digest, "tail": digest}
    file = {"path": "YQ==", "shown": "a", "size": 3, "modified_ns": 1, "sha256": digest, "sm3": digest}
    return {"files": [{**file, "parts": [digest], "fingerprint": mark, **changes}]}


def test_the_description_is_valid_and_covers_every_route(site: Site, client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    validate(document)
    routes = {r.rule for r in site.app.url_map.iter_rules() if r.rule.startswith("/api/v1")} - {
        "/api/v1/openapi.json"
    }
    described = {path.replace("{", "<uuid:").replace("}", ">") for path in document["paths"]}
    assert described == routes


def test_protocol_and_catalog_agree_on_what_is_signed() -> None:
    assert p.SIGNATURE_PREFIX == receipts.SIGNATURE_PREFIX
    assert p.PROTOCOL_VERSION == receipts.PROTOCOL_VERSION


def test_every_route_but_the_public_ones_wants_a_token(site: Site, client: FlaskClient) -> None:
    public = {"/api/v1/enrolment", "/api/v1/openapi.json", "/api/v1/server"}
    for rule in site.app.url_map.iter_rules():
        if not rule.endpoint.startswith("api.") or rule.rule in public:
            continue
        path = (
            rule.rule.removeprefix("/api/v1")
            .replace("<uuid:docking>", str(uuid4()))
            .replace("<uuid:clip>", str(uuid4()))
        )
        for token in (None, "wrong"):
            answer = _post(client, path, {}, token)
            assert answer.status_code == 401, path
            assert p.Problem.model_validate_json(answer.data).what


def test_a_signed_in_person_is_no_station(site: Site) -> None:
    assert _post(site.client("wang"), "/dockings", {}, None).status_code in {401, 403}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"files": []}',
        b'{"files": [{}]}',
        b"\xff\xfe",
        b'{"files": [{"path": 1}], "more": 1}',
    ],
)
def test_nonsense_is_a_400_in_words(client: FlaskClient, body: bytes) -> None:
    answer = _post(client, f"/dockings/{_docking(client)}/files", body)
    assert answer.status_code == 400
    problem = p.Problem.model_validate_json(answer.data)
    assert problem.error == "bad-message"
    assert problem.safe
    assert problem.next


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": "AB" * 32},
        {"sha256": "ab" * 31},
        {"size": -1},
        {"size": (1 << 40) + 1},
        {"parts": []},
        {"path": "***"},
        {"shown": "x" * 5000},
    ],
)
def test_impossible_files_are_refused(client: FlaskClient, changes: dict[str, Any]) -> None:
    assert _post(client, f"/dockings/{_docking(client)}/files", _offer(**changes)).status_code == 400


def test_wrong_part_digests_are_refused_for_that_file_only(client: FlaskClient) -> None:
    offer = _offer(parts=["cd" * 32])
    offer["files"].append(_offer()["files"][0] | {"path": "Yg=="})
    answer = p.OfferAnswer.model_validate_json(
        _post(client, f"/dockings/{_docking(client)}/files", offer).data
    )
    assert [f.outcome for f in answer.files] == ["refused", "upload"]


def test_unknown_dockings_and_uploads_are_said_in_words(client: FlaskClient) -> None:
    for path, body, error in (
        (f"/dockings/{uuid4()}/files", _offer(), "unknown-docking"),
        (f"/uploads/{uuid4()}/addresses", {}, "unknown-upload"),
    ):
        answer = _post(client, path, body)
        assert answer.status_code == 404
        assert p.Problem.model_validate_json(answer.data).error == error


def test_intake_is_shut_while_the_probe_says_so(site: Site, client: FlaskClient) -> None:
    docking = _docking(client)
    with site.database.write() as session:
        record_probe(session, passed=False, report={}, now=datetime.now(UTC))
    answer = _post(client, f"/dockings/{docking}/files", _offer())
    assert answer.status_code == 503
    problem = p.Problem.model_validate_json(answer.data)
    assert problem.error == "intake-stopped"
    assert "storage check" in problem.next


def test_no_receipt_is_signed_after_the_probe_got_through(site: Site, client: FlaskClient) -> None:
    body = b"abc"
    digest = hashlib.sha256(body).hexdigest()
    offered = _post(
        client, f"/dockings/{_docking(client)}/files", _offer(size=3, sha256=digest, parts=[digest])
    )
    task = p.OfferAnswer.model_validate_json(offered.data).files[0]
    assert isinstance(task, p.UploadTask)
    part = task.parts[0]
    with urllib3.PoolManager() as http:
        assert http.request("PUT", part.url, body=body, headers=part.headers).status == 200
    said = {"uploads": [{"clip": str(task.clip)}]}
    with site.database.write() as session:
        record_probe(session, passed=False, report={}, now=datetime.now(UTC))
    answer = _post(client, "/uploads/complete", said)
    assert answer.status_code == 503
    assert p.Problem.model_validate_json(answer.data).error == "intake-stopped"
    with site.database.write() as session:
        record_probe(session, passed=True, report={}, now=datetime.now(UTC) + timedelta(seconds=1))
    received = p.CompleteAnswer.model_validate_json(_post(client, "/uploads/complete", said).data).uploads[0]
    assert received.outcome == "received"


def test_a_batch_is_put_off_soon_while_the_storage_answers_nothing(site: Site, client: FlaskClient) -> None:
    file = _offer()["files"][0]
    digests = [hashlib.sha256(bytes([n])).hexdigest() for n in range(200)]
    files = [
        {**file, "path": base64.b64encode(d.encode()).decode(), "sha256": d, "sm3": d, "parts": [d]}
        for d in digests
    ]
    offered = _post(client, f"/dockings/{_docking(client)}/files", {"files": files})
    tasks = p.OfferAnswer.model_validate_json(offered.data).files
    uploads = [{"clip": str(t.clip)} for t in tasks if isinstance(t, p.UploadTask)]
    with silent_address() as url:
        away = site.components.settings.storage.model_copy(
            update={"endpoint_url": url, "patience_seconds": 5.0}
        )
        store = ObjectStore(away, away.evidence_bucket)
        site.app.extensions["liuhen"] = replace(site.components, evidence=store)
        began = time.monotonic()
        answer = _post(client, "/uploads/complete", {"uploads": uploads})
        assert time.monotonic() - began < 15
        store.close()
    outcomes = p.CompleteAnswer.model_validate_json(answer.data).uploads
    assert len(outcomes) == 200
    assert all(isinstance(o, p.NotYet) and o.retry for o in outcomes)


@pytest.mark.parametrize("stated", [True, False])
def test_a_body_is_limited_whether_or_not_it_states_its_length(client: FlaskClient, stated: bool) -> None:
    body = b" " * (MAX_REQUEST_BYTES + 1)
    answer = client.post(
        "/api/v1/statements",
        input_stream=io.BytesIO(body),
        content_length=len(body) if stated else None,
        headers={"Authorization": f"Bearer {TOKEN}"},
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True},  # as gunicorn says of a chunked body
    )
    assert answer.status_code == 413
    assert p.Problem.model_validate_json(answer.data).error == "too-large"


def test_another_protocol_is_refused_before_anything_is_written(client: FlaskClient) -> None:
    body = {
        "protocol": 99,
        "docking": str(uuid4()),
        "slot": "1",
        "recorder": {"serial": "S", "serial_source": "usb"},
        "started": "2026-11-23T10:00:00Z",
    }
    assert _post(client, "/dockings", body).status_code == 409


def test_an_unexpected_fault_shows_no_traceback(
    site: Site, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    docking = _docking(client)
    site.app.config["PROPAGATE_EXCEPTIONS"] = False

    def burst(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("web.api.uploads.offer_files", burst)
    answer = _post(client, f"/dockings/{docking}/files", _offer())
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert p.Problem.model_validate_json(answer.data).retry


def test_progress_is_kept_newest_first_and_server_words_are_not_overridden(
    site: Site, client: FlaskClient
) -> None:
    docking = _docking(client)
    base = {
        "files_total": 2, "files_copied": 1, "files_received": 0, "bytes_total": 9, "bytes_copied": 3, "bytes_received": 0,
    }  # fmt: skip
    report = {"path": "Yw==", "shown": "c", "end": "refused", "reason": "a link"}
    assert (
        _post(
            client,
            f"/dockings/{docking}/progress",
            {**base, "sequence": 5, "state": "copying", "reports": [report]},
        ).status_code
        == 204
    )
    assert (
        _post(
            client, f"/dockings/{docking}/progress", {**base, "sequence": 4, "state": "reading"}
        ).status_code
        == 204
    )
    cheat = {"path": "Yw==", "shown": "c", "end": "verified"}
    _post(
        client,
        f"/dockings/{docking}/progress",
        {**base, "sequence": 6, "state": "copying", "reports": [cheat]},
    )
    with site.database.read() as session:
        from catalog.models import Docking, Sighting  # noqa: PLC0415

        row = session.query(Docking).filter_by(slot="1", sequence=6).one()
        assert row.state == "copying"
        assert [(s.end, s.reason) for s in session.query(Sighting).filter_by(docking_id=row.id)] == [
            ("refused", "a link")
        ]


def test_a_station_with_nothing_to_ask_is_seen_all_the_same(site: Site, client: FlaskClient) -> None:
    assert _post(client, "/statements", {"clips": []}).status_code == 200
    with site.database.read() as session:
        from catalog.models import Station  # noqa: PLC0415

        assert session.query(Station).filter_by(code="t1").one().last_seen_at is not None


@pytest.mark.parametrize("path", ["/nothing", "/dockings/no-id/files", f"/uploads/{'9' * 300}/addresses"])
def test_an_address_that_no_route_has_answers_in_the_api_s_shape(client: FlaskClient, path: str) -> None:
    for answer in (_post(client, path, {}), client.get(f"/api/v1{path}")):
        assert answer.status_code == 404
        assert answer.mimetype == "application/json"
        assert p.Problem.model_validate_json(answer.data).next
    wrong = client.get("/api/v1/statements")
    assert (wrong.status_code, wrong.mimetype) == (405, "application/json")
