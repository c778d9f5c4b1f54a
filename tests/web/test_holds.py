"""Holds on the pages: set and lifted by those who may, and one reason never told from another by the others."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from catalog.actors import system
from catalog.holds.acts import HoldWish, set_hold
from catalog.holds.standing import holds_on
from catalog.models import (
    CustodyEntry,
    CustodyPrivate,
    CustodySubject,
    Hold,
    Officer,
)
from catalog.people import create_account, find_account, person
from tests.web.conftest import HOSTILE, Site, csrf
from tests.web.test_routes import PEOPLE

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


@pytest.fixture
def second(site: Site) -> Site:
    """A colleague of the legal section, and one of the personnel section."""
    with site.database.write() as session:
        for name, role in (("zhou2", "legal"), ("wu2", "personnel")):
            create_account(
                session,
                actor=system("test"),
                username=name,
                email=f"{name}@example.test",
                roles=[role],
                officer=None,
                now=datetime.now(UTC),
            )
    return site


def set_one(site: Site, username: str, **form: object) -> int:
    client = site.client(username)
    token = csrf(client.get("/holds/new"))
    wish = {
        "target": "clip",
        "clip": str(site.clip),
        "reason": "litigation",
        "document": "（2026）行初 12 号",
    }
    return client.post("/holds", data={"csrf_token": token, **wish, **form}).status_code


def standing(site: Site) -> list[str]:
    with site.database.read() as session:
        return [one.reason for one in holds_on(session, [site.clip]).get(site.clip, ())]


def test_set_by_one_and_lifted_by_another(second: Site) -> None:
    site = second
    assert set_one(site, "zhou") == 303
    assert standing(site) == ["litigation"]
    with site.database.read() as session:
        (hold,) = session.scalars(select(Hold)).all()
    mine = site.client("zhou", "en")
    page = mine.get("/holds")
    assert "to be lifted by somebody else" in page.text
    assert f"/holds/{hold.id}/lift" not in page.text
    mine.post(f"/holds/{hold.id}/lift", data={"csrf_token": csrf(page), "reason": "x"})
    assert "whoever set a hold does not lift it" in mine.get("/holds").text
    theirs = site.client("zhou2", "en")
    page = theirs.get("/holds")
    theirs.post(f"/holds/{hold.id}/lift", data={"csrf_token": csrf(page), "reason": " "})
    assert "say why it is lifted" in theirs.get("/holds").text
    assert standing(site) == ["litigation"]
    theirs.post(f"/holds/{hold.id}/lift", data={"csrf_token": csrf(page), "reason": "已审结"})
    assert standing(site) == []
    assert "已审结" in theirs.get("/holds?show=lifted").text
    theirs.post(f"/holds/{hold.id}/lift", data={"csrf_token": csrf(page), "reason": "已审结"})
    assert "lifted it first" in theirs.get("/holds").text


@pytest.mark.parametrize("username", PEOPLE)
def test_who_may_and_who_may_not(site: Site, username: str) -> None:
    client = site.client(username)
    may = PEOPLE[username] in {"legal", "archivist", "personnel"}
    for path in ("/holds", "/holds/new", "/holds/new?for=case", "/holds/new?for=officers"):
        assert client.get(path).status_code == (200 if may else 403)
    token = csrf(client.get("/account"))
    form = {"csrf_token": token, "target": "clip", "clip": str(site.clip), "document": "x"}
    for reason, allowed in (
        ("litigation", "zhou"),
        ("court", "zhou chen"),
        ("complaint", "wu"),
        ("discipline", "wu"),
        ("interference", "wu"),
    ):
        status = client.post("/holds", data={**form, "reason": reason}).status_code
        assert status == (303 if username in allowed.split() else 400 if may else 403), reason
    assert client.post(f"/holds/{uuid4()}/lift", data={"csrf_token": token}).status_code == (
        404 if may else 403
    )
    before = len(standing(site))
    bare = {
        **form,
        "document": "without a token",
        "csrf_token": "",
        "reason": "complaint" if username == "wu" else "court",
    }
    assert client.post("/holds", data=bare).status_code == 400
    assert len(standing(site)) == before


def test_a_case_and_officers_with_hostile_words(site: Site) -> None:
    with site.database.read() as session:
        officers = [str(one) for one in session.scalars(select(Officer.id))]
    page = site.client("zhou").get(f"/cases/{site.cases[0]}").text
    found = re.search(r"城市监罚〔\d+〕112 号", page)
    assert found is not None
    number = found.group()
    assert set_one(site, "zhou", target="case", case=number, note=HOSTILE, document=HOSTILE) == 303
    today = (
        f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%d}",
        f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%d}",
    )
    span = {"target": "officers", "officer": officers, "from": today[0], "to": today[1]}
    assert set_one(site, "zhou", **span) == 303
    assert set_one(site, "zhou", **{**span, "from": today[1], "to": today[0]}) == 400
    assert set_one(site, "zhou", **{**span, "officer": ["x"]}) == 400
    assert set_one(site, "zhou", target="case", case="没有") == 400
    assert set_one(site, "zhou", clip="https://bureau/clips/" + str(uuid4())) == 400
    assert set_one(site, "zhou", clip=f"https://bureau/clips/{site.clip}?x=1") == 303
    shown = site.client("zhou").get("/holds").text
    assert "<img src=x" not in shown
    assert "&lt;img src=x" in shown
    assert standing(site) == ["litigation", "litigation"]
    assert "依规暂停销毁" in site.client("li").get(f"/cases/{site.cases[0]}").text


PATHS = ("/clips/{clip}", "/cases/{case}", "/clips", "/cases", "/custody", "/custody?subject={clip}", "/holds", "/holds?clip={clip}", "/holds/new", "/seals", "/incidents", "/dockings", "/account", "/", "/custody/{entry}")  # fmt: skip


def world_with(make_site: Callable[..., Site], setter: str | None, reason: str) -> tuple[Site, UUID]:
    """The bureau in which such a hold stands on a clip and on a case, and the entry of the first."""
    site = make_site()
    if setter is None:
        return site, UUID(int=0)
    with site.database.write() as session:
        account = find_account(session, setter)
        assert account is not None
        actor = person(account, "192.0.2.9")
        note = "投诉人张三" * 40 if reason == "complaint" else ""
        for target in ({"clip": site.clip}, {"case": site.cases[0]}):
            wish = HoldWish(next(iter(target)), reason, f"{reason}文书", note, **target)
            set_hold(session, actor=actor, wish=wish, now=NOW)
        entry = session.scalars(
            select(CustodySubject.entry_id)
            .join(CustodyEntry, CustodyEntry.id == CustodySubject.entry_id)
            .where(CustodyEntry.action == "hold.set", CustodySubject.subject_id == site.clip)
        ).one()
    return site, entry


def seen(world: tuple[Site, UUID], username: str) -> dict[str, str]:
    """What somebody reads on every page; without ids, digests, form tokens, signatures and the seconds of today."""
    site, entry = world
    client = site.client(username)
    found = {}
    for path in PATHS:
        answer = client.get(path.format(clip=site.clip, case=site.cases[0], entry=entry))
        text = re.sub(r'name="csrf_token" value="[^"]+"', "", answer.text)
        text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}|[0-9a-f]{10,64}…?", "#", text)
        text = re.sub(r'name="csrf-token" content="[^"]+"', "", text)
        text = re.sub(r"X-Amz-[^\"]*", "", text)
        text = re.sub(r"[0-9a-f]{4}…[0-9a-f]{4}", "#", text)
        found[path] = f"{answer.status_code} {re.sub('20[0-9]{2}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+', '@', text)}"
    return found


@pytest.mark.parametrize("username", [name for name in PEOPLE if name not in {"wu", "zhou", "chen"}])
def test_a_complaint_is_not_told_from_an_audit(make_site: Callable[..., Site], username: str) -> None:
    """Whoever is not of the personnel section and sets no holds reads the same bytes, whichever of the two it is."""
    complaint = seen(world_with(make_site, "wu", "complaint"), username)
    audit = seen(world_with(make_site, "zhou", "audit"), username)
    for path, text in complaint.items():
        assert text == audit[path], path
    if PEOPLE[username] in {"officer", "handler", "section-head"}:
        assert complaint["/clips/{clip}"].startswith("200")
        assert "依规暂停销毁" in complaint["/clips/{clip}"]


@pytest.mark.parametrize("username", ["zhou", "chen"])
def test_those_who_set_others_see_it_nowhere_but_in_their_own_list(
    make_site: Callable[..., Site], username: str
) -> None:
    """Of holds of their own they read the reason in their list, and nowhere else; their list knows no complaint."""
    own = {"/holds", "/holds?clip={clip}"}
    complaint = seen(world_with(make_site, "wu", "complaint"), username)
    audit = seen(world_with(make_site, "zhou", "audit"), username)
    nothing = seen(world_with(make_site, None, ""), username)
    assert {path for path in complaint if complaint[path] != audit[path]} == own
    assert {path: complaint[path] for path in own} == {path: nothing[path] for path in own}


def test_the_entry_of_a_hold_shows_only_that_it_is_one(site: Site) -> None:
    assert set_one(site, "wu", reason="complaint", note="张三投诉") == 303
    with site.database.read() as session:
        (entry,) = session.scalars(select(CustodyEntry.id).where(CustodyEntry.action == "hold.set")).all()
        private = session.scalars(select(CustodyPrivate.value).where(CustodyPrivate.entry_id == entry)).all()
    assert any("张三" in value for value in private)  # kept, and proven by the record
    for username in (
        "zhou",
        "chen",
        "sun",
    ):  # the form that asks for a purpose names complaints on every recording
        client = site.client(username)
        data = {"csrf_token": csrf(client.get("/account")), "purpose": "file-check"}
        assert client.post(f"/clips/{site.clip}/purpose", data=data).status_code == 303
    for username in ("zhao", "zhou", "chen", "li", "sun"):
        client = site.client(username)
        for path in (f"/custody/{entry}", "/custody", "/custody?action=hold.set", f"/clips/{site.clip}"):
            # What the auditor can choose from names every role, whoever acted.
            text = re.sub(r"<option.*?</option>", "", client.get(path).text)
            for word in ("张三", "complaint", "投诉"):
                assert word not in text, (username, path, word)
            if path == "/custody":  # there she signed in, in her role, as everybody does
                text = re.sub(r"吴静（人事股）登录系统|账户 吴静", "", text)
            for word in ("吴静", "人事"):
                assert word not in text, (username, path, word)


def test_the_personnel_section_reads_its_own(site: Site) -> None:
    assert set_one(site, "wu", reason="complaint", note="张三投诉") == 303
    assert set_one(site, "zhou", reason="audit", document="审字 7 号") == 303
    page = site.client("wu").get("/holds").text
    assert "张三投诉" in page
    assert "审字 7 号" not in page
    page = site.client("zhou").get("/holds").text
    assert "张三投诉" not in page
    assert "审字 7 号" in page
