"""The auditor's report and export by page: who may, what is refused in words, and that a file checks itself."""

from __future__ import annotations

import json
import re

import pytest
from sqlalchemy import select

from catalog.custody.sequencer import place_entries
from catalog.models import CustodyEntry
from catalog.rules.export_check import check_export
from tests.web.conftest import Site, csrf

PEOPLE = ["wang", "li", "chen", "admin", "sun", "zhou", "wu", "he", "ma", "qian"]


@pytest.mark.parametrize("username", PEOPLE)
def test_for_auditors_alone(site: Site, username: str) -> None:
    client = site.client(username)
    token = csrf(client.get("/account"))
    for path in ("/custody/unusual", "/custody/export"):
        assert client.get(path).status_code == 403
    for path in (f"/custody/unusual/{'0' * 64}", "/custody/export"):
        assert client.post(path, data={"csrf_token": token, "remark": "r", "reason": "r"}).status_code == 403


def test_the_report_its_link_and_a_remark(site: Site) -> None:
    client = site.client("wang")
    for path in ("/holds", "/seals", "/officers", "/stations", "/operations", "/retention", "/archive",
                 "/disposal", "/incidents", "/unattached/none", "/detachments", "/my-cases"):  # fmt: skip
        client.get(path)
    auditor = site.client("zhao", "en")
    page = auditor.get("/custody/unusual")
    assert "many refusals" in page.text
    assert "王建国" in page.text
    link = re.search(r'href="(/custody\?person=[^"]+)"', page.text)
    assert link is not None
    assert "a page outside one&#39;s roles asked for" in auditor.get(link.group(1).replace("&amp;", "&")).text
    (row,) = re.findall(r'action="(/custody/unusual/[0-9a-f]{64})"', page.text)
    form = {"csrf_token": csrf(page), "remark": "<b>asked him\u202e</b>"}
    assert "write what was found" in auditor.post(row, data={**form, "remark": " "}).text
    assert auditor.post("/custody/unusual/nonsense", data=form).status_code == 400
    after = auditor.post(row, data=form, follow_redirects=True)
    assert "All rows of these days were looked into." in after.text
    every = auditor.get("/custody/unusual?show=all").text
    assert "&lt;b&gt;asked him&lt;/b&gt;" in every
    assert "asked him" not in site.client("chen").get("/custody").text


@pytest.mark.parametrize("query", ["from=x", "from=2026-11-23&to=1999-01-01", "from=1990-01-01&to=9000-01-01", "from=9000-01-01", "to=1990-01-01"])  # fmt: skip
def test_any_days(site: Site, query: str) -> None:
    assert site.client("zhao").get(f"/custody/unusual?{query}").status_code == 200


def test_the_export_checks_itself_and_is_an_entry(site: Site) -> None:
    client = site.client("zhao", "en")
    with site.database.write() as session:
        place_entries(session)
    page = client.get("/custody/export")
    answer = client.post(
        "/custody/export",
        data={"csrf_token": csrf(page), "needed_for": "inspection", "needed_note": "上级检查"},
    )
    assert answer.status_code == 200
    assert re.search(r'filename="custody-log-0-\d+\.jsonl"', answer.headers["Content-Disposition"])
    found = check_export(answer.data.splitlines(keepends=True))
    assert found.trouble == []
    assert found.entries > 10
    with site.database.read() as session:
        entry = session.scalars(select(CustodyEntry).where(CustodyEntry.action == "custody.exported")).one()
    assert json.loads(entry.record)["facts"]["root"] == found.root
    assert "上级检查" not in entry.record


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"needed_for": ""}, "was not said what this paper or file is needed for"),
        ({"first": "9", "last": "3"}, "no entries at these places"),
        ({"first": "-1"}, "no entries at these places"),
        ({"last": "9" * 15}, "no entries at these places"),
        ({"first": "１"}, "no entries at these places"),
    ],
)
def test_what_is_refused_is_said(site: Site, form: dict[str, str], words: str) -> None:
    client = site.client("zhao", "en")
    with site.database.write() as session:
        place_entries(session)
    answer = client.post(
        "/custody/export",
        data={"csrf_token": csrf(client.get("/custody/export")), "needed_for": "case", **form},
    )
    assert answer.status_code == 400
    assert words in answer.text
