"""The life of a recorder (R2.15): its states, and which moves lead from one to the next. Pure data and functions.

`in-service → out-of-service → in-repair → in-service | retired`. A recorder may be issued in one state only.
"""

from __future__ import annotations

from dataclasses import dataclass

STATES = ("in-service", "out-of-service", "in-repair", "retired")
"""在用, 停用（故障）, 维修中, 报废."""
ISSUABLE = frozenset({"in-service"})
"""In all others nobody is given it (R2.15). What it recorded is taken in all the same."""
FAULTS = (
    "no-picture",
    "no-sound",
    "no-power",
    "battery",
    "card",
    "clock",
    "housing",
    "buttons",
    "reading",
    "other",
)
"""画面, 声音, 开机, 电池, 存储, 时钟, 外壳, 按键, 读取, 其他."""
ITEMS = ("battery", "memory", "clock", "housing", "picture", "sound")
"""What a check looks at (R2.14)."""
RESULTS = ("good", "watch", "failed", "not-checked")
"""合格, 待核实, 不合格, 未检查."""
OCCASIONS = ("issue", "docking", "planned", "return")
"""领用前, 采集时, 定期, 维修后."""
FAULT_OF_ITEM = {
    "battery": "battery",
    "memory": "card",
    "clock": "clock",
    "housing": "housing",
    "picture": "no-picture",
    "sound": "no-sound",
}
"""What a failed item of a check by hand is, as a fault."""
ITEM_OF_FAULT = {fault: item for item, fault in FAULT_OF_ITEM.items()}
DOUBTS = ("clock-drift", "battery-falling", "broken-files")
"""What readings raise as 待核实: a person decides whether it is a fault."""
RESULTS_OF_REPAIR = ("repaired", "not-repaired", "beyond-repair")
"""修好, 未修好, 无法修复."""


@dataclass(frozen=True, slots=True)
class Move:
    """One move: from which states, and to which; `target` None leaves the state as it is."""

    sources: frozenset[str]
    target: str


def _move(sources: str, target: str) -> Move:
    return Move(frozenset(sources.split()), target)


MOVES: dict[str, Move] = {
    "stop": _move("in-service", "out-of-service"),
    "clear": _move("out-of-service", "in-service"),
    "send": _move("out-of-service", "in-repair"),
    "give-up": _move("in-repair", "out-of-service"),
    "return": _move("in-repair", "in-service"),
    "retire": _move("in-service out-of-service in-repair", "retired"),
}
"""`stop`: a fault. `clear`: every fault was rejected with a reason. `send`, `give-up`, `return`: to the repairer and back,
unrepaired or repaired. Nothing leads out of `retired`."""


def after(state: str, move: str) -> str | None:
    """Answer the state after a move, or None where it is not allowed."""
    found = MOVES.get(move)
    return found.target if found is not None and state in found.sources else None


def moves_from(state: str) -> tuple[str, ...]:
    """Answer the moves that lead on from a state."""
    return tuple(name for name, move in MOVES.items() if state in move.sources)


@dataclass(frozen=True, slots=True)
class Check:
    """The results of a check, item by item; what is not named was not looked at."""

    results: dict[str, str]

    @property
    def failed(self) -> tuple[str, ...]:
        """Items that failed, in their order."""
        return tuple(item for item in ITEMS if self.results.get(item) == "failed")

    @property
    def good(self) -> bool:
        """Whether something was looked at and all of it was good."""
        looked = [r for r in self.results.values() if r != "not-checked"]
        return bool(looked) and all(r == "good" for r in looked)

    @property
    def whole(self) -> bool:
        """Whether every item was looked at."""
        return all(self.results.get(item, "not-checked") != "not-checked" for item in ITEMS)


def vouches_against(check: Check, fault: str) -> bool:
    """Answer whether a check shows that this fault was not there yet.

    It does when the item concerned was looked at and good; for a fault that is no single item, when all items were.
    """
    item = ITEM_OF_FAULT.get(fault)
    if item is not None:
        return check.results.get(item) == "good"
    return check.whole and check.good
