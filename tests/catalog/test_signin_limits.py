"""How long somebody waits who fails to sign in, and when a session ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from catalog.rules.signin_limits import LIMITS, Limit, is_first_lock, neighbourhood, standing

NOW = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
IDLE, WHOLE = timedelta(minutes=30), timedelta(hours=12)


def test_waits_begin_after_the_free_ones_and_double() -> None:
    limit = Limit(free=5, first_seconds=30, most_seconds=900)
    assert [limit.wait(n) for n in range(12)] == [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900]
    assert limit.wait(10**9) == 900


def test_nobody_waits_longer_than_a_quarter_of_an_hour() -> None:
    assert max(limit.wait(10**6) for limit in LIMITS.values()) == 900
    assert LIMITS["name"].wait(10**6) <= 60, (
        "a stranger's guesses keep an owner on a new device waiting no longer"
    )


def test_only_the_first_lock_is_told() -> None:
    assert [n for n in range(100) if is_first_lock("name", n)] == [LIMITS["name"].free]


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        (None, ""),
        ("a socket", "a socket"),
    ],
)
def test_a_network_of_one_machine_counts_as_one(address: str | None, counted: str) -> None:
    assert neighbourhood(address) == counted


@pytest.mark.parametrize(
    ("started", "seen", "stands"),
    [
        (timedelta(hours=1), timedelta(minutes=29, seconds=59), "open"),
        (timedelta(hours=1), timedelta(minutes=30), "idle"),
        (timedelta(hours=11, minutes=59), timedelta(), "open"),
        (timedelta(hours=12), timedelta(), "over"),
        (timedelta(hours=13), timedelta(hours=2), "over"),
    ],
)
def test_a_session_ends(started: timedelta, seen: timedelta, stands: str) -> None:
    assert standing(started=NOW - started, seen=NOW - seen, now=NOW, idle=IDLE, whole=WHOLE) == stands
