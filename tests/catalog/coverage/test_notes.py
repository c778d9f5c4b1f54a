"""Explaining, confirming, sending back: by whom, two at once, and that a case is archived only with it."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from catalog.case_files.life import CannotMove
from catalog.coverage.notes import WHY, CannotNote, decide, may_explain, set_circumstances
from catalog.coverage.printing import coverage_for_print
from catalog.ids import new_id
from catalog.models import Account, Case, CoverageNote, CustodyEntry, Officer, Step
from catalog.people import person
from tests.catalog.coverage.bureau import BEGAN, ENDED, NOW, TO_ARCHIVE, Bureau
from tests.catalog.world import entries, recorder

HOSTILE = "<script>alert(1)</script>\x00\u202e'; DROP TABLE coverage_notes; --"


def refused(bureau: Bureau, who: str = "li", **wish: object) -> str:
    before = len(bureau.notes())
    with pytest.raises(CannotNote) as caught:
        bureau.explain(who, **wish)  # type: ignore[arg-type]
    assert caught.value.why in WHY
    assert len(bureau.notes()) == before
    return caught.value.why


def not_decided(
    bureau: Bureau, note: UUID, who: str = "sun", decision: str = "confirm", said: str = ""
) -> str:
    with pytest.raises(CannotNote) as caught:
        bureau.decide(note, who, decision, said)
    assert caught.value.why in WHY
    return caught.value.why


def test_explained_and_confirmed(bureau: Bureau) -> None:
    assert bureau.judged().state == "unexplained"
    note = bureau.explain(reasons=("conditions", "forgotten"), text="地下室无光")
    assert bureau.kept().state == "explained"
    bureau.decide(note)
    judged = bureau.judged()
    assert (judged.state, judged.judgement.level) == ("confirmed", "missing"), "it stays missing"
    ((said,),) = [judged.explanations]
    assert said.note.words == ["conditions", "forgotten"]
    assert said.named.spans == ((BEGAN, ENDED),)
    assert said.decision is not None
    assert said.decision.by is not None
    with bureau.database.read() as session:
        for action in ("step.coverage-explained", "step.coverage-confirmed"):
            (entry,) = entries(session, action)
            assert "地下室" not in session.get_one(CustodyEntry, entry).record, "free text is private"


def test_sent_back_and_explained_again(bureau: Bureau) -> None:
    note = bureau.explain()
    assert not_decided(bureau, note, decision="send-back", said="  ") == "note-missing"
    bureau.decide(note, decision="send-back", text="请写明原因")
    assert bureau.judged().state == "returned"
    assert not_decided(bureau, note) == "decided-already"
    again = bureau.explain(reasons=("obstructed",), now=NOW + timedelta(minutes=3))
    assert bureau.judged().state == "explained"
    bureau.decide(again)
    assert bureau.judged().state == "confirmed"
    assert sorted(n.act for n in bureau.judged().history) == ["confirm", "explain", "explain", "send-back"]


def test_a_new_gap_needs_a_new_explanation(bureau: Bureau) -> None:
    bureau.decide(bureau.explain())
    with bureau.database.write() as session:
        session.get_one(Step, bureau.step).ended_at = ENDED + timedelta(minutes=30)
    assert bureau.kept().state == "unexplained"
    with bureau.database.write() as session:
        session.get_one(Step, bureau.step).ended_at = ENDED - timedelta(minutes=30)
    assert bureau.kept().state == "confirmed", "less is missing than was explained"


def test_what_was_seen_is_what_is_explained(bureau: Bureau) -> None:
    stale = frozenset({f"{BEGAN.isoformat()}/{(BEGAN + timedelta(minutes=5)).isoformat()}"})
    assert refused(bureau, named=stale) == "changed-meanwhile"
    assert refused(bureau, named=frozenset()) == "nothing-named"
    bureau.explain(named=frozenset({"record"}))
    assert bureau.judged().state == "unexplained", "a part of it was explained"
    bureau.film(0, 60)
    assert refused(bureau, named=frozenset()) == "nothing-to-explain"


def test_refusals(bureau: Bureau) -> None:
    assert refused(bureau, reasons=()) == "no-reason"
    assert refused(bureau, reasons=("laziness",)) == "no-reason"
    assert refused(bureau, reasons=("other",)) == "text-missing"
    assert refused(bureau, reasons=("device-fault",)) == "text-missing"
    assert refused(bureau, reasons=("device-fault",), recorder=new_id()) == "unknown-recorder"
    assert refused(bureau, text="x" * 2001) == "text-too-long"
    with bureau.database.read() as session:
        own = recorder(session).id
    bureau.explain(reasons=("device-fault",), recorder=own)
    with pytest.raises(CannotNote, match="unknown-step"), bureau.database.write() as session:
        set_circumstances(
            session, actor=bureau.people["li"], step_id=new_id(), circumstances=[], record_number="", now=NOW
        )


@pytest.mark.parametrize("who", ["chen", "admin", "zhao", "sun", "zhou", "wu", "he", "ma", "qian"])
def test_only_handlers_of_the_case_explain(bureau: Bureau, who: str) -> None:
    assert refused(bureau, who) == "not-yours"
    with pytest.raises(CannotNote, match="not-yours"), bureau.database.write() as session:
        set_circumstances(
            session,
            actor=bureau.people[who],
            step_id=bureau.step,
            circumstances=[],
            record_number="1",
            now=NOW,
        )


def test_a_handler_of_another_case_does_not_explain(bureau: Bureau) -> None:
    with bureau.database.write() as session:
        third = session.scalars(select(Officer).where(Officer.number == "100205")).one()
        case = session.get_one(Case, bureau.case)
        case.handler_id, case.second_handler_id = third.id, None
    assert refused(bureau) == "not-yours"
    with bureau.database.write() as session:
        session.get_one(Case, bureau.case).handler_id = None
    with bureau.database.read() as session:
        assert may_explain(bureau.people["li"], session.get_one(Case, bureau.case)), "it names no handler yet"


@pytest.mark.parametrize("who", ["li", "wang", "chen", "admin", "zhao", "zhou", "wu", "he", "ma", "qian"])
@pytest.mark.parametrize("decision", ["confirm", "send-back"])
def test_only_heads_of_sections_decide(bureau: Bureau, who: str, decision: str) -> None:
    note = bureau.explain()
    assert not_decided(bureau, note, who, decision, "x") == "not-yours"
    assert bureau.judged().state == "explained"


def test_nobody_confirms_himself_and_no_other_section_does(bureau: Bureau) -> None:
    note = bureau.explain()
    with bureau.database.write() as session:
        roles = frozenset({"section-head", "handler"})
        li = bureau.people["li"]
        both = type(li)(
            kind="person", id=li.id, name="li", roles=roles, officer_id=li.officer_id, unit_id=li.unit_id
        )
        elsewhere = type(li)(
            kind="person",
            id=bureau.people["sun"].id,
            name="sun",
            roles=roles,
            officer_id=None,
            unit_id=new_id(),
        )
        for actor, why in ((both, "same-person"), (elsewhere, "not-your-section")):
            with pytest.raises(CannotNote, match=why):
                decide(session, actor=actor, explanation_id=note, decision="confirm", text="", now=NOW)
    for unknown in (new_id(),):
        assert not_decided(bureau, unknown) == "unknown-explanation"


def test_two_heads_at_once_decide_once(bureau: Bureau) -> None:
    note = bureau.explain()
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def act(decision: str) -> None:
        start.wait()
        try:
            bureau.decide(note, "sun", decision, "x")
            outcomes.append(decision)
        except CannotNote as refusal:
            outcomes.append(refusal.why)

    threads = [threading.Thread(target=act, args=(d,)) for d in ("confirm", "send-back")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "decided-already" in outcomes
    assert len(set(outcomes) & {"confirm", "send-back"}) == 1
    assert len(bureau.notes()) == 2


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE coverage_notes SET text = ''",
        "DELETE FROM coverage_notes",
        "UPDATE coverage_notes SET by_id = NULL",
    ],
)
def test_what_was_said_stays(bureau: Bureau, change: str) -> None:
    bureau.explain(text="原话")
    with pytest.raises(DatabaseError), bureau.database.write() as session:
        session.execute(text(change))
    assert [n.text for n in bureau.notes()] == ["原话"]


def test_hostile_text_is_kept_as_text(bureau: Bureau) -> None:
    bureau.explain(reasons=("other",), text=HOSTILE)
    (note,) = bureau.notes()
    assert note.text == "<script>alert(1)</script>'; DROP TABLE coverage_notes; --"
    with bureau.database.write() as session:
        with pytest.raises(CannotNote, match="unknown-circumstance"):
            set_circumstances(
                session, actor=bureau.people["li"], step_id=bureau.step, circumstances=[HOSTILE], record_number="",
                now=NOW,
            )  # fmt: skip
        with pytest.raises(CannotNote, match="number-too-long"):
            set_circumstances(
                session, actor=bureau.people["li"], step_id=bureau.step, circumstances=[], record_number="x" * 129,
                now=NOW,
            )  # fmt: skip


# Archiving


def test_archived_only_with_the_signed_explanation(bureau: Bureau) -> None:
    """A missing must-step stops nothing before the archive (R2.13)."""
    bureau.move(*TO_ARCHIVE[:-1])
    with pytest.raises(CannotMove, match="coverage-unexplained"):
        bureau.move("archive")
    note = bureau.explain()
    with pytest.raises(CannotMove, match="coverage-unconfirmed"):
        bureau.move("archive")
    bureau.decide(note, decision="send-back", text="不清楚")
    with pytest.raises(CannotMove, match="coverage-unexplained"):
        bureau.move("archive")
    bureau.decide(bureau.explain(now=NOW + timedelta(seconds=1)))
    bureau.move("archive")
    assert bureau.kept().state == "confirmed"
    assert refused(bureau) == "case-closed"


def test_archived_when_nothing_is_missing(bureau: Bureau) -> None:
    bureau.film(0, 60)
    bureau.add_step("questioning")
    bureau.move(*TO_ARCHIVE)
    assert bureau.judged().state == "fine"


def test_a_must_step_without_its_time_is_not_passed_over(bureau: Bureau) -> None:
    """Else leaving the time out would be the way around."""
    bureau.film(0, 60)
    step = bureau.add_step("coercion", timed=False)
    bureau.move(*TO_ARCHIVE[:-1])
    with pytest.raises(CannotMove, match="coverage-unexplained"):
        bureau.move("archive")
    with bureau.database.write() as session:
        session.get_one(Step, step).planned_at = NOW + timedelta(days=400)
    with pytest.raises(CannotMove, match="coverage-unexplained"):
        bureau.move("archive")
    with bureau.database.write() as session:
        session.get_one(Step, step).planned_at = None
    bureau.decide(bureau.explain(step=step, reasons=("not-held",)))
    bureau.move("archive")


def test_no_circumstances_are_stated_after_the_review(bureau: Bureau) -> None:
    bureau.move(*TO_ARCHIVE[:4])
    with pytest.raises(CannotNote, match="case-closed"), bureau.database.write() as session:
        set_circumstances(
            session, actor=bureau.people["li"], step_id=bureau.step, circumstances=["party-absent"], record_number="",
            now=NOW,
        )  # fmt: skip


def test_printed_for_the_file(bureau: Bureau) -> None:
    clip = bureau.film(0, 20)
    bureau.decide(bureau.explain(text="设备电量耗尽"))
    with bureau.database.read() as session:
        printed = coverage_for_print(session, bureau.case, NOW)
        assert coverage_for_print(session, new_id(), NOW) is None
    assert printed is not None
    assert printed.hindrance is None
    assert [s.step.id for s in printed.gaps] == [bureau.step]
    assert printed.gaps[0].explanations[0].note.text == "设备电量耗尽"
    assert str(clip) not in repr(printed)


def test_an_archived_file_prints_the_table_of_then(bureau: Bureau) -> None:
    from catalog.actors import system  # noqa: PLC0415
    from catalog.coverage.rules_in_force import put_in_force  # noqa: PLC0415
    from catalog.recording_rules.reading import shipped_text  # noqa: PLC0415
    from tests.catalog.coverage.test_recording_rules import OWN  # noqa: PLC0415

    bureau.film(0, 60)
    with bureau.database.write() as session:
        put_in_force(session, actor=system("setup"), text=shipped_text(), now=NOW)
    bureau.move(*TO_ARCHIVE)
    with bureau.database.write() as session:
        put_in_force(session, actor=system("setup"), text=OWN, now=NOW + timedelta(days=1))
    with bureau.database.read() as session:
        printed = coverage_for_print(session, bureau.case, NOW)
    assert printed is not None
    assert printed.rules.version == "shipped-2026-1"


def test_an_account_of_the_same_officer_is_the_same_person(bureau: Bureau) -> None:
    note = bureau.explain()
    with bureau.database.write() as session:
        officer = bureau.people["li"].officer_id
        session.execute(update(Account).where(Account.username == "sun").values(officer_id=officer))
    with bureau.database.read() as session:
        sun = person(session.scalars(select(Account).where(Account.username == "sun")).one(), None)
    bureau.people["sun"] = sun
    assert not_decided(bureau, note) == "same-person"
    with bureau.database.read() as session:
        assert session.scalars(select(CoverageNote.act)).all() == ["explain"]
