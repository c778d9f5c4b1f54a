"""四性检测 as a pure rule: every test answers, in words that exist, and nothing untested counts as passed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.four_checks import (
    DAMAGE,
    GROUPS,
    REASONS,
    RESULTS,
    TESTS,
    ClipFacts,
    CopyFacts,
    FileFacts,
    Finding,
    Signed,
    Stamp,
    by_group,
    check_clip,
    check_file,
    outcome,
)
from web.words.reasons import FLAGS

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
LATER = NOW + timedelta(days=400)
COPY = CopyFacts("COMPLIANCE", LATER, NOW, False, NOW, False)
GOOD = ClipFacts(
    kind="video", origin="recorder", received="good", verified="good", stamp="good", entries=3, entries_bad=0,
    entries_waiting=0, acts_missing=0, copies=(COPY,), read_since=NOW - timedelta(hours=1), whole=True, incidents=0,
    describe="done", shown_as="original", has_copy=False, copy_waits=False, decoded=True, flags=frozenset(),
    lock_desired=LATER, hold_desired=False,
)  # fmt: skip
OF_FILE = {"index", "volumes", "detached"}


def ended(facts: ClipFacts, test: str) -> tuple[str, str]:
    (found,) = (f for f in check_clip(facts, NOW) if f.test == test)
    return found.result, found.reason


def test_a_sound_recording_passes_all_but_what_nobody_can_test() -> None:
    found = check_clip(GOOD, NOW)
    assert [f.test for f in found if f.result != "pass"] == ["malware"]
    assert by_group(found) == dict.fromkeys(GROUPS, "pass")


@pytest.mark.parametrize(
    ("change", "test", "answer"),
    [
        ({"origin": "import"}, "origin", ("not-tested", "provenance-not-proven")),
        ({"origin": "browser"}, "origin", ("pass", "entered-by-person")),
        ({"received": "missing"}, "received", ("fail", "statement-missing")),
        ({"received": "missing", "origin": "browser"}, "received", ("not-tested", "no-station")),
        ({"verified": "bad", "origin": "browser"}, "verified", ("fail", "signature-bad")),
        ({"verified": "otherwise"}, "verified", ("fail", "signed-otherwise")),
        ({"verified": "key-unknown"}, "verified", ("not-tested", "key-unknown")),
        ({"stamp": "missing"}, "time-stamp", ("fail", "stamp-missing")),
        ({"stamp": "self-signed"}, "time-stamp", ("pass", "stamp-self-signed")),
        ({"stamp": "no-authority"}, "time-stamp", ("not-tested", "no-authority")),
        ({"entries_bad": 1}, "custody", ("fail", "entries-changed")),
        ({"acts_missing": 1}, "custody", ("fail", "entries-missing")),
        ({"entries_waiting": 1}, "custody", ("not-tested", "entries-waiting")),
        ({"copies": ()}, "digest", ("fail", "no-copy")),
        ({"copies": ()}, "lock", ("fail", "no-copy")),
        ({"copies": (COPY, replace(COPY, mismatched=True))}, "digest", ("fail", "digest-differs")),
        ({"copies": (COPY, replace(COPY, verified_at=None))}, "digest", ("fail", "never-read")),
        ({"read_since": None}, "read-anew", ("not-tested", "read-before")),
        ({"read_since": NOW + timedelta(seconds=1)}, "read-anew", ("not-tested", "read-before")),
        ({"whole": False}, "bytes-whole", ("fail", "bytes-missing")),
        ({"incidents": 2}, "incidents", ("fail", "incident-open")),
        ({"shown_as": None, "describe": "failed"}, "described", ("fail", "describing-failed")),
        ({"shown_as": None, "describe": "running"}, "described", ("not-tested", "not-described")),
        ({"shown_as": None}, "viewable", ("not-tested", "copy-not-made")),
        ({"shown_as": "transcode", "has_copy": True}, "viewable", ("pass", "copy-plays")),
        ({"shown_as": "transcode", "copy_waits": True}, "viewable", ("not-tested", "copy-not-made")),
        ({"shown_as": "transcode"}, "viewable", ("fail", "copy-not-made")),
        ({"shown_as": "none"}, "viewable", ("fail", "cannot-be-shown")),
        ({"flags": frozenset({"truncated"})}, "decoded", ("fail", "damaged")),
        ({"decoded": False}, "decoded", ("fail", "damaged")),
        ({"decoded": None}, "decoded", ("not-tested", "not-decoded")),
        ({"kind": "photo", "decoded": None, "has_copy": True}, "decoded", ("pass", "photo-rendered")),
        ({"kind": "photo", "decoded": None}, "decoded", ("not-tested", "photo-not-rendered")),
        ({"kind": "document", "decoded": None}, "decoded", ("not-tested", "document-not-opened")),
        ({"copies": (replace(COPY, until=NOW),)}, "lock", ("fail", "not-locked")),
        ({"copies": (replace(COPY, mode="GOVERNANCE"),)}, "lock", ("fail", "not-locked")),
        ({"lock_desired": LATER + timedelta(days=1)}, "lock-date", ("fail", "date-short")),
        ({"hold_desired": True}, "hold", ("fail", "hold-missing")),
        ({"hold_desired": True, "copies": (replace(COPY, hold=True),)}, "hold", ("pass", "held")),
        ({}, "malware", ("not-tested", "no-scanner")),
    ],
)  # fmt: skip
def test_each_test_says_what_it_saw(change: dict[str, Any], test: str, answer: tuple[str, str]) -> None:
    assert ended(replace(GOOD, **change), test) == answer


moments = st.datetimes(
    datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)  # noqa: DTZ001 - bounds are naive
)  # fmt: skip
copies = st.builds(
    CopyFacts, st.sampled_from(["COMPLIANCE", "GOVERNANCE"]), moments, moments, st.booleans(), st.none() | moments,
    st.booleans(),
)  # fmt: skip
clips = st.builds(
    ClipFacts,
    kind=st.sampled_from(["video", "audio", "photo", "document", "unknown"]),
    origin=st.sampled_from(["recorder", "browser", "import", "?"]),
    received=st.sampled_from(get_args(Signed)), verified=st.sampled_from(get_args(Signed)),
    stamp=st.sampled_from(get_args(Stamp)), entries=st.integers(0, 9), entries_bad=st.integers(0, 2),
    entries_waiting=st.integers(0, 2), acts_missing=st.integers(0, 3), copies=st.lists(copies, max_size=3),
    read_since=st.none() | moments, whole=st.booleans(), incidents=st.integers(0, 2),
    describe=st.none() | st.sampled_from(["done", "failed", "pending"]),
    shown_as=st.none() | st.sampled_from(["original", "transcode", "none", "image"]), has_copy=st.booleans(),
    copy_waits=st.booleans(), decoded=st.none() | st.booleans(),
    flags=st.frozensets(st.sampled_from(sorted(DAMAGE | {"silent", "black"}))), lock_desired=moments,
    hold_desired=st.booleans(),
)  # fmt: skip


@given(clips, moments)
def test_every_test_answers_once_in_known_words(facts: ClipFacts, now: datetime) -> None:
    found = check_clip(facts, now)
    assert [(f.group, f.test) for f in found] == [
        (group, test) for group in GROUPS for test in TESTS[group] if test not in OF_FILE
    ]
    assert {f.result for f in found} <= set(RESULTS)
    assert {f.reason for f in found} <= set(REASONS)
    assert ended(facts, "malware")[0] == "not-tested"
    if not all(c.mode == "COMPLIANCE" and c.until > now for c in facts.copies):
        assert next(f for f in found if f.test == "lock").result == "fail"


@given(
    st.lists(
        st.builds(Finding, st.sampled_from(GROUPS), st.just("x"), st.sampled_from(RESULTS), st.just("y"))
    )
)
def test_one_failure_fails_and_nothing_untested_passes(found: list[Finding]) -> None:
    results = [f.result for f in found]
    assert (outcome(found) == "fail") == ("fail" in results)
    assert (outcome(found) == "pass") == ("pass" in results and "fail" not in results)
    assert outcome([]) == "not-tested"


@given(st.builds(FileFacts, *(st.integers(0, 5) for _ in range(4))))
def test_the_file_as_a_whole(facts: FileFacts) -> None:
    found = {f.test: f for f in check_file(facts)}
    assert set(found) == OF_FILE
    assert (found["detached"].result == "fail") == bool(facts.detached)
    if facts.lines:
        assert (found["index"].result == "fail") == bool(facts.incomplete)
        assert (found["volumes"].result == "fail") == (not facts.main)
    else:
        assert {found["index"].result, found["volumes"].result} == {"not-tested"}


def test_damage_has_its_words() -> None:
    assert set(FLAGS) >= DAMAGE
