"""Whose case it is, asked by every act on one: a table of acts and people, which fails for an act that is not in it."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

import catalog.archiving
import catalog.case_files
import catalog.coverage
import catalog.documents
from catalog.actors import Actor, system
from catalog.archiving.accepting import accept_file
from catalog.case_files.attaching import SomeRefused, Wish, attach, attach_all
from catalog.case_files.detaching import confirm_detachment, detach, refuse_detachment
from catalog.case_files.entering import CaseFacts, edit_case, mark_of
from catalog.case_files.handling import begin_handling, change_handlers
from catalog.case_files.importing.applying import import_cases
from catalog.case_files.joining import Parting, merge_cases, split_case
from catalog.case_files.life import MoveFacts, move_case
from catalog.case_files.steps import StepFacts, edit_step, enter_step, remove_step
from catalog.case_files.suggesting import dismiss
from catalog.coverage import notes
from catalog.database import Database
from catalog.documents.receiving import House, receive_document
from catalog.models import Attachment, Case, CoverageNote, Step
from catalog.officers import enter_officer, enter_unit
from catalog.people import create_account, person
from catalog.permissions import ROLES, Permission
from catalog.refused import Refused
from catalog.rules.scopes import OVER_THE_BUREAU
from tests.catalog.world import add_clip

NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
PEOPLE = {
    "handler": ("handler", "东"),
    "second": ("handler", "西"),  # lent by another unit: he handles it all the same
    "head": ("section-head", "东"),
    "other-handler": ("handler", "西"),
    "other-head": ("section-head", "西"),
    "legal": ("legal", "西"),
    "archivist": ("archivist", "西"),
}
FOREIGN = {"not-your-case", "target-not-yours", "not-your-section"}
"""Words that say: another unit's case."""


class Undo(Exception):
    """The act was let through; the next one meets the same world."""


@dataclass
class World:
    """A case of 城东 with two steps, another one of it, a recording on it and one beside it."""

    database: Database
    people: dict[str, Actor] = field(default_factory=dict)
    officers: dict[str, UUID] = field(default_factory=dict)
    units: dict[str, UUID] = field(default_factory=dict)
    case: UUID = None  # type: ignore[assignment]
    twin: UUID = None  # type: ignore[assignment]
    foreign: UUID = None  # type: ignore[assignment]
    step: UUID = None  # type: ignore[assignment]
    empty: UUID = None  # type: ignore[assignment]
    attachment: UUID = None  # type: ignore[assignment]
    explanation: UUID = None  # type: ignore[assignment]
    clip: UUID = None  # type: ignore[assignment]

    def put(self, session: Session, state: str) -> None:
        session.get_one(Case, self.case).state = state
        session.flush()


@pytest.fixture
def world(database: Database) -> World:
    made = World(database)
    with database.write() as session:
        for unit in ("东", "西"):
            made.units[unit] = enter_unit(session, unit).id
        for n, (name, (role, unit)) in enumerate(PEOPLE.items()):
            officer = enter_officer(
                session, actor=system("test"), number=f"1{n:05}", name=name, unit=None, now=NOW
            )
            officer.unit_id = made.units[unit]
            account = create_account(
                session, actor=system("test"), username=name, email=f"{name}@x.example", roles=[role],
                officer=officer, now=NOW,
            )  # fmt: skip
            made.officers[name], made.people[name] = officer.id, person(account, None)
        made.case, made.twin = _case(session, made, "1 号", "东"), _case(session, made, "2 号", "东")
        made.foreign = _case(session, made, "3 号", "西", "other-handler")
        steps = [
            Step(case_id=made.case, stage="investigation", activity="investigation", title=title, position=n,
                 started_at=NOW - timedelta(days=1), ended_at=NOW - timedelta(hours=23))
            for n, title in enumerate(("检查", "询问"))
        ]  # fmt: skip
        session.add_all(steps)
        session.flush()
        made.step, made.empty = (step.id for step in steps)
        # Reached by both units, so that nothing but the case decides: one of 西's on the case, one of nobody's.
        on_it, made.clip = (
            add_clip(session, NOW, name, duration=60.0, officer_id=officer).id
            for name, officer in (("A.MP4", made.officers["other-handler"]), ("B.MP4", None))
        )
        row = Attachment(
            clip_id=on_it, step_id=made.step, role="process", volume="main", attached_at=NOW,
            attached_by=made.people["handler"].id,
        )  # fmt: skip
        note = CoverageNote(
            step_id=made.step, act="explain", level="none", text="无光", by_id=made.people["handler"].id, at=NOW
        )  # fmt: skip
        session.add_all((row, note))
        session.flush()
        made.attachment, made.explanation = row.id, note.id
    return made


