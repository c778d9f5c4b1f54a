"""Passkeys by pages: added, signed in with, used to sign in anew, removed; and every usual way round them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from catalog.models import Account, CustodyEntry, Incident, Passkey
from catalog.rules.passkeys import CHALLENGE_VALID
from catalog.rules.signin_limits import LIMITS
from tests.services.authenticator import Authenticator
from tests.web.conftest import HOSTILE, Site, csrf
from tests.web.test_lockout import attempt, entries
from tests.web.test_refusals_are_kept import kept
from tests.web.test_second_factor_pages import set_up, with_password
from tests.web.test_signing_in import PASSWORD, actions, link, set_password

PAGE, AGAIN = "/account/passkeys", "/signin/again?next=/account/passkeys"
SECURITY = "luo"


def ask(client: FlaskClient, path: str, page: str = "/signin") -> dict[str, Any]:
    answer = client.post(f"{path}/question", headers={"X-CSRFToken": csrf(client.get(page))})
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    return dict(json.loads(answer.text))


def add(client: FlaskClient, device: Authenticator, name: str = "手机", **cheat: Any) -> TestResponse:
    answer = device.create(ask(client, PAGE, "/account"), **cheat)
    form = {"csrf_token": csrf(client.get("/account")), "answer": answer, "name": name}
    return client.post(PAGE, data=form)


def enter(client: FlaskClient, device: Authenticator, *, name: str = "", **cheat: Any) -> TestResponse:
    return send(client, device.get(ask(client, "/signin/passkey"), **cheat), name=name)


def send(client: FlaskClient, answer: str, **more: str) -> TestResponse:
    form = {"csrf_token": csrf(client.get("/signin")), "answer": answer, **more}
    return client.post("/signin/passkey", data=form)


def whys(site: Site) -> list[str]:
    return [json.loads(text)["facts"]["why"] for text in entries(site, "account.sign-in-refused")]


def passkey_id(site: Site) -> UUID:
    with site.database.read() as session:
        return session.scalars(select(Passkey.id)).one()


@pytest.fixture
def ready(site: Site) -> tuple[Site, Authenticator]:
    """Wang has a password and a passkey."""
    set_password(site)
    site.moment.append(datetime.now(UTC))
    device = Authenticator()
    answer = add(with_password(site), device)
    assert answer.location == PAGE, answer.text
    return site, device


def test_signing_in_without_name_password_and_code(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    client = site.client()
    assert "用通行密钥登录" in client.get("/signin").text
    answer = enter(client, device, name="")
    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/clips").status_code == 200
    record = json.loads(entries(site, "account.signed-in")[-1])
    assert record["facts"] == {"how": "passkey", "passkey": str(passkey_id(site))}
    assert "手机" in client.get(PAGE).text
    assert "account.passkey-added" in actions(site)


@pytest.mark.parametrize("name", ["wang", "Wang@liuhen.example"])
def test_signing_in_with_the_name_typed(ready: tuple[Site, Authenticator], name: str) -> None:
    site, device = ready
    assert enter(site.client(), device, name=name).status_code == 303


@pytest.mark.parametrize("name", ["li", "nobody"])
def test_the_name_of_somebody_else(ready: tuple[Site, Authenticator], name: str) -> None:
    site, device = ready
    assert enter(site.client(), device, name=name).status_code == 401
    assert whys(site) == ["passkey-other-account"]


def test_it_stands_for_password_and_code_together(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    set_up(site, with_password(site))
    assert with_password(site).get("/clips").status_code == 302, "the password alone opens nothing"
    client = site.client()
    assert enter(client, device).status_code == 303
    assert client.get("/clips").status_code == 200


def test_a_question_tells_nothing_of_accounts(ready: tuple[Site, Authenticator]) -> None:
    site, _ = ready
    asked = ask(site.client(), "/signin/passkey")
    assert asked["allowCredentials"] == []
    assert asked["userVerification"] == "required"
    assert asked["rpId"] == "localhost"
    assert asked["challenge"] != ask(site.client(), "/signin/passkey")["challenge"]


def test_an_answer_is_good_once(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    device.counts = False
    client = site.client()
    asked = ask(client, "/signin/passkey")
    before = client.get_cookie("liuhen")
    assert before is not None
    answer = device.get(asked)
    assert send(client, answer).status_code == 303
    client.post("/signout", data={"csrf_token": csrf(client.get("/account"))})
    assert send(client, answer).status_code == 401, "the same answer again"
    client.set_cookie("liuhen", before.value)  # and the cookie of then put back
    assert send(client, answer).status_code == 401
    assert whys(site) == ["passkey-too-late"] * 2
    assert "再按一次按钮" in send(client, answer).text


def test_an_answer_is_good_in_its_own_session_only(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    mine, other = site.client(), site.client()
    answer = device.get(ask(mine, "/signin/passkey"))
    assert send(other, answer).status_code == 401, "asked nothing"
    ask(other, "/signin/passkey")
    assert send(other, answer).status_code == 401, "asked something else"
    assert whys(site) == ["passkey-too-late", "passkey-not-verified"]
    assert send(mine, answer).status_code == 303


def test_an_answer_is_good_for_its_own_purpose_and_for_minutes(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    client = with_password(site)
    form = {"csrf_token": csrf(client.get("/account"))}
    answer = device.get(ask(client, "/signin/passkey", "/account"))
    assert client.post("/signin/again/passkey", data={**form, "answer": answer}).status_code == 401
    late = site.client()
    answer = device.get(ask(late, "/signin/passkey"))
    site.moment[0] += CHALLENGE_VALID + timedelta(seconds=1)
    assert send(late, answer).status_code == 401
    assert whys(site) == ["passkey-too-late"] * 2


@pytest.mark.parametrize(
    ("cheat", "why"),
    [
        ({"origin": "https://evil.example"}, "passkey-other-origin"),
        ({"origin": "http://localhost:8600"}, "passkey-other-origin"),
        ({"framed": True}, "passkey-other-origin"),
        ({"rp": "evil.example"}, "passkey-not-verified"),
        ({"verified": False}, "passkey-not-verified"),
        ({"key": Authenticator().key}, "passkey-not-verified"),
        ({"user": b"x" * 16}, "passkey-other-account"),
    ],
)
def test_cheats(ready: tuple[Site, Authenticator], cheat: dict[str, Any], why: str) -> None:
    site, device = ready
    client = site.client()
    answer = enter(client, device, **cheat)
    assert answer.status_code == 401
    assert "不能在这里登录" in answer.text
    assert client.get("/clips").status_code == 302
    assert whys(site) == [why]


def test_the_host_that_a_request_names_decides_nothing(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    client = site.client()
    page = client.get("/signin")
    token = csrf(page)
    answer = client.post(
        "/signin/passkey/question", headers={"X-CSRFToken": token, "X-Forwarded-Host": "evil.example"}
    )
    asked = dict(json.loads(answer.text))
    assert asked["rpId"] == "localhost"
    assert send(client, device.get(asked, origin="https://evil.example")).status_code == 401


def test_questions_need_the_form_token(ready: tuple[Site, Authenticator]) -> None:
    site, _ = ready
    assert site.client().post("/signin/passkey/question").status_code == 400
    assert with_password(site).post(f"{PAGE}/question").status_code == 400


def test_a_passkey_nobody_knows(ready: tuple[Site, Authenticator]) -> None:
    site, _ = ready
    stranger = Authenticator(user=b"x" * 16)
    first = enter(site.client(), stranger).text
    assert whys(site) == ["passkey-no-such-passkey"]
    assert "不能在这里登录" in first, "as one that was removed"


def test_guessing_with_answers_has_to_wait_too(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    free = LIMITS["place"].free
    client = site.client()
    found = [enter(client, device, verified=False).status_code for _ in range(free + 1)]
    assert found == [401] * free + [429]
    assert enter(client, device).status_code == 429, "the right one as well"
    assert attempt(site, "wang", PASSWORD, address="127.0.0.1")[0] == 429, "counted as one with the password"


def test_a_locked_out_account_does_not_enter(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    for n in range(LIMITS["name"].free):
        attempt(site, "wang", "wrong", address=f"10.1.0.{n}")
    assert enter(site.client(), device).status_code == 429


def test_closed_accounts_do_not_enter(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    with site.database.write() as session:
        session.execute(update(Account).where(Account.username == "wang").values(active=False))
    assert enter(site.client(), device).status_code == 401
    assert whys(site) == ["passkey-account-closed"]


def test_closing_an_account_removes_them(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    with site.database.read() as session:
        wang = session.scalars(select(Account.id).where(Account.username == "wang")).one()
    client = site.client("gao")
    form = {"csrf_token": csrf(client.get("/account")), "reason": "调离"}
    assert client.post(f"/accounts/{wang}/close", data=form).status_code == 303
    assert enter(site.client(), device).status_code == 401
    assert whys(site) == ["passkey-removed"]


def test_a_counter_that_went_back(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    device.counter = 9
    assert enter(site.client(), device).status_code == 303
    device.counter = 2
    answer = enter(site.client(), device)
    assert answer.status_code == 401
    assert "可能已被复制" in answer.text
    device.counter = 50
    assert enter(site.client(), device).status_code == 401
    assert whys(site) == ["passkey-counter", "passkey-suspended"]
    assert len(entries(site, "account.passkey-suspended")) == 1
    with site.database.read() as session:
        assert session.scalars(select(Incident).where(Incident.kind == "passkey-copied")).one()
    security = site.client(SECURITY)
    assert "可能已被复制" in security.get("/accounts").text
    assert "可能被复制" in with_password(site).get(PAGE).text
    assert "通行密钥可能被复制" in site.client("admin").get("/incidents").text


def test_renaming_and_removing(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    mine, other = with_password(site), with_password(site)
    path = f"{PAGE}/{passkey_id(site)}"
    form = {"csrf_token": csrf(mine.get(PAGE))}
    assert mine.post(f"{path}/name", data={**form, "name": "安全密钥"}).status_code == 303
    assert mine.post(f"{path}/name", data={**form, "name": " "}).status_code == 400
    assert mine.post(f"{path}/name", data={**form, "name": HOSTILE}).status_code == 303
    page = mine.get(PAGE).text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page
    li = site.client("li")
    li_form = {"csrf_token": csrf(li.get("/account")), "name": "x"}
    assert li.post(f"{path}/name", data=li_form).status_code == 404
    assert li.post(f"{path}/removal", data=li_form).status_code == 404
    site.moment[0] += timedelta(minutes=6)
    assert mine.post(f"{path}/removal", data=form).location == AGAIN, "asks for a fresh sign-in"
    site.moment[0] -= timedelta(minutes=6)
    assert mine.post(f"{path}/removal", data=form).location == PAGE
    assert mine.get("/clips").status_code == 200, "this session goes on"
    assert other.get("/clips").status_code == 302, "others do not"
    assert mine.post(f"{path}/removal", data=form).status_code == 404
    assert enter(site.client(), device).status_code == 401
    assert whys(site) == ["passkey-removed"]
    assert actions(site).count("account.passkey-removed") == 1
    assert actions(site)[-1] == "act.refused", "kept under the clock of six minutes later"


def test_of_others_and_of_none_no_refusal_is_kept(ready: tuple[Site, Authenticator]) -> None:
    """Else whoever is late could write the ids of others' passkeys, or any, into the log."""
    site, _device = ready
    left = site.client("li")
    form = {"csrf_token": csrf(left.get("/account"))}
    site.moment[0] += timedelta(minutes=6)
    for one in (passkey_id(site), uuid4()):
        assert left.post(f"{PAGE}/{one}/removal", data=form).status_code == 404
    assert kept(site) == []


