"""领用、交还: who recorded follows from who had the recorder then, on a real storage and both databases."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.custody.log import entries_about, private_of
from catalog.database import Database
from catalog.describing import Found, keep_description
from catalog.holdings import (
    HandOverRefused,
    InTheFuture,
    NotHeld,
    give_back,
    hand_over,
    holdings_of,
    set_pool,
)
from catalog.ids import new_id
from catalog.intake.completion import Completed, complete_uploads
from catalog.intake.dockings import NotThisStation, SeenRecorder, UnknownDocking, open_docking
from catalog.intake.offers import Wanted
from catalog.intake.picking import UnknownOfficer, notes_of, officers_to_pick, pick_officer
from catalog.models import Clip, CustodyEntry, Docking, Holding, Officer, Recorder
from catalog.officers import enter_officer
from catalog.recorders import register_recorder
from catalog.rules.holder import DISAGREES, UNCERTAIN
from catalog.rules.recorded_time import StatedTime
from tests.catalog.intake_desk import Intake, new_file

ZONE = ZoneInfo("Asia/Shanghai")
CLERK = Actor("person", None, "clerk")
HOUR = timedelta(hours=1)


class Bureau:
    """Two officers, a shared recorder, and a station that brings what it recorded."""

    def __init__(self, intake: Intake) -> None:
        self.intake, self.database = intake, intake.database
        self.now = intake.now.replace(microsecond=0)
        with self.database.write() as session:
            self.wang, self.li = (
                enter_officer(
                    session,
                    actor=CLERK,
                    number=number,
                    name=name,
                    unit=None,
                    now=self.now,
                    certificate=(f"ZF-{number}", date(2020, 1, 1), date(2099, 12, 31)),
                ).id
                for number, name in (("010237", "王建国"), ("010415", "李秀兰"))
            )
            self.recorder = register_recorder(
                session, actor=CLERK, serial="P-1", label="共用 1 号", now=self.now - 30 * HOUR
            ).id
        self.count = 0

    def act(self, what: Any, **values: Any) -> Any:
        with self.database.write() as session:
            return what(session, actor=CLERK, recorder=self.recorder, zone=ZONE, now=self.now, **values)

    def dock(self, **facts: Any) -> UUID:
        docking = new_id()
        with self.database.write() as session:
            open_docking(
                session,
                actor=self.intake.station,
                docking=docking,
                slot="1",
                seen=SeenRecorder("P-1", "usb", "v", "m", "recorder", facts),
                started=self.now,
                now=self.now,
            )
        return docking

    def bring(self, docking: UUID, recorded: datetime | None, number: str = "") -> UUID:
        """Bring one file as a station does, whose name says when and whose."""
        self.count += 1
        body = f"{self.count} {new_id()}".encode()
        local = recorded.astimezone(ZONE).replace(tzinfo=None).isoformat() if recorded else ""
        named = {"profile": "p", "recorded_at": local, "officer_number": number}
        file = replace(
            new_file(body, path=b"%d.MP4" % self.count), named=named, important=self.count % 2 == 0
        )
        (wanted,) = self.intake.offer(file, docking=docking)
        assert isinstance(wanted, Wanted)
        self.intake.send(wanted, body)
        outcomes, _ = complete_uploads(
            self.database,
            self.intake.store,
            self.intake.signer,
            actor=self.intake.station,
            uploads=[(wanted.clip, None)],
            now=self.now,
            zone=ZONE,
        )
        assert isinstance(outcomes[0], Completed)
        return outcomes[0].clip

    def who(self, clip: UUID) -> tuple[str | None, str | None, set[str]]:
        with self.database.read() as session:
            found = session.get_one(Clip, clip)
            name = session.get_one(Officer, found.officer_id).name if found.officer_id else None
            return name, found.officer_source, set(found.flags)

    def settled(self, clip: UUID) -> list[tuple[dict[str, Any], dict[str, str]]]:
        """Answer facts and private fields of the entries that changed who recorded a clip."""
        with self.database.read() as session:
            entries = [e for e in entries_about(session, "clip", clip) if e.action == "clip.officer-settled"]
            private = private_of(session, [e.id for e in entries])
            return [(json.loads(e.record)["facts"], private[e.id]) for e in entries]


@pytest.fixture
def bureau(intake: Intake) -> Bureau:
    return Bureau(intake)


def test_a_shared_recorder_that_changed_hands_within_a_day(bureau: Bureau) -> None:
    bureau.act(set_pool, pool=True)
    bureau.act(hand_over, officer=bureau.wang, at=bureau.now - 10 * HOUR)
    bureau.act(hand_over, officer=bureau.li, at=bureau.now - 5 * HOUR)
    docking = bureau.dock()
    before = bureau.bring(docking, bureau.now - 12 * HOUR)
    morning = bureau.bring(docking, bureau.now - 8 * HOUR, "010237")
    afternoon = bureau.bring(docking, bureau.now - 3 * HOUR)
    swapped = bureau.bring(docking, bureau.now - 2 * HOUR, "010237")
    close = bureau.bring(docking, bureau.now - 5 * HOUR - timedelta(minutes=2))
    assert bureau.who(before) == (None, None, set())
    assert bureau.who(morning) == ("王建国", "held-then", set())
    assert bureau.who(afternoon) == ("李秀兰", "held-then", set())
    assert bureau.who(swapped) == ("李秀兰", "held-then", {DISAGREES})
    assert bureau.who(close) == ("王建国", "held-then", {UNCERTAIN})
    with bureau.database.read() as session:
        assert session.get_one(Recorder, bureau.recorder).holder_id == bureau.li
        received = [e for e in entries_about(session, "clip", morning) if e.action == "clip.received"]
        assert '"officer_source":"held-then"' in received[0].record
        assert private_of(session, [received[0].id])[received[0].id]["officer"] == '"010237 王建国"'


def test_a_measured_clock_decides_close_to_a_hand_over(bureau: Bureau) -> None:
    bureau.act(hand_over, officer=bureau.wang, at=bureau.now - 10 * HOUR)
    bureau.act(hand_over, officer=bureau.li, at=bureau.now - 5 * HOUR)
    docking = bureau.dock(clock={"offset_seconds": 96.0, "error_seconds": 1.0})
    close = bureau.bring(docking, bureau.now - 5 * HOUR + timedelta(seconds=60))  # its clock is 96 s ahead
    assert bureau.who(close) == ("王建国", "held-then", set())


def test_what_describe_learns_settles_it_again_and_the_log_says_from_whom_to_whom(bureau: Bureau) -> None:
    bureau.act(hand_over, officer=bureau.wang, at=bureau.now - 10 * HOUR)
    bureau.act(hand_over, officer=bureau.li, at=bureau.now - 5 * HOUR)
    clip = bureau.bring(bureau.dock(), None)
    assert bureau.who(clip) == ("李秀兰", "assigned", set())
    recorded = (bureau.now - 8 * HOUR).astimezone(ZONE).replace(tzinfo=None).isoformat()
    found = Found({}, "video", "original", duration=60.0, times=[StatedTime("file-name", recorded)])
    for _ in range(2):  # doing it again changes nothing more
        with bureau.database.write() as session:
            keep_description(session, clip, found, zone=ZONE, now=bureau.now)
        assert bureau.who(clip) == ("王建国", "held-then", set())
    ((facts, private),) = bureau.settled(clip)
    assert facts == {"flags": [], "source": "held-then", "source_before": "assigned"}
    assert (private["from"], private["to"]) == ('"010415 李秀兰"', '"010237 王建国"')


def test_a_name_read_by_describe_counts_where_no_profile_fits(bureau: Bureau) -> None:
    docking = bureau.dock()
    clip = bureau.bring(docking, None)
    with bureau.database.write() as session:
        from catalog.models import Sighting  # noqa: PLC0415

        session.scalars(select(Sighting).where(Sighting.clip_id == clip)).one().named = None
        facts = {"name": {"officer_number": "010415"}}
        keep_description(session, clip, Found(facts, "video", "original"), zone=ZONE, now=bureau.now)
    assert bureau.who(clip) == ("李秀兰", "name", set())


def test_a_hand_over_noted_late_settles_what_it_concerns(bureau: Bureau) -> None:
    bureau.act(hand_over, officer=bureau.wang, at=bureau.now - 10 * HOUR)
    docking = bureau.dock()
    early, late = bureau.bring(docking, bureau.now - 9 * HOUR), bureau.bring(docking, bureau.now - 2 * HOUR)
    assert {bureau.who(early)[0], bureau.who(late)[0]} == {"王建国"}
    bureau.act(hand_over, officer=bureau.li, at=bureau.now - 5 * HOUR)
    assert bureau.who(early)[0] == "王建国"
    assert bureau.who(late)[0] == "李秀兰"
    bureau.act(give_back, at=bureau.now - 3 * HOUR)
    assert bureau.who(late)[:2] == (
        "王建国",
        "assigned",
    )  # who had it when it was docked; nobody noted better
    assert [private["to"] for _, private in bureau.settled(late)] == ['"010415 李秀兰"', '"010237 王建国"']


def test_hand_overs_in_any_order_leave_one_holder_at_a_time(bureau: Bureau) -> None:
    for officer, hours in (
        (bureau.wang, 10),
        (bureau.li, 2),
        (bureau.li, 6),
        (bureau.wang, 4),
        (bureau.wang, 4),
    ):
        bureau.act(hand_over, officer=officer, at=bureau.now - hours * HOUR)
    with bureau.database.read() as session:
        rows = list(reversed(holdings_of(session, bureau.recorder)))
        spans = [(r.officer_id, r.from_at, r.until_at) for r in rows]
        current = session.get_one(Recorder, bureau.recorder).holder_id
        entered = session.scalar(
            select(func.count())
            .select_from(CustodyEntry)
            .where(CustodyEntry.action == "recorder.handed-over")
        )
    hours = [bureau.now - n * HOUR for n in (10, 6, 4, 2)]
    assert spans == list(
        zip((bureau.wang, bureau.li, bureau.wang, bureau.li), hours, [*hours[1:], None], strict=True)
    )
    assert current == bureau.li
    assert entered == 4


def test_putting_a_hand_over_right_at_its_own_moment(bureau: Bureau) -> None:
    at = bureau.now - 3 * HOUR
    bureau.act(hand_over, officer=bureau.wang, at=at)
    bureau.act(hand_over, officer=bureau.li, at=at)
    with bureau.database.read() as session:
        assert [row.officer_id for row in holdings_of(session, bureau.recorder)] == [bureau.li]
        assert session.scalar(select(func.count()).select_from(Holding)) == 2  # the mistake is kept
    assert bureau.who(bureau.bring(bureau.dock(), bureau.now - HOUR))[0] == "李秀兰"


def test_what_cannot_be_noted(bureau: Bureau) -> None:
    with pytest.raises(InTheFuture):
        bureau.act(hand_over, officer=bureau.wang, at=bureau.now + HOUR)
    with pytest.raises(NotHeld):
        bureau.act(give_back, at=bureau.now)
    bureau.act(hand_over, officer=bureau.wang, at=bureau.now - 2 * HOUR)
    bureau.act(give_back, at=bureau.now - HOUR)
    with pytest.raises(HandOverRefused):
        bureau.act(give_back, at=bureau.now)
    with bureau.database.read() as session:
        assert session.get_one(Recorder, bureau.recorder).holder_id is None


def test_a_recorder_assigned_before_hand_overs_were_noted_can_be_given_back(bureau: Bureau) -> None:
    with bureau.database.write() as session:
        session.get_one(Recorder, bureau.recorder).holder_id = bureau.wang
    bureau.act(give_back, at=bureau.now)
    with bureau.database.read() as session:
        assert session.get_one(Recorder, bureau.recorder).holder_id is None


def test_a_pick_names_clips_that_nothing_better_names(bureau: Bureau) -> None:
    docking = bureau.dock()
    unknown = bureau.bring(docking, bureau.now - HOUR, "000000")
    named = bureau.bring(docking, bureau.now - HOUR, "010415")
    assert bureau.who(unknown) == (None, None, set())

    def pick(number: str, actor: Actor = bureau.intake.station) -> None:
        with bureau.database.write() as session:
            pick_officer(
                session,
                actor=actor,
                docking=docking,
                number=number,
                picked_at=bureau.now,
                zone=ZONE,
                now=bureau.now,
            )

    with pytest.raises(UnknownOfficer):
        pick("777777")
    pick("010237")
    pick("010237")
    assert bureau.who(unknown) == ("王建国", "picked", set())
    assert bureau.who(named) == ("李秀兰", "name", {DISAGREES})
    after = bureau.bring(docking, None)
    assert bureau.who(after) == ("王建国", "picked", set())
    pick("010415")  # the last one counts
    assert bureau.who(unknown) == ("李秀兰", "picked", set())
    assert bureau.who(named) == ("李秀兰", "name", set())
    with bureau.database.read() as session:
        actions = [e.action for e in entries_about(session, "docking", docking)]
        assert actions.count("docking.officer-picked") == 2
    with pytest.raises((NotThisStation, UnknownDocking)):
        pick("010237", actor=replace(bureau.intake.station, id=new_id()))
    assert bureau.who(unknown)[0] == "李秀兰"


def test_a_pick_says_nothing_of_what_was_brought_before(bureau: Bureau) -> None:
    """What stays on a shared recorder is seen again at the next officer's docking."""
    first = bureau.dock()
    body = b"left on the recorder"
    (wanted,) = bureau.intake.offer(file := new_file(body, path=b"OLD.MP4"), docking=first)
    assert isinstance(wanted, Wanted)
    bureau.intake.send(wanted, body)
    complete_uploads(
        bureau.database,
        bureau.intake.store,
        bureau.intake.signer,
        actor=bureau.intake.station,
        uploads=[(wanted.clip, None)],
        now=bureau.now,
        zone=ZONE,
    )
    later = bureau.now + HOUR
    second = bureau.dock()
    bureau.intake.offer(file, docking=second)
    new = bureau.bring(second, None)
    with bureau.database.write() as session:
        pick_officer(
            session,
            actor=bureau.intake.station,
            docking=second,
            number="010415",
            picked_at=later,
            zone=ZONE,
            now=later,
        )
    assert bureau.who(new) == ("李秀兰", "picked", set())
    assert bureau.who(wanted.clip) == (None, None, set())


