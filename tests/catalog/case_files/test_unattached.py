"""Unattached clips are listed until somebody deals with each; declaring changes no lock."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest

from catalog.case_files.detaching import confirm_detachment, detach
from catalog.case_files.unattached import (
    CannotDeclare,
    count_unattached,
    declare_unrelated,
    declared_of,
    officers_of,
    unattached_of,
    withdraw_declaration,
)
from catalog.database import Database
from catalog.models import Clip, ClipDeclaration
from tests.catalog.case_files.desk import Desk, open_desk
from tests.catalog.world import entries


@pytest.fixture
def desk(database: Database, now: datetime) -> Desk:
    return open_desk(database, now)


def listed(desk: Desk) -> set[UUID]:
    wang = desk.people["wang"]
    assert wang.officer_id is not None
    with desk.database.read() as session:
        found = {c.id for c in unattached_of(session, [wang.officer_id], wang)}
        assert count_unattached(session, [wang.officer_id], wang) == len(found)
        return found


def refused(desk: Desk, who: str, clips: list[UUID], reason: str = "设备测试") -> str:
    with pytest.raises(CannotDeclare) as caught:
        desk.do(declare_unrelated, who, clips=clips, reason=reason)
    return caught.value.why


def test_attaching_deals_with_it_and_confirmed_detaching_brings_it_back(desk: Desk) -> None:
    other = desk.add()
    assert listed(desk) == {desk.clip, other}
    attachment = desk.attach()
    assert listed(desk) == {other}
    desk.do(detach, "li", attachment_id=attachment, reason="x")
    assert listed(desk) == {other}
    desk.do(confirm_detachment, "zhou", attachment_id=attachment)
    assert listed(desk) == {desk.clip, other}


def test_declaring_deals_with_it_and_changes_no_lock(desk: Desk) -> None:
    with desk.database.read() as session:
        before = session.get_one(Clip, desk.clip)
    assert desk.do(declare_unrelated, "wang", clips=[desk.clip], reason="设备测试") == 1
    assert listed(desk) == set()
    with desk.database.read() as session:
        after = session.get_one(Clip, desk.clip)
        assert (after.lock_desired, after.hold_desired) == (before.lock_desired, before.hold_desired)
        assert len(entries(session, "clip.declared-unrelated")) == 1
        wang = desk.people["wang"]
        assert wang.officer_id is not None
        [(clip, declaration)] = declared_of(session, [wang.officer_id], wang)
        assert (clip.id, declaration.reason) == (desk.clip, "设备测试")
    desk.do(withdraw_declaration, "wang", clip_id=desk.clip)
    assert listed(desk) == {desk.clip}
    desk.do(declare_unrelated, "wang", clips=[desk.clip], reason="又想起来了")
    assert listed(desk) == set()
    desk.attach()  # what was declared may be attached all the same
    assert refused(desk, "wang", [desk.clip]) == "attached-already"


def test_a_declaration_ends_with_attaching_and_does_not_come_back(desk: Desk) -> None:
    desk.do(declare_unrelated, "wang", clips=[desk.clip], reason="设备测试")
    attachment = desk.attach()
    with desk.database.read() as session:
        assert len(entries(session, "clip.declaration-withdrawn")) == 1
        row = session.get_one(ClipDeclaration, desk.clip)
        assert (row.withdrawn_at, row.withdrawn_by) == (desk.now, desk.people["li"].id)
    desk.do(detach, "li", attachment_id=attachment, reason="关联错了")
    assert listed(desk) == set()
    desk.do(confirm_detachment, "zhou", attachment_id=attachment)
    assert listed(desk) == {desk.clip}


def test_for_whom_somebody_may_speak(desk: Desk) -> None:
    assert refused(desk, "li", [desk.clip]) == "not-yours"
    assert refused(desk, "zhou", [desk.clip]) == "not-yours"
    assert desk.do(declare_unrelated, "sun", clips=[desk.clip], reason="设备测试") == 1


def test_all_or_none(desk: Desk) -> None:
    other, sealed = desk.add("O.MP4"), desk.add("S.MP4")
    desk.restrict(sealed)
    assert listed(desk) == {desk.clip, other}
    assert refused(desk, "wang", [desk.clip, sealed]) == "unknown-clip"
    assert refused(desk, "wang", [desk.clip, UUID(int=7)]) == "unknown-clip"
    assert refused(desk, "wang", [desk.clip], reason=" ") == "reason-missing"
    assert refused(desk, "wang", [desk.clip], reason="x" * 501) == "reason-too-long"
    assert refused(desk, "wang", []) == "unknown-clip"
    desk.do(declare_unrelated, "wang", clips=[other], reason="x")
    assert refused(desk, "wang", [desk.clip, other]) == "declared-already"
    assert listed(desk) == {desk.clip}
    with pytest.raises(CannotDeclare):
        desk.do(withdraw_declaration, "wang", clip_id=desk.clip)


def test_officers_of_a_unit(desk: Desk) -> None:
    unit = desk.people["wang"].unit_id
    with desk.database.read() as session:
        assert len(officers_of(session, unit)) == 4
        assert officers_of(session, UUID(int=1)) == []
        assert len(officers_of(session, None)) == 4
