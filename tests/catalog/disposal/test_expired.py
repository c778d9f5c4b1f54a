"""The rule of what may be appraised: each reason alone is enough, and nothing but all of them absent lets a clip through."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.case_life import IN_ARCHIVE, STATES
from catalog.rules.disposal import (
    COOLING,
    Opinion,
    cooled_at,
    list_digest,
    settle,
    years_later,
)
from catalog.rules.expired import (
    CLOCK_MARGIN,
    REASONS,
    CaseFacts,
    ClipFacts,
    CopyFacts,
    not_expired,
    reasons,
)
from catalog.rules.fresh_signin import is_fresh

NOW = datetime(2046, 3, 1, tzinfo=UTC)
PASSED = NOW - CLOCK_MARGIN
FREE = ClipFacts(copies=(CopyFacts(PASSED, hold=False),), cases=(CaseFacts("archived"),), lock_desired=PASSED)
ZONE = ZoneInfo("Asia/Shanghai")
LATER = PASSED + timedelta(microseconds=1)


def test_free() -> None:
    assert not_expired(FREE, NOW) is None
    assert not_expired(replace(FREE, cases=(), reviewed_at=PASSED), NOW) is None
    assert not_expired(replace(FREE, kept_until=PASSED), NOW) is None


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("destroyed", {"destroyed": True}),
        ("held", {"hold_desired": True}),
        ("held", {"holds": 1}),
        ("held", {"restricted": True}),
        ("held", {"copies": (CopyFacts(PASSED, hold=False), CopyFacts(PASSED, hold=True))}),
        ("kept-longer", {"kept_for_ever": True}),
        ("kept-longer", {"kept_until": LATER}),
        ("not-reviewed", {"cases": ()}),
        ("lock-due", {"lock_due": True}),
        ("lock-stands", {"lock_desired": LATER}),
        ("lock-stands", {"copies": (CopyFacts(PASSED, hold=False), CopyFacts(LATER, hold=False))}),
        ("no-copy", {"copies": ()}),
        ("copy-differs", {"copies": (CopyFacts(PASSED, hold=False, mismatched=True),)}),
        ("at-work", {"at_work": True}),
        ("coming-in", {"coming_in": True}),
        ("in-appraisal", {"in_appraisal": True}),
        *(
            ("case-open", {"cases": (CaseFacts("archived"), CaseFacts(state))})
            for state in set(STATES) - IN_ARCHIVE
        ),
    ],
)
def test_each_reason_alone_keeps_it(why: str, change: dict[str, object]) -> None:
    assert reasons(replace(FREE, **change), NOW) == (why,)  # type: ignore[arg-type]


FACTS = st.builds(
    ClipFacts,
    copies=st.lists(
        st.builds(
            CopyFacts,
            lock_until=st.sampled_from((PASSED, LATER)),
            hold=st.booleans(),
            mismatched=st.booleans(),
        ),
        max_size=3,
    ),
    cases=st.lists(st.builds(CaseFacts, st.sampled_from(STATES)), max_size=3),
    lock_desired=st.sampled_from((PASSED, LATER)),
    hold_desired=st.booleans(),
    holds=st.integers(0, 2),
    restricted=st.booleans(),
    destroyed=st.booleans(),
    reviewed_at=st.sampled_from((None, PASSED)),
    lock_due=st.booleans(),
    kept_until=st.sampled_from((None, PASSED, LATER)),
    kept_for_ever=st.booleans(),
    at_work=st.booleans(),
    coming_in=st.booleans(),
    in_appraisal=st.booleans(),
)


@given(FACTS)
def test_what_protects_always_protects(facts: ClipFacts) -> None:
    found = reasons(facts, NOW)
    assert set(found) <= set(REASONS)
    protected = (
        facts.hold_desired
        or facts.holds
        or facts.restricted
        or facts.kept_for_ever
        or any(c.hold or c.lock_until > PASSED for c in facts.copies)
        or any(c.state not in IN_ARCHIVE for c in facts.cases)
        or facts.lock_desired > PASSED
    )
    if protected:
        assert found
    later = reasons(facts, NOW + timedelta(days=1))
    assert set(later) <= set(found)


def test_opinions() -> None:
    destroy, five, nine = Opinion("destroy"), Opinion("years", 5), Opinion("years", 9)
    assert settle({"office": destroy, "section": destroy}) is None
    assert settle(dict.fromkeys(("office", "section", "legal"), destroy)) == destroy
    assert settle({"office": destroy, "section": five, "legal": nine}) == nine
    assert settle({"office": nine, "section": Opinion("transfer"), "legal": destroy}) == Opinion("transfer")
    ever = Opinion("for-ever")
    assert settle({"office": ever, "section": Opinion("transfer"), "legal": nine}) == ever


def test_periods() -> None:
    assert cooled_at(NOW, 0, 0) == NOW + COOLING
    assert cooled_at(NOW, 14, 30) == cooled_at(NOW, 30, 14) == NOW + timedelta(days=30)
    assert is_fresh(NOW, NOW)
    assert not is_fresh(None, NOW)
    assert not is_fresh(NOW + timedelta(seconds=1), NOW)
    assert not is_fresh(NOW - timedelta(minutes=5, seconds=1), NOW)
    leap = datetime(2028, 2, 29, 1, tzinfo=UTC)
    assert years_later(leap, 1, ZONE) == datetime(2029, 3, 1, 23, 59, 59, tzinfo=ZONE)
    assert years_later(leap, 4, ZONE) == datetime(2032, 2, 29, 23, 59, 59, tzinfo=ZONE)
    night = datetime(2027, 12, 31, 17, tzinfo=UTC)  # the bureau is in 2028 already
    assert years_later(night, 5, ZONE) == datetime(2033, 1, 1, 23, 59, 59, tzinfo=ZONE)


def test_a_digest_binds_the_order_and_every_field() -> None:
    items = [{"clip": "a", "proposal": "destroy"}, {"clip": "b", "proposal": "years"}]
    found = {
        list_digest("JD-1", items),
        list_digest("JD-2", items),
        list_digest("JD-1", items[::-1]),
        list_digest("JD-1", items[:1]),
        list_digest("JD-1", [items[0], {**items[1], "proposal": "destroy"}]),
    }
    assert len(found) == 5
