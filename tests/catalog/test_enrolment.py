"""One-time codes: good once, for a while, for whoever holds the key; and what of it is entered."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.custody.log import entries_about
from catalog.database import Database
from catalog.enrolment import (
    LETTERS,
    Admitted,
    BadStationName,
    NotAdmitted,
    enrol,
    issue_code,
    open_codes,
)
from catalog.models import CustodyEntry, EnrolmentCode, Incident, Station
from catalog.stations import (
    BUILT_IN,
    BuiltInStation,
    is_revoked_token,
    register_station,
    revoke_station,
    station_by_token,
)
from liuhen.settings import STATION_CODE

DAY = timedelta(days=1)
PREFIX = b"try\n"
OPERATOR = system("operator")


class Machine:
    """A PC with a key of its own."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.public = base64.b64encode(self.key.public_key().public_bytes_raw()).decode()

    def ask(self, session: Session, code: str, now: datetime, **changes: str) -> Admitted | NotAdmitted:
        proof = base64.b64encode(self.key.sign(PREFIX + code.encode())).decode()
        given = {"code": code, "public_key": self.public, "proof": proof, **changes}
        return enrol(
            session, prefix=PREFIX, host="pc-7", software="1.0", address="192.0.2.7", now=now, **given
        )


def _code(database: Database, now: datetime, code: str = "ST-03", name: str = "East hall") -> str:
    with database.write() as session:
        return issue_code(session, actor=OPERATOR, code=code, name=name, valid=DAY, now=now)


def _ask(
    database: Database, machine: Machine, code: str, now: datetime, **changes: str
) -> Admitted | NotAdmitted:
    with database.write() as session:
        return machine.ask(session, code, now, **changes)


def _admitted(outcome: Admitted | NotAdmitted) -> Admitted:
    assert isinstance(outcome, Admitted), outcome
    return outcome


def _count(database: Database, action: str) -> int:
    with database.read() as session:
        return (
            session.scalar(
                select(func.count()).select_from(CustodyEntry).where(CustodyEntry.action == action)
            )
            or 0
        )


def test_a_code_makes_a_station_with_a_credential_of_its_own(database: Database, now: datetime) -> None:
    code, machine = _code(database, now), Machine()
    done = _admitted(_ask(database, machine, code, now))
    assert (done.station.code, done.station.name) == ("ST-03", "East hall")
    assert done.station.sheet_key == machine.public
    with database.read() as session:
        found = station_by_token(session, done.token)
        assert found is not None
        assert found.id == done.station.id
        assert [e.action for e in entries_about(session, "station", found.id)] == ["station.enrolled"]
    assert _count(database, "station.code-issued") == 1


def test_a_code_is_long_and_is_kept_as_a_digest_only(database: Database, now: datetime) -> None:
    codes = {_code(database, now, code=f"ST-{n}") for n in range(20)}
    assert len(codes) == 20
    for code in codes:
        letters = code.replace("-", "")
        assert len(letters) * 5 >= 112
        assert set(letters) <= set(LETTERS)
        assert len(code.split("-")) >= 8
    with database.engine.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM enrolment_codes")).all())
        log = str(connection.execute(text("SELECT record FROM custody_entries")).all())
        private = str(connection.execute(text("SELECT value FROM custody_private")).all())
    for code in codes:
        for where in (kept, log, private):
            assert code not in where
            assert code.replace("-", "") not in where


def test_it_may_be_typed_in_any_case_and_with_lookalikes(database: Database, now: datetime) -> None:
    for n in range(40):
        code = _code(database, now, code=f"ST-{n}")
        typed = code.lower().replace("-", " ").replace("1", "l").replace("0", "o")
        assert isinstance(_ask(database, Machine(), typed, now), Admitted)


def test_the_same_machine_may_ask_again_and_gets_a_fresh_token(database: Database, now: datetime) -> None:
    code, machine = _code(database, now), Machine()
    first = _admitted(_ask(database, machine, code, now))
    second = _admitted(_ask(database, machine, code, now + timedelta(hours=1)))
    assert second.station.id == first.station.id
    assert second.token != first.token
    with database.read() as session:
        assert station_by_token(session, first.token) is None
        assert station_by_token(session, second.token) is not None
        assert session.scalar(select(func.count()).select_from(Station)) == 1


def test_another_machine_with_a_used_code_is_refused_and_an_incident(
    database: Database, now: datetime
) -> None:
    code = _code(database, now)
    done = _admitted(_ask(database, Machine(), code, now))
    thief = Machine()
    for _ in range(3):
        outcome = _ask(database, thief, code, now)
        assert outcome == NotAdmitted("used")
    with database.read() as session:
        assert station_by_token(session, done.token) is not None
        incidents = session.scalars(select(Incident)).all()
        assert [i.kind for i in incidents] == ["enrolment-code-reused"]
        assert incidents[0].details["address"] == "192.0.2.7"
    assert _count(database, "station.enrolment-refused") == 3


