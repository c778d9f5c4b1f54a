"""The index says what the tables say, in the transaction that changed them, however they were changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import delete, select, text, update

from catalog.actors import Actor, system
from catalog.case_files.attaching import Wish, attach
from catalog.database import Database
from catalog.demo import seed
from catalog.finding import indexing, rebuilding
from catalog.finding.indexing import LATER, forget_all, some_due
from catalog.finding.rebuilding import index_rest, rebuild, waiting
from catalog.finding.search import find
from catalog.finding.wanted import ANY_MARK, ClipFilter
from catalog.marking import change_note, mark_clip, remove_mark
from catalog.models import Account, Attachment, Case, Clip, ClipIndex, Officer, Recorder, Stage, Step, Unit
from catalog.rules.marks import MarkWish
from tests.catalog.finding.bureau import SOMEBODY, Bureau, furnish
from tests.catalog.world import add_clip

Row = tuple[object, ...]


@pytest.fixture
def clip(database: Database, now: datetime) -> UUID:
    with database.write() as session:
        seed(session, now)
        officer = session.scalars(select(Officer).order_by(Officer.number)).first()
        recorder = session.scalars(select(Recorder)).first()
        assert officer
        assert recorder
        add_clip(session, now, "another.MP4")
        clip = add_clip(session, now, "旧名.MP4")
        clip.officer_id, clip.recorder_id = officer.id, recorder.id
        return clip.id


def found(database: Database, clip: UUID, **wanted: object) -> bool:
    """Whether the clip is a hit, by either way; both must say the same."""
    with database.read() as session:
        answers = {
            clip in find(session, ClipFilter(**wanted), SOMEBODY, limit=50, stretch=way).clips  # type: ignore[arg-type]
            for way in (1, 1000)
        }
    assert len(answers) == 1
    return answers.pop()


def test_a_name_changed_by_plain_sql(database: Database, clip: UUID) -> None:
    assert found(database, clip, words="旧名")
    with database.write() as session:
        session.execute(update(Clip).where(Clip.id == clip).values(name="新的.MP4"))
    assert found(database, clip, words="新的")
    assert not found(database, clip, words="旧名")


def test_nothing_of_it_stays_when_the_transaction_fails(database: Database, clip: UUID) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as session:  # noqa: PT012
        session.execute(update(Clip).where(Clip.id == clip).values(name="新的.MP4"))
        indexing.index_what_is_due(session)
        raise ZeroDivisionError
    assert found(database, clip, words="旧名")
    assert not found(database, clip, words="新的")


def test_states(database: Database, clip: UUID) -> None:
    assert not found(database, clip, state="failed")
    with database.write() as session:
        session.execute(
            update(Stage).where(Stage.clip_id == clip, Stage.stage == "render").values(state="failed")
        )
    assert found(database, clip, state="failed")
    assert found(database, clip, state="attention")
    with database.write() as session:
        session.get_one(Stage, (clip, "render")).state = "pending"
    assert not found(database, clip, state="failed")
    with database.write() as session:
        one = session.get_one(Clip, clip)
        one.flags, one.verified_at, one.kind = ["partial"], None, "audio"
    assert found(database, clip, state="partial", kind="audio")
    assert found(database, clip, state="waiting")
    assert not found(database, clip, state="verified")


def test_people_and_recorders(database: Database, clip: UUID) -> None:
    with database.write() as session:
        officer = session.get_one(Officer, session.get_one(Clip, clip).officer_id)
        other = Unit(name="城西分局")
        session.add(other)
        session.flush()
        officer.name, officer.unit_id, unit = "欧阳明", other.id, other.id
        session.execute(update(Recorder).values(label="仪器甲"))
    assert found(database, clip, words="欧阳 仪器甲", unit=unit)
    with database.write() as session:
        session.get_one(Clip, clip).officer_id = None
    assert not found(database, clip, words="欧阳")
    assert not found(database, clip, unit=unit)


def test_steps_and_cases(database: Database, clip: UUID, now: datetime) -> None:
    assert found(database, clip, unattached=True)
    with database.write() as session:
        step = session.scalars(select(Step).where(Step.activity == "questioning")).one()
        wish = Wish("evidence", "main", proves="拒绝签字")
        attach(session, actor=system("test"), clip_id=clip, step_id=step.id, wish=wish, now=now)
    assert not found(database, clip, unattached=True)
    assert found(database, clip, words="拒绝签字", activity="questioning", stage="investigation", case="112")
    with database.write() as session:
        step = session.scalars(select(Step).where(Step.activity == "questioning")).one()
        step.place, step.activity = "解放街", "hearing"
        session.execute(update(Case).where(Case.id == step.case_id).values(number="甲-77", party="某记"))
    assert found(database, clip, words="解放街 某记", activity="hearing", case="甲-7")
    assert not found(database, clip, activity="questioning")
    assert not found(database, clip, case="112")
    with database.write() as session:
        session.execute(delete(Attachment).where(Attachment.clip_id == clip))
    assert found(database, clip, unattached=True)
    assert not found(database, clip, words="解放街")


def test_a_clip_that_is_taken_away_is_not_found(database: Database, clip: UUID, now: datetime) -> None:
    with database.write() as session:
        gone = Clip(
            id=UUID(int=5), sha256="x", sm3="x", checksum="x", size=1, name="过客.MP4", received_at=now, facts={}, flags=[],
            lock_desired=now,
        )  # fmt: skip
        session.add(gone)
    assert found(database, gone.id, words="过客")
    with database.write() as session:
        session.execute(delete(Clip).where(Clip.id == gone.id))
    assert not found(database, gone.id, words="过客")
    assert found(database, clip, words="旧名")


def test_marks(database: Database, clip: UUID, now: datetime) -> None:
    assert not found(database, clip, mark=ANY_MARK)
    with database.write() as session:
        account = session.scalars(select(Account)).first()
        assert account
        actor = Actor(kind="person", id=account.id, name="li", roles=frozenset({"handler", "archivist"}))
        wish = MarkWish(3.0, preset="signed", note="三箱食品贴封条")
        mark = mark_clip(session, actor=actor, clip_id=clip, wish=wish, now=now)
    assert found(database, clip, mark=ANY_MARK)
    assert found(database, clip, mark="signed", words="食品贴")
    assert not found(database, clip, mark="not-signed")
    with database.write() as session:
        change_note(session, actor=actor, clip_id=clip, mark_id=mark.id, revision=1, note="两箱饮料", now=now)
    assert found(database, clip, mark="signed", words="饮料")
    assert not found(database, clip, words="食品贴")
    with database.write() as session:
        own = MarkWish(4.0, preset="快检取样")
        mark_clip(session, actor=actor, clip_id=clip, wish=own, own={"快检取样"}, now=now)
    assert found(database, clip, mark="快检取样", words="检取")
    with database.write() as session:
        remove_mark(session, actor=actor, clip_id=clip, mark_id=mark.id, reason="误标", now=now)
    assert not found(database, clip, mark="signed")
    assert not found(database, clip, words="饮料")
    assert found(database, clip, mark=ANY_MARK)


def rows(database: Database) -> set[Row]:
    with database.read() as session:
        return {
            (r.clip_id, r.labels, r.words, r.numbers, r.restricted, r.size, tuple(r.terms or ()))
            for r in session.scalars(select(ClipIndex))
        }


def test_making_it_anew_makes_the_same(database: Database, now: datetime) -> None:
    with database.write() as session:
        bureau: Bureau = furnish(session, now)
    before = rows(database)
    assert len(before) == len(bureau.clips) + len(bureau.hidden)
    told: list[int] = []
    assert rebuild(database, told.append) == len(before)
    assert told[-1] == 0
    assert rows(database) == before
    assert waiting(database) == 0


def test_while_it_is_made_anew_it_says_so(database: Database, clip: UUID) -> None:
    with database.write() as session:
        session.info[LATER] = True
        forget_all(session)
    with database.read() as session:
        assert some_due(session)
    assert not found(database, clip, words="旧名")
    with database.write() as session:  # who commits meanwhile does not do all the others' work
        session.get_one(Clip, clip).size += 1
    assert found(database, clip, words="旧名")
    assert waiting(database) == 2
    index_rest(database)
    with database.read() as session:
        assert not some_due(session)
    assert found(database, clip, words="旧名")


def test_two_who_attach_the_same_clip_at_once(database: Database, clip: UUID, now: datetime) -> None:
    """Neither may write a row that knows nothing of the other's step."""
    with database.read() as session:
        steps = session.scalars(select(Step.id).join(Case).order_by(Case.number, Step.position)).all()
    together = threading.Barrier(4)

    def one(step: UUID) -> None:
        together.wait()
        with database.write() as session:
            wish = Wish("evidence", "main", proves=f"证明{step.hex}")
            attach(session, actor=system("test"), clip_id=clip, step_id=step, wish=wish, now=now)

    threads = [threading.Thread(target=one, args=(step,)) for step in steps[:4]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found(database, clip, words=" ".join(f"证明{step.hex}" for step in steps[:4]))


def test_rows_left_over_do_no_harm(database: Database, clip: UUID) -> None:
    """A note about a clip that is not there, as after a failed tool, is taken away with the next commit."""
    with database.engine.begin() as connection:
        connection.execute(text("DELETE FROM clip_index_due"))
        connection.execute(
            text("INSERT INTO clip_index_due (clip_id) VALUES ('00000000000000000000000000000009')")
        )
    with database.write() as session:
        session.get_one(Clip, clip).name = "后来.MP4"
    assert waiting(database) == 0
    assert found(database, clip, words="后来")


def test_every_trigger_is_in_place(database: Database) -> None:
    """A later migration that builds a table anew takes its triggers with it, and the index would fall silent."""
    from importlib import import_module  # noqa: PLC0415

    expected = {
        f"clip_index_{trigger[0]}"
        for version in ("0008_finding", "0009_found_by_marks")
        for trigger in import_module(f"catalog.migrations.versions.{version}").TRIGGERS
    }
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'clip_index_%'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'clip_index_%' AND tgenabled = 'O'",
    }[database.engine.dialect.name]
    with database.engine.connect() as connection:
        assert set(connection.scalars(text(query))) == expected


