"""`liuhen station`: what the board shows, in a terminal."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import click

from liuhen.commands.options import fail


def show(data: Path, *, once: bool, as_json: bool) -> None:
    """Show how the station in `data` stands: once, or until interrupted."""
    from rich.console import Console  # noqa: PLC0415  (help must come at once)

    from ingest.board.saying import Speaker  # noqa: PLC0415
    from ingest.board.terminal import Asker, NothingKnown, lines, table, watch  # noqa: PLC0415
    from ingest.words.words import language  # noqa: PLC0415
    from liuhen.station_settings import StationSettingsMissing, station_settings  # noqa: PLC0415

    try:
        settings = station_settings(data)
    except StationSettingsMissing as error:
        fail(str(error), 2)
    speaker = Speaker(language(settings.language))
    console = Console()
    try:
        asker = Asker(settings, speaker)
        if not once:
            with contextlib.suppress(KeyboardInterrupt):
                watch(asker, speaker, console)
            return
        state = asker.state()
    except NothingKnown as error:
        fail(str(error))
    if as_json:
        click.echo(json.dumps(state, ensure_ascii=False, indent=1))
        return
    if not state["running"]:
        click.echo(speaker.word("board-not-running"), err=True)
    if console.is_terminal:
        console.print(table(state, speaker))
    else:
        for line in lines(state).values():
            click.echo(line)
