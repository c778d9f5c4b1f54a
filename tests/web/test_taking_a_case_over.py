"""Changing another unit's case to come at its recordings: each way is refused in words, is one entry, and opens nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from catalog.actors import system
from catalog.case_files.cases import create_case
from catalog.case_files.entering import mark_of
from catalog.models import Account, Case, CaseMove, CustodyEntry, Officer, Step, Unit
from tests.web.conftest import Site
from tests.web.test_looking_purposes import account, token_of
from tests.web.test_refusals_are_kept import kept
from tests.web.test_scope_pages import on_the_case

SAYS = "neither yours nor your unit"


def refusals(site: Site) -> list[dict[str, object]]:
    with site.database.read() as session:
        rows = session.scalars(
            select(CustodyEntry.record).where(CustodyEntry.action == "act.refused").order_by(CustodyEntry.id)
        )
        return [json.loads(record)["facts"] for record in rows]


class Intruder:
    """A head and handler of 城西 before a case of 城东 with a recording on it, and a case of his own."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.number, self.step = on_the_case(site)
        self.case, self.clip = site.cases[0], site.clip
        account(site, "xi", "handler", "section-head")
        with site.database.write() as session:
            xi = session.scalars(select(Account).where(Account.username == "xi")).one()
            assert xi.officer_id is not None
            self.officer = xi.officer_id
            officer = session.get_one(Officer, self.officer)
            assert officer.unit_id is not None
            self.unit = officer.unit_id
            self.own = create_case(
                session, actor=system("test"), title="西案", case_type="penalty-general", number="西 1 号", party="",
                unit=session.get_one(Unit, self.unit), handler=officer, second_handler=None,
                now=site.components.clock(),
            ).id  # fmt: skip
        self.client: FlaskClient = site.client("xi", "en")
        self.token = token_of(self.client)
        assert self.client.get(f"/clips/{self.clip}").status_code == 404

    def post(self, path: str, **form: str) -> TestResponse:
        return self.client.post(path, data={"csrf_token": self.token, **form}, follow_redirects=True)

    def as_it_is(self) -> tuple[object, ...]:
        """All that these attacks would change."""
        with self.site.database.read() as session:
            case = session.get_one(Case, self.case)
            steps = session.scalars(select(Step).where(Step.case_id == self.case).order_by(Step.id)).all()
            moves = session.scalars(select(CaseMove.id).where(CaseMove.case_id == self.case)).all()
            return (
                mark_of(case), case.handler_id, case.second_handler_id, case.merged_into_id, tuple(moves),
                tuple((s.id, s.title, tuple(s.circumstances), s.record_number) for s in steps),
            )  # fmt: skip

    @property
    def handlers(self) -> tuple[str, str]:
        with self.site.database.read() as session:
            case = session.get_one(Case, self.case)
            return str(case.handler_id or ""), str(case.second_handler_id or "")

    @property
    def seen(self) -> str:
        with self.site.database.read() as session:
            return mark_of(session.get_one(Case, self.case))


@pytest.fixture
def intruder(site: Site) -> Iterator[Intruder]:
    one = Intruder(site)
    before = one.as_it_is()
    yield one
    assert one.as_it_is() == before
    assert one.client.get(f"/clips/{one.clip}").status_code == 404
    assert str(one.clip) not in one.client.get("/clips").text


def refused_once(intruder: Intruder, answer: TestResponse, why: str = "not-your-case") -> None:
    assert answer.status_code in {400, 403}
    assert SAYS in answer.text
    assert [one["why"] for one in refusals(intruder.site)] == [why]


def test_a_the_unit_of_the_case(intruder: Intruder) -> None:
    refused_once(intruder, intruder.post(
        f"/cases/{intruder.case}/edit", title="案", type="penalty-general", number=intruder.number,
        unit=str(intruder.unit), seen=intruder.seen,
    ))  # fmt: skip


def test_b_oneself_as_second_handler(intruder: Intruder) -> None:
    first, second = intruder.handlers
    refused_once(intruder, intruder.post(
        f"/cases/{intruder.case}/handlers", handler=first, second=str(intruder.officer), seen_handler=first,
        seen_second=second, reason="协助",
    ))  # fmt: skip


def test_c_merging_it_into_ones_own(intruder: Intruder) -> None:
    refused_once(intruder, intruder.post(
        f"/cases/{intruder.case}/merge", into=str(intruder.own), seen="open", reason="同案", confirm="1"
    ))  # fmt: skip


