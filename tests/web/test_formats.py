"""Times, sizes and time codes."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from web import formats


@pytest.fixture
def shanghai() -> Flask:
    app = Flask(__name__)
    app.extensions["liuhen"] = SimpleNamespace(settings=SimpleNamespace(time_zone="Asia/Shanghai"))
    return app


def test_moments_are_told_in_the_bureaus_zone(shanghai: Flask) -> None:
    late = datetime(2026, 11, 23, 18, 30, 5, tzinfo=UTC)
    with shanghai.app_context():
        assert formats.moment(late) == "2026-11-24 02:30"
        assert formats.clock(late, seconds=True) == "02:30:05"
        assert formats.day(None) == "—"
        assert formats.midnight(late) == datetime(2026, 11, 23, 16, tzinfo=UTC)
        assert formats.day_range("2026-11-24", "2026-11-24") == (
            datetime(2026, 11, 23, 16, tzinfo=UTC),
            datetime(2026, 11, 24, 16, tzinfo=UTC),
        )
        assert formats.day_range("x", "9999-12-31") == (None, None)
        assert formats.day_range("2026-11-25", "2026-11-20") == formats.day_range("2026-11-20", "2026-11-25")


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "—"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (7_400_000_000, "7.4 GB"),
        (6 * 10**12, "6000 GB"),
    ],
)
def test_sizes(count: int | None, text: str) -> None:
    assert formats.size(count) == text


def test_durations() -> None:
    assert formats.duration(2068) == "34:28"
    assert formats.duration(3723) == "1:02:03"
    assert formats.duration(None) == "—"


@given(st.integers(0, 10**6).map(lambda tenths: tenths / 10))
def test_time_codes_read_back(seconds: float) -> None:
    assert formats.read_time_code(formats.time_code(seconds)) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "seconds"), [("", None), ("90", 90.0), ("1:30", 90.0), ("00：02：10", 130.0)]
)
def test_time_codes_as_people_type_them(text: str, seconds: float | None) -> None:
    assert formats.read_time_code(text) == seconds


@pytest.mark.parametrize("text", ["x", "1:2:3:4", "nan", "-5", "1e9", "1:", "²"])
def test_what_is_no_time_code(text: str) -> None:
    with pytest.raises(ValueError):
        formats.read_time_code(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "00:00:00.000"),
        (12.4806, "00:00:12.481"),
        (3599.9996, "01:00:00.000"),
        (86_400.5, "24:00:00.500"),
    ],
)
def test_time_codes_to_the_millisecond(seconds: float, text: str) -> None:
    assert formats.exact_time_code(seconds) == text


def test_how_far_two_times_lie_apart() -> None:
    assert formats.apart(0.2) == "0 s"
    assert formats.apart(12) == "+12 s"
    assert formats.apart(-96) == "−96 s"
    assert formats.apart(-8 * 3600) == "−8:00:00"
    assert formats.later(datetime(2026, 1, 1, tzinfo=UTC), 1.5).microsecond == 500_000
