"""A session ends when nobody uses it, and after twelve hours; what pages ask for by themselves keeps none alive."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from catalog.models import CustodyEntry
from tests.web.conftest import Site, csrf
from tests.web.test_signing_in import PASSWORD, set_password
from web.signing_in.second_factor import OPEN_WITHOUT
from web.signing_in.sitting import BY_ITSELF

TEMPLATES = Path(__file__).parents[2] / "web" / "templates"


@pytest.fixture
def at_desk(site: Site) -> tuple[Site, FlaskClient]:
    site.moment.append(datetime.now(UTC))
    return site, site.client("wang")


def later(site: Site, **by: float) -> None:
    site.moment[0] += timedelta(**by)


def test_it_ends_after_half_an_hour_and_one_comes_back(at_desk: tuple[Site, FlaskClient]) -> None:
    site, client = at_desk
    later(site, minutes=29)
    assert client.get("/clips").status_code == 200
    later(site, minutes=29)
    assert client.get("/clips").status_code == 200, "it was used in between"
    later(site, minutes=30)
    answer = client.get("/clips?kind=video")
    assert answer.status_code == 302
    assert answer.location == "/signin?next=/clips?kind%3Dvideo"
    assert "会话已结束" in client.get(answer.location).text
    later(site, minutes=-20)
    assert client.get("/clips").status_code == 302, "it does not open again"
    with site.database.read() as session:
        noted = session.scalars(
            select(CustodyEntry).where(CustodyEntry.action == "account.session-idle")
        ).all()
    assert len(noted) == 1


def test_polling_keeps_no_session_alive(at_desk: tuple[Site, FlaskClient]) -> None:
    site, client = at_desk
    for _ in range(29):
        later(site, minutes=1)
        assert client.get("/dockings/board").status_code in {200, 204}
        assert client.get("/session").status_code == 200
    assert client.get("/session").json == {"seconds": 60}
    later(site, minutes=1)
    answer = client.get("/session", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    page = client.get(f"/dockings/{site.docking}/files", headers={"HX-Request": "true"})
    assert page.status_code == 401
    assert page.headers["X-Session-Ended"] == "1"
    assert "HX-Redirect" not in page.headers, "what was typed would go with the page"


def test_somebody_who_types_for_an_hour_stays(at_desk: tuple[Site, FlaskClient]) -> None:
    site, client = at_desk
    token = csrf(client.get("/account"))
    for _ in range(5):
        later(site, minutes=20)
        answer = client.post("/session", headers={"X-CSRFToken": token})
        assert answer.json == {"seconds": 1800}
    assert client.post("/session").status_code == 400, "not from another site"


def test_twelve_hours_are_the_end_whatever_one_does(at_desk: tuple[Site, FlaskClient]) -> None:
    site, client = at_desk
    for _ in range(47):
        later(site, minutes=15)
        assert client.get("/clips").status_code == 200
    later(site, minutes=15)
    assert client.get("/clips").status_code == 302


def test_the_board_at_the_station_stays_and_nothing_else(at_desk: tuple[Site, FlaskClient]) -> None:
    site, client = at_desk
    later(site, hours=11)
    assert client.get("/dockings/board").status_code in {200, 204}
    assert client.get("/dockings?board=1").status_code == 200
    for path in ("/dockings", "/dockings?board=0", "/clips", "/account", f"/dockings/{site.docking}", "/"):
        assert client.get(path).status_code == 302, path
    later(site, hours=1)
    assert client.get("/dockings?board=1").status_code == 302


def test_a_form_left_open_is_sent_after_signing_in_beside_it(site: Site) -> None:
    set_password(site)
    site.moment.append(datetime.now(UTC))
    client = site.client("wang")
    form = csrf(client.get("/account"))
    later(site, hours=1)
    assert client.post("/language", data={"csrf_token": form, "language": "en"}).status_code == 303
    assert (
        client.post("/session", headers={"X-CSRFToken": form, "Accept": "application/json"}).status_code
        == 401
    )
    page = client.get("/signin")
    data = {"csrf_token": csrf(page), "name": "wang", "password": PASSWORD, "next": "/signin/back"}
    assert client.post("/signin", data=data).location == "/signin/back"
    assert client.get("/signin/back").status_code == 200
    assert client.post("/session", headers={"X-CSRFToken": form}).status_code == 200, "the old page's token"


def test_another_person_takes_over_no_form(site: Site) -> None:
    set_password(site)
    set_password(site, "li")
    client = site.client("wang")
    form = csrf(client.get("/account"))
    data = {"csrf_token": form, "name": "li", "password": PASSWORD}
    assert client.post("/signin", data=data).status_code == 303
    assert client.post("/session", headers={"X-CSRFToken": form}).status_code == 400


def test_a_cookie_without_its_row_opens_nothing(site: Site) -> None:
    client = site.client("wang")
    with client.session_transaction() as cookie:
        assert cookie["sitting"]
        del cookie["sitting"]
    assert client.get("/clips").status_code == 302


def test_the_minutes_are_a_setting(make_site: Callable[..., Site]) -> None:
    site = make_site(idle_minutes=5.0)
    site.moment.append(datetime.now(UTC))
    client = site.client("wang")
    assert 'data-session-seconds="300"' in client.get("/account").text
    later(site, minutes=5)
    assert client.get("/clips").status_code == 302


def test_a_minute_is_enough_for_whoever_goes_on_working(make_site: Callable[..., Site]) -> None:
    site = make_site(idle_minutes=1.0)
    site.moment.append(datetime.now(UTC))
    client = site.client("wang")
    for _ in range(12):
        later(site, seconds=25)
        assert client.get("/clips").status_code == 200


def test_whatever_a_page_asks_for_by_itself_is_known_to_be_that() -> None:
    found = set()
    for file in TEMPLATES.rglob("*.html"):
        for tag in re.findall(r"<[^<>]*hx-trigger=\"every[^<>]*", file.read_text(encoding="utf-8")):
            found |= set(re.findall(r"url_for\('(pages\.\w+)'", tag))
        found |= set(
            re.findall(r"data-addresses=\"\{\{ url_for\('(pages\.\w+)'", file.read_text(encoding="utf-8"))
        )
    assert len(found) > 6
    assert found <= BY_ITSELF


def test_the_lists_name_what_there_is(site: Site) -> None:
    there = {rule.endpoint for rule in site.app.url_map.iter_rules()}
    assert there >= BY_ITSELF | OPEN_WITHOUT
