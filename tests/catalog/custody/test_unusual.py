"""What the report of unusual access names, from rules alone and from the log."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from catalog.actors import Actor
from catalog.auditing.unusual import CannotMark, Row, mark_checked, report
from catalog.custody.log import add_entry
from catalog.database import Database
from catalog.demo import ZONE, seed
from catalog.ids import new_id
from catalog.models import Account, CustodyEntry, Officer
from catalog.people import person
from catalog.rules.unusual_access import Act, Thresholds, at_odd_hours, many_looks, unusual, usual_looks
from tests.catalog import world

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
"""Twelve o'clock in Shanghai."""
LIMITS = Thresholds(looks=10, downloads=3, refusals=3, outside=2)


def judged(acts: list[Act], usual: float = 0.0, **more: object) -> dict[str, int]:
    given = {"new_addresses": {}, "detached": {}, "overseeing": False, **more}
    found = unusual(acts, usual=usual, thresholds=LIMITS, zone=ZONE, **given)  # type: ignore[arg-type]
    return {finding.rule: finding.count for finding in found}


def looks(n: int, at: datetime = NOON, *, own: bool = True, clip: UUID | None = None) -> list[Act]:
    clips = (clip,) if clip else ()
    return [Act(at + timedelta(seconds=k), "clip.played", "look", clips=clips, own=own) for k in range(n)]


def test_counts() -> None:
    assert judged(looks(10)) == {}
    assert judged(looks(11)) == {"many-looks": 11}
    assert judged([Act(NOON, "clip.downloaded", "download")] * 3) == {"many-downloads": 3}
    assert judged([Act(NOON, "act.refused", "refusal")] * 2) == {}
    assert judged([Act(NOON, "act.refused", "refusal")] * 3) == {"many-refusals": 3}
    assert judged(looks(6) + looks(6, NOON + timedelta(days=1))) == {}


def test_ones_own_usual() -> None:
    assert judged(looks(6), usual=1.5) == {"many-looks": 6}
    assert judged(looks(6), usual=2.0) == {}
    assert not many_looks(1, 0.1, LIMITS)
    assert usual_looks([NOON, NOON, NOON, NOON + timedelta(days=1)], ZONE) == 2
    assert usual_looks([], ZONE) == 0
    day = timedelta(days=1)
    browsed = [NOON, NOON + day, *[NOON + 2 * day] * 300]
    assert usual_looks(browsed, ZONE) == 1, "a day of browsing does not become what is usual"


def test_outside_ones_own() -> None:
    assert judged(looks(2, own=False)) == {"outside-own": 2}
    assert judged(looks(1, own=False) + looks(3)) == {}
    assert judged(looks(2, own=False), overseeing=True) == {}


@pytest.mark.parametrize(
    ("clock", "odd"), [((7, 29), True), ((7, 30), False), ((19, 59), False), ((20, 0), True), ((0, 0), True)]
)
def test_odd_hours(clock: tuple[int, int], odd: bool) -> None:
    at = datetime(2026, 11, 23, *clock, tzinfo=ZONE)
    assert at_odd_hours(at, LIMITS, ZONE) is odd
    night = replace(LIMITS, work_from=time(20, 0), work_until=time(7, 30))
    assert at_odd_hours(at, night, ZONE) is not odd


def test_just_before_a_detachment() -> None:
    clip, other = new_id(), new_id()
    acts = looks(2, clip=clip) + looks(1, clip=other)
    assert judged(acts, detached={clip: [NOON + timedelta(minutes=59)]}) == {"before-detachment": 2}
    assert judged(acts, detached={clip: [NOON + timedelta(minutes=61)]}) == {}
    assert judged(acts, detached={clip: [NOON - timedelta(minutes=1)]}) == {}


class Bureau:
    """The demonstration's people in a catalog, and a log to be looked into."""

    def __init__(self, database: Database) -> None:
        self.database = database
        with database.write() as session:
            self.facts = seed(session, now=NOON - timedelta(days=60))
            self.station = world.add_station(session, NOON)
            self.docking = world.add_docking(session, self.station, NOON)

    def who(self, username: str, address: str = "10.0.0.9") -> Actor:
        with self.database.read() as session:
            return person(session.scalars(select(Account).where(Account.username == username)).one(), address)

    def clip(self, officer: str | None = None) -> UUID:
        with self.database.write() as session:
            clip = world.add_clip(session, NOON, f"{new_id()}.MP4", docking=self.docking)
            if officer:
                clip.officer_id = session.scalars(select(Officer.id).where(Officer.name == officer)).one()
            return clip.id

    def act(self, who: Actor, action: str, at: datetime, clip: UUID | None = None) -> None:
        with self.database.write() as session:
            add_entry(session, actor=who, action=action, subjects={"clip": clip} if clip else {}, now=at)

    def report(self, reader: str = "zhao", limits: Thresholds = LIMITS) -> list[Row]:
        with self.database.read() as session:
            return report(
                session,
                since=NOON - timedelta(hours=12),
                until=NOON + timedelta(hours=12),
                thresholds=limits,
                zone=ZONE,
                reader=self.who(reader),
            )


