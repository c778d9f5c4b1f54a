"""The acceptance check of a file: from real statements and entries, kept as a record, stale when the file changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text, update

from catalog.archiving.accepting import WHY, CannotAccept, accept_file
from catalog.archiving.checking import (
    CannotCheck,
    CheckView,
    check_relied_on,
    latest_check,
    make_check,
    view_check,
)
from catalog.archiving.home import home_of
from catalog.archiving.index import index_of
from catalog.archiving.rereading import read_file_back, reading_progress
from catalog.case_files.attaching import Wish
from catalog.case_files.life import CannotMove, MoveFacts, move_case
from catalog.models import (
    AcceptanceCheck,
    Analysis,
    Attachment,
    Case,
    CaseMove,
    Clip,
    Copy,
    CustodyEntry,
    Incident,
    SignedStatement,
    Stage,
)
from catalog.receipts import Signer
from tests.catalog.archiving.conftest import NOW, TODAY, Archive, row
from tests.catalog.world import add_clip

LATER = NOW + timedelta(minutes=5)


def check(archive: Archive, case: UUID, *, signer: Signer | None = None) -> AcceptanceCheck:
    archive.places()
    with archive.database.write() as session:
        return make_check(
            session, actor=archive.people["archivist"], case_id=case, signer=signer or archive.signer,
            authorities={}, now=LATER,
        )  # fmt: skip


def seen(archive: Archive, case: UUID) -> CheckView:
    with archive.database.read() as session:
        found = latest_check(session, case)
        assert found is not None
        return view_check(session, found)


def ended(archive: Archive, case: UUID, test: str) -> list[tuple[str, str]]:
    return [(f.result, f.reason) for f in seen(archive, case).findings if f.test == test]


def accept(
    archive: Archive, case: UUID, note: str = "", check_id: UUID | None = None, who: str = "archivist"
) -> None:
    with archive.database.write() as session:
        accept_file(
            session,
            actor=archive.people[who],
            case_id=case,
            check_id=check_id,
            note=note,
            today=TODAY,
            now=LATER,
        )


def analysed(archive: Archive, clip: UUID) -> None:
    with archive.database.write() as session:
        session.add(
            Analysis(
                clip_id=clip, found={}, seconds=61.0, whole=True, tool="t", source_sha256="x", measured_at=NOW
            )
        )


@pytest.fixture
def case(archive: Archive) -> UUID:
    made = archive.case()
    archive.clip(made, "a.mp4")
    archive.clip(made, "b.mp4", step=1, wish=Wish("process", "sub"))
    archive.walk(made)
    return made


def test_what_was_tested_and_what_was_not(archive: Archive, case: UUID) -> None:
    kept = check(archive, case)
    assert kept.outcome == "pass"
    view = seen(archive, case)
    assert view.groups == dict.fromkeys(("authenticity", "integrity", "usability", "security"), "pass")
    assert view.tally("authenticity", "received") == {"pass": 2, "fail": 0, "not-tested": 0}
    assert view.tally("authenticity", "custody") == {"pass": 2, "fail": 0, "not-tested": 0}
    assert view.tally("authenticity", "time-stamp") == {"pass": 0, "fail": 0, "not-tested": 2}
    assert view.tally("usability", "decoded") == {"pass": 0, "fail": 0, "not-tested": 2}
    assert view.tally("security", "malware") == {"pass": 0, "fail": 0, "not-tested": 2}
    assert not view.stale
    with archive.database.read() as session:
        entry = session.scalars(
            select(CustodyEntry).where(CustodyEntry.action == "case.acceptance-checked")
        ).one()
        facts = json.loads(entry.record)["facts"]
    assert (facts["outcome"], facts["content"], facts["check"]) == ("pass", kept.content_sha256, str(kept.id))


def test_a_statement_that_was_tampered_with_fails(archive: Archive, case: UUID) -> None:
    with archive.database.write() as session:
        one, other = session.scalars(select(Clip).order_by(Clip.name))
        statement = session.scalars(
            select(SignedStatement).where(
                SignedStatement.clip_id == one.id, SignedStatement.kind == "received"
            )
        ).one()
        statement.body = {**statement.body, "size": 1}
        # A good signature over other bytes is worth nothing either.
        copied = session.scalars(
            select(SignedStatement).where(
                SignedStatement.clip_id == one.id, SignedStatement.kind == "verified"
            )
        ).one()
        mine = session.scalars(
            select(SignedStatement).where(
                SignedStatement.clip_id == other.id, SignedStatement.kind == "verified"
            )
        ).one()
        mine.body, mine.signature = copied.body, copied.signature
    assert check(archive, case).outcome == "fail"
    assert sorted(ended(archive, case, "received")) == [("fail", "signature-bad"), ("pass", "signature-good")]
    assert sorted(ended(archive, case, "verified")) == [
        ("fail", "signed-otherwise"),
        ("pass", "signature-good"),
    ]


def test_a_key_we_do_not_hold_proves_nothing(archive: Archive, case: UUID) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    check(archive, case, signer=Signer(Ed25519PrivateKey.generate()))
    assert ended(archive, case, "received") == [("not-tested", "key-unknown")] * 2


def test_each_fact_is_looked_at(archive: Archive, case: UUID) -> None:
    with archive.database.write() as session:
        one, other = session.scalars(select(Clip).order_by(Clip.name))
        session.add(Incident(kind="digest-mismatch", what="x", clip_id=one.id, details={}, opened_at=NOW))
        one.copies[0].mismatched_at = NOW
        other.copies[0].lock_until = NOW
        other.flags = ["truncated"]
        other.hold_desired = True
        session.query(Attachment).filter(Attachment.clip_id == other.id).one().detached_at = NOW
    analysed(archive, one.id)
    assert check(archive, case).outcome == "fail"
    assert ended(archive, case, "digest") == [("pass", "digest-agrees"), ("fail", "digest-differs")]
    assert ended(archive, case, "incidents") == [("pass", "no-incident"), ("fail", "incident-open")]
    assert ended(archive, case, "lock") == [("fail", "not-locked"), ("pass", "locked")]
    assert ended(archive, case, "decoded") == [("fail", "damaged"), ("pass", "decoded-whole")]
    assert ended(archive, case, "hold") == [("fail", "hold-missing"), ("pass", "no-hold-asked")]
    assert ended(archive, case, "detached") == [("fail", "detached-waiting")]


def test_an_entry_past_the_log_shows(archive: Archive, case: UUID) -> None:
    if archive.database.engine.dialect.name != "sqlite":
        pytest.skip("dropping a trigger by hand is shown once")
    with archive.database.write() as session:
        # Somebody with the database file in his hands.
        names = session.scalars(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'custody_entries'")
        ).all()
        for name in names:
            session.execute(text(f'DROP TRIGGER "{name}"'))
        entry = session.scalars(select(CustodyEntry).where(CustodyEntry.action == "clip.received")).first()
        assert entry is not None
        session.execute(
            update(CustodyEntry)
            .where(CustodyEntry.id == entry.id)
            .values(record=entry.record.replace("2026", "2025"))
        )
    assert check(archive, case).outcome == "fail"
    assert sorted(ended(archive, case, "custody")) == [("fail", "entries-changed"), ("pass", "entries-good")]


def test_it_is_stale_when_the_file_changes(archive: Archive, case: UUID) -> None:
    check(archive, case)
    with archive.database.write() as session:
        one = session.scalars(select(Attachment)).first()
        assert one is not None
        one.proves = "something else"
    assert seen(archive, case).stale
    with pytest.raises(CannotAccept) as caught:
        accept(archive, case)
    assert caught.value.why == "check-stale"
    check(archive, case)
    assert not seen(archive, case).stale
    accept(archive, case)


def test_accepting_asks_for_a_check_of_what_is_there(archive: Archive, case: UUID) -> None:
    found = set()

    def refused(why: str, **more: object) -> None:
        with pytest.raises(CannotAccept) as caught:
            accept(archive, case, **more)  # type: ignore[arg-type]
        assert caught.value.why == why
        found.add(why)
        assert row(archive.database, case).state == "handed-over"

    refused("check-missing")
    with archive.database.write() as session:
        session.execute(update(Copy).values(mismatched_at=NOW))
    first = check(archive, case)
    assert first.outcome == "fail"
    refused("check-failed-note", note=" \x00 ")
    second = check(archive, case)
    refused("check-newer", check_id=first.id, note="x")
    with archive.database.write() as session:
        session.execute(update(Attachment).values(volume="sub"))
    refused("check-stale", check_id=second.id, note="x")
    assert found == set(WHY)
    third = check(archive, case)
    accept(archive, case, note="卡片损坏，原样接收", check_id=third.id)
    with archive.database.read() as session:
        kept = session.get_one(AcceptanceCheck, third.id)
        move = session.get_one(CaseMove, kept.relied_on_by)
        assert (move.move, move.note) == ("accept", "卡片损坏，原样接收")
        assert session.get_one(Case, case).accepted_at == LATER
        assert session.scalars(
            select(CustodyEntry).where(CustodyEntry.action == "case.accepted-on-check")
        ).one()


def test_the_bare_move_does_not_pass_a_failed_check_over(archive: Archive, case: UUID) -> None:
    with archive.database.write() as session:
        session.execute(update(Copy).values(mismatched_at=NOW))
    check(archive, case)

    def move(note: str) -> None:
        with archive.database.write() as session:
            move_case(
                session, actor=archive.people["archivist"], case_id=case, move="accept",
                facts=MoveFacts(note=note), today=TODAY, now=LATER,
            )  # fmt: skip

    with pytest.raises(CannotMove) as caught:
        move(" ")
    assert caught.value.why == "check-failed-note"
    assert row(archive.database, case).accepted_at is None
    move("as it is")
    assert row(archive.database, case).state == "accepted"


def test_who_may_not_accept_accepts_nothing(archive: Archive, case: UUID) -> None:
    check(archive, case)
    for who in ("handler", "legal", "office-head", "leader", "section-head"):
        with pytest.raises(CannotMove):
            accept(archive, case, who=who)
    assert row(archive.database, case).state == "handed-over"
    with archive.database.read() as session:
        assert session.scalars(select(AcceptanceCheck.relied_on_by)).one() is None


def test_a_file_that_was_not_reviewed_is_not_checked(archive: Archive) -> None:
    early = archive.case()
    with pytest.raises(CannotCheck) as caught:
        check(archive, early)
    assert caught.value.why == "not-to-be-checked"
    with pytest.raises(CannotCheck) as caught:
        check(archive, archive.officer)
    assert caught.value.why == "unknown-file"


def test_what_was_sealed_leaves_no_trace(archive: Archive, case: UUID) -> None:
    check(archive, case)
    with archive.database.write() as session:
        hidden = session.scalars(select(Clip).where(Clip.name == "b.mp4")).one()
        hidden.restricted, hidden.flags = True, ["truncated"]
    view = seen(archive, case)
    assert [c.attachment.clip.name for c in view.clips] == ["a.mp4"]
    assert view.tally("security", "lock")["pass"] == 1
    again = check(archive, case)
    assert again.outcome == "pass"  # what is sealed is nobody's to check here
    assert str(hidden.id) not in json.dumps(again.results)
    with archive.database.read() as session:
        assert home_of(session, archive.people["archivist"]).to_accept[0].clips == 1


def test_reading_a_file_back_and_its_progress(archive: Archive, case: UUID) -> None:
    who = archive.people["archivist"]
    with archive.database.write() as session:
        reading, due = read_file_back(session, actor=who, case_id=case, now=LATER)
        assert {d.stage for d in due} == {"verify"}
        assert (len(due), reading.clips) == (2, 2)
    with archive.database.read() as session:
        progress = reading_progress(session, case)
        assert progress is not None
        assert (progress.done, progress.failed, progress.all, progress.over) == (0, 0, 2, False)
        assert set(session.scalars(select(Stage.state).where(Stage.stage == "verify"))) == {"pending"}
    with archive.database.write() as session:  # asking again while it runs changes nothing
        assert read_file_back(session, actor=who, case_id=case, now=LATER + timedelta(seconds=1))[1] == []
        one, other = session.scalars(select(Clip).order_by(Clip.name))
        one.copies[0].verified_at = LATER + timedelta(seconds=5)
        session.get_one(Stage, (one.id, "verify")).state = "done"
        failed = session.get_one(Stage, (other.id, "verify"))
        failed.state, failed.updated_at = "failed", LATER + timedelta(seconds=5)
    with archive.database.read() as session:
        progress = reading_progress(session, case)
        assert progress is not None
        assert (progress.done, progress.failed, progress.over) == (1, 1, True)
    check(archive, case)
    assert sorted(ended(archive, case, "read-anew")) == [("not-tested", "read-before"), ("pass", "read-now")]
    with archive.database.write() as session:  # it is over, so it may be asked for once more
        assert len(read_file_back(session, actor=who, case_id=case, now=LATER + timedelta(hours=1))[1]) == 2


def test_what_came_into_the_file_later_is_not_waited_for(archive: Archive, case: UUID) -> None:
    who = archive.people["archivist"]
    with archive.database.write() as session:
        read_file_back(session, actor=who, case_id=case, now=LATER)
        for clip in session.scalars(select(Clip)):
            clip.copies[0].verified_at = LATER + timedelta(seconds=5)
            session.get_one(Stage, (clip.id, "verify")).state = "done"
        # Read when it came in, long before, and never for this file.
        old = add_clip(session, NOW, "old.mp4")
        stage = session.get_one(Stage, (old.id, "verify"))
        stage.state, stage.updated_at = "done", NOW
        step = session.scalars(select(Attachment.step_id)).first()
        session.add(Attachment(clip_id=old.id, step_id=step, role="process", volume="sub", attached_at=NOW))
    with archive.database.read() as session:
        progress = reading_progress(session, case)
        assert progress is not None
        assert (progress.done, progress.failed, progress.all, progress.over) == (2, 0, 2, True)
    check(archive, case)
    assert min(ended(archive, case, "read-anew")) == ("not-tested", "read-before")
    with archive.database.write() as session:
        due = read_file_back(session, actor=who, case_id=case, now=LATER + timedelta(hours=1))[1]
    assert len(due) == 3


def test_what_was_destroyed_is_neither_read_nor_tested(archive: Archive, case: UUID) -> None:
    with archive.database.write() as session:
        gone = session.scalars(select(Clip).where(Clip.name == "b.mp4")).one()
        gone.destroyed_at = NOW
        session.delete(gone.copies[0])
    with archive.database.write() as session:
        due = read_file_back(session, actor=archive.people["archivist"], case_id=case, now=LATER)[1]
        assert gone.id not in {one.clip for one in due}
    assert len(due) == 1
    assert check(archive, case).outcome == "pass"
    assert [c.attachment.clip.name for c in seen(archive, case).clips] == ["a.mp4"]
    with archive.database.read() as session:
        index = index_of(session, case)
    assert index is not None
    assert len(index.lines) == 2  # it stays in the index, which says so


def test_what_a_file_was_accepted_on_stays(archive: Archive, case: UUID) -> None:
    first = check(archive, case)
    accept(archive, case)
    with archive.database.write() as session:
        session.execute(update(Copy).values(mismatched_at=NOW))
    assert check(archive, case).outcome == "fail"
    with archive.database.read() as session:
        relied = check_relied_on(session, case)
        assert relied is not None
        assert (relied.id, relied.outcome) == (first.id, "pass")
        session.execute(update(CaseMove).values(move="x"))
        assert check_relied_on(session, case) is None


@pytest.mark.parametrize("clips", [10, 500])
def test_a_large_file_is_checked_in_few_statements(
    archive: Archive, queries: Callable[[], int], clips: int
) -> None:
    case = archive.case()
    for n in range(clips):
        archive.clip(case, f"{n}.mp4", step=n % 3)
    archive.walk(case)
    archive.places()
    queries()
    check(archive, case)
    made = queries()
    seen(archive, case)
    looked = queries()
    with archive.database.read() as session:
        index = index_of(session, case)
    printed = queries()
    assert index is not None
    assert len(index.lines) == clips
    print(f"{clips} recordings: {made} statements to check, {looked} to look, {printed} to print")
    assert made <= 40, made
    assert looked <= 16, looked
    assert printed <= 16, printed


def test_today_is_the_bureaus(archive: Archive, case: UUID) -> None:
    assert date(2026, 11, 23) == TODAY
    with archive.database.read() as session:
        home = home_of(session, archive.people["archivist"])
    assert [w.case.id for w in home.to_accept] == [case]
    assert (home.to_archive, home.corrections) == ([], [])
    assert (home.counts["handed-over"], home.counts["reviewed"], home.counts["returned"]) == (1, 0, 0)
    check(archive, case)
    with archive.database.read() as session:
        (waiting,) = home_of(session, archive.people["archivist"]).to_accept
    assert (waiting.check is not None, waiting.stale) == (True, False)


def test_what_one_handed_over_is_not_to_be_picked(archive: Archive, case: UUID) -> None:
    check(archive, case)
    archivist = archive.people["archivist"]
    with archive.database.write() as session:
        assert [w.ready for w in home_of(session, archivist).to_accept] == [True]
        session.execute(update(CaseMove).where(CaseMove.move == "hand-over").values(by_id=archivist.id))
    with archive.database.read() as session:
        assert [w.ready for w in home_of(session, archivist).to_accept] == [False]
        assert [w.ready for w in home_of(session, archive.people["legal"]).to_accept] == [True]
