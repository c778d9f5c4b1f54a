"""Detaching: a reason, no weaker lock, its place on the list until the legal section has spoken (R4.11)."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy import select

from catalog.actors import Actor
from catalog.case_files.attaching import CannotAttach
from catalog.case_files.cases import list_cases, view_case
from catalog.case_files.detaching import (
    CannotDetach,
    confirm_detachment,
    count_waiting,
    detach,
    refuse_detachment,
    waiting_detachments,
)
from catalog.clips import list_clips
from catalog.database import Database
from catalog.finding.wanted import ClipFilter
from catalog.ids import new_id
from catalog.models import Account, Attachment, Clip, DetachmentRefusal
from catalog.retention.due import locks_of_case_due
from tests.catalog.case_files.desk import Desk, open_desk
from tests.catalog.world import entries

REASON = "关联错了环节"


@pytest.fixture
def desk(database: Database, now: datetime) -> Desk:
    return open_desk(database, now)


def refused(desk: Desk, act: object, who: str, **more: object) -> str:
    with pytest.raises(CannotDetach) as caught:
        desk.do(act, who, **more)  # type: ignore[arg-type]
    return caught.value.why


def found_unattached(desk: Desk) -> set[object]:
    with desk.database.read() as session:
        return {c.id for c in list_clips(session, ClipFilter(unattached=True), actor=desk.people["li"]).clips}


def on_case(desk: Desk) -> tuple[int, int]:
    """Clips on the case's page and in the list of cases."""
    with desk.database.read() as session:
        view = view_case(session, desk.case, desk.people["li"])
        assert view is not None
        lines = {line.case.id: line.clips for line in list_cases(session, actor=desk.people["li"])}
        return len(view.clips), lines[desk.case]


def test_from_attached_to_gone(desk: Desk) -> None:
    attachment = desk.attach()
    assert desk.row(attachment).standing == "attached"
    with desk.database.read() as session:
        before = session.get_one(Clip, desk.clip)
    turns = desk.turns(desk.clip)

    desk.do(detach, "li", attachment_id=attachment, reason=REASON)
    row = desk.row(attachment)
    assert (row.standing, row.detach_reason, row.detached_by) == ("detached", REASON, desk.people["li"].id)
    assert on_case(desk) == (1, 1)
    assert found_unattached(desk) == set()
    assert desk.turns(desk.clip) == turns + 1

    desk.do(confirm_detachment, "zhou", attachment_id=attachment)
    row = desk.row(attachment)
    assert (row.standing, row.detach_confirmed_by) == ("gone", desk.people["zhou"].id)
    assert on_case(desk) == (0, 0)
    assert found_unattached(desk) == {desk.clip}
    assert desk.turns(desk.clip) == turns + 2
    with desk.database.read() as session:
        after = session.get_one(Clip, desk.clip)
        assert (after.lock_desired, after.hold_desired) == (before.lock_desired, before.hold_desired)
        assert (
            len(entries(session, "clip.detached")) == len(entries(session, "clip.detachment-confirmed")) == 1
        )


def test_the_case_goes_on_holding_what_waits(desk: Desk) -> None:
    attachment = desk.attach()
    desk.do(detach, "li", attachment_id=attachment, reason=REASON)
    turns = desk.turns(desk.clip)
    with desk.database.write() as session:
        locks_of_case_due(session, desk.case, desk.now)
    assert desk.turns(desk.clip) == turns + 1


def test_refused_it_is_attached_as_before(desk: Desk) -> None:
    attachment = desk.attach()
    desk.do(detach, "li", attachment_id=attachment, reason=REASON)
    desk.do(refuse_detachment, "zhou", attachment_id=attachment, reason="与本案有关")
    assert desk.row(attachment).standing == "attached"
    assert desk.row(attachment).proves
    with desk.database.read() as session:
        kept = session.scalars(select(DetachmentRefusal)).one()
        assert (kept.reason, kept.detach_reason, kept.by_id) == ("与本案有关", REASON, desk.people["zhou"].id)
        assert waiting_detachments(session, desk.people["zhou"]) == []
    with pytest.raises(CannotAttach):
        desk.attach()


def test_detached_it_may_be_attached_again(desk: Desk) -> None:
    first = desk.attach()
    desk.do(detach, "li", attachment_id=first, reason=REASON)
    second = desk.attach()
    desk.do(confirm_detachment, "zhou", attachment_id=first)
    assert (desk.row(first).standing, desk.row(second).standing) == ("gone", "attached")
    assert found_unattached(desk) == set()