@pytest.fixture
def bureau(database: Database) -> Bureau:
    return Bureau(database)


def rules(rows: list[Row]) -> set[tuple[str, str]]:
    return {(row.who.username, row.finding.rule) for row in rows}


def test_from_the_log(bureau: Bureau) -> None:
    wang, li, chen = bureau.who("wang"), bureau.who("li"), bureau.who("chen")
    mine, theirs = bureau.clip("王建国"), bureau.clip()
    for n in range(3):
        at = NOON + timedelta(minutes=n)
        bureau.act(wang, "clip.played", at, mine)
        bureau.act(li, "clip.played", at, theirs)
        bureau.act(chen, "clip.played", at, theirs)
    bureau.act(li, "clip.detached", NOON + timedelta(minutes=30), theirs)
    assert rules(bureau.report()) == {
        ("li", "outside-own"),
        ("li", "before-detachment"),
        ("chen", "before-detachment"),
    }


def test_a_new_address_but_not_a_newcomers_first(bureau: Bureau) -> None:
    bureau.act(bureau.who("wang"), "account.signed-in", NOON - timedelta(days=20))
    bureau.act(bureau.who("wang"), "account.signed-in", NOON)
    bureau.act(bureau.who("li", "10.9.9.9"), "account.signed-in", NOON)
    assert rules(bureau.report()) == set()
    bureau.act(bureau.who("wang", "10.6.6.6"), "account.signed-in", NOON)
    ((row,)) = bureau.report()
    assert (row.finding.rule, row.called) == ("new-address", "10.6.6.6")


def test_refused_sign_ins_count_for_the_account(bureau: Bureau) -> None:
    wang = bureau.who("wang")
    nobody = Actor("person", None, "", address="10.9.9.9")
    for n in range(3):
        with bureau.database.write() as session:
            add_entry(
                session,
                actor=nobody,
                action="account.sign-in-refused",
                subjects={"account": wang.id} if wang.id else {},
                now=NOON + timedelta(seconds=n),
            )
    assert rules(bureau.report()) == {("wang", "many-refusals")}


def test_who_set_a_hold_after_looking_is_not_told(bureau: Bureau) -> None:
    wu, clip = bureau.who("wu"), bureau.clip()
    bureau.act(wu, "clip.played", NOON, clip)
    bureau.act(wu, "hold.set", NOON + timedelta(minutes=1), clip)
    assert bureau.report() == []


def test_an_auditor_marks_what_he_looked_into_and_nothing_about_himself(bureau: Bureau) -> None:
    zhao = bureau.who("zhao")
    for who in (zhao, bureau.who("wang")):
        for n in range(3):
            bureau.act(who, "act.refused", NOON + timedelta(seconds=n))
    assert rules(bureau.report()) == {("wang", "many-refusals")}
    assert rules(bureau.report("admin")) == {("wang", "many-refusals"), ("zhao", "many-refusals")}
    (row,) = bureau.report()
    (own,) = [r for r in bureau.report("admin") if r.who.username == "zhao"]

    def mark(key: str, remark: str) -> None:
        with bureau.database.write() as session:
            mark_checked(
                session,
                actor=zhao,
                row=key,
                remark=remark,
                since=NOON - timedelta(hours=12),
                until=NOON + timedelta(hours=12),
                thresholds=LIMITS,
                zone=ZONE,
                now=NOON,
            )

    for key, remark, why in (
        (row.key, " \u202e", "no-remark"),
        ("0" * 64, "r", "unknown-row"),
        (own.key, "r", "unknown-row"),
    ):
        with pytest.raises(CannotMark) as refusal:
            mark(key, remark)
        assert refusal.value.why == why
    mark(row.key, "值班")
    mark(row.key, "已核实")
    (after,) = bureau.report()
    assert [r.remark for r in after.remarks] == ["值班", "已核实"]
    with bureau.database.read() as session:
        kept = session.scalars(select(CustodyEntry).where(CustodyEntry.action == "custody.checked")).all()
    assert len(kept) == 2
    assert "值班" not in kept[0].record
    assert "wang" not in kept[0].record
