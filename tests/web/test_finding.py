"""The list of recordings as a person uses it: conditions in the address, chips, views, suggestions, many at once."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from catalog.models import Attachment, Clip, CustodyEntry, Recorder, SavedView, Step, Unit
from tests.catalog import world
from tests.web.conftest import NEEDED, Site, csrf


def names(page: str) -> set[str]:
    return {unescape(n) for n in re.findall(r'class="file(?: wide)?" title="([^"]+)"', page)}


def chips(page: str) -> dict[str, str]:
    """Each chip's words and where it leads."""
    found = re.findall(
        r'<a class="cond" href="([^"]+)"[^>]*><span class="from">([^<]+)</span> <span class="value">([^<]+)</span>',
        page,
    )
    return {unescape(f"{name} {value}"): unescape(address) for address, name, value in found}


@pytest.fixture
def client(site: Site) -> FlaskClient:
    with site.database.write() as session:
        now = site.components.clock()
        device = session.scalars(select(Recorder)).first()
        assert device is not None
        for n in range(3):
            clip = world.add_clip(
                session, now - timedelta(days=n), f"巡查{n}.JPG", kind="photo", recorded=now - timedelta(days=n), size=1000 + n,
                latitude=26.5846 + n / 100, longitude=104.8331,
            )  # fmt: skip
            clip.officer_id, clip.recorder_id = device.holder_id, device.id
    return site.client("li", "en")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("words=巡查", {"巡查0.JPG", "巡查1.JPG", "巡查2.JPG"}),
        ("words=王建 巡", {"巡查0.JPG", "巡查1.JPG", "巡查2.JPG"}),
        ("words=查1", {"巡查1.JPG"}),
        ("words=1查", set()),
        ("kind=photo&officer=100412", {"巡查0.JPG", "巡查1.JPG", "巡查2.JPG"}),
        ("kind=photo&officer=王建国", {"巡查0.JPG", "巡查1.JPG", "巡查2.JPG"}),
        ("kind=photo&officer=王", set()),
        ("kind=photo&officer=me", set()),
        ("kind=photo&recorder=DSJ-0412", {"巡查0.JPG", "巡查1.JPG", "巡查2.JPG"}),
        ("kind=photo&when=yesterday", {"巡查1.JPG"}),
        ("kind=photo&when=week&by=recorded", {"巡查0.JPG", "巡查1.JPG", "巡查2.JPG"}),
        ("kind=photo&near=26.5846,104.8331&within=500", {"巡查0.JPG"}),
        ("kind=photo&near=26.5846,104.8331&within=2000", {"巡查0.JPG", "巡查1.JPG"}),
        ("kind=photo&box=26.59,104,27,105", {"巡查1.JPG", "巡查2.JPG"}),
        ("kind=photo&unattached=1", {"巡查0.JPG", "巡查1.JPG", "巡查2.JPG"}),
        ("kind=photo&case=112", set()),
        ("kind=photo&unit=00000000-0000-0000-0000-000000000000", set()),
        ("kind=photo&show=table", {"巡查0.JPG", "巡查1.JPG", "巡查2.JPG"}),
    ],
)
def test_conditions_in_the_address(client: FlaskClient, query: str, expected: set[str]) -> None:
    page = client.get(f"/clips?{query}").text
    assert names(page) == expected
    assert f"{len(expected)} recording" in page


def test_a_chip_leads_to_the_list_without_its_condition(client: FlaskClient, site: Site) -> None:
    with site.database.read() as session:
        unit = session.scalars(select(Unit.id)).first()
    query = f"words=巡查&kind=photo&officer=100412&unit={unit}&when=week&near=26.5846,104.8331&within=2000&unattached=1"
    page = client.get(f"/clips?{query}").text
    found = chips(page)
    assert len(found) == 7
    assert "officer 王建国 100412" in found
    assert "place within 2 km of 26.5846,104.8331" in found
    for words, address in found.items():
        there = chips(client.get(address).text)
        assert set(there) == set(found) - {words}


