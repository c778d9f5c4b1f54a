"""What somebody might try, or what may happen by mistake, between the steps: with the real acts of the other subjects."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from catalog.actors import Actor
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.life import MoveFacts, move_case
from catalog.disposal.appraisals import list_more
from catalog.disposal.approving import standing_witnesses
from catalog.disposal.facts import expired
from catalog.disposal.restored import end_approved
from catalog.disposal.viewing import list_appraisals, view_appraisal
from catalog.holds.acts import HoldWish, set_hold
from catalog.holds.seals import SealWish, confirm_seal, propose_seal
from catalog.models import (
    Account,
    Appraisal,
    AppraisalItem,
    AppraisalOpinion,
    Case,
    Clip,
    Officer,
    RetentionSchedule,
    ScheduleRun,
    Step,
)
from catalog.retention.desiring import work_out
from catalog.rules.disposal import Opinion, number_key
from catalog.same_person import is_among
from tests.catalog.disposal.desk import COOLED, NONE, ZONE, Desk
from tests.catalog.disposal.test_destroying import new_step
from tests.catalog.disposal.test_procedure import refused

TODAY_IS_FAR = timedelta(days=400)


def archived_clip(desk: Desk) -> tuple[UUID, UUID]:
    """A clip on a case that the archive has accepted long ago, and the case."""
    clip, step = desk.clip(reviewed=False), new_step(desk)
    with desk.database.write() as session:
        attach(
            session, actor=desk.people["handler"], clip_id=clip, step_id=step, wish=Wish("process", "main"),
            now=desk.now(),
        )  # fmt: skip
        case = session.get_one(Step, step).case_id
        session.execute(
            update(Case)
            .where(Case.id == case)
            .values(state="archived", archive_number="D30-1", accepted_at=desk.now() - TODAY_IS_FAR)
        )
    desk.settled()
    return clip, case


def approved(desk: Desk, *clips: UUID) -> UUID:
    appraisal = desk.reported(*clips)
    desk.approve(appraisal)
    desk.settled()
    desk.ahead += COOLED
    return appraisal


def one_person(desk: Desk, *names: str) -> None:
    """These accounts are all of one officer."""
    with desk.database.write() as session:
        officer = Officer(number="E-1", name="一人", created_at=desk.now())
        session.add(officer)
        session.flush()
        for name in names:
            session.get_one(Account, desk.people[name].id).officer_id = officer.id


@pytest.mark.parametrize("what", ["clip", "case"])
@pytest.mark.parametrize("ordered", [False, True], ids=["cooling", "ordered"])
def test_a_hold_set_after_the_approval(desk: Desk, what: str, ordered: bool) -> None:
    clip, case = archived_clip(desk)
    desk.expire()
    appraisal = approved(desk, clip)
    desk.witness(appraisal)
    if ordered:
        desk.order(appraisal)
    reason, who = ("complaint", "personnel") if what == "clip" else ("litigation", "legal")
    with desk.database.write() as session:
        wish = HoldWish(what, reason, "文〔2026〕1号", **{what: clip if what == "clip" else case})  # type: ignore[arg-type]
        set_hold(session, actor=desk.people[who], wish=wish, now=desk.now())
    desk.settled()  # whatever the lock jobs have done: the hold itself counts
    if not ordered:
        desk.order(appraisal)
    desk.execute()
    assert desk.items(appraisal) == {clip: ("dropped", "held")}
    assert len(desk.at_storage(clip)) == 1
    with desk.database.read() as session:
        assert "complaint" not in (session.get_one(Appraisal, appraisal).register_text or "")


@pytest.mark.parametrize("ordered", [False, True], ids=["cooling", "ordered"])
def test_a_case_reopened_after_the_approval(desk: Desk, ordered: bool) -> None:
    clip, case = archived_clip(desk)
    desk.expire()
    appraisal = approved(desk, clip)
    desk.witness(appraisal)
    if ordered:
        desk.order(appraisal)
    now = desk.now()
    with desk.database.write() as session:
        move_case(
            session, actor=desk.people["legal"], case_id=case, move="reopen", facts=MoveFacts(note="再审"),
            today=now.date(), now=now,
        )  # fmt: skip
    desk.settled()
    if not ordered:
        desk.order(appraisal)
    desk.execute()
    assert desk.items(appraisal) == {clip: ("dropped", "case-open")}
    assert len(desk.at_storage(clip)) == 1


@pytest.mark.parametrize("ordered", [False, True], ids=["cooling", "ordered"])
def test_a_seal_proposed_and_confirmed(desk: Desk, ordered: bool) -> None:
    """A proposed seal keeps already; a confirmed one is told to nobody on any page, list, count or register."""
    sealed, other = desk.clip(), desk.clip()
    desk.expire()
    appraisal = approved(desk, sealed, other)
    desk.witness(appraisal)
    if ordered:
        desk.order(appraisal)
    legal, chief = desk.people["legal"], desk.people["archivist"]
    with desk.database.write() as session:
        seal = propose_seal(session, actor=legal, wish=SealWish(sealed, "secret", "依据"), now=desk.now()).id
    desk.settled()
    if not ordered:
        desk.order(appraisal)
    with desk.database.write() as session:
        confirm_seal(session, actor=chief, seal_id=seal, now=desk.now())
    desk.settled()
    desk.execute()
    assert desk.items(appraisal) == {sealed: ("dropped", "held"), other: ("destroyed", "")}
    assert len(desk.at_storage(sealed)) == 1
    with desk.database.read() as session:
        text = session.get_one(Appraisal, appraisal).register_text or ""
        assert str(sealed) not in text
        assert [one["clip"] for one in json.loads(text)["destroyed"]] == [str(other)]
        for role in ("archivist", "bureau-head", "leader", "legal"):
            who = desk.people[role]
            view = view_appraisal(session, appraisal, who, cooling_days=14, now=desk.now())
            assert view is not None
            assert [(line.number, line.item.clip_id) for line in view.lines] == [(1, other)]
            assert dict(view.counts) == {"destroyed": 1}
            (line,) = list_appraisals(session, who, 14)
            assert dict(line.items) == {"destroyed": 1}
        named = Actor("person", legal.id, "legal", legal.roles, named=frozenset({sealed}))
        view = view_appraisal(session, appraisal, named, cooling_days=14, now=desk.now())
        assert view is not None
        assert len(view.lines) == 2


def test_a_case_that_no_approved_schedule_knows(desk: Desk) -> None:
    """A draft of a schedule gives nothing: what has no row in one that is in force is on hold."""
    clip, _case = archived_clip(desk)
    with desk.database.write() as session:
        session.add(
            RetentionSchedule(
                version="2099-1", state="draft", made_by=desk.people["archivist"].id, made_at=desk.now()
            )
        )
    desk.expire()
    with desk.database.write() as session:
        work_out(session, [clip], ZONE, desk.now())
    desk.settled()
    with refused("not-expired") as caught:
        desk.open(clip)
    assert caught.value.reason == "held"
    with desk.database.read() as session:
        assert not list(expired(session, desk.people["archivist"], desk.now(), margin=NONE))


def test_a_schedule_that_is_coming_into_force(desk: Desk) -> None:
    """Until it has reached every clip, nothing of a case goes on: its rows may keep it longer."""
    clip, _case = archived_clip(desk)
    desk.expire()
    appraisal = approved(desk, clip)
    desk.witness(appraisal)
    with desk.database.write() as session:
        schedule = RetentionSchedule(
            version="2099-1", state="in-force", made_by=desk.people["archivist"].id, made_at=desk.now()
        )
        session.add(schedule)
        session.flush()
        run = ScheduleRun(schedule_id=schedule.id, kind="force", digest="0" * 64, begun_at=desk.now())
        session.add(run)
        session.flush()
        run_id = run.id
    with refused("schedule-coming"):
        desk.order(appraisal)
    with desk.database.write() as session:
        session.get_one(ScheduleRun, run_id).ended_at = desk.now()
    desk.order(appraisal)
    with desk.database.write() as session:
        session.get_one(ScheduleRun, run_id).ended_at = None
    desk.execute()
    assert desk.items(appraisal) == {clip: ("dropped", "lock-due")}
    assert len(desk.at_storage(clip)) == 1


def test_one_person_with_two_accounts(desk: Desk) -> None:
    """Where the procedure asks for different people, a second account of the same officer is nobody else."""
    clip = desk.clip()
    desk.expire()
    appraisal = desk.reported(clip)
    one_person(desk, "legal", "bureau-head")
    with refused("own-proposal"):
        desk.approve(appraisal)
    with desk.database.write() as session:
        session.execute(update(Account).values(officer_id=None))
    desk.approve(appraisal)
    desk.settled()
    desk.ahead += COOLED
    one_person_of = {"leader": ("office-head", "leader"), "chief": ("bureau-head", "chief")}
    desk.witness(appraisal)
    with desk.database.write() as session:
        officer = Officer(number="E-2", name="另一人", created_at=desk.now())
        session.add(officer)
        session.flush()
        for name in one_person_of["leader"]:
            session.get_one(Account, desk.people[name].id).officer_id = officer.id
    with refused("witnesses-missing"):
        desk.order(appraisal)
    desk.witness(appraisal, "chief")
    with desk.database.read() as session:
        row = session.get_one(Appraisal, appraisal)
        stood = standing_witnesses(session, row, desk.people["archivist"].id, desk.now())
        assert [one.username for one in stood] == ["office-head", "chief"]
        assert is_among(session, desk.people["leader"].id, [desk.people["office-head"].id])
    with desk.database.write() as session:
        session.get_one(Account, desk.people["archivist"].id).officer_id = officer.id
    with refused("witnesses-missing"):  # the executor's other account has witnessed
        desk.order(appraisal)
    with desk.database.write() as session:
        session.get_one(Account, desk.people["archivist"].id).officer_id = None
        session.get_one(Account, desk.people["chief"].id).officer_id = officer.id
        session.get_one(Account, desk.people["bureau-head"].id).officer_id = officer.id
    with refused("approved-it"):
        desk.witness(appraisal, "chief")


def test_opinions_of_one_person_with_two_accounts(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    one_person(desk, "section-head", "legal")
    appraisal = desk.open(clip)
    with refused("two-parts"):
        desk.opine(appraisal)


def test_an_approval_number_written_otherwise(desk: Desk) -> None:
    first, second = desk.clip(), desk.clip()
    desk.expire()
    one, other = desk.reported(first), desk.reported(second)
    desk.approve(one, "市监批〔2026〕12号")
    desk.settled()
    for again in (
        "市监批〔2026〕12号",
        " 市监批 [2026] 12 号 ",
        "市监批（２０２６）１２号",
        "市监批2026-12号",
    ):
        with refused("approval-number-used"):
            desk.approve(other, again)
    with refused("approval-number-missing"):
        desk.approve(other, "〔〕—")
    desk.approve(other, "市监批〔2026〕13号")
    assert number_key("ABC-1") == number_key("abc 1")


def test_what_comes_back_on_a_list_is_spoken_of_anew(desk: Desk) -> None:
    clip, other = desk.clip(), desk.clip()
    desk.expire()
    appraisal = desk.open(clip, other)
    desk.opine(appraisal)
    archivist = desk.people["archivist"]
    with desk.database.write() as session:
        item = session.scalars(select(AppraisalItem).where(AppraisalItem.clip_id == clip)).one()
        item.state, item.why, item.active_clip_id = "dropped", "held", None
    with desk.database.write() as session:
        list_more(session, actor=archivist, appraisal_id=appraisal, clips=[clip], now=desk.now(), margin=NONE)
    with desk.database.read() as session:
        spoken = session.scalars(
            select(AppraisalItem.clip_id)
            .join(AppraisalOpinion, AppraisalOpinion.item_id == AppraisalItem.id)
            .distinct()
        ).all()
    assert spoken == [other]


def test_a_restored_catalog_goes_on_with_no_destruction(desk: Desk) -> None:
    """The back-up was made before an approval was undone, or a hold was set: neither is known after the restore."""
    cooling, ready, gone, left, half = (desk.clip() for _ in range(5))
    desk.expire()
    waiting = desk.reported(cooling)
    desk.approve(waiting)
    desk.settled()
    witnessed = approved(desk, ready)
    desk.witness(witnessed)
    executing = desk.ordered(gone, left, half)

    class Ended(Exception):
        pass

    def power_cut(_where: str) -> None:
        raise Ended

    with pytest.raises(Ended):
        desk.execute(between=power_cut)
    assert desk.destroyed(gone)
    with desk.database.write() as session:
        session.scalars(select(AppraisalItem).where(AppraisalItem.clip_id == half)).one().state = "deleting"
    with desk.database.write() as session:
        assert end_approved(session, desk.now()) == 3
        assert end_approved(session, desk.now()) == 1  # what was being carried out still gets its register
    assert (desk.state(waiting), desk.state(witnessed)) == ("undone", "undone")
    desk.settled()
    with refused("wrong-state"):
        desk.order(witnessed)
    desk.execute()
    assert desk.state(executing) == "done"
    assert desk.items(executing) == {
        gone: ("destroyed", ""),
        left: ("dropped", "restored"),
        half: ("failed", "restored"),
    }
    for clip in (cooling, ready, left, half):
        assert len(desk.at_storage(clip)) == 1
        assert not desk.destroyed(clip)
    desk.open(cooling, ready, left, half)


def test_forms_sent_again(desk: Desk) -> None:
    """Each act goes on from its state only: the same form once more does nothing."""
    clip = desk.clip()
    desk.expire()
    appraisal = desk.reported(clip)
    desk.approve(appraisal, "1")
    desk.settled()
    with refused("wrong-state"):
        desk.approve(appraisal, "2")
    with refused("wrong-state"):
        desk.opine(appraisal, Opinion("destroy"))
    desk.ahead += COOLED
    desk.witness(appraisal)
    desk.order(appraisal)
    for again in (desk.witness, desk.order):
        with refused("wrong-state"):
            again(appraisal)
    desk.execute()
    with refused("wrong-state"):
        desk.order(appraisal)
    with desk.database.read() as session:
        assert session.get_one(Clip, clip).destroyed_at is not None
