"""The steps of 鉴定销毁: states, who takes part, what opinions come to, and when the cooling period is over. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

import rfc8785

from catalog.rules.retention import end_of_day, years_after

STATES = (
    "open",
    "proposed",
    "reported",
    "cooling",
    "ready",
    "executing",
    "done",
    "undone",
    "returned",
)
"""鉴定中, 已提出意见, 已报批, 冷静期, 可以销毁, 销毁中, 已完成, 已撤销, 已退回. With the approval the cooling period begins."""
CHANGEABLE = frozenset({"open"})
"""Only now are clips put on the list or taken off it, and opinions given."""
UNDOABLE = frozenset({"cooling", "ready"})
"""The approval may be undone until the act itself is ordered."""

ITEM_STATES = ("listed", "dropped", "kept", "due", "deleting", "destroyed", "failed")
"""列入, 退出, 续存, 待销毁, 正在销毁, 已销毁, 未能销毁."""
PARTS: dict[str, str] = {"office": "archivist", "section": "section-head", "legal": "legal"}
"""The appraisal group: which role speaks for which part of it. Three people, one for each."""
PROPOSALS = ("destroy", "years", "for-ever", "transfer")
WITNESS_ROLES = frozenset({"archivist", "section-head", "legal", "office-head", "leader"})
WITNESSES = 2

COOLING = timedelta(days=14)
"""The shortest cooling period; settings may only lengthen it."""
WITNESS_VALID = timedelta(hours=2)
"""So long do the witnesses' sign-ins hold for the act."""
CLOCK_SLACK = timedelta(minutes=5)
YEARS_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one part of the group proposes for a clip; `years` only with the proposal of that name."""

    proposal: str
    years: int | None = None


def settle(opinions: Mapping[str, Opinion]) -> Opinion | None:
    """Answer what the opinions of the group come to; None while one of its three parts has not spoken.

    Only what all three want destroyed is destroyed. Where they differ, what keeps longest counts: for ever, transfer to
    the archives, the most years.
    """
    if set(opinions) != set(PARTS):
        return None
    given = list(opinions.values())
    for proposal in ("for-ever", "transfer"):
        if any(one.proposal == proposal for one in given):
            return Opinion(proposal)
    years = [one.years or 0 for one in given if one.proposal == "years"]
    return Opinion("years", max(years)) if years else Opinion("destroy")


def list_digest(number: str, items: Sequence[Mapping[str, Any]]) -> str:
    """Answer the SHA-256, hexadecimal, of an appraisal's list in its canonical form (RFC 8785): what an approval binds."""
    return hashlib.sha256(rfc8785.dumps({"appraisal": number, "items": [dict(i) for i in items]})).hexdigest()


def cooled_at(approved_at: datetime, cooling_days: int, days_set_now: int) -> datetime:
    """Answer when the cooling period ends: the longest of what was set at the approval, what is set now, and 14 days."""
    return approved_at + max(COOLING, timedelta(days=cooling_days), timedelta(days=days_set_now))


def number_key(number: str) -> str:
    """Answer what tells one approval number from another: neither spaces, brackets, width nor case of letters do."""
    return "".join(c for c in unicodedata.normalize("NFKC", number).casefold() if c.isalnum())


def years_later(moment: datetime, years: int, zone: tzinfo) -> datetime:
    """Answer the end of the day `years` after `moment` in the bureau's calendar; 29 February becomes 1 March."""
    return end_of_day(years_after(moment.astimezone(zone).date(), years), zone)