def test_orders_in_both_directions_page_by_key(site: Site, client: FlaskClient) -> None:
    with site.database.write() as session:
        for n in range(60):
            world.add_clip(session, site.components.clock(), f"X{n:02}.MP4", size=n // 3, duration=n / 7)
    for order in ("", "&sort=size", "&sort=duration", "&up=1", "&sort=duration&up=1"):
        address, seen = f"/clips?words=X&show=table{order}", list[str]()
        while address:
            page = client.get(address).text
            seen += re.findall(r'title="(X\d\d\.MP4)"', page)
            following = re.findall(r'href="([^"]+)" rel="next"', page)
            address = unescape(following[0]) if following else ""
        assert len(seen) == len(set(seen)) == 60, order
    assert 'aria-sort="ascending"' in client.get("/clips?show=table&sort=size&up=1").text


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "_",
        "1e999_{0}",
        "nan_{0}",
        "9" * 400 + "_{0}",
        "2026-01-01_{0}",
        "2026-01-01T00:00:00+00:00_x",
        "\x00_{0}",
    ],
    ids=["x", "blank", "infinite", "nan", "long", "no zone", "no id", "nul"],
)
@pytest.mark.parametrize("order", ["", "size", "duration"], ids=["time", "size", "duration"])
def test_a_broken_key_shows_the_first_page(client: FlaskClient, order: str, after: str) -> None:
    answer = client.get("/clips", query_string={"sort": order, "after": after.format("0" * 32)})
    assert answer.status_code == 200
    assert "First page" not in answer.text


@pytest.mark.parametrize(
    "name", ["words", "officer", "recorder", "case", "near", "box", "unit", "within", "from"]
)
@pytest.mark.parametrize(
    "typed",
    [
        '"',
        "%",
        "*",
        "a\x00b",
        "\u202egpj",
        "' OR 1=1 --",
        "NEAR(",
        "长" * 10_000,
        "9" * 5000,
        "<script>alert(1)</script>",
    ],
    ids=["quote", "percent", "star", "nul", "direction", "sql", "near", "long", "digits", "script"],
)
def test_hostile_values_are_no_error(client: FlaskClient, name: str, typed: str) -> None:
    answer = client.get("/clips", query_string={name: typed})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    if name in {"officer", "recorder", "case"}:
        assert client.get(f"/clips/suggest/{name}", query_string={name: typed}).status_code == 200


def test_suggestions(client: FlaskClient) -> None:
    assert '<option value="100412">王建国</option>' in client.get("/clips/suggest/officer?officer=建").text
    assert "DSJ-0412" in client.get("/clips/suggest/recorder?recorder=dsj").text
    assert "option" not in client.get("/clips/suggest/officer?officer=").text
    assert "option" not in client.get("/clips/suggest/officer?officer=%25").text
    assert "option" not in client.get("/clips/suggest/officer?officer=陈").text  # no recording is hers
    assert "option" not in client.get("/clips/suggest/case?case=112").text  # nothing is attached to it
    assert client.get("/clips/suggest/password?password=x").status_code == 404


def test_a_restricted_clip_is_reached_by_no_address(site: Site, client: FlaskClient) -> None:
    with site.database.write() as session:
        session.get_one(Clip, site.clip).restricted = True
        name = session.get_one(Clip, site.clip).name
    token = csrf(client.get("/account"))
    for address in ("/clips", "/clips?show=table", f"/clips?words={name}", f"/clips/attach?clip={site.clip}"):
        assert f"/clips/{site.clip}" not in client.get(address).text
        assert f'value="{site.clip}"' not in client.get(address).text
        assert name not in names(client.get(address).text)
    assert client.get(f"/clips/{site.clip}").status_code == 404
    assert client.get(f"/clips/{site.clip}/live").status_code == 404
    for act in ("addresses", "download", "stages/render", "attachments"):
        answer = client.post(
            f"/clips/{site.clip}/{act}",
            data={"csrf_token": token, "role": "process", "volume": "main", **NEEDED},
        )
        assert answer.status_code == 404, act
    assert f"/clips/{site.clip}" not in client.get(f"/dockings/{site.docking}").text


