"""What a slot says: from what is known of it to a headline, a colour, a sign and whom to call. Pure; no clock, no I/O.

Shown in the same words by the board and by `liuhen station`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from ingest.journal.rows import DockingRow
from ingest.office.officers import offered
from ingest.progress import View
from ingest.protocol import OfficerName
from ingest.words.board import BOARD

Kind = Literal[
    "empty", "taken", "reading", "copying", "checking", "clearing", "safe", "received", "verified", "nothing",
    "full", "early", "keep", "attention", "unreadable",
]  # fmt: skip
Tone = Literal["idle", "run", "safe", "stop", "wait"]
NodeState = Literal["done", "now", "todo", "bad"]

TAKEN_SECONDS = 30.0
"""How long a slot says that its recorder was taken when all was well."""
REMEMBERED_HOURS = 24.0
"""How long a slot asks for a recorder that was pulled out too early."""

_TONES: dict[Kind, Tone] = {
    "empty": "idle", "taken": "idle", "reading": "run", "copying": "run", "checking": "run", "clearing": "run",
    "safe": "safe", "received": "safe", "verified": "safe", "nothing": "safe",
    "full": "stop", "early": "stop", "keep": "stop", "attention": "stop", "unreadable": "stop",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bytes:
    """A size; written as people write it when it is said."""

    count: int


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence: a key of `ingest.words.words`, and what fills it; a fact may be a sentence or a size itself."""

    word: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Node:
    """A station on a file's way: how far all files of the docking came."""

    word: str
    state: NodeState
    count: int
    of: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The files of one docking by where they stand. Bytes, files."""

    files: int = 0
    bytes: int = 0
    copied: int = 0
    """Copied and read back here, or held by the archive already."""
    received: int = 0
    verified: int = 0
    held: int = 0
    """Recognised as archived earlier, not read now."""
    open: int = 0
    """Only on the recorder."""
    open_bytes: int = 0
    attention: int = 0
    reasons: tuple[tuple[str, int], ...] = ()
    """Why files need attention, as keys of `ingest.words.words`; the commonest first."""


@dataclass(frozen=True, slots=True)
class SlotFacts:
    """What is known of a slot."""

    plugged: bool = False
    stuck: tuple[str, str] | None = None
    """Word and detail of why what is plugged in cannot be opened."""
    docking: DockingRow | None = None
    """The latest here."""
    view: View | None = None
    """How that docking stands, while it is watched over."""
    tally: Tally = Tally()
    server_away: bool = False
    hours_ago: float = 0.0
    """Hours since the docking began."""
    left_seconds: float | None = None
    """Seconds since the recorder was taken; None when nobody saw it."""
    docked_again: bool = False
    """The docking's recorder was plugged in again since, here or elsewhere at this station."""
    officers: Sequence[OfficerName] = ()
    """All names the station knows."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a slot says."""

    kind: Kind
    headline: Said
    lines: tuple[Said, ...] = ()
    bar: float | None = None
    """From 0 to 1."""
    trace: tuple[Node, ...] = ()
    notes: tuple[Said, ...] = ()
    """What a person must know of the recorder; it is taken in all the same."""
    call: bool = False
    pick: bool = False
    """Nobody is known to hold the recorder: names may be picked."""
    release: tuple[int, int] | None = None
    """Files and bytes that leave the recorder once somebody confirms."""

    @property
    def tone(self) -> Tone:
        """The colour."""
        return _TONES[self.kind]


def standing(facts: SlotFacts) -> Standing:
    """Answer what a slot says."""
    if facts.stuck is not None:
        word, detail = facts.stuck
        return _made("unreadable", Said(word, {"detail": detail}), call=True)
    if facts.docking is None:
        return _made("reading") if facts.plugged else _made("empty")
    if not facts.plugged:
        return _left(facts)
    answer = _docked(facts)
    return Standing(
        kind=answer.kind,
        headline=answer.headline,
        lines=answer.lines,
        bar=answer.bar,
        trace=answer.trace,
        notes=_notes(facts),
        call=answer.call,
        pick=bool(offered(facts.docking, facts.officers)),
        release=_release(facts.view),
    )


def _made(
    kind: Kind,
    *lines: Said,
    headline: Mapping[str, object] | None = None,
    bar: float | None = None,
    trace: tuple[Node, ...] = (),
    call: bool = False,
) -> Standing:
    return Standing(
        kind=kind,
        headline=Said(f"board-h-{kind}", headline or {}),
        lines=lines,
        bar=bar,
        trace=trace,
        call=call,
    )


# Plugged in


def _docked(facts: SlotFacts) -> Standing:
    view, docking, tally = facts.view, facts.docking, facts.tally
    state = view.state if view is not None else None
    words = view.words if view is not None else ()
    if "clearing" in words:
        return _made("clearing", Said("board-clearing"))
    if "spool-full" in words and not (docking and docking.ended):
        return _made("full", Said("board-full"), call=True)
    if state == "reading" or (view is None and docking is not None and docking.ended is None):
        return _made("reading", Said("board-reading"))
    if view is not None and state == "copying":
        return _copying(view, tally)
    if state == "checking":
        return _made("checking", Said("board-checking"), bar=_share(tally.copied, tally.files))
    return _settled(facts)