def test_c_merging_ones_own_into_it(intruder: Intruder) -> None:
    page = intruder.client.get(f"/cases/{intruder.own}/merge").text
    assert str(intruder.case) not in page, "no case is offered that would be refused"
    answer = intruder.post(
        f"/cases/{intruder.own}/merge", into=str(intruder.case), seen="open", reason="同案", confirm="1"
    )
    refused_once(intruder, answer, "target-not-yours")


def test_c_splitting_a_step_off(intruder: Intruder) -> None:
    refused_once(intruder, intruder.post(
        f"/cases/{intruder.case}/split", step=str(intruder.step), title="分", reason="另案", confirm="1"
    ))  # fmt: skip


def refused(act: str, why: str = "not-your-case", rows: int = 1, cases: int = 1) -> dict[str, object]:
    return {"act": act, "why": why, "rows": rows, "cases": cases}


def test_d_a_row_of_an_import(intruder: Intruder) -> None:
    rows = (
        f"案号,名称,类型,经办部门\n{intruder.number},案,普通程序,城西分局\n西 9 号,新案,普通程序,城西分局\n"
    )
    file = (BytesIO(rows.encode()), "a.csv")
    page = intruder.client.post(
        "/cases/import", data={"csrf_token": intruder.token, "file": file},
        content_type="multipart/form-data",
    )  # fmt: skip
    assert SAYS in page.text
    [(tried, about)] = kept(intruder.site)
    assert (tried, about) == (refused("case_import_try"), {("case", intruder.case)})
    draft = page.text.split('action="/cases/import/')[1].split('"')[0]
    page = intruder.post(f"/cases/import/{draft}", confirm="1")
    assert page.status_code == 200
    assert SAYS in page.text
    assert kept(intruder.site)[1:] == [(refused("case_import_go"), {("case", intruder.case)})]
    with intruder.site.database.read() as session:
        assert session.scalar(select(Case.title).where(Case.number == "西 9 号")) == "新案", (
            "the others go in"
        )
    log = intruder.site.client("zhao", "en").get("/custody?action=act.refused").text
    assert log.count("The case is neither this person") == 2


@pytest.mark.parametrize("move", ["finish", "drop", "file", "make-up", "hand-over"])
def test_e_moves(intruder: Intruder, move: str) -> None:
    answer = intruder.post(
        f"/cases/{intruder.case}/moves/{move}", confirm="1", closed_on="2026-11-01", note="x"
    )
    assert answer.status_code in {403, 409}
    assert len(refusals(intruder.site)) == 1
    if move == "finish":
        refused_once(intruder, answer)


@pytest.mark.parametrize("remove", [False, True])
def test_f_steps(intruder: Intruder, remove: bool) -> None:
    form = {"stage": "investigation", "activity": "other", "title": "改"} | (
        {"remove": "1"} if remove else {}
    )
    refused_once(intruder, intruder.post(f"/steps/{intruder.step}/edit", **form))


def test_f_a_new_step(intruder: Intruder) -> None:
    refused_once(intruder, intruder.post(
        f"/cases/{intruder.case}/steps/new", stage="investigation", activity="other", title="新"
    ))  # fmt: skip


def test_f_circumstances(intruder: Intruder) -> None:
    answer = intruder.post(f"/steps/{intruder.step}/coverage/circumstances", record="笔 9")
    assert answer.status_code == 400
    assert [one["why"] for one in refusals(intruder.site)] == ["not-yours"]


def test_f_a_document(intruder: Intruder) -> None:
    answer = intruder.client.post(
        f"/steps/{intruder.step}/documents",
        data={"csrf_token": intruder.token, "role": "process", "volume": "main",
              "document": (BytesIO(b"%PDF-1.7\n1 0 obj\n"), "a.pdf")},
        content_type="multipart/form-data",
    )  # fmt: skip
    refused_once(intruder, answer)


def test_nothing_is_offered_that_would_be_refused(intruder: Intruder) -> None:
    page = intruder.client.get(f"/cases/{intruder.case}").text
    assert "What you may do now" not in page
    for way in ("edit", "steps/new", "handlers", "merge", "split"):
        assert f"/cases/{intruder.case}/{way}" not in page
        answer = intruder.client.get(f"/cases/{intruder.case}/{way}", follow_redirects=True)
        assert SAYS in answer.text, "led back to the case, and told why"
    assert f"/steps/{intruder.step}/edit" not in page
    own = intruder.client.get(f"/cases/{intruder.own}").text
    for way in ("edit", "steps/new", "handlers", "merge", "split"):
        assert f"/cases/{intruder.own}/{way}" in own
