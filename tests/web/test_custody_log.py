"""The custody log's page: filters in the address, by role; searches and refused pages leave entries."""

from __future__ import annotations

import html
import json

import pytest
from sqlalchemy import select

from catalog.actors import system
from catalog.custody.log import add_entry
from catalog.custody.record import leaf_digest
from catalog.models import Account, CustodyEntry
from tests.web.conftest import NEEDED, Site, csrf


def records(site: Site, action: str) -> list[dict[str, object]]:
    with site.database.read() as session:
        rows = session.scalars(
            select(CustodyEntry.record).where(CustodyEntry.action == action).order_by(CustodyEntry.id)
        )
        return [json.loads(row) for row in rows]


def account(site: Site, username: str) -> str:
    with site.database.read() as session:
        return str(session.scalars(select(Account.id).where(Account.username == username)).one())


def test_the_auditor_narrows_down_by_everything(site: Site) -> None:
    site.client("li").get("/cases?words=112")
    client = site.client("zhao", "en")
    li = account(site, "li")
    page = client.get(f"/custody?person={li}&group=look&period=today&role=handler&address=127.0.0.1").text
    assert "words 112" in page
    assert "signed in" not in page.split("<tbody>")[1]
    assert f'value="{li}" selected' in page
    assert "No entry fits." in client.get(f"/custody?person={li}&group=disposal").text
    assert "No entry fits." in client.get("/custody?subject=nothing-is-called-so").text
    assert "李" in client.get("/custody?subject=li").text


@pytest.mark.parametrize("query", ["person=%27%3B--", "group=nothing", "period=ever", "from=x&to=y", "before=z",
                                    "subject=%00%E2%80%AE", "action=%3Cscript%3E", "role=root", "address=%25"])  # fmt: skip
def test_what_makes_no_sense_counts_as_not_said_or_finds_nothing(site: Site, query: str) -> None:
    answer = site.client("zhao").get(f"/custody?{query}")
    assert answer.status_code == 200
    assert "<script>" not in answer.text


def test_others_cannot_look_for_a_person(site: Site) -> None:
    li, page = account(site, "li"), site.client("chen", "en").get
    assert 'name="person"' not in page("/custody").text
    assert page(f"/custody?person={li}").text.count("<tr>") == page("/custody").text.count("<tr>") > 3


def test_searches_leave_one_entry_each(site: Site) -> None:
    client = site.client("li", "en")
    for path in ("/clips", "/clips?kind=video", "/cases", "/clips?words=%20"):
        client.get(path)
    assert records(site, "search.made") == []
    for path in (
        "/clips?words=张三",
        "/clips?words=张三&sort=size",
        "/cases?words=张三&page=2",
        "/clips?officer=me",
    ):
        client.get(path)
    found = records(site, "search.made")
    assert [one["facts"] for one in found] == [
        {"where": "clips", "by": ["words"]},
        {"where": "cases", "by": ["words"]},
        {"where": "clips", "by": ["officer"]},
    ]
    assert "张三" not in json.dumps(found, ensure_ascii=False)
    assert "张三" not in site.client("chen").get("/custody").text
    assert "张三" in site.client("zhao").get("/custody").text


@pytest.mark.parametrize(
    ("who", "path", "fact"),
    [
        ("li", "/clips?words=张三&after=x", {"where": "clips", "by": ["words"]}),
        ("li", "/clips?officer=王建国&after=1", {"where": "clips", "by": ["officer"]}),
        ("li", "/clips?near=31.2,121.4&within=500", {"where": "clips", "by": ["near"]}),
        ("li", "/cases?words=张三&page=2", {"where": "cases", "by": ["words"]}),
        ("li", "/custody?subject=张三&before=", {"where": "custody", "by": ["subject"]}),
        ("zhao", "/custody?person={wang}&before=x", {"where": "custody", "by": ["person"]}),
        ("chen", "/archive/files?words=张三", {"where": "archive", "by": ["words"]}),
        ("chen", "/archive/files?shelf=甲&page=3", {"where": "archive", "by": ["shelf"]}),
        ("sun", "/unattached?officer={officer}", {"where": "unattached", "by": ["officer"]}),
        ("sun", "/coverage?handler={officer}&page=2", {"where": "coverage", "by": ["handler"]}),
        ("luo", "/roles?account={wang}", {"where": "roles", "by": ["person"]}),
    ],
)
def test_no_way_of_asking_leaves_no_entry(site: Site, who: str, path: str, fact: dict[str, object]) -> None:
    with site.database.read() as session:
        wang = session.scalars(select(Account).where(Account.username == "wang")).one()
        path = path.format(wang=wang.id, officer=wang.officer_id)
    client = site.client(who)
    for _ in range(2):
        assert client.get(path).status_code == 200
    assert [one["facts"] for one in records(site, "search.made")] == [fact]


def test_looking_for_a_case_to_merge_into_is_a_search_of_cases(site: Site) -> None:
    client = site.client("sun", "en")
    for path in ("merge", "merge?words=李四", "merge?words=李四"):
        assert client.get(f"/cases/{site.cases[0]}/{path}").status_code == 200
    client.get("/cases?words=李四")
    assert [one["facts"] for one in records(site, "search.made")] == [{"where": "cases", "by": ["words"]}]


def test_looking_for_somebodys_account_is_a_search(site: Site) -> None:
    client = site.client("gao", "en")
    for path in ("/accounts", "/accounts?state=open", "/accounts?q=li", "/accounts?q=li"):
        assert client.get(path).status_code == 200
    (one,) = records(site, "search.made")
    assert one["facts"] == {"where": "accounts", "by": ["words"]}
    assert "in the accounts" in site.client("zhao", "en").get("/custody?action=search.made").text


def test_a_page_outside_ones_roles_leaves_an_entry_once(site: Site) -> None:
    client = site.client("wang")
    for _ in range(3):
        assert client.get("/holds").status_code == 403
    (one,) = records(site, "account.look-refused")
    assert one["facts"] == {"permission": "office:hold:set", "act": "pages.holds"}


def test_printing_the_recording_gaps_leaves_an_entry(site: Site) -> None:
    client = site.client("li")
    form = {"csrf_token": csrf(client.get("/account")), **NEEDED}
    assert client.post(f"/cases/{site.cases[0]}/coverage/print", data=form).status_code == 200
    assert len(records(site, "case.coverage-printed")) == 1


def test_the_record_on_the_page_is_the_record_with_every_character(site: Site) -> None:
    """Direction marks show as words elsewhere; here the leaf is the digest of exactly what stands on the page."""
    with site.database.write() as session:
        entry = add_entry(
            session,
            actor=system("test"),
            action="docking.closed",
            subjects={},
            facts={"serial": "A\u202e1\u200f<2>"},
            private={"note": "B\u202e3"},
            now=site.components.clock(),
        )
        kept = session.get_one(CustodyEntry, entry)
        record, leaf = kept.record, kept.leaf
    page = html.unescape(site.client("zhao", "en").get(f"/custody/{entry}").text)
    assert "\u202e" in record
    assert leaf_digest(record) == leaf
    assert record in page
    assert "B\u202e3" in page
