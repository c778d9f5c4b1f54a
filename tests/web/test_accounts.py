"""Accounts by pages: from the invitation to what somebody sees, each role trying each act, and ways round the rules."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from catalog.actors import system
from catalog.models import Account, AccountRole, CustodyEntry, Officer
from catalog.people import create_account
from tests.web.conftest import HOSTILE, Site, csrf
from tests.web.test_routes import PEOPLE

PASSWORD = "三点钟在东风路口见"  # short in Chinese signs
GOOD = "三点钟在东风路口的树下见面"


def post(client: FlaskClient, path: str, **form: object) -> TestResponse:
    """Send a form with a true token, whatever the page offers."""
    return client.post(path, data={"csrf_token": csrf(client.get("/account")), **form})


def told(client: FlaskClient, path: str, **form: object) -> str:
    """Send a form and follow it; answer the page."""
    answer = post(client, path, **form)
    if answer.status_code == 303:
        answer = client.get(answer.location)
    assert answer.status_code < 500
    return answer.text


def account(site: Site, who: str) -> UUID:
    with site.database.read() as session:
        return session.scalars(select(Account.id).where(Account.username == who)).one()


def officer(site: Site, name: str) -> UUID:
    with site.database.read() as session:
        return session.scalars(select(Officer.id).where(Officer.name == name)).one()


def state(site: Site, who: str) -> tuple[str, set[str]]:
    with site.database.read() as session:
        found = session.scalars(select(Account).where(Account.username == who)).one()
        return found.state, {role.name for role in found.roles}


def refusals(site: Site) -> list[tuple[str, str]]:
    """Action and reason of what stands in the log as refused, oldest first."""
    with site.database.read() as session:
        rows = session.scalars(
            select(CustodyEntry)
            .where(
                CustodyEntry.action.in_(("act.refused", "account.act-refused", "account.invitation-refused"))
            )
            .order_by(CustodyEntry.id)
        )
        facts = [(row.action, json.loads(row.record)["facts"]) for row in rows]
    return [(action, fact.get("why") or fact["permission"]) for action, fact in facts]


def invited(site: Site, username: str = "new1", *roles: str, **form: object) -> str:
    """gao invites somebody; answer the path of the link on the slip."""
    page = post(
        site.client("gao", "en"), "/accounts/new",
        **{"username": username, "name": "新来", "role": list(roles), **form},
    )  # fmt: skip
    assert page.status_code == 200, page.text
    found = re.search(r'id="link">[^<]*?(/invitation/[\w-]+)<', page.text)
    assert found, page.text
    return found.group(1)


def take_it(site: Site, path: str, password: str = GOOD, again: str | None = None) -> TestResponse:
    client = site.client(language="en")
    form = {"fresh": password, "again": again if again is not None else password}
    return client.post(path, data={"csrf_token": csrf(client.get("/signin")), **form})


def signed_in(site: Site, username: str, password: str = GOOD) -> FlaskClient:
    client = site.client(language="en")
    form = {"csrf_token": csrf(client.get("/signin")), "name": username, "password": password}
    assert client.post("/signin", data=form).status_code == 303
    return client


def add(site: Site, username: str, *roles: str, name: str = "") -> None:
    """An account made by the command; an officer's where `name` is one's."""
    with site.database.write() as session:
        whose = session.scalar(select(Officer).where(Officer.name == name)) if name else None
        create_account(
            session, actor=system("operator"), username=username, email=f"{username}@x.example",
            roles=roles, officer=whose, now=datetime.now(UTC),
        )  # fmt: skip


def test_from_the_invitation_to_what_the_person_sees(site: Site) -> None:
    path = invited(site, "new1", "handler", "officer")
    assert "Set a password, 新来" in site.client(language="en").get(path).text
    assert take_it(site, path).location == "/signin"
    person = signed_in(site, "new1")
    assert person.get("/").location == "/account"
    assert "No role is granted to you yet" in person.get("/account").text
    assert person.get("/clips").status_code == 403  # wished for is not granted
    luo, page = site.client("luo", "en"), f"/accounts/{account(site, 'new1')}"
    assert ">1</span>" in luo.get("/accounts").text  # beside the navigation: one waits
    assert "in force" in told(luo, f"{page}/roles/grant", role="handler")
    assert person.get("/clips").status_code == 200  # the session that runs already
    assert "turned down" in told(luo, f"{page}/roles/refuse", role="officer")
    assert state(site, "new1") == ("active", {"handler"})
    told(luo, f"{page}/roles/take", role="handler")
    assert person.get("/clips").status_code == 403
    assert person.get(f"/clips/{site.clip}").status_code == 403
    told(luo, f"{page}/sessions/end")
    assert person.get("/account").status_code == 302
    shown = site.client("zhao", "en").get(page).text
    for word in ("role granted: case handler", "role taken: case handler", "高峰", "罗英", "password set"):
        assert word in shown


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        (PASSWORD, None, "at least 12 characters"),
        ("new1new1new1", None, "must not be your name"),
        ("Password1234", None, "tried first"),
        (GOOD, GOOD + "!", "differ"),
        ("x" * 2000, None, "at most 1024"),
    ],
)
def test_passwords_that_are_refused_use_up_nothing(
    site: Site, password: str, again: str | None, said: str
) -> None:
    path = invited(site)
    answer = take_it(site, path, password, again)
    assert answer.status_code == 400
    assert said in answer.text
    assert password not in answer.text
    assert state(site, "new1") == ("invited", set())
    assert take_it(site, path).status_code == 303


def test_links_that_let_nobody_in_say_why(site: Site) -> None:
    site.moment.append(datetime.now(UTC))
    paths = {why: invited(site, f"for-{why}") for why in ("used", "expired", "withdrawn", "closed")}
    assert take_it(site, paths["used"]).status_code == 303
    gao = site.client("gao", "en")
    told(gao, f"/accounts/{account(site, 'for-withdrawn')}/invitation/withdraw")
    told(gao, f"/accounts/{account(site, 'for-closed')}/close", reason="left before coming")
    site.moment[0] += timedelta(hours=73)
    paths["unknown"] = "/invitation/guess"
    words = {
        "used": "used already", "expired": "older than 72 hours", "withdrawn": "withdrawn",
        "closed": "closed meanwhile", "unknown": "not one of ours",
    }  # fmt: skip
    for why, path in paths.items():
        assert words[why] in site.client(language="en").get(path).text
        answer = take_it(site, path)
        assert answer.status_code == 410
        assert words[why] in answer.text
        assert "Nothing was changed" in answer.text
    assert refusals(site) == [("account.invitation-refused", why) for why in paths]
    assert state(site, "for-expired") == ("invited", set())
    anew = post(site.client("gao", "en"), f"/accounts/{account(site, 'for-expired')}/invitation").text
    assert "/invitation/" in anew


def test_a_link_before_it_is_used_signs_nobody_in(site: Site) -> None:
    invited(site, "new1", "handler")
    client = site.client(language="en")
    form = {"csrf_token": csrf(client.get("/signin")), "name": "new1", "password": GOOD}
    assert client.post("/signin", data=form).status_code == 401


def test_whoever_was_signed_in_is_signed_out_by_somebody_elses_invitation(site: Site) -> None:
    path = invited(site)
    li = site.client("li", "en")
    answer = post(li, path, fresh=GOOD, again=GOOD)
    assert answer.location == "/signin"
    assert li.get("/clips").status_code == 302


ACTS = {
    "/accounts/new": "system-administrator",
    "/accounts/{}/close": "system-administrator",
    "/accounts/{}/invitation": "system-administrator",
    "/accounts/{}/invitation/withdraw": "system-administrator",
    "/accounts/{}/passkeys/removal": "security-administrator",
    "/accounts/{}/reopen": "security-administrator",
    "/accounts/{}/roles/grant": "security-administrator",
    "/accounts/{}/roles/refuse": "security-administrator",
    "/accounts/{}/roles/take": "security-administrator",
    "/accounts/{}/sessions/end": "security-administrator",
    "/accounts/{}/unlock": "security-administrator",
}


def test_the_table_of_acts_is_whole(site: Site) -> None:
    found = {
        re.sub(r"<uuid:account_id>", "{}", rule.rule)
        for rule in site.app.url_map.iter_rules()
        if rule.rule.startswith("/accounts") and "POST" in (rule.methods or ())
    }
    assert found == set(ACTS)


@pytest.mark.parametrize("who", PEOPLE)
def test_each_role_tries_each_act(site: Site, who: str) -> None:
    """On another's account and on the own one; what the wrong role tried stands in the log, and nothing changed."""
    wang = account(site, "wang")
    client = site.client(who, "en")
    token = csrf(client.get("/account"))
    tried = 0
    for path, role in ACTS.items():
        for target in (wang, account(site, who)):
            form = {
                "csrf_token": token, "role": "handler", "reason": "", "username": "BAD NAME", "name": "x",
            }  # fmt: skip
            answer = client.post(path.format(target), data=form)
            if PEOPLE[who] == role:
                assert answer.status_code in {303, 400}, path
            else:
                tried += 1
                assert answer.status_code == 403, path
    seen = refusals(site)
    assert [action for action, _ in seen].count("account.act-refused") == tried
    if PEOPLE[who] == "security-administrator":
        assert ("act.refused", "own-roles") in seen
    assert state(site, "wang") == ("active", {"officer"})  # luo granted another role, and took it again
    assert state(site, who)[1] == {PEOPLE[who]}
    for page in ("/accounts", f"/accounts/{wang}"):
        reads = PEOPLE[who] in {"system-administrator", "security-administrator", "auditor"}
        assert client.get(page).status_code == (200 if reads else 403)
    assert (client.get("/accounts/new").status_code == 200) == (PEOPLE[who] == "system-administrator")


