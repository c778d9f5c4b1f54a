"""The board's facts in a terminal: a live table, a plain line for each change, or one answer.

Asks the station's own board; where none answers, reads the journal, which says less: what is plugged in is not known.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import urllib3
from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from ingest.board.facts import NoHouse, Noticeboard
from ingest.board.reading import JournalReader
from ingest.board.saying import Speaker
from ingest.settings import StationSettings
from ingest.spool import STATION

EVERY = 1.0
"""Seconds between looks."""
_STYLES = {"safe": "green", "run": "cyan", "stop": "bold red", "wait": "yellow", "idle": "dim"}
_SIGNS = {"safe": "✔", "run": "◐", "stop": "▲", "wait": "◌", "idle": "○"}


class NothingKnown(Exception):
    """Neither a board nor a journal answers; the message says what to do."""


class Asker:
    """Answers how the station stands."""

    def __init__(self, settings: StationSettings, speaker: Speaker) -> None:
        self._settings = settings
        self._speaker = speaker
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(connect=1, read=5))

    def state(self) -> dict[str, Any]:
        """Answer what the board is drawn from. Raises NothingKnown."""
        host, port = self._settings.board_listen, self._settings.board_port
        if port:
            address = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
            try:
                language = self._speaker.words.language
                answer = self._pool.request("GET", f"http://{address}:{port}/state?lang={language}")
                said = json.loads(answer.data)
                if answer.status == 200 and isinstance(said, dict) and "slots" in said:
                    return said
            except (urllib3.exceptions.HTTPError, ValueError):
                pass
        return self._from_journal()

    def _from_journal(self) -> dict[str, Any]:
        path = self._settings.spool / STATION / "journal.db"
        settings = self._settings
        try:
            reader = JournalReader(path)
        except sqlite3.Error as error:
            raise NothingKnown(self._speaker.word("board-no-journal", spool=settings.spool)) from error
        try:
            notices = Noticeboard(
                reader,
                NoHouse(),
                station=settings.station or "",
                slots=settings.slots,
                call=settings.call or "",
                running=False,
            )
            return self._speaker.board(notices.facts())
        except sqlite3.Error as error:
            raise NothingKnown(self._speaker.word("board-no-journal", spool=settings.spool)) from error
        finally:
            reader.close()


def table(state: dict[str, Any], speaker: Speaker) -> Table:
    """Draw the slots, with what concerns all of them above and below."""
    drawn = Table(
        title=f"{state['title']}  {state['time']}", expand=True, title_justify="left", caption_justify="left"
    )
    for column in ("slot", "state", "recorder"):
        drawn.add_column(
            speaker.word(f"board-c-{column}"), ratio=2 if column == "state" else None, overflow="fold"
        )
    drawn.add_column("", ratio=3, overflow="fold")
    for banner in state["banners"]:
        drawn.add_row(
            "", f"[{_STYLES[banner['tone']]}]{_SIGNS[banner['tone']]} {escape(banner['text'])}[/]", "", ""
        )
    for slot in state["slots"]:
        said = " ".join(filter(None, (slot["recorder"], slot["who"])))
        drawn.add_row(
            escape(slot["label"]),
            f"[{_STYLES[slot['tone']]}]{_SIGNS[slot['tone']]} {escape(slot['headline'])}[/]",
            escape(said),
            escape(_rest(slot)),
        )
    drawn.caption = "  ".join([chip["text"] for chip in state["chips"]] + state["foot"][1:])
    return drawn


def lines(state: dict[str, Any]) -> dict[str, str]:
    """Answer a plain line for each slot, and for what concerns all."""
    said = {slot["slot"]: _plain(slot) for slot in state["slots"]}
    said |= {f"banner {number}": banner["text"] for number, banner in enumerate(state["banners"])}
    return said


def _plain(slot: dict[str, Any]) -> str:
    parts = (f"{slot['label']}: {slot['headline']}", _rest(slot), slot["recorder"], slot["who"])
    return " | ".join(filter(None, parts))


def _rest(slot: dict[str, Any]) -> str:
    trace = [f"{node['text']} {node['count']}" for node in slot["trace"]]
    return " · ".join([*slot["lines"], *trace, *slot["notes"], *([slot["call"]] if slot["call"] else [])])


def watch(asker: Asker, speaker: Speaker, console: Console, go_on: Callable[[], bool] = lambda: True) -> None:
    """Show the board until interrupted: live in a terminal, else a line for each change. Raises NothingKnown at first."""
    state = asker.state()
    if not console.is_terminal:
        _log(asker, state, console, go_on)
        return
    with Live(table(state, speaker), console=console, auto_refresh=False, screen=True) as live:
        while go_on():
            time.sleep(EVERY)
            try:
                live.update(table(asker.state(), speaker), refresh=True)
            except NothingKnown as error:
                live.update(str(error), refresh=True)


def _log(asker: Asker, state: dict[str, Any], console: Console, go_on: Callable[[], bool]) -> None:
    shown: dict[str, str] = {}
    while True:
        now = lines(state)
        for key, line in now.items():
            if shown.get(key) != line:
                console.print(f"{state['at']} {line}", highlight=False, markup=False, soft_wrap=True)
        shown = now
        if not go_on():
            return
        time.sleep(EVERY)
        try:
            state = asker.state()
        except NothingKnown as error:
            console.print(str(error), highlight=False, markup=False, soft_wrap=True)
