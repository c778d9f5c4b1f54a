"""Which stated time is shown, and that a clock that was never set is passed over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.recorded_time import PREFERENCE, StatedTime, choose_recorded_time, compare_times

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


def test_every_source_stands_beside_the_chosen_one() -> None:
    stated = [
        StatedTime("file-modified", "2026-11-23T06:40:12Z"),
        StatedTime("maker-note", "2026-11-23T14:30:00"),
        StatedTime("container-utc", "2026-11-23T14:30:12Z"),
        StatedTime("file-name", "2026-11-23T14:30:12"),
        StatedTime("riff-date", "1970-01-01T00:00:00"),
        StatedTime("timecode", "not a time"),
    ]
    chosen = choose_recorded_time(stated, SHANGHAI, RECEIVED)
    assert chosen is not None
    found = compare_times(stated, SHANGHAI, RECEIVED, chosen=chosen.at, origin=chosen.origin)
    assert [one.origin for one in found] == [
        *("file-name", "timecode", "riff-date", "container-utc", "file-modified", "maker-note")
    ]
    by = {one.origin: one for one in found}
    assert [one.origin for one in found if one.chosen] == ["file-name"]
    assert by["container-utc"].after == 8 * 3600
    assert by["file-modified"].after == 600
    assert by["maker-note"].after == -12
    assert (by["timecode"].at, by["timecode"].plausible, by["timecode"].after) == (None, False, None)
    assert not by["riff-date"].plausible
    assert by["riff-date"].value == "1970-01-01T00:00:00", "kept as found"


def test_without_a_chosen_time_nothing_differs() -> None:
    (one,) = compare_times(
        [StatedTime("riff-date", "1970-01-01T00:00:00")], SHANGHAI, RECEIVED, chosen=None, origin=None
    )
    assert one.after is None
    assert not one.chosen
