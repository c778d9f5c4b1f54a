"""Who may merge and split cases and change their handlers, and when (R2.2). Pure data and functions."""

from __future__ import annotations

from catalog.rules.case_life import CHANGEABLE, ENDED_WITHOUT_FILE, IN_ARCHIVE

JOINERS = frozenset({"section-head", "legal"})
"""The head of the section for what is not filed yet; once it is a case with a number, the legal section as well."""


def joining_refusal(state: str, roles: frozenset[str]) -> str | None:
    """Answer why somebody may not merge or split a case in `state`: `not-yours`, `wrong-state`, or None when they may."""
    if not roles & (frozenset({"section-head"}) if state == "lead" else JOINERS):
        return "not-yours"
    return None if state in CHANGEABLE else "wrong-state"


def handlers_refusal(state: str, roles: frozenset[str]) -> str | None:
    """Answer why somebody may not change a case's handlers: people leave also while a file is under review."""
    if not roles & (frozenset({"section-head"}) if state == "lead" else JOINERS):
        return "not-yours"
    return "wrong-state" if state in IN_ARCHIVE | ENDED_WITHOUT_FILE else None


def weaker_type(source: str, target: str) -> bool:
    """Answer whether merging `source` into `target` would put general-procedure evidence under a lesser type (R2.10)."""
    return source == "penalty-general" and target != "penalty-general"