def _case(session: Session, world: World, number: str, unit: str, first: str = "handler") -> UUID:
    case = Case(
        title="案", type="penalty-general", number=number, state="open", unit_id=world.units[unit], opened_at=NOW
    )  # fmt: skip
    session.add(case)
    session.flush()
    second = "second" if first == "handler" else "other-head"
    begin_handling(session, case, world.officers[first], world.officers[second], reason="", now=NOW)
    return case.id


Act = Callable[[Session, World, Actor], Any]
HANDLE = {"handler", "second", "head"}
"""Whoever's case it is; which role has the page of an act is its route's permission, and the table of access."""
FACTS = CaseFacts("改", "penalty-general", "1 号")
STEP = StepFacts("investigation", "investigation", "改")
PROCESS = Wish("process", "main")


def _edit(s: Session, w: World, who: Actor) -> Any:
    seen = mark_of(s.get_one(Case, w.case))
    return edit_case(s, actor=who, case_id=w.case, facts=FACTS, seen=seen, today=TODAY, now=NOW)


def _hand_on(s: Session, w: World, who: Actor) -> Any:
    seen = (w.officers["handler"], w.officers["second"])
    return change_handlers(
        s, actor=who, case_id=w.case, first=w.officers["other-head"], second=None, seen=seen, reason="调动", now=NOW
    )  # fmt: skip


def _merge(s: Session, w: World, who: Actor) -> Any:
    return merge_cases(s, actor=who, case_id=w.case, into_id=w.twin, seen="open", reason="同案", now=NOW)


def _split(s: Session, w: World, who: Actor) -> Any:
    part = Parting(frozenset({w.step}), frozenset(), "分", reason="另案")
    return split_case(s, actor=who, case_id=w.case, part=part, today=TODAY, now=NOW)


def _move(move: str, state: str, **facts: Any) -> Act:
    def act(s: Session, w: World, who: Actor) -> Any:
        w.put(s, state)
        return move_case(
            s, actor=who, case_id=w.case, move=move, facts=MoveFacts(**facts), today=TODAY, now=NOW
        )

    return act


def _accept(s: Session, w: World, who: Actor) -> Any:
    w.put(s, "handed-over")
    return accept_file(s, actor=who, case_id=w.case, check_id=None, note="", today=TODAY, now=NOW)


def _decided(act: Callable[..., Any], **more: Any) -> Act:
    def do(s: Session, w: World, who: Actor) -> Any:
        row = s.get_one(Attachment, w.attachment)
        row.detached_at, row.detached_by, row.detach_reason = NOW, w.people["handler"].id, "误"
        s.flush()
        return act(s, actor=who, attachment_id=w.attachment, now=NOW, **more)

    return do


def _explain(s: Session, w: World, who: Actor) -> Any:
    return notes.explain(s, actor=who, step_id=w.step, wish=notes.Wish((), frozenset()), now=NOW)


def _document(s: Session, w: World, who: Actor) -> Any:
    class Away(Exception):
        pass

    def refuse(*_: Any, **__: Any) -> None:
        raise Away

    body = b"%PDF-1.7\n"
    store = SimpleNamespace(StorageError=Away, put_locked=refuse)
    spool = SimpleNamespace(
        trouble="", size=len(body), head=body, sha256="0" * 64, sm3="0" * 64, part_digests=[b"0" * 32],
        parts=lambda: iter([body]),
    )  # fmt: skip
    sealer = SimpleNamespace(seal=lambda *_, **__: "", seal_text=lambda *_, **__: "")
    house = House(_Within(s), store, None, lambda: NOW)  # type: ignore[arg-type]
    return receive_document(
        house, sealer, spool, actor=who, name="a.pdf", step_id=w.step, wish=PROCESS  # type: ignore[arg-type]
    )  # fmt: skip


@dataclass
class _Within:
    """A database whose transactions are the one that is open."""

    session: Session

    @contextmanager
    def write(self) -> Iterator[Session]:
        yield self.session

    read = write


