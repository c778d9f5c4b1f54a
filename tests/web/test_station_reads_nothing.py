"""What a station's credential opens, over every route there is: its own dockings and uploads, and nothing to read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from pydantic import BaseModel
from sqlalchemy import select
from werkzeug.routing import AnyConverter, Rule
from werkzeug.test import TestResponse

from catalog.actors import system
from catalog.models import Clip, Docking, Upload
from catalog.permissions import Permission
from catalog.probe_results import record_probe
from catalog.stations import register_station, revoke_station
from ingest import protocol as p
from tests.web.conftest import Site
from tests.web.test_routes import addresses
from web.permission import permission_of

OWN, OTHER = "token-of-mine", "token-ST-02"
PUBLIC = {"/api/v1/enrolment", "/api/v1/openapi.json", "/api/v1/server"}
DIGEST = "ab" * 32


@pytest.fixture
def other(site: Site) -> UUID:
    """An upload that another station has open; its docking and clips are those of the site."""
    now = datetime.now(UTC)
    with site.database.write() as session:
        register_station(session, code="mine", name="mine", token=OWN, now=now)
        record_probe(session, passed=True, report={}, now=now)
    answer = _ask(site.app.test_client(), f"/dockings/{site.docking}/files", _example(p.OfferFiles), OTHER)
    task = p.OfferAnswer.model_validate_json(answer.data).files[0]
    assert isinstance(task, p.UploadTask)
    return task.clip


def _ask(client: FlaskClient, path: str, body: Any, token: str = OWN) -> TestResponse:
    return client.post(f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {token}"})


def station_rules(site: Site) -> list[Rule]:
    """Rules of stations; what persons' tokens read has a blueprint of its own, closed to stations (`test_tokens.py`)."""
    rules = site.app.url_map.iter_rules()
    return [r for r in rules if r.endpoint.startswith("api.") and r.rule not in PUBLIC]


def _example(model: type[BaseModel]) -> Any:
    """A message of this kind that is accepted as such; made from its schema, so that new ones need nothing here."""
    schema = model.model_json_schema()
    return _value(schema, schema.get("$defs", {}), "")


def _value(schema: dict[str, Any], defs: dict[str, Any], name: str) -> Any:
    if "$ref" in schema:
        return _value(defs[schema["$ref"].rpartition("/")[2]], defs, name)
    if "anyOf" in schema:
        return _value(schema["anyOf"][0], defs, name)
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("required", [])
        return {field: _value(schema["properties"][field], defs, field) for field in wanted}
    if kind == "array":
        count = max(schema.get("minItems", 0), 1 if name in {"clips", "fingerprints"} else 0)
        return [_value(schema["items"], defs, name) for _ in range(count)]
    if kind in {"integer", "number"}:
        return max(1, schema.get("minimum", 1))
    if kind == "boolean":
        return False
    formats = {"uuid": str(uuid4()), "date-time": "2026-11-23T10:00:00Z"}
    if schema.get("format") in formats:
        return formats[schema["format"]]
    texts = {"path": "YQ==", "serial": "S1", "slot": "1"}
    return texts.get(name, DIGEST if name in {"sha256", "sm3", "parts", "head", "tail"} else "x")


def test_every_route_that_names_something_of_another_station_says_it_is_not_there(
    site: Site, other: UUID
) -> None:
    client, tried = site.app.test_client(), 0
    for rule in station_rules(site):
        if not rule.arguments:
            continue
        for clip in (other, site.clip):
            values = {"docking": site.docking, "clip": clip}
            assert rule.arguments <= set(values), f"{rule.rule}: say here what another station's is"
            _, path = rule.build({name: values[name] for name in rule.arguments}) or ("", "")
            takes = getattr(site.app.view_functions[rule.endpoint], "api_messages", (None,))[0]
            answer = _ask(client, path.removeprefix("/api/v1"), _example(takes) if takes else {})
            assert answer.status_code == 404, (rule.rule, answer.status_code, answer.text)
            problem = p.Problem.model_validate_json(answer.data)
            assert "another station" not in problem.what.lower()
            assert _leaks(site, answer) == [], rule.rule
            tried += 1
    assert tried >= 10


def test_nothing_of_another_station_is_changed_by_trying(site: Site, other: UUID) -> None:
    with site.database.read() as session:
        before = (
            [(u.id, u.state) for u in session.scalars(select(Upload).order_by(Upload.id))],
            [(d.id, d.state, d.ended_at, d.progress) for d in session.scalars(select(Docking))],
        )
    test_every_route_that_names_something_of_another_station_says_it_is_not_there(site, other)
    _ask(site.app.test_client(), "/uploads/complete", {"uploads": [{"clip": str(other)}]})
    with site.database.read() as session:
        after = (
            [(u.id, u.state) for u in session.scalars(select(Upload).order_by(Upload.id))],
            [(d.id, d.state, d.ended_at, d.progress) for d in session.scalars(select(Docking))],
        )
    assert after == before


