"""The archivist's pages: who may open and change them, what they print, and that hostile text stays text."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from uuid import UUID

import pypdf
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from catalog.actors import Actor, system
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import steps_of
from catalog.case_files.life import MoveFacts, move_case
from catalog.coverage import notes
from catalog.coverage.judging import judge_and_keep
from catalog.models import AcceptanceCheck, Account, Attachment, Case, CaseMove, Clip, CustodyEntry, Stage
from catalog.people import create_account, person
from tests.web.conftest import HOSTILE, NEEDED, Site, csrf

FORMULA = '=HYPERLINK("http://x.example","钱")<script>alert(\'x\')</script>&amp;\u202e'
READERS = {"chen", "he"}
PRINTERS = {"chen", "he", "li", "sun", "zhou"}
EVERYBODY = ("wang", "li", "chen", "admin", "zhao", "sun", "zhou", "wu", "he", "ma", "qian")


def actor(site: Site, username: str) -> Actor:
    with site.database.read() as session:
        return person(session.scalars(select(Account).where(Account.username == username)).one(), None)


def handed_over(site: Site, title: str = FORMULA) -> UUID:
    """The first case with both clips, brought to the archive's door; every text a person types is hostile."""
    case = site.cases[0]
    now = site.components.clock()
    with site.database.write() as session:
        row = session.get_one(Case, case)
        row.title, row.party, row.shelf_place = title[:250], FORMULA, FORMULA
        steps = steps_of(session, case)
        steps[1].title = FORMULA
        for clip, step, wish in (
            (site.clip, steps[1], Wish("evidence", "main", FORMULA, 1.0, 2.5)),
            (site.hostile, steps[0], Wish("process", "sub")),
        ):
            attach(session, actor=actor(site, "li"), clip_id=clip, step_id=step.id, wish=wish, now=now)
        kept = session.scalars(select(Attachment).where(Attachment.clip_id == site.clip)).one()
        kept.maker, kept.method = FORMULA, "现场拍摄"
    walk(site, case)
    return case


def walk(site: Site, case: UUID) -> None:
    for move, who in (
        ("finish", "li"),
        ("make-up", "li"),
        ("correct", "sun"),
        ("pass", "zhou"),
        ("hand-over", "zhou"),
    ):
        with site.database.write() as session:
            move_case(
                session, actor=actor(site, who), case_id=case, move=move, facts=MoveFacts(closed_on=date(2026, 11, 1)),
                today=date(2026, 11, 23), now=site.components.clock(),
            )  # fmt: skip


def explain_what_lacks(site: Site, case: UUID) -> None:
    """The handler explains each step of the case that should have been recorded; the head of the section confirms it."""
    now = site.components.clock()
    with site.database.write() as session:
        for step in steps_of(session, case):
            step.started_at = step.started_at or now - timedelta(hours=2)
            step.ended_at = step.ended_at or now - timedelta(hours=1)
        session.flush()
        for step in steps_of(session, case):
            judged = judge_and_keep(session, [step.id], now)[0]
            if judged.state == "fine":
                continue
            named = frozenset(notes.lacks(judged.judgement))
            wish = notes.Wish(("conditions",), named, "typed with care")
            note = notes.explain(session, actor=actor(site, "li"), step_id=step.id, wish=wish, now=now)
            notes.decide(
                session,
                actor=actor(site, "sun"),
                explanation_id=note.id,
                decision="confirm",
                text="",
                now=now,
            )


def post(client: FlaskClient, path: str, **data: str) -> tuple[int, str]:
    answer = client.post(path, data={"csrf_token": csrf(client.get("/account")), **NEEDED, **data})
    return answer.status_code, answer.text