def test_what_is_said_of_a_recorder_when_it_is_docked(bureau: Bureau) -> None:
    def said(**facts: Any) -> tuple[set[str], int]:
        docking = bureau.dock(**facts)
        with bureau.database.read() as session:
            found = session.get_one(Docking, docking)
            return set(notes_of(found)), len(officers_to_pick(session, found))

    assert said() == (set(), 2)
    assert said(officer_numbers=["000000"]) == (set(), 2)
    assert said(officer_numbers=["010237"]) == (set(), 0)  # its names say who
    assert said(same_serial=True) == ({"same-serial"}, 2)
    bureau.act(hand_over, officer=bureau.wang, at=bureau.now - HOUR)
    assert said() == (set(), 0)
    assert said(officer_numbers=["010237", "010415"]) == (set(), 0)
    assert said(officer_numbers=["010415"]) == ({"assigned-elsewhere"}, 0)
    with bureau.database.write() as session:
        device = session.get_one(Recorder, bureau.recorder)
        device.state, device.registered, device.sealed_at = "out-of-service", False, bureau.now
    assert said()[0] == {"faulty", "unregistered", "sealed"}
    bureau.act(set_pool, pool=True)
    assert "assigned-elsewhere" not in said(officer_numbers=["010415"])[0]


def test_sightings_keep_what_names_say(bureau: Bureau) -> None:
    from catalog.models import Sighting  # noqa: PLC0415

    docking = bureau.dock()
    bureau.bring(docking, bureau.now - HOUR, "010237")
    bureau.bring(docking, bureau.now - HOUR, "010415")
    with bureau.database.read() as session:
        rows = session.scalars(
            select(Sighting).where(Sighting.docking_id == docking).order_by(Sighting.path)
        ).all()
    assert [(r.named["officer_number"], r.important) for r in rows if r.named] == [
        ("010237", False),
        ("010415", True),
    ]


