"""Invariants 2 and 4: what nobody reviewed is kept, and a lock only ever grows."""

from __future__ import annotations

import os
from datetime import timedelta

from sqlalchemy import select, update

from catalog.custody.log import entries_about
from catalog.models import Clip, Copy, Incident
from catalog.renewal import renew_locks
from catalog.rules.intake_lock import lock_at_receipt
from tests.catalog.intake_desk import Intake


def _copy(intake: Intake) -> Copy:
    with intake.database.read() as session:
        return session.scalars(select(Copy)).one()


def test_a_lock_is_renewed_before_it_ends_and_read_back(intake: Intake) -> None:
    clip = intake.take(os.urandom(50)).clip
    assert renew_locks(intake.database, intake.store, intake.now) == 0
    later = intake.now + timedelta(days=130)
    assert renew_locks(intake.database, intake.store, later) == 1
    copy = _copy(intake)
    assert copy.lock_until == lock_at_receipt(later)
    assert intake.store.facts(copy.key, copy.version).lock_until == copy.lock_until
    with intake.database.read() as session:
        assert session.get_one(Clip, clip).lock_desired == copy.lock_until
        assert entries_about(session, "clip", clip)[-1].action == "clip.lock-extended"
    assert renew_locks(intake.database, intake.store, later) == 0


def test_a_clock_that_jumped_back_shortens_nothing(intake: Intake) -> None:
    intake.take(os.urandom(50))
    before = _copy(intake)
    with intake.database.write() as session:
        session.execute(update(Copy).values(lock_until=intake.now))  # the catalog is wrong about the storage
    assert renew_locks(intake.database, intake.store, intake.now - timedelta(days=30)) == 0
    facts = intake.store.facts(before.key, before.version)
    assert facts.lock_until == before.lock_until
    with intake.database.read() as session:
        assert session.scalars(select(Incident.kind)).all() == ["lock-refused"]


def test_one_missing_object_is_an_incident_and_the_rest_goes_on(intake: Intake) -> None:
    lost = intake.take(os.urandom(50), path=b"a").clip
    intake.take(os.urandom(50), path=b"b")
    with intake.database.write() as session:
        session.execute(update(Copy).where(Copy.clip_id == lost).values(version="0" * 32))
    assert renew_locks(intake.database, intake.store, intake.now + timedelta(days=130)) == 1
    with intake.database.read() as session:
        (incident,) = session.scalars(select(Incident)).all()
        assert (incident.kind, incident.clip_id) == ("object-missing", lost)
