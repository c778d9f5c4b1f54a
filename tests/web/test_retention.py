"""The retention schedule through the pages: the whole way, and every way round it refused, in words and in the log."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from catalog.actors import system
from catalog.case_files.attaching import Wish, attach
from catalog.models import Case, Clip, CustodyEntry, RetentionSchedule
from catalog.retention.desiring import work_out_dues
from tests.catalog.retention.office import ZONE
from tests.web.conftest import Site, csrf
from tests.web.test_routes import PEOPLE

ROW = {
    "type-0": "any",
    "coercion-0": "any",
    "role-0": "any",
    "years-0": "30",
    "starts-0": "acceptance",
    "basis-0": "<b>规定</b>",
}


class Hand:
    """Somebody with a browser."""

    def __init__(self, site: Site, user: str, language: str = "en") -> None:
        self.site = site
        self.client: FlaskClient = site.client(user, language)
        self.token = csrf(self.client.get("/account"))

    def post(self, path: str, **form: str) -> TestResponse:
        return self.client.post(f"/retention{path}", data=form, headers={"X-CSRFToken": self.token})

    def get(self, path: str = "") -> TestResponse:
        return self.client.get(f"/retention{path}")


def logged(site: Site, action: str) -> list[dict[str, object]]:
    with site.database.read() as session:
        return [
            json.loads(e.record)["facts"]
            for e in session.scalars(
                select(CustodyEntry).where(CustodyEntry.action == action).order_by(CustodyEntry.at)
            )
        ]


def state(site: Site, path: str) -> str:
    with site.database.read() as session:
        (found,) = [s.state for s in session.scalars(select(RetentionSchedule)) if str(s.id) in path]
        return found


@pytest.fixture
def chen(site: Site) -> Hand:
    return Hand(site, "chen")


def drafted(chen: Hand, version: str = "2026-1", source: str = "") -> str:
    answer = chen.post("", version=version, source=source)
    assert answer.status_code == 303
    return answer.headers["Location"].removeprefix("/retention")


def proposed(chen: Hand) -> str:
    path = drafted(chen)
    assert (
        chen.post(f"{path}/rows", version="2026-1", consent="档案局同意", note="", **ROW).status_code == 303
    )
    assert chen.post(f"{path}/try").status_code == 303
    assert chen.post(f"{path}/propose").status_code == 303
    return path


def digest(hand: Hand, path: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', hand.get(path).text)
    assert found is not None
    return found.group(1)


def test_the_whole_way(site: Site, chen: Hand) -> None:
    path = proposed(chen)
    for name in ("he", "ma"):
        hand = Hand(site, name)
        assert "Approve these rows" in hand.get(path).text
        assert hand.post(f"{path}/approve", digest=digest(hand, path)).status_code == 303
        assert "Approve these rows" not in hand.get(path).text
    assert "Put in force" in chen.get(path).text
    answer = chen.post(f"{path}/force", number="城监发〔2026〕9号", approved_on="2026-11-20")
    assert answer.status_code == 303
    page = chen.get().text
    assert "In force: 2026-1" in page
    assert "城监发〔2026〕9号" in page
    assert "&lt;b&gt;规定" in page
    assert state(site, path) == "in-force"
    zh = Hand(site, "he", "zh_Hans_CN").get(path).text
    assert "施行中" in zh
    assert "30 年" in zh


def test_a_row_that_is_no_row_is_refused_and_what_was_entered_stays(site: Site, chen: Hand) -> None:
    path = drafted(chen)
    for change, sentence in (
        ({"years-0": "thirty"}, "1 to 200 years"),
        ({"years-0": ""}, "1 to 200 years"),
        ({"years-0": "-1"}, "1 to 200 years"),
        ({"years-0": "0"}, "1 to 200 years"),
        ({"years-0": "³"}, "1 to 200 years"),
        ({"type-0": "<x>"}, "does not exist"),
        ({"starts-0": ""}, "from when"),
        ({"basis-0": " "}, "legal basis"),
    ):
        answer = chen.post(f"{path}/rows", version="2026-1", consent="c", note="", **{**ROW, **change})
        assert answer.status_code == 400
        assert sentence in answer.text
        assert "Traceback" not in answer.text
    assert "thirty" not in chen.get(path).text
    assert len(logged(site, "act.refused")) == 8


def test_attacks_are_refused_in_words_and_in_the_log(site: Site, chen: Hand) -> None:
    path = proposed(chen)
    he, ma = Hand(site, "he"), Hand(site, "ma")
    seen = digest(he, path)
    tries = [
        (
            chen,
            "/rows",
            {"version": "v", "consent": "c", **ROW},
            "is not where this step begins",
            "wrong-state",
        ),
        (
            chen,
            "/force",
            {"number": "1", "approved_on": "2026-11-20"},
            "is not where this step begins",
            "wrong-state",
        ),
        (ma, "/approve", {"digest": "0" * 64}, "not those that were shown", "rows-changed"),
        (ma, "/approve", {}, "not those that were shown", "rows-changed"),
    ]
    assert he.post(f"{path}/approve", digest=seen).status_code == 303
    tries.append((he, "/approve", {"digest": seen}, "given already", "approved-already"))
    for hand, act, form, sentence, why in tries:
        answer = hand.post(path + act, **form)
        assert answer.status_code == 400
        assert sentence in answer.text
        assert logged(site, "act.refused")[-1] == {"act": f"retention_{act[1:]}", "why": why}
    # Taken back and changed, the approval that was given holds for nothing.
    chen.post(f"{path}/take-back")
    chen.post(f"{path}/rows", version="2026-1", consent="c", note="", **{**ROW, "years-0": "1"})
    chen.post(f"{path}/try")
    chen.post(f"{path}/propose")
    assert ma.post(f"{path}/approve", digest=seen).status_code == 400
    assert ma.post(f"{path}/approve", digest=digest(ma, path)).status_code == 303
    assert state(site, path) == "proposed"


def test_one_who_may_do_everything_still_does_not_approve_their_own(site: Site) -> None:
    from catalog.models import Account, AccountRole, Role  # noqa: PLC0415

    with site.database.write() as session:
        account = session.scalars(select(Account).where(Account.username == "chen")).one()
        known = {r.name: r for r in session.scalars(select(Role))}
        session.add_all(
            AccountRole(account_id=account.id, role_id=known[r].id) for r in ("office-head", "leader")
        )
    chen = Hand(site, "chen")
    path = proposed(chen)
    answer = chen.post(f"{path}/approve", digest=digest(chen, path))
    assert answer.status_code == 400
    assert "does not approve it" in answer.text
    assert logged(site, "act.refused")[-1] == {"act": "retention_approve", "why": "same-person"}


@pytest.mark.parametrize("username", PEOPLE)
def test_each_wrong_role_is_refused_and_kept_in_the_log(site: Site, chen: Hand, username: str) -> None:
    path = proposed(chen)
    hand = Hand(site, username)
    for act in ("", f"{path}/rows", f"{path}/try", f"{path}/propose", f"{path}/force", f"{path}/take-back",
                f"{path}/withdraw"):  # fmt: skip
        if username != "chen":
            assert (
                hand.post(act, version="x", number="1", approved_on="2026-11-20", note="x").status_code == 403
            )
    if username not in {"he", "ma"}:
        assert hand.post(f"{path}/approve", digest="0" * 64).status_code == 403
    if username != "chen":
        assert state(site, path) == "proposed"
    refusals = logged(site, "account.act-refused")
    expected = (0 if username == "chen" else 7) + (username not in {"he", "ma"})
    assert len(refusals) == expected


def test_the_pages_of_clip_and_case_say_until_when_and_why(site: Site) -> None:
    now = site.components.clock()
    with site.database.write() as session:
        case = session.get_one(Case, site.cases[0])
        attach(
            session, actor=system("test"), clip_id=site.clip, step_id=case.steps[0].id,
            wish=Wish("evidence", "main", "x"), now=now,
        )  # fmt: skip
        number = case.number
    work_out_dues(site.database, ZONE, now)
    chen = Hand(site, "chen")
    page = chen.client.get(f"/clips/{site.clip}").text
    assert f"because case {number} is not in the archive yet" in page
    assert "being set at the storage" in page
    assert "is not in the archive yet" in chen.client.get(f"/cases/{site.cases[0]}").text
    with site.database.write() as session:
        case = session.get_one(Case, site.cases[0])
        case.state, case.accepted_at = "accepted", now
        from catalog.retention.due import locks_of_case_due  # noqa: PLC0415

        locks_of_case_due(session, case.id, now)
    work_out_dues(site.database, ZONE, now)
    day = now.astimezone(ZONE)
    page = chen.client.get(f"/clips/{site.clip}").text
    assert f"Until {day.year + 30}-" in page
    assert "row 1 of schedule 示例" in page
    page = Hand(site, "chen", "zh_Hans_CN").client.get(f"/cases/{site.cases[0]}").text
    assert "依据保管期限表 示例 第 1 行，30 年" in page


def test_the_trial_shows_no_restricted_clip(site: Site, chen: Hand) -> None:
    now = site.components.clock()
    with site.database.write() as session:
        case = session.get_one(Case, site.cases[0])
        case.state, case.accepted_at = "accepted", now
        for clip in (site.clip, site.hostile):
            session.get_one(Clip, clip).lock_desired = now + timedelta(days=1)
        step = case.steps[0]
        case.state = "open"
        for clip in (site.clip, site.hostile):
            attach(
                session,
                actor=system("t"),
                clip_id=clip,
                step_id=step.id,
                wish=Wish("process", "main"),
                now=now,
            )
        case.state = "accepted"
        session.get_one(Clip, site.hostile).restricted = True
    path = proposed(chen)
    page = chen.get(f"{path}/trial").text
    assert str(site.clip) in page
    assert str(site.hostile) not in page
    assert "1 recording concerned" in page
    he = Hand(site, "he").get(f"{path}/trial").text
    assert str(site.clip) not in he, "who may not look at recordings gets no way to one"
    assert "row 1 of schedule 2026-1" in he
