"""Time stamps: verified clips are gathered, stamped and kept, whatever fails on the way. OpenSSL judges what came out."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from catalog import stages
from catalog.custody.log import entries_about
from catalog.models import (
    Clip,
    Copy,
    CustodyEntry,
    Incident,
    Stage,
    TimestampBatch,
    TimestampLeaf,
    TimestampToken,
)
from catalog.rules.intake_lock import lock_at_receipt
from catalog.timestamps import asking, keeping
from catalog.timestamps.locks import renew_timestamp_locks
from catalog.timestamps.proving import leaves_of, proof_for
from tests.catalog.intake_desk import intake, store
from tests.catalog.stamp_desk import Away, StampDesk, away, desk
from tests.services.tsa import judged, make_tsa

__all__ = ["desk", "intake", "store"]


def incidents(desk: StampDesk) -> list[str]:
    with desk.database.read() as session:
        return list(session.scalars(select(Incident.kind).order_by(Incident.kind)))


def stamped_entries(desk: StampDesk) -> int:
    with desk.database.read() as session:
        return (
            session.scalar(
                select(func.count())
                .select_from(CustodyEntry)
                .where(CustodyEntry.action == "clip.timestamped")
            )
            or 0
        )


def judge(desk: StampDesk, batch: TimestampBatch, token: TimestampToken) -> bool:
    """Ask OpenSSL about a token as it lies in storage, over the statement as it lies there."""
    token_file, statement = desk.folder / "judged.tsr", desk.folder / "judged.json"
    for path, place in ((token_file, token.objects["response"]), (statement, batch.objects["statement"])):
        path.write_bytes(b"".join(desk.store.read(place["key"], place["version"])))
    roots = desk.authorities[token.authority].settings.roots_file
    return judged(roots, token_file, data=statement)


def test_a_verified_clip_is_stamped_and_one_request_serves_many(desk: StampDesk) -> None:
    way = desk.authority()
    clips = [desk.take() for _ in range(5)]
    unverified = desk.take(verify=False)
    assert desk.stage(clips[0]).state == "pending"
    assert desk.round() == 1
    assert len(way.asked) == 1
    (batch,), (token,) = desk.batches(), desk.tokens()
    assert (batch.size, token.state, token.self_signed) == (5, "kept", False)
    assert judge(desk, batch, token)
    with desk.database.read() as session:
        leaves = leaves_of(session, batch.id)
        for clip in clips:
            proof = proof_for(session.get_one(Clip, clip), batch, leaves)
            assert proof.holds
            assert len(proof.path) <= 3
            assert [e.action for e in entries_about(session, "clip", clip)][-1] == "clip.timestamped"
        assert session.get(Stage, (unverified, "timestamp")) is None
    assert {desk.stage(clip).state for clip in clips} == {"done"}
    audit = desk.audit()
    assert (audit.proven, audit.tokens, audit.findings) == (5, 1, [])


def test_doing_it_again_changes_nothing(desk: StampDesk) -> None:
    way = desk.authority()
    clip = desk.take()
    desk.round()
    for _ in range(2):
        assert desk.round() == 0
    with desk.database.write() as session:
        assert stages.request_again(session, clip, "timestamp", desk.now) is not None
    desk.round()
    assert desk.stage(clip).state == "done"
    assert (len(way.asked), len(desk.batches()), stamped_entries(desk)) == (1, 1, 1)


def test_asked_again_with_a_damaged_token_makes_a_new_one(desk: StampDesk) -> None:
    way = desk.authority()
    clip = desk.take()
    desk.round()
    with desk.database.write() as session:
        token = session.scalars(select(TimestampToken)).one()
        assert token.response is not None
        token.response = token.response[:-1] + bytes([token.response[-1] ^ 1])
    assert [f.trouble for f in desk.audit().findings] == ["damaged"]
    with desk.database.write() as session:
        stages.request_again(session, clip, "timestamp", desk.now)
    desk.round()
    assert (len(way.asked), len(desk.batches())) == (2, 2)
    audit = desk.audit()
    assert (audit.findings, audit.made_good, audit.proven) == ([], 1, 1)


def test_a_batch_waits_for_company_but_not_for_ever(desk: StampDesk) -> None:
    desk.authority()
    desk.take()
    assert desk.gather(timedelta(seconds=120)) == []
    desk.now += timedelta(seconds=119)
    desk.take()
    assert desk.gather(timedelta(seconds=120)) == []
    desk.now += timedelta(seconds=1)
    (batch,) = desk.gather(timedelta(seconds=120))
    assert desk.batches()[0].id == batch
    assert desk.batches()[0].size == 2


def test_a_full_batch_does_not_wait(desk: StampDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.authority()
    monkeypatch.setattr("catalog.timestamps.gathering.MOST", 2)
    for _ in range(5):
        desk.take()
    assert len(desk.gather(timedelta(hours=1))) == 2
    assert [b.size for b in desk.batches()] == [2, 2]


def test_the_sweeper_sends_no_time_stamp_to_a_queue(desk: StampDesk) -> None:
    clip = desk.take()
    with desk.database.write() as session:
        due = stages.sweep(session, desk.now + timedelta(days=1))
    assert "timestamp" not in {d.stage for d in due}
    assert desk.stage(clip).state == "pending"
    assert set(stages.STAGES) == {*stages.QUEUES, *stages.BATCHED}


def test_an_authority_that_is_away_is_asked_again_and_shown(desk: StampDesk) -> None:
    way = desk.authority()
    real, way.answers = way.answers, away
    clip = desk.take()
    desk.round()
    stage = desk.stage(clip)
    assert (stage.state, stage.attempts) == ("pending", 1)
    assert stage.error == "time-stamping authority first: it could not be reached"
    later = desk.take()
    desk.round()  # within the pause nobody is asked
    assert len(way.asked) == 1
    waits = []
    for _ in range(12):
        before = desk.now
        while desk.round() == 0 and len(way.asked) == len(waits) + 1:
            desk.now += timedelta(seconds=30)
        waits.append((desk.now - before).total_seconds())
    assert waits[:4] == [30, 60, 120, 240]
    assert max(waits) == 600
    assert "could not be reached" in desk.stage(later).error
    assert incidents(desk) == ["timestamp-late"]
    way.answers = real
    desk.now += timedelta(minutes=10)
    assert desk.round() == 2
    assert {desk.stage(c).state for c in (clip, later)} == {"done"}
    assert desk.stage(clip).error == ""
    assert desk.audit().findings == []


def _flipped(query: bytes, at: int) -> bytes:
    return query[:at] + bytes([query[at] ^ 1]) + query[at + 1 :]


@pytest.mark.parametrize(
    ("twist", "trouble"),
    [
        (lambda _real, _query: b"<html>busy</html>", "garbage"),
        (lambda real, query: real(query)[:-40], "garbage"),
        (lambda real, query: real(_flipped(query, query.index(b"\x04\x20") + 9)), "wrong-digest"),
        (lambda real, query: real(_flipped(query, len(query) - 9)), "wrong-nonce"),
        (lambda real, query: real(query)[:-9] + bytes(9), "damaged"),
    ],
    ids=["html", "cut", "other-imprint", "other-request", "bad-signature"],
)
def test_an_answer_that_is_no_good_token_is_never_kept(
    desk: StampDesk, twist: Callable[[Callable[[bytes], bytes], bytes], bytes], trouble: str
) -> None:
    way = desk.authority()
    real, way.answers = way.answers, lambda query: twist(real, query)
    clip = desk.take()
    desk.round()
    (token,) = desk.tokens()
    assert (token.state, token.response) == ("pending", None)
    assert "first" in desk.stage(clip).error
    with desk.database.read() as session:
        incident = session.scalars(select(Incident)).one()
    assert incident.kind == "timestamp-refused"
    assert incident.details["trouble"] == trouble
    desk.now += timedelta(minutes=1)
    desk.round()
    assert incidents(desk) == ["timestamp-refused"]  # the same one
    way.answers = real
    desk.now += timedelta(minutes=2)
    assert desk.round() == 1


def test_an_old_answer_played_back_is_refused(desk: StampDesk) -> None:
    way = desk.authority()
    real = way.answers
    replies: list[bytes] = []

    def recording(query: bytes) -> bytes:
        replies.append(real(query))
        raise Away("cut off")

    way.answers = recording
    desk.take()
    desk.round()
    way.answers = lambda _query: replies[0]
    desk.now += timedelta(minutes=1)
    desk.round()
    with desk.database.read() as session:
        assert session.scalars(select(Incident)).one().details["trouble"] == "wrong-nonce"


def test_an_expired_and_an_unknown_authority_are_named(desk: StampDesk, tmp_path: Path) -> None:
    desk.authority("over", make_tsa(tmp_path / "over", days=-1))
    stranger = desk.authority("stranger")
    stranger.answers = make_tsa(tmp_path / "somebody-else").reply
    desk.take()
    desk.round()
    with desk.database.read() as session:
        found = {i.details["authority"]: i.details["trouble"] for i in session.scalars(select(Incident))}
    assert found == {"over": "expired", "stranger": "unknown-authority"}


def test_two_authorities_of_which_one_is_down(desk: StampDesk) -> None:
    desk.authority("first")
    second = desk.authority("second")
    real, second.answers = second.answers, away
    clip = desk.take()
    assert desk.round() == 0
    assert [(t.authority, t.state) for t in desk.tokens()] == [("first", "kept"), ("second", "pending")]
    assert desk.stage(clip).state == "pending"
    assert "second" in desk.stage(clip).error
    second.answers = real
    desk.now += timedelta(minutes=1)
    assert desk.round() == 1
    (batch,) = desk.batches()
    assert all(judge(desk, batch, token) for token in desk.tokens())
    assert desk.audit().tokens == 2


def test_an_authority_taken_from_the_settings_holds_nobody_up(desk: StampDesk) -> None:
    gone = desk.authority("gone")
    gone.answers = away
    clip = desk.take()
    desk.round()
    desk.doors.clear()
    desk.authority("new")
    desk.now += timedelta(minutes=1)
    assert desk.round() == 1
    assert [(t.authority, t.state) for t in desk.tokens()] == [("gone", "withdrawn"), ("new", "kept")]
    assert desk.stage(clip).state == "done"
    audit = desk.audit()
    assert (audit.findings, audit.proven) == ([], 1)


def test_the_same_policy_that_was_asked_for(desk: StampDesk) -> None:
    way = desk.authority(policy="1.3.6.1.4.1.99999.1")
    assert desk.take()
    assert desk.round() == 1
    assert desk.tokens()[0].facts["policy"] == "1.3.6.1.4.1.99999.1"
    assert len(way.asked) == 1


def test_how_far_the_clocks_differ_is_put_down_and_not_judged(desk: StampDesk) -> None:
    desk.now -= timedelta(hours=2)
    desk.authority()
    desk.take()
    assert desk.round() == 1
    differs = desk.tokens()[0].facts["clock_differs_seconds"]
    assert 7100 < differs < 7300


# Dying, and two at once


class Died(BaseException):
    """As kill -9 does: nothing after this runs."""


def test_a_worker_that_dies_between_any_two_steps_leaves_nothing_half_done(
    desk: StampDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dies before each commit and after each one, in turn, until a round lives to its end; then all is as if nothing was."""
    desk.authority()
    clips = [desk.take() for _ in range(3)]
    monkeypatch.setattr(keeping, "AT_ONCE", 1)
    real = type(desk.database).write
    steps = deaths = 0
    while not all(desk.stage(c).state == "done" for c in clips) or not desk.batches()[0].finished_at:
        for when in ("before", "after"):
            left = steps

            @contextmanager
            def dying(self, when=when):  # type: ignore[no-untyped-def]
                nonlocal left
                left -= 1
                with real(self) as session:
                    yield session
                    if left < 0 and when == "before":
                        raise Died
                if left < 0:
                    raise Died

            with monkeypatch.context() as patch:
                patch.setattr(type(desk.database), "write", dying)
                try:
                    desk.round()
                except Died:
                    deaths += 1
            desk.now += timedelta(minutes=2)  # a lease runs out
        steps += 1
        assert steps < 40
    assert deaths > 10
    assert stamped_entries(desk) == 3
    (batch,), (token,) = desk.batches(), desk.tokens()
    assert judge(desk, batch, token)
    with desk.database.read() as session:
        assert session.scalar(select(func.count()).select_from(TimestampLeaf)) == 3
    assert desk.audit().findings == []


