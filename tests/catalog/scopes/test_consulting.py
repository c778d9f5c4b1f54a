"""按号查阅: an exact number, a purpose and a reference open recordings for some hours; anything else opens nothing."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from catalog.actors import Actor, system
from catalog.case_files.attaching import CannotAttach, Wish, attach
from catalog.case_files.cases import out_of_reach_on, view_case
from catalog.clips import list_clips, view_clip
from catalog.custody.out_of_reach import OUT_OF_REACH, note_out_of_reach
from catalog.database import Database
from catalog.finding.visible import reached
from catalog.finding.wanted import ClipFilter
from catalog.models import Account, Case, Clip, CustodyEntry, LookPurpose, Officer, Step
from catalog.officers import enter_officer, enter_unit
from catalog.people import create_account, person
from catalog.permissions import ROLES
from catalog.purposes.consulting import MOST, consult
from catalog.purposes.explaining import explain
from catalog.purposes.standing import opened_clips, standing_to
from catalog.purposes.stating import CannotState, state_purpose
from catalog.rules.looking import PURPOSE_VALID
from catalog.rules.scopes import BY_NUMBER, Act, Verdict
from tests.catalog.holds.people import open_office
from tests.catalog.world import add_clip

ASKED = {"purpose": "file-check", "reference": "黔市监办〔2026〕7 号"}


class House:
    """A case with two recordings of one unit, a third beside it, and people of another unit."""

    def __init__(self, database: Database, now: datetime) -> None:
        self.database, self.now = database, now
        with database.write() as session:
            self.office = open_office(session, now)
            officer = self.office.officers[0]
            self.clips = [
                add_clip(session, now, f"{name}.MP4", officer_id=officer, recorded=now).id for name in "ABC"
            ]
            self.step = session.get_one(Step, self.office.steps[0])
            case = session.get_one(Case, self.office.cases[0])
            assert case.number is not None
            self.case, self.number = case.id, case.number
            for clip in self.clips[:2]:
                attach(
                    session, actor=system("test"), clip_id=clip, step_id=self.step.id,
                    wish=Wish("process", "main"), now=now,
                )  # fmt: skip
            self.unit = session.get_one(Officer, officer).unit_id
            self.other = enter_unit(session, "城西分局").id

    def somebody(self, *roles: str, of: UUID | None = None, number: str = "") -> Actor:
        number = number or uuid4().hex[:8]
        with self.database.write() as session:
            officer = enter_officer(
                session, actor=system("test"), number=number, name=number, unit=None, now=self.now
            )
            officer.unit_id = of or self.other
            account = create_account(
                session, actor=system("test"), username=f"u{number}", email=f"{number}@example.test", roles=roles,
                officer=officer, now=self.now,
            )  # fmt: skip
            return person(account, "192.0.2.9")

    def again(self, actor: Actor, at: datetime | None = None) -> Actor:
        """The same person as the next request knows him."""
        with self.database.read() as session:
            account = session.get_one(Account, actor.id)
            return person(account, None, opened=opened_clips(session, account.id, at or self.now))

    def consult(self, actor: Actor, asked: str, **more: Any) -> Any:
        with self.database.write() as session:
            return consult(session, actor=actor, asked=asked, now=self.now, **{**ASKED, **more})

    def reached(self, actor: Actor) -> set[UUID]:
        with self.database.read() as session:
            return set(reached(session, actor, self.clips))

    def facts(self, action: str) -> list[dict[str, Any]]:
        with self.database.read() as session:
            rows = session.scalars(select(CustodyEntry.record).where(CustodyEntry.action == action))
            return [json.loads(record) for record in rows]


@pytest.fixture
def house(database: Database, now: datetime) -> House:
    return House(database, now)


@pytest.mark.parametrize("role", sorted(BY_NUMBER))
def test_a_case_is_opened_by_its_number_for_some_hours(house: House, role: str) -> None:
    actor = house.somebody(role)
    assert house.reached(actor) == set()
    found = house.consult(actor, f"  {house.number} ", text="抽查\x00\u202e")
    assert (set(found.clips), found.case) == (set(house.clips[:2]), house.case)
    (entry,) = house.facts("clip.consulted")
    assert entry["facts"]["purpose"] == "file-check"
    assert "抽查" not in json.dumps(entry, ensure_ascii=False)
    assert ASKED["reference"] not in json.dumps(entry, ensure_ascii=False)
    actor = house.again(actor)
    assert house.reached(actor) == set(house.clips[:2])
    with house.database.read() as session:
        view = view_case(session, house.case, actor)
        assert view is not None
        assert {clip.id for clip in view.clips} == set(house.clips[:2])
        assert list_clips(session, ClipFilter(), actor=actor).clips == [], "never in lists"
        for clip in house.clips[:2]:
            assert standing_to(session, actor, session.get_one(Clip, clip), house.now).may_look
    later = house.again(actor, house.now + PURPOSE_VALID)
    assert house.reached(later) == set()


def test_one_recording_by_its_identifier_or_its_name(house: House) -> None:
    for asked in (str(house.clips[2]), "C.MP4"):
        actor = house.somebody("handler")
        assert house.consult(actor, asked).clips == (house.clips[2],)
        assert house.reached(house.again(actor)) == {house.clips[2]}


@pytest.mark.parametrize("role", sorted(set(ROLES) - BY_NUMBER))
def test_nobody_else_opens_anything(house: House, role: str) -> None:
    actor = house.somebody(role)
    with pytest.raises(CannotState, match="not-yours"):
        house.consult(actor, house.number)
    assert house.facts("clip.consulted") == []


@pytest.mark.parametrize(
    ("asked", "more", "why"),
    [
        (" \x00 ", {}, "asked-missing"),
        ("A", {}, "nothing-found"),
        ("A.MP", {}, "nothing-found"),
        ("%.MP4", {}, "nothing-found"),
        ("' OR 1=1 --", {}, "nothing-found"),
        (str(UUID(int=7)), {}, "nothing-found"),
        ("A.MP4", {"purpose": "curiosity"}, "unknown-purpose"),
        ("A.MP4", {"purpose": "other"}, "text-missing"),
        ("A.MP4", {"text": "字" * 501}, "text-too-long"),
        ("A.MP4", {"reference": " \u202e"}, "number-missing"),
        ("A.MP4", {"reference": "1" * 129}, "number-too-long"),
    ],
)
def test_what_is_not_exact_or_says_no_purpose_opens_nothing(
    house: House, asked: str, more: dict[str, str], why: str
) -> None:
    actor = house.somebody("leader")
    with pytest.raises(CannotState) as refusal:
        house.consult(actor, asked, **more)
    assert refusal.value.why == why
    assert house.reached(house.again(actor)) == set()
    with house.database.read() as session:
        assert session.scalars(select(LookPurpose.id)).all() == []


def test_what_is_sealed_is_as_unknown_and_a_case_opens_without_it(house: House) -> None:
    actor = house.somebody("leader")
    with house.database.write() as session:
        session.execute(update(Clip).where(Clip.id == house.clips[0]).values(restricted=True))
    for asked in (str(house.clips[0]), "A.MP4"):
        with pytest.raises(CannotState, match="nothing-found"):
            house.consult(actor, asked)
    assert house.consult(actor, house.number).clips == (house.clips[1],)
    with house.database.write() as session:
        session.execute(update(Clip).values(restricted=True))
    assert house.reached(house.again(actor)) == set(), "sealed after it was opened"
    with pytest.raises(CannotState, match="nothing-found"):
        house.consult(actor, house.number)


def test_a_name_that_two_have_is_the_number_of_none(house: House) -> None:
    with house.database.write() as session:
        add_clip(session, house.now, "C.MP4")
    with pytest.raises(CannotState, match="nothing-found"):
        house.consult(house.somebody("handler"), "C.MP4")


def test_a_case_of_too_many_is_opened_by_none(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST == 1000
    monkeypatch.setattr("catalog.purposes.consulting.MOST", 1)
    with pytest.raises(CannotState, match="too-many"):
        house.consult(house.somebody("leader"), house.number)


def test_who_looks_by_procedure_refers_to_something_each_time(house: House) -> None:
    leader = house.somebody("leader")
    house.consult(leader, "C.MP4")
    leader = house.again(leader)

    def state(**more: str) -> None:
        with house.database.write() as session:
            state_purpose(
                session, actor=leader, clip_id=house.clips[2], purpose="case", now=house.now, **more
            )

    with pytest.raises(CannotState, match="number-missing"):
        state()
    state(case_number="〔2026〕1")


def test_it_is_one_accounts_and_opens_nothing_to_who_lost_the_role(house: House) -> None:
    actor, second = house.somebody("handler"), house.somebody("handler")
    house.consult(actor, house.number)
    assert house.reached(house.again(second)) == set()
    now_auditor = house.again(actor)
    assert (
        house.reached(Actor("person", actor.id, "", frozenset({"auditor"}), opened=now_auditor.opened))
        == set()
    )


def test_opened_it_is_attached_to_ones_own_case_and_to_no_other(house: House) -> None:
    actor = house.somebody("handler")
    with house.database.write() as session:
        own = session.get_one(Case, house.office.cases[1])
        own.handler_id, own.unit_id = actor.officer_id, actor.unit_id
        theirs, mine = house.office.steps

    def put(step: UUID, who: Actor) -> None:
        with house.database.write() as session:
            attach(
                session, actor=who, clip_id=house.clips[2], step_id=step, wish=Wish("process", "main"), now=house.now
            )  # fmt: skip

    with pytest.raises(CannotAttach, match="unknown-clip"):
        put(mine, actor)
    house.consult(actor, "C.MP4")
    actor = house.again(actor)
    with pytest.raises(CannotAttach, match="not-your-case"):
        put(theirs, actor)
    put(mine, actor)
    later = house.again(actor, house.now + PURPOSE_VALID)
    assert house.reached(later) == {house.clips[2]}, "it is on a case of his own now"


def test_colleagues_and_both_handlers_attach(house: House) -> None:
    with house.database.write() as session:
        case = session.get_one(Case, house.case)
        handlers = [case.handler_id, case.second_handler_id]
    colleague = house.somebody("handler", of=house.unit)
    assert None not in handlers
    for n, (officer, unit) in enumerate([(handlers[0], None), (handlers[1], None), (None, house.unit)]):
        actor = Actor(
            "person", colleague.id, "", frozenset({"handler"}), officer_id=officer, unit_id=unit, opened=frozenset(house.clips)
        )  # fmt: skip
        with house.database.write() as session:
            attach(
                session, actor=actor, clip_id=house.clips[2], step_id=house.step.id,
                wish=Wish("process", "main", range_start=float(n), range_end=n + 1.0), now=house.now,
            )  # fmt: skip


def test_out_of_reach_is_one_entry_and_unknown_or_sealed_none(house: House) -> None:
    actor = house.somebody("officer")

    def note(clip: UUID, act: str = "clip") -> bool:
        return note_out_of_reach(house.database, actor, clip, act=act, now=house.now)

    assert note(house.clips[0])
    assert not note(house.clips[0], "clip_addresses")
    assert note(house.clips[1])
    assert not note(uuid4())
    with house.database.write() as session:
        session.execute(update(Clip).where(Clip.id == house.clips[2]).values(restricted=True))
    assert not note(house.clips[2])
    assert len(house.facts(OUT_OF_REACH)) == 2
    with house.database.read() as session:
        assert view_clip(session, house.clips[0], actor) is None
        assert out_of_reach_on(session, house.case, actor) == 2


def test_the_explainer_tells_nothing_of_what_is_sealed_unknown_or_anothers(house: House) -> None:
    with house.database.write() as session:
        session.execute(update(Clip).where(Clip.id == house.clips[0]).values(restricted=True))
    for role in sorted(ROLES):
        actor = house.somebody(role)
        with house.database.read() as session:
            said = [
                explain(session, actor, asked, house.now, by=by)
                for asked in ("A.MP4", str(house.clips[0]), str(uuid4()), "无")
                for by in (actor.id, uuid4())
            ]
            if role not in {"legal", "archivist"}:
                said.append(explain(session, actor, "C.MP4", house.now, by=actor.id))
            assert all(one == said[0] for one in said[1:] if one is not None), role
            assert said[0] is not None


@pytest.mark.parametrize(
    ("role", "own_unit", "find", "look"),
    [
        ("officer", True, "refused", "refused"),
        ("handler", True, "allowed", "with-purpose"),
        ("handler", False, "refused", "with-purpose"),
        ("section-head", True, "allowed", "allowed"),
        ("section-head", False, "refused", "refused"),
        ("legal", False, "allowed", "with-purpose"),
        ("archivist", False, "allowed", "with-purpose"),
        ("leader", True, "refused", "with-purpose"),
        ("bureau-head", True, "refused", "with-purpose"),
        ("office-head", True, "refused", "with-purpose"),
        ("auditor", True, "refused", "refused"),
        ("administrator", True, "refused", "refused"),
    ],
)
def test_the_table_of_scopes(house: House, role: str, own_unit: bool, find: str, look: str) -> None:
    actor = house.somebody(role, of=house.unit if own_unit else house.other)
    with house.database.read() as session:
        for asked in ("A.MP4", house.number):
            said = explain(session, actor, asked, house.now, by=actor.id)
            assert said is not None
            assert said.acts[Act.FIND].verdict == Verdict(find)
            assert said.acts[Act.LOOK].verdict == Verdict(look)
