"""Letting people in from the command line, and plain words where nothing has run yet."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from catalog.database import Database, migrate
from catalog.models import Account, CustodyEntry, RoleGrant
from liuhen.cli import main
from liuhen.settings import load


@pytest.fixture
def data(tmp_path: Path) -> Path:
    url = load(tmp_path).catalog.database_url
    Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    migrate(url)
    return tmp_path


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def test_an_account_is_made_once_with_its_officer_and_a_link(data: Path) -> None:
    made = (
        "account",
        "add",
        "li",
        "--role",
        "handler",
        "--name",
        "李晓梅",
        "--number",
        "010415",
        "--unit",
        "城东分局",
    )
    status, said = run(*made, "--data", str(data))
    assert status == 0
    assert "/signin/" in said
    status, said = run(*made, "--data", str(data))
    assert status == 1
    assert "already" in said
    database = Database.open(load(data).catalog.database_url)
    with database.read() as session:
        (account,) = session.query(Account).all()
        assert account.password is None
        assert account.officer is not None
        assert account.officer.name == "李晓梅"
        actions = [e.action for e in session.query(CustodyEntry)]
    database.close()
    assert actions.count("account.created") == actions.count("officer.entered") == 1


@pytest.mark.parametrize(
    "options", [("--name", "王"), ("--number", "1"), ("--unit", "u"), ("--name", "王", "--unit", "u")]
)
def test_options_that_do_not_fit_change_nothing(data: Path, options: tuple[str, ...]) -> None:
    status, said = run("account", "add", "x", "--role", "officer", *options, "--data", str(data))
    assert status == 2
    assert "Nothing was changed" in said


@pytest.mark.parametrize("command", [("account", "add", "x", "--role", "officer"), ("signin-link", "x")])
def test_a_folder_where_nothing_ran_is_said_and_left_alone(tmp_path: Path, command: tuple[str, ...]) -> None:
    status, said = run(*command, "--data", str(tmp_path))
    assert status == 1
    assert "liuhen up" in said
    assert list(tmp_path.iterdir()) == []


def test_a_second_factor_is_reset_with_an_entry(data: Path) -> None:
    from catalog.people import find_account, person  # noqa: PLC0415
    from catalog.signing_in import second_factor  # noqa: PLC0415

    run("account", "add", "li", "--role", "handler", "--data", str(data))
    status, said = run("account", "reset-second-factor", "li", "--data", str(data))
    assert status == 0
    assert "Nothing was changed" in said
    database = Database.open(load(data).catalog.database_url)
    now = datetime.now(UTC)
    secret, vault = b"12345678901234567890", second_factor.Vault(bytes(32))
    with database.write() as session:
        account = find_account(session, "li")
        assert account is not None
        actor = person(account, None)
        second_factor.begin(session, actor, vault, secret, now)
        code = second_factor.code_at(secret, int(now.timestamp()) // second_factor.STEP_SECONDS)
        second_factor.confirm(session, actor, vault, code, now)
    status, said = run("account", "reset-second-factor", "li", "--data", str(data))
    assert status == 0
    assert "is reset" in said
    with database.read() as session:
        assert not second_factor.has_second_factor(session, account.id)
        assert "account.second-factor-reset" in [e.action for e in session.query(CustodyEntry)]
    database.close()
    assert run("account", "reset-second-factor", "nobody", "--data", str(data))[0] == 1


def test_the_first_administrations_are_made_here_and_shown_by_name(data: Path) -> None:
    for user, role, name in (
        ("gao", "system-administrator", "高峰"),
        ("luo", "security-administrator", "罗英"),
    ):
        status, said = run(
            "account", "add", user, "--role", role, "--display-name", name, "--data", str(data)
        )
        assert status == 0, said
    database = Database.open(load(data).catalog.database_url)
    with database.read() as session:
        assert {a.called: {r.name for r in a.roles} for a in session.query(Account)} == {
            "高峰": {"system-administrator"},
            "罗英": {"security-administrator"},
        }
        grants = session.query(RoleGrant).all()
        assert [(g.granted_by, g.granted_at is not None) for g in grants] == [(None, True)] * 2
    database.close()


@pytest.mark.parametrize(
    "roles",
    [
        ("system-administrator", "security-administrator"),
        ("security-administrator", "handler"),
        ("auditor", "administrator"),
        ("leader", "handler"),
    ],
)
def test_roles_that_one_person_may_not_hold_are_refused_here_too(data: Path, roles: tuple[str, str]) -> None:
    both = [option for role in roles for option in ("--role", role)]
    status, said = run("account", "add", "x", *both, "--data", str(data))
    assert status == 2
    assert all(role in said for role in roles)
    assert "Nothing was changed" in said
    database = Database.open(load(data).catalog.database_url)
    with database.read() as session:
        assert session.query(Account).all() == []
    database.close()


def test_a_second_account_of_the_same_officer_is_the_same_person(data: Path) -> None:
    whose = ("--name", "李晓梅", "--number", "010415", "--data", str(data))
    assert run("account", "add", "li", "--role", "handler", *whose)[0] == 0
    status, said = run("account", "add", "li2", "--role", "security-administrator", *whose)
    assert status == 2
    assert "handler" in said
    assert run("account", "add", "li3", "--role", "officer", "--display-name", "x", *whose)[0] == 2