def test_a_public_key_seen_elsewhere_opens_nothing(database: Database, now: datetime) -> None:
    code, machine, thief = _code(database, now), Machine(), Machine()
    _admitted(_ask(database, machine, code, now))
    assert _ask(database, thief, code, now, public_key=machine.public) == NotAdmitted("bad-proof")
    for broken in ("", "?", base64.b64encode(b"short").decode(), machine.public + "=", f"{machine.public}\n"):
        assert _ask(database, machine, code, now, public_key=broken) == NotAdmitted("bad-proof")
    assert _ask(database, machine, code, now, proof="AAAA") == NotAdmitted("bad-proof")


def test_a_code_ends_after_its_time_used_or_not(database: Database, now: datetime) -> None:
    machine = Machine()
    code = _code(database, now)
    late = now + DAY
    assert _ask(database, machine, code, late) == NotAdmitted("expired")
    _admitted(_ask(database, machine, code, late - timedelta(seconds=1)))
    assert _ask(database, machine, code, late) == NotAdmitted("expired")


def test_an_unknown_code_is_refused_and_entered(database: Database, now: datetime) -> None:
    assert _ask(database, Machine(), "AAA-AAA", now) == NotAdmitted("unknown")
    assert _count(database, "station.enrolment-refused") == 1
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Station)) == 0


def test_a_newer_code_ends_the_earlier_one(database: Database, now: datetime) -> None:
    first = _code(database, now)
    second = _code(database, now + timedelta(minutes=1))
    later = now + timedelta(minutes=2)
    with database.read() as session:
        assert len(open_codes(session, later)) == 1
    assert _ask(database, Machine(), first, later) == NotAdmitted("expired")
    _admitted(_ask(database, Machine(), second, later))


def test_a_revoked_station_is_known_as_such_and_comes_back_by_a_new_code(
    database: Database, now: datetime
) -> None:
    code, machine = _code(database, now), Machine()
    done = _admitted(_ask(database, machine, code, now))
    with database.write() as session:
        assert revoke_station(session, actor=OPERATOR, code="ST-03", now=now) is True
        assert revoke_station(session, actor=OPERATOR, code="ST-03", now=now) is False
    with database.read() as session:
        assert station_by_token(session, done.token) is None
        assert is_revoked_token(session, done.token)
        assert not is_revoked_token(session, "another")
    assert _count(database, "station.revoked") == 1
    assert _ask(database, machine, code, now) == NotAdmitted("revoked")
    again = _admitted(_ask(database, machine, _code(database, now), now))
    assert again.station.id == done.station.id
    with database.read() as session:
        assert station_by_token(session, again.token) is not None


def test_a_known_station_keeps_its_credential_until_the_new_code_is_used(
    database: Database, now: datetime
) -> None:
    with database.write() as session:
        register_station(session, code="ST-03", name="old", token="old-token", now=now)
    code = _code(database, now, name="new")
    with database.read() as session:
        assert station_by_token(session, "old-token") is not None
    done = _admitted(_ask(database, Machine(), code, now))
    assert done.station.name == "new"
    with database.read() as session:
        assert station_by_token(session, "old-token") is None


@pytest.mark.parametrize(
    ("code", "name", "why"),
    [
        ("", "x", "code"),
        ("a b", "x", "code"),
        ("采集", "x", "code"),
        ("a" * 65, "x", "code"),
        ("../a", "x", "code"),
        (BUILT_IN, "x", "built-in"),
        ("a", " ", "name"),
        ("a", "x" * 129, "name"),
        ("a", "x\x00y", "name"),
    ],
)
def test_codes_and_names_that_cannot_be_used(
    database: Database, now: datetime, code: str, name: str, why: str
) -> None:
    with pytest.raises(BadStationName, match=why):
        _code(database, now, code=code, name=name)
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(EnrolmentCode)) == 0


def test_the_station_beside_the_server_is_not_revoked(database: Database, now: datetime) -> None:
    assert BUILT_IN == STATION_CODE
    actor = Actor(kind="person", id=None, name="x")
    with database.write() as session, pytest.raises(BuiltInStation):
        revoke_station(session, actor=actor, code=BUILT_IN, now=now)
    with database.write() as session, pytest.raises(LookupError):
        revoke_station(session, actor=actor, code="nobody", now=now)


def test_of_machines_that_use_a_code_at_the_same_instant_one_is_admitted(
    database: Database, now: datetime
) -> None:
    code = _code(database, now)
    machines = [Machine() for _ in range(4)]
    with ThreadPoolExecutor(len(machines)) as threads:
        outcomes = list(threads.map(lambda machine: _ask(database, machine, code, now), machines))
    assert sum(isinstance(outcome, Admitted) for outcome in outcomes) == 1
    assert outcomes.count(NotAdmitted("used")) == 3
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Station)) == 1