def _import(s: Session, w: World, who: Actor) -> Any:
    body = "案号,名称,类型,经办部门\n1 号,案,普通程序,西\n".encode()
    report = import_cases(
        _Within(s), body, actor=who, today=TODAY, now=NOW, dry=False  # type: ignore[arg-type]
    )  # fmt: skip
    (row,) = report.outcomes
    if row.kind == "bad":
        raise Refused(row.why[0])
    return report


ACTS: dict[str, tuple[str, Act, set[str]]] = {
    "edit": ("edit_case", _edit, HANDLE),
    "add a step": (
        "enter_step", lambda s, w, a: enter_step(s, actor=a, case_id=w.case, facts=STEP, now=NOW), HANDLE,
    ),
    "change a step": (
        "edit_step", lambda s, w, a: edit_step(s, actor=a, step_id=w.step, facts=STEP, now=NOW), HANDLE,
    ),
    "remove a step": (
        "remove_step", lambda s, w, a: remove_step(s, actor=a, step_id=w.empty, now=NOW), HANDLE,
    ),
    "other handlers": ("change_handlers", _hand_on, {"head", "legal"}),
    "merge": ("merge_cases", _merge, {"head", "legal"}),
    "split": ("split_case", _split, {"head", "legal"}),
    "finish": ("move_case", _move("finish", "open", closed_on=TODAY), HANDLE),
    "make up": ("move_case", _move("make-up", "finished"), {"handler", "second"}),
    "correct": ("move_case", _move("correct", "made-up"), {"head"}),
    "pass": ("move_case", _move("pass", "corrected"), {"legal"}),
    "hand over": ("move_case", _move("hand-over", "reviewed"), HANDLE | {"legal"}),
    "take back": ("move_case", _move("take-back", "handed-over", note="补"), HANDLE | {"legal", "archivist"}),
    "accept": ("move_case", _move("accept", "handed-over"), {"archivist"}),
    "reopen": ("move_case", _move("reopen", "finished", note="补"), {"legal"}),
    "attach": (
        "attach", lambda s, w, a: attach(s, actor=a, clip_id=w.clip, step_id=w.step, wish=PROCESS, now=NOW), HANDLE,
    ),
    "attach several": (
        "attach_all", lambda s, w, a: attach_all(s, actor=a, clips=[w.clip], steps=[w.step], wish=PROCESS, now=NOW), HANDLE,
    ),
    "detach": (
        "detach", lambda s, w, a: detach(s, actor=a, attachment_id=w.attachment, reason="误", now=NOW), HANDLE,
    ),
    "confirm detaching": ("confirm_detachment", _decided(confirm_detachment), {"legal"}),
    "refuse detaching": ("refuse_detachment", _decided(refuse_detachment, reason="不同意"), {"legal"}),
    "decline a suggestion": (
        "dismiss", lambda s, w, a: dismiss(s, actor=a, step_id=w.step, clip_id=w.clip, now=NOW), HANDLE,
    ),
    "put in a document": ("receive_document", _document, HANDLE),
    "explain a gap": ("explain", _explain, {"handler", "second"}),
    "circumstances": (
        "set_circumstances",
        lambda s, w, a: notes.set_circumstances(s, actor=a, step_id=w.step, circumstances=[], record_number="笔 2", now=NOW),
        {"handler", "second"},
    ),
    "confirm an explanation": (
        "decide",
        lambda s, w, a: notes.decide(s, actor=a, explanation_id=w.explanation, decision="confirm", text="", now=NOW),
        {"head"},
    ),
    "import": ("import_cases", _import, {"head", "legal"}),
}  # fmt: skip
"""Each act: the function, how it is done here, and who is let through."""

NOT_ABOUT_WHOSE = {
    "enter_case": "a case of one's own making",
    "create_case": "the demonstration and measurements; no page",
    "add_step": "old footage by the command line; no page",
    "keep_draft": "a file of one's own, nothing of a case",
    "draft_of": "the same",
    "take_draft": "the same",
    "declare_unrelated": "recordings, on no case",
    "withdraw_declaration": "the same",
    "page_of_cases": "a list",
    "plan_known": "a part of `import_cases`",
    "put_in_force": "the recording rules, of no case",
}
BY_OFFICE = {
    "accept_file": Permission.ARCHIVE_KEEP,
    "change_label": Permission.ARCHIVE_KEEP,
    "make_check": Permission.ARCHIVE_KEEP,
    "read_file_back": Permission.ARCHIVE_KEEP,
}
"""The archive's, of every case: who has the route's permission has the office."""
BEFORE_THE_END = {"storage-away", "no-reason", "check-missing"}
"""The act came past the question whose case it is; what it lacks here is another's test."""


