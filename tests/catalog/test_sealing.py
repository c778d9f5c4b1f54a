"""A sealed card stays sealed; only its place may change, and each change is on record."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from catalog.actors import Actor
from catalog.custody.log import entries_about, private_of
from catalog.ids import new_id
from catalog.intake.dockings import SeenRecorder, open_docking
from catalog.models import Account, Recorder
from catalog.sealing import CannotSeal, carrier_is_sealed, move_carrier, seal_carrier
from tests.catalog.intake_desk import Intake


@pytest.fixture
def who(intake: Intake) -> Actor:
    with intake.database.write() as session:
        account = Account(
            id=new_id(), username="li", email="li@x.example", fs_uniquifier="u", active=True, created_at=intake.now
        )  # fmt: skip
        session.add(account)
    return Actor("person", account.id, "li")


def recorder(intake: Intake) -> Recorder:
    with intake.database.read() as session:
        return session.scalars(select(Recorder)).one()


def test_sealed_with_its_place_and_on_record(intake: Intake, who: Actor) -> None:
    card = recorder(intake)
    with intake.database.write() as session:
        seal_carrier(
            session,
            actor=who,
            recorder_id=card.id,
            place=" 物证室 3 柜 ",
            note="案件关键\x00",
            now=intake.now,
        )
    sealed = recorder(intake)
    assert (sealed.sealed_at, sealed.sealed_place, sealed.sealed_note) == (
        intake.now,
        "物证室 3 柜",
        "案件关键",
    )
    assert sealed.sealed_by == who.id
    with intake.database.read() as session:
        last = entries_about(session, "recorder", card.id)[-1]
        assert last.action == "recorder.sealed"
        assert "物证室" not in last.record
        assert "物证室" in private_of(session, [last.id])[last.id]["place"]


def test_there_is_no_way_back_but_to_another_place(intake: Intake, who: Actor) -> None:
    card = recorder(intake)

    def move(place: str) -> None:
        with intake.database.write() as session:
            move_carrier(session, actor=who, recorder_id=card.id, place=place, reason="移交", now=intake.now)

    def seal(place: str) -> None:
        with intake.database.write() as session:
            seal_carrier(session, actor=who, recorder_id=card.id, place=place, note="", now=intake.now)

    with pytest.raises(CannotSeal, match="not-sealed"):
        move("物证室")
    for nothing in ("", " \x00 "):
        with pytest.raises(CannotSeal, match="no-place"):
            seal(nothing)
    with pytest.raises(CannotSeal, match="place-too-long"):
        seal("室" * 256)
    seal("物证室")
    with pytest.raises(CannotSeal, match="sealed-already"):
        seal("别处")
    with pytest.raises(CannotSeal, match="same-place"):
        move(" 物证室 ")
    with pytest.raises(CannotSeal, match="no-place"):
        move("")
    move("法院")
    assert recorder(intake).sealed_place == "法院"
    assert recorder(intake).sealed_at == intake.now
    with intake.database.read() as session:
        last = entries_about(session, "recorder", card.id)[-1]
        assert last.action == "recorder.sealed-place-changed"
        private = private_of(session, [last.id])[last.id]
        assert (json.loads(private["before"]), json.loads(private["after"])) == (
            {"place": "物证室"},
            {"place": "法院"},
        )


def test_a_sealed_card_stays_sealed_in_another_reader(intake: Intake, who: Actor) -> None:
    def sealed(serial: str, card: str) -> bool:
        with intake.database.write() as session:
            docking = open_docking(
                session,
                actor=intake.station,
                docking=new_id(),
                slot="1",
                seen=SeenRecorder(serial, "usb", "v", "m", "recorder", {"filesystem_id": card}),
                started=intake.now,
                now=intake.now,
            )
            return carrier_is_sealed(session, docking)

    assert not sealed("BODY-7", "1234-ABCD")
    assert not sealed("fs-1234-ABCD", "1234-ABCD")
    with intake.database.write() as session:
        recorder_id = session.scalars(select(Recorder.id).where(Recorder.serial == "BODY-7")).one()
        seal_carrier(session, actor=who, recorder_id=recorder_id, place="3 柜", note="", now=intake.now)
    assert sealed("BODY-7", "1234-ABCD")
    assert sealed("fs-1234-ABCD", "1234-ABCD")
    assert not sealed("fs-OTHER", "5678-ABCD")
    assert not sealed("NO-CARD-ID", "")
