"""From offer to receipt against a real storage: nothing is believed, everything may be repeated."""

from __future__ import annotations

import base64
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from catalog.custody.log import entries_about
from catalog.ids import new_id
from catalog.intake.completion import Completed, Incomplete
from catalog.intake.dockings import NotThisStation, close_docking, docking_of
from catalog.intake.held import Marks, recognise
from catalog.intake.offers import HeldAlready, Wanted, renew_addresses
from catalog.intake.sealed import METADATA_LIMIT, Sealer, object_metadata
from catalog.models import Clip, Copy, CustodyEntry, Incident, Sighting, SignedStatement, Stage
from catalog.receipts import SIGNATURE_PREFIX
from catalog.rules.intake_lock import AT_OPENING, lock_at_receipt
from tests.catalog.intake_desk import PART, Intake, count, new_docking, new_file, new_station, upload_of


@pytest.mark.parametrize("size", [0, 1, 70_000, 2 * PART + 17])
def test_a_receipt_states_what_lies_locked_in_storage(intake: Intake, size: int) -> None:
    body = os.urandom(size)
    done = intake.take(body) if size else intake.take(body, path=f"empty-{uuid4()}".encode())
    body_of = done.statement.body
    facts = intake.store.facts(body_of["key"], body_of["version"])
    assert (facts.size, facts.lock_mode) == (size, "COMPLIANCE")
    assert facts.lock_until is not None
    assert facts.lock_until >= lock_at_receipt(intake.now)
    assert b"".join(intake.store.read(body_of["key"], body_of["version"])) == body
    assert facts.metadata["sha256"] == hashlib.sha256(body).hexdigest()
    assert sum(len(k) + len(v) for k, v in facts.metadata.items()) <= 2048
    assert "DCIM" not in str(facts.metadata)  # names are personal data
    with intake.database.read() as session:
        assert {s.stage for s in session.scalars(select(Stage).where(Stage.clip_id == done.clip))} == {
            "verify",
            "describe",
        }
        assert [e.action for e in entries_about(session, "clip", done.clip)] == ["clip.received"]


def test_the_signature_covers_every_field(intake: Intake) -> None:
    statement = intake.take(os.urandom(100)).statement
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(intake.signer.public_key))
    signature = base64.b64decode(statement.signature)
    key.verify(signature, SIGNATURE_PREFIX + rfc8785.dumps(statement.body))
    for name in statement.body:
        changed = {**statement.body, name: "x"}
        with pytest.raises(InvalidSignature):
            key.verify(signature, SIGNATURE_PREFIX + rfc8785.dumps(changed))


def test_completing_again_answers_the_same_statement(intake: Intake) -> None:
    body = os.urandom(2 * PART)
    done = intake.take(body)
    (again,) = intake.complete(done.upload)
    assert isinstance(again, Completed)
    assert again.statement.signature == done.statement.signature
    assert count(intake.database, Clip) == count(intake.database, Copy) == 1


def test_many_completing_at_once_make_one_clip(intake: Intake) -> None:
    body = os.urandom(2 * PART)
    (wanted,) = intake.offer(new_file(body))
    assert isinstance(wanted, Wanted)
    intake.send(wanted, body)
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: intake.complete(wanted.clip)[0], range(6)))
    assert {a.statement.signature for a in answers if isinstance(a, Completed)} == {
        answers[0].statement.signature
    }  # type: ignore[union-attr]
    assert (
        count(intake.database, Clip)
        == count(intake.database, Copy)
        == count(intake.database, SignedStatement)
        == 1
    )


def test_two_stations_with_the_same_bytes_make_one_clip_with_two_copies(intake: Intake) -> None:
    body = os.urandom(300_000)
    other = new_station(intake.database, intake.now, "st-2")
    docking = new_docking(intake.database, other, intake.now, serial="DSJ-2")
    (first,) = intake.offer(new_file(body))
    (second,) = intake.offer(new_file(body), station=other, docking=docking)
    assert isinstance(first, Wanted)
    assert isinstance(second, Wanted)
    assert first.clip != second.clip
    intake.send(first, body)
    intake.send(second, body)
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(intake.complete, first.clip)
        two = pool.submit(lambda: intake.complete(second.clip, station=other))
        answers = [one.result()[0], two.result()[0]]
    assert all(isinstance(a, Completed) for a in answers)
    assert len({a.clip for a in answers}) == 1  # type: ignore[union-attr]
    assert sorted(a.held_already for a in answers) == [False, True]  # type: ignore[union-attr]
    assert count(intake.database, Clip) == 1
    assert count(intake.database, Copy) == 2
    assert count(intake.database, Sighting) == 2


