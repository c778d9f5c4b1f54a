"""Which files of a docking count as failed: something of theirs is still owed. Pure."""

from __future__ import annotations

HARMLESS = frozenset(
    {"link", "fifo", "socket", "device", "unknown-kind", "folder-not-file", "other-filesystem"}
)
"""Words for what is no recording; nothing is owed for it."""
FAILED_ENDS = frozenset({"changed while read", "vanished"})


def word_of(reason: str) -> str:
    """Answer a station's word without the details that follow it."""
    return reason.partition(": ")[0]


def is_failed(*, end: str, reason: str, held: bool) -> bool:
    """Answer whether a file needs a person; `held`: its bytes are in the storage."""
    if held or word_of(reason) in HARMLESS:
        return False
    return end in FAILED_ENDS or bool(reason)
