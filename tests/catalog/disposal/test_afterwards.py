"""What the rest of the house makes of a destroyed clip: nothing is missing, nothing is renewed, its bytes may come again."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from catalog.actors import system
from catalog.case_files.attaching import CannotAttach, Wish, attach, candidates_for
from catalog.clearing import request_rereads, vouched_for
from catalog.disposal.facts import gather
from catalog.inventory.run import take_inventory
from catalog.models import Clip, Copy, Incident, Stage, Step
from catalog.rendering import ask_again, clips_to_render
from catalog.renewal import renew_locks
from catalog.stages import sweep
from storage.reader import SecondReader
from tests.catalog.disposal.desk import Desk
from tests.catalog.disposal.test_destroying import new_step
from tests.catalog.intake_desk import Intake, new_docking, new_file, new_station


def test_nothing_is_missing_and_nothing_is_renewed(desk: Desk) -> None:
    gone, kept = desk.clip(), desk.clip()
    desk.expire()
    appraisal = desk.ordered(gone)
    with desk.database.write() as session:
        session.add(
            Stage(clip_id=gone, stage="render", state="pending", due_at=desk.now(), updated_at=desk.now())
        )
    desk.execute()
    with desk.database.write() as session:
        assert not sweep(session, desk.now() + timedelta(days=1))
        assert ask_again(session, actor=system("test"), clip=gone, stages=["render"], now=desk.now()) == []
        assert not request_rereads(session, [gone], timedelta(0), desk.now())
        assert "reread" not in vouched_for(session, [gone]).get(gone, {})
        session.execute(update(Clip).values(shown_as="original"))
    assert [clip.id for page in clips_to_render(desk.database) for clip in page] == [kept]
    derived = SecondReader(desk.settings, desk.settings.derived_bucket)
    found = take_inventory(desk.database, desk.reader, derived, desk.now(), incidents=True)
    derived.close()
    assert found.kinds["disposal-register"] == 2
    ours = {str(gone), str(appraisal)}
    assert not [one for one in found.named if any(name in one.key for name in ours)]
    assert renew_locks(desk.database, desk.evidence, desk.now()) == 1
    with desk.database.read() as session:
        about = session.scalars(select(Incident.kind).where(Incident.clip_id == gone)).all()
        assert about == []


def test_what_is_being_appraised_is_not_renewed_and_what_leaves_is(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    appraisal = desk.reported(clip)
    assert renew_locks(desk.database, desk.evidence, desk.now()) == 0
    with desk.database.write() as session:
        session.get_one(Clip, clip).hold_desired = True
    desk.approve(appraisal)
    assert desk.items(appraisal) == {clip: ("dropped", "held")}
    assert renew_locks(desk.database, desk.evidence, desk.now()) == 1


def test_a_destroyed_clip_is_attached_to_nothing(desk: Desk) -> None:
    clip = desk.clip()
    desk.expire()
    desk.ordered(clip)
    desk.execute()
    step = new_step(desk)
    with desk.database.write() as session:
        found = candidates_for(session, session.get_one(Step, step))
        assert not [*found.near, *found.others]
        with pytest.raises(CannotAttach, match="destroyed"):
            attach(
                session, actor=desk.people["handler"], clip_id=clip, step_id=step,
                wish=Wish("process", "main"), now=desk.now(),
            )  # fmt: skip


def test_the_same_bytes_again_are_a_new_clip(intake: Intake) -> None:
    body = os.urandom(3000)
    first = intake.take(body).clip
    with intake.database.write() as session:
        # As `_finish` leaves it.
        session.execute(
            update(Clip)
            .where(Clip.id == first)
            .values(destroyed_at=datetime.now(UTC), checksum="destroyed x")
        )
        for copy in session.scalars(select(Copy).where(Copy.clip_id == first)):
            session.delete(copy)
    second = intake.take(body)
    assert second.clip != first
    assert not second.held_already
    with intake.database.read() as session:
        row = session.get_one(Clip, second.clip)
        assert row.destroyed_at is None
        assert session.scalars(select(Copy).where(Copy.clip_id == row.id)).one().lock_until > datetime.now(
            UTC
        )
        (incident,) = session.scalars(select(Incident)).all()
        assert (incident.kind, incident.clip_id) == ("destroyed-again", row.id)
        assert incident.details == {"destroyed": [str(first)]}


def test_bytes_on_their_way_in_keep_the_clip(intake: Intake) -> None:
    body = os.urandom(3000)
    clip = intake.take(body).clip
    station = new_station(intake.database, intake.now, "st-2")
    docking = new_docking(intake.database, station, intake.now, "DSJ-2")
    (wanted,) = intake.offer(new_file(body), station=station, docking=docking)
    with intake.database.read() as session:
        assert gather(session, [clip])[clip].coming_in
    intake.send(wanted, body)  # type: ignore[arg-type]
    intake.complete(wanted.clip, station=station)
    with intake.database.read() as session:
        assert not gather(session, [clip])[clip].coming_in
        assert len(gather(session, [clip])[clip].copies) == 2
