"""Picking at the station who recorded, and what a station is told of a recorder when it is docked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from catalog.demo import OFFICER_NUMBER, SERIAL
from catalog.models import Clip, Docking, Officer, Recorder, Sighting
from catalog.stations import register_station
from ingest import protocol as p
from tests.web.conftest import Site

OWN, OTHER = "own-token", "other-token"


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    made = make_site()
    with made.database.write() as session:
        for code, token in (("own", OWN), ("other", OTHER)):
            register_station(session, code=code, name=code, token=token, now=datetime.now(UTC))
    return made


def post(client: FlaskClient, path: str, body: Any, token: str = OWN) -> Any:
    return client.post(f"/api/v1{path}", json=body, headers={"Authorization": f"Bearer {token}"})


def dock(client: FlaskClient, serial: str, **identity: Any) -> p.DockingOpened:
    answer = post(
        client,
        "/dockings",
        {
            "docking": str(uuid4()),
            "slot": "1",
            "recorder": {"serial": serial, "serial_source": "usb", **identity},
            "started": "2026-11-23T10:00:00Z",
        },
    )
    assert answer.status_code == 200, answer.text
    return p.DockingOpened.model_validate_json(answer.data)


def pick(client: FlaskClient, docking: UUID, number: str, token: str = OWN) -> Any:
    body = {"number": number, "picked_at": "2026-11-23T10:01:00Z"}
    return post(client, f"/dockings/{docking}/officer", body, token)


def test_an_unknown_recorder_is_taken_in_with_a_note_and_names_to_pick_from(site: Site) -> None:
    opened = dock(site.client(), "NEW-1", same_serial=True)
    assert (opened.registered, opened.notes) == (False, ["unregistered", "same-serial"])
    assert OFFICER_NUMBER in [officer.number for officer in opened.officers]
    assert opened.holder is None


def test_a_recorder_that_somebody_holds_offers_no_names(site: Site) -> None:
    opened = dock(site.client(), SERIAL)
    assert (opened.registered, opened.notes, opened.officers) == (True, [], [])
    assert dock(site.client(), SERIAL, officer_numbers=["999999"]).notes == ["assigned-elsewhere"]
    with site.database.write() as session:
        device = session.query(Recorder).filter_by(serial=SERIAL).one()
        device.state, device.sealed_at = "out-of-service", datetime.now(UTC)
    assert dock(site.client(), SERIAL).notes == ["sealed", "faulty"]


def test_a_pick_is_kept_and_may_be_repeated(site: Site) -> None:
    client = site.client()
    docking = dock(client, "NEW-1").docking
    for _ in range(2):
        assert pick(client, docking, OFFICER_NUMBER).status_code in {200, 204}
    with site.database.read() as session:
        picked = session.get_one(Officer, session.get_one(Docking, docking).picked_id)
        assert picked.number == OFFICER_NUMBER


def test_a_clips_page_says_whose_word_its_officer_follows_and_that_it_was_marked(site: Site) -> None:
    with site.database.write() as session:
        clip = session.get_one(Clip, site.clip)
        clip.officer_source, clip.flags = "held-then", ["officer-disagrees"]
        session.query(Sighting).filter_by(clip_id=site.clip).update({"important": True})
    page = site.client("li", "en").get(f"/clips/{site.clip}").text
    assert "held the recorder at the time" in page
    assert "Sources disagree on who recorded it" in page
    assert "marked as important on the recorder" in page


def test_what_cannot_be_picked(site: Site) -> None:
    client = site.client()
    docking = dock(client, "NEW-1").docking
    answer = pick(client, docking, "777777")
    assert answer.status_code == 422
    assert p.Problem.model_validate_json(answer.data).error == "unknown-officer"
    assert pick(client, docking, OFFICER_NUMBER, token=OTHER).status_code in {403, 404}
    assert pick(client, uuid4(), OFFICER_NUMBER).status_code == 404
    assert site.client("wang").post(f"/api/v1/dockings/{docking}/officer", json={}).status_code == 401
    with site.database.read() as session:
        assert session.get_one(Docking, docking).picked_id is None


def names(client: FlaskClient, mark: str = "", token: str = OWN, **more: Any) -> p.StatementsAnswer:
    answer = post(client, "/statements", {"clips": [], "officers_mark": mark, **more}, token)
    assert answer.status_code == 200, answer.text
    return p.StatementsAnswer.model_validate_json(answer.data)


def test_a_station_that_says_how_it_stands_gets_the_names_once(site: Site) -> None:
    client, queue = site.client(), {"files": 0, "bytes": 0}
    first = names(client, queue=queue)
    assert first.officers == dock(client, "NEW-1").officers
    assert OFFICER_NUMBER in [officer.number for officer in first.officers or []]
    assert first.officers_mark
    again = names(client, first.officers_mark, queue=queue)
    assert (again.officers, again.officers_mark) == (None, "")
    assert names(client, queue=queue, token=OTHER) == first
    with site.database.write() as session:
        session.add(Officer(number="0001", name="新来的", created_at=datetime.now(UTC)))
    changed = names(client, first.officers_mark, queue=queue)
    assert changed.officers == [p.OfficerName(number="0001", name="新来的"), *(first.officers or [])]
    assert changed.officers_mark not in {"", first.officers_mark}


def test_at_most_500_names_are_sent(site: Site) -> None:
    with site.database.write() as session:
        session.add_all(
            Officer(number=f"0{n:05}", name=f"n{n}", created_at=datetime.now(UTC)) for n in range(600)
        )
    sent = names(site.client(), queue={"files": 0, "bytes": 0}).officers
    assert [one.number for one in sent or []] == [f"0{n:05}" for n in range(500)]


def test_who_says_nothing_of_itself_gets_no_names(site: Site) -> None:
    answer = names(site.client())
    assert (answer.officers, answer.officers_mark) == (None, "")
    too_long = post(site.client(), "/statements", {"clips": [], "officers_mark": "m" * 65})
    assert too_long.status_code == 400
