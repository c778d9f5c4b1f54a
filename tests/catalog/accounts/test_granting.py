"""Nobody lets himself in: granting, taking and closing by the right administration, with what it is now."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from catalog.accounts.granting import grant
from catalog.accounts.reading import count_wishes, list_accounts, view_account
from catalog.accounts.refusals import CannotAdminister
from catalog.database import Database
from catalog.models import Account, CustodyEntry, RoleGrant
from catalog.people import account_by_uniquifier, person
from catalog.permissions import ROLES
from catalog.signing_in.tokens import bearer_of, create_token
from tests.catalog.accounts.office import PEOPLE, Office, refused


def test_from_the_invitation_to_a_role_in_force(office: Office) -> None:
    token = office.invite("wang", "officer", officer="王建国")
    assert office.state("wang") == "invited"
    assert office.roles("wang") == set()
    office.later(hours=1)
    office.accept(token)
    assert office.state("wang") == "active"
    assert office.roles("wang") == set()
    with office.database.read() as session:
        assert count_wishes(session) == 1
    office.later(hours=1)
    office.grant("wang", "officer")
    assert office.roles("wang") == {"officer"}
    with office.database.read() as session:
        assert count_wishes(session) == 0
        view = view_account(session, office.id("wang"))
        assert view is not None
        assert view.account.called == "王建国"
        (row,) = view.grants
        assert row.wisher is not None
        assert row.granter is not None
        assert (row.wisher.username, row.granter.username) == ("gao", "luo")
        assert [e.what for e in reversed(view.history)] == [
            "created",
            "wished",
            "invited",
            "accepted",
            "granted",
        ]
    assert office.entered("account.role-granted") == [{"role": "officer", "before": [], "after": ["officer"]}]
    office.later(hours=1)
    office.take("wang", "officer")
    assert office.roles("wang") == set()
    refused("not-held", office.take, "wang", "officer")
    office.grant("wang", "officer")  # a role may come back; the rows of before stay
    with office.database.read() as session:
        rows = session.scalars(select(RoleGrant).where(RoleGrant.account_id == office.id("wang"))).all()
    assert sorted(row.ending for row in rows) == ["", "taken"]


@pytest.mark.parametrize("by", [who for who, role in PEOPLE.items() if role != "security-administrator"])
def test_only_the_security_administrator_acts_on_roles(office: Office, by: str) -> None:
    office.invite("wang", "officer")
    refused("not-yours", office.grant, "wang", "officer", by=by)
    refused("not-yours", office.refuse, "wang", "officer", by=by)
    refused("not-yours", office.take, "li", "handler", by=by)
    refused("not-yours", office.end_sessions, "li", by=by)
    office.close("li")
    refused("not-yours", office.reopen, "li", by=by)
    assert office.roles("wang") == set()


@pytest.mark.parametrize("by", [who for who, role in PEOPLE.items() if role != "system-administrator"])
def test_only_the_system_administrator_makes_and_closes(office: Office, by: str) -> None:
    refused("not-yours", office.invite, "wang", by=by)
    office.invite("wang")
    refused("not-yours", office.anew, "wang", by=by)
    refused("not-yours", office.withdraw, "wang", by=by)
    refused("not-yours", office.close, "li", by=by)
    assert office.state("li") == "active"


def test_nobody_acts_on_himself_by_whichever_account(office: Office) -> None:
    refused("own-roles", office.grant, "luo", "officer")
    refused("own-roles", office.take, "luo", "security-administrator")
    refused("own-roles", office.end_sessions, "luo")
    refused("own-roles", office.close, "gao")
    # luo is the officer 王建国, who is invited a second time under another user name.
    with office.database.write() as session:
        session.execute(
            update(Account).where(Account.username == "luo").values(officer_id=office.officers["王建国"])
        )
    office.invite("wang", officer="王建国")
    refused("own-roles", office.grant, "wang", "officer")
    refused("incompatible", office.grant, "wang", "officer", by="luo2")
    refused("own-roles", office.end_sessions, "wang")


def test_roles_that_do_not_go_together(office: Office) -> None:
    for role in ROLES:
        if role != "auditor":
            refusal = refused("incompatible", office.grant, "zhao", role)
            assert refusal.clash is not None
            assert (refusal.clash.held, refusal.clash.wanted) == ("auditor", role)
    refused("incompatible", office.grant, "gao", "handler")
    office.grant("gao", "administrator")  # a small bureau: who runs the machine keeps the recorders too
    refused("incompatible", office.grant, "li", "legal")
    refused("incompatible", office.invite, "x1", "leader", "handler")
    refused("incompatible", office.invite, "x2", "legal", officer="李晓梅")  # li is 李晓梅
    assert {"x1", "x2"}.isdisjoint(names(office))
    office.invite("x2", "archivist", officer="李晓梅")


def names(office: Office) -> set[str]:
    with office.database.read() as session:
        return set(session.scalars(select(Account.username)))


def test_the_pairs_are_asked_again_when_the_role_is_granted(office: Office) -> None:
    """Wished for while nothing stood against it; meanwhile another account of the officer got what does."""
    office.invite("wang", "leader", officer="王建国")
    office.invite("wang2", "handler", officer="王建国")
    office.grant("wang2", "handler")
    refused("incompatible", office.grant, "wang", "leader")
    office.close("wang2")
    office.grant("wang", "leader")


def test_somebody_of_each_administration_stays(office: Office) -> None:
    office.take("gao2", "system-administrator")
    refused("last-one", office.take, "gao", "system-administrator")
    office.close("luo2")
    refused("last-one", office.close, "luo")
    # An invited one, or one whose role is only wished for, does not count.
    office.invite("luo3", "security-administrator")
    office.grant("luo3", "security-administrator")
    refused("last-one", office.close, "luo")
    office.accept(office.anew("luo3"))
    office.close("luo")
    assert office.state("luo") == "closed"


def test_a_stale_page_has_no_power(office: Office) -> None:
    """What the actor held when his page was made does not count, but what he holds now."""
    office.take("luo2", "security-administrator")
    assert "security-administrator" in office.people["luo2"].roles
    refused("not-yours", office.grant, "li", "archivist", by="luo2")
    office.close("gao2")
    refused("not-yours", office.invite, "wang", by="gao2")


@pytest.mark.parametrize("ago", [None, timedelta(minutes=5, seconds=1), timedelta(seconds=-1)])
def test_granting_asks_for_a_fresh_sign_in(office: Office, ago: timedelta | None) -> None:
    at = office.now - ago if ago is not None else None
    refused(
        "not-fresh", office.do, grant, "luo", account_id=office.id("li"), role="archivist", signed_in_at=at
    )


def test_a_wish_is_turned_down(office: Office) -> None:
    office.invite("wang", "officer", "handler")
    office.refuse("wang", "handler")
    refused("not-wished", office.refuse, "wang", "handler")
    refused("not-wished", office.refuse, "li", "handler")  # in force: taken, not turned down
    with office.database.read() as session:
        lines, more = list_accounts(session, waiting=True)
    assert [(line.account.username, line.wished) for line in lines] == [("wang", ("officer",))]
    assert not more


def test_what_does_not_exist(office: Office) -> None:
    refused("unknown-role", office.grant, "li", "emperor")
    refused("held-already", office.grant, "li", "handler")
    refused(
        "unknown-account", office.do, grant, "luo", account_id=office.officers["王建国"], role="officer",
        signed_in_at=office.now,
    )  # fmt: skip


def test_closed_and_opened_again(office: Office) -> None:
    uniquifier = session_of(office, "li")
    office.close("li")
    with office.database.read() as session:
        assert account_by_uniquifier(session, uniquifier) is None
    assert (office.state("li"), office.roles("li")) == ("closed", set())
    refused("closed", office.close, "li")
    refused("closed", office.grant, "li", "handler")
    refused("closed", office.anew, "li")
    refused("reason-missing", office.close, "admin", reason=" \u202e\n ")
    office.reopen("li")
    refused("not-closed", office.reopen, "li")
    assert (office.state("li"), office.roles("li")) == ("invited", set())
    office.accept(office.anew("li"))
    assert (office.state("li"), office.roles("li")) == ("active", set())
    office.grant("li", "handler")
    with office.database.read() as session:
        view = view_account(session, office.id("li"))
        assert view is not None
        assert [e.what for e in view.history].count("closed") == 1
        assert {e.note for e in view.history if e.what == "closed"} == {"离职"}


def test_tokens_end_with_the_account_and_do_not_come_back(office: Office) -> None:
    with office.database.write() as session:
        account = session.get_one(Account, office.id("li"))
        _, secret = create_token(
            session, actor=person(account, None), account=account.id, name="统计",
            permissions=["office:case:read"], expires=office.now + timedelta(days=30), now=office.now,
        )  # fmt: skip

    def speaks() -> bool:
        with office.database.read() as session:
            return bearer_of(session, secret, None, office.now) is not None

    assert speaks()
    office.close("li")
    assert not speaks()
    office.reopen("li")
    office.accept(office.anew("li"))
    office.grant("li", "handler")
    assert not speaks(), "whoever comes back makes a new one"


def session_of(office: Office, who: str) -> str:
    with office.database.read() as session:
        return session.scalars(select(Account.fs_uniquifier).where(Account.username == who)).one()


def test_sessions_end(office: Office) -> None:
    before = session_of(office, "li")
    office.end_sessions("li")
    assert session_of(office, "li") != before
    assert office.roles("li") == {"handler"}


def test_two_who_grant_what_one_person_may_not_hold(office: Office) -> None:
    """Two security administrators at one instant, two accounts of one officer: one of them is refused."""
    office.invite("wang", officer="王建国")
    office.invite("wang2", officer="王建国")
    outcome = together(
        lambda: office.grant("wang", "handler", by="luo"), lambda: office.grant("wang2", "legal", by="luo2")
    )
    assert sorted(outcome) == ["done", "incompatible"]
    assert len(office.roles("wang") | office.roles("wang2")) == 1


def test_two_who_take_the_last_of_an_administration(office: Office) -> None:
    outcome = together(
        lambda: office.take("luo2", "security-administrator", by="luo"),
        lambda: office.take("luo", "security-administrator", by="luo2"),
    )
    assert outcome.count("done") == 1
    assert set(outcome) <= {"done", "not-yours", "last-one"}
    assert len([who for who in ("luo", "luo2") if office.roles(who)]) == 1


def together(*acts: object) -> list[str]:
    barrier, outcome = threading.Barrier(len(acts)), []

    def go(act: object) -> None:
        barrier.wait()
        try:
            act()  # type: ignore[operator]
        except CannotAdminister as refusal:
            outcome.append(refusal.why)
        else:
            outcome.append("done")

    threads = [threading.Thread(target=go, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcome


@pytest.mark.parametrize("table", ["role_grants", "invitations", "account_closings"])
def test_the_history_is_not_deleted(office: Office, table: str) -> None:
    office.invite("wang", "officer")
    office.close("wang")
    with (
        pytest.raises(DatabaseError, match="the history of accounts is kept"),
        office.database.write() as session,
    ):
        session.execute(text(f"DELETE FROM {table}"))


def test_every_act_is_entered(office: Office, database: Database) -> None:
    office.invite("wang", "officer", "handler")
    office.withdraw("wang")
    office.accept(office.anew("wang"))
    office.grant("wang", "officer")
    office.refuse("wang", "handler")
    office.take("wang", "officer")
    office.end_sessions("wang")
    office.close("wang")
    office.reopen("wang")
    with database.read() as session:
        wang = office.id("wang")
        done = [e.action for e in session.scalars(select(CustodyEntry).order_by(CustodyEntry.id))]
    assert done[-11:] == [
        "account.created",
        "account.invited",
        "account.invitation-withdrawn",
        "account.invited",
        "account.invitation-used",
        "account.role-granted",
        "account.role-refused",
        "account.role-taken",
        "account.sessions-ended",
        "account.closed",
        "account.reopened",
    ]
    assert wang