def _has_gin(database: Database) -> bool:
    with database.engine.connect() as connection:
        return bool(connection.scalar(text("SELECT to_regclass('ix_clip_index_terms') IS NOT NULL")))


@pytest.mark.parametrize("left", [True, False], ids=["some left", "nothing left"])
def test_the_index_of_terms_comes_back_after_a_rebuild_that_died(
    database: Database, clip: UUID, monkeypatch: pytest.MonkeyPatch, *, left: bool
) -> None:
    """Whoever indexes next makes it again, were there few left or none."""
    if database.engine.dialect.name != "postgresql":
        pytest.skip("SQLite's terms are a table of their own that nothing drops")
    monkeypatch.setattr(rebuilding, "MANY", 1)
    monkeypatch.setattr(rebuilding, "PORTION", 1)

    def die(waiting: int) -> None:
        if waiting == (1 if left else 0):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(database, die)
    assert not _has_gin(database)
    assert bool(waiting(database)) is left
    monkeypatch.setattr(rebuilding, "MANY", 20_000)
    index_rest(database)
    assert _has_gin(database)
    assert found(database, clip, words="旧名")


def _until_somebody_waits(database: Database, worker: threading.Thread) -> None:
    """Return when `worker` waits for a lock of ours, or has ended; SQLite does not tell, and has one writer anyway."""
    if database.engine.dialect.name != "postgresql":
        return
    query = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    while worker.is_alive():
        with database.engine.connect() as connection:
            if connection.scalar(query):
                return
        worker.join(0.01)


