"""`reread` is signed for bytes that were read back a second time, after the delay, and for nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from catalog.clearing import MOST_WAITING, ClearedFile, note_cleared, request_rereads, vouched_for
from catalog.custody.log import entries_about
from catalog.ids import new_id
from catalog.incidents import open_incident
from catalog.intake.completion import Completed
from catalog.intake.dockings import docking_of
from catalog.models import Clip, Copy, Incident, Sighting, SignedStatement, Stage
from catalog.reading_back import CopyMissing, DigestMismatch, LockMissing
from catalog.rereading import TooEarly, reread_clip
from catalog.rules.clearing import GOOD_FOR, first_reread, mode_for, wants_reread
from catalog.stages import claim, fail, finish
from catalog.verification import verify_clip
from storage.store import ObjectStore
from tests.catalog.intake_desk import PART, Intake
from tests.catalog.world import add_clip

DAY = timedelta(hours=24)


def read_again(intake: Intake, clip: UUID, at: datetime, store: ObjectStore | None = None) -> None:
    reread_clip(
        intake.database, store or intake.store, intake.signer, clip_id=clip, delay=DAY, clock=lambda: at
    )


def verified(intake: Intake, body: bytes) -> Completed:
    done = intake.take(body)
    verify_clip(intake.database, intake.store, intake.signer, clip_id=done.clip, clock=lambda: intake.now)
    return done


def kinds(intake: Intake, clip: UUID) -> list[str]:
    with intake.database.read() as session:
        found = session.scalars(select(SignedStatement.kind).where(SignedStatement.clip_id == clip))
        return sorted(found)


class Altering(ObjectStore):
    """A storage that lost a bit since."""

    def read(self, key: str, version: str, *, chunk: int = 1 << 22) -> Iterator[bytes]:
        whole = b"".join(super().read(key, version, chunk=chunk))
        yield whole[:-1] + bytes([whole[-1] ^ 1])


def test_not_before_the_delay(intake: Intake) -> None:
    done = verified(intake, os.urandom(PART + 5))
    with pytest.raises(TooEarly):
        read_again(intake, done.clip, intake.now + DAY - timedelta(seconds=1))
    assert kinds(intake, done.clip) == ["received", "verified"]
    read_again(intake, done.clip, intake.now + DAY)
    assert kinds(intake, done.clip) == ["received", "reread", "verified"]
    with intake.database.read() as session:
        statements = vouched_for(session, [done.clip])[done.clip]
        first, second = statements["verified"].body, statements["reread"].body
        assert {name: first[name] for name in ("sha256", "sm3", "size", "clip", "version")} == {
            name: second[name] for name in ("sha256", "sm3", "size", "clip", "version")
        }
        apart = datetime.fromisoformat(second["time"]) - datetime.fromisoformat(first["time"])
        assert apart >= DAY
        actions = [entry.action for entry in entries_about(session, "clip", done.clip)]
    assert actions[-1] == "clip.read-again"


def test_not_before_it_is_verified(intake: Intake) -> None:
    done = intake.take(b"x")
    with pytest.raises(TooEarly):
        read_again(intake, done.clip, intake.now + 9 * DAY)
    assert kinds(intake, done.clip) == ["received"]


def test_other_bytes_are_an_incident_and_no_statement(intake: Intake) -> None:
    done = verified(intake, os.urandom(5000))
    altering = Altering(intake.store.settings, intake.store.bucket)
    with pytest.raises(DigestMismatch):
        read_again(intake, done.clip, intake.now + DAY, altering)
    altering.close()
    assert kinds(intake, done.clip) == ["received", "verified"]
    with intake.database.read() as session:
        assert session.scalars(select(Incident.kind)).all() == ["digest-mismatch"]
    with intake.database.write() as session:
        assert request_rereads(session, [done.clip], DAY, intake.now + 2 * DAY) == []


def test_a_missing_object_and_a_missing_lock_are_incidents_and_no_statement(intake: Intake) -> None:
    gone, unlocked = verified(intake, b"one"), verified(intake, b"two")

    class Lost(ObjectStore):
        def read(self, key: str, version: str, *, chunk: int = 1 << 22) -> Iterator[bytes]:
            raise self.ObjectMissing(key)

    class Unlocked(ObjectStore):
        def facts(self, key: str, version: str):  # type: ignore[no-untyped-def]
            return replace(super().facts(key, version), lock_mode=None, lock_until=None)

    for kind, clip, error in ((Lost, gone.clip, CopyMissing), (Unlocked, unlocked.clip, LockMissing)):
        store = kind(intake.store.settings, intake.store.bucket)
        with pytest.raises(error):
            read_again(intake, clip, intake.now + DAY, store)
        store.close()
        assert kinds(intake, clip) == ["received", "verified"]
    with intake.database.read() as session:
        assert set(session.scalars(select(Incident.kind))) == {"object-missing", "lock-missing"}


def test_what_the_server_no_longer_stands_by_is_not_told(intake: Intake) -> None:
    done = verified(intake, os.urandom(100))
    read_again(intake, done.clip, intake.now + DAY)
    with intake.database.write() as session:
        assert "reread" in vouched_for(session, [done.clip])[done.clip]
        (made,) = [kinds["reread"].created_at for kinds in vouched_for(session, [done.clip]).values()]
        assert "reread" in vouched_for(session, [done.clip], made + GOOD_FOR)[done.clip]
        stale = vouched_for(session, [done.clip], made + GOOD_FOR + timedelta(seconds=1))
        assert "reread" not in stale[done.clip], "nothing is cleared on an old word"
        incident = open_incident(
            session, actor=intake.station, kind="lock-missing", what="w", clip=done.clip, now=intake.now
        )
        assert "reread" not in vouched_for(session, [done.clip])[done.clip]
        incident.resolved_at = intake.now
        session.flush()
        assert "reread" in vouched_for(session, [done.clip])[done.clip]
        copy = session.scalar(select(Copy).where(Copy.clip_id == done.clip))
        assert copy is not None
        copy.mismatched_at = intake.now
        session.flush()
        assert vouched_for(session, [done.clip])[done.clip].keys() == {"received", "verified"}


def test_a_wish_is_taken_up_once_and_not_before_its_time(intake: Intake) -> None:
    done = verified(intake, b"abc")
    later = intake.now + DAY

    def ask(at: datetime) -> list[UUID]:
        with intake.database.write() as session:
            return [due.clip for due in request_rereads(session, [done.clip, uuid4()], DAY, at)]

    assert ask(later - timedelta(seconds=1)) == []
    assert ask(later) == [done.clip]
    assert ask(later) == []  # pending
    with intake.database.write() as session:
        attempt = claim(session, done.clip, "reread", later)
    assert attempt == 1
    assert ask(later) == []  # running
    read_again(intake, done.clip, later)
    with intake.database.write() as session:
        assert finish(session, done.clip, "reread", attempt, later)
    assert ask(later + DAY) == []  # done, and fresh
    assert ask(later + GOOD_FOR + DAY) == [done.clip]
    with intake.database.write() as session:
        again = claim(session, done.clip, "reread", later + GOOD_FOR + DAY)
        assert again is not None
        fail(
            session, done.clip, "reread", again, reason="r", final=True, now=later + GOOD_FOR + DAY
        )  # it is not asked for every ten seconds
    assert ask(later + GOOD_FOR + DAY + timedelta(hours=1)) == []
    assert ask(later + GOOD_FOR + 3 * DAY) == [done.clip]


def test_few_at_once(intake: Intake) -> None:
    with intake.database.write() as session:
        clips = [add_clip_of(session, intake.now, number) for number in range(MOST_WAITING + 5)]
    with intake.database.write() as session:
        first = request_rereads(session, clips, DAY, intake.now + DAY)
        session.flush()
        assert len(first) == MOST_WAITING
        assert request_rereads(session, clips, DAY, intake.now + DAY) == []
        row = session.get_one(Stage, (first[0].clip, "reread"))
        row.state = "done"
        session.flush()
        assert len(request_rereads(session, clips, DAY, intake.now + DAY)) == 1


def add_clip_of(session, now: datetime, number: int) -> UUID:  # type: ignore[no-untyped-def]
    clip = add_clip(session, now, f"{number}.mp4")
    clip.verified_at = now
    return clip.id


@pytest.fixture
def docked(intake: Intake) -> tuple[Completed, ClearedFile]:
    done = verified(intake, b"cleared bytes")
    read_again(intake, done.clip, intake.now + DAY)
    with intake.database.read() as session:
        clip = session.get_one(Clip, done.clip)
        at = intake.now + 2 * DAY
        return done, ClearedFile(b"DCIM/a.mp4", clip.id, clip.sha256, clip.sm3, at, at + timedelta(seconds=1))


def test_what_left_a_recorder_is_kept_once(intake: Intake, docked: tuple[Completed, ClearedFile]) -> None:
    done, file = docked
    for expected in (1, 0):
        with intake.database.write() as session:
            docking = docking_of(session, intake.station, intake.docking)
            news = note_cleared(
                session,
                actor=intake.station,
                docking=docking,
                files=[file],
                confirmed_by="王",
                now=intake.now,
            )
            assert news == expected
    with intake.database.read() as session:
        (sighting,) = session.scalars(select(Sighting).where(Sighting.clip_id == done.clip))
        assert sighting.cleared_at == file.cleared_at
        entries = [e for e in entries_about(session, "clip", done.clip) if e.action == "recorder.cleared"]
        assert len(entries) == 1
        assert "王" not in entries[0].record
        assert session.scalars(select(Incident)).all() == []


@pytest.mark.parametrize("wrong", ["digest", "clip", "statement"])
def test_a_file_nobody_vouched_for_is_an_incident(
    wrong: str, intake: Intake, docked: tuple[Completed, ClearedFile]
) -> None:
    _, file = docked
    if wrong == "digest":
        file = replace(file, sm3="0" * 64)
    elif wrong == "clip":
        file = replace(file, clip=new_id())
    else:
        other = verified(intake, b"only verified")
        with intake.database.read() as session:
            clip = session.get_one(Clip, other.clip)
            file = replace(file, clip=clip.id, sha256=clip.sha256, sm3=clip.sm3)
    with intake.database.write() as session:
        docking = docking_of(session, intake.station, intake.docking)
        note_cleared(
            session, actor=intake.station, docking=docking, files=[file], confirmed_by="", now=intake.now
        )
    with intake.database.read() as session:
        assert session.scalars(select(Incident.kind)).all() == ["cleared-unvouched"]


TIMES = st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2030, 1, 1))  # noqa: DTZ001
DELAYS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=90))


@given(verified_at=TIMES, reread_at=st.none() | TIMES, delay=DELAYS, now=TIMES)
def test_never_before_the_delay_whatever_the_times(
    verified_at: datetime, reread_at: datetime | None, delay: timedelta, now: datetime
) -> None:
    if wants_reread(verified_at=verified_at, reread_at=reread_at, delay=delay, now=now):
        assert now >= first_reread(verified_at, delay) >= verified_at
        assert reread_at is None or now - reread_at > GOOD_FOR
    assert not wants_reread(verified_at=None, reread_at=reread_at, delay=delay, now=now)


def test_a_sealed_card_is_never_cleared() -> None:
    assert [mode_for(mode, sealed=True) for mode in ("never", "confirm", "automatic")] == ["never"] * 3
    assert mode_for("automatic", sealed=False) == "automatic"
