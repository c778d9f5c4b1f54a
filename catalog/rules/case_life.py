"""The life of a case file (R2.8): its states, and which moves lead from one to the next. Pure data and functions.

`open → finished → made-up → corrected → reviewed → handed-over → accepted → archived → transferred`, with `returned`
for what the legal section sends back, `lead` for what has no number yet, and reopening.
"""

from __future__ import annotations

from dataclasses import dataclass

STATES = (
    "lead",
    "open",
    "finished",
    "made-up",
    "corrected",
    "returned",
    "reviewed",
    "handed-over",
    "accepted",
    "archived",
    "transferred",
    "dropped",
    "merged",
)
"""线索, 办理中, 办结（执行完毕）, 已立卷, 已校核, 退回补正, 已审核, 已移交, 已接收, 已归档, 已移交进馆, 不予立案, 已并案."""
CHANGEABLE = frozenset({"lead", "open", "finished", "made-up", "corrected", "returned"})
"""While it is in one of these, clips are attached and detached, and its facts are entered. After the legal section has
passed it, what is in the file is what was reviewed."""
IN_ARCHIVE = frozenset({"accepted", "archived", "transferred"})
"""The office has taken it over: the long lock, acceptance and period, is due (invariant 5)."""
ENDED_WITHOUT_FILE = frozenset({"dropped", "merged"})
"""It has no file of its own to be archived; nothing that was on it loses its hold by that."""


@dataclass(frozen=True, slots=True)
class Move:
    """One move: from which states, to which, and what it asks for."""

    sources: frozenset[str]
    target: str
    roles: frozenset[str]
    """Roles of which one may make it; leaders decide nothing about evidence (R5.4), so they reopen and no more."""
    note: bool = False
    """A reason must be given."""
    giver: bool = False
    """A hand-over: the two people who hand over and take over are two (R2.8)."""


def _move(sources: str, target: str, roles: str, *, note: bool = False, giver: bool = False) -> Move:
    return Move(frozenset(sources.split()), target, frozenset(roles.split()), note, giver)


MOVES: dict[str, Move] = {
    "file": _move("lead", "open", "handler section-head"),
    "drop": _move("lead", "dropped", "handler section-head", note=True),
    "finish": _move("open", "finished", "handler section-head"),
    "make-up": _move("finished returned", "made-up", "handler"),
    "correct": _move("made-up", "corrected", "section-head"),
    "send-back": _move("made-up", "finished", "section-head", note=True),
    "pass": _move("corrected", "reviewed", "legal"),
    "return": _move("corrected", "returned", "legal", note=True),
    "hand-over": _move("reviewed", "handed-over", "legal handler section-head"),
    "take-back": _move("handed-over", "reviewed", "legal handler section-head archivist", note=True),
    "accept": _move("handed-over", "accepted", "archivist", giver=True),
    "archive": _move("accepted", "archived", "archivist"),
    "transfer": _move("archived", "transferred", "archivist", note=True),
    "reopen": _move(
        "finished made-up corrected returned reviewed handed-over accepted archived",
        "open",
        "legal leader bureau-head",
        note=True,
    ),
}
"""Every move by its name. Merging and splitting concern two cases and are acts of their own."""


def moves_from(state: str, roles: frozenset[str], *, same_as_giver: bool = False) -> tuple[str, ...]:
    """Answer the moves that somebody with `roles` may make from `state`, in the order of the file's way.

    `same_as_giver`: it is the one who handed the file over, who does not take it over as well (R2.8).
    """
    return tuple(
        name
        for name, move in MOVES.items()
        if state in move.sources and roles & move.roles and not (move.giver and same_as_giver)
    )


def refusal(state: str, name: str, roles: frozenset[str], *, note: str, same_as_giver: bool) -> str | None:
    """Answer why a move is refused, as a stable word, or None when it may be made.

    `unknown-move`, `wrong-state`, `not-yours`, `note-missing`, or `same-person` where whoever takes a file over is the
    one who handed it over (R2.8).
    """
    move = MOVES.get(name)
    if move is None:
        return "unknown-move"
    if state not in move.sources:
        return "wrong-state"
    if not roles & move.roles:
        return "not-yours"
    if move.note and not note.strip():
        return "note-missing"
    if move.giver and same_as_giver:
        return "same-person"
    return None
