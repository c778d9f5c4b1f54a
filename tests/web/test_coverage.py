"""How well steps were recorded, on pages: the matrix, explaining, confirming, the list, the rules, the printed page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import add_step
from catalog.coverage.judging import judge_due
from catalog.ids import new_id
from catalog.models import Case, Clip, CoverageNote, Step
from tests.web.conftest import HOSTILE, NEEDED, Site, csrf
from tests.web.test_routes import PEOPLE


def coercion(site: Site) -> UUID:
    """The step 先行登记保存 of the demonstration, a coercive measure nobody recorded; all its steps ended days ago."""
    with site.database.write() as session:
        for other in session.scalars(select(Step).where(Step.started_at.is_not(None))):
            other.started_at -= timedelta(days=9)  # type: ignore[operator]
            other.ended_at -= timedelta(days=9)  # type: ignore[operator]
        step = session.scalars(select(Step).where(Step.title == "先行登记保存")).one()
        begin = site.components.clock() - timedelta(days=9)
        step.started_at, step.ended_at = begin, begin + timedelta(hours=1)
        return step.id


def judge(site: Site) -> None:
    with site.database.write() as session:
        while judge_due(session, site.components.clock()):
            pass


def named(page: str) -> list[str]:
    return [one.replace("&#43;", "+") for one in re.findall(r'name="named" value="([^"]+)"', page)]


def send(client: FlaskClient, step: UUID, path: str, form: dict[str, object]) -> int:
    token = csrf(client.get(f"/steps/{step}/coverage"))
    return client.post(path, data={"csrf_token": token, **form}).status_code


def explained(site: Site, step: UUID, text: str = "地下室无光", reason: str = "conditions") -> int:
    li = site.client("li")
    return send(
        li, step, f"/steps/{step}/coverage/explanations",
        {"named": named(li.get(f"/steps/{step}/coverage").text), "reason": [reason], "text": text},
    )  # fmt: skip


def the_note(site: Site) -> UUID:
    with site.database.read() as session:
        return session.scalars(select(CoverageNote.id).where(CoverageNote.act == "explain")).one()


def test_the_matrix_on_the_case(site: Site) -> None:
    coercion(site)
    page = site.client("li").get(f"/cases/{site.cases[0]}").text
    assert "音像记录情况" in page
    assert "应录未录" in page
    assert "1 处待说明" in page
    english = site.client("li", "en").get(f"/cases/{site.cases[0]}").text
    assert "should have been recorded but was not" in english
    assert "not recorded as advised" in english


def test_explained_by_the_handler_and_confirmed_by_the_head(site: Site) -> None:
    step = coercion(site)
    assert explained(site, step) == 303
    note = the_note(site)
    li, sun = site.client("li"), site.client("sun")
    assert "decision" not in li.get(f"/steps/{step}/coverage").text
    page = sun.get(f"/steps/{step}/coverage").text
    assert "地下室无光" in page
    assert 'name="reason"' not in page, "a head does not explain"
    assert send(sun, step, f"/coverage/explanations/{note}/decision", {"decision": "send-back"}) == 400
    assert send(sun, step, f"/coverage/explanations/{note}/decision", {"decision": "confirm"}) == 303
    assert "已说明并确认" in li.get(f"/cases/{site.cases[0]}").text
    again = sun.post(
        f"/coverage/explanations/{note}/decision",
        data={"csrf_token": csrf(sun.get("/account")), "decision": "confirm"},
    )
    assert again.status_code == 400
    assert "已有人审签" in again.text


def test_what_was_refused_is_said_and_what_was_written_stays(site: Site) -> None:
    step = coercion(site)
    li = site.client("li")
    token = csrf(li.get(f"/steps/{step}/coverage"))
    answer = li.post(
        f"/steps/{step}/coverage/explanations",
        data={"csrf_token": token, "text": "写了很多", "named": "record"},
    )
    assert answer.status_code == 400
    assert "请至少选择一项原因" in answer.text
    assert "写了很多" in answer.text
    stale = li.post(
        f"/steps/{step}/coverage/explanations",
        data={
            "csrf_token": token,
            "reason": "forgotten",
            "named": "2026-01-01T00:00:00+00:00/2026-01-01T01:00:00+00:00",
        },
    )
    assert "缺失内容已有变化" in stale.text


def test_circumstances_change_the_requirement(site: Site) -> None:
    li = site.client("li")
    with site.database.read() as session:
        step = session.scalars(select(Step).where(Step.title == "询问当事人")).one().id
    assert "可以记录（倡导）" in li.get(f"/steps/{step}/coverage").text
    form = {"circumstance": ["refuses-to-sign"], "record": "询笔〔2026〕1"}
    assert send(li, step, f"/steps/{step}/coverage/circumstances", form) == 303
    page = li.get(f"/steps/{step}/coverage").text
    assert "应当记录" in page
    assert "询笔〔2026〕1" in page
    assert send(li, step, f"/steps/{step}/coverage/circumstances", {"circumstance": ["x"]}) == 400


@pytest.mark.parametrize("username", PEOPLE)
def test_who_may_do_what(site: Site, username: str) -> None:
    step = coercion(site)
    assert explained(site, step) == 303
    note = the_note(site)
    client = site.client(username)
    token = csrf(client.get("/account"))
    statuses = {
        path: client.post(path, data={"csrf_token": token, "decision": "send-back"}).status_code
        for path in (
            f"/steps/{step}/coverage/explanations",
            f"/steps/{step}/coverage/circumstances",
            f"/coverage/explanations/{note}/decision",
        )
    }
    assert list(statuses.values()) == {
        "li": [400, 303, 403],
        "sun": [403, 403, 400],
    }.get(username, [403, 403, 403])
    if username != "li":
        with site.database.read() as session:
            assert session.scalars(select(CoverageNote.act)).all() == ["explain"]


def test_hostile_text_is_shown_as_text(site: Site) -> None:
    step = coercion(site)
    assert explained(site, step, HOSTILE, "other") == 303
    sun = site.client("sun")
    for page in (sun.get(f"/steps/{step}/coverage").text, on_paper(site, sun)):
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_unknown_addresses(site: Site) -> None:
    li = site.client("li")
    assert li.get(f"/steps/{new_id()}/coverage").status_code == 404
    token = csrf(li.get("/account"))
    form = {"csrf_token": token, **NEEDED}
    assert li.post(f"/cases/{new_id()}/coverage/print", data=form).status_code == 404
    for what in ("explanations", "circumstances"):
        assert li.post(f"/steps/{new_id()}/coverage/{what}", data={"csrf_token": token}).status_code == 404
    sun = site.client("sun")
    token = csrf(sun.get("/account"))
    answer = sun.post(f"/coverage/explanations/{new_id()}/decision", data={"csrf_token": token})
    assert answer.status_code == 404


def test_the_list_of_gaps(site: Site) -> None:
    step = coercion(site)
    judge(site)
    sun = site.client("sun")
    page = sun.get("/coverage?sort=deadline").text
    assert f"/steps/{step}/coverage" in page
    assert "逾期 1" in page
    assert "未说明 1" in page
    assert "3 个自然日" in page
    assert f"/steps/{step}/coverage" in sun.get("/coverage?overdue=1&state=unexplained").text
    assert f"/steps/{step}/coverage" not in sun.get("/coverage?state=confirmed").text
    assert f"/steps/{step}/coverage" not in sun.get(f"/coverage?unit={new_id()}").text
    for nonsense in (
        "?sort=%00&state=x&page=99999999999999&unit=1&handler=';--&down=1",
        "?page=7",
        "?page=²",
    ):
        assert sun.get(f"/coverage{nonsense}").status_code == 200
    assert explained(site, step) == 303
    page = sun.get("/coverage?state=explained").text
    assert f"/steps/{step}/coverage" in page
    assert "逾期 0" in page, "what was explained waits for somebody else"


@pytest.mark.parametrize("order", ["deadline", "case", "step", "unit", "handler", "state"])
def test_the_list_is_sorted_by_what_is_asked(site: Site, order: str) -> None:
    coercion(site)
    with site.database.write() as session:
        case = session.get_one(Case, site.cases[0])
        begin = site.components.clock() - timedelta(hours=2)
        from catalog.actors import system  # noqa: PLC0415

        add_step(
            session, actor=system("test"), case=case, stage="investigation", activity="coercion", title="查封现场",
            started=begin, ended=begin + timedelta(hours=1), now=begin,
        )  # fmt: skip
    judge(site)
    li = site.client("li")
    up, down = (li.get(f"/coverage?sort={order}{more}").text for more in ("", "&down=1"))
    assert 'aria-sort="ascending"' in up
    assert 'aria-sort="descending"' in down
    places = [page.index("查封现场") < page.index(">先行登记保存<") for page in (up, down)]
    if order == "deadline":
        assert places == [False, True]


def test_a_handler_is_led_to_his_own_and_the_address_can_be_passed_on(site: Site) -> None:
    step = coercion(site)
    judge(site)
    answer = site.client("li").get("/coverage")
    assert answer.status_code == 302
    assert "handler=" in answer.location
    assert f"/steps/{step}/coverage" in site.client("zhou").get(answer.location).text
    assert site.client("zhou").get("/coverage").status_code == 200


def test_a_restricted_recording_makes_no_gap_and_is_named_nowhere(site: Site) -> None:
    step = coercion(site)
    with site.database.write() as session:
        clip = session.get_one(Clip, site.clip)
        row = session.get_one(Step, step)
        clip.recorded_at, clip.duration, clip.kind = row.started_at, 3600.0, "video"
        from catalog.actors import system  # noqa: PLC0415

        attach(
            session, actor=system("test"), clip_id=clip.id, step_id=step, wish=Wish("process", "main"),
            now=site.components.clock(),
        )  # fmt: skip
        clip.restricted = True
        name = clip.name
    judge(site)
    for username in ("li", "sun", "chen", "zhou", "ma"):
        client = site.client(username)
        pages = [
            client.get(path).text
            for path in (f"/steps/{step}/coverage", f"/cases/{site.cases[0]}", "/coverage?sort=case")
        ]
        for page in (*pages, on_paper(site, client)):
            assert str(site.clip) not in page
            assert name not in page
        assert f"/steps/{step}/coverage" not in client.get("/coverage?sort=case").text
        assert "应录未录</span>" not in client.get(f"/steps/{step}/coverage").text


def on_paper(site: Site, client: FlaskClient) -> str:
    answer = client.post(
        f"/cases/{site.cases[0]}/coverage/print", data={"csrf_token": csrf(client.get("/account")), **NEEDED}
    )
    assert answer.status_code == 200
    return answer.text


def test_the_table_of_rules(site: Site) -> None:
    page = site.client("wang").get("/recording-rules").text
    assert "待本单位确认" in page
    assert "《行政强制法》第十八条" in page
    english = site.client("wang", "en").get("/recording-rules").text
    assert "document left in place" in english
    assert not re.search(
        r"[\u4e00-\u9fff]", re.sub(r'(?s)<header class="side">.*?</header>|留痕', "", english)
    )


def test_on_paper(site: Site, make_site: Callable[..., Site]) -> None:
    step = coercion(site)
    assert explained(site, step) == 303
    page = on_paper(site, site.client("chen"))
    for words in ("地下室无光", "尚未审签", "股室负责人（签名）", "客观条件不允许", "shipped-2026-1"):
        assert words in page
