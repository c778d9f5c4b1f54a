"""What the rules refuse is said in words, changes nothing, and stands in the custody log, whichever page it was tried on."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

import web.pages
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import view_case
from catalog.holds.acts import HoldWish, set_hold
from catalog.models import Account, Attachment, Case, CustodyEntry, CustodyLookup, CustodySubject, Hold
from catalog.people import person
from catalog.refused import Refused
from tests.web.conftest import Site, csrf


def kept(site: Site) -> list[tuple[dict[str, str], set[tuple[str, UUID]]]]:
    """The refusals of the log, with what each is about."""
    with site.database.read() as session:
        return [
            (
                json.loads(entry.record)["facts"],
                {
                    (s.kind, s.subject_id)
                    for s in session.scalars(
                        select(CustodySubject).where(CustodySubject.entry_id == entry.id)
                    )
                },
            )
            for entry in session.scalars(
                select(CustodyEntry).where(CustodyEntry.action == "act.refused").order_by(CustodyEntry.id)
            )
        ]


def tried(site: Site, who: str, path: str, **form: object) -> str:
    client = site.client(who, "en")
    token = csrf(client.get("/account"))
    answer = client.post(path, data={"csrf_token": token, **form}, follow_redirects=True)
    assert answer.status_code < 500
    assert "Traceback" not in answer.text
    return answer.text


@pytest.fixture
def attachment(site: Site) -> UUID:
    now = site.components.clock()
    with site.database.write() as session:
        li = person(session.scalars(select(Account).where(Account.username == "li")).one(), None)
        view = view_case(session, site.cases[0])
        assert view is not None
        step = view.by_stage["investigation"][0]
        row = attach(
            session, actor=li, clip_id=site.clip, step_id=step.id, wish=Wish("process", "sub"), now=now
        )
        return row.id


@pytest.fixture
def hold(site: Site) -> UUID:
    with site.database.write() as session:
        zhou = person(session.scalars(select(Account).where(Account.username == "zhou")).one(), None)
        wish = HoldWish("clip", "audit", "审计通知", "", clip=site.clip)
        set_hold(session, actor=zhou, wish=wish, now=site.components.clock())
        return session.scalars(select(Hold.id)).one()


def test_the_same_clip_twice_at_one_step(site: Site, attachment: UUID) -> None:
    with site.database.read() as session:
        step = session.get_one(Attachment, attachment).step_id
    tried(site, "li", f"/steps/{step}/clips", clip=str(site.clip), role="process", volume="sub")
    assert kept(site) == [({"act": "step_attach", "why": "already-attached"}, {("step", step)})]


@pytest.mark.parametrize("quietly", [True, False])
def test_the_same_clip_twice_from_its_own_page(site: Site, attachment: UUID, quietly: bool) -> None:
    with site.database.read() as session:
        step = session.get_one(Attachment, attachment).step_id
    client = site.client("li", "en")
    token = csrf(client.get("/account"))
    client.post(
        f"/clips/{site.clip}/attachments",
        data={"csrf_token": token, "step": str(step), "role": "process", "volume": "sub"},
        headers={"HX-Request": "true"} if quietly else {},
    )
    assert kept(site) == [({"act": "clip_attach", "why": "already-attached"}, {("clip", site.clip)})]


def test_a_view_without_a_name(site: Site) -> None:
    tried(site, "li", "/clips/views", name=" ", query="")
    assert kept(site) == [({"act": "view_save", "why": "no-name"}, set())]


READ_ONLY = {"case_forms", "wishes"}
"""They read what a form or a file says, before there is an act."""


def test_every_page_of_acts_keeps_refusals() -> None:
    """A page that knows a refusal by the rules acts by `web.acting`, or hands what is refused of a file to it."""
    forgot = set()
    for found in pkgutil.iter_modules(web.pages.__path__):
        names = vars(importlib.import_module(f"web.pages.{found.name}"))
        knows = any(isinstance(one, type) and issubclass(one, Refused) for one in names.values())
        if knows and not {"acting", "noting", "keep_refusal"} & names.keys():
            forgot.add(found.name)
    assert forgot == READ_ONLY


@pytest.mark.parametrize("reader", ["zhao", "li", "chen", "zhou"])
def test_a_refusal_about_a_hold_names_nobody(site: Site, hold: UUID, reader: str) -> None:
    tried(site, "zhou", f"/holds/{hold}/lift", reason="x")
    client = site.client(reader)
    for path in ("/custody?action=hold.refused", "/custody?action=act.refused", "/custody?group=refusal"):
        text = " ".join(re.findall(r'<td class="happened">.*?</td>', client.get(path).text, flags=re.DOTALL))
        assert "周敏" not in text, path
        assert str(hold) not in text


def test_one_s_own_hold(site: Site, hold: UUID) -> None:
    tried(site, "zhou", f"/holds/{hold}/lift", reason="x")
    assert kept(site) == []  # who set a hold would be told by it
    with site.database.read() as session:
        (entry,) = session.scalars(select(CustodyEntry).where(CustodyEntry.action == "hold.refused"))
        record = json.loads(entry.record)
        assert record["facts"] == record["subjects"] == {}
        assert {"act", "why", "actor"} <= set(record["private"])
        found_by = {
            row.name
            for row in session.scalars(select(CustodyLookup).where(CustodyLookup.entry_id == entry.id))
        }
        assert found_by == {"action", "group"}
        assert session.get_one(Hold, hold).lifted_at is None


def test_a_move_out_of_its_order(site: Site) -> None:
    case = site.cases[0]
    tried(site, "zhou", f"/cases/{case}/moves/hand-over", confirm="1")
    assert kept(site) == [({"act": "case_move", "move": "hand-over", "why": "wrong-state"}, {("case", case)})]


def test_a_file_accepted_without_a_check(site: Site) -> None:
    case = site.cases[0]
    tried(site, "chen", f"/cases/{case}/archive/accept", note="x", check="")
    [(facts, about)] = kept(site)
    assert facts["act"] == "archive_accept"
    assert about == {("case", case)}
    with site.database.read() as session:
        assert session.get_one(Case, case).state == "open"


def test_a_detachment_confirmed_that_nobody_asked_for(site: Site, attachment: UUID) -> None:
    tried(site, "zhou", f"/attachments/{attachment}/detachment/confirmation")
    [(facts, about)] = kept(site)
    assert facts["act"] == "detachment_confirm"
    assert about == {("attachment", attachment)}


@pytest.mark.parametrize(
    ("who", "path"),
    [
        ("li", "/cases/{nothing}/edit"),
        ("zhou", "/holds/{nothing}/lift"),
        ("zhou", "/attachments/{nothing}/detachment/confirmation"),
        ("chen", "/cases/{nothing}/archive/label"),
    ],
)
def test_what_does_not_exist_leaves_no_entry(site: Site, who: str, path: str) -> None:
    """Else anybody could write ids of his own choice into the log."""
    tried(site, who, path.format(nothing=uuid4()))
    assert kept(site) == []


def test_a_refused_act_leaves_nothing_but_its_entry(site: Site) -> None:
    with site.database.read() as session:
        before = session.scalars(select(CustodyEntry.id)).all()
    tried(site, "li", f"/cases/{site.cases[0]}/edit", title="", type="penalty-general", seen="stale")
    with site.database.read() as session:
        added = [e.action for e in session.scalars(select(CustodyEntry)) if e.id not in before]
    assert [action for action in added if not action.startswith("account.")] == ["act.refused"]
