"""Holds 暂停销毁: who sets and lifts them, what they reach, and that nothing is let go of by the way."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, event, func, select

from catalog.actors import Actor, system
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.joining import Parting, merge_cases, split_case
from catalog.database import Database
from catalog.describing import Found, keep_description
from catalog.holds.acts import CannotHold, HoldWish, lift_hold, set_hold
from catalog.holds.listing import case_is_held, clip_is_held, list_holds
from catalog.holds.standing import holds_on
from catalog.models import (
    Attachment,
    Case,
    Clip,
    CustodyEntry,
    Docking,
    Hold,
    HoldClip,
    LockDue,
)
from catalog.permissions import ROLES
from catalog.rules.holds import REASONS, RESTRICTED
from catalog.rules.recorded_time import StatedTime
from tests.catalog.holds.people import Office, open_office
from tests.catalog.world import add_clip

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def office(database: Database, now: datetime) -> Office:
    with database.write() as session:
        return open_office(session, now)


def a_clip(database: Database, now: datetime, name: str = "a.MP4", **more: object) -> UUID:
    with database.write() as session:
        return add_clip(session, now, name, **more).id  # type: ignore[arg-type]


def hold(database: Database, actor: Actor, now: datetime, **wish: object) -> UUID:
    with database.write() as session:
        given = {"reason": "litigation", "document": "（2026）行初 12 号", **wish}
        return set_hold(session, actor=actor, wish=HoldWish(**given), now=now).id  # type: ignore[arg-type]


def lift(database: Database, actor: Actor, hold_id: UUID, now: datetime, reason: str = "已审结") -> None:
    with database.write() as session:
        lift_hold(session, actor=actor, hold_id=hold_id, reason=reason, now=now)


def reasons(database: Database, clip: UUID) -> list[str]:
    with database.read() as session:
        return [one.reason for one in holds_on(session, [clip]).get(clip, ())]


def due(database: Database) -> set[UUID]:
    with database.read() as session:
        return set(session.scalars(select(LockDue.clip_id)))


def nothing_due(database: Database) -> None:
    with database.write() as session:
        session.execute(delete(LockDue))


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("role", ROLES)
def test_each_reason_has_its_roles(
    database: Database, office: Office, now: datetime, reason: str, role: str
) -> None:
    clip = a_clip(database, now)
    if role in REASONS[reason]:
        made = hold(database, office[role], now, target="clip", clip=clip, reason=reason)
        with database.read() as session:
            (held,) = holds_on(session, [clip])[clip]
        assert (held.reason, held.since) == (reason, now)
        with pytest.raises(CannotHold, match="same-person"):
            lift(database, office[role], made, now)
        lift(database, office[f"{role}2"], made, now)
        assert reasons(database, clip) == []
    else:
        with pytest.raises(CannotHold, match="not-yours"):
            hold(database, office[role], now, target="clip", clip=clip, reason=reason)
        assert reasons(database, clip) == []


@pytest.mark.parametrize("role", ROLES)
def test_who_may_not_know_of_a_hold_is_told_there_is_none(
    database: Database, office: Office, now: datetime, role: str
) -> None:
    clip = a_clip(database, now)
    made = hold(database, office["personnel"], now, target="clip", clip=clip, reason="complaint")
    with database.read() as session:
        found, _ = list_holds(session, office[f"{role}2"])
        assert [one.id for one in found] == ([made] if role == "personnel" else [])
    if role != "personnel":
        with pytest.raises(CannotHold, match="unknown-hold"):
            lift(database, office[role], made, now)
    assert reasons(database, clip) == ["complaint"]


def test_the_personnel_section_sees_exactly_its_own(
    database: Database, office: Office, now: datetime
) -> None:
    clip = a_clip(database, now)
    for reason, roles in REASONS.items():
        hold(database, office[min(roles)], now, target="clip", clip=clip, reason=reason)
    with database.read() as session:
        assert {one.reason for one in list_holds(session, office["personnel"])[0]} == RESTRICTED
        assert {one.reason for one in list_holds(session, office["legal"])[0]} == set(REASONS) - RESTRICTED
        assert {one.reason for one in list_holds(session, office["archivist"])[0]} == {"audit", "court"}
        assert (
            list_holds(session, office["legal"], reason="complaint")[0]
            == list_holds(session, office["legal"])[0]
        )
        assert list_holds(session, office["leader"])[0] == []


def test_several_at_once_are_lifted_one_by_one(database: Database, office: Office, now: datetime) -> None:
    clip = a_clip(database, now)
    first = hold(database, office["legal"], now, target="clip", clip=clip, reason="reconsideration")
    second = hold(database, office["legal"], now + HOUR, target="clip", clip=clip, reason="litigation")
    third = hold(database, office["personnel"], now + HOUR, target="clip", clip=clip, reason="complaint")
    assert reasons(database, clip)[0] == "reconsideration"
    assert sorted(reasons(database, clip)) == ["complaint", "litigation", "reconsideration"]
    lift(database, office["legal2"], first, now + DAY)
    assert sorted(reasons(database, clip)) == ["complaint", "litigation"]
    with pytest.raises(CannotHold, match="lifted-already"):
        lift(database, office["legal2"], first, now + DAY)
    lift(database, office["legal2"], second, now + DAY)
    assert reasons(database, clip) == ["complaint"]
    lift(database, office["personnel2"], third, now + DAY)
    assert reasons(database, clip) == []


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        ({"reason": "whim"}, "unknown-reason"),
        ({"target": "everything"}, "bad-target"),
        ({"document": " \x00 "}, "document-missing"),
        ({"document": "x" * 256}, "text-too-long"),
        ({"note": "x" * 2001}, "text-too-long"),
        ({"clip": uuid4()}, "unknown-clip"),
        ({"clip": None}, "unknown-clip"),
        ({"target": "case", "case": uuid4()}, "unknown-case"),
        ({"target": "officers", "officers": frozenset({uuid4()})}, "span-wrong"),
    ],
)
def test_what_cannot_be_set(
    database: Database, office: Office, now: datetime, wish: dict[str, object], why: str
) -> None:
    clip = a_clip(database, now)
    with pytest.raises(CannotHold, match=why):
        hold(database, office["legal"], now, **{"target": "clip", "clip": clip, **wish})
    assert due(database) == set()


def test_an_officers_span_is_checked(database: Database, office: Office, now: datetime) -> None:
    one = frozenset(office.officers[:1])
    for officers, since, until, why in (
        (one, now, now, "span-wrong"),
        (one, now, now - HOUR, "span-wrong"),
        (frozenset(), now, now + HOUR, "unknown-officer"),
        (one | {uuid4()}, now, now + HOUR, "unknown-officer"),
    ):
        with pytest.raises(CannotHold, match=why):
            hold(
                database, office["legal"], now, target="officers", officers=officers, since=since, until=until
            )


def test_a_request_sent_twice_sets_one(database: Database, office: Office, now: datetime) -> None:
    clip = a_clip(database, now)
    span = {
        "target": "officers",
        "officers": frozenset(office.officers[:2]),
        "since": now - DAY,
        "until": now,
    }
    for wish in ({"target": "clip", "clip": clip}, {"target": "case", "case": office.cases[0]}, span):
        hold(database, office["legal"], now, **wish)
        with pytest.raises(CannotHold, match="set-already"):
            hold(database, office["legal2"], now, **wish)


def test_what_is_said_of_it_stays_out_of_the_open_record(
    database: Database, office: Office, now: datetime
) -> None:
    """Two records of holds for different reasons differ in their salts, ids and times, and in nothing else."""
    clip = a_clip(database, now)
    made = [
        hold(database, office["personnel"], now, target="clip", clip=clip, reason="complaint", note="投诉人张三"),
        hold(database, office["legal"], now, target="clip", clip=clip, reason="audit"),
        hold(
            database, office["personnel"], now, target="officers", reason="discipline",
            officers=frozenset(office.officers[:1]), since=now - DAY, until=now,
        ),
    ]  # fmt: skip
    with database.read() as session:
        records = session.scalars(select(CustodyEntry.record).where(CustodyEntry.action == "hold.set")).all()
    import json  # noqa: PLC0415

    first, second, third = (json.loads(record) for record in sorted(records, key=lambda r: '"clip"' not in r))
    assert set(first) == set(second) == set(third)
    assert set(first["private"]) == set(second["private"])
    for record in (first, second, third):
        assert record["facts"] == {}
        text = json.dumps(record)
        assert not any(word in text for word in (*REASONS, "personnel", "legal", "张三", str(made[0])))
    assert third["subjects"] == {}


def test_a_case_holds_what_is_and_was_on_it(database: Database, office: Office, now: datetime) -> None:
    before, after, gone, pending = (a_clip(database, now, f"{n}.MP4") for n in "abcd")
    with database.write() as session:
        for clip in (before, gone, pending):
            _attach(session, office, clip, now)
        _detach(session, gone, now, confirmed=now)
        _detach(session, pending, now, confirmed=None)
    nothing_due(database)
    made = hold(database, office["legal"], now + HOUR, target="case", case=office.cases[0])
    assert due(database) >= {before, pending}
    assert [bool(reasons(database, c)) for c in (before, after, gone, pending)] == [True, False, False, True]
    with database.write() as session:
        _attach(session, office, after, now + 2 * HOUR)
    assert reasons(database, after) == ["litigation"]
    with database.write() as session:  # detached for good while it stands: stays held
        _detach(session, after, now + 3 * HOUR, confirmed=now + 3 * HOUR)
        _detach(session, before, now + 3 * HOUR, confirmed=now + 3 * HOUR)
    assert reasons(database, after) == reasons(database, before) == ["litigation"]
    nothing_due(database)
    lift(database, office["legal2"], made, now + DAY)
    assert due(database) >= {before, after, pending}
    assert reasons(database, after) == []


@pytest.mark.parametrize("held", [0, 1])
def test_a_case_that_is_merged_or_split_lets_nothing_go(
    database: Database, office: Office, now: datetime, held: int
) -> None:
    """A hold on the case that is merged away, or on the one it goes to; then what came by it is split off again."""
    clip, later = a_clip(database, now), a_clip(database, now, "b.MP4")
    with database.write() as session:
        _attach(session, office, clip, now)
        for case in office.cases:
            session.get_one(Case, case).type = "penalty-general"
    made = hold(database, office["legal"], now, target="case", case=office.cases[held])
    assert reasons(database, clip) == ([] if held else ["litigation"])
    with database.write() as session:
        head = replace(office["section-head"], unit_id=session.get_one(Case, office.cases[0]).unit_id)
        merge_cases(
            session, actor=head, case_id=office.cases[0], into_id=office.cases[1], seen="open", reason="x", now=now
        )  # fmt: skip
        _attach(session, office, later, now + HOUR, case=1)
        assert case_is_held(session, office.cases[1])
    assert reasons(database, clip) == reasons(database, later) == ["litigation"]
    with database.write() as session:
        step = session.scalars(select(Attachment.step_id).where(Attachment.clip_id == clip)).one()
        parting = Parting(frozenset({step}), frozenset(), title="另案", reason="x")
        split_case(
            session, actor=head, case_id=office.cases[1], part=parting, today=now.date(), now=now + 2 * HOUR
        )  # fmt: skip
    assert reasons(database, clip) == reasons(database, later) == ["litigation"]
    nothing_due(database)
    lift(database, office["legal2"], made, now + DAY)
    assert due(database) >= {clip, later}
    assert reasons(database, clip) == reasons(database, later) == []


def test_officers_and_time_catch_what_is_there_and_what_comes(
    database: Database, office: Office, now: datetime
) -> None:
    wang, other = office.officers[0], office.officers[1]
    since, until = now - 10 * DAY, now - 8 * DAY
    at = now - 9 * DAY
    inside = a_clip(database, now, "in", officer_id=wang, recorded=at, duration=60.0)
    others = a_clip(database, now, "others", officer_id=other, recorded=at, duration=60.0)
    early = a_clip(database, now, "early", officer_id=wang, recorded=now - 12 * DAY, duration=60.0)
    late = a_clip(database, now, "late", officer_id=wang, recorded=now - 6 * DAY, duration=60.0)
    edge = a_clip(database, now, "edge", officer_id=wang, recorded=until + 23 * HOUR, duration=60.0)
    no_time = a_clip(database, now, "no time", officer_id=wang)
    nobody = a_clip(database, now, "nobody", recorded=at)
    old = a_clip(database, since - DAY, "old", officer_id=wang)
    nothing_due(database)
    made = hold(
        database,
        office["legal"],
        now,
        target="officers",
        officers=frozenset({wang}),
        since=since,
        until=until,
    )
    wanted = {inside, edge, no_time, nobody}
    assert due(database) == wanted
    everything = [inside, others, early, late, edge, no_time, nobody, old]
    with database.read() as session:
        assert set(holds_on(session, everything)) == wanted
        assert set(session.scalars(select(HoldClip.clip_id))) == {inside, edge}
    # What was certain stays, whoever it is said to be of later; what was only possible is asked anew.
    with database.write() as session:
        for clip in (inside, nobody, no_time):
            session.get_one(Clip, clip).officer_id = other
    assert reasons(database, inside) == ["litigation"]
    assert reasons(database, nobody) == reasons(database, no_time) == []
    nothing_due(database)
    lift(database, office["legal2"], made, now + DAY)
    assert due(database) >= {inside, edge}
    assert reasons(database, inside) == reasons(database, edge) == []


def test_a_description_that_comes_later_is_caught(database: Database, office: Office, now: datetime) -> None:
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    with database.write() as session:
        docking = session.get_one(Docking, office.docking)
        clip = add_clip(session, now, "later.MP4", docking=docking).id
        officer = session.get_one(Clip, clip).officer_id
    assert officer is not None
    hold(
        database, office["legal"], now, target="officers", officers=frozenset({officer}),
        since=now - 3 * DAY, until=now,
    )  # fmt: skip
    nothing_due(database)
    stated = (now - 2 * DAY).isoformat()
    with database.write() as session:
        keep_description(
            session,
            clip,
            Found(
                {},
                "video",
                "original",
                duration=9.0,
                duration_source="header",
                times=[StatedTime("container-utc", stated)],
            ),
            zone=ZoneInfo("Asia/Shanghai"),
            now=now,
        )
    assert clip in due(database)
    assert reasons(database, clip) == ["litigation"]
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(HoldClip)) == 1


def test_a_clock_that_was_days_off_is_not_believed(database: Database, office: Office, now: datetime) -> None:
    with database.write() as session:
        docking = session.get_one(Docking, office.docking)
        docking.recorder_facts = {"clock": {"offset_seconds": -40 * 86400.0, "error_seconds": 1.0}}
        clip = add_clip(session, now, "x.MP4", docking=docking, recorded=now - 40 * DAY, duration=5.0)
        officer, clip_id = clip.officer_id, clip.id
    assert officer is not None
    hold(
        database, office["legal"], now, target="officers", officers=frozenset({officer}),
        since=now - DAY, until=now + DAY,
    )  # fmt: skip
    assert reasons(database, clip_id) == ["litigation"]


def test_two_at_once_set_it_once_and_lift_it_once(database: Database, office: Office, now: datetime) -> None:
    clip = a_clip(database, now)
    assert sorted(
        _both(lambda who: hold(database, office[who], now, target="clip", clip=clip), "legal", "legal2")
    ) == [
        "done",
        "set-already",
    ]
    with database.read() as session:
        (made,) = session.scalars(select(Hold)).all()
    other = "legal2" if made.set_by == office["legal"].id else "legal"
    assert sorted(_both(lambda who: lift(database, office[who], made.id, now), other, other)) == [
        "done",
        "lifted-already",
    ]


def test_it_takes_a_handful_of_questions(database: Database, office: Office, now: datetime) -> None:
    with database.write() as session:
        clips = [add_clip(session, now, f"{n}.MP4", officer_id=office.officers[0]).id for n in range(40)]
        _attach(session, office, clips[0], now)
    hold(database, office["legal"], now, target="case", case=office.cases[0])
    hold(
        database, office["legal"], now, target="officers", officers=frozenset(office.officers[:1]),
        since=now - DAY, until=now + DAY,
    )  # fmt: skip
    asked = []
    with database.read() as session:
        event.listen(database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
        assert len(holds_on(session, clips)) == 40
    assert len([one for one in asked if one.lstrip().startswith(("SELECT", "WITH"))]) <= 7


def test_what_a_page_asks(database: Database, office: Office, now: datetime) -> None:
    clip = a_clip(database, now)
    with database.read() as session:
        assert not clip_is_held(session, clip)
        assert not case_is_held(session, office.cases[0])
    hold(database, office["legal"], now, target="clip", clip=clip)
    hold(database, office["legal"], now, target="case", case=office.cases[0])
    with database.read() as session:
        assert clip_is_held(session, clip)
        assert case_is_held(session, office.cases[0])


def _both(act: object, *who: str) -> list[str]:
    ended: list[str] = []
    start = threading.Barrier(len(who))

    def one(name: str) -> None:
        start.wait()
        try:
            act(name)  # type: ignore[operator]
            ended.append("done")
        except CannotHold as refusal:
            ended.append(refusal.why)

    threads = [threading.Thread(target=one, args=(name,)) for name in who]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def _attach(session: object, office: Office, clip: UUID, now: datetime, case: int = 0) -> None:
    attach(
        session,  # type: ignore[arg-type]
        actor=system("test"),
        clip_id=clip,
        step_id=office.steps[case],
        wish=Wish("process", "main"),
        now=now,
    )


def _detach(session: object, clip: UUID, at: datetime, *, confirmed: datetime | None) -> None:
    rows: Collection[Attachment] = session.scalars(select(Attachment).where(Attachment.clip_id == clip)).all()  # type: ignore[attr-defined]
    for row in rows:
        row.detached_at, row.detach_confirmed_at = at, confirmed
