"""The acceptance check on originals that really lie in storage, were really read back and time-stamped."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import update

from catalog.actors import system
from catalog.archiving.checking import make_check
from catalog.archiving.rereading import read_file_back, reading_progress
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import add_step, create_case
from catalog.custody.sequencer import place_entries
from catalog.models import AcceptanceCheck, Case, Clip, TimestampToken
from tests.catalog.stamp_desk import StampDesk, desk

__all__ = ["desk"]


def file_with(desk: StampDesk, *clips: UUID) -> UUID:
    with desk.database.write() as session:
        case = create_case(
            session, actor=system("test"), title="x", case_type="penalty-general", number=None, party="", unit=None,
            handler=None, second_handler=None, now=desk.now,
        )  # fmt: skip
        step = add_step(
            session, actor=system("test"), case=case, stage="investigation", activity="investigation", title="x",
            now=desk.now,
        )  # fmt: skip
        for clip in clips:
            attach(
                session, actor=system("test"), clip_id=clip, step_id=step.id, wish=Wish("process", "main"),
                now=desk.now,
            )  # fmt: skip
        case.state = "handed-over"
        place_entries(session)
        return case.id


def check(desk: StampDesk, case: UUID) -> AcceptanceCheck:
    with desk.database.write() as session:
        place_entries(session)
        return make_check(
            session, actor=system("test"), case_id=case, signer=desk.intake.signer, authorities=desk.authorities,
            now=desk.now,
        )  # fmt: skip


def ended(made: AcceptanceCheck, test: str) -> list[tuple[str, str]]:
    return sorted(
        (f["result"], f["reason"])
        for found in made.results["clips"].values()
        for f in found
        if f["test"] == test
    )


def test_real_statements_stamps_and_locks(desk: StampDesk) -> None:
    desk.authority()
    one, other = desk.take(), desk.take()
    desk.round()
    late = desk.take()
    unread = desk.take(verify=False)
    case = file_with(desk, one, other, late, unread)
    made = check(desk, case)
    good = ("pass", "stamp-good")
    assert ended(made, "time-stamp") == [("fail", "stamp-missing"), ("fail", "stamp-missing"), good, good]
    assert ended(made, "received") == [("pass", "signature-good")] * 4
    assert ended(made, "verified") == [("fail", "statement-missing")] + [("pass", "signature-good")] * 3
    assert ended(made, "digest") == [("fail", "never-read")] + [("pass", "digest-agrees")] * 3
    assert ended(made, "lock") == [("pass", "locked")] * 4
    assert ended(made, "lock-date") == [("pass", "date-covers")] * 4
    assert ended(made, "custody") == [("fail", "entries-missing")] + [("pass", "entries-good")] * 3


def test_a_stamp_of_our_own_says_so_and_a_spoiled_one_fails(desk: StampDesk) -> None:
    desk.authority("own", url="local")
    one = desk.take()
    desk.round()
    case = file_with(desk, one)
    assert ended(check(desk, case), "time-stamp") == [("pass", "stamp-self-signed")]
    with desk.database.write() as session:  # the clip is another than the one that was stamped
        session.execute(
            update(Clip).where(Clip.id == one).values(received_at=desk.now + timedelta(seconds=1))
        )
    assert ended(check(desk, case), "time-stamp") == [("fail", "stamp-bad")]
    with desk.database.write() as session:
        session.execute(update(Clip).where(Clip.id == one).values(received_at=desk.now))
        session.execute(update(TimestampToken).values(response=b"spoiled"))
    assert ended(check(desk, case), "time-stamp") == [("fail", "stamp-bad")]


def test_reading_back_for_the_check(desk: StampDesk) -> None:
    one = desk.take()
    case = file_with(desk, one)
    assert ended(check(desk, case), "read-anew") == [("not-tested", "read-before")]
    desk.now += timedelta(seconds=5)
    with desk.database.write() as session:
        _, due = read_file_back(session, actor=system("test"), case_id=case, now=desk.now)
    assert [d.clip for d in due] == [one]
    desk.now += timedelta(seconds=5)
    desk.verify(one)  # what the worker does with it
    with desk.database.read() as session:
        progress = reading_progress(session, case)
        assert progress is not None
        assert (progress.done, progress.failed, progress.over) == (1, 0, True)
        assert session.get_one(Case, case).state == "handed-over"
    assert ended(check(desk, case), "read-anew") == [("pass", "read-now")]
