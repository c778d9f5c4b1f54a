"""When a station is in trouble, a recorder overdue, a file failed: plain rules, without a database or a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.failed_file import HARMLESS, TAKEN, UNREAD, count_unread, is_failed, is_owed
from catalog.rules.overdue_recorder import DOCKED_WITH_HAND_OVER, RecorderFacts, due_at, overdue
from catalog.rules.station_state import (
    CONNECTED_WITHIN,
    STUCK_AFTER,
    StationFacts,
    station_words,
    waiting_for,
)

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MOMENTS = st.datetimes(datetime(2026, 11, 1), datetime(2026, 11, 30), timezones=st.just(UTC))  # noqa: DTZ001


def _well(**changes: object) -> StationFacts:
    facts: dict[str, object] = {
        "now": NOW,
        "seen_at": NOW,
        "said_at": NOW,
        "its_clock": NOW,
        "synchronised": True,
    }
    return StationFacts(**{**facts, **changes})  # type: ignore[arg-type]


def test_a_station_that_is_well_has_no_word() -> None:
    assert station_words(_well()) == []
    assert station_words(_well(oldest=NOW - STUCK_AFTER, still=STUCK_AFTER, synchronised=None)) == []
    assert station_words(_well(software="liuhen 1", ours="liuhen 1")) == []


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"seen_at": None}, "never-seen"),
        ({"seen_at": NOW - CONNECTED_WITHIN}, "silent"),
        ({"spool_full": True}, "spool-full"),
        ({"oldest": NOW - STUCK_AFTER - timedelta(seconds=1)}, "stuck"),
        ({"still": STUCK_AFTER + timedelta(seconds=1)}, "slot-still"),
        ({"failed": 1}, "failed-files"),
        ({"synchronised": False}, "clock-loose"),
        ({"software": "liuhen 1", "ours": "liuhen 2"}, "other-software"),
    ],
)
def test_each_trouble_has_its_word(changes: dict[str, object], word: str) -> None:
    assert station_words(_well(**changes)) == [word]


@given(
    st.timedeltas(-timedelta(days=4000), timedelta(days=4000)),
    st.timedeltas(timedelta(0), DAY),
    st.timedeltas(timedelta(0), DAY),
)
def test_a_station_s_wrong_clock_does_not_change_how_long_something_waited(
    off: timedelta, waited: timedelta, silent: timedelta
) -> None:
    said = NOW - silent
    facts = _well(said_at=said, its_clock=said + off, oldest=said + off - waited)
    assert waiting_for(facts) == waited + silent


def test_a_silent_station_s_files_go_on_waiting() -> None:
    facts = _well(
        seen_at=NOW - 2 * HOUR, said_at=NOW - 2 * HOUR, its_clock=NOW - 2 * HOUR, oldest=NOW - 2 * HOUR
    )
    assert station_words(facts) == ["silent", "stuck"]


# Recorders


def test_who_takes_a_recorder_docks_it_within_the_hours_and_again() -> None:
    taken = RecorderFacts(held_since=NOW)
    assert due_at(taken, DAY) == NOW + DAY
    assert not overdue(taken, DAY, NOW + DAY)
    assert overdue(taken, DAY, NOW + DAY + timedelta(seconds=1))
    assert due_at(RecorderFacts(held_since=NOW, last_docked=NOW + 9 * HOUR), DAY) == NOW + 33 * HOUR
    assert due_at(RecorderFacts(held_since=NOW, last_docked=NOW - 9 * HOUR), DAY) == NOW + DAY


def test_one_handed_back_was_docked_with_it_or_is_owed() -> None:
    assert due_at(RecorderFacts(handed_back_at=NOW), DAY) == NOW + DAY
    assert due_at(RecorderFacts(handed_back_at=NOW, last_docked=NOW - 3 * HOUR), DAY) == NOW + DAY
    assert due_at(RecorderFacts(handed_back_at=NOW, last_docked=NOW - DOCKED_WITH_HAND_OVER), DAY) is None
    assert due_at(RecorderFacts(handed_back_at=NOW, last_docked=NOW + HOUR), DAY) is None


def test_nobody_s_recorder_and_one_out_of_use_owe_nothing() -> None:
    assert due_at(RecorderFacts(), DAY) is None
    assert due_at(RecorderFacts(last_docked=NOW - 90 * DAY), DAY) is None
    assert due_at(RecorderFacts(held_since=NOW, out_of_service=True), DAY) is None
    assert due_at(RecorderFacts(handed_back_at=NOW, sealed=True), DAY) is None


@given(st.none() | MOMENTS, st.none() | MOMENTS, st.none() | MOMENTS, st.timedeltas(HOUR, 3 * DAY), MOMENTS)
def test_docking_now_always_settles_it_for_now(
    held: datetime | None, back: datetime | None, docked: datetime | None, within: timedelta, now: datetime
) -> None:
    held = held if held is None or held <= now else None
    back = back if back is None or back <= now else None
    facts = RecorderFacts(held_since=held, handed_back_at=back, last_docked=now)
    assert not overdue(facts, within, now)
    earlier = RecorderFacts(held_since=held, handed_back_at=back, last_docked=docked)
    due = due_at(earlier, within)
    assert due is None or held is not None or back is not None


# Files


def test_what_counts_as_failed() -> None:
    assert is_failed(end="vanished", reason="", held=False)
    assert is_failed(end="changed while read", reason="changed", held=False)
    assert is_failed(end="refused", reason="unreadable: Input/output error", held=False)
    assert is_failed(end="checked", reason="bytes-refused: 400", held=False)
    assert not is_failed(end="checked", reason="bytes-refused: 400", held=True)
    assert not is_failed(end="copied", reason="", held=False)
    for word in HARMLESS:
        assert not is_failed(end="refused", reason=word, held=False)
        assert not is_failed(end="refused", reason=f"{word}: more", held=False)


def test_what_is_owed() -> None:
    for end in TAKEN:
        assert not is_owed(end=end, reason="", held=True)
    for end in ("found", "copied", "checked", "partial", "vanished", "changed while read"):
        assert is_owed(end=end, reason="", held=False)
    assert is_owed(end="refused", reason="unreadable", held=False)
    assert is_owed(end="refused", reason="filesystem-damaged: vfat", held=False)
    for word in HARMLESS:
        assert not is_owed(end="refused", reason=word, held=False)


def test_what_was_left_unread_is_owed_and_counted_by_what_it_is() -> None:
    for word in ("not-the-listed-file: 7 8", "a word of a later station"):
        assert count_unread([("refused", word, False)]) == {"untaken": 1}
        assert count_unread([("refused", word, True)]) == {}, "its bytes are in the storage"
    for word in UNREAD:
        assert is_owed(end="refused", reason=f"{word}: detail", held=False)
        assert count_unread([("refused", word, False)]) == {UNREAD[word]: 1}
        assert count_unread([("refused", word, True), ("copied", word, False)]) == {}, "held, or on its way"
    for word in (*HARMLESS, ""):
        assert count_unread([("refused", word, False)]) == {}
    for word in ("too-large", "too-large-here"):
        assert count_unread([("refused", word, False)]) == {"large": 1}, (
            "never read, and on the recorder alone"
        )