def test_lists_leave_out_what_another_station_brought(site: Site, other: UUID) -> None:
    client = site.app.test_client()
    asked = {"clips": [str(site.clip), str(site.hostile), str(other)]}
    answer = _ask(client, "/statements", asked)
    assert p.StatementsAnswer.model_validate_json(answer.data).clips == []
    uploads = {"uploads": [{"clip": str(other)}, {"clip": str(site.clip)}, {"clip": str(uuid4())}]}
    done = _ask(client, "/uploads/complete", uploads)
    outcomes = p.CompleteAnswer.model_validate_json(done.data).uploads
    assert [o.outcome for o in outcomes] == ["incomplete"] * 3
    assert (
        len({o.reason for o in outcomes if isinstance(o, p.NotYet)}) == 1
    )  # a stranger's looks like none at all
    for one in (answer, done):
        assert _leaks(site, one) == []


def test_opening_a_docking_that_another_station_opened_says_nothing_of_it(site: Site, other: UUID) -> None:
    del other
    opening = {**_example(p.OpenDocking), "docking": str(site.docking)}
    answer = _ask(site.app.test_client(), "/dockings", opening)
    assert answer.status_code == 404
    assert _leaks(site, answer) == []


def test_bytes_another_station_brought_are_not_said_to_be_held(site: Site, other: UUID) -> None:
    del other
    client = site.app.test_client()
    opening = _example(p.OpenDocking)
    assert _ask(client, "/dockings", opening).status_code == 200
    with site.database.read() as session:
        held = session.get_one(Clip, site.clip)
    offer = _example(p.OfferFiles)
    offer["files"][0] |= {"sha256": held.sha256, "sm3": held.sm3, "size": 5, "parts": [held.sha256]}
    answer = _ask(client, f"/dockings/{opening['docking']}/files", offer)
    assert [f.outcome for f in p.OfferAnswer.model_validate_json(answer.data).files] == ["upload"]
    assert str(held.id) not in answer.text


def test_there_is_no_route_to_read_with(site: Site) -> None:
    for rule in station_rules(site):
        assert not {"GET", "PUT", "DELETE", "PATCH"} & (rule.methods or set()), rule.rule
        assert permission_of(site.app, rule.endpoint) is Permission.STATION_DOCK


def test_no_page_takes_a_station_s_credential(site: Site, other: UUID) -> None:
    del other
    client, headers = site.client(), {"Authorization": f"Bearer {OWN}"}
    for endpoint, (path, permission) in addresses(site).items():
        if permission is not Permission.PUBLIC:
            assert client.get(path, headers=headers).status_code == 302, endpoint
    posts = 0
    for rule in site.app.url_map.iter_rules():
        if rule.endpoint.startswith("pages.") and "POST" in (rule.methods or ()):
            values = dict.fromkeys(rule.arguments, site.clip)
            # Where an address takes one of some words, not an id, one of them.
            for name, taken in rule._converters.items():
                if isinstance(taken, AnyConverter):
                    values[name] = min(taken.items)
            _, path = rule.build(values) or ("", "")
            answer = client.post(path, headers=headers)
            assert answer.status_code in {400, 401, 404}, (rule.rule, answer.status_code)
            posts += 1
    assert posts > 8


def test_a_revoked_station_is_told_so_and_opens_nothing(site: Site, other: UUID) -> None:
    del other
    with site.database.write() as session:
        revoke_station(session, actor=system("test"), code="mine", now=datetime.now(UTC))
    for rule in station_rules(site):
        values = dict.fromkeys(rule.arguments, site.docking)
        _, path = rule.build(values) or ("", "")
        answer = _ask(site.app.test_client(), path.removeprefix("/api/v1"), {})
        assert answer.status_code == 401, rule.rule
        problem = p.Problem.model_validate_json(answer.data)
        assert problem.error == "station-revoked"
        assert "spool" in problem.safe
        assert "new enrolment code" in problem.next


def _leaks(site: Site, answer: TestResponse) -> list[str]:
    """What of the other station's clips and dockings the answer names."""
    with site.database.read() as session:
        clip, docking = session.get_one(Clip, site.clip), session.get_one(Docking, site.docking)
        secrets = [clip.sha256, clip.sm3, clip.name, clip.checksum * 8, "originals/", docking.recorder.label]
        secrets += [docking.holder.name] if docking.holder else []
    return [secret for secret in secrets if secret in answer.text]
