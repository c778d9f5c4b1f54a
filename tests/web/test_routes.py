"""Every route says who may use it, and that is what happens."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update

from catalog.models import Clip
from catalog.permissions import ROLES, Permission
from tests.web.conftest import NEEDED, Site, csrf
from web.permission import NOT_OURS, RouteWithoutPermission, check_every_route, permission_of, requires

PEOPLE = {
    "wang": "officer",
    "li": "handler",
    "chen": "archivist",
    "admin": "administrator",
    "gao": "system-administrator",
    "luo": "security-administrator",
    "zhao": "auditor",
    "sun": "section-head",
    "zhou": "legal",
    "wu": "personnel",
    "he": "office-head",
    "ma": "leader",
    "qian": "bureau-head",
}
IDS = {"clip_id": "clip", "docking_id": "docking"}


def test_every_route_has_a_permission(site: Site) -> None:
    rules = list(site.app.url_map.iter_rules())
    assert len(rules) > 25
    assert all(permission_of(site.app, rule.endpoint) is not None for rule in rules)


def test_only_reviewed_views_of_others_are_mounted(site: Site) -> None:
    others = {
        rule.endpoint
        for rule in site.app.url_map.iter_rules()
        if not hasattr(site.app.view_functions[rule.endpoint], "liuhen_permission")
    }
    assert others == set(NOT_OURS) == {"static"}


def test_a_route_without_a_permission_does_not_start() -> None:
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/naked", "naked", lambda: "x")
    with pytest.raises(RouteWithoutPermission, match=r"/naked \(naked\)"):
        check_every_route(app)


def test_a_declared_route_starts() -> None:
    app = Flask(__name__, static_folder=None)
    app.add_url_rule("/dressed", "dressed", requires(Permission.PUBLIC)(lambda: "x"))
    check_every_route(app)


def addresses(site: Site) -> dict[str, tuple[str, Permission]]:
    found = {}
    with site.app.test_request_context():
        for rule in site.app.url_map.iter_rules():
            if rule.endpoint.startswith("pages.") and "GET" in (rule.methods or ()):
                values: dict[str, object] = {
                    name: {
                        "clip_id": site.clip,
                        "docking_id": site.docking,
                        "case_id": site.cases[0],
                        "token": "x",
                    }.get(name, site.clip)
                    for name in rule.arguments
                }
                permission = permission_of(site.app, rule.endpoint)
                assert permission is not None
                _, path = rule.build(values) or ("", "")
                found[rule.endpoint] = (path, permission)
    return found


@pytest.mark.parametrize("username", PEOPLE)
def test_each_page_opens_to_the_right_roles_and_to_no_others(site: Site, username: str) -> None:
    client = site.client(username)
    allowed = ROLES[PEOPLE[username]] | {Permission.PUBLIC}
    for endpoint, (path, permission) in addresses(site).items():
        status = client.get(path).status_code
        if permission in allowed:
            assert status != 403, (endpoint, username)
            assert status < 500, (endpoint, username)
        else:
            assert status == 403, (endpoint, username)


def acts_on_clips(site: Site, clip: UUID) -> list[tuple[str, str, str, Permission]]:
    """Every way by which a page's address names a clip: endpoint, method, path, permission."""
    found = []
    with site.app.test_request_context():
        for rule in site.app.url_map.iter_rules():
            if "clip_id" not in rule.arguments or not rule.endpoint.startswith("pages."):
                continue  # what tokens read: test_tokens.py
            values: dict[str, object] = dict.fromkeys(rule.arguments, clip)
            _, path = rule.build({**values, **({"stage": "render"} if "stage" in values else {})}) or ("", "")
            permission = permission_of(site.app, rule.endpoint)
            assert permission is not None
            endpoint = rule.endpoint.removeprefix("pages.")
            methods = sorted((rule.methods or set()) & {"GET", "POST"})
            found += [(endpoint, method, path, permission) for method in methods]
    return found


def statuses(site: Site, username: str) -> dict[str, tuple[int, Permission]]:
    client = site.client(username)
    token = csrf(client.get("/account"))
    return {
        f"{method} {endpoint}": (
            client.open(path, method=method, data={"csrf_token": token, **NEEDED}).status_code,
            needed,
        )
        for endpoint, method, path, needed in acts_on_clips(site, site.clip)
    }


def test_every_address_of_a_clip_leads_to_it(site: Site) -> None:
    """The test below could pass by finding nothing at all."""
    found = {name for name, (status, _) in statuses(site, "li").items() if status == 404}
    assert found == {"POST clip_timestamp"}  # it is of a batch as well; its test is beside the stamps


@pytest.mark.parametrize("username", PEOPLE)
def test_no_address_leads_to_a_restricted_clip(site: Site, username: str) -> None:
    with site.database.write() as session:
        session.execute(update(Clip).where(Clip.id == site.clip).values(restricted=True))
    allowed = ROLES[PEOPLE[username]]
    found = statuses(site, username)
    assert len(found) > 10
    assert {name: status for name, (status, _) in found.items()} == {
        name: 404 if needed in allowed else 403 for name, (_, needed) in found.items()
    }
    assert site.sent == []


def test_nobody_sees_nothing(site: Site) -> None:
    client = site.client()
    for endpoint, (path, permission) in addresses(site).items():
        answer = client.get(path)
        if permission is not Permission.PUBLIC:
            assert answer.status_code == 302, endpoint
            assert answer.location.startswith("/signin"), endpoint


@pytest.mark.parametrize(
    "path",
    [
        "/clips/{clip}/addresses",
        "/clips/{clip}/download",
        "/clips/{clip}/stages/render",
        "/clips/{clip}/attachments",
    ],
)
def test_acts_are_refused_to_those_who_may_not(site: Site, path: str) -> None:
    client = site.client("admin")
    token = client.get("/account").text.split('name="csrf-token" content="')[1].split('"')[0]
    answer = client.post(path.format(clip=site.clip), headers={"X-CSRFToken": token})
    assert answer.status_code == 403
    assert site.sent == []


def test_a_station_token_opens_no_page(site: Site) -> None:
    client = site.client()
    for path in ("/clips", "/dockings", "/custody"):
        assert client.get(path, headers={"Authorization": "Bearer token-ST-02"}).status_code == 302


def test_a_session_opens_no_station_route(site: Site) -> None:
    client = site.client("li")
    answer = client.post(f"/api/v1/dockings/{site.docking}/close", json={})
    assert answer.status_code == 401
    assert answer.mimetype == "application/json"


def test_a_station_reaches_its_routes_without_cookie_or_form_token(site: Site) -> None:
    answer = site.client().post(
        "/api/v1/statements", json={"clips": []}, headers={"Authorization": "Bearer token-ST-02"}
    )
    assert answer.status_code == 200, answer.text
