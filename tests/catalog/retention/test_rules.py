"""The pure rules: calendar, rows, and what follows from a clip's facts (R2.10, R6.4, invariants 2 to 6)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.case_files.cases import TYPES
from catalog.retention.example import ROWS
from catalog.rules.case_life import IN_ARCHIVE, STATES
from catalog.rules.desired_lock import CaseFacts, ClipFacts, CopyFacts, desire, renewed_from, until_of
from catalog.rules.held import HeldBy
from catalog.rules.intake_lock import RENEW_BEFORE, lock_at_receipt
from catalog.rules.retention import (
    STARTS,
    FileDates,
    Row,
    ScheduleFacts,
    digest_of,
    end_of_day,
    longest,
    months_after,
    periods,
    refused,
    years_after,
)

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
CASE = UUID(int=7)
GENERAL = Row(3, "penalty-general", "any", "any", 30, frozenset({"closing"}), "basis")
SCHEDULE = ScheduleFacts("2026-1", (GENERAL,))


def clip(**changes: object) -> ClipFacts:
    plain = ClipFacts(NOW, lock_at_receipt(NOW), (CopyFacts(lock_at_receipt(NOW), True),), schedule=SCHEDULE)
    return replace(plain, **changes)  # type: ignore[arg-type]


def case(state: str = "archived", accepted: datetime | None = NOW, **changes: object) -> CaseFacts:
    plain = CaseFacts(
        CASE, "12", "penalty-general", False, state, frozenset({"evidence"}),
        FileDates(date(2026, 11, 1), None, accepted if state in IN_ARCHIVE else None),
    )  # fmt: skip
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_29_february_is_never_shorter() -> None:
    assert years_after(date(2028, 2, 29), 10) == date(2038, 3, 1)
    assert years_after(date(2028, 2, 29), 4) == date(2032, 2, 29)
    assert years_after(date(2028, 2, 29), 172) == date(2200, 3, 1), "2200 is a common year"
    assert years_after(date(9990, 1, 1), 200) == date(9998, 12, 31)
    assert months_after(date(2026, 12, 31), 14) == date(2028, 2, 1)
    assert months_after(date(2026, 1, 1), 11) == date(2026, 12, 1)


def test_a_day_ends_in_the_bureaus_zone() -> None:
    assert end_of_day(date(2056, 11, 30), ZONE) == datetime(2056, 11, 30, 15, 59, 59, tzinfo=UTC)


def test_acceptance_just_after_midnight_counts_as_the_bureaus_day() -> None:
    late = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)  # 1 January in Shanghai
    (found,) = periods([GENERAL], case_type="penalty-general", coercion=False, roles={"evidence"},
                       dates=FileDates(None, None, late), zone=ZONE)  # fmt: skip
    assert (found.event, found.start) == ("acceptance", date(2027, 1, 1))


def test_dates_that_people_enter_never_shorten() -> None:
    for dates, event, start in (
        (FileDates(date(1990, 1, 1), None, NOW), "acceptance", date(2026, 11, 30)),
        (FileDates(date(2027, 5, 1), None, NOW), "closing", date(2027, 5, 1)),
        (FileDates(None, date(2027, 5, 1), NOW), "acceptance", date(2026, 11, 30)),
        (FileDates(None, None, NOW, date(2001, 1, 1)), "acceptance", date(2026, 11, 30)),
        (FileDates(None, None, NOW, date(2027, 1, 1)), "stated", date(2027, 1, 1)),
    ):
        (found,) = periods([GENERAL], case_type="penalty-general", coercion=False, roles={"process"},
                           dates=dates, zone=ZONE)  # fmt: skip
        assert (found.event, found.start) == (event, start)


def test_of_several_rows_the_longest() -> None:
    rows = (
        replace(GENERAL, number=1, years=10),
        replace(GENERAL, number=2, years=30, role="evidence"),
        replace(GENERAL, number=4, years=None, coercion="yes"),
    )
    dates = FileDates(None, None, NOW)

    def row(coercion: bool, roles: set[str], kind: str = "penalty-general") -> int | None:
        found = longest(periods(rows, case_type=kind, coercion=coercion, roles=roles, dates=dates, zone=ZONE))
        return found.row.number if found else None

    assert row(False, {"process"}) == 1
    assert row(False, {"process", "evidence"}) == 2
    assert row(True, {"process"}) == 4
    assert row(True, {"process"}, "licence") is None


def test_what_a_row_may_say() -> None:
    assert [refused(row, TYPES) for row in ROWS] == [None] * len(ROWS)
    assert {case_type for row in ROWS for case_type in (row.case_type,)} >= set(TYPES) - {"other"}
    for why, changed in (
        ("row-type", {"case_type": "divorce"}),
        ("row-coercion", {"coercion": "maybe"}),
        ("row-role", {"role": "decoration"}),
        ("row-years", {"years": 0}),
        ("row-years", {"years": -30}),
        ("row-years", {"years": 201}),
        ("row-starts", {"starts": frozenset()}),
        ("row-starts", {"starts": frozenset({"filming"})}),
        ("row-basis", {"basis": "  "}),
    ):
        assert refused(replace(GENERAL, **changed), TYPES) == why  # type: ignore[arg-type]


def test_a_digest_is_of_every_field() -> None:
    whole = digest_of("1", "c", [GENERAL])
    others = [
        digest_of("2", "c", [GENERAL]),
        digest_of("1", "d", [GENERAL]),
        digest_of("1", "c", []),
        *(
            digest_of("1", "c", [replace(GENERAL, **change)])  # type: ignore[arg-type]
            for change in (
                {"number": 4}, {"case_type": "any"}, {"coercion": "no"}, {"role": "process"}, {"years": None},
                {"starts": frozenset(STARTS)}, {"basis": "x"},
            )
        ),
    ]  # fmt: skip
    assert len({whole, *others}) == len(others) + 1


def test_an_unreviewed_clip_is_renewed_and_not_held() -> None:
    fresh = desire(clip(), ZONE, NOW)
    assert (fresh.lock_until, fresh.hold, fresh.reason["rule"]["kind"]) == (
        lock_at_receipt(NOW),
        False,
        "unreviewed",
    )
    for days in range(0, 4000, 17):
        later = NOW + timedelta(days=days)
        assert desire(clip(), ZONE, later).lock_until >= later + RENEW_BEFORE - timedelta(seconds=1)
    assert renewed_from(NOW, NOW + timedelta(days=124)) == NOW
    assert renewed_from(NOW, NOW + timedelta(days=124, seconds=1)) == NOW + timedelta(days=124)


@pytest.mark.parametrize("state", sorted(set(STATES) - IN_ARCHIVE))
def test_before_the_archive_accepts_it_is_held_and_locked_a_year_ahead(state: str) -> None:
    found = desire(clip(cases=(case(state),)), ZONE, NOW)
    assert found.hold
    assert found.lock_until == end_of_day(date(2028, 1, 1), ZONE)
    assert found.reason["rule"]["kind"] == "open-case"
    later = NOW + timedelta(days=400)
    assert desire(clip(cases=(case(state),)), ZONE, later).lock_until >= later + timedelta(days=365)


def test_accepted_the_hold_goes_only_when_every_copy_was_read_back() -> None:
    until = end_of_day(date(2056, 11, 30), ZONE)
    short, long, governance = CopyFacts(NOW, True), CopyFacts(until, True), CopyFacts(until, False)
    for copies, held in (
        ((short,), True),
        ((long, short), True),
        ((long, governance), True),
        ((long, long), False),
    ):
        found = desire(clip(cases=(case(),), copies=copies), ZONE, NOW)
        assert (found.lock_until, found.hold) == (until, held)
        rule = found.reason["rule"]
        assert (rule["row"], rule["schedule"], rule["start"]) == (3, "2026-1", "2026-11-30")


def test_a_state_without_the_servers_own_date_is_not_acceptance() -> None:
    imported = case("archived", None, dates=FileDates(None, None, None, date(2010, 1, 1)))
    found = desire(clip(cases=(imported,)), ZONE, NOW)
    assert (found.hold, found.reason["rule"]["kind"]) == (True, "open-case")


def test_permanent_and_no_row_are_held_for_ever_beside_whatever_is_longer() -> None:
    permanent = ScheduleFacts(
        "p", (replace(GENERAL, years=None), replace(GENERAL, number=9, case_type="licence", years=50))
    )
    licence = case(id=UUID(int=8), type="licence")
    far = (CopyFacts(datetime(2099, 1, 1, tzinfo=UTC), True),)
    for cases, kind in (((case(),), "permanent"), ((case(), licence), "period")):
        found = desire(clip(cases=cases, schedule=permanent, copies=far), ZONE, NOW)
        assert found.reason["rule"]["kind"] == kind
        assert "permanent" in {h["kind"] for h in found.reason["holds"]}
    none = desire(clip(cases=(case(type="other"),), copies=far), ZONE, NOW)
    assert {h["kind"] for h in none.reason["holds"]} == {"no-row"}
    assert desire(clip(cases=(case(),), schedule=None, copies=far), ZONE, NOW).hold


def test_a_reason_tells_no_hold_from_another() -> None:
    holds = (HeldBy("discipline", NOW), HeldBy("litigation", NOW))
    found = desire(clip(holds=holds), ZONE, NOW)
    assert found.hold
    told = json.dumps(found.reason)
    assert "discipline" not in told
    assert "litigation" not in told, "else one is told from the other"


def test_a_schedule_that_gives_less_shortens_nothing_and_says_so() -> None:
    standing = end_of_day(date(2056, 11, 30), ZONE)
    less = ScheduleFacts("2027-1", (replace(GENERAL, years=5),))
    found = desire(clip(cases=(case(),), schedule=less, lock_desired=standing), ZONE, NOW)
    assert (found.lock_until, found.reason["stands"]) == (standing, standing.isoformat())
    assert found.reason["rule"]["years"] == 5


MOMENTS = st.datetimes(  # naive bounds: the zone is added
    datetime(2020, 1, 1),  # noqa: DTZ001
    datetime(2090, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
DATES = st.dates(date(2000, 1, 1), date(2090, 1, 1))
ROWS_ANY = st.builds(
    Row,
    st.integers(1, 9),
    st.sampled_from([*TYPES, "any"]),
    st.sampled_from(["yes", "no", "any"]),
    st.sampled_from(["evidence", "process", "any"]),
    st.none() | st.integers(1, 200),
    st.frozensets(st.sampled_from(STARTS), min_size=1),
    st.just("b"),
)
CASES = st.builds(
    CaseFacts,
    st.uuids(),
    st.just("n"),
    st.sampled_from(TYPES),
    st.booleans(),
    st.sampled_from(STATES),
    st.frozensets(st.sampled_from(["evidence", "process"]), min_size=1),
    st.builds(FileDates, st.none() | DATES, st.none() | DATES, st.none() | MOMENTS, st.none() | DATES),
)
FACTS = st.builds(
    ClipFacts,
    MOMENTS,
    MOMENTS,
    st.lists(st.builds(CopyFacts, MOMENTS, st.booleans(), st.booleans()), max_size=3).map(tuple),
    st.lists(CASES, max_size=3).map(tuple),
    st.lists(st.builds(HeldBy, st.just("court"), MOMENTS), max_size=2).map(tuple),
    st.sampled_from(["", "storage", "rebuilt"]),
    st.none() | st.builds(ScheduleFacts, st.just("v"), st.lists(ROWS_ANY, max_size=4).map(tuple)),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(FACTS, MOMENTS)
def test_for_any_facts(facts: ClipFacts, now: datetime) -> None:
    found = desire(facts, ZONE, now)
    assert until_of(json.loads(json.dumps(found.reason))) == found.lock_until, (
        "the reason computes to the date"
    )
    standing = [facts.lock_desired, *(c.lock_until for c in facts.copies)]
    assert found.lock_until >= max(standing).replace(microsecond=0), "nothing is shortened"
    assert found.lock_until.microsecond == 0
    if any(not c.accepted for c in facts.cases):
        assert found.hold
        assert found.lock_until >= now + timedelta(days=365)
    if facts.holds or facts.found:
        assert found.hold
    assert found.hold == bool(found.reason["holds"])
    again = desire(replace(facts, lock_desired=found.lock_until), ZONE, now)
    assert (again.lock_until, again.hold) == (found.lock_until, found.hold), "worked out twice it is the same"
    if not facts.cases:
        assert found.lock_until >= (now + RENEW_BEFORE - timedelta(seconds=1)).replace(microsecond=0)