@pytest.mark.parametrize("first", ["person", "reindex", "reindex that empties"])
def test_a_person_and_a_rebuild_at_once(database: Database, clip: UUID, now: datetime, first: str) -> None:
    """Who comes second waits and gathers what the first has written; neither fails."""
    failures: list[BaseException] = []

    with database.read() as session:
        account = session.scalars(select(Account).order_by(Account.username)).first()
        assert account
    actor = Actor(kind="person", id=account.id, name="li", roles=frozenset({"handler", "archivist"}))
    wish = MarkWish(0.0, note="拒不配合")

    def mark() -> None:
        with database.write() as session:
            mark_clip(session, actor=actor, clip_id=clip, wish=wish, now=now)

    def reindex() -> None:
        index_rest(database)

    def quietly(act: Callable[[], None]) -> None:
        try:
            act()
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    if first != "reindex that empties":
        with database.write() as session:
            session.info[LATER] = True
            forget_all(session)
    second = threading.Thread(target=quietly, args=(reindex if first == "person" else mark,))
    with database.write() as session:
        if first == "person":
            mark_clip(session, actor=actor, clip_id=clip, wish=wish, now=now)
            indexing.index_what_is_due(session)
        else:
            session.info[LATER] = True
            if first == "reindex that empties":
                forget_all(session)
            else:
                indexing.index_some(session, 1000)
        second.start()
        _until_somebody_waits(database, second)
    second.join()
    assert failures == []
    index_rest(database)
    assert found(database, clip, words="拒不配合")
