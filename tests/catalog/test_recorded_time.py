"""Which stated time is shown, and that a clock that was never set is passed over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.recorded_time import PREFERENCE, StatedTime, choose_recorded_time

SHANGHAI = ZoneInfo("Asia/Shanghai")
RECEIVED = datetime(2026, 11, 23, 10, tzinfo=UTC)


def test_local_time_of_the_name_beats_a_container_that_calls_local_time_utc() -> None:
    chosen = choose_recorded_time(
        [StatedTime("container-utc", "2026-11-23T14:30:12Z"), StatedTime("file-name", "2026-11-23T14:30:12")],
        SHANGHAI,
        RECEIVED,
    )
    assert chosen is not None
    assert chosen.origin == "file-name"
    assert chosen.at == datetime(2026, 11, 23, 6, 30, 12, tzinfo=UTC)


def test_unset_clocks_are_passed_over() -> None:
    stated = [
        StatedTime("file-name", "1970-01-01T00:00:00"),
        StatedTime("exif-original", "2099-01-01T00:00:00"),
        StatedTime("container-utc", "2026-11-22T00:00:00Z"),
    ]
    chosen = choose_recorded_time(stated, SHANGHAI, RECEIVED)
    assert chosen is not None
    assert chosen.origin == "container-utc"
    assert choose_recorded_time([StatedTime("file-name", "1904-01-01T00:00:00")], SHANGHAI, RECEIVED) is None


@given(
    st.lists(
        st.tuples(st.sampled_from([*PREFERENCE, "other"]), st.text(max_size=30) | st.datetimes().map(str))
    )
)
def test_any_words_give_a_plausible_time_or_none(stated: list[tuple[str, str]]) -> None:
    chosen = choose_recorded_time([StatedTime(*s) for s in stated], SHANGHAI, RECEIVED)
    if chosen is not None:
        assert datetime(2000, 1, 1, tzinfo=UTC) <= chosen.at <= RECEIVED + timedelta(days=1)
