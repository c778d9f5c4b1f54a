"""The steps before the act: who may, what is asked for, and what is refused."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from catalog.actors import Actor
from catalog.disposal.appraisals import list_more, take_off
from catalog.disposal.approving import give_back, undo
from catalog.disposal.keeping import kept_longer
from catalog.disposal.proposing import opine, propose, report, rework
from catalog.disposal.refusals import CannotDispose
from catalog.models import (
    Account,
    Appraisal,
    AppraisalItem,
    Case,
    Clip,
    CustodyEntry,
    KeptLonger,
    LockDue,
)
from catalog.people import create_account, person
from catalog.permissions import ROLES
from catalog.rules.disposal import PARTS, WITNESS_ROLES, Opinion
from tests.catalog.disposal.desk import COOLED, NONE, Desk
from tests.catalog.disposal.test_destroying import new_step


def refused(why: str) -> pytest.RaisesExc[CannotDispose]:
    return pytest.raises(CannotDispose, match=f"^{why}$")


def test_what_is_not_expired_is_not_listed(desk: Desk) -> None:
    locked, unreviewed = desk.clip(lock=60), desk.clip(reviewed=False)
    with refused("not-expired") as caught:
        desk.open(locked)
    assert caught.value.reason == "lock-stands"
    with desk.database.write() as session:
        session.get_one(Clip, unreviewed).lock_desired = desk.now() - timedelta(days=1)
    with refused("not-expired") as caught:
        desk.open(unreviewed)
    assert caught.value.reason == "not-reviewed"
    with refused("nothing-picked"):
        desk.open()


def test_a_clip_is_on_one_list_only(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    first = desk.open(clip)
    with refused("not-expired") as caught:
        desk.open(clip)
    assert caught.value.reason == "in-appraisal"
    with desk.database.write() as session:
        item = session.scalars(select(AppraisalItem)).one()
        take_off(session, actor=desk.people["archivist"], appraisal_id=first, item_id=item.id, now=desk.now())
    desk.settled()
    second = desk.open(clip)
    assert desk.items(second) == {clip: ("listed", "")}


def test_two_who_list_the_same_clip_at_once(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    begin, made, why = threading.Barrier(2), [], []

    def act() -> None:
        begin.wait()
        try:
            made.append(desk.open(clip))
        except CannotDispose as error:
            why.append(error.reason)

    threads = [threading.Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert (len(made), why) == (1, ["in-appraisal"])


def test_opinions_are_three_peoples(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    appraisal = desk.open(clip)

    def say(actor: Actor, opinion: Opinion | None = None, part: str | None = None, note: str = "x") -> None:
        with desk.database.write() as session:
            opine(
                session, actor=actor, appraisal_id=appraisal, items=None,
                opinion=opinion or Opinion("destroy"), note=note, part=part, now=desk.now(),
            )  # fmt: skip

    def close() -> None:
        with desk.database.write() as session:
            propose(
                session, actor=desk.people["archivist"], appraisal_id=appraisal, now=desk.now(), margin=NONE
            )

    for role in set(ROLES) - set(PARTS.values()):
        with refused("not-yours"):
            say(desk.people[role])
    with desk.database.write() as session:
        both = person(
            create_account(
                session, actor=Actor("system", None, "test"), username="both", email="b@x.example",
                roles=["archivist", "legal"], officer=None, now=desk.now(),
            ),
            None,
        )  # fmt: skip
    say(both, part="legal")
    with refused("two-parts"):
        say(both, part="office")
    with refused("not-yours"):
        say(both, part="section")
    with refused("opinion-missing"):
        close()
    for bad in (Opinion("burn"), Opinion("years"), Opinion("years", 0), Opinion("years", 101)):
        with pytest.raises(CannotDispose, match=r"bad-(proposal|years)"):
            say(desk.people["archivist"], bad)
    with refused("note-missing"):
        say(desk.people["archivist"], Opinion("for-ever"), note=" \u202e ")
    say(desk.people["archivist"])
    say(desk.people["section-head"], Opinion("years", 3))
    close()
    with desk.database.read() as session:
        item = session.scalars(select(AppraisalItem)).one()
        assert (item.proposal, item.years) == ("years", 3)
    with refused("wrong-state"):
        say(desk.people["archivist"])
    with desk.database.write() as session:
        rework(session, actor=desk.people["archivist"], appraisal_id=appraisal, now=desk.now())
    say(desk.people["section-head"])
    close()


def test_keeping_begins_with_the_approval_and_never_shortens(desk: Desk) -> None:
    clip, gone = desk.clip(), desk.clip()
    desk.expire()
    appraisal = desk.reported(clip, opinion=Opinion("years", 7))
    desk.approve(appraisal)
    assert desk.state(appraisal) == "done"
    with desk.database.read() as session:
        kept = kept_longer(session, [clip])[clip]
        assert kept.until is not None
        assert kept.until > desk.now() + timedelta(days=7 * 365)
        assert session.get(LockDue, clip) is not None
    desk.settled()
    with refused("not-expired") as caught:
        desk.open(clip)
    assert caught.value.reason == "kept-longer"
    with desk.database.write() as session:
        session.add(KeptLonger(clip_id=clip, until=desk.now(), why="x", at=desk.now()))
    with desk.database.read() as session:
        assert kept_longer(session, [clip])[clip].until == kept.until
    other = desk.reported(gone, opinion=Opinion("transfer"))
    desk.approve(other)
    with desk.database.read() as session:
        assert kept_longer(session, [gone])[gone].until is None
    assert len(desk.at_storage(clip)) == len(desk.at_storage(gone)) == 1


def test_an_approval_is_bound_to_its_list(desk: Desk) -> None:
    clip, other, late = desk.clip(), desk.clip(), desk.clip()
    desk.expire()
    appraisal = desk.reported(clip)
    for role in set(ROLES) - {"bureau-head"}:
        with refused("not-yours"):
            desk.approve(appraisal, actor=desk.people[role])
    with refused("approval-number-missing"):
        desk.approve(appraisal, number=" \u200e ")
    with refused("list-changed"):
        desk.approve(appraisal, digest="0" * 64)
    for stale in (None, desk.now() - timedelta(minutes=6), desk.now() + timedelta(minutes=1)):
        with refused("sign-in-again"):
            desk.approve(appraisal, signed_in_at=stale)
    with refused("wrong-state"), desk.database.write() as session:
        list_more(
            session, actor=desk.people["archivist"], appraisal_id=appraisal, clips=[late], now=desk.now(),
            margin=NONE,
        )  # fmt: skip
    with desk.database.write() as session:
        session.execute(update(AppraisalItem).values(clip_id=other))
    with refused("list-changed"):
        desk.approve(appraisal)
    with desk.database.write() as session:
        session.execute(update(AppraisalItem).values(clip_id=clip))
    desk.approve(appraisal, number="批〔2026〕1号")
    with refused("wrong-state"):
        desk.approve(appraisal, number="批〔2026〕2号")
    with desk.database.write() as session:
        undo(session, actor=desk.people["legal"], appraisal_id=appraisal, reason="仍有用处", now=desk.now())
    second = desk.reported(other)
    with refused("approval-number-used"):
        desk.approve(second, number="批〔2026〕1号")


def test_nobody_approves_what_he_appraised(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    appraisal = desk.reported(clip)
    mighty = Actor(
        "person", desk.people["legal"].id, "legal", frozenset({"legal", "bureau-head", "archivist"})
    )
    with refused("own-proposal"):
        desk.approve(appraisal, actor=mighty)


def test_the_cooling_period(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    appraisal = desk.reported(clip)
    earlier = desk.now() - timedelta(days=15)
    with refused("clock-behind"):  # a server clock set back would let the period begin before it does
        desk.approve(appraisal, now=earlier, signed_in_at=earlier)
    desk.approve(appraisal, cooling_days=20)
    desk.settled()
    for ahead, days in (
        (timedelta(days=13, hours=23), 0),
        (timedelta(days=15), 14),
        (timedelta(days=21), 30),
    ):
        at = desk.now() + ahead
        with refused("still-cooling"):
            desk.witness(appraisal, "legal", now=at, signed_in_at=at, cooling_days=days)
        with refused("still-cooling"):
            desk.order(appraisal, now=at, signed_in_at=at, cooling_days=days)
    for role in set(ROLES) - {*PARTS.values(), "bureau-head"}:
        with refused("not-yours"), desk.database.write() as session:
            undo(session, actor=desk.people[role], appraisal_id=appraisal, reason="x", now=desk.now())
    with refused("note-missing"), desk.database.write() as session:
        undo(session, actor=desk.people["legal"], appraisal_id=appraisal, reason=" ", now=desk.now())
    with desk.database.write() as session:
        undo(session, actor=desk.people["legal"], appraisal_id=appraisal, reason="x", now=desk.now())
    desk.ahead += timedelta(days=31)
    with refused("wrong-state"):
        desk.witness(appraisal, "legal")
    with refused("wrong-state"):
        desk.order(appraisal)
    assert desk.items(appraisal) == {clip: ("dropped", "undone")}
    desk.execute()
    assert len(desk.at_storage(clip)) == 1


def test_witnesses(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    appraisal = desk.reported(clip)
    desk.approve(appraisal)
    desk.settled()
    desk.ahead += COOLED
    for role in set(ROLES) - WITNESS_ROLES:
        with refused("not-yours"):
            desk.witness(appraisal, role)
    for role in set(ROLES) - {"archivist"}:
        with refused("not-yours"):
            desk.order(appraisal, role)
    with refused("sign-in-again"):
        desk.witness(appraisal, "leader", signed_in_at=desk.now() - timedelta(minutes=6))
    with refused("witnesses-missing"):
        desk.order(appraisal)
    for role in PARTS.values():
        with refused("appraised-it"):
            desk.witness(appraisal, role)
    desk.witness(appraisal, "office-head")
    desk.witness(appraisal, "office-head")
    with refused("witnesses-missing"):  # one person twice is one witness
        desk.order(appraisal)
    desk.witness(appraisal, "chief")
    with refused("witnesses-missing"):  # who carries it out is no witness
        desk.order(appraisal, "chief")
    approver = desk.people["bureau-head"]
    mighty = Actor("person", approver.id, "x", frozenset({"bureau-head", "legal", "archivist"}))
    desk.people["mighty"] = mighty
    with refused("approved-it"):
        desk.witness(appraisal, "mighty")
    with refused("approved-it"):
        desk.order(appraisal, "mighty")
    with desk.database.write() as session:
        session.execute(update(Account).where(Account.username == "office-head").values(active=False))
    with refused("witnesses-missing"):
        desk.order(appraisal)
    with refused("number-differs"):
        desk.order(appraisal, typed="JD-0000-000")
    desk.ahead += timedelta(hours=3)
    desk.witness(appraisal, "leader")
    with refused("witnesses-missing"):  # the others' sign-in is too long ago
        desk.order(appraisal)
    desk.witness(appraisal, "chief")
    desk.order(appraisal)
    with refused("wrong-state"):
        desk.order(appraisal)
    with refused("wrong-state"), desk.database.write() as session:
        undo(session, actor=desk.people["legal"], appraisal_id=appraisal, reason="x", now=desk.now())
    desk.execute()
    assert desk.destroyed(clip)


def test_a_returned_report_frees_its_clips(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    appraisal = desk.reported(clip)
    with desk.database.write() as session:
        give_back(
            session, actor=desk.people["bureau-head"], appraisal_id=appraisal, reason="补充", now=desk.now()
        )
    desk.settled()
    assert desk.state(desk.reported(clip)) == "reported"


def test_what_comes_up_between_the_steps_drops_out(desk: Desk) -> None:
    """A case reopened, a hold, an attachment: at whatever step, the clip is let go with its reason."""
    clips = [desk.clip() for _ in range(5)]
    desk.expire()
    appraisal = desk.open(*clips)
    desk.opine(appraisal)
    archivist = desk.people["archivist"]

    def hold(number: int) -> None:
        with desk.database.write() as session:
            session.get_one(Clip, clips[number]).hold_desired = True

    hold(0)
    with desk.database.write() as session:
        propose(session, actor=archivist, appraisal_id=appraisal, now=desk.now(), margin=NONE)
    hold(1)
    with desk.database.write() as session:
        report(session, actor=archivist, appraisal_id=appraisal, now=desk.now(), margin=NONE)
    hold(2)
    desk.approve(appraisal)
    desk.settled()
    desk.ahead += COOLED
    desk.witness(appraisal)
    hold(3)
    desk.order(appraisal)
    desk.execute()
    states = desk.items(appraisal)
    assert [states[clip] for clip in clips] == [("dropped", "held")] * 4 + [("destroyed", "")]


def test_clips_of_archived_cases_need_no_review(desk: Desk) -> None:
    from catalog.case_files.attaching import Wish, attach  # noqa: PLC0415

    clip, step = desk.clip(reviewed=False), new_step(desk)
    desk.expire()
    with desk.database.write() as session:
        attach(
            session, actor=desk.people["handler"], clip_id=clip, step_id=step, wish=Wish("process", "main"),
            now=desk.now(),
        )  # fmt: skip
    desk.settled()
    with refused("not-expired") as caught:
        desk.open(clip)
    assert caught.value.reason == "case-open"
    with desk.database.write() as session:
        session.execute(update(Case).values(state="archived", archive_number="D30-1"))
    appraisal = desk.reported(clip)
    with desk.database.read() as session:
        assert session.get_one(Appraisal, appraisal).items[0].facts["cases"] == ["D30-1"]
    with desk.database.write() as session:
        session.execute(update(Case).values(state="open"))
    desk.approve(appraisal)
    assert desk.items(appraisal) == {clip: ("dropped", "case-open")}


def test_every_act_is_in_the_log(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    desk.ordered(clip)
    desk.execute()
    with desk.database.read() as session:
        found = set(session.scalars(select(CustodyEntry.action)))
    assert {
        "clip.reviewed", "disposal.opened", "disposal.opinion-given", "disposal.proposed",
        "disposal.reported", "disposal.approved", "disposal.witnessed", "disposal.ordered",
        "clip.destroyed", "disposal.register-kept",
    } <= found  # fmt: skip
