"""Which files of a docking count as failed: something of theirs is still owed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

HARMLESS = frozenset(
    {
        "link",
        "fifo",
        "socket",
        "device",
        "unknown-kind",
        "folder-not-file",
        "other-filesystem",
        "partition-blank",
    }
)
"""Words for what is no recording and hides none; nothing is owed for it."""
TAKEN = frozenset({"received", "verified", "clearable", "cleared", "held already"})
"""Ends of what is in the storage."""
UNREAD = {
    "unreadable": "file",
    "same-name": "file",
    "unreadable-folder": "folder",
    "folder-circle": "folder",
    "medium-unreadable": "partition",
    "filesystem-damaged": "partition",
    "filesystem-unknown": "partition",
    "filesystem-not-readable": "partition",
    "filesystem-not-known-here": "partition",
    "may-not-mount": "partition",
    "partitions-not-shown": "partition",
    "too-large": "large",
    "too-large-here": "large",
}
"""Words for what was not read and is on the recorder alone, and what each of them speaks of; `large`: a file refused for
its size before a byte of it was read."""
UNTAKEN = "untaken"
"""A file refused with any other word: one of a later station, or of a recorder's maker."""
UNREAD_KINDS = ("file", "folder", "partition", "large", UNTAKEN)
FAILED_ENDS = frozenset({"changed while read", "vanished"})


def word_of(reason: str) -> str:
    """Answer a station's word without the details that follow it."""
    return reason.partition(": ")[0]


def is_failed(*, end: str, reason: str, held: bool) -> bool:
    """Answer whether a file needs a person; `held`: its bytes are in the storage."""
    if held or word_of(reason) in HARMLESS:
        return False
    return end in FAILED_ENDS or bool(reason)


def is_owed(*, end: str, reason: str, held: bool) -> bool:
    """Answer whether something of a file is outstanding: it is on its way still, or it failed.

    `refused` alone says nothing: what is no recording is refused, and so is what could not be read.
    """
    if end == "refused":
        return is_failed(end=end, reason=reason, held=held)
    return end not in TAKEN


def unread_of(*, end: str, reason: str, held: bool) -> str | None:
    """Answer what was left unread: a `file`, a `folder`, a `partition`, a file too `large`, one `untaken`; None for all else.

    `untaken` is what a station refuses with a word unknown here: nobody is told that it is safe.
    """
    if end != "refused" or not is_failed(end=end, reason=reason, held=held):
        return None
    return UNREAD.get(word_of(reason), UNTAKEN)


def count_unread(seen: Iterable[tuple[str, str, bool]]) -> dict[str, int]:
    """Count what was left unread by what it is; `seen`: end and reason of each thing, and whether it is held."""
    kinds = Counter(unread_of(end=end, reason=reason, held=held) for end, reason, held in seen)
    return {kind: kinds[kind] for kind in UNREAD_KINDS if kinds[kind]}