def test_adding_needs_a_fresh_sign_in(site: Site) -> None:
    set_password(site)
    site.moment.append(datetime.now(UTC))
    client = with_password(site)
    asked = ask(client, PAGE, "/account")
    site.moment[0] += timedelta(minutes=6)
    form = {"csrf_token": csrf(client.get(PAGE)), "name": "x", "answer": Authenticator().create(asked)}
    assert client.post(PAGE, data=form).location == AGAIN
    refused = client.post(f"{PAGE}/question", headers={"X-CSRFToken": form["csrf_token"]})
    assert refused.status_code == 409
    assert "重新登录" in json.loads(refused.text)["problem"]
    by_link = site.client("wang")  # by link, and there is a password
    assert by_link.post(PAGE, data={**form, "csrf_token": csrf(by_link.get(PAGE))}).location == AGAIN


@pytest.mark.parametrize(
    "cheat", [{"origin": "https://evil.example"}, {"rp": "evil.example"}, {"verified": False}]
)
def test_what_is_not_kept(site: Site, cheat: dict[str, Any]) -> None:
    client = site.client("wang")
    answer = add(client, Authenticator(), **cheat)
    assert answer.status_code == 400
    assert "未作任何更改" in answer.text
    assert "account.passkey-added" not in actions(site)
    kept = json.loads(entries(site, "act.refused")[-1])["facts"]
    assert kept["act"] == "passkey_add"


