"""What `liuhen dock` shows: bars while it runs, then a table of receipts, or one JSON object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Self
from urllib.parse import urljoin

import click
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from rich.table import Table

from ingest.desk import Desk
from ingest.docking import Result
from ingest.journal.rows import FileRow
from ingest.names import encoded, shown
from ingest.progress import View
from ingest.recorders.base import Recorder
from ingest.words.words import Words

MOST_ROWS = 60
"""Receipts a table shows at most; JSON has them all."""
_NAME_WIDTH = 38


class Bars:
    """Three bars: the current file, everything to copy, everything to hand over. Silent where nobody looks."""

    def __init__(self, words: Words, *, quiet: bool) -> None:
        console = Console(stderr=True)
        self._words = words
        self._progress = Progress(
            TextColumn("{task.description}", table_column=None),
            BarColumn(bar_width=None),
            TaskProgressColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=quiet or not console.is_terminal,
            transient=True,
        )
        self._file = self._progress.add_task("…", total=None)
        self._copy = self._progress.add_task(words.say("total"), total=None)
        self._received = self._progress.add_task(words.say("handing-over"), total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, view: View) -> None:
        """Move the bars to what is seen now."""
        counts = view.counts
        name = view.current or self._words.say(f"state-{view.state}")
        self._progress.update(
            self._file,
            description=escape(name if len(name) <= _NAME_WIDTH else "…" + name[1 - _NAME_WIDTH :]),
            total=view.current_size or None,
            completed=view.current_done,
        )
        self._progress.update(self._copy, total=counts.bytes, completed=min(view.bytes_done, counts.bytes))
        self._progress.update(self._received, total=counts.bytes, completed=counts.received_bytes)


def _all_files(desk: Desk, result: Result) -> Iterator[FileRow]:
    after = None
    while rows := desk.journal.files(result.docking, after):
        yield from rows
        after = rows[-1].path


def _recognised(row: FileRow) -> bool:
    """Whether the server knew the file by its fingerprint, so that it was not read."""
    return row.state == "held already"


def _locked_until(row: FileRow) -> datetime | None:
    if row.received is None:
        return None
    return datetime.fromisoformat(row.received.statement.lock_until)


def _reason(row: FileRow, words: Words) -> str:
    word = "held already" if row.held_already and not row.word else row.word
    said = words.say(word) if word else ""
    return f"{said} ({row.detail})" if row.detail else said


def print_json(desk: Desk, recorder: Recorder, result: Result, status: int, words: Words) -> None:
    """Print everything of a docking as one JSON object."""
    files = []
    for row in _all_files(desk, result):
        lock = _locked_until(row)
        files.append(
            {
                "path": encoded(row.path),
                "shown": shown(row.path),
                "size": row.size,
                "end": row.state,
                "attention": row.attention or bool(row.bad_ranges),
                "reason": _reason(row, words),
                # Of a file that was only recognised nobody computed a digest; the clip's page has that of the clip.
                "recognised": _recognised(row),
                "sha256": row.sha256 or None,
                "sm3": row.sm3 or None,
                "bad_ranges": row.bad_ranges,
                "clip": str(row.clip) if row.clip else None,
                "held_already": row.held_already,
                "locked_until": lock.isoformat() if lock else None,
                "page": _address(desk, row.page),
            }
        )
    counts = result.counts
    answer: dict[str, Any] = {
        "docking": str(result.docking),
        "page": _address(desk, result.page),
        "recorder": recorder.identity.model_dump(mode="json"),
        "ended": result.reason,
        "exit_status": int(status),
        "trouble": {"kind": result.trouble.kind, "text": words.say(result.trouble.text)}
        if result.trouble
        else None,
        "message": result.message,
        "spool": str(desk.spool.path),
        "files_total": counts.files,
        "files_copied": counts.copied_files,
        "files_received": counts.received_files,
        "bytes_total": counts.bytes,
        "bytes_received": counts.received_bytes,
        "files": files,
    }
    click.echo(json.dumps(answer, ensure_ascii=False, indent=1))


def print_report(desk: Desk, recorder: Recorder, result: Result, status: int, words: Words) -> None:
    """Print receipts, what needs attention, and what is safe."""
    del status
    console = Console()
    if not console.is_terminal:
        console.width = 200
    identity = recorder.identity
    name = " ".join(filter(None, (identity.vendor, identity.model, identity.serial)))
    console.print(f"{words.say('recorder')}: {name} ({identity.serial_source})", markup=False)
    received, held = _print_receipts(console, desk, result, words)
    _print_others(console, desk, result, words)
    counts = result.counts
    if not counts.files:
        click.echo(words.say("nothing-found", path=getattr(recorder, "root", "")), err=True)
    elif received and received == held and not counts.waiting:
        click.echo(words.say("all-held", held=held))
    elif received:
        click.echo(words.say("summary", received=received, held=held, size=decimal(counts.received_bytes)))
    if counts.cleared_files:
        click.echo(words.say("cleared-summary", count=counts.cleared_files))
    if result.page:
        click.echo(f"{words.say('page')}: {_address(desk, result.page)}")
    _say_trouble(desk, result, words)


def _print_receipts(console: Console, desk: Desk, result: Result, words: Words) -> tuple[int, int]:
    """Print the table; answer how many receipts there are, and how many are for what was held already."""
    table = Table()
    for word in ("file", "size", "digest", "locked-until", "page"):
        table.add_column(words.say(word), overflow="fold", justify="right" if word == "size" else "left")
    received = held = 0
    for row in _all_files(desk, result):
        lock = _locked_until(row)
        if lock is None or row.received is None:
            continue
        received += 1
        held += row.held_already
        if received <= MOST_ROWS:
            table.add_row(
                escape(shown(row.path)),
                decimal(row.size),
                escape(words.say("recognised")) if _recognised(row) else row.sha256[:12],
                lock.astimezone().strftime("%Y-%m-%d %H:%M"),
                escape(_address(desk, row.page)),
            )
    if received > MOST_ROWS:
        table.add_row(f"… +{received - MOST_ROWS}", "", "", "", "")
    if received:
        console.print(table)
    return received, held


def _print_others(console: Console, desk: Desk, result: Result, words: Words) -> None:
    """List what needs attention, and what was left out on purpose."""
    lists: dict[str, list[FileRow]] = {"attention-list": [], "left-out-list": []}
    for row in _all_files(desk, result):
        if row.state == "refused" and not row.attention:
            lists["left-out-list"].append(row)
        elif row.attention or row.bad_ranges or (row.word and row.state in {"copied", "checked", "uploaded"}):
            lists["attention-list"].append(row)
    for word, rows in lists.items():
        if rows:
            console.print(words.say(word), markup=False)
        for row in rows[:MOST_ROWS]:
            console.print(f"  {shown(row.path)}: {_reason(row, words)}", markup=False, highlight=False)
        if len(rows) > MOST_ROWS:
            console.print(f"  … +{len(rows) - MOST_ROWS}", markup=False)


def _say_trouble(desk: Desk, result: Result, words: Words) -> None:
    counts = result.counts
    if result.message:
        click.echo(result.message, err=True)
    if counts.waiting and result.trouble is not None:
        word = {
            "server": "server-unreachable",
            "storage": "storage-unreachable",
            "intake": "intake-stopped",
            "token": "token-refused",
            "station": "spool-failed",
        }[result.trouble.kind]
        click.echo(
            words.say(
                word,
                server=desk.settings.server,
                reason=words.say(result.trouble.text),
                copied=counts.waiting,
                spool=desk.spool.path,
            ),
            err=True,
        )
    if counts.open:
        click.echo(words.say("not-safe-yet", missing=counts.open), err=True)


def _address(desk: Desk, page: str) -> str:
    return urljoin(desk.settings.server + "/", page) if page else ""
