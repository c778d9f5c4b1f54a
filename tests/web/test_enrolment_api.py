"""Enrolling over HTTP: words for every refusal, guesses slowed down, protocol versions named."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask.testing import FlaskClient
from sqlalchemy import func, select

from catalog.actors import system
from catalog.enrolment import GUESSES, GUESSES_WITHIN, REFUSED, issue_code
from catalog.models import CustodyEntry
from ingest import protocol as p
from liuhen.certificates import ensure
from tests.web.conftest import Site
from web.app import create_app


def _code(site: Site, now: datetime | None = None) -> str:
    with site.database.write() as session:
        return issue_code(
            session,
            actor=system("test"),
            code="ST-9",
            name="九号站",
            valid=timedelta(hours=24),
            now=now or datetime.now(UTC),
        )


def _enrol(client: FlaskClient, code: str, key: Ed25519PrivateKey | None = None, **headers: str) -> Any:
    key = key or Ed25519PrivateKey.generate()
    message = p.Enrol(
        code=code,
        public_key=base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        proof=base64.b64encode(key.sign(p.ENROL_PREFIX + p.plain_code(code).encode())).decode(),
        host="pc-9",
    )
    return client.post("/api/v1/enrolment", json=message.model_dump(mode="json"), headers=headers)


def test_the_credential_works_and_the_code_does_not_work_for_another(site: Site) -> None:
    client, code, key = site.app.test_client(), _code(site), Ed25519PrivateKey.generate()
    done = p.Enrolled.model_validate_json(_enrol(client, code.lower(), key).data)
    assert (done.station, done.name) == ("ST-9", "九号站")
    assert done.receipt_keys == {site.components.signer.key_id: site.components.signer.public_key}
    headers = {"Authorization": f"Bearer {done.token}"}
    assert client.post("/api/v1/statements", json={"clips": []}, headers=headers).status_code == 200
    stolen = _enrol(client, code)
    assert stolen.status_code == 403
    assert p.Problem.model_validate_json(stolen.data).error == "code-used"


def test_the_pinned_certificate_is_named_before_and_at_enrolment(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    files = ensure(tmp_path, "127.0.0.1", datetime.now(UTC))
    site = make_site(station_ca_file=files.authority)
    client = site.app.test_client()
    facts = p.ServerFacts.model_validate_json(client.get("/api/v1/server").data)
    done = p.Enrolled.model_validate_json(_enrol(client, _code(site)).data)
    assert facts.ca_pem == done.ca_pem == files.authority.read_text()


@pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=24)])
def test_refusals_are_said_in_words(site: Site, age: timedelta) -> None:
    code = _code(site, datetime.now(UTC) - age) if age else "AAA-BBB"
    answer = _enrol(site.app.test_client(), code)
    problem = p.Problem.model_validate_json(answer.data)
    assert answer.status_code == 403
    assert problem.error == ("code-expired" if age else "code-unknown")
    assert "Nothing was changed" in problem.safe
    assert problem.next


def test_guessing_is_slowed_down_and_the_right_code_works_later(site: Site) -> None:
    """Over several web processes together, and from each address by itself."""
    site.moment[:] = [datetime.now(UTC)]
    code = _code(site)
    processes = [create_app(site.components).test_client() for _ in range(2)]
    statuses = [_enrol(processes[n % 2], f"WRONG-{n}").status_code for n in range(GUESSES)]
    assert statuses == [403] * GUESSES
    for client in processes:
        blocked = _enrol(client, code)
        assert blocked.status_code == 429
        assert p.Problem.model_validate_json(blocked.data).retry
    with site.database.read() as session:
        refused = select(func.count()).where(CustodyEntry.action == REFUSED)
        assert session.scalar(refused) == GUESSES  # what is not listened to fills no log
    elsewhere = processes[0]
    elsewhere.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert _enrol(elsewhere, "WRONG-HERE").status_code == 403
    site.moment[:] = [site.moment[0] + GUESSES_WITHIN + timedelta(seconds=1)]
    assert _enrol(processes[1], code).status_code == 200


@pytest.mark.parametrize("header", ["2", "0", "", "one", "１", "9" * 5000, "-1"])
def test_an_unknown_protocol_is_refused_with_both_versions(site: Site, header: str) -> None:
    client = site.app.test_client()
    for path in ("/statements", "/dockings", "/enrolment"):
        answer = client.post(f"/api/v1{path}", json={}, headers={p.PROTOCOL_HEADER: header})
        assert answer.status_code == 409
        problem = p.Problem.model_validate_json(answer.data)
        assert problem.error == "other-protocol"
        assert problem.retry
        assert problem.next == ("Upgrade the server." if header == "2" else "Upgrade the station.")
        assert "the server 1" in problem.what
        assert len(answer.data) < 1000
    assert client.get("/api/v1/server", headers={p.PROTOCOL_HEADER: header}).status_code == 200


def test_a_server_that_speaks_several_takes_each_and_states_them(site: Site) -> None:
    client = create_app(replace(site.components, protocols=(2, 3))).test_client()
    facts = p.ServerFacts.model_validate_json(client.get("/api/v1/server").data)
    assert (facts.protocol, facts.protocols) == (3, [2, 3])
    headers = {"Authorization": "Bearer token-ST-02"}
    statuses = [
        client.post("/api/v1/statements", json={"clips": []}, headers={**headers, **said}).status_code
        for said in ({}, {p.PROTOCOL_HEADER: "1"}, {p.PROTOCOL_HEADER: "2"}, {p.PROTOCOL_HEADER: "3"})
    ]
    assert statuses == [409, 409, 200, 200]