def test_nobody_grants_himself_by_a_forged_form(site: Site) -> None:
    luo, gao = site.client("luo", "en"), site.client("gao", "en")
    own = f"/accounts/{account(site, 'luo')}"
    assert "nobody acts on his own access" in told(luo, f"{own}/roles/grant", role="handler")
    assert "/roles/grant" not in luo.get(own).text
    assert post(gao, f"/accounts/{account(site, 'gao')}/roles/grant", role="handler").status_code == 403
    assert refusals(site) == [("act.refused", "own-roles"), ("account.act-refused", "office:account:grant")]
    assert state(site, "luo")[1] == {"security-administrator"}
    assert state(site, "gao")[1] == {"system-administrator"}


def test_nobody_grants_himself_by_a_second_account(site: Site) -> None:
    """The security administrator is an officer, and has a second account invited under another user name."""
    with site.database.write() as session:
        whose = session.scalars(select(Officer.id).where(Officer.name == "陈立")).one()
        session.execute(update(Account).where(Account.username == "chen").values(officer_id=None))
        session.execute(update(Account).where(Account.username == "luo").values(officer_id=whose))
    add(site, "luo2", "security-administrator")
    invited(site, "chen2", officer=str(officer(site, "陈立")))
    page = f"/accounts/{account(site, 'chen2')}/roles/grant"
    assert "nobody acts on his own access" in told(site.client("luo", "en"), page, role="handler")
    other = told(site.client("luo2", "en"), page, role="handler")
    assert "may not hold these roles together" in other
    assert "security administrator · case handler" in other
    refused = post(
        site.client("gao", "en"), "/accounts/new", username="chen3", officer=str(officer(site, "陈立")), role=["handler"]
    )  # fmt: skip
    assert refused.status_code == 400
    assert state(site, "chen2")[1] == set()
    assert [why for _, why in refusals(site)] == ["own-roles", "incompatible", "incompatible"]


