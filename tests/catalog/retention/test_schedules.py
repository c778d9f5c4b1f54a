"""Schedules: drafting, trial, two approvals of exactly these rows, coming into force in batches; every way round it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from catalog.actors import Actor
from catalog.database import Database
from catalog.models import Attachment, Case, LockDue, RetentionRow, RetentionSchedule, ScheduleRun
from catalog.people import create_account, person
from catalog.retention import walking
from catalog.retention.example import example, put_example_in_force
from catalog.retention.schedules import (
    WHY,
    CannotChange,
    Draft,
    approve,
    change_draft,
    digest_now,
    make_draft,
    propose,
    put_in_force,
    take_back,
    try_out,
    withdraw,
)
from catalog.retention.showing import case_kept, cases_without_row
from catalog.retention.walking import go_on_with_schedules, newest_run, progress, trial_lines
from tests.catalog.retention.office import ZONE, row
from tests.catalog.world import add_clip, entries

NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
People = dict[str, Actor]


@pytest.fixture
def people(database: Database) -> People:
    roles = {
        "chen": ["archivist"],
        "he": ["office-head"],
        "ma": ["leader"],
        "both": ["office-head", "leader"],
        "all": ["archivist", "office-head", "leader"],
        "wang": ["officer"],
        "admin": ["administrator"],
    }
    with database.write() as session:
        return {
            name: person(
                create_account(
                    session, actor=Actor("system", None, "test"), username=name, email=f"{name}@x.example",
                    roles=given, officer=None, now=NOW,
                ),
                None,
            )
            for name, given in roles.items()
        }  # fmt: skip


class Desk:
    """One schedule and those who deal with it."""

    def __init__(
        self,
        database: Database,
        people: People,
        version: str = "2026-1",
        rows: tuple[object, ...] = (row(30),),
    ) -> None:
        self.database, self.people = database, people
        self.draft = Draft(version, "", "档案局 2026-11-01 同意", rows)  # type: ignore[arg-type]
        with database.write() as session:
            self.id: UUID = make_draft(session, actor=people["chen"], draft=self.draft, now=NOW).id

    def do(self, act: str, who: str = "chen", **more: object) -> None:
        calls = {
            "change": lambda s, a: change_draft(s, actor=a, schedule_id=self.id, now=NOW, draft=self.draft, **more),
            "try": lambda s, a: try_out(s, actor=a, schedule_id=self.id, now=NOW),
            "propose": lambda s, a: propose(s, actor=a, schedule_id=self.id, now=NOW),
            "take-back": lambda s, a: take_back(s, actor=a, schedule_id=self.id, now=NOW),
            "withdraw": lambda s, a: withdraw(s, actor=a, schedule_id=self.id, note="n", now=NOW),
            "approve": lambda s, a: approve(
                s, actor=a, schedule_id=self.id, digest=str(more.get("digest") or self.digest(s)), now=NOW
            ),
            "force": lambda s, a: put_in_force(
                s, actor=a, schedule_id=self.id, **{"number": f"城监发〔{self.draft.version}〕9号", "approved_on": TODAY, "today": TODAY, "now": NOW, **more}  # type: ignore[arg-type]
            ),
        }  # fmt: skip
        with self.database.write() as session:
            calls[act](session, self.people[who])

    def digest(self, session: object) -> str:
        return digest_now(session, session.get_one(RetentionSchedule, self.id))  # type: ignore[attr-defined, arg-type]

    def proposed(self) -> Desk:
        self.do("try")
        go_on_with_schedules(self.database, ZONE, NOW)
        self.do("propose")
        return self

    def approved(self) -> Desk:
        self.proposed()
        self.do("approve", "he")
        self.do("approve", "ma")
        return self

    @property
    def state(self) -> str:
        with self.database.read() as session:
            return session.get_one(RetentionSchedule, self.id).state


def refused(why: str, desk: Desk, act: str, who: str = "chen", **more: object) -> None:
    before = desk.state
    with pytest.raises(CannotChange) as caught:
        desk.do(act, who, **more)
    assert (caught.value.why, desk.state) == (why, before)
    assert why in WHY


def test_the_whole_way(database: Database, people: People) -> None:
    first = Desk(database, people).approved()
    assert first.state == "approved"
    first.do("force")
    assert first.state == "in-force"
    second = Desk(database, people, "2026-2").approved()
    second.do("force")
    assert (first.state, second.state) == ("superseded", "in-force")
    with database.read() as session:
        for action, times in (
            ("schedule.drafted", 2), ("schedule.tried", 2), ("schedule.proposed", 2), ("schedule.approved", 4),
            ("schedule.in-force", 2), ("schedule.superseded", 1),
        ):  # fmt: skip
            assert len(entries(session, action)) == times


def test_who_may_do_what(database: Database, people: People) -> None:
    desk = Desk(database, people)
    for act in ("change", "try", "propose", "take-back", "force", "withdraw"):
        for who in ("he", "ma", "wang", "admin", "both"):
            refused("not-yours", desk, act, who)
    desk.proposed()
    for who in ("chen", "wang", "admin"):
        refused("not-yours", desk, "approve", who)


def test_what_is_asked_before_it_is_proposed(database: Database, people: People) -> None:
    desk = Desk(database, people)
    refused("not-tried", desk, "propose")
    desk.do("try")
    refused("not-tried", desk, "propose")  # it is still running
    go_on_with_schedules(database, ZONE, NOW)
    desk.draft = replace(desk.draft, rows=(row(31),))
    desk.do("change")
    refused("not-tried", desk, "propose")  # it was of other rows
    desk.draft = replace(desk.draft, consent=" ")
    desk.do("change")
    refused("consent-missing", desk, "propose")
    desk.draft = replace(desk.draft, consent="c", rows=())
    desk.do("change")
    refused("no-rows", desk, "propose")
    for why, changed in (
        ("row-years", replace(desk.draft, rows=(row(0),))),
        ("row-type", replace(desk.draft, rows=(row(5, "nothing"),))),
        ("version-missing", replace(desk.draft, version=" ")),
        ("text-too-long", replace(desk.draft, version="x" * 33)),
        ("text-too-long", replace(desk.draft, note="x" * 2001)),
        ("too-many-rows", replace(desk.draft, rows=(row(5),) * 61)),
    ):
        desk.draft = changed
        refused(why, desk, "change")
    Desk(database, people, "taken")
    desk.draft = Draft("taken")
    refused("version-taken", desk, "change")


def test_two_people_approve_and_neither_proposed_it(database: Database, people: People) -> None:
    desk = Desk(database, people).proposed()
    desk.do("approve", "both")
    refused("approved-already", desk, "approve", "both")
    refused("approved-already", desk, "approve", "he")  # that role has spoken
    refused("wrong-state", desk, "force")
    desk.do("approve", "ma")
    assert desk.state == "approved"
    refused("wrong-state", desk, "approve", "he")
    mine = Desk(database, {**people, "chen": people["all"]}, "mine").proposed()
    refused("same-person", mine, "approve", "all")


def test_an_approval_is_of_these_rows_and_of_no_others(database: Database, people: People) -> None:
    desk = Desk(database, people).proposed()
    with database.read() as session:
        seen = desk.digest(session)
    desk.do("approve", "he")
    desk.do("take-back")
    desk.draft = replace(desk.draft, rows=(row(1),))
    desk.do("change")
    desk.proposed()
    refused("rows-changed", desk, "approve", "ma", digest=seen)  # a page that stood open
    desk.do("approve", "ma")
    assert desk.state == "proposed", "the first approval was of other rows"
    desk.do("take-back")
    desk.draft = replace(desk.draft, rows=(row(30),))
    desk.do("change")
    desk.proposed()
    assert desk.state == "proposed"
    with database.read() as session:
        assert desk.digest(session) == seen, (
            "the very rows once approved, and yet nobody has approved this proposal"
        )
    desk.do("approve", "ma")
    assert desk.state == "proposed"


def test_rows_changed_behind_the_approvals_come_into_force_by_no_way(
    database: Database, people: People
) -> None:
    desk = Desk(database, people).approved()
    refused("wrong-state", desk, "change")
    with database.write() as session:
        session.execute(update(RetentionRow).values(years=1))
    refused("rows-changed", desk, "force")


def test_the_approval_is_named(database: Database, people: People) -> None:
    desk = Desk(database, people).approved()
    refused("number-missing", desk, "force", number=" ")
    refused("date-missing", desk, "force", approved_on=None)
    refused("date-in-future", desk, "force", approved_on=TODAY + timedelta(days=1))
    refused("text-too-long", desk, "force", number="9" * 129)
    desk.do("withdraw")
    refused("wrong-state", desk, "force")


def test_two_schedules_put_in_force_at_once(database: Database, people: People) -> None:
    desks = [Desk(database, people, version).approved() for version in ("a", "b")]
    begin, failed = threading.Barrier(2), []

    def force(desk: Desk) -> None:
        begin.wait()
        try:
            desk.do("force")
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)

    threads = [threading.Thread(target=force, args=(desk,)) for desk in desks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    states = sorted(desk.state for desk in desks)
    assert states == (["approved", "in-force"] if failed else ["in-force", "superseded"])


def accepted_case(database: Database, clips: int, case_type: str = "licence") -> tuple[UUID, list[UUID]]:
    from catalog.case_files.cases import add_step, create_case  # noqa: PLC0415

    house = Actor("system", None, "test")
    with database.write() as session:
        case = create_case(
            session, actor=house, title="x", case_type=case_type, number=uuid4().hex, party="", unit=None,
            handler=None, second_handler=None, now=NOW,
        )  # fmt: skip
        case.state, case.accepted_at = "accepted", NOW
        step = add_step(
            session, actor=house, case=case, stage="decision", activity="other", title="x", now=NOW
        )
        made = [add_clip(session, NOW, f"{n}.mp4") for n in range(clips)]
        session.add_all(
            Attachment(clip_id=c.id, step_id=step.id, role="process", volume="main", attached_at=NOW)
            for c in made
        )
        return case.id, [c.id for c in made]


def test_a_trial_says_what_would_change_and_changes_nothing(database: Database, people: People) -> None:
    _, clips = accepted_case(database, 3)
    with database.write() as session:
        from catalog.models import Clip  # noqa: PLC0415

        session.get_one(Clip, clips[0]).lock_desired = datetime(2099, 1, 1, tzinfo=UTC)
        session.get_one(Clip, clips[2]).restricted = True
    desk = Desk(database, people)
    desk.do("try")
    assert go_on_with_schedules(database, ZONE, NOW) == 3
    with database.read() as session:
        run = newest_run(session, desk.id, "trial")
        assert run is not None
        assert (run.total, run.done, run.longer, run.same, run.shorter) == (2, 2, 1, 0, 1)
        schedule = session.get_one(RetentionSchedule, desk.id)
        lines, more = trial_lines(session, schedule, ZONE, NOW, actor=people["chen"], limit=1)
        assert [(line.outcome, line.until.year) for line in lines] == [("shorter", 2056)]
        lines, more = trial_lines(session, schedule, ZONE, NOW, actor=people["chen"], after=more, limit=1)
        assert ([line.outcome for line in lines], more) == (["longer"], None)
        assert session.scalars(select(LockDue)).all() == []


def test_coming_into_force_goes_on_after_a_crash(
    database: Database, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, clips = accepted_case(database, 7)
    monkeypatch.setattr(walking, "BATCH", 2)
    desk = Desk(database, people).approved()
    desk.do("force")
    real = walking.locks_due
    marked: list[UUID] = []

    def crashing(session: object, some: list[UUID], now: datetime) -> None:
        if len(marked) == 4:
            marked.append(some[0])
            raise KeyboardInterrupt
        real(session, some, now)  # type: ignore[arg-type]
        marked.extend(some)

    monkeypatch.setattr(walking, "locks_due", crashing)
    with pytest.raises(KeyboardInterrupt):
        go_on_with_schedules(database, ZONE, NOW)
    with database.read() as session:
        at = progress(session, desk.id)
        assert at is not None
        assert (at.run.done, at.run.total, at.waiting) == (4, 7, 4)
    monkeypatch.setattr(walking, "locks_due", real)
    go_on_with_schedules(database, ZONE, NOW)
    with database.read() as session:
        at = progress(session, desk.id)
        assert at is not None
        assert (at.run.done, at.share, at.waiting) == (7, 1.0, 7)
        assert set(session.scalars(select(LockDue.clip_id))) == set(clips)
        assert all(run.ended_at for run in session.scalars(select(ScheduleRun)))


def test_cases_without_a_row_are_listed_and_kept(database: Database, people: People) -> None:
    case, _ = accepted_case(database, 2, "other")
    accepted_case(database, 1)
    with database.write() as session:
        put_example_in_force(session, NOW)
        put_example_in_force(session, NOW)
    with database.read() as session:
        lines, more = cases_without_row(session, ZONE, actor=people["chen"])
        assert ([(line.case.id, line.clips) for line in lines], more) == ([(case, 2)], None)
        kept = case_kept(session, session.get_one(Case, case), ZONE, NOW, people["chen"])
        assert (kept.rule["kind"], kept.clips, kept.settled) == ("no-row", 2, 2)
        (shipped,) = session.scalars(select(RetentionSchedule)).all()
        assert (shipped.state, shipped.example) == ("in-force", True)


def test_the_example_goes_the_way_of_every_other(database: Database, people: People) -> None:
    desk = Desk(database, people, "x", example().rows)
    refused("not-tried", desk, "propose")
    desk.approved().do("force")
    assert desk.state == "in-force"