def test_a_restored_backup_that_did_not_know_the_answer_asks_again(desk: StampDesk) -> None:
    """The answer it did not know lies under lock for years; another cannot be written over it."""
    desk.authority()
    desk.authority("second")
    clip = desk.take()
    assert desk.round() == 1
    with desk.database.write() as session:
        for token in session.scalars(select(TimestampToken)):
            token.state, token.request, token.response, token.chain = "pending", None, None, None
            token.nonce, token.gen_time, token.kept_at, token.lock_desired = None, None, None, None
            token.objects, token.facts, token.due_at, token.lease_until = {}, {}, desk.now, None
        for batch in session.scalars(select(TimestampBatch)):
            batch.finished_at, batch.objects, batch.lock_desired = None, {}, None
        session.get_one(Stage, (clip, "timestamp")).state = "pending"
    assert desk.round() == 1
    assert desk.stage(clip).state == "done"
    assert [token.state for token in desk.tokens()] == ["kept", "kept"]
    assert desk.audit().findings == []


def test_two_workers_at_once_stamp_nothing_twice(desk: StampDesk) -> None:
    way = desk.authority()
    real = way.answers
    together = threading.Barrier(2, timeout=20)

    def slow(query: bytes) -> bytes:
        threading.Event().wait(0.05)
        return real(query)

    way.answers = slow
    clips = [desk.take() for _ in range(8)]
    troubles: list[BaseException] = []

    def work() -> None:
        try:
            together.wait()
            for _ in range(3):
                desk.round()
        except BaseException as error:
            troubles.append(error)
            raise

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    desk.round()
    assert troubles == []
    assert (len(desk.batches()), len(way.asked), stamped_entries(desk)) == (1, 1, 8)
    assert {desk.stage(c).state for c in clips} == {"done"}