def test_demoted_in_another_window(site: Site) -> None:
    add(site, "luo2", "security-administrator")
    second = site.client("luo2", "en")
    li = f"/accounts/{account(site, 'li')}"
    token = csrf(second.get(li))
    told(
        site.client("luo", "en"),
        f"/accounts/{account(site, 'luo2')}/roles/take",
        role="security-administrator",
    )
    form = {"csrf_token": token, "role": "officer"}
    assert second.post(f"{li}/roles/grant", data=form).status_code == 403
    assert state(site, "li")[1] == {"handler"}
    assert refusals(site) == [("account.act-refused", "office:account:grant")]


def test_the_last_of_an_administration_stays(site: Site) -> None:
    gao, luo = account(site, "gao"), account(site, "luo")
    assert "nobody active would be left" in told(
        site.client("luo", "en"), f"/accounts/{gao}/roles/take", role="system-administrator"
    )
    assert "nobody active would be left" in told(
        site.client("gao", "en"), f"/accounts/{luo}/close", reason="leaves"
    )
    assert [why for _, why in refusals(site)] == ["last-one", "last-one"]
    assert state(site, "luo") == ("active", {"security-administrator"})


def test_granting_asks_for_a_fresh_sign_in(site: Site) -> None:
    site.moment.append(datetime.now(UTC))
    luo, page = site.client("luo", "en"), f"/accounts/{account(site, 'li')}"
    site.moment[0] += timedelta(minutes=6)
    assert "asks for a fresh sign-in" in luo.get(page).text
    answer = post(luo, f"{page}/roles/grant", role="officer")
    assert answer.location == f"/signin/again?next={page.replace('/', '%2F')}" or answer.location == (
        f"/signin/again?next={page}"
    )
    assert state(site, "li")[1] == {"handler"}
    assert refusals(site) == [("act.refused", "not-fresh")]