def test_a_digest_tells_another_station_nothing(intake: Intake) -> None:
    body = os.urandom(1000)
    intake.take(body)
    other = new_station(intake.database, intake.now, "st-2")
    docking = new_docking(intake.database, other, intake.now)  # even with the same recorder
    (answer,) = intake.offer(new_file(body), station=other, docking=docking)
    assert isinstance(answer, Wanted)
    with intake.database.write() as session:
        f = new_file(body)
        marks = [Marks(f.path, f.size, f.modified_ns, f.head, f.tail)]
        assert (
            recognise(session, docking_of(session, other, docking), marks, actor=other, now=intake.now) == {}
        )
    assert renew_addresses(intake.database, intake.store, actor=other, clip=uuid4(), now=intake.now) is None


def test_the_same_station_stores_nothing_twice(intake: Intake) -> None:
    body = os.urandom(1000)
    done = intake.take(body)
    again = new_docking(intake.database, intake.station, intake.now)
    assert intake.offer(new_file(body, b"other/name.mp4"), docking=again) == [HeldAlready(done.clip)]
    f = new_file(body)
    marks = Marks(f.path, f.size, f.modified_ns, f.head, f.tail)
    with intake.database.write() as session:
        docking = docking_of(session, intake.station, again)
        assert recognise(session, docking, [marks], actor=intake.station, now=intake.now) == {
            f.path: done.clip
        }
        changed = Marks(f.path, f.size, f.modified_ns + 1, f.head, f.tail)
        assert recognise(session, docking, [changed], actor=intake.station, now=intake.now) == {}
    assert count(intake.database, Clip) == 1
    assert count(intake.database, Sighting) == 3


def test_two_equal_files_on_one_card_are_one_clip_with_two_sightings(intake: Intake) -> None:
    body = os.urandom(2000)
    one, two = intake.offer(new_file(body, b"a"), new_file(body, b"b"))
    assert isinstance(one, Wanted)
    assert isinstance(two, Wanted)
    assert one.clip == two.clip
    assert intake.send(one, body) == [200]
    assert intake.send(two, body) == [412]  # write-once at the storage
    intake.complete(one.clip)
    with intake.database.read() as session:
        assert {s.path for s in session.scalars(select(Sighting).where(Sighting.clip_id == one.clip))} == {
            b"a",
            b"b",
        }


def test_the_storage_refuses_other_bytes_and_nothing_becomes_a_clip(intake: Intake) -> None:
    body = os.urandom(2 * PART)
    (wanted,) = intake.offer(new_file(body))
    assert isinstance(wanted, Wanted)
    assert set(intake.send(wanted, os.urandom(2 * PART))) == {400}
    (answer,) = intake.complete(wanted.clip)
    assert isinstance(answer, Incomplete)
    assert answer.retry
    assert count(intake.database, Clip) == count(intake.database, SignedStatement) == 0


def test_missing_parts_are_asked_for_again_and_a_crash_is_adopted(intake: Intake) -> None:
    body = os.urandom(3 * PART)
    file = new_file(body)
    (wanted,) = intake.offer(file)
    assert isinstance(wanted, Wanted)
    intake.send(wanted, body, {1, 3})
    intake.send(wanted, body, {3})  # the storage now lists it twice
    assert isinstance(intake.complete(wanted.clip)[0], Incomplete)
    (again,) = intake.offer(file)
    assert isinstance(again, Wanted)
    assert again.clip == wanted.clip
    assert [p.number for p in again.parts] == [2]
    intake.send(again, body)
    # The server is killed after the storage completed the upload, before the catalog knew.
    upload = upload_of(intake.database, wanted.clip)
    digests = [upload.part_digests[n : n + 32] for n in range(0, 96, 32)]
    assert upload.storage_upload_id is not None
    version = intake.store.complete_multipart(upload.key, upload.storage_upload_id, digests)
    (nothing_missing,) = intake.offer(file)
    assert isinstance(nothing_missing, Wanted)
    assert nothing_missing.parts == ()
    (done,) = intake.complete(wanted.clip)
    assert isinstance(done, Completed)
    assert done.statement.body["version"] == version