def test_an_answer_that_comes_after_another_worker_took_over_is_dropped(desk: StampDesk) -> None:
    way = desk.authority()
    real = way.answers
    desk.take()
    desk.gather()

    def late(query: bytes) -> bytes:
        way.answers = real
        desk.now += asking.LEASE * 2
        assert desk.ask() == 1  # somebody else meanwhile
        return real(query)

    way.answers = late
    assert desk.ask() == 0
    assert len(way.asked) == 2
    (token,) = desk.tokens()
    assert token.request == way.asked[1]
    assert desk.keep() == 1
    assert desk.audit().findings == []


def test_a_storage_that_is_away_is_said_and_nothing_is_asked_twice(
    desk: StampDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    way = desk.authority()
    clip = desk.take()

    def unreachable(*_args: object, **_kwargs: object) -> str:
        raise desk.store.StorageError("no connection")

    with monkeypatch.context() as patch:
        patch.setattr(desk.store, "put_locked", unreachable)
        assert desk.round() == 0
    assert desk.tokens()[0].state == "answered"
    assert desk.stage(clip).error == "the time stamp could not be put under lock: no connection"
    assert desk.round() == 1
    assert len(way.asked) == 1


# Locks


def test_stamps_are_locked_as_long_as_their_clips_and_prolonged_with_them(desk: StampDesk) -> None:
    desk.authority()
    clip = desk.take()
    with desk.database.write() as session:
        copy = session.scalars(select(Copy).where(Copy.clip_id == clip)).one()
        far = copy.lock_until + timedelta(days=400)
        desk.store.extend_lock(copy.key, copy.version, far)
        copy.lock_until = far
    desk.round()

    def locks() -> set[object]:
        (batch,), (token,) = desk.batches(), desk.tokens()
        places = [*batch.objects.values(), *token.objects.values()]
        assert len(places) == 5
        return {desk.store.facts(p["key"], p["version"]).lock_until for p in places}

    assert locks() == {far}
    assert renew_timestamp_locks(desk.database, desk.store, desk.now) == 0
    with desk.database.write() as session:
        farther = far + timedelta(days=100)
        session.execute(update(Copy).values(lock_until=farther))
    assert renew_timestamp_locks(desk.database, desk.store, desk.now) == 1
    assert locks() == {farther}
    later = farther - timedelta(days=59)
    assert renew_timestamp_locks(desk.database, desk.store, later) == 1
    assert locks() == {lock_at_receipt(later)}
    assert renew_timestamp_locks(desk.database, desk.store, later) == 0


# The audit


def _spoil_response(desk: StampDesk, _clip: UUID) -> None:
    with desk.database.write() as session:
        token = session.scalars(select(TimestampToken)).one()
        assert token.response is not None
        token.response = token.response[:-3] + bytes(3)


def _spoil_digest(desk: StampDesk, clip: UUID) -> None:
    with desk.database.write() as session:
        session.get_one(Clip, clip).sm3 = "0" * 64


def _spoil_leaf(desk: StampDesk, clip: UUID) -> None:
    with desk.database.write() as session:
        session.execute(update(TimestampLeaf).where(TimestampLeaf.clip_id == clip).values(leaf="0" * 64))


def _spoil_root(desk: StampDesk, _clip: UUID) -> None:
    with desk.database.write() as session:
        session.execute(update(TimestampBatch).values(root="0" * 64))


def _spoil_version(desk: StampDesk, _clip: UUID) -> None:
    with desk.database.write() as session:
        token = session.scalars(select(TimestampToken)).one()
        token.objects = {**token.objects, "response": {**token.objects["response"], "version": "0" * 32}}


def _spoil_chain(desk: StampDesk, _clip: UUID) -> None:
    with desk.database.write() as session:
        session.execute(update(TimestampToken).values(chain="other"))


def _spoil_time(desk: StampDesk, _clip: UUID) -> None:
    with desk.database.write() as session:
        session.execute(update(TimestampToken).values(gen_time=desk.now - timedelta(days=400)))


def _forget_authority(desk: StampDesk, _clip: UUID) -> None:
    desk.doors.clear()


def _other_root(desk: StampDesk, _clip: UUID) -> None:
    (door,) = desk.doors
    door.authority.__dict__.pop("roots", None)
    door.authority.settings.roots_file.write_bytes(make_tsa(desk.folder / "another").root.read_bytes())


@pytest.mark.parametrize(
    ("spoil", "named", "everybody"),
    [
        (_spoil_response, {"damaged", "garbage"}, True),
        (_spoil_digest, {"record-differs"}, False),
        (_spoil_leaf, {"record-differs", "tree-differs"}, True),
        (_spoil_root, {"tree-differs", "wrong-digest"}, True),
        (_spoil_version, {"not-in-storage"}, True),
        (_spoil_chain, {"storage-differs"}, True),
        (_spoil_time, {"record-differs"}, True),
        (_forget_authority, {"unknown-authority"}, True),
        (_other_root, {"unknown-authority"}, True),
    ],
    ids=["token", "digest", "leaf", "root", "gone", "chain", "time", "authority", "other-root"],
)
def test_the_audit_names_what_is_wrong_clip_by_clip(
    desk: StampDesk, spoil: Callable[[StampDesk, UUID], None], named: set[str], everybody: bool
) -> None:
    desk.authority()
    clip, other = desk.take(), desk.take()
    desk.round()
    spoil(desk, clip)
    for _ in range(2):
        audit = desk.audit()
    assert {f.trouble for f in audit.findings} <= named
    assert audit.findings
    assert {f.clip for f in audit.findings} == ({clip, other} if everybody else {clip})
    assert audit.proven == (0 if everybody else 1)
    assert set(incidents(desk)) == {"timestamp-unproven"}


def test_the_audit_finds_clips_without_a_stamp_once_they_are_late(desk: StampDesk) -> None:
    desk.authority().answers = away
    waiting, unverified = desk.take(), desk.take(verify=False)
    desk.round()
    with desk.database.write() as session:
        session.execute(update(Clip).values(received_at=desk.now))
    assert desk.audit().findings == []
    desk.now += timedelta(minutes=31)
    found = {f.clip: f.what for f in desk.audit().findings}
    assert set(found) == {waiting, unverified}
    assert "could not be reached" in found[waiting]
    assert "not read back" in found[unverified]


def test_the_audit_says_when_the_storage_cannot_be_asked(
    desk: StampDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.authority()
    desk.take()
    desk.round()

    def unreachable(*_args: object) -> None:
        raise desk.store.StorageError("no connection")

    monkeypatch.setattr(desk.store, "facts", unreachable)
    with pytest.raises(desk.store.StorageError):
        desk.audit()
    assert incidents(desk) == []
