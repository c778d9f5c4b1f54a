"""A session that was left open gives nobody a lasting proof: a first password asks anew who it is (R2.12)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from catalog.models import Account
from catalog.people import person
from catalog.permissions import Permission
from catalog.signing_in.tokens import create_token
from tests.web.conftest import Site, csrf
from tests.web.test_refusals_are_kept import kept
from tests.web.test_signing_in import PASSWORD, actions

NEW = {"fresh": PASSWORD, "again": PASSWORD}


@pytest.fixture
def desk(site: Site) -> tuple[Site, FlaskClient]:
    """A browser signed in by link, twelve minutes ago."""
    site.moment.append(datetime.now(UTC))
    client = site.client("wang", "en")
    site.moment[0] += timedelta(minutes=12)
    return site, client


def test_a_left_desk_is_no_fresh_proof(desk: tuple[Site, FlaskClient]) -> None:
    site, thief = desk
    answer = thief.post("/account", data={"csrf_token": csrf(thief.get("/account")), **NEW})
    assert (answer.status_code, answer.location) == (303, "/signin/again?next=/account")
    assert "account.password-set" not in actions(site)
    assert kept(site) == [({"act": "change_password", "why": "not-fresh"}, set())]
    page = thief.get("/signin/again")
    assert "Nothing was changed yet" in page.text
    assert "set a password in “My account”" in page.text, "what spares one the next link"
    form = {"csrf_token": csrf(page), "password": PASSWORD}
    assert thief.post("/signin/again", data=form).status_code == 401
    with thief.session_transaction() as session:
        proven = datetime.fromisoformat(session["signed_in_at"])
    assert proven == site.moment[0] - timedelta(minutes=12), "the proof is as old as it was"


def test_a_fresh_link_sets_a_password(desk: tuple[Site, FlaskClient]) -> None:
    site, _left = desk
    client = site.client("wang")
    form = {"csrf_token": csrf(client.get("/account")), **NEW}
    assert client.post("/account", data=form).location == "/account"
    assert actions(site)[-1] == "account.password-set"
    assert kept(site) == []


def test_the_present_password_is_proof_enough(desk: tuple[Site, FlaskClient]) -> None:
    site, _left = desk
    client = site.client("wang")
    client.post("/account", data={"csrf_token": csrf(client.get("/account")), **NEW})
    site.moment[0] += timedelta(minutes=12)
    other = {"fresh": PASSWORD + "-new", "again": PASSWORD + "-new", "present": PASSWORD}
    form = {"csrf_token": csrf(client.get("/account")), **other}
    assert client.post("/account", data=form).location == "/account"


def test_a_new_password_says_which_tokens_stay(desk: tuple[Site, FlaskClient]) -> None:
    site, _left = desk
    client = site.client("li", "en")
    assert "Tokens that are valid now" not in client.get("/account").text
    with site.database.write() as session:
        li = session.scalars(select(Account).where(Account.username == "li")).one()
        now = site.components.clock()
        create_token(
            session, actor=person(li, None), account=li.id, name="案件系统",
            permissions=[Permission.CASE_READ.value], expires=now + timedelta(days=7), now=now,
        )  # fmt: skip
    client.post("/account", data={"csrf_token": csrf(client.get("/account")), **NEW})
    page = client.get("/account").text
    assert "Tokens that are valid now: 1." in page
    assert 'href="/account/tokens"' in page
    site.moment[0] += timedelta(days=8)
    assert "Tokens that are valid now" not in site.client("li", "en").get("/account").text, "expired"
