"""Roles from before this was kept are in force since their account was made, and can be taken like any other."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Column, MetaData, Table, create_engine, insert, inspect, make_url, select, text

from catalog.accounts.reading import view_account
from catalog.database import Database, migrate
from catalog.models import Account, RoleGrant

MADE = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a catalog as it was before."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    else:
        server, name = request.getfixturevalue("postgres_url"), f"old_{uuid4().hex}"
        engine = create_engine(server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        url = make_url(server).set(database=name).render_as_string(hide_password=False)
    migrate(url, "0019")
    return url


def test_roles_there_are_stay_in_force(old: str) -> None:
    database = Database.open(old)
    account = uuid4()
    there = {column["name"] for column in inspect(database.engine).get_columns("accounts")}
    of_then = Table(
        "accounts",
        MetaData(),
        *(Column(c.name, c.type) for c in Account.__table__.columns if c.name in there),
    )
    with database.engine.begin() as connection:
        connection.execute(
            insert(of_then).values(
                id=account, username="li", email="li@x.example", active=True, fs_uniquifier="u",
                language="en", confirmed_at=MADE, created_at=MADE,
            )
        )  # fmt: skip
        connection.execute(text("INSERT INTO roles (id, name, description) VALUES (1, 'handler', '')"))
        held = Table(
            "account_roles", MetaData(), Column("account_id", Account.__table__.c.id.type), Column("role_id")
        )
        connection.execute(insert(held).values(account_id=account, role_id=1))
    migrate(old)
    with database.read() as session:
        (row,) = session.scalars(select(RoleGrant)).all()
        assert (row.account_id, row.role, row.granted_at, row.granted_by, row.ended_at) == (
            account, "handler", MADE, None, None,
        )  # fmt: skip
        view = view_account(session, account)
        assert view is not None
        assert (view.account.state, view.account.called) == ("active", "li")
        assert view.person.roles == {"handler"}
        assert [event.what for event in view.history] == ["granted", "created"]
    database.close()
