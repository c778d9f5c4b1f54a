"""Invitations: one use, 72 hours, withdrawn, replayed, at the same instant, and names that mean harm."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from catalog.accounts.inviting import VALID, note_refused, peek
from catalog.accounts.reading import list_accounts, officers_to_invite
from catalog.accounts.refusals import InvitationRefused
from catalog.models import Account, Invitation, OfficerTerm
from catalog.people import UnknownAccount, issue_signin_token
from tests.catalog.accounts.office import Office, refused

HOSTILE = "<img src=x onerror=alert(1)>\u202egnp.\"'; DROP TABLE accounts; --"


def why_not(office: Office, token: str) -> str:
    with pytest.raises(InvitationRefused) as refusal:
        office.accept(token)
    with office.database.read() as session, pytest.raises(InvitationRefused) as peeked:
        peek(session, token, office.now)
    assert peeked.value.why == refusal.value.why
    return refusal.value.why


def test_a_link_is_good_once(office: Office) -> None:
    token = office.invite("wang")
    with office.database.read() as session:
        assert peek(session, token, office.now).username == "wang"
        assert token not in {row.digest for row in session.scalars(select(Invitation))}
    office.accept(token, "first")
    assert why_not(office, token) == "used"
    with office.database.read() as session:
        account = session.scalars(select(Account).where(Account.username == "wang")).one()
        assert (account.password, account.state) == ("first", "active")
    refused("not-invited", office.anew, "wang")
    refused("not-invited", office.withdraw, "wang")


def test_a_link_ends_after_72_hours(office: Office) -> None:
    token = office.invite("wang")
    office.now += VALID - timedelta(seconds=1)
    with office.database.read() as session:
        peek(session, token, office.now)
    office.now += timedelta(seconds=1)
    assert why_not(office, token) == "expired"
    office.accept(office.anew("wang"))


def test_a_fresh_link_ends_the_one_before(office: Office) -> None:
    first = office.invite("wang")
    second = office.anew("wang")
    assert why_not(office, first) == "withdrawn"
    office.withdraw("wang")
    assert why_not(office, second) == "withdrawn"
    refused("unknown-invitation", office.withdraw, "wang")
    assert why_not(office, "guess") == "unknown"
    assert office.state("wang") == "invited"


def test_an_account_closed_meanwhile(office: Office) -> None:
    token = office.invite("wang", "officer")
    office.close("wang")
    assert why_not(office, token) == "closed"
    office.reopen("wang")
    assert why_not(office, token) == "withdrawn"  # the old link does not come back with the account
    with office.database.read() as session:
        (line,) = list_accounts(session, words="wang")[0]
    assert (line.wished, line.invitation) == ((), None)


def test_before_the_password_no_other_way_leads_in(office: Office) -> None:
    office.invite("wang", "officer")
    with office.database.write() as session, pytest.raises(UnknownAccount):
        issue_signin_token(session, "wang", office.now)


def test_two_with_one_link_at_one_instant(office: Office) -> None:
    token = office.invite("wang")
    barrier, outcome = threading.Barrier(2), []

    def go(mine: str) -> None:
        barrier.wait()
        try:
            office.accept(token, mine)
        except InvitationRefused as refusal:
            outcome.append(refusal.why)
        else:
            outcome.append(mine)

    threads = [threading.Thread(target=go, args=(mine,)) for mine in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (won,) = set(outcome) - {"used"}
    assert outcome.count("used") == 1
    with office.database.read() as session:
        assert session.scalars(select(Account.password).where(Account.username == "wang")).one() == won


def test_what_was_tried_is_entered_without_the_link(office: Office) -> None:
    token = office.invite("wang")
    with office.database.write() as session:
        note_refused(session, token=token, address="192.0.2.1", why="expired", now=office.now)
        note_refused(session, token="guess", address="192.0.2.1", why="unknown", now=office.now)
    assert office.entered("account.invitation-refused") == [{"why": "expired"}, {"why": "unknown"}]


def test_links_tried_again_and_again_do_not_fill_the_log(office: Office) -> None:
    token, other = office.invite("guest-one"), office.invite("guest-two")

    def tried(token: str, why: str, minutes: int = 0, address: str = "192.0.2.1") -> None:
        with office.database.write() as session:
            at = office.now + timedelta(minutes=minutes)
            note_refused(session, token=token, address=address, why=why, now=at)

    for minutes in range(59):
        tried(f"guess {minutes}", "unknown", minutes)
        tried(token, "used", minutes)
    tried(other, "used")  # of another account
    tried(token, "expired")  # for another reason
    tried("guess", "unknown", address="192.0.2.2")
    assert len(office.entered("account.invitation-refused")) == 5
    tried("guess", "unknown", 61)
    assert len(office.entered("account.invitation-refused")) == 6


@pytest.mark.parametrize(
    "username",
    ["", "w", "王建国", "Wang Wei", "wang@x", "1wang", "w" * 33, HOSTILE, "wang\n", "wаng", "wang\0"],
)
def test_user_names_that_are_none(office: Office, username: str) -> None:
    before = count(office)
    if username.strip().lower() == "wang":
        office.invite(username)  # trimmed, as people paste
        return
    refused("bad-user-name", office.invite, username)
    assert count(office) == before


def count(office: Office) -> int:
    with office.database.read() as session:
        return len(session.scalars(select(Account.id)).all())


def test_names(office: Office) -> None:
    refused("name-missing", office.invite, "wang", name=" \u202e\n")
    refused("name-too-long", office.invite, "wang", name="名" * 65)
    refused("name-taken", office.invite, "LI")
    office.invite("wang", name=HOSTILE)
    with office.database.read() as session:
        account = session.scalars(select(Account).where(Account.username == "wang")).one()
        assert "\u202e" not in account.called
        assert account.called.startswith("<img")
        assert [line.account.username for line in list_accounts(session, words="onerror")[0]] == ["wang"]
        assert list_accounts(session, words="%")[0] == []


def test_roles_and_officers_that_do_not_exist(office: Office) -> None:
    refused("unknown-role", office.invite, "wang", "emperor")
    office.officers["nobody"] = office.id("li")
    refused("unknown-officer", office.invite, "wang", officer="nobody")


def test_who_has_left_is_not_invited(office: Office) -> None:
    wang, today = office.officers["王建国"], office.now.date()
    with office.database.write() as session:
        for days, left in ((0, True), (-10, False)):
            session.add(
                OfficerTerm(
                    officer_id=wang, since=today + timedelta(days=days), has_left=left, agency="",
                    on_establishment=True, noted_at=office.now,
                )
            )  # fmt: skip
    refused("officer-left", office.invite, "wang", officer="王建国")
    with office.database.read() as session:
        assert wang not in {one.id for one in officers_to_invite(session, today)}
        assert wang in {one.id for one in officers_to_invite(session, today - timedelta(days=1))}


def test_lists_by_state(office: Office) -> None:
    office.invite("wang")
    office.close("li")
    with office.database.read() as session:
        found = {
            state: {line.account.username for line in list_accounts(session, state=state)[0]}
            for state in ("active", "invited", "closed")
        }
        assert found == {
            "active": {"gao", "gao2", "luo", "luo2", "zhao", "admin"},
            "invited": {"wang"},
            "closed": {"li"},
        }
        assert {line.account.username for line in list_accounts(session, role="auditor")[0]} == {"zhao"}
