"""重大行政执法决定: whether a proposed decision is major, and why (R3.4). Pure data and functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

ON_PERSON = Decimal(10_000)
"""Yuan from which a fine on a person, or a confiscation from one, makes a decision major."""
ON_ORGANISATION = Decimal(100_000)
"""The same for an organisation."""
MOST = Decimal(10) ** 12
"""Yuan above which an amount is taken for a slip of the keyboard."""
SUBJECTS = ("person", "organisation")

MARKS = (
    "public-interest",
    "closure",
    "suspension",
    "practice-limit",
    "lower-grade",
    "revocation",
    "heavier",
    "rights-by-law",
    "difficult",
    "by-law",
)
"""What is ticked: (1) public interest; (2) closure, suspension of business, limits on practice, lower grade, revocation,
other heavier penalties, other cases by law; (3) difficult, or with several legal relations; (4) otherwise by law."""
_ITEM = {"public-interest": 1, "difficult": 3, "by-law": 4}


@dataclass(frozen=True, slots=True)
class ProposedDecision:
    """What the proposed decision would do. Amounts are yuan; None: not said."""

    on: str = ""
    """person, organisation, or empty while nobody said."""
    fine: Decimal | None = None
    confiscation: Decimal | None = None
    """Unlawful gains and property together."""
    marks: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a decision is major: the item of R3.4, a stable word, and the amount where it is one."""

    item: int
    word: str
    amount: Decimal | None = None


REASONS = (
    *MARKS,
    "fine-person",
    "fine-organisation",
    "fine-unknown",
    "confiscation-person",
    "confiscation-organisation",
    "confiscation-unknown",
)


def major_reasons(proposed: ProposedDecision) -> tuple[Reason, ...]:
    """Answer every reason for which the decision is major, by item; none: it is not (R3.4).

    While nobody said on whom an amount falls, the lower limit counts: a review too many harms nobody.
    """
    found = [Reason(_ITEM.get(mark, 2), mark) for mark in MARKS if mark in proposed.marks]
    limit = ON_ORGANISATION if proposed.on == "organisation" else ON_PERSON
    whom = proposed.on if proposed.on in SUBJECTS else "unknown"
    for what, amount in (("fine", proposed.fine), ("confiscation", proposed.confiscation)):
        if amount is not None and amount >= limit:
            found.append(Reason(2, f"{what}-{whom}", amount))
    return tuple(sorted(found, key=lambda reason: reason.item))


def read_amount(text: str) -> Decimal | None:
    """Read yuan as people write them (`12,000.50`, `1.2万`, `5000元`); None for nothing. Raises ValueError for what is none."""
    plain = (
        text.strip().replace(",", "").replace("，", "").replace("￥", "").replace("¥", "").replace(" ", "")
    )
    plain = plain.removesuffix("元")
    if not plain:
        return None
    times = Decimal(1)
    if plain.endswith("万"):
        plain, times = plain[:-1], Decimal(10_000)
    try:
        amount = Decimal(plain) * times
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not amount.is_finite() or not 0 <= amount <= MOST or amount != amount.quantize(Decimal("0.01")):
        raise ValueError(text)
    return amount


def facts_of(proposed: ProposedDecision) -> dict[str, Any]:
    """Answer what is kept of it with the case; amounts as text, so that no cent is lost."""
    kept: dict[str, Any] = {}
    if proposed.on:
        kept["on"] = proposed.on
    for name, amount in (("fine", proposed.fine), ("confiscation", proposed.confiscation)):
        if amount is not None:
            kept[name] = f"{amount:.2f}"
    if proposed.marks:
        kept["marks"] = sorted(proposed.marks)
    return kept


def proposed_of(kept: Mapping[str, Any]) -> ProposedDecision:
    """Answer the proposed decision from what is kept with a case."""
    return ProposedDecision(
        on=str(kept.get("on", "")),
        fine=Decimal(kept["fine"]) if kept.get("fine") else None,
        confiscation=Decimal(kept["confiscation"]) if kept.get("confiscation") else None,
        marks=frozenset(kept.get("marks", ())),
    )