def test_registering_twice_changes_the_label_and_says_so_once(database: Database, now: datetime) -> None:
    for label in ("一号", "一号", "二号"):
        with database.write() as session:
            register_recorder(session, actor=system("test"), serial="N-1", label=label, now=now)
    with database.read() as session:
        device = session.scalars(select(Recorder).where(Recorder.serial == "N-1")).one()
        assert (device.label, device.registered) == ("二号", True)
        assert [e.action for e in entries_about(session, "recorder", device.id)] == [
            "recorder.registered"
        ] * 2


@pytest.mark.parametrize("first", ["hand-over", "describe"])
def test_a_hand_over_noted_while_a_clip_is_described_is_not_missed(bureau: Bureau, first: str) -> None:
    clip = bureau.bring(bureau.dock(), None)
    recorded = (bureau.now - 3 * HOUR).astimezone(ZONE).replace(tzinfo=None).isoformat()
    found = Found({}, "video", "original", times=[StatedTime("file-name", recorded)])

    def describe(session: Session) -> None:
        keep_description(session, clip, found, zone=ZONE, now=bureau.now)

    def note(session: Session) -> None:
        at = bureau.now - 5 * HOUR
        hand_over(
            session,
            actor=CLERK,
            recorder=bureau.recorder,
            officer=bureau.li,
            at=at,
            zone=ZONE,
            now=bureau.now,
        )

    def run(act: Callable[[Session], None]) -> None:
        with bureau.database.write() as session:
            act(session)

    acts = (note, describe) if first == "hand-over" else (describe, note)
    with ThreadPoolExecutor(1) as pool:
        with bureau.database.write() as session:
            acts[0](session)
            session.flush()
            other = pool.submit(run, acts[1])
            done, _ = wait([other], timeout=0.5)
            assert not done  # it waits for the end of this transaction
        other.result(timeout=30)
    assert bureau.who(clip)[:2] == ("李秀兰", "held-then")