def test_views_are_saved_shared_and_removed_by_their_owner_alone(site: Site, client: FlaskClient) -> None:
    data = {
        "csrf_token": csrf(client.get("/clips")),
        "name": "  食品 巡查 ",
        "query": "words=巡查&kind=photo&nonsense=1",
    }
    answer = client.post("/clips/views", data=data)
    assert answer.status_code == 303
    assert "kind=photo" in answer.location
    assert "nonsense" not in answer.location
    with site.database.read() as session:
        view = session.scalars(select(SavedView)).one()
        assert (view.name, view.query, view.shared) == (
            "食品 巡查",
            "words=%E5%B7%A1%E6%9F%A5&kind=photo",
            False,
        )
        actions = session.scalars(select(CustodyEntry.action).where(CustodyEntry.action.like("view.%"))).all()
        assert actions == ["view.saved"]
    assert "食品 巡查" in client.get("/clips").text
    assert re.search(r'aria-current="page">食品 巡查', client.get(answer.location).text)

    other = site.client("wang", "en")
    assert "食品 巡查" not in other.get("/clips").text
    client.post("/clips/views", data=data | {"shared": "1"})
    assert "食品 巡查" in other.get("/clips").text
    theirs = {"csrf_token": csrf(other.get("/clips"))}
    assert other.post(f"/clips/views/{view.id}/remove", data=theirs).status_code == 404
    other.post("/clips/views", data=theirs | {"name": "食品 巡查", "query": "kind=audio"})
    with site.database.read() as session:
        kept = session.get_one(SavedView, view.id)
        assert kept.shared
        assert "audio" not in kept.query

    assert client.post(f"/clips/views/{view.id}/remove", data=data).status_code == 303
    with site.database.read() as session:
        assert session.get(SavedView, view.id) is None
        actions = session.scalars(
            select(CustodyEntry.action).where(CustodyEntry.action == "view.removed")
        ).all()
        assert len(actions) == 1


@pytest.mark.parametrize(
    ("name", "said"),
    [("", "needs a name"), (" \u202e ", "needs a name"), ("长" * 41, "too long")],
    ids=["empty", "marks", "long"],
)
def test_a_view_without_a_proper_name_is_refused(
    site: Site, client: FlaskClient, name: str, said: str
) -> None:
    data = {"csrf_token": csrf(client.get("/clips")), "name": name, "query": "kind=photo"}
    answer = client.post("/clips/views", data=data, follow_redirects=True)
    assert said in answer.text
    with site.database.read() as session:
        assert session.scalars(select(SavedView)).all() == []


def test_only_so_many_views(site: Site, client: FlaskClient) -> None:
    token = csrf(client.get("/clips"))
    for n in range(31):
        client.post("/clips/views", data={"csrf_token": token, "name": str(n), "query": ""})
    with site.database.read() as session:
        assert len(session.scalars(select(SavedView)).all()) == 30
    client.post("/clips/views", data={"csrf_token": token, "name": "7", "query": "kind=photo"})
    with site.database.read() as session:
        assert session.scalars(select(SavedView.query).where(SavedView.name == "7")).one() == "kind=photo"


def test_many_are_attached_in_one_act_or_none(site: Site, client: FlaskClient) -> None:
    with site.database.read() as session:
        step = session.scalars(select(Step).where(Step.activity == "questioning")).one()
        some = [str(c) for c in session.scalars(select(Clip.id).where(Clip.kind == "photo"))]
    page = client.get("/clips/attach", query_string={"clip": some})
    assert "Attach 3 recordings to a step" in page.text
    data = {
        "csrf_token": csrf(page),
        "clip": [*some, "x"],
        "case": str(step.case_id),
        "step": str(step.id),
        "role": "evidence",
        "volume": "main",
    }
    refused = client.post("/clips/attach", data=data)
    assert refused.status_code == 400
    assert all(one in refused.text for one in some)
    gone = client.post("/clips/attach", data=data | {"clip": [*some, "0" * 32], "proves": "现场"})
    assert gone.status_code == 404
    with site.database.read() as session:
        assert session.scalars(select(Attachment)).all() == []
    done = client.post("/clips/attach", data=data | {"proves": "现场"})
    assert done.status_code == 303
    with site.database.read() as session:
        assert len(session.scalars(select(Attachment)).all()) == 3
    assert names(client.get("/clips?case=112&words=现场").text) == {f"巡查{n}.JPG" for n in range(3)}


def test_who_may_not_attach_sees_no_ticks(site: Site) -> None:
    officer = site.client("wang", "en")
    assert 'name="clip"' not in officer.get("/clips?show=table").text
    assert officer.get("/clips/attach").status_code == 403


def test_an_index_under_construction_is_said(site: Site, client: FlaskClient) -> None:
    assert "The index is being made" not in client.get("/clips").text
    with site.database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO clip_index_due (clip_id) SELECT id FROM clips LIMIT 1")
    assert "The index is being made" in client.get("/clips").text
