"""Seals on the pages: two people for each step, shown nowhere, looked at with a purpose, opened again."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from catalog.actors import system
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import steps_of
from catalog.models import Account, Clip, CustodyEntry, Docking, Rendition, Seal, SealReader, Stage
from catalog.people import create_account, person
from catalog.permissions import ROLES, Permission
from catalog.rules.scopes import FINDS
from tests.web.conftest import HOSTILE, Site, csrf
from tests.web.test_routes import PEOPLE, addresses


@pytest.fixture
def offices(site: Site) -> Site:
    """A second person in the legal section, and one in the archive."""
    with site.database.write() as session:
        for name, role in (("zhou2", "legal"), ("chen2", "archivist")):
            create_account(
                session, actor=system("test"), username=name, email=f"{name}@example.test", roles=[role],
                officer=None, now=datetime.now(UTC),
            )  # fmt: skip
    return site


def account(site: Site, username: str) -> UUID:
    with site.database.read() as session:
        return session.scalars(select(Account.id).where(Account.username == username)).one()


def post(client: FlaskClient, path: str, **form: object) -> int:
    token = csrf(client.get("/account"))
    return client.post(path, data={"csrf_token": token, **form}).status_code


def the_seal(site: Site) -> Seal:
    with site.database.read() as session:
        return session.scalars(select(Seal).order_by(Seal.id.desc())).first()  # type: ignore[return-value]


def seal_it(site: Site, *readers: str) -> UUID:
    """A seal as the pages make it."""
    status = post(
        site.client("zhou"), "/seals", clip=str(site.clip), ground="unlawful", basis="《行政处罚法》第四十六条",
        reader=[str(account(site, name)) for name in readers],
    )  # fmt: skip
    assert status == 303
    seal = the_seal(site).id
    assert post(site.client("chen"), f"/seals/{seal}/confirm") == 303
    return seal


def test_from_the_proposal_to_the_opening(offices: Site) -> None:
    site = offices
    with site.database.read() as session:
        (poster,) = session.scalars(
            select(Rendition).where(Rendition.clip_id == site.clip, Rendition.kind == "poster")
        )
    site.components.derived.put(poster.key, b"a picture", content_type="image/jpeg")
    legal, archivist = site.client("zhou", "en"), site.client("chen", "en")
    assert legal.get(f"/seals/new?clip={site.clip}").status_code == 200
    form = {"clip": str(site.clip), "ground": "secret", "basis": HOSTILE, "note": HOSTILE}
    assert post(legal, "/seals", **{**form, "basis": " "}) == 400
    assert post(legal, "/seals", **{**form, "ground": "x"}) == 400
    assert post(legal, "/seals", **{**form, "reader": str(uuid4())}) == 400
    assert post(legal, "/seals", **{**form, "clip": str(uuid4())}) == 404
    assert post(legal, "/seals", **{**form, "reader": str(account(site, "ma"))}) == 303
    seal = the_seal(site).id
    assert "to be confirmed by somebody else" in legal.get("/seals?show=proposed").text
    assert post(legal, f"/seals/{seal}/confirm") == 303
    assert the_seal(site).state == "proposed"
    assert "another person must confirm" in legal.get("/seals").text
    page = archivist.get("/seals?show=proposed").text
    assert "<img src=x" not in page
    assert "Confirm and seal" in page
    assert post(archivist, f"/seals/{seal}/confirm") == 303
    assert the_seal(site).state == "standing"
    assert site.components.derived.newest(poster.key) is None
    assert the_seal(site).emptied_at is not None
    page = archivist.get("/seals").text
    assert "within 15 minutes" in page
    assert "DSJ0412_100412_20261123093012_0001" not in page  # who decides does not see what it is

    assert post(archivist, f"/seals/{seal}/lift", reason="x") == 403  # the archive does not propose
    assert post(legal, f"/seals/{seal}/lift", reason=" ") == 303
    assert the_seal(site).lift_proposed_at is None
    assert post(legal, f"/seals/{seal}/lift", reason="依据不足") == 303
    assert post(legal, f"/seals/{seal}/lift/confirm") == 303
    assert the_seal(site).state == "standing"
    assert "依据不足" in archivist.get("/seals").text
    assert post(archivist, f"/seals/{seal}/lift/refuse") == 303
    assert post(legal, f"/seals/{seal}/lift", reason="依据不足") == 303
    site.sent.clear()
    assert post(archivist, f"/seals/{seal}/lift/confirm") == 303
    assert {due.stage for due in site.sent} == {"render", "analyse"}
    with site.database.read() as session:
        assert session.get_one(Stage, (site.clip, "render")).state == "pending"
    assert legal.get(f"/clips/{site.clip}").status_code == 200


@pytest.mark.parametrize("username", PEOPLE)
def test_no_page_shows_a_trace_of_it(offices: Site, username: str) -> None:
    """Every address with its ids, as every role: neither its name, its id as a way to it, its digest nor its count."""
    site = offices
    with site.database.write() as session:
        docking = session.get_one(Docking, site.docking)
        docking.progress = {**docking.progress, "current": "DSJ0412_100412_20261123093012_0001.MP4"}
        clip = session.get_one(Clip, site.clip)
        (step, *_) = steps_of(session, site.cases[0])
        handler = person(session.scalars(select(Account).where(Account.username == "li")).one(), None)
        attach(
            session, actor=handler, clip_id=clip.id, step_id=step.id, wish=Wish("process", "main"),
            now=site.components.clock(),
        )  # fmt: skip
    seal_it(site, "he" if username == "ma" else "ma")
    client = site.client(username)
    for endpoint, (path, _) in addresses(site).items():
        text = client.get(path).text
        assert clip.name not in text, endpoint
        assert f'href="/clips/{site.clip}' not in text, endpoint
        assert clip.sha256[:12] not in text, endpoint
    for path in (f"/steps/{step.id}/clips", f"/steps/{step.id}/coverage", f"/steps/{step.id}/edit"):
        text = client.get(path).text
        assert clip.name not in text, path
        assert str(site.clip) not in text, path
    looks = Permission.CLIP_READ in ROLES[PEOPLE[username]]
    assert client.get(f"/clips/{site.clip}").status_code == (404 if looks else 403)
    if looks:
        shown = client.get("/clips").text
        others = 1 if FINDS[PEOPLE[username]] else 0
        assert shown.count('class="tile') == others, "the other recording of the docking"
        assert str(site.clip) not in shown


def test_an_entry_of_the_log_leads_nowhere_and_names_nothing(offices: Site) -> None:
    site = offices
    seal_it(site, "ma")
    with site.database.read() as session:
        entries = session.scalars(select(CustodyEntry)).all()
        name = session.get_one(Clip, site.clip).name
    for username in ("zhao", "zhou", "chen", "li"):
        client = site.client(username)
        for entry in entries:
            assert name not in client.get(f"/custody/{entry.id}").text


def test_why_it_was_sealed_is_read_by_those_who_decide_also_when_it_is_open_again(offices: Site) -> None:
    site = offices
    seal = seal_it(site, "ma")
    legal, archivist = site.client("zhou"), site.client("chen")
    assert post(legal, f"/seals/{seal}/lift", reason="密级解除的理由") == 303
    assert post(archivist, f"/seals/{seal}/lift/confirm") == 303
    with site.database.read() as session:
        (entry,) = session.scalars(select(CustodyEntry.id).where(CustodyEntry.action == "seal.lift-proposed"))
    assert "密级解除的理由" in legal.get(f"/custody/{entry}").text
    for username, status in (("li", 404), ("sun", 404), ("zhao", 200)):
        page = site.client(username).get(f"/custody/{entry}")
        assert (page.status_code, "密级解除的理由" in page.text) == (status, False), username


def test_no_other_door_to_a_sealed_original(offices: Site) -> None:
    """Somebody named for it, with the permission to download, is shown the way with a purpose, and no other."""
    site = offices
    seal_it(site, "li")
    client = site.client("li")
    page = client.get(f"/clips/{site.clip}").text
    assert 'id="download"' not in page
    assert post(client, f"/clips/{site.clip}/download", needed_for="case") == 404
    with site.database.read() as session:
        assert session.scalar(select(CustodyEntry.id).where(CustodyEntry.action == "clip.downloaded")) is None


def test_whoever_is_named_looks_with_a_purpose(offices: Site) -> None:
    site = offices
    seal = seal_it(site, "ma", "sun")
    leader = site.client("ma", "en")
    assert "Sealed, for me" in leader.get("/account").text  # in the navigation
    page = leader.get("/sealed").text
    assert "DSJ0412_100412_20261123093012_0001" in page
    assert post(leader, "/sealed", clip=str(site.clip), purpose=" ") == 303
    assert "say what you look at it for" in leader.get("/sealed").text
    token = csrf(leader.get("/sealed"))
    answer = leader.post("/sealed", data={"csrf_token": token, "clip": str(site.clip), "purpose": "复核"})
    assert answer.status_code == 303
    assert f"originals/{site.clip}" in answer.location
    with site.database.read() as session:
        looks = session.scalars(select(CustodyEntry).where(CustodyEntry.action == "seal.looked")).all()
        assert len(looks) == 1
        (reader,) = session.scalars(select(SealReader.id).where(SealReader.account_id == account(site, "ma")))

    head = site.client("sun", "en")
    page = head.get(f"/clips/{site.clip}")
    assert page.status_code == 200
    assert "What you look at it for" in page.text
    assert "data-player" not in page.text
    assert post(head, f"/clips/{site.clip}/addresses") == 404
    assert str(site.clip) in head.get("/clips").text
    assert "DSJ0412_100412_20261123093012_0001" in head.get(f"/dockings/{site.docking}").text

    for username in set(PEOPLE) - {"ma", "sun"}:
        client = site.client(username)
        may = Permission.SEAL_LOOK in ROLES[PEOPLE[username]]
        assert post(client, "/sealed", clip=str(site.clip), purpose="x") == (404 if may else 403)
        assert "/sealed" not in client.get("/account").text
    assert post(site.client("chen2"), f"/seals/readers/{reader}/remove") == 303
    assert post(leader, "/sealed", clip=str(site.clip), purpose="再看") == 404
    assert "/sealed" not in leader.get("/account").text
    assert seal


@pytest.mark.parametrize("username", PEOPLE)
def test_each_step_is_for_its_roles(offices: Site, username: str) -> None:
    site = offices
    seal = seal_it(site, "ma")
    role = PEOPLE[username]
    decides, proposes = role in {"legal", "archivist"}, role == "legal"
    client = site.client(username)
    assert client.get("/seals").status_code == (200 if decides else 403)
    assert client.get("/seals?show=x").status_code == (404 if decides else 403)
    for path in (f"/seals/{uuid4()}/confirm", f"/seals/{uuid4()}/withdraw", f"/seals/{uuid4()}/lift/confirm"):
        assert post(client, path) == (404 if decides else 403)
    for path in (f"/seals/readers/{uuid4()}/confirm", f"/seals/readers/{uuid4()}/remove"):
        assert post(client, path) == (303 if decides else 403)
    assert post(client, f"/seals/{uuid4()}/lift", reason="x") == (404 if proposes else 403)
    assert post(client, f"/seals/{seal}/readers", account=str(account(site, "he"))) == (
        303 if proposes else 403
    )
    assert client.get(f"/seals/new?clip={site.hostile}").status_code == (200 if proposes else 403)
    assert post(client, "/seals", clip=str(site.hostile), ground="secret", basis="x") == (
        303 if proposes else 403
    )
    assert the_seal(site).state in {"standing", "proposed"}
    with site.database.read() as session:
        assert session.get_one(Clip, site.clip).restricted


def test_people_are_named_and_let_in_by_two(offices: Site) -> None:
    site = offices
    seal = seal_it(site)
    assert post(site.client("zhou"), f"/seals/{seal}/readers", account=str(account(site, "he"))) == 303
    with site.database.read() as session:
        (reader,) = session.scalars(select(SealReader.id))
    page = site.client("zhou", "en").get("/seals").text
    assert "to be confirmed" in page
    assert f"/seals/readers/{reader}/confirm" not in page
    assert "/sealed" not in site.client("he").get("/account").text
    assert post(site.client("zhou"), f"/seals/readers/{reader}/confirm") == 303
    assert "/sealed" not in site.client("he").get("/account").text
    assert f"/seals/readers/{reader}/confirm" in site.client("chen").get("/seals").text
    assert post(site.client("chen"), f"/seals/readers/{reader}/confirm") == 303
    assert "/sealed" in site.client("he").get("/account").text
