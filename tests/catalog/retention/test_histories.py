"""Histories played: thousands of acts on a storage in memory, and the same on a real one whose locks really expire."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.database import Database
from catalog.retention import facts
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.catalog.retention.lock_histories import ACTS, History
from tests.catalog.retention.stores import MemoryStore, Refused, ScaledStore

START = datetime(2027, 2, 27, 10, 0, tzinfo=UTC)
HISTORIES = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 99)), min_size=12, max_size=40)
Acts = list[tuple[str, int]]


def in_memory(database: Database, acts: Acts, patch: pytest.MonkeyPatch) -> History:
    store = MemoryStore(lambda: START)
    history = History(database, store, None, START)
    store.now = lambda: history.office.now
    patch.setattr(facts, "holds_on", history.holds_on)
    history.play(acts)
    return history


def fresh(template: Path, folder: Path, acts: Acts) -> None:
    path = folder / "history.sqlite3"
    for old in folder.glob("history.sqlite3*"):
        old.unlink()
    shutil.copy(template, path)
    database = Database.open(f"sqlite:///{path}")
    try:
        with pytest.MonkeyPatch.context() as patch:
            in_memory(database, acts, patch)
    finally:
        database.close()


CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=CHECKS)
@given(HISTORIES)
def test_histories(sqlite_template: Path, tmp_path: Path, acts: Acts) -> None:
    fresh(sqlite_template, tmp_path, acts)


@pytest.mark.slow
@pytest.mark.timeout(7200)
@settings(max_examples=600, deadline=None, suppress_health_check=CHECKS)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 99)), min_size=20, max_size=90))
def test_histories_for_long(sqlite_template: Path, tmp_path: Path, acts: Acts) -> None:
    fresh(sqlite_template, tmp_path, acts)


def drawn(seed: int, length: int, leave: frozenset[str] = frozenset()) -> Acts:
    pick = random.Random(seed)
    acts = [(pick.choice([a for a in ACTS if a not in leave]), pick.randrange(100)) for _ in range(length)]
    return [("take", 0), ("take", 1), ("open", 0), ("open", 1), ("attach", 0), ("attach", 8), *acts]


@pytest.mark.parametrize("seed", [1, 2])
def test_a_history_on_both_databases(database: Database, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    in_memory(database, drawn(seed, 30), monkeypatch)


@pytest.fixture
def scaled(seaweed: StorageSettings) -> Iterator[ScaledStore]:
    """A year in seven seconds; locks of the storage are exact to a second, 52 days."""
    store = ObjectStore(seaweed, seaweed.evidence_bucket)
    disposal = ObjectStore(seaweed, seaweed.evidence_bucket, "disposal")
    yield ScaledStore(store, disposal, year=7.0)
    store.close()
    disposal.close()


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "catalog.sqlite3"
    shutil.copy(sqlite_template, path)
    opened = Database.open(f"sqlite:///{path}")
    yield opened
    opened.close()


def on_storage(database: Database, scaled: ScaledStore, acts: Acts, patch: pytest.MonkeyPatch) -> History:
    history = History(database, scaled, scaled.now, scaled.now())
    patch.setattr(facts, "holds_on", history.holds_on)
    history.play(acts)
    return history


def test_locks_really_expire(sqlite: Database, scaled: ScaledStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused while the period runs, and done after it; never for what is on hold, whose date has passed as well."""
    history = on_storage(
        sqlite,
        scaled,
        [
            ("take", 0), ("take", 1), ("take", 2), ("schedule", 0), ("open", 0), ("open", 3),
            ("attach", 0), ("attach", 1), ("attach", 8), ("settle", 0), ("accept", 0), ("settle", 0), ("hold", 1),
        ],
        monkeypatch,
    )  # fmt: skip
    expiring, held, on_a_lead = history.clips
    until = history.office.clip(expiring)[0].lock_desired
    assert not history.office.clip(expiring)[0].hold_desired

    def delete(clip: object) -> bool:
        try:
            for copy in history.office.clip(clip)[1]:  # type: ignore[arg-type]
                scaled.delete(copy.key, copy.version)
        except Refused:
            return False
        return True

    rounding = timedelta(days=60)
    refused = 0
    while scaled.now() < until - rounding:
        assert not any(delete(clip) for clip in history.clips)
        refused += 1
        scaled.sleep(timedelta(days=40))
    assert refused, "the machine is too slow for this scale: no deletion was tried while the lock stood"
    scaled.sleep(until + rounding - scaled.now())
    assert delete(expiring)
    assert not delete(held), "its date has passed, its hold has not"
    # No job has run meanwhile: the rolled date passes as well, and the hold alone still keeps it.
    scaled.sleep(history.office.clip(on_a_lead)[0].lock_desired + rounding - scaled.now())
    assert not delete(on_a_lead)


def test_a_history_on_a_real_storage(
    sqlite: Database, scaled: ScaledStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_storage(sqlite, scaled, drawn(5, 24, frozenset({"years"})), monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20, 40))
def test_long_histories_on_a_real_storage(
    sqlite: Database, scaled: ScaledStore, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    on_storage(sqlite, scaled, drawn(seed, 80), monkeypatch)