def test_closed_and_opened_again(site: Site) -> None:
    li = site.client("li", "en")
    page = f"/accounts/{account(site, 'li')}"
    gao, luo = site.client("gao", "en"), site.client("luo", "en")
    assert "say why" in told(gao, f"{page}/close", reason="\u202e ")
    assert "Closed." in told(gao, f"{page}/close", reason="离职")
    assert li.get("/clips").status_code == 302  # the session is over
    assert "is closed" in told(gao, f"{page}/close", reason="once more")
    assert "is closed" in told(luo, f"{page}/roles/grant", role="handler")
    assert "Opened." in told(luo, f"{page}/reopen")
    assert state(site, "li") == ("invited", set())
    slip = post(gao, f"{page}/invitation").text
    path = re.search(r"/invitation/[\w-]+", slip)
    assert path
    take_it(site, path.group(0))
    assert signed_in(site, "li").get("/clips").status_code == 403
    with site.database.read() as session:
        assert (
            session.scalars(select(AccountRole).where(AccountRole.account_id == account(site, "li"))).all()
            == []
        )


def test_hostile_names_and_reasons_are_shown_as_text(site: Site) -> None:
    path = invited(site, "new1", "officer", name=HOSTILE)
    page = f"/accounts/{account(site, 'new1')}"
    told(site.client("gao", "en"), f"{page}/close", reason=HOSTILE)
    told(site.client("luo", "en"), f"{page}/reopen")
    anew = post(site.client("gao", "en"), f"{page}/invitation").text
    fresh = re.search(r"/invitation/[\w-]+", anew)
    assert fresh
    gao = site.client("gao", "en")
    shown = [
        anew,
        gao.get("/accounts").text,
        gao.get(page).text,
        gao.get(f"/roles?account={account(site, 'new1')}&act=office:clip:read").text,
        site.client().get(fresh.group(0)).text,
        site.client().get(path).text,
        post(gao, "/accounts/new", username=HOSTILE, name=HOSTILE, officer=HOSTILE, role=[HOSTILE]).text,
        gao.get("/accounts", query_string={"q": HOSTILE, "state": HOSTILE, "role": HOSTILE}).text,
        site.client("zhao", "en").get("/custody").text,
    ]
    for text in shown:
        assert "<img src=x" not in text
    assert sum("&lt;img src=x" in text for text in shown) >= 6
    for bad in ("\0", "%00", "'; --", "х" * 5000):
        assert gao.get("/accounts", query_string={"q": bad, "role": bad}).status_code == 200
        assert gao.get("/roles", query_string={"account": bad, "act": bad}).status_code == 200
        told(site.client("luo", "en"), f"/accounts/{account(site, 'li')}/roles/grant", role=bad)
        assert post(gao, "/accounts/new", username=bad, officer=bad, name=bad).status_code == 400


def test_an_account_that_does_not_exist(site: Site) -> None:
    nobody = f"/accounts/{site.clip}"
    assert site.client("gao").get(nobody).status_code == 404
    for who, path in (("luo", "roles/grant"), ("luo", "reopen"), ("gao", "close"), ("gao", "invitation")):
        assert post(site.client(who), f"{nobody}/{path}", role="officer", reason="x").status_code == 404
    assert refusals(site) == []


def test_roles_are_explained_to_everybody_and_others_access_to_the_administrations(site: Site) -> None:
    wang = account(site, "wang")
    li = site.client("li", "en")
    own = li.get("/roles").text
    assert "attach recordings and documents" in own
    assert "王建国" not in own
    assert li.get(f"/roles?account={wang}").status_code == 404
    why = li.get("/roles?act=office:custody:read").text
    assert "李晓梅 may: read the custody log." in why
    for who in ("gao", "luo", "zhao"):
        page = site.client(who, "en").get(f"/roles?account={wang}&act=office:clip:decide-detachment").text
        assert "王建国 may not: confirm or refuse that a recording is detached" in page
        assert "legal section" in page
    chinese = site.client("gao", "zh_Hans_CN").get(f"/roles?account={wang}&act=office:clip:download").text
    assert "王建国不可以：下载原件，每次写明理由。" in chinese
    assert "承办人" in chinese
    with site.database.write() as session:
        session.execute(update(Account).where(Account.username == "wang").values(active=False))
    assert "may not sign in" in site.client("gao", "en").get(f"/roles?account={wang}").text


def test_who_is_no_officer_is_shown_by_name(site: Site) -> None:
    assert ">高峰<" in site.client("gao").get("/account").text
    listed = site.client("zhao", "en").get("/accounts").text
    for name in ("孙伟", "周敏", "许强", "罗英", "赵明", "王建国"):
        assert name in listed
    with site.database.read() as session:
        admin = session.scalars(select(Account).where(Account.username == "admin")).one()
        assert admin.called == "许强"