def words(pdf: bytes) -> str:
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("username", EVERYBODY)
def test_each_role(site: Site, username: str) -> None:
    case = handed_over(site)
    client = site.client(username)
    token = csrf(client.get("/account"))
    reads = 200 if username in READERS else 403
    for path in (
        "/archive",
        "/archive/files",
        "/archive/expiries",
        f"/cases/{case}/archive",
        f"/cases/{case}/archive/reading",
    ):
        assert client.get(path).status_code == reads, path
    assert client.get(f"/cases/{case}/index").status_code == (200 if username in PRINTERS else 403)
    made = {
        f"/cases/{case}/index/print": PRINTERS,
        f"/cases/{case}/hand-over.pdf": PRINTERS,
        "/archive/files.csv": READERS,
    }
    for path, who in made.items():
        answer = client.post(path, data={"csrf_token": token, **NEEDED})
        assert answer.status_code == (200 if username in who else 403), path
    for path in ("label", "check", "read-back", "accept", "archive"):
        answer = client.post(f"/cases/{case}/archive/{path}", data={"csrf_token": token})
        assert (answer.status_code == 403) == (username != "chen"), path
    assert (client.post("/archive/accept", data={"csrf_token": token}).status_code == 403) == (
        username != "chen"
    )
    with site.database.read() as session:
        assert session.get_one(Case, case).state == "handed-over"
        assert len(session.scalars(select(AcceptanceCheck)).all()) == (1 if username == "chen" else 0)


def test_the_way_of_a_file_through_the_archive(site: Site) -> None:
    case = handed_over(site)
    client = site.client("chen", "en")
    assert "not checked yet" in client.get("/archive").text
    page = client.get(f"/cases/{case}/archive")
    assert "A file is accepted on the ground of a check" in page.text
    assert post(client, f"/cases/{case}/archive/accept")[0] == 400  # no check yet
    assert post(client, f"/cases/{case}/archive/check")[0] == 303
    page = client.get(f"/cases/{case}/archive").text
    assert "It was never read back whole." in page  # the hostile clip is not verified
    check = unescape(re.findall(r'name="check" value="([^"]+)"', page)[0])
    code, text = post(client, f"/cases/{case}/archive/accept", check=check)
    assert (code, "say why the file is accepted all the same" in text) == (400, True)
    code, text = post(client, f"/cases/{case}/archive/accept", check="nonsense", note="typed with care")
    assert code == 303  # an unreadable check is as none: the newest is judged
    with site.database.read() as session:
        kept = session.get_one(Case, case)
        assert kept.state == "accepted"
        move = session.scalars(
            select(CaseMove).where(CaseMove.case_id == case, CaseMove.move == "accept")
        ).one()
        assert session.scalars(select(AcceptanceCheck.relied_on_by)).one() == move.id
    code, text = post(client, f"/cases/{case}/archive/archive")
    assert (code, "Enter the archive number" in text) == (400, True)
    page = client.get(f"/cases/{case}/archive?period=D30").text
    assert "fonds number" in page  # the pattern needs what is not set
    seen = re.findall(r'name="seen" value="([^"]+)"', page)[0]
    label = {
        "archive_number": "101-2026-D30-0001",
        "fonds_number": "101",
        "archive_year": "2026",
        "seen": seen,
    }
    assert post(client, f"/cases/{case}/archive/label", **label)[0] == 303
    code, text = post(client, f"/cases/{case}/archive/label", **{**label, "shelf_place": "typed"})
    assert (code, "Somebody else has changed the label" in text, 'value="typed"' in text) == (400, True, True)
    code, text = post(client, f"/cases/{case}/archive/archive")
    assert (code, "only with an explanation that the head of the section has confirmed" in text) == (
        400,
        True,
    )
    explain_what_lacks(site, case)
    assert post(client, f"/cases/{case}/archive/archive")[0] == 303
    page = client.get(f"/cases/{case}/archive").text
    assert "101-2026-D30-0001" in page
    assert "case.label-changed" in entries(site)
    certificate = client.post(
        f"/cases/{case}/archive/certificate.pdf",
        data={"csrf_token": csrf(client.get("/account")), **NEEDED},
    )
    found = words(certificate.data)
    assert "typed with care" in found
    assert "101-2026-D30-0001" in found


