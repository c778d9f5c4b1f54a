"""When a long film is encoded: pure rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.encoding_time import Night, material, put_off_until

SHANGHAI = ZoneInfo("Asia/Shanghai")
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
HOURS = st.integers(0, 23)
ZONES = st.sampled_from([SHANGHAI, ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")])


@given(MOMENTS, HOURS, HOURS, ZONES)
def test_what_is_put_off_is_put_off_into_a_night_that_comes_within_a_day(
    now: datetime, start: int, end: int, zone: ZoneInfo
) -> None:
    night = Night(start, end, zone)
    until = put_off_until(7200, by_day=1800, wanted=False, night=night, now=now)
    if until is None:
        assert night.holds(now)
    else:
        assert now < until <= now + timedelta(hours=25)
        assert night.holds(until) or zone.key == "Europe/Berlin"  # the hour that a clock change leaves out
        assert put_off_until(7200, by_day=1800, wanted=False, night=night, now=until) != until


@given(MOMENTS, HOURS, HOURS)
def test_short_films_and_what_is_wanted_never_wait(now: datetime, start: int, end: int) -> None:
    night = Night(start, end, SHANGHAI)
    assert put_off_until(1800, by_day=1800, wanted=False, night=night, now=now) is None
    assert put_off_until(90_000, by_day=1800, wanted=True, night=night, now=now) is None


def test_equal_hours_mean_that_nothing_is_put_off() -> None:
    noon = datetime(2026, 11, 25, 4, tzinfo=UTC)
    assert put_off_until(90_000, by_day=0, wanted=False, night=Night(5, 5, SHANGHAI), now=noon) is None


def test_the_night_is_on_the_bureaus_clock() -> None:
    noon = datetime(2026, 11, 25, 4, tzinfo=UTC)
    until = put_off_until(7200, by_day=1800, wanted=False, night=Night(20, 6, SHANGHAI), now=noon)
    assert until == datetime(2026, 11, 25, 20, tzinfo=SHANGHAI)


def test_a_film_of_unknown_length_is_judged_by_its_bytes() -> None:
    assert material(None, 7_200_000_000) == 7200
    assert material(60.0, 7_200_000_000) == 60
