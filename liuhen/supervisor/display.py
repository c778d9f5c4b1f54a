"""What a person and a program see of the parts: a line for each change, and a small file with the whole."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from liuhen.supervisor.keeper import Keeper
from liuhen.supervisor.part import State

QUIET = {State.WAITING, State.STARTING, State.STOPPING}
"""States that pass by; they are in the file, but make no line."""


class Display:
    """Prints one line for each part that came to a new state, and keeps `state.json` up to date."""

    def __init__(self, file: Path, say: Callable[[str], None], width: int = 12) -> None:
        self._file = file
        self._say = say
        self._width = width
        self._shown: dict[str, tuple[State, int]] = {}
        self._written = ""

    def line(self, keeper: Keeper) -> str:
        """Answer the line for one part: name, state, address, seconds, restarts, note."""
        part = keeper.part
        seconds = f"{keeper.seconds:5.1f} s" if keeper.satisfied else " " * 7
        count = keeper.backoff.total
        restarts = (
            f"  restarted {count}×" if count and keeper.satisfied else f"  died {count}×" if count else ""
        )
        note = f"  {keeper.note}" if keeper.note else ""
        return f"{part.name:<{self._width}}  {keeper.state:<13}  {part.address:<28}  {seconds}{restarts}{note}".rstrip()

    def update(self, keepers: Iterable[Keeper], *, ready: bool) -> None:
        """Show what changed since the last call."""
        facts = {}
        for keeper in keepers:
            name, mark = keeper.part.name, (keeper.state, keeper.backoff.total)
            if self._shown.get(name) != mark:
                if keeper.state not in QUIET:
                    self._say(self.line(keeper))
                self._shown[name] = mark
            facts[name] = {
                "state": str(keeper.state),
                "pid": keeper.process.pid if keeper.process else None,
                "deaths": keeper.backoff.total,
                "address": keeper.part.address,
                "exit_status": keeper.exit_status,
                "note": keeper.note,
            }
        self._write({"supervisor": os.getpid(), "ready": ready, "parts": facts})

    def _write(self, facts: dict[str, object]) -> None:
        text = json.dumps(facts, indent=1)
        if text != self._written:
            self._written = text
            # Renamed into place, so a reader never sees half of it. It is rebuilt at each start: no need to sync.
            new = self._file.with_suffix(".new")
            new.write_text(text)
            new.replace(self._file)

    def remove(self) -> None:
        """Nothing runs any more."""
        self._file.unlink(missing_ok=True)
