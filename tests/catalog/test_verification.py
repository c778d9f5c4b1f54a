"""`verified` is signed for bytes that were read back, and for nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select

from catalog.custody.log import entries_about
from catalog.intake.completion import Completed
from catalog.intake.offers import Wanted
from catalog.looking import first_copy
from catalog.models import Clip, Incident, Sighting, SignedStatement
from catalog.reading_back import DigestMismatch
from catalog.verification import verify_clip
from storage.store import ObjectStore
from tests.catalog.intake_desk import PART, Intake, new_docking, new_file, new_station


def test_verified_is_signed_only_after_the_bytes_were_read_back(intake: Intake) -> None:
    body = os.urandom(PART + 5)
    done = intake.take(body)
    for _ in range(2):
        verify_clip(intake.database, intake.store, intake.signer, clip_id=done.clip, clock=lambda: intake.now)
    with intake.database.read() as session:
        kinds = session.scalars(
            select(SignedStatement.kind).where(SignedStatement.clip_id == done.clip)
        ).all()
        assert sorted(kinds) == ["received", "verified"]
        assert session.scalar(select(Sighting.end)) == "verified"


def test_other_bytes_in_storage_are_an_incident_and_never_verified(intake: Intake) -> None:
    done = intake.take(os.urandom(5000))

    class Lying(ObjectStore):
        def read(self, key: str, version: str, *, chunk: int = 1 << 22) -> Iterator[bytes]:
            whole = b"".join(super().read(key, version, chunk=chunk))
            yield whole[:-1] + bytes([whole[-1] ^ 1])

    lying = Lying(intake.store.settings, intake.store.bucket)
    for _ in range(2):
        with pytest.raises(DigestMismatch):
            verify_clip(intake.database, lying, intake.signer, clip_id=done.clip, clock=lambda: intake.now)
    lying.close()
    with intake.database.read() as session:
        assert session.scalars(select(Incident.kind)).all() == ["digest-mismatch"]
        assert session.scalars(select(SignedStatement.kind)).all() == ["received"]
        assert session.get_one(Clip, done.clip).verified_at is None


def test_other_bytes_under_a_true_digest_are_a_clip_of_their_own_that_never_verifies(intake: Intake) -> None:
    true, junk = os.urandom(3 * PART), os.urandom(3 * PART)
    other = new_station(intake.database, intake.now, "st-2")
    docking = new_docking(intake.database, other, intake.now, serial="DSJ-2")

    def lie() -> Completed:
        claimed = new_file(true)
        parts = new_file(junk).part_digests
        (wanted,) = intake.offer(replace(claimed, part_digests=parts), station=other, docking=docking)
        assert isinstance(wanted, Wanted)
        intake.send(wanted, junk)
        (done,) = intake.complete(wanted.clip, station=other)
        assert isinstance(done, Completed)
        return done

    lied = lie()
    honest = intake.take(true)
    assert lied.clip != honest.clip
    assert not honest.held_already
    verify_clip(intake.database, intake.store, intake.signer, clip_id=honest.clip, clock=lambda: intake.now)
    with pytest.raises(DigestMismatch):
        verify_clip(intake.database, intake.store, intake.signer, clip_id=lied.clip, clock=lambda: intake.now)
    with intake.database.read() as session:
        assert session.get_one(Clip, honest.clip).verified_at is not None
        assert session.get_one(Clip, lied.clip).verified_at is None
        assert {i.clip_id for i in session.scalars(select(Incident))} == {lied.clip}


def test_one_bad_copy_does_not_keep_a_good_one_from_being_verified(intake: Intake) -> None:
    body = os.urandom(4000)
    first = intake.take(body)
    other = new_station(intake.database, intake.now, "st-2")
    docking = new_docking(intake.database, other, intake.now, serial="DSJ-2")
    (wanted,) = intake.offer(new_file(body), station=other, docking=docking)
    assert isinstance(wanted, Wanted)
    intake.send(wanted, body)
    intake.complete(wanted.clip, station=other)

    class Rotten(ObjectStore):
        def read(self, key: str, version: str, *, chunk: int = 1 << 22) -> Iterator[bytes]:
            whole = b"".join(super().read(key, version, chunk=chunk))
            yield whole if str(first.upload) not in key else b"x" * len(whole)

    rotten = Rotten(intake.store.settings, intake.store.bucket)
    with pytest.raises(DigestMismatch):
        verify_clip(intake.database, rotten, intake.signer, clip_id=first.clip, clock=lambda: intake.now)
    rotten.close()
    with intake.database.read() as session:
        clip = session.get_one(Clip, first.clip)
        assert clip.verified_at is not None
        good = first_copy(clip)
        assert good is not None
        assert str(wanted.clip) in good.key


def test_verifying_again_reads_again_and_says_so(intake: Intake) -> None:
    done = intake.take(os.urandom(100))
    for _ in range(2):
        verify_clip(intake.database, intake.store, intake.signer, clip_id=done.clip, clock=lambda: intake.now)
    with intake.database.read() as session:
        actions = [e.action for e in entries_about(session, "clip", done.clip)]
    assert actions == ["clip.received", "clip.verified", "clip.reverified"]