def test_an_answer_adds_one_once(site: Site) -> None:
    client, device = site.client("wang"), Authenticator()
    asked = ask(client, PAGE, "/account")
    form = {"csrf_token": csrf(client.get(PAGE)), "name": "x", "answer": device.create(asked)}
    cookie = client.get_cookie("liuhen")
    assert cookie is not None
    assert client.post(PAGE, data=form).status_code == 303
    client.set_cookie("liuhen", cookie.value)
    assert client.post(PAGE, data=form).status_code == 400
    assert add(client, device).status_code == 400, "the same device twice"
    assert add(client, Authenticator(), name="").status_code == 400


def test_signing_in_anew_by_it(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    client = with_password(site)
    site.moment[0] += timedelta(minutes=10)
    assert "用通行密钥重新登录" in client.get("/signin/again").text
    asked = ask(client, "/signin/again/passkey", "/account")
    assert [one["id"] for one in asked["allowCredentials"]] == [json.loads(device.get(asked))["id"]]
    form = {"csrf_token": csrf(client.get("/account")), "next": PAGE}
    good = client.post("/signin/again/passkey", data={**form, "answer": device.get(asked)})
    assert (good.status_code, good.location) == (303, PAGE)
    assert "data-passkey" in client.get(PAGE).text, "fresh enough to add another"


def test_nobody_signs_in_anew_by_the_passkey_of_another(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    client = site.client("li")
    asked = ask(client, "/signin/again/passkey", "/account")
    assert asked["allowCredentials"] == []
    form = {"csrf_token": csrf(client.get("/account")), "answer": device.get(asked)}
    assert client.post("/signin/again/passkey", data=form).status_code == 401
    assert whys(site) == ["passkey-other-account"]


def test_a_link_stands_for_nobody_who_has_one(site: Site) -> None:
    site.moment.append(datetime.now(UTC))
    assert add(site.client("wang"), Authenticator()).status_code == 303, (
        "no password, so the link stood for wang"
    )
    client = site.client()
    address = link(site)
    assert client.post(address, data={"csrf_token": csrf(client.get(address))}).status_code == 303
    refused = client.post(f"{PAGE}/question", headers={"X-CSRFToken": csrf(client.get("/account"))})
    assert refused.status_code == 409
    page = client.get("/signin/again").text
    assert "用通行密钥重新登录" in page
    assert "您没有密码" not in page


@pytest.mark.parametrize(
    ("url", "said"), [("http://evidence.example", "未启用 TLS"), ("https://192.0.2.7:8600", "数字地址")]
)
def test_where_there_are_none_the_page_says_why(make_site: Callable[..., Site], url: str, said: str) -> None:
    site = make_site(public_url=url)
    client = site.client("wang")
    page = client.get(PAGE).text
    assert said in page
    assert "data-passkey" not in page
    assert "passkey.js" not in page
    assert "通行密钥" not in site.client().get("/signin").text
    token = csrf(client.get("/account"))
    for path in (PAGE, "/signin/passkey", "/signin/again/passkey"):
        refused = client.post(f"{path}/question", headers={"X-CSRFToken": token})
        assert refused.status_code == 409
        assert said in json.loads(refused.text)["problem"]
    form = {"csrf_token": token, "answer": "{}", "name": "x"}
    assert client.post(PAGE, data=form).status_code == 409
    assert client.post("/signin/again/passkey", data=form).status_code == 401
    assert send(site.client(), "{}").status_code == 401


def test_over_tls_they_belong_to_the_public_address(make_site: Callable[..., Site]) -> None:
    site = make_site(public_url="https://evidence.example:8600")
    device = Authenticator(origin="https://evidence.example:8600")
    assert add(site.client("wang"), device).status_code == 303
    assert enter(site.client(), device).status_code == 303
    assert enter(site.client(), device, origin="http://localhost").status_code == 401


def test_the_security_administrator_removes_those_of_a_lost_device(ready: tuple[Site, Authenticator]) -> None:
    site, device = ready
    with site.database.read() as session:
        wang = session.scalars(select(Account.id).where(Account.username == "wang")).one()
    mine, security = with_password(site), site.client(SECURITY)
    assert "设备丢失" in security.get(f"/accounts/{wang}").text
    form = {"csrf_token": csrf(security.get("/account"))}
    path = f"/accounts/{wang}/passkeys/removal"
    assert security.post(path, data=form).status_code == 303
    assert "account.passkeys-taken" not in actions(site), "not without a reason"
    assert security.post(path, data={**form, "reason": "手机丢失"}).status_code == 303
    assert actions(site)[-1] == "account.passkeys-taken"
    assert enter(site.client(), device).status_code == 401
    assert mine.get("/clips").status_code == 302, "sessions have ended"
    assert "设备丢失" not in security.get(f"/accounts/{wang}").text


def test_the_security_administrator_unlocks(ready: tuple[Site, Authenticator]) -> None:
    site, _ = ready
    with site.database.read() as session:
        wang = session.scalars(select(Account.id).where(Account.username == "wang")).one()
    free = LIMITS["place"].free
    assert [attempt(site, "wang", "wrong")[0] for _ in range(free + 1)][-1] == 429
    security = site.client(SECURITY)
    assert "须等待" in security.get("/accounts").text
    page = security.get(f"/accounts/{wang}").text
    assert "解除锁定" in page
    form = {"csrf_token": csrf(security.get("/account")), "reason": "来电核实"}
    assert attempt(site, "wang", PASSWORD)[0] == 429
    assert security.post(f"/accounts/{wang}/unlock", data=form).status_code == 303
    assert attempt(site, "wang", PASSWORD)[0] == 303
    assert [attempt(site, "wang", "wrong")[0] for _ in range(free + 1)][-1] == 429, "and counts anew"
    history = security.get(f"/accounts/{wang}").text
    assert "来电核实" in history
    assert "来电核实" not in "".join(entries(site, "account.unlocked"))
    with site.database.read() as session:
        assert (
            len(session.scalars(select(CustodyEntry).where(CustodyEntry.action == "account.unlocked")).all())
            == 1
        )


def test_nobody_unlocks_himself(site: Site) -> None:
    security = site.client(SECURITY)
    with site.database.read() as session:
        own = session.scalars(select(Account.id).where(Account.username == SECURITY)).one()
    form = {"csrf_token": csrf(security.get("/account")), "reason": "x"}
    answer = security.post(f"/accounts/{own}/unlock", data=form)
    assert "本人" in security.get(answer.location).text
    assert "account.unlocked" not in actions(site)
    assert json.loads(entries(site, "act.refused")[-1])["facts"]["why"] == "own-roles"


def test_guessing_from_many_addresses_does_not_flood_the_log(site: Site) -> None:
    site.moment.append(datetime.now(UTC))
    tried = 0
    for n in range(90):
        status, _ = attempt(site, f"guess{n}", "wrong", address=f"10.9.{n}.1")
        tried += status == 401
    assert tried == 90
    refused = entries(site, "account.sign-in-refused")
    assert len(refused) == 13
    site.moment[0] += timedelta(hours=1)
    attempt(site, "guess", "wrong", address="10.9.200.1")
    counted = json.loads(entries(site, "account.refusals-counted")[0])["facts"]
    assert counted["refused"] == 90
