"""Importing cases by the browser: dry run, go, and who may."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from catalog.models import Case, CaseImportDraft
from tests.web.conftest import HOSTILE, Site, csrf
from tests.web.test_looking_purposes import account
from tests.web.test_refusals_are_kept import kept
from tests.web.test_routes import PEOPLE
from web.pages import case_import

FILE = f'案号,名称,类型,当事人\n900 号,甲案,普通程序,"{HOSTILE.replace(chr(34), chr(34) * 2)}"\n901 号,乙案,不知道,\n'.encode(
    "gb18030"
)


def upload(client: FlaskClient, body: bytes = FILE, name: str = "a.csv") -> TestResponse:
    token = csrf(client.get("/account"))
    boundary, sent = encode_multipart({"csrf_token": token, "file": FileStorage(io.BytesIO(body), name)})
    return client.post("/cases/import", data=sent, content_type=f"multipart/form-data; boundary={boundary}")


def go(client: FlaskClient, page: TestResponse, **data: str) -> TestResponse:
    found = re.search(r'action="(/cases/import/[0-9a-f-]+)"', page.text)
    assert found is not None, page.text
    return client.post(found.group(1), data={"csrf_token": csrf(page), **(data or {"go": "1"})})


def numbers(site: Site) -> set[str | None]:
    with site.database.read() as session:
        return set(session.scalars(select(Case.number))) & {"900 号", "901 号"}


def test_dry_run_and_go(site: Site) -> None:
    client = site.client("sun", "en")
    page = upload(client)
    assert page.status_code == 200
    assert "nothing is changed yet" in page.text
    assert "The type of case is not known here." in page.text
    assert numbers(site) == set()
    done = go(client, page)
    assert "was taken over" in done.text
    assert numbers(site) == {"900 号"}
    assert go(client, page).status_code == 404, "a second press finds nothing"
    assert "unchanged 1" in upload(client).text
    with site.database.read() as session:
        case = session.scalars(select(Case.id).where(Case.number == "900 号")).one()
    assert HOSTILE not in client.get(f"/cases/{case}").text


def test_put_aside(site: Site) -> None:
    client = site.client("zhou")
    page = upload(client)
    assert go(client, page, drop="1").status_code == 303
    assert numbers(site) == set()
    assert go(client, page).status_code == 404


def test_a_file_is_its_uploaders_and_grows_old(site: Site) -> None:
    sun, zhou = site.client("sun"), site.client("zhou")
    page = upload(sun)
    found = re.search(r'action="(/cases/import/[0-9a-f-]+)"', page.text)
    assert found is not None
    answer = zhou.post(found.group(1), data={"csrf_token": csrf(zhou.get("/account")), "go": "1"})
    assert answer.status_code == 404
    from datetime import UTC, datetime  # noqa: PLC0415

    with site.database.write() as session:
        session.execute(update(CaseImportDraft).values(made_at=datetime(2020, 1, 1, tzinfo=UTC)))
    assert go(sun, page).status_code == 404
    upload(zhou)
    with site.database.read() as session:
        assert len(session.scalars(select(CaseImportDraft)).all()) == 1, "old ones are removed"
    assert numbers(site) == set()


@pytest.mark.parametrize("username", PEOPLE)
def test_who_may(site: Site, username: str) -> None:
    assert (upload(site.client(username)).status_code == 200) == (username in {"sun", "zhou", "chen"})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04rubbish", "The file is damaged"),
        (b"number,title\n" + b"1,x\n" * 5001, "There are too many rows"),
        (b"\xff\xff\xff", "neither UTF-8 nor GB18030"),
        (b"x" * ((20 << 20) + 1), "larger than 20 MB"),
    ],
)
def test_what_is_no_file_is_said(site: Site, body: bytes, said: str) -> None:
    answer = upload(site.client("sun", "en"), body)
    assert answer.status_code == 400
    assert said in answer.text
    assert "Nothing was changed." in answer.text


def test_other_forms_stay_small(site: Site) -> None:
    client = site.client("sun")
    token = csrf(client.get("/account"))
    answer = client.post("/cases/new", data={"csrf_token": token, "title": "x" * (300 << 10)})
    assert answer.status_code == 413
    answer = client.post(
        "/cases/import", data=b"x" * (22 << 20), content_type="multipart/form-data; boundary=x"
    )
    assert answer.status_code == 413


@pytest.fixture
def head(site: Site) -> Iterator[FlaskClient]:
    """A head of another unit than the cases'."""
    account(site, "xi", "section-head")
    yield site.client("xi")
    assert numbers(site) == set()


def test_a_file_of_foreign_cases_is_one_entry(
    site: Site, head: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_import, "NAMED", 1)
    with site.database.read() as session:
        foreign = session.scalars(select(Case.number).where(Case.id.in_(site.cases), Case.number != "")).all()
    rows = "".join(f"{number},案,普通程序\n" for number in foreign)
    assert len(foreign) > 1
    page = upload(head, f"案号,名称,类型\n{rows}".encode())
    go(head, page)
    facts, about = zip(*kept(site), strict=True)
    many = {"why": "not-your-case", "rows": len(foreign), "cases": len(foreign)}
    assert facts == ({"act": "case_import_try", **many}, {"act": "case_import_go", **many})
    assert all(len(one) == 1 for one in about), "of more than may be named it says how many"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("900 号,案,普通程序,已归档,A-1", {"not-yours-archived"}),
        ("900 号,案,不知道,,", set()),
        ("900 号,案,普通程序,办结,", set()),
        ("900 号,,普通程序,,", set()),
    ],
)
def test_a_right_refused_is_kept_and_a_slip_is_not(
    site: Site, head: FlaskClient, row: str, why: set[str]
) -> None:
    page = upload(head, f"案号,名称,类型,状态,档号\n{row}\n".encode())
    assert "未导入" in page.text or "有误" in page.text
    assert {facts["why"] for facts, _ in kept(site)} == why
    assert [about for _, about in kept(site)] == [set() for _ in why], "it is about no case of the catalog"