def _copying(view: View, tally: Tally) -> Standing:
    done = min(view.bytes_done, view.counts.bytes)
    return _made(
        "copying",
        Said("board-left", {"left": left(view.seconds_left), "all": Bytes(view.counts.bytes)}),
        headline={"n": min(tally.files, tally.copied + 1), "files": tally.files},
        bar=_share(done, view.counts.bytes),
    )


def left(seconds: float | None) -> Said:
    """Say how long something still takes; without a rate, that it is not known yet."""
    if seconds is None:
        return Said("board-left-unknown")
    if seconds < 60:
        return Said("board-left-seconds")
    if seconds < 5400:
        return Said("board-left-minutes", {"count": max(1, round(seconds / 60))})
    return Said("board-left-hours", {"count": round(seconds / 3600, 1)})


def _settled(facts: SlotFacts) -> Standing:
    """Everything that can be copied is copied; the docking may have ended, the recorder is still there."""
    docking, tally, view = facts.docking, facts.tally, facts.view
    failed = docking is not None and docking.reason == "failed"
    # A view that asks for attention is heeded whatever is counted: what could not be listed is counted nowhere.
    if tally.attention or tally.open or failed or (view is not None and view.state == "attention"):
        return _made("attention", *_why(facts), call=True)
    if not tally.files:
        return _made("nothing", Said("board-nothing"))
    files = {"count": tally.files}
    if tally.verified and tally.verified + tally.held == tally.files:
        said = (
            Said("board-verified-new", {"count": tally.held}) if tally.held else Said("board-verified", files)
        )
        return _made("verified", said, trace=_trace(tally))
    if tally.received == tally.files:
        every = (
            Said("board-all-held") if tally.held == tally.files else Said("board-held", {"count": tally.held})
        )
        held = (every,) if tally.held else ()
        return _made("received", Said("board-received", files), *held, trace=_trace(tally))
    waits = (Said("board-waits"),) if facts.server_away else ()
    return _made("safe", Said("board-kept", files), *waits, trace=_trace(tally))


def _why(facts: SlotFacts) -> tuple[Said, ...]:
    """Say in one sentence what is wrong, and how much is affected."""
    tally = facts.tally
    if tally.reasons:
        word, _ = tally.reasons[0]
        said = [Said("board-troubled", {"count": tally.attention or tally.open, "reason": why(word)})]
    elif facts.view is not None and facts.view.words:
        said = [why(facts.view.words[0])]
    else:
        said = [Said("board-unfinished", {"count": tally.open, "size": Bytes(tally.open_bytes)})]
    if 0 < tally.copied < tally.files:
        said.append(Said("board-rest-safe", {"count": tally.copied}))
    return tuple(said)


def why(word: str) -> Said:
    """Answer the short form of a reason for a tile, which says whom to call besides; the long one stands in the list."""
    short = f"board-why-{word}"
    return Said(short if short in BOARD else word)


def _trace(tally: Tally) -> tuple[Node, ...]:
    ways = (
        ("board-n-here", tally.copied, tally.files),
        ("board-n-archive", tally.received, tally.files),
        ("board-n-verified", tally.verified, tally.files - tally.held),
    )
    nodes = []
    for word, count, of in ways:
        whole = bool(tally.files) and 0 < of <= count
        state: NodeState = "done" if whole else "now" if count else "todo"
        nodes.append(Node(word, state, count, of))
    return tuple(nodes)


def _share(part: int, whole: int) -> float:
    return min(1.0, part / whole) if whole else 0.0


def _notes(facts: SlotFacts) -> tuple[Said, ...]:
    docking, view = facts.docking, facts.view
    notes = []
    if docking is not None and docking.answer is not None:
        notes += [Said(f"board-note-{note}") for note in docking.answer.notes]
    same = docking is not None and docking.recorder.same_serial
    if same and not any(note.word == "board-note-same-serial" for note in notes):
        notes.append(Said("board-note-same-serial"))
    if view is not None and "low-space" in view.words:
        notes.append(Said("board-note-low-space"))
    return tuple(notes)


def _release(view: View | None) -> tuple[int, int] | None:
    return (view.to_confirm, view.to_confirm_bytes) if view is not None and view.to_confirm else None


# Taken out


def _left(facts: SlotFacts) -> Standing:
    docking, tally = facts.docking, facts.tally
    forgotten = facts.docked_again or facts.hours_ago >= REMEMBERED_HOURS
    if docking is None or (not forgotten and docking.ended is None):
        return _made("empty")
    if not forgotten and docking.reason == "unplugged":
        return _made("early", *_missing(tally))
    if not forgotten and (tally.attention or tally.open or docking.reason == "failed"):
        return _made("keep", *_why(facts), call=True)
    if facts.left_seconds is not None and facts.left_seconds < TAKEN_SECONDS and tally.files:
        return _made("taken", Said("board-taken", {"count": tally.files}), trace=_trace(tally))
    return _made("empty")


def _missing(tally: Tally) -> tuple[Said, ...]:
    if not tally.open:
        return (Said("board-early-list"),)
    said = [Said("board-early", {"count": tally.open, "size": Bytes(tally.open_bytes)})]
    if tally.copied:
        said.append(Said("board-rest-safe", {"count": tally.copied}))
    return tuple(said)
