"""What a docking slot tells a tired person: one word out of what station and server know. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SlotWord = Literal[
    "idle",  # nothing plugged in
    "reading",  # listing files
    "copying",
    "checking",  # reading back
    "take",  # copied and read back at the station: the recorder may go; storage goes on
    "stored",  # every file has its receipt
    "verified",  # every file was read back from storage
    "unread",  # all that was read is safe, and something was left unread on the recorder
    "attention",  # do not remove, call somebody
    "pulled",  # pulled out before everything was copied
    "silent",  # the station has said nothing for a while
]


@dataclass(frozen=True, slots=True)
class FileCounts:
    """Files of one docking. What the server signed counts, not what a station hopes."""

    total: int
    """Files to take in; links, pipes and the like are not among them."""
    copied: int
    received: int
    verified: int
    attention: int
    """Files that stay on the recorder and need somebody."""
    unread: int = 0
    """Files, folders and partitions that could not be read, and files that were not taken in."""


@dataclass(frozen=True, slots=True)
class SlotFacts:
    """What is known of a docking when the word is chosen."""

    said: str
    """The station's own state of the slot (`SlotState` of the protocol)."""
    ended: bool
    end_reason: str | None
    silent: bool
    counts: FileCounts


def slot_word(facts: SlotFacts) -> SlotWord:
    """Answer the one word. Never `take` or better unless the station said so or every file has its receipt."""
    counts = facts.counts
    everything_received = counts.total > 0 and counts.received >= counts.total
    if (
        facts.ended
        and facts.end_reason == "unplugged"
        and not everything_received
        and counts.copied < counts.total
    ):
        return "pulled"
    if facts.said == "attention" or counts.attention or facts.end_reason == "failed":
        return "attention"
    taken = facts.said in {"safe", "gone"} or facts.ended
    if counts.unread and taken:
        return "unread"  # what is safe of it is not all of it
    if everything_received and not counts.unread:
        return "verified" if counts.verified >= counts.total else "stored"
    if taken:
        return "take"
    if facts.silent:
        return "silent"
    if facts.said == "copying":
        return "copying"
    if facts.said == "checking":
        return "checking"
    return "reading"
