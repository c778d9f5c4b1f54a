"""Signing in by link and by password, signing out, and what of it stands in the log."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from catalog.models import Account, CustodyEntry
from catalog.people import issue_signin_token
from tests.web.conftest import Site, csrf

PASSWORD = "correct-Horse-7"


def actions(site: Site) -> list[str]:
    with site.database.read() as session:
        return list(session.scalars(select(CustodyEntry.action).order_by(CustodyEntry.at, CustodyEntry.id)))


def link(site: Site, username: str = "wang") -> str:
    with site.database.write() as session:
        return f"/signin/{issue_signin_token(session, username, site.components.clock())}"


def set_password(site: Site, username: str = "wang") -> None:
    client = site.client(username)
    page = client.get("/account")
    answer = client.post("/account", data={"csrf_token": csrf(page), "fresh": PASSWORD, "again": PASSWORD})
    assert answer.status_code == 303, answer.text


def sign_in(site: Site, name: str, password: str) -> int:
    client = site.client()
    page = client.get("/signin")
    return client.post(
        "/signin", data={"csrf_token": csrf(page), "name": name, "password": password}
    ).status_code


def test_a_link_asks_first_and_works_once(site: Site) -> None:
    address = link(site)
    client = site.client()
    for _ in range(3):  # previews
        page = client.get(address)
        assert page.status_code == 200
        assert "王建国" in page.text
    assert client.post(address, data={"csrf_token": csrf(page)}).status_code == 303
    assert client.get("/").status_code == 200
    other = site.client()
    assert other.get(address).status_code == 410
    page = other.get("/signin")
    assert other.post(address, data={"csrf_token": csrf(page)}).status_code == 410
    assert other.get("/").status_code == 302
    about = [action for action in actions(site) if action.startswith("account.")]
    assert about[-2:] == ["account.signed-in", "account.sign-in-refused"]


def test_a_link_cannot_be_used_from_another_page(site: Site) -> None:
    address = link(site)
    assert site.client().post(address).status_code == 400
    assert site.client().get(address).status_code == 200, "it is still good"


def test_signing_in_by_password_with_either_name(site: Site) -> None:
    assert sign_in(site, "wang", PASSWORD) == 401, "no password is set"
    set_password(site)
    assert sign_in(site, "wang", PASSWORD) == 303
    assert sign_in(site, "WANG@liuhen.example", PASSWORD) == 303
    assert sign_in(site, "wang", PASSWORD + "x") == 401
    assert sign_in(site, "nobody", PASSWORD) == 401
    assert sign_in(site, "", "") == 401
    with site.database.read() as session:
        account = session.scalars(select(Account).where(Account.username == "wang")).one()
        assert (account.password or "").startswith("$argon2id$")
        texts = session.scalars(
            select(CustodyEntry.record).where(CustodyEntry.action == "account.sign-in-refused")
        ).all()
    assert len(texts) == 4
    assert not any("nobody" in text or PASSWORD in text for text in texts)


def test_both_refusals_read_the_same(site: Site) -> None:
    set_password(site)
    bodies = []
    for name in ("wang", "nobody"):
        client = site.client()
        page = client.get("/signin")
        answer = client.post("/signin", data={"csrf_token": csrf(page), "name": name, "password": "no"})
        text = re.sub(r'"[\w.-]{60,}"', "", answer.text)
        bodies.append(text.replace(f'value="{name}"', ""))
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    "form",
    [
        {"fresh": "short", "again": "short"},
        {"fresh": "aaaaaaaaaaaaaaaa", "again": "aaaaaaaaaaaaaaaa"},
        {"fresh": PASSWORD, "again": PASSWORD + "x"},
        {"fresh": "x1!" * 400, "again": "x1!" * 400},
    ],
)
def test_bad_passwords_are_refused(site: Site, form: dict[str, str]) -> None:
    client = site.client("wang")
    assert (
        client.post("/account", data={"csrf_token": csrf(client.get("/account")), **form}).status_code == 400
    )
    assert "account.password-set" not in actions(site)


def test_changing_a_password_needs_the_old_one_and_ends_other_sessions(site: Site) -> None:
    set_password(site)
    first, second = site.client("wang"), site.client("wang")
    new = PASSWORD + "-new"
    form = {"csrf_token": csrf(first.get("/account")), "fresh": new, "again": new}
    assert first.post("/account", data={**form, "present": "wrong"}).status_code == 400
    assert first.post("/account", data={**form, "present": PASSWORD}).status_code == 303
    assert first.get("/").status_code == 200
    assert second.get("/").status_code == 302


def test_signing_out(site: Site) -> None:
    client = site.client("wang")
    assert client.post("/signout", data={"csrf_token": csrf(client.get("/"))}).status_code == 302
    assert client.get("/").status_code == 302
    assert actions(site)[-1] == "account.signed-out"


def test_a_closed_account_is_out_at_once(site: Site) -> None:
    client = site.client("wang")
    with site.database.write() as session:
        session.scalars(select(Account).where(Account.username == "wang")).one().active = False
    assert client.get("/").status_code == 302


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_elsewhere(site: Site, wanted: str) -> None:
    client = site.client()
    address = link(site)
    page = client.get(address)
    answer = client.post(f"{address}?next={wanted}", data={"csrf_token": csrf(page)})
    assert answer.location == "/"


def test_one_comes_back_to_the_page_one_wanted(site: Site) -> None:
    client = site.client()
    answer = client.get("/clips?kind=video")
    assert answer.location == "/signin?next=/clips?kind%3Dvideo"
    set_password(site)
    page = client.get(answer.location)
    answer = client.post(
        "/signin",
        data={"csrf_token": csrf(page), "name": "wang", "password": PASSWORD, "next": "/clips?kind=video"},
    )
    assert answer.location == "/clips?kind=video"


def test_flask_securitys_own_tokens_open_nothing(site: Site) -> None:
    with site.app.test_request_context():
        from web.accounts import AccountStore  # noqa: PLC0415

        user = AccountStore(site.database, site.components.clock).find_user(username="li")
        assert user is not None
        token = user.get_auth_token()
    client = site.client()
    assert client.get("/cases", headers={"Authentication-Token": token}).status_code == 302
    assert client.get(f"/cases?auth_token={token}").status_code == 302


def test_cookies(make_site: Callable[..., Site]) -> None:
    for secure in (False, True):
        site = make_site(secure_cookies=secure)
        cookie = site.client().get("/signin", base_url="https://localhost").headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert ("Secure" in cookie) is secure


def test_the_language_is_kept_with_the_account(site: Site) -> None:
    client = site.client("wang", "en")
    assert "My shift" in client.get("/").text
    assert "My shift" in site.client("wang").get("/").text
    assert "account.language-changed" in actions(site)


def test_signing_out_ends_copies_of_the_session_too(make_site: Callable[..., Site]) -> None:
    site = make_site()
    client = site.client("wang")
    thief = site.app.test_client()
    cookie = client.get_cookie("liuhen")
    assert cookie is not None
    thief.set_cookie("liuhen", cookie.value)
    assert thief.get("/clips").status_code == 200
    client.post("/signout", data={"csrf_token": csrf(client.get("/account"))})
    assert thief.get("/clips").status_code in {302, 303, 401}


def test_looking_sends_no_cookie_again(make_site: Callable[..., Site]) -> None:
    client = make_site().client("wang")
    client.get("/clips")
    with client.get("/static/app.css") as sheet:
        assert "Set-Cookie" not in sheet.headers
    assert "Set-Cookie" not in client.get("/healthz").headers