@pytest.mark.parametrize("username", ["chen", "chen2"])
def test_who_handed_a_file_over_is_not_offered_to_accept_it(site: Site, username: str) -> None:
    """By whichever account it was: the page says why; another archivist is offered it, and posting it is refused."""
    case = handed_over(site)
    now = site.components.clock()
    with site.database.write() as session:
        chen = session.scalars(select(Account).where(Account.username == "chen")).one()
        for name, officer in (("chen2", chen.officer), ("gu", None)):
            create_account(
                session, actor=system("test"), username=name, email=f"{name}@x.example", roles=["archivist"],
                officer=officer, now=now, display_name="" if officer else name,
            )  # fmt: skip
    client, says, form = site.client("chen", "en"), "You handed this file over yourself", "/archive/accept"
    assert post(client, f"/cases/{case}/archive/check")[0] == 303
    for path, offer in ((f"/cases/{case}/archive", form), (f"/cases/{case}", "/moves/accept")):
        page = client.get(path).text
        assert (offer in page, says in page) == (True, False), "the legal section handed it over"
    with site.database.write() as session:
        giver = session.scalars(select(Account.id).where(Account.username == username)).one()
        session.execute(update(CaseMove).where(CaseMove.move == "hand-over").values(by_id=giver))
    for path, offer in ((f"/cases/{case}/archive", form), (f"/cases/{case}", "/moves/accept")):
        page = client.get(path).text
        assert (offer in page, says in page) == (False, True), path
        page = site.client("gu", "en").get(path).text
        assert (offer in page, says in page) == (True, False), path
    assert (says in client.get("/archive").text, says in site.client("gu", "en").get("/archive").text) == (
        True,
        False,
    )
    code, text = post(client, f"/cases/{case}/archive/accept", note="x")
    assert (code, "cannot take it over as well" in text) == (400, True)


def entries(site: Site) -> list[str]:
    with site.database.read() as session:
        return list(session.scalars(select(CustodyEntry.action)))


def test_a_proposed_number(make_site: object) -> None:
    site: Site = make_site()  # type: ignore[operator]
    catalog = site.components.settings.catalog
    object.__setattr__(catalog, "fonds_number", "101")
    case = handed_over(site)
    client = site.client("chen")
    page = client.get(f"/cases/{case}/archive?period=D30").text
    assert 'value="101-2026-D30-城东分局-0001"' in page
    assert client.get(f"/cases/{case}/archive?period=<x>").status_code == 200


def test_several_are_accepted_at_once(site: Site) -> None:
    one, other = site.cases
    walk(site, one)
    walk(site, other)
    client = site.client("chen", "en")
    for case in (one, other):
        post(client, f"/cases/{case}/archive/check")
    with site.database.write() as session:  # a file that holds nothing passes what can be tested of it
        session.execute(
            update(AcceptanceCheck).where(AcceptanceCheck.case_id == other).values(content_sha256="0" * 64)
        )
    page = client.get("/archive")
    assert page.text.count('name="case"') == 1
    answer = client.post(
        "/archive/accept",
        data={"csrf_token": csrf(page), "case": [str(one), str(other), "x"]},
        follow_redirects=True,
    )
    assert "1 files accepted" in answer.text
    assert "has changed since it was checked" in answer.text
    with site.database.read() as session:
        assert [session.get_one(Case, case).state for case in (one, other)] == ["accepted", "handed-over"]


def test_hostile_text_stays_text(site: Site) -> None:
    case = handed_over(site)
    client = site.client("chen", "en")
    post(client, f"/cases/{case}/archive/check")
    token = csrf(client.get("/account"))
    for path in (
        "/archive",
        "/archive/files",
        f"/cases/{case}/archive",
        f"/cases/{case}/index",
        "/archive/expiries",
    ):
        page = client.get(path).text
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
    assert "<script>alert" in unescape(client.get("/archive/files").text)
    for path in ("index/print", "hand-over/print", "archive/check/print"):
        page = client.post(f"/cases/{case}/{path}", data={"csrf_token": token, **NEEDED}).text
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
        assert HOSTILE[:12] in unescape(page), path
    table = client.post("/archive/files.csv", data={"csrf_token": token, **NEEDED})
    assert table.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(table.data.decode("utf-8-sig"))))
    assert len(rows) == 2
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)
    assert rows[1][4].startswith("'=HYPERLINK(")


