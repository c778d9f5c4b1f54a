"""Whether a proposed decision is major, and why (R3.4)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.major_decision import (
    MARKS,
    REASONS,
    ProposedDecision,
    facts_of,
    major_reasons,
    proposed_of,
    read_amount,
)

D = Decimal


def words(**facts: object) -> list[str]:
    return [reason.word for reason in major_reasons(ProposedDecision(**facts))]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({}, []),
        ({"on": "person", "fine": D("9999.99")}, []),
        ({"on": "person", "fine": D(10_000)}, ["fine-person"]),
        ({"on": "organisation", "fine": D("99999.99")}, []),
        ({"on": "organisation", "fine": D(100_000)}, ["fine-organisation"]),
        ({"fine": D(10_000)}, ["fine-unknown"]),
        ({"on": "person", "confiscation": D(10_000)}, ["confiscation-person"]),
        # Neither alone reaches the limit: they are two things in R3.4.
        ({"on": "person", "fine": D(6_000), "confiscation": D(6_000)}, []),
        ({"on": "organisation", "confiscation": D(250_000)}, ["confiscation-organisation"]),
        (
            {"marks": frozenset({"by-law", "public-interest", "closure"})},
            ["public-interest", "closure", "by-law"],
        ),
        (
            {"marks": frozenset({"difficult"}), "on": "person", "fine": D(20_000)},
            ["fine-person", "difficult"],
        ),
    ],
)
def test_by_the_letter(facts: dict[str, object], why: list[str]) -> None:
    assert words(**facts) == why


PROPOSED = st.builds(
    ProposedDecision,
    on=st.sampled_from(["", "person", "organisation"]),
    fine=st.none() | st.decimals(0, 10**9, places=2),
    confiscation=st.none() | st.decimals(0, 10**9, places=2),
    marks=st.frozensets(st.sampled_from(MARKS)),
)


@given(PROPOSED)
def test_what_is_kept_says_the_same(proposed: ProposedDecision) -> None:
    assert major_reasons(proposed_of(facts_of(proposed))) == major_reasons(proposed)
    assert {reason.word for reason in major_reasons(proposed)} <= set(REASONS)


@given(PROPOSED, st.decimals(0, 10**9, places=2))
def test_more_is_never_less_major(proposed: ProposedDecision, more: Decimal) -> None:
    larger = ProposedDecision(
        proposed.on, (proposed.fine or D(0)) + more, proposed.confiscation, proposed.marks
    )
    assert len(major_reasons(larger)) >= len(major_reasons(proposed))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("", None),
        (" ", None),
        ("12000", D(12000)),
        ("12,000.50", D("12000.50")),
        ("1.2万元", D(12000)),
        ("￥5 000", D(5000)),
        ("0", D(0)),
    ],
)
def test_amounts_as_people_write_them(text: str, amount: Decimal | None) -> None:
    assert read_amount(text) == amount


@pytest.mark.parametrize("text", ["-1", "NaN", "Infinity", "1e99", "12.345", "twelve", "1;2", "9" * 30, "\0"])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        read_amount(text)