def test_each_wrong_way(desk: Desk) -> None:
    attachment = desk.attach()
    assert refused(desk, detach, "li", attachment_id=attachment, reason=" \u202e\x00 ") == "reason-missing"
    assert refused(desk, detach, "li", attachment_id=attachment, reason="x" * 501) == "reason-too-long"
    assert refused(desk, detach, "li", attachment_id=new_id(), reason=REASON) == "unknown-attachment"
    assert refused(desk, confirm_detachment, "zhou", attachment_id=attachment) == "not-detached"
    desk.do(detach, "li", attachment_id=attachment, reason=REASON)
    assert refused(desk, detach, "li", attachment_id=attachment, reason=REASON) == "detached-already"
    for who in ("li", "wang", "chen", "admin", "sun", "wu", "he", "ma", "qian", "zhao"):
        assert refused(desk, confirm_detachment, who, attachment_id=attachment) == "not-yours"
        assert refused(desk, refuse_detachment, who, attachment_id=attachment, reason="x") == "not-yours"
    assert refused(desk, refuse_detachment, "zhou", attachment_id=attachment, reason="") == "reason-missing"
    desk.do(confirm_detachment, "zhou", attachment_id=attachment)
    assert refused(desk, confirm_detachment, "zhou", attachment_id=attachment) == "confirmed-already"
    assert (
        refused(desk, refuse_detachment, "zhou", attachment_id=attachment, reason="x") == "confirmed-already"
    )
    assert refused(desk, detach, "li", attachment_id=attachment, reason=REASON) == "detached-already"


def test_nobody_confirms_their_own(desk: Desk) -> None:
    attachment = desk.attach()
    li = desk.people["li"]
    both = Actor(li.kind, li.id, li.name, li.roles | {"legal"}, li.officer_id, li.unit_id)
    desk.people["both"] = both
    desk.do(detach, "both", attachment_id=attachment, reason=REASON)
    assert refused(desk, confirm_detachment, "both", attachment_id=attachment) == "same-person"


def test_another_account_of_the_same_officer_does_not_confirm(desk: Desk) -> None:
    attachment = desk.attach()
    desk.do(detach, "li", attachment_id=attachment, reason=REASON)
    with desk.database.write() as session:
        session.get_one(Account, desk.people["zhou"].id).officer_id = desk.people["li"].officer_id
    assert refused(desk, confirm_detachment, "zhou", attachment_id=attachment) == "same-person"
    assert refused(desk, refuse_detachment, "zhou", attachment_id=attachment, reason="x") == "same-person"
    assert desk.row(attachment).standing == "detached"


@pytest.mark.parametrize(
    "state", ["reviewed", "handed-over", "accepted", "archived", "transferred", "merged"]
)
def test_what_was_reviewed_is_not_taken_out(desk: Desk, state: str) -> None:
    attachment = desk.attach()
    desk.set_state(state)
    assert refused(desk, detach, "li", attachment_id=attachment, reason=REASON) == "case-closed"


@pytest.mark.parametrize("state", ["accepted", "archived", "transferred"])
def test_in_the_archive_nothing_is_confirmed(desk: Desk, state: str) -> None:
    attachment = desk.attach()
    desk.do(detach, "li", attachment_id=attachment, reason=REASON)
    desk.set_state(state)
    assert refused(desk, confirm_detachment, "zhou", attachment_id=attachment) == "in-archive"
    assert desk.row(attachment).standing == "detached"


def test_a_restricted_clip_shows_nowhere(desk: Desk) -> None:
    attachment = desk.attach()
    desk.do(detach, "li", attachment_id=attachment, reason=REASON)
    with desk.database.read() as session:
        assert count_waiting(session, desk.people["zhou"]) == 1
    desk.restrict(desk.clip)
    with desk.database.read() as session:
        assert count_waiting(session, desk.people["zhou"]) == 0
        assert waiting_detachments(session, desk.people["zhou"]) == []
    assert refused(desk, confirm_detachment, "zhou", attachment_id=attachment) == "unknown-attachment"


def test_rows_are_never_deleted(desk: Desk) -> None:
    for _ in range(3):
        attachment = desk.attach()
        desk.do(detach, "li", attachment_id=attachment, reason=REASON)
        desk.do(confirm_detachment, "zhou", attachment_id=attachment)
    with desk.database.read() as session:
        assert len(session.scalars(select(Attachment)).all()) == 3
