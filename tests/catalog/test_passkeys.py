"""Passkeys: what an answer of a device proves, and what none of the usual attacks does; on both databases."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from sqlalchemy import select

from catalog.accounts.rescuing import take_passkeys
from catalog.actors import Actor
from catalog.database import Database
from catalog.models import Account, CustodyEntry, Incident, Passkey, UsedChallenge
from catalog.people import create_account, person
from catalog.rules.passkeys import CHALLENGE_VALID, MOST, Party, party_of, went_back
from catalog.signing_in import passkeys as pk
from catalog.signing_in.ceremonies import creation_options, request_options
from catalog.signing_in.restored import end_sessions_and_tokens
from tests.services.authenticator import Authenticator

PARTY = Party("evidence.example", "https://evidence.example:8600")


def make(database: Database, now: datetime, name: str = "wang", role: str = "officer") -> Actor:
    with database.write() as session:
        account = create_account(
            session,
            actor=Actor(kind="system", id=None, name="test"),
            username=name,
            email=f"{name}@example.cn",
            roles=[role],
            officer=None,
            now=now,
        )
        return person(account, None)


def device() -> Authenticator:
    return Authenticator(origin=PARTY.origin)


def add(database: Database, actor: Actor, device: Authenticator, now: datetime, **cheat: Any) -> UUID:
    challenge = secrets.token_bytes(32)
    with database.write() as session:
        assert actor.id is not None
        account = session.get_one(Account, actor.id)
        asked = json.loads(
            creation_options(PARTY, account, "局", challenge, pk.passkeys_of(session, actor.id))
        )
        answer = device.create(asked, **cheat)
        added = pk.add(
            session, actor, party=PARTY, challenge=challenge, answer=answer, name=" 手机 \n", now=now
        )
        return added.id


def question() -> tuple[bytes, dict[str, Any]]:
    challenge = secrets.token_bytes(32)
    return challenge, json.loads(request_options(PARTY, challenge))


def prove(
    database: Database,
    device: Authenticator,
    now: datetime,
    *,
    only: UUID | None = None,
    **cheat: Any,
) -> pk.Proof:
    challenge, asked = question()
    return proof_of(database, challenge, device.get(asked, **cheat), now, only)


def proof_of(
    database: Database, challenge: bytes, answer: str, now: datetime, only: UUID | None = None
) -> pk.Proof:
    with database.write() as session:
        return pk.prove(
            session, party=PARTY, challenge=challenge, answer=answer, only=only, address="10.0.0.1", now=now
        )


def actions(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(CustodyEntry.action).order_by(CustodyEntry.at, CustodyEntry.id)))


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://evidence.example", Party("evidence.example", "https://evidence.example")),
        ("https://Evidence.Example:443/", Party("evidence.example", "https://evidence.example")),
        ("https://evidence.example:8600", PARTY),
        ("http://localhost", Party("localhost", "http://localhost")),
        ("http://localhost:8600/", Party("localhost", "http://localhost:8600")),
        ("https://证据.example", Party("xn--fpqs92e.example", "https://xn--fpqs92e.example")),
        ("http://evidence.example", "no-tls"),
        ("http://127.0.0.1:8600", "no-tls"),
        ("http://localhost.evil.example", "no-tls"),
        ("https://192.0.2.5:8600", "no-name"),
        ("https://[2001:db8::1]", "no-name"),
        ("ftp://localhost", "no-name"),
        ("", "no-name"),
    ],
)
def test_where_there_can_be_passkeys(url: str, found: Party | str) -> None:
    answered = party_of(url)
    if isinstance(found, Party) and found.id.startswith("xn--"):
        assert isinstance(answered, Party)
        assert answered.id == "证据.example".encode("idna").decode()
        return
    assert answered == found


@pytest.mark.parametrize(
    ("kept", "shown", "back"),
    [(0, 0, False), (0, 1, False), (4, 5, False), (5, 5, True), (5, 4, True), (5, 0, True)],
)
def test_when_a_counter_went_back(kept: int, shown: int, *, back: bool) -> None:
    assert went_back(kept, shown) is back


def test_one_is_added_used_and_removed(database: Database, now: datetime) -> None:
    wang, phone = make(database, now), device()
    passkey = add(database, wang, phone, now)
    with database.read() as session:
        row = session.get_one(Passkey, passkey)
        assert (row.name, row.transports, row.counter, row.used_at) == ("手机", ["internal"], 0, None)
        before = session.get_one(Account, row.account_id).fs_uniquifier
        assert pk.has_passkey(session, row.account_id)
    later = now + timedelta(hours=1)
    assert prove(database, phone, later) == pk.Proof(wang.id, passkey)
    assert prove(database, phone, later, only=wang.id).account == wang.id
    with database.write() as session:
        row = session.get_one(Passkey, passkey)
        assert (row.used_at, row.counter) == (later, 2)
        pk.rename(session, wang, passkey, "旧手机", later)
        pk.rename(session, wang, passkey, "旧手机", later)
        pk.remove(session, wang, passkey, later)
    assert prove(database, phone, later).why == "removed"
    assert actions(database)[1:] == [
        "account.passkey-added",
        "account.passkey-renamed",
        "account.passkey-removed",
    ]
    with database.read() as session:
        assert wang.id is not None
        assert session.get_one(Account, wang.id).fs_uniquifier != before, "sessions end"
        assert not pk.has_passkey(session, wang.id)
        records = session.scalars(select(CustodyEntry.record)).all()
    assert not any("手机" in text for text in records), "names are private"


def test_what_is_asked_of_devices(database: Database, now: datetime) -> None:
    wang, phone = make(database, now), device()
    add(database, wang, phone, now)
    with database.read() as session:
        assert wang.id is not None
        known = pk.passkeys_of(session, wang.id)
        asked = json.loads(creation_options(PARTY, session.get_one(Account, wang.id), "局", b"c" * 32, known))
        again = json.loads(request_options(PARTY, b"c" * 32, known))
    assert asked["rp"] == {"id": PARTY.id, "name": "局"}
    assert asked["attestation"] == "none"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert len(asked["excludeCredentials"]) == len(again["allowCredentials"]) == 1
    _, open_question = question()
    assert open_question["allowCredentials"] == []
    assert open_question["userVerification"] == "required"


@pytest.mark.parametrize(
    ("cheat", "why"),
    [
        ({"origin": "https://evidence.example.evil.example"}, "other-origin"),
        ({"origin": "https://evidence.example"}, "other-origin"),
        ({"framed": True}, "other-origin"),
        ({"rp": "evil.example"}, "not-verified"),
        ({"verified": False}, "not-verified"),
        ({"key": generate_private_key(SECP256R1())}, "not-verified"),
        ({"user": b"somebody else"}, "other-account"),
        ({"user": b""}, "other-account"),
    ],
)
def test_what_opens_nothing(database: Database, now: datetime, cheat: dict[str, Any], why: str) -> None:
    wang, phone = make(database, now), device()
    add(database, wang, phone, now)
    assert prove(database, phone, now, **cheat) == pk.Proof(why=why)
    assert prove(database, phone, now).account == wang.id, "and the true one still does"


@pytest.mark.parametrize(
    "cheat", [{"origin": "https://evil.example"}, {"rp": "evil.example"}, {"verified": False}]
)
def test_what_is_not_kept(database: Database, now: datetime, cheat: dict[str, Any]) -> None:
    wang = make(database, now)
    with pytest.raises(pk.PasskeyRefused):
        add(database, wang, device(), now, **cheat)
    assert "account.passkey-added" not in actions(database)


def test_another_ones_passkey_and_none_at_all(database: Database, now: datetime) -> None:
    wang, li, phone = make(database, now), make(database, now, "li"), device()
    add(database, wang, phone, now)
    assert prove(database, phone, now, only=li.id).why == "other-account"
    assert prove(database, device(), now, user=b"x").why == "no-such-passkey"
    with pytest.raises(pk.PasskeyRefused, match="known-already"):
        add(database, li, phone, now)
    with database.write() as session:
        mine = pk.passkeys_of(session, wang.id or UUID(int=0))[0].id
        with pytest.raises(pk.PasskeyRefused, match="unknown-passkey"):
            pk.remove(session, li, mine, now)
        with pytest.raises(pk.PasskeyRefused, match="unknown-passkey"):
            pk.rename(session, li, mine, "x", now)


@pytest.mark.parametrize("change", ["closed", "inactive"])
def test_closed_accounts_do_not_enter(database: Database, now: datetime, change: str) -> None:
    wang, phone = make(database, now), device()
    add(database, wang, phone, now)
    with database.write() as session:
        account = session.get_one(Account, wang.id)
        if change == "closed":
            account.closed_at = now
        else:
            account.active = False
    assert prove(database, phone, now).why == "account-closed"


def test_a_counter_that_went_back_puts_the_passkey_out_of_use(database: Database, now: datetime) -> None:
    wang, phone = make(database, now), device()
    passkey = add(database, wang, phone, now)
    phone.counter = 7
    assert prove(database, phone, now).account == wang.id
    phone.counter = 3  # a copy made earlier
    assert prove(database, phone, now).why == "counter"
    phone.counter = 20
    assert prove(database, phone, now).why == "suspended", "neither of the two opens anything"
    with database.read() as session:
        assert session.get_one(Passkey, passkey).suspended_at == now
        assert not pk.has_passkey(session, wang.id or UUID(int=0))
        assert [one.username for one in pk.suspended_accounts(session)] == ["wang"]
        incident = session.scalars(select(Incident).where(Incident.kind == pk.COPIED)).one()
        assert incident.details["about"] == f"account {wang.id}"
        record = json.loads(
            session.scalars(
                select(CustodyEntry.record).where(CustodyEntry.action == "account.passkey-suspended")
            ).one()
        )
    assert (record["facts"]["counter_kept"], record["facts"]["counter_shown"]) == (8, 4)


def test_a_device_that_does_not_count_goes_on(database: Database, now: datetime) -> None:
    wang, phone = make(database, now), device()
    phone.counts = False
    add(database, wang, phone, now)
    assert [prove(database, phone, now).account for _ in range(3)] == [wang.id] * 3


def test_a_challenge_is_answered_once(database: Database, now: datetime) -> None:
    challenge = secrets.token_bytes(32)

    def take(_: int) -> bool:
        with database.write() as session:
            return pk.take_challenge(session, challenge, now)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(take, range(6))) == [False] * 5 + [True]
    with database.write() as session:
        assert pk.take_challenge(session, b"another", now + 5 * CHALLENGE_VALID)
        assert len(session.scalars(select(UsedChallenge)).all()) == 1, "what is too old is dropped"


def test_two_answers_at_once_are_held_against_each_other(database: Database, now: datetime) -> None:
    wang, phone = make(database, now), device()
    add(database, wang, phone, now)
    phone.counter = 5
    pairs = []
    for _ in range(2):
        challenge, asked = question()
        phone.counter = 5  # the phone and its copy, both at six now
        pairs.append((challenge, phone.get(asked)))
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda pair: proof_of(database, *pair, now).why, pairs))
    assert sorted(found) == ["", "counter"]


def _without(path: str) -> Callable[[dict[str, Any]], Any]:
    def cut(said: dict[str, Any]) -> Any:
        holder = said["response"] if path in said["response"] else said
        return (
            {**said, "response": {k: v for k, v in said["response"].items() if k != path}}
            if (holder is not said)
            else {k: v for k, v in said.items() if k != path}
        )

    return cut


@pytest.mark.parametrize(
    "spoil",
    [
        *(
            _without(name)
            for name in ("id", "rawId", "type", "clientDataJSON", "authenticatorData", "signature")
        ),
        lambda said: [said],
        lambda said: {**said, "response": "x"},
        lambda said: {**said, "id": "AAAA"},
        lambda said: {**said, "type": "password"},
        lambda said: {**said, "rawId": "\x00", "id": "\x00"},
        lambda said: {**said, "response": {**said["response"], "signature": "AA"}},
        lambda said: {**said, "response": {**said["response"], "authenticatorData": "AA"}},
        lambda said: {**said, "response": {**said["response"], "clientDataJSON": "AA"}},
        lambda said: {**said, "response": {**said["response"], "userHandle": 5}},
        lambda said: {**said, "padding": "x" * 20_000},
    ],
)
def test_spoiled_answers_are_refused_in_words(
    database: Database, now: datetime, spoil: Callable[[dict[str, Any]], Any]
) -> None:
    wang, phone = make(database, now), device()
    add(database, wang, phone, now)
    challenge, asked = question()
    spoiled = json.dumps(spoil(json.loads(phone.get(asked))))
    assert proof_of(database, challenge, spoiled, now).why in {"malformed", "not-verified", "no-such-passkey"}
    for text in ("", "{", "null", "[" * 9000, '{"response": {}}'):
        assert proof_of(database, challenge, text, now).account is None
        with database.read() as session:
            assert pk.owner_of(session, text) is None
        with database.write() as session, pytest.raises(pk.PasskeyRefused):
            pk.add(session, wang, party=PARTY, challenge=challenge, answer=text, name="x", now=now)


@pytest.mark.parametrize(
    ("name", "why"), [("", "no-name"), (" \u202e\x00 ", "no-name"), ("x" * 65, "name-too-long")]
)
def test_names(database: Database, now: datetime, name: str, why: str) -> None:
    wang = make(database, now)
    with database.write() as session, pytest.raises(pk.PasskeyRefused, match=why):
        pk.add(session, wang, party=PARTY, challenge=b"c", answer="{}", name=name, now=now)


def test_ten_and_no_more(database: Database, now: datetime) -> None:
    wang = make(database, now)
    for _ in range(MOST):
        add(database, wang, device(), now)
    with pytest.raises(pk.PasskeyRefused, match="too-many"):
        add(database, wang, device(), now)


def test_a_restored_catalog_has_none(database: Database, now: datetime) -> None:
    wang, phone = make(database, now), device()
    add(database, wang, phone, now)
    with database.write() as session:
        end_sessions_and_tokens(session, now)
    assert prove(database, phone, now).why == "removed"
    assert actions(database)[-1] == "account.passkey-removed"


def test_the_security_administrator_removes_those_of_others(database: Database, now: datetime) -> None:
    wang, security, phone = (
        make(database, now),
        make(database, now, "shi", "security-administrator"),
        device(),
    )
    add(database, wang, phone, now)
    add(database, wang, device(), now)
    assert wang.id is not None
    with database.write() as session:
        before = session.get_one(Account, wang.id).fs_uniquifier
        count = take_passkeys(session, actor=security, account_id=wang.id, reason="手机丢失", now=now)
        assert count == 2
        assert session.get_one(Account, wang.id).fs_uniquifier != before
    assert prove(database, phone, now).why == "removed"
    assert actions(database)[-3:] == ["account.passkey-removed"] * 2 + ["account.passkeys-taken"]
