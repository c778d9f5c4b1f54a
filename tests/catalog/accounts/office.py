"""Who is who in these tests of accounts: two of each administration, an officer with two accounts, and what they do."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from catalog.accounts.closing import close_account, reopen
from catalog.accounts.granting import end_sessions, grant, refuse, take
from catalog.accounts.inviting import Guest, accept, invite, invite_anew, withdraw
from catalog.accounts.refusals import CannotAdminister
from catalog.actors import Actor, system
from catalog.database import Database
from catalog.models import Account, CustodyEntry
from catalog.officers import enter_officer
from catalog.people import create_account, person
from tests.catalog.conftest import NOW

PEOPLE = {
    "gao": "system-administrator",
    "gao2": "system-administrator",
    "luo": "security-administrator",
    "luo2": "security-administrator",
    "zhao": "auditor",
    "li": "handler",
    "admin": "administrator",
}


@dataclass
class Office:
    """Everybody as they were when the day began; a stale actor is what a page still knows."""

    database: Database
    people: dict[str, Actor] = field(default_factory=dict)
    officers: dict[str, UUID] = field(default_factory=dict)
    now: datetime = NOW

    def id(self, who: str) -> UUID:
        with self.database.read() as session:
            return session.scalars(select(Account.id).where(Account.username == who)).one()

    def actor(self, who: str) -> Actor:
        with self.database.read() as session:
            return person(session.scalars(select(Account).where(Account.username == who)).one(), None)

    def roles(self, who: str) -> set[str]:
        return set(self.actor(who).roles)

    def state(self, who: str) -> str:
        with self.database.read() as session:
            return session.scalars(select(Account).where(Account.username == who)).one().state

    def do(self, what: Callable[..., Any], who: str, **values: Any) -> Any:
        with self.database.write() as session:
            actor = self.people.get(who) or self.actor(who)
            return what(session, actor=actor, now=self.now, **values)

    def invite(
        self, username: str, *roles: str, by: str = "gao", officer: str = "", name: str = "某人"
    ) -> str:
        guest = Guest(username, self.officers.get(officer), "" if officer else name, frozenset(roles))
        return str(self.do(invite, by, guest=guest, today=self.now.date())[1])

    def accept(self, token: str, password_hash: str = "hash") -> UUID:
        with self.database.write() as session:
            return accept(session, token=token, password_hash=password_hash, address=None, now=self.now).id

    def grant(self, who: str, role: str, by: str = "luo") -> None:
        self.do(grant, by, account_id=self.id(who), role=role, signed_in_at=self.now)

    def take(self, who: str, role: str, by: str = "luo") -> None:
        self.do(take, by, account_id=self.id(who), role=role, signed_in_at=self.now)

    def refuse(self, who: str, role: str, by: str = "luo") -> None:
        self.do(refuse, by, account_id=self.id(who), role=role, signed_in_at=self.now)

    def close(self, who: str, by: str = "gao", reason: str = "离职") -> None:
        self.do(close_account, by, account_id=self.id(who), reason=reason)

    def reopen(self, who: str, by: str = "luo") -> None:
        self.do(reopen, by, account_id=self.id(who), signed_in_at=self.now)

    def end_sessions(self, who: str, by: str = "luo") -> None:
        self.do(end_sessions, by, account_id=self.id(who))

    def anew(self, who: str, by: str = "gao") -> str:
        return str(self.do(invite_anew, by, account_id=self.id(who))[1])

    def withdraw(self, who: str, by: str = "gao") -> None:
        self.do(withdraw, by, account_id=self.id(who))

    def entered(self, action: str) -> list[dict[str, Any]]:
        """The facts of the entries of an action, oldest first."""
        with self.database.read() as session:
            found = session.scalars(
                select(CustodyEntry).where(CustodyEntry.action == action).order_by(CustodyEntry.id)
            )
            return [json.loads(entry.record)["facts"] for entry in found]

    def later(self, **more: float) -> None:
        self.now += timedelta(**more)


def open_office(database: Database) -> Office:
    office = Office(database)
    with database.write() as session:
        for number, name in (("100412", "王建国"), ("100388", "李晓梅")):
            officer = enter_officer(
                session, actor=system("test"), number=number, name=name, unit=None, now=NOW
            )
            office.officers[name] = officer.id
        for username, role in PEOPLE.items():
            account = create_account(
                session, actor=system("test"), username=username, email=f"{username}@x.example", roles=[role],
                officer=officer if username == "li" else None, display_name="" if username == "li" else username.upper(),
                now=NOW,
            )  # fmt: skip
            office.people[username] = person(account, None)
    return office


def refused(why: str, act: Callable[..., Any], *given: Any, **values: Any) -> CannotAdminister:
    with pytest.raises(CannotAdminister) as refusal:
        act(*given, **values)
    assert refusal.value.why == why
    return refusal.value