def test_an_upload_lost_at_the_storage_is_opened_anew(intake: Intake) -> None:
    body = os.urandom(2 * PART)
    (wanted,) = intake.offer(new_file(body))
    assert isinstance(wanted, Wanted)
    upload = upload_of(intake.database, wanted.clip)
    assert upload.storage_upload_id is not None
    intake.store.abort_multipart(upload.key, upload.storage_upload_id)
    assert (
        renew_addresses(intake.database, intake.store, actor=intake.station, clip=wanted.clip, now=intake.now)
        is None
    )
    (fresh,) = intake.offer(new_file(body))
    assert isinstance(fresh, Wanted)
    assert fresh.clip != wanted.clip
    intake.send(fresh, body)
    assert isinstance(intake.complete(fresh.clip)[0], Completed)


def test_an_upload_whose_lock_runs_out_is_opened_anew(intake: Intake) -> None:
    body = os.urandom(2 * PART)
    (wanted,) = intake.offer(new_file(body))
    assert isinstance(wanted, Wanted)
    intake.now += AT_OPENING - timedelta(days=1)
    (fresh,) = intake.offer(new_file(body))
    assert isinstance(fresh, Wanted)
    assert fresh.clip != wanted.clip


def test_another_stations_docking_and_uploads_are_out_of_reach(intake: Intake) -> None:
    body = os.urandom(10)
    other = new_station(intake.database, intake.now, "st-2")
    (wanted,) = intake.offer(new_file(body))
    assert isinstance(wanted, Wanted)
    intake.send(wanted, body)
    with pytest.raises(NotThisStation):
        intake.offer(new_file(body), station=other)
    (answer,) = intake.complete(wanted.clip, station=other)
    assert isinstance(answer, Incomplete)
    assert count(intake.database, Clip) == 0


def test_a_partial_original_is_kept_and_flagged(intake: Intake) -> None:
    done = intake.take(os.urandom(5000), bad=((100, 200),))
    with intake.database.read() as session:
        clip = session.get_one(Clip, done.clip)
        assert not clip.whole
        assert "partial" in clip.flags
        assert session.scalar(select(Incident.kind).where(Incident.clip_id == done.clip)) == "clip-partial"
        assert session.scalar(select(Sighting.end)) == "partial"


def test_closing_counts_what_became_of_the_files(intake: Intake) -> None:
    intake.take(os.urandom(10))
    with intake.database.write() as session:
        for _ in range(2):
            close_docking(
                session,
                actor=intake.station,
                docking=docking_of(session, intake.station, intake.docking),
                files_total=1,
                reason="done",
                message="",
                now=intake.now,
            )
    with intake.database.read() as session:
        closed = session.scalars(
            select(CustodyEntry.record).where(CustodyEntry.action == "docking.closed")
        ).all()
    assert len(closed) == 1
    assert '"received":1' in closed[0]


def test_a_sighting_that_led_to_a_clip_is_not_rewritten(intake: Intake) -> None:
    first = intake.take(os.urandom(100))
    second = intake.take(os.urandom(100))  # the same path, other bytes
    with intake.database.read() as session:
        kept = session.scalars(select(Sighting).order_by(Sighting.seen_at)).all()
    assert {s.clip_id for s in kept} == {first.clip, second.clip}
    assert len({s.sha256 for s in kept}) == 2


def test_what_was_recognised_has_no_digest_of_its_own_and_stands_in_the_log(intake: Intake) -> None:
    body = os.urandom(1000)
    done = intake.take(body)
    again = new_docking(intake.database, intake.station, intake.now)
    f = new_file(body)
    with intake.database.write() as session:
        docking = docking_of(session, intake.station, again)
        mark = Marks(f.path, f.size, f.modified_ns, f.head, f.tail)
        recognise(session, docking, [mark], actor=intake.station, now=intake.now)
    with intake.database.read() as session:
        (seen,) = session.scalars(select(Sighting).where(Sighting.docking_id == again))
        assert (seen.sha256, seen.end) == (None, "held already")
        assert entries_about(session, "clip", done.clip)[-1].action == "docking.recognised"


@pytest.mark.parametrize("name", ['"' * 700, "\n" * 700, "长" * 700, "\\" * 700])
def test_any_name_fits_into_the_objects_metadata(sealer: Sealer, name: str) -> None:
    clip = new_id()
    made = object_metadata(
        sealer, clip=clip, sha256="a" * 64, sm3="b" * 64, station="s" * 64, docking=clip, recorder_serial="设备" * 64,
        modified_ns=-(2**62), opened="2026-11-23T10:00:00.000000Z", shown=name, holder_number="1" * 64,
    )  # fmt: skip
    assert sum(len(k) + len(v) for k, v in made.items()) <= METADATA_LIMIT
    assert name.startswith(sealer.unseal(clip, made["sealed"])["name"])
