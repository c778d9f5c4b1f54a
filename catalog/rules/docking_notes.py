"""What a person must be told of a recorder when it is docked; it is taken in all the same. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from catalog.rules.holder import stated

DockingNote = Literal["unregistered", "faulty", "assigned-elsewhere", "sealed", "same-serial"]
IN_SERVICE = "in-service"


@dataclass(frozen=True, slots=True)
class DockedFacts:
    """What register and station know of a recorder that was docked."""

    registered: bool
    state: str
    sealed: bool
    same_serial: bool
    """The station says that another recorder reports the same serial."""
    pool: bool
    holder: str | None
    """Number of the officer it is assigned to."""
    named: Collection[str]
    """Officer numbers that names on it bear."""


def docking_notes(facts: DockedFacts) -> list[DockingNote]:
    """Answer the notes, most pressing first.

    A recorder is assigned elsewhere when it is one person's and every name on it is of others.
    """
    named = {number for number in facts.named if stated(number)}
    elsewhere = facts.holder is not None and not facts.pool and bool(named) and facts.holder not in named
    notes: list[tuple[DockingNote, bool]] = [
        ("sealed", facts.sealed),
        ("faulty", facts.state != IN_SERVICE),
        ("unregistered", not facts.registered),
        ("assigned-elsewhere", elsewhere),
        ("same-serial", facts.same_serial),
    ]
    return [note for note, holds in notes if holds]