def _outcome(world: World, act: Act, who: Actor) -> str:
    """Try it and undo it: `done` where `who` is let through, else the word of the refusal."""

    def tried() -> None:
        with world.database.write() as session:
            try:
                act(session, world, who)
            except Refused as refused:
                # A file of rows is gone through to its end, whatever becomes of one of them.
                if act is not _import and refused.why not in BEFORE_THE_END:
                    assert not session.new
                    assert not session.dirty
                raise
            raise Undo

    try:
        tried()
    except Undo:
        return "done"
    except SomeRefused as refused:
        return refused.refusals[0].why
    except Refused as refused:
        return "done" if refused.why in BEFORE_THE_END else refused.why
    raise AssertionError


def test_every_act_by_everybody(world: World) -> None:
    wrong = []
    for name, (_, act, allowed) in ACTS.items():
        for who, actor in world.people.items():
            outcome = _outcome(world, act, actor)
            if (outcome == "done") != (who in allowed):
                wrong.append(f"{name}, {who}: {outcome}")
    assert wrong == []


def test_other_units_are_told_so(world: World) -> None:
    """Who has the role and not the case is told that, and not that his role lacks."""
    heard = set()
    for name, (_, act, allowed) in ACTS.items():
        for who, own in (("other-handler", "handler"), ("other-head", "head")):
            if own in allowed:
                outcome = _outcome(world, act, world.people[who])
                heard.add(outcome)
                of_coverage = {"not-yours"} if name in {"explain a gap", "circumstances"} else set()
                assert outcome in FOREIGN | of_coverage, (name, who)
    assert "not-your-case" in heard


def test_both_cases_of_a_merge_are_ones_own(world: World) -> None:
    def merge(source: UUID, target: UUID) -> Act:
        return lambda s, w, a: merge_cases(
            s, actor=a, case_id=source, into_id=target, seen="open", reason="同案", now=NOW
        )

    head, other, legal = (world.people[name] for name in ("head", "other-head", "legal"))
    assert _outcome(world, merge(world.case, world.foreign), head) == "target-not-yours"
    assert _outcome(world, merge(world.case, world.foreign), other) == "not-your-case"
    assert _outcome(world, merge(world.foreign, world.case), head) == "not-your-case"
    assert _outcome(world, merge(world.foreign, world.case), other) == "target-not-yours"
    assert _outcome(world, merge(world.foreign, world.case), legal) == "done"


def test_given_away_it_is_lost(world: World) -> None:
    """One's own case goes to another unit; from then on it is theirs, and stays the handlers'."""
    with world.database.write() as session:
        case = session.get_one(Case, world.case)
        facts = CaseFacts("案", "penalty-general", "1 号", unit_id=world.units["西"])
        edit_case(
            session, actor=world.people["head"], case_id=case.id, facts=facts, seen=mark_of(case), today=TODAY,
            now=NOW,
        )  # fmt: skip
    assert _outcome(world, _edit, world.people["head"]) == "not-your-case"
    assert _outcome(world, _edit, world.people["other-head"]) == "done"
    assert _outcome(world, _edit, world.people["handler"]) == "done"


def test_every_act_is_in_the_table() -> None:
    known = {function for function, _, _ in ACTS.values()} | set(NOT_ABOUT_WHOSE) | set(BY_OFFICE)
    assert set(_acts()) - known == set(), "who may do it to whose case? Put it into the table"
    assert known - set(_acts()) == set(), "gone"


def test_what_is_by_office_is_an_office_of_all_cases() -> None:
    for permission in BY_OFFICE.values():
        assert {role for role, held in ROLES.items() if permission in held} <= OVER_THE_BUREAU


def _acts() -> Iterator[str]:
    """Every public function of these rooms that somebody acts by: it asks for an actor by name."""
    for room in (catalog.case_files, catalog.documents, catalog.coverage, catalog.archiving):
        for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            module = importlib.import_module(found.name)
            for name, function in inspect.getmembers(module, inspect.isfunction):
                asked = inspect.signature(function).parameters.get("actor")
                by_name = (
                    asked is not None and asked.kind is asked.KEYWORD_ONLY and asked.default is asked.empty
                )
                if by_name and not name.startswith("_") and function.__module__ == found.name:
                    yield name
