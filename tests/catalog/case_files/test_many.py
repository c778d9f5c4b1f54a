"""Attaching many in one act, with the fields of a list of evidence; two at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from catalog.case_files.attaching import MOST, CannotAttach, SomeRefused, Wish, attach, attach_all
from catalog.case_files.cases import view_case
from catalog.database import Database
from catalog.ids import new_id
from catalog.models import Attachment, CustodyEntry, CustodyPrivate, LockDue
from tests.catalog.case_files.desk import EVIDENCE, Desk, open_desk
from tests.catalog.world import entries


@pytest.fixture
def desk(database: Database, now: object) -> Desk:
    return open_desk(database, now)  # type: ignore[arg-type]


def test_what_a_list_of_evidence_asks_for(desk: Desk) -> None:
    made = desk.now - timedelta(hours=3)
    wish = Wish("evidence", "main", "货架", method="party", made_at=made, maker="某某食品店 店主")
    row = desk.row(desk.attach(wish))
    assert (row.method, row.made_at, row.maker) == ("party", made, "某某食品店 店主")
    with desk.database.read() as session:
        entry = session.get_one(CustodyEntry, entries(session, "clip.attached")[0])
        assert '"method":"party"' in entry.record
        kept = session.scalars(select(CustodyPrivate).where(CustodyPrivate.entry_id == entry.id)).all()
        assert {p.field: p.value for p in kept}["maker"] == '"某某食品店 店主"'


def test_a_method_in_words_is_a_private_field(desk: Desk) -> None:
    desk.attach(Wish("process", "main", method="王某送来的\u202e光盘\x00"))
    with desk.database.read() as session:
        assert session.scalars(select(Attachment)).one().method == "王某送来的光盘"
        entry = session.get_one(CustodyEntry, entries(session, "clip.attached")[0])
        assert "光盘" not in entry.record


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (Wish("process", "main", method="x" * 65), "method-too-long"),
        (Wish("process", "main", maker="x" * 256), "maker-too-long"),
    ],
)
def test_fields_have_limits(desk: Desk, wish: Wish, why: str) -> None:
    with pytest.raises(CannotAttach) as caught:
        desk.attach(wish)
    assert caught.value.why == why


def test_nothing_was_made_in_the_future(desk: Desk) -> None:
    with pytest.raises(CannotAttach) as caught:
        desk.attach(Wish("process", "main", made_at=desk.now + timedelta(minutes=1)))
    assert caught.value.why == "made-at-future"


def test_two_hundred_clips_in_one_act(desk: Desk) -> None:
    with desk.database.write() as session:
        clips = [desk.add_in(session, f"{n}.MP4", minutes=n / 10) for n in range(200)]
    made = desk.do(attach_all, "li", clips=clips, steps=[desk.step], wish=EVIDENCE)
    assert len(made) == 200
    with desk.database.read() as session:
        assert session.scalar(select(func.count(Attachment.id))) == 200
        assert session.scalar(select(func.count(LockDue.clip_id))) == 200
        assert len(entries(session, "clip.attached")) == 200


def test_several_steps_at_once(desk: Desk) -> None:
    with desk.database.read() as session:
        view = view_case(session, desk.case)
        assert view is not None
        steps = [s.id for s in view.by_stage["investigation"]]
    desk.do(attach_all, "li", clips=[desk.clip], steps=steps, wish=EVIDENCE)
    with desk.database.read() as session:
        assert {a.step_id for a in session.scalars(select(Attachment))} == set(steps)


def test_each_refusal_is_named_and_nothing_is_changed(desk: Desk) -> None:
    desk.attach()
    photo, sealed, good = desk.add("P.JPG", kind="photo"), desk.add("S.MP4"), desk.add("G.MP4")
    desk.restrict(sealed)
    unknown = new_id()
    with pytest.raises(SomeRefused) as caught:
        desk.do(
            attach_all,
            "li",
            clips=[desk.clip, photo, sealed, unknown, good],
            steps=[desk.step],
            wish=EVIDENCE,
        )
    assert {(r.clip, r.why) for r in caught.value.refusals} == {
        (desk.clip, "already-attached"),
        (sealed, "unknown-clip"),
        (unknown, "unknown-clip"),
    }
    with pytest.raises(SomeRefused) as ranged:
        desk.do(
            attach_all,
            "li",
            clips=[photo, good],
            steps=[desk.step],
            wish=Wish("process", "main", "", 1.0, 5.0),
        )
    assert [(r.clip, r.why) for r in ranged.value.refusals] == [(photo, "range-no-time")]
    with desk.database.read() as session:
        assert session.scalar(select(func.count(Attachment.id))) == 1


def test_too_many_and_none(desk: Desk) -> None:
    for clips, why in (([new_id() for _ in range(MOST + 1)], "too-many"), ([], "unknown-clip")):
        with pytest.raises(CannotAttach) as caught:
            desk.do(attach_all, "li", clips=clips, steps=[desk.step], wish=EVIDENCE)
        assert caught.value.why == why


def test_two_attach_the_same_at_once(desk: Desk) -> None:
    gate, said = threading.Barrier(2), []

    def one(who: str) -> None:
        try:
            with desk.database.write() as session:
                if session.get_bind().dialect.name != "sqlite":
                    gate.wait(5)  # both transactions are open; SQLite has one writer
                attach(
                    session,
                    actor=desk.people[who],
                    clip_id=desk.clip,
                    step_id=desk.step,
                    wish=EVIDENCE,
                    now=desk.now,
                )
            said.append("attached")
        except CannotAttach as refused:
            said.append(refused.why)

    threads = [threading.Thread(target=one, args=(who,)) for who in ("li", "wang")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(said) == ["already-attached", "attached"]
    with desk.database.read() as session:
        assert session.scalar(select(func.count(Attachment.id))) == 1
