"""Errors in plain words, and what every answer tells the browser."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from flask import abort

from catalog.actors import system
from catalog.officers import enter_officer, enter_unit
from catalog.permissions import Permission
from tests.catalog import world
from tests.web.conftest import Site, csrf
from web.headers import content_policy
from web.permission import requires


@pytest.fixture
def broken(site: Site) -> Site:
    def view(status: int) -> str:
        if status == 999:
            raise RuntimeError("secret detail of the inside")
        abort(status)

    # Added after the check on purpose: a route that fails in every way there is.
    site.app.view_functions["broken"] = requires(Permission.PUBLIC)(view)
    site.app.url_map.add(site.app.url_rule_class("/broken/<int:status>", endpoint="broken"))
    site.app.config["PROPAGATE_EXCEPTIONS"] = False
    return site


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 429, 500, 503, 999, 418])
@pytest.mark.parametrize("username", [None, "wang"])
def test_every_error_says_what_is_safe_and_what_next(broken: Site, status: int, username: str | None) -> None:
    client = broken.client(username, "en")
    page = client.get(f"/broken/{status}")
    assert page.status_code == {999: 500, 418: 400}.get(status, status)
    for words in ("What happened", "What is safe", "What to do next", "Nothing was changed."):
        assert words in page.text
    assert "secret detail" not in page.text
    assert "Traceback" not in page.text


def test_errors_in_chinese(broken: Site) -> None:
    page = broken.client("wang").get("/broken/404")
    assert "此地址没有内容" in page.text
    assert "下一步怎么做" in page.text


def test_a_script_gets_the_same_words_as_json(broken: Site) -> None:
    answer = broken.client("wang").get("/broken/409", headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert answer.json is not None
    assert set(answer.json) == {"what", "safe", "next"}


def test_forms_without_their_token_are_refused(site: Site) -> None:
    client = site.client("li", "en")
    for path in ("/signout", "/language", "/account", f"/clips/{site.clip}/download"):
        page = client.post(path)
        assert page.status_code == 400, path
        assert "came from another page" in page.text
    assert client.get("/").status_code == 200, "still signed in"


def test_a_form_that_is_too_large(site: Site) -> None:
    client = site.client("li")
    data = {"csrf_token": csrf(client.get("/account")), "proves": "x" * 600_000}
    assert client.post(f"/clips/{site.clip}/attachments", data=data).status_code == 413


def test_headers_on_every_kind_of_answer(site: Site) -> None:
    client = site.client("li")
    storage = site.components.settings.storage.address_url
    for path in ("/", "/nothing", "/static/app.css", "/healthz", "/api/v1/nothing", "/signin"):
        with client.get(path) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert policy == content_policy(storage)
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/").headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in client.get("/").headers


def test_the_policy_names_the_storage_by_its_origin_only() -> None:
    policy = content_policy("https://store.example:9000/some/path")
    assert "img-src 'self' https://store.example:9000;" in policy
    assert "/some" not in policy


def test_htmx_asks_are_told_that_the_session_has_ended(site: Site) -> None:
    answer = site.client().get("/dockings/board", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["X-Session-Ended"] == "1"
    assert "HX-Redirect" not in answer.headers, "what was typed would go with the page"


def test_a_language_that_is_not_spoken_is_refused_in_words(site: Site) -> None:
    client = site.client("li", "en")
    for unknown in ("xx", "", "de", "zh_Hans_CN' --"):
        form = {"csrf_token": csrf(client.get("/account")), "language": unknown}
        page = client.post("/language", data=form)
        assert page.status_code == 400
        assert "This language is not spoken here." in page.text
        assert "Nothing was changed." in page.text
    assert "My shift" in client.get("/").text, "the language is what it was"


@pytest.mark.parametrize(("username", "told"), [("ma", True), ("li", True), ("wang", False), ("zhao", False)])
def test_nothing_here_says_the_same_of_what_there_is(site: Site, username: str, told: bool) -> None:
    """Whoever may look up by number is told so, of a recording out of scope as of one that never was."""
    client = site.client(username, "en")
    with site.database.write() as session:
        station = world.add_station(session, site.components.clock())
        docking = world.add_docking(session, station, site.components.clock())
        far = world.add_clip(session, site.components.clock(), "X.MP4", docking=docking)
        far.officer_id = enter_officer(
            session, actor=system("test"), number="200002", name="周强",
            unit=enter_unit(session, "城西分局"), now=site.components.clock(),
        ).id  # fmt: skip
    pages = [client.get(f"/clips/{one}") for one in (far.id, uuid4())] + [client.get("/nothing")]
    if username != "zhao":
        assert {page.status_code for page in pages} == {404}
    said = {re.sub(r'"[\w.-]{60,}"|\d\d:\d\d:\d\d|/clips/[\w-]{36}', "", page.text) for page in pages[:2]}
    assert len(said) == 1, "what exists and what does not read the same"
    for page in pages:
        if page.status_code == 404:
            assert ("look it up by number" in page.text) is told
            assert ('href="/consult"' in page.text) is told
