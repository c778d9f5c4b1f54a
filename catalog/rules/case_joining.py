"""Who may merge and split cases and change their handlers, and when (R2.2). Pure data and functions."""

from __future__ import annotations

from catalog.rules.case_life import CHANGEABLE, ENDED_WITHOUT_FILE, IN_ARCHIVE

JOINERS = frozenset({"section-head", "legal"})
"""The head of the section for what is not filed yet; once it is a case with a number, the legal section as well."""


def joiners(state: str) -> frozenset[str]:
    """Answer the roles that merge and split a case in `state`."""
    return frozenset({"section-head"}) if state == "lead" else JOINERS


def joining_refusal(state: str, roles: frozenset[str]) -> str | None:
    """Answer why somebody may not merge or split a case in `state`: `not-yours`, `wrong-state`, or None when they may."""
    if not roles & joiners(state):
        return "not-yours"
    return None if state in CHANGEABLE else "wrong-state"


def handlers_refusal(state: str, roles: frozenset[str]) -> str | None:
    """Answer why somebody may not change a case's handlers: people leave also while a file is under review."""
    if not roles & joiners(state):
        return "not-yours"
    return "wrong-state" if state in IN_ARCHIVE | ENDED_WITHOUT_FILE else None


BEFORE_A_CASE = frozenset({"inspection", "complaint"})
"""What comes before a case of another type, and ends in it."""


def weaker_type(source: str, target: str) -> bool:
    """Answer whether `source` as `target` could come under a shorter period (R2.10).

    Which type is kept longer is the schedule's to say, and changes; so a type stays, but for what comes before a case, and
    for a general-procedure penalty, which nothing is kept longer than.
    """
    return target not in {source, "penalty-general"} and source not in BEFORE_A_CASE