def test_the_pdf_says_what_the_page_says(site: Site) -> None:
    case = handed_over(site)
    client = site.client("chen")
    post(client, f"/cases/{case}/archive/check")
    token = csrf(client.get("/account"))
    for path, sentences in (
        (
            "index",
            (
                "卷内目录",
                "正卷",
                "副卷",
                "备考表",
                "立卷人",
                "互见号",
                "证明内容",
                "仅00:00:01.000",
            ),
        ),
        ("hand-over", ("案卷移交清单", "移交人", "接收人")),
        (
            "archive/check",
            ("四性检测报告", "真实性", "完整性", "可用性", "安全性", "恶意软件", "从未完整读回"),
        ),
    ):
        page = client.post(f"/cases/{case}/{path}/print", data={"csrf_token": token, **NEEDED})
        pdf = client.post(f"/cases/{case}/{path}.pdf", data={"csrf_token": token, **NEEDED})
        assert (page.status_code, pdf.status_code, pdf.mimetype) == (200, 200, "application/pdf")
        assert pdf.headers["Content-Disposition"].startswith("attachment;")
        seen, read = bare(unescape(page.text)), bare(words(pdf.data))
        for sentence in sentences:
            assert sentence in seen, (path, sentence)
            assert sentence in read, (path, sentence)
        with site.database.read() as session:
            digest = session.scalars(select(AcceptanceCheck.content_sha256)).one()
        assert digest in seen
        assert digest in read
        assert "style=" not in page.text
    assert entries(site).count("case.paper-made") == 6


def test_a_restricted_recording_is_on_no_paper(site: Site) -> None:
    case = handed_over(site)
    client = site.client("chen")
    post(client, f"/cases/{case}/archive/check")
    with site.database.write() as session:
        hidden = session.get_one(Clip, site.hostile)
        hidden.restricted = True
        digest = hidden.sha256
    token = csrf(client.get("/account"))
    for path in ("index/print", "hand-over/print", "archive/check/print"):
        page = client.post(f"/cases/{case}/{path}", data={"csrf_token": token, **NEEDED}).text
        assert digest[:12] not in page, path
        assert HOSTILE not in unescape(page), path
        assert str(site.hostile) not in page, path
    for path in (
        f"/cases/{case}/archive",
        f"/cases/{case}/index",
        "/archive/files",
        "/archive/expiries",
        "/archive/expiries?group=unattached",
    ):
        page = client.get(path).text
        assert str(site.hostile) not in page, path
        assert digest[:12] not in page, path
    page = client.get(f"/cases/{case}/index").text
    assert "副卷 · 0 条" in page
    assert "正卷 · 1 条" in page


def test_reading_back_is_put_on_the_queue_and_watched(site: Site) -> None:
    case = handed_over(site)
    client = site.client("chen", "en")
    assert post(client, f"/cases/{case}/archive/read-back")[0] == 303
    assert {(due.clip, due.stage) for due in site.sent} == {(site.clip, "verify"), (site.hostile, "verify")}
    part = client.get(f"/cases/{case}/archive/reading").text
    assert "0 of 2" in part
    assert "hx-get" in part
    with site.database.write() as session:
        for stage in session.scalars(select(Stage).where(Stage.stage == "verify")):
            stage.state, stage.updated_at = "failed", datetime.now(UTC) + timedelta(seconds=9)
    part = client.get(f"/cases/{case}/archive/reading").text
    assert "hx-get" not in part
    assert "2 could not be proven" in part


def test_an_address_with_nonsense_shows_the_register(site: Site) -> None:
    handed_over(site)
    client = site.client("he", "en")
    for query in (
        "year=x",
        "unit=%00",
        "state=<x>",
        "page=99999999999",
        "page=5",
        "sort=;drop",
        "words=%25%5f%00",
        "fonds=%27",
        "year=99999",
    ):
        assert client.get(f"/archive/files?{query}").status_code == 200, query
    for query in ("year=9000", "year=0", "month=13", "group=x", "year=2026&month=12"):
        assert client.get(f"/archive/expiries?{query}").status_code == 200, query
    page = client.get("/archive/files?state=handed-over&sort=title&down=1").text
    assert 'aria-sort="descending"' in page
    assert "state=handed-over" in page


def test_a_certificate_comes_after_acceptance(site: Site) -> None:
    case = handed_over(site)
    client = site.client("he", "en")
    assert post(client, f"/cases/{case}/archive/certificate/print")[0] == 303
    assert post(client, f"/cases/{case}/archive/check.pdf")[0] == 303
    assert "case.paper-made" not in entries(site)
