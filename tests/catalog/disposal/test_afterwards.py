"""What the rest of the house makes of a destroyed clip: nothing is missing, nothing is renewed, its bytes may come again."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from catalog.actors import system
from catalog.case_files.attaching import CannotAttach, Wish, attach, candidates_for
from catalog.clearing import request_rereads, vouched_for
from catalog.disposal.appraisals import review
from catalog.disposal.facts import gather
from catalog.inventory.run import take_inventory
from catalog.models import Clip, Copy, Incident, Stage, Step
from catalog.rendering import ask_again, clips_to_render
from catalog.retention.reconciling import reconcile, settle
from catalog.rules.desired_lock import until_of
from catalog.rules.disposal import Opinion
from catalog.stages import sweep
from storage.reader import SecondReader
from tests.catalog.disposal.desk import COOLED, ZONE, Desk
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
    reconcile(desk.database, desk.evidence, ZONE, desk.now)
    with desk.database.read() as session:
        about = session.scalars(select(Incident.kind).where(Incident.clip_id == gone)).all()
        assert about == []


def settled(desk: Desk) -> None:
    """As the standing job does."""
    settle(desk.database, desk.evidence, ZONE, desk.now())


def aged(desk: Desk, *clips: UUID) -> None:
    """They came in long ago: what is counted from receipt has ended."""
    with desk.database.write() as session:
        session.execute(
            update(Clip).where(Clip.id.in_(clips)).values(received_at=desk.now() - timedelta(days=700))
        )


def desired(desk: Desk, clip: UUID) -> tuple[datetime, bool, str]:
    with desk.database.read() as session:
        row = session.get_one(Clip, clip)
        return row.lock_desired, row.hold_desired, row.lock_reason["rule"]["kind"]


def test_what_was_reviewed_is_renewed_no_more(desk: Desk) -> None:
    """With the real lock rule and its jobs: an unreviewed clip never expires, a reviewed one does, and goes."""
    seen, unseen = desk.clip(reviewed=False), desk.clip(reviewed=False)
    aged(desk, seen, unseen)
    desk.expire()
    with desk.database.write() as session:
        review(session, actor=desk.people["archivist"], clips=[seen], finding="x", now=desk.now())
    reconcile(desk.database, desk.evidence, ZONE, desk.now)
    settled(desk)
    until, hold, kind = desired(desk, seen)
    assert (until <= desk.now(), hold, kind) == (True, False, "reviewed")
    until, hold, kind = desired(desk, unseen)
    assert (until > desk.now() + timedelta(days=50), hold, kind) == (True, False, "unreviewed")
    appraisal = desk.reported(seen)
    desk.approve(appraisal)
    reconcile(desk.database, desk.evidence, ZONE, desk.now)
    settled(desk)
    desk.ahead += COOLED
    desk.witness(appraisal)
    desk.order(appraisal)
    desk.execute()
    assert desk.destroyed(seen)
    assert not desk.destroyed(unseen)
    found = reconcile(desk.database, desk.evidence, ZONE, desk.now)
    assert found.looked == 1


@pytest.mark.parametrize(
    ("opinion", "kind", "held"),
    [
        (Opinion("years", 2), "kept-longer", False),
        (Opinion("for-ever"), "kept-for-ever", True),
        (Opinion("transfer"), "kept-for-ever", True),
    ],
)
def test_what_is_kept_is_locked_at_the_storage(desk: Desk, opinion: Opinion, kind: str, held: bool) -> None:
    clip = desk.clip()
    aged(desk, clip)
    desk.expire()
    appraisal = desk.reported(clip, opinion=opinion)
    desk.approve(appraisal)
    settled(desk)
    until, hold, rule = desired(desk, clip)
    assert (rule, hold) == (kind, held)
    seen = desk.reader.look(f"originals/{clip}", desk.at_storage(clip)[0])
    assert (seen.lock_mode, seen.lock_until, seen.hold) == ("COMPLIANCE", until, held)
    assert until > desk.now() + timedelta(days=729)
    with desk.database.read() as session:
        assert until_of(session.get_one(Clip, clip).lock_reason) == until


def test_a_case_reopened_while_cooling_is_locked_again(desk: Desk) -> None:
    """What leaves the list undestroyed is protected again by the same jobs."""
    clip = desk.clip()
    aged(desk, clip)
    step = new_step(desk)
    desk.expire()
    appraisal = desk.reported(clip)
    desk.approve(appraisal)
    with desk.database.write() as session:
        attach(
            session, actor=desk.people["handler"], clip_id=clip, step_id=step, wish=Wish("process", "main"),
            now=desk.now(),
        )  # fmt: skip
    settled(desk)
    until, hold, kind = desired(desk, clip)
    assert (until > desk.now() + timedelta(days=365), hold, kind) == (True, True, "open-case")
    desk.ahead += COOLED
    desk.witness(appraisal)
    desk.order(appraisal)
    assert desk.items(appraisal) == {clip: ("dropped", "held")}
    assert desk.state(appraisal) == "done"


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
