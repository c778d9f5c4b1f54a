"""Kinds of acts by which an auditor narrows the custody log down. Pure: an action and who did it in, a word out."""

from __future__ import annotations

GROUPS = ("sign-in", "refusal", "look", "download", "change", "retention", "disposal", "machine")
"""Every entry is in exactly one of them."""

_REFUSALS = frozenset(
    {
        "account.act-refused",
        "account.look-refused",
        "account.refusals-counted",
        "account.sign-in-refused",
        "act.refused",
        "clip.out-of-reach",
        "station.enrolment-refused",
    }
)
"""Somebody was turned away. That the legal section refuses a detachment is a decision, and in none of these."""
_LOOKS = frozenset(
    {
        "clip.consulted",
        "clip.played",
        "clip.pictures-listed",
        "custody.searched",
        "search.made",
        "seal.looked",
    }
)
_TAKEN_OUT = ("-downloaded", ".downloaded", "-exported", ".exported", "-printed", ".printed", "paper-made")
"""What the names of acts end with by which something leaves the system, on paper or as a file."""
_RETENTION = ("hold.", "schedule.", "seal.")
_RETENTION_ENDS = ("-lock-extended", ".lock-extended", ".lock-decided", ".hold-set", ".hold-lifted")


def group_of(action: str, actor_kind: str) -> str:
    """Answer which of `GROUPS` an act belongs to; `actor_kind` is person, station or system."""
    if action in _REFUSALS:
        return "refusal"
    if action in {"account.signed-in", "account.signed-out"}:
        return "sign-in"
    if action in _LOOKS:
        return "look"
    if action.endswith(_TAKEN_OUT):
        return "download"
    if action.startswith("disposal.") or action in {"clip.destroyed", "clip.kept-longer"}:
        return "disposal"
    if action.startswith(_RETENTION) or action.endswith(_RETENTION_ENDS):
        return "retention"
    return "change" if actor_kind == "person" else "machine"
