"""Officers over time: what held on the day of a recording decides its flags; whoever leaves keeps their history."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from catalog.attribution import settle_clips
from catalog.holdings import hand_over
from catalog.maintenance.officers import (
    BEGINNING,
    CannotChange,
    Stated,
    keep_officer,
    list_officers,
    terms_of,
)
from catalog.models import Clip, Officer
from catalog.rules.qualified import AUXILIARY, NO_CERTIFICATE, Standing, flags_on, standing_on
from tests.catalog.maintenance.bureau import ZONE, Bureau

DAY = date(2026, 6, 1)


def standing(since: date, **more: Any) -> Standing:
    values = {"on_establishment": True, "certificate_number": "ZF-1", "certificate_from": None}
    return Standing(since, **{**values, "certificate_until": None, **more})


@pytest.mark.parametrize(
    ("found", "flags"),
    [
        (None, ()),
        (standing(DAY), ()),
        (standing(DAY, certificate_number=None), (NO_CERTIFICATE,)),
        (standing(DAY, certificate_from=DAY, certificate_until=DAY), ()),
        (standing(DAY, certificate_until=DAY - timedelta(days=1)), (NO_CERTIFICATE,)),
        (standing(DAY, certificate_from=DAY + timedelta(days=1)), (NO_CERTIFICATE,)),
        (standing(DAY, on_establishment=False), (AUXILIARY,)),
        (standing(DAY, left=True), (NO_CERTIFICATE,)),
    ],
)
def test_flags_of_a_day(found: Standing | None, flags: tuple[str, ...]) -> None:
    assert flags_on(found, DAY) == flags


def test_the_row_that_began_last_holds() -> None:
    old, new, corrected = standing(date(2020, 1, 1)), standing(DAY), standing(DAY, on_establishment=False)
    assert standing_on([old, new, corrected], DAY) is corrected
    assert standing_on([old, new], DAY - timedelta(days=1)) is old
    assert standing_on([old], date(2019, 12, 31)) is None


def keep(bureau: Bureau, number: str, name: str, since: date, **stated: Any) -> str:
    _, what = bureau.act(
        keep_officer, number=number, name=name, since=since, stated=Stated(**stated), zone=ZONE,
        today=bureau.now.astimezone(ZONE).date(),
    )  # fmt: skip
    return str(what)


def recorded(bureau: Bureau, when: datetime) -> UUID:
    """A clip of Wang's, settled as intake does."""
    clip = bureau.clip(bureau.dock(), when, duration=60.0)
    with bureau.database.write() as session:
        settle_clips(
            session, [session.get_one(Clip, clip)], actor=bureau.people["admin"], zone=ZONE, now=bureau.now
        )
    return clip


def test_a_recording_is_flagged_by_what_held_on_its_day(bureau: Bureau) -> None:
    bureau.act(
        hand_over, recorder=bureau.recorder, officer=bureau.officers["王建国"],
        at=bureau.now - timedelta(days=60), zone=ZONE,
    )  # fmt: skip
    before = recorded(bureau, bureau.now - timedelta(days=50))
    late = recorded(bureau, bureau.now - timedelta(days=10))
    assert (bureau.flags(before), bureau.flags(late)) == ([], [])
    since = (bureau.now - timedelta(days=30)).date()
    assert keep(bureau, "100412", "", since, on_establishment=False) == "changed"
    assert bureau.flags(before) == []
    assert set(bureau.flags(late)) == {NO_CERTIFICATE, AUXILIARY}
    certificate = {"certificate_number": "ZF-9", "certificate_from": since}
    assert keep(bureau, "100412", "", since, **certificate) == "changed", "put right, for the same day"
    assert bureau.flags(late) == []
    assert keep(bureau, "100412", "王建国", since, **certificate) == "same"
    with bureau.database.read() as session:
        rows = terms_of(session, bureau.officers["王建国"])
        assert [row.since for row in rows] == [BEGINNING, since, since]


def test_midnight_is_that_of_the_bureau(bureau: Bureau) -> None:
    bureau.act(
        hand_over, recorder=bureau.recorder, officer=bureau.officers["王建国"],
        at=bureau.now - timedelta(days=60), zone=ZONE,
    )  # fmt: skip
    keep(
        bureau,
        "100412",
        "",
        date(2026, 11, 20),
        certificate_number="ZF-1",
        certificate_until=date(2026, 11, 20),
    )
    last = recorded(bureau, datetime(2026, 11, 20, 15, 50, tzinfo=UTC))
    first = recorded(bureau, datetime(2026, 11, 20, 16, 10, tzinfo=UTC))
    assert (bureau.flags(last), bureau.flags(first)) == ([], [NO_CERTIFICATE])


def test_leaving_keeps_the_history(bureau: Bureau) -> None:
    today = bureau.now.astimezone(ZONE).date()
    bureau.act(
        hand_over, recorder=bureau.recorder, officer=bureau.officers["王建国"], at=bureau.now, zone=ZONE
    )
    with pytest.raises(CannotChange, match="holds-recorder"):
        keep(bureau, "100412", "", today, left=True)
    assert keep(bureau, "100388", "", today, left=True) == "changed"
    with bureau.database.read() as session:
        lines = list_officers(session, today)
        assert [(line.officer.number, line.left) for line in lines] == [("100412", False), ("100388", True)]
        assert session.get_one(Officer, bureau.officers["李晓梅"]).name == "李晓梅"
        assert len(terms_of(session, bureau.officers["李晓梅"])) == 2


@pytest.mark.parametrize(
    ("number", "name", "stated", "why"),
    [
        ("", "x", {}, "no-number"),
        ("777", " \x00", {}, "no-name"),
        ("7" * 65, "x", {}, "too-long"),
        ("777", "x", {"certificate_from": DAY}, "certificate-number-missing"),
        (
            "777",
            "x",
            {"certificate_number": "1", "certificate_from": DAY, "certificate_until": date(2020, 1, 1)},
            "certificate-order",
        ),
    ],
)
def test_what_is_refused(bureau: Bureau, number: str, name: str, stated: dict[str, Any], why: str) -> None:
    with pytest.raises(CannotChange, match=why):
        keep(bureau, number, name, DAY, **stated)
