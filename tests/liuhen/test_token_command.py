"""`liuhen token`: made and printed once, listed without the secret, revoked; plain words for what does not fit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from catalog.database import Database
from catalog.models import CustodyEntry
from liuhen.settings import load
from tests.liuhen.test_account import data, run

__all__ = ["data"]

READ = ("--permission", "office:case:read")


@pytest.fixture
def li(data: Path) -> tuple[str, ...]:
    at = ("--data", str(data))
    assert run("account", "add", "li", "--role", "handler", *at)[0] == 0
    return at


def test_made_listed_and_revoked(li: tuple[str, ...], data: Path) -> None:
    assert run("token", "list", *li) == (0, "There are no tokens.\n")
    status, secret = run("token", "create", "li", *READ, "--expires", "30", "--name", "case system", *li)
    assert status == 0
    assert re.fullmatch(r"liuhen_[\w-]{43}\n", secret)
    status, listed = run("token", "list", "li", *li)
    assert status == 0
    assert "good" in listed
    assert "case system" in listed
    assert secret.strip() not in listed
    token = listed.split()[0]
    assert run("token", "revoke", token, *li)[0] == 0
    assert "revoked" in run("token", "list", *li)[1]
    status, said = run("token", "revoke", token, *li)
    assert status == 1
    assert "already" in said
    database = Database.open(load(data).catalog.database_url)
    with database.read() as session:
        actions = [entry.action for entry in session.query(CustodyEntry)]
        assert not any(secret.strip() in entry.record for entry in session.query(CustodyEntry))
    database.close()
    assert [actions.count(f"account.token-{what}") for what in ("created", "revoked")] == [1, 1]


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("create", "nobody", *READ, "--expires", "30"), 1),
        (("create", "li", "--permission", "office:station:manage", "--expires", "30"), 2),
        (("create", "li", *READ, "--expires", "367"), 2),
        (("create", "li", *READ, "--expires", "0"), 2),
        (("create", "li", *READ, "--expires", "30", "--name", " "), 2),
        (("revoke", "not-an-id"), 2),
        (("revoke", "00000000-0000-7000-8000-000000000000"), 1),
        (("list", "nobody"), 1),
    ],
)
def test_what_does_not_fit_is_said(li: tuple[str, ...], arguments: tuple[str, ...], status: int) -> None:
    assert run("token", *arguments, *li)[0] == status


def test_no_more_than_the_person_may(li: tuple[str, ...]) -> None:
    run("account", "add", "admin", "--role", "administrator", *li)
    status, said = run("token", "create", "admin", *READ, "--expires", "30", *li)
    assert status == 2
    assert "roles" in said
