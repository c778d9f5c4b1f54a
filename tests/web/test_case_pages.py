"""Cases by pages: entering, changing, moving, merging, splitting, as each role."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from catalog.actors import system
from catalog.case_files.cases import add_step
from catalog.ids import new_id
from catalog.models import Attachment, Case, CustodyEntry, Step
from tests.web.conftest import HOSTILE, Site, csrf
from tests.web.test_routes import PEOPLE


def post(client: FlaskClient, path: str, **data: object) -> TestResponse:
    return client.post(path, data={"csrf_token": csrf(client.get("/account")), **data})


def read(site: Site, case: UUID) -> Case:
    with site.database.read() as session:
        return session.get_one(Case, case)


def new(site: Site, number: str, who: str = "li", **more: object) -> UUID:
    answer = post(
        site.client(who),
        "/cases/new",
        title=f"案 {number}",
        type="penalty-general",
        number=number,
        **{"filed_on": "2026-01-02", **more},
    )
    assert answer.status_code == 303, answer.text
    return UUID(answer.location.rsplit("/", 1)[-1])


def seen_on(client: FlaskClient, path: str) -> str:
    found = re.search(r'name="seen" value="([^"]*)"', client.get(path).text)
    assert found is not None
    return found.group(1)


def refusals(site: Site) -> int:
    with site.database.read() as session:
        return len(session.scalars(select(CustodyEntry.id).where(CustodyEntry.action == "act.refused")).all())


def test_a_case_is_entered_and_changed(site: Site) -> None:
    client = site.client("li", "en")
    case = new(site, "城市监罚〔2026〕900 号", party=HOSTILE)
    page = client.get(f"/cases/{case}")
    assert "城市监罚〔2026〕900 号" in page.text
    assert HOSTILE not in page.text, "what people enter is text"
    assert "Nothing is entered of the proposed decision yet" in page.text
    path = f"/cases/{case}/edit"
    sent = {
        "title": "x", "type": "penalty-general", "number": "城市监罚〔2026〕900 号", "seen": seen_on(client, path),
        "on": "person", "fine": "1.2万", "marks": ["closure", "difficult"], "coercion": "1",
        "coercion_from": "2026-01-05",
    }  # fmt: skip
    assert post(client, path, **sent).status_code == 303
    page = client.get(f"/cases/{case}").text
    for said in (
        "Major decision",
        "closure",
        "fine of at least 10,000 yuan on a person",
        "12,000.00 yuan",
        "2026-01-05",
    ):
        assert said in page
    again = post(client, path, **sent)
    assert again.status_code == 409
    assert "Somebody else has changed this case meanwhile" in again.text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fine": "12 apples"}, "An amount cannot be read"),
        ({"filed_on": "2026-13-01"}, "A date cannot be read"),
        ({"marks": ["closure", "nonsense"]}, "not known here"),
        ({"unit": "nonsense"}, "This unit is not known"),
        ({"title": "\u202e\0"}, "Enter a title"),
        ({"number": ""}, "Enter the case number"),
    ],
)
def test_what_cannot_be_entered_is_said(site: Site, change: dict[str, object], said: str) -> None:
    client = site.client("li", "en")
    answer = post(client, "/cases/new", **{"title": "甲案", "type": "licence", "number": "5 号", **change})
    assert answer.status_code == 400
    assert said in answer.text
    assert "Nothing was changed." in answer.text


@pytest.mark.parametrize("username", PEOPLE)
def test_each_role_and_the_acts(site: Site, username: str) -> None:
    """Everything is tried by everybody; whoever may not is refused and nothing changes."""
    with site.database.read() as session:
        unit = str(session.scalars(select(Case.unit_id).where(Case.unit_id.is_not(None))).first())
    case, other = new(site, "1 号", unit=unit), new(site, "2 号", unit=unit)
    client = site.client(username)
    enters = username in {"li", "sun"}
    joins = username in {"sun", "zhou"}
    assert (post(client, "/cases/new", title="y", type="licence", number="3 号").status_code == 303) == enters
    step = {"stage": "decision", "activity": "other", "title": "审核"}
    assert (post(client, f"/cases/{case}/steps/new", **step).status_code == 303) == enters
    assert (client.get(f"/cases/{case}/edit").status_code == 200) == enters
    with site.database.read() as session:
        officers = session.scalars(select(Case.handler_id)).all()
    officer = next(o for o in officers if o)
    sent = {"handler": officer, "second": "", "seen_handler": "", "seen_second": "", "reason": "x"}
    assert (post(client, f"/cases/{case}/handlers", **sent).status_code == 303) == joins
    merged = post(client, f"/cases/{other}/merge", into=case, seen="open", reason="x", confirm="1")
    assert (merged.status_code == 303) == joins
    assert (read(site, other).state == "merged") == joins
    moved = post(client, f"/cases/{case}/moves/finish", closed_on="2026-01-05", confirm="1")
    assert (moved.status_code == 303) == enters
    assert (read(site, case).state == "finished") == enters


def test_a_move_of_another_role_is_refused_and_entered(site: Site) -> None:
    case = new(site, "1 号")
    client = site.client("zhou", "en")
    answer = post(client, f"/cases/{case}/moves/finish", closed_on="2026-01-05", confirm="1")
    assert answer.status_code == 403
    assert "Your role does not make this move" in answer.text
    assert refusals(site) == 1
    li = site.client("li", "en")
    answer = post(li, f"/cases/{case}/moves/finish", closed_on="2026-01-05")
    assert answer.status_code == 400
    assert "Tick that you confirm it" in answer.text
    answer = post(li, f"/cases/{case}/moves/finish", closed_on="2999-01-05", confirm="1")
    assert "This date lies in the future" in answer.text
    answer = post(li, f"/cases/{case}/moves/accept", confirm="1")
    assert answer.status_code == 409
    assert post(li, f"/cases/{case}/moves/destroy", confirm="1").status_code == 404
    assert read(site, case).state == "open"


def test_dates_and_texts_of_a_move_are_looked_at(site: Site) -> None:
    case = new(site, "1 号", filed_on="2026-03-01")
    li = site.client("li", "en")
    for sent, said in (
        ({"closed_on": "2026-01-05"}, "filed, decided and closed in this order"),
        ({"closed_on": "0001-01-05"}, "lies before 1980"),
        ({"closed_on": "2026-03-05", "note": "x" * 2001}, "A text is too long"),
        ({"closed_on": "2026-03-05", "number": "x" * 129}, "A text is too long"),
    ):
        answer = post(li, f"/cases/{case}/moves/finish", confirm="1", **sent)
        assert (answer.status_code, said in answer.text) == (400, True), said
    assert read(site, case).state == "open"


def test_a_case_that_is_not_there(site: Site) -> None:
    li = site.client("li")
    for path, sent in (
        (f"/cases/{new_id()}/steps/new", {"started": "x"}),
        (f"/cases/{new_id()}/edit", {"filed_on": "x"}),
    ):
        assert post(li, path, **sent).status_code == 404, path
    assert li.get("/cases?words=%00").status_code == 200


def test_nothing_of_an_archived_file_is_changed(site: Site) -> None:
    case = new(site, "1 号")
    client = site.client("li", "en")
    seen = seen_on(client, f"/cases/{case}/edit")
    with site.database.write() as session:
        session.get_one(Case, case).state = "archived"
    before = read(site, case)
    for change in ({"type": "inspection"}, {"coercion": ""}, {"closed_on": "2001-01-01"}):
        answer = post(
            client, f"/cases/{case}/edit",
            **{"title": "x", "type": "penalty-general", "number": "1 号", "seen": seen, **change},
        )  # fmt: skip
        assert answer.status_code == 400
        assert "type, coercion, dates, steps and all else stay as they are" in answer.text
    after = read(site, case)
    assert (after.type, after.closed_on, after.title) == (before.type, before.closed_on, before.title)
    assert refusals(site) == 3
    page = client.get(f"/cases/{case}").text
    assert "Change the facts" not in page


def test_steps_by_pages(site: Site) -> None:
    client = site.client("li", "en")
    case = new(site, "1 号")
    answer = post(
        client, f"/cases/{case}/steps/new", stage="investigation", activity="coercion", title="查封",
        place=HOSTILE, started="2026-11-20T09:00", ended="2026-11-20T10:00", people="李晓梅、王建国\n" + HOSTILE,
    )  # fmt: skip
    assert answer.status_code == 303
    with site.database.read() as session:
        step = session.scalars(select(Step).where(Step.case_id == case)).one()
    assert step.started_at is not None
    assert step.started_at.isoformat() == "2026-11-20T01:00:00+00:00", "entered in the bureau's time zone"
    page = client.get(f"/cases/{case}").text
    assert "王建国" in page
    assert HOSTILE not in page
    bad = post(client, f"/steps/{step.id}/edit", stage="investigation", activity="coercion", title="查封",
               started="2026-11-20T09:00", ended="2026-11-20T08:00")  # fmt: skip
    assert bad.status_code == 400
    assert "A step ends after it begins" in bad.text
    assert post(client, f"/steps/{step.id}/edit", remove="1").status_code == 303
    with site.database.read() as session:
        assert session.get(Step, step.id) is None


def test_splitting_shows_nothing_restricted(site: Site) -> None:
    case = new(site, "1 号")
    with site.database.write() as session:
        row = session.get_one(Case, case)
        step = add_step(
            session, actor=system("test"), case=row, stage="investigation", activity="other", title="甲",
            now=site.components.clock(),
        )  # fmt: skip
        add_step(
            session, actor=system("test"), case=row, stage="investigation", activity="other", title="乙",
            now=site.components.clock(),
        )  # fmt: skip
        session.add(
            Attachment(
                clip_id=site.clip, step_id=step.id, role="process", volume="main",
                attached_at=site.components.clock(),
            )
        )  # fmt: skip
    client = site.client("sun", "en")
    assert 'name="attachment"' in client.get(f"/cases/{case}/split").text
    with site.database.write() as session:
        from catalog.models import Clip  # noqa: PLC0415

        session.get_one(Clip, site.clip).restricted = True
    assert 'name="attachment"' not in client.get(f"/cases/{case}/split").text
    answer = post(client, f"/cases/{case}/split", step=step.id, title="另案", reason="另案处理", confirm="1")
    assert answer.status_code == 303
    with site.database.read() as session:
        moved = session.scalars(select(Step).join(Attachment).where(Attachment.clip_id == site.clip)).one()
    assert str(moved.case_id) == answer.location.rsplit("/", 1)[-1], "what shows nowhere goes with its step"


def test_the_list_is_narrowed_and_sorted_by_its_address(site: Site) -> None:
    client = site.client("li", "en")
    for n in range(3):
        new(site, f"{n} 号")
    post(client, "/cases/new", title="线索甲", type="inspection", lead="1")
    assert "线索甲" in client.get("/cases?state=lead").text
    assert "案 1 号" not in client.get("/cases?state=lead").text
    assert "案 1 号" in client.get("/cases?type=penalty-general&words=1+号").text
    text = client.get("/cases?order=number&up=1&words=号&type=penalty-general").text
    assert text.index("案 0 号") < text.index("案 1 号") < text.index("案 2 号")
    for hostile in (
        "state='",
        "order=%27%22",
        "unit=x",
        "handler=%00",
        "page=-3",
        "page=99999999999",
        "words=%00%25_",
        "up=9",
    ):
        assert client.get(f"/cases?{hostile}").status_code == 200, hostile
    with site.database.read() as session:
        handler = session.scalar(select(Case.handler_id).where(Case.handler_id.is_not(None)).limit(1))
    assert "案 1 号" not in client.get(f"/cases?handler={handler}").text
