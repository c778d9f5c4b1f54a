"""Holds 暂停销毁: reasons, who sets, reads and lifts them (R2.11, R4.8, R5.7, R5.12, R9.5, R9.8). Pure data and functions."""

from __future__ import annotations

REASONS: dict[str, frozenset[str]] = {
    "reconsideration": frozenset({"legal"}),
    "litigation": frozenset({"legal"}),
    "compensation": frozenset({"legal"}),
    "police": frozenset({"legal"}),
    "audit": frozenset({"legal", "archivist"}),
    "court": frozenset({"legal", "archivist"}),
    "complaint": frozenset({"personnel"}),
    "discipline": frozenset({"personnel"}),
    "interference": frozenset({"personnel"}),
}
"""Each reason and the roles that set, read and lift it: 行政复议, 行政诉讼, 国家赔偿, 移送公安, 审计, 法院调取/保全,
投诉举报, 纪检监察, 干预记录."""
RESTRICTED = frozenset({"complaint", "discipline", "interference"})
"""The personnel section alone may know (R5.7, R5.12, R9.8); everybody else reads that destruction is suspended by rule."""
TARGETS = ("clip", "case", "officers")


def reasons_of(roles: frozenset[str]) -> tuple[str, ...]:
    """Answer the reasons that somebody with `roles` sets, reads and lifts; none of others' are even counted."""
    return tuple(reason for reason, whose in REASONS.items() if roles & whose)


def may_know(roles: frozenset[str], reason: str) -> bool:
    """Answer whether somebody with `roles` may read that a hold stands for `reason`."""
    return bool(roles & REASONS[reason])
