"""`liuhen render`: make renditions again."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import click

from liuhen.commands.options import data_option, fail, open_catalog

if TYPE_CHECKING:
    from catalog.database import Database
    from catalog.stages import Due
    from liuhen.settings import Settings

MADE, NOT_MADE, UNKNOWN, UNFINISHED = 0, 1, 2, 3
POLL_SECONDS = 1.0
KINDS = ("player", "preview", "poster", "thumb", "sprite", "thumbnails", "waveform", "frames")

_EPILOG = """\b
Exit status:
  0  everything that was asked for is made
  1  some could not be made; they are listed with the reason, what was there before stays
  2  a clip is unknown or cannot be shown, or the options do not fit; nothing was asked for
  3  not all is made yet: long films wait for the night, or waiting was broken off; the work goes on by itself
"""


@click.command(epilog=_EPILOG)
@click.option("--all", "every", is_flag=True, help="Of every recording that can be shown.")
@click.option("--missing", is_flag=True, help="Only what was never made, failed, or is gone from storage.")
@click.option("--clip", "clips", type=click.UUID, multiple=True, help="Of this recording; may be repeated.")
@click.option(
    "--kind", type=click.Choice(KINDS), help="What is wanted; what is made in the same go is made with it."
)
@click.option("--now", "at_once", is_flag=True, help="Do not let long films wait for the night.")
@click.option("--here", is_flag=True, help="In this process, without workers or queue; implies --now.")
@click.option("--no-wait", is_flag=True, help="Ask for it and end; the work goes on by itself.")
@data_option
def render(
    *,
    every: bool,
    missing: bool,
    clips: tuple[UUID, ...],
    kind: str | None,
    at_once: bool,
    here: bool,
    no_wait: bool,
    data: Path,
) -> None:
    """Make copies for playing, pictures and waveforms again. Originals are only read.

    Earlier renditions are shown until the new ones are whole.
    """
    if [every, missing and not clips, bool(clips)].count(True) != 1:
        fail(
            "Say what is to be made again: --all, --missing, or --clip ID (with --missing if you like).",
            UNKNOWN,
        )
    if here and no_wait:
        fail("With --here the work is done by this command itself; it cannot end before.", UNKNOWN)
    with open_catalog(data) as (settings, database):
        due = _ask(settings, database, clips=clips, kind=kind, missing=missing, wanted=at_once or here)
        if not due:
            click.echo("Nothing is to be made.")
            raise SystemExit(MADE)
        click.echo(f"{len(due)} stages of {len({d.clip for d in due})} recordings are asked for.")
        if here:
            _work(settings, due)
        else:
            _send(settings, due)
            if no_wait:
                raise SystemExit(UNFINISHED)
        raise SystemExit(_follow(database, due))


def _ask(
    settings: Settings,
    database: Database,
    *,
    clips: Sequence[UUID],
    kind: str | None,
    missing: bool,
    wanted: bool,
) -> list[Due]:
    from catalog.actors import system  # noqa: PLC0415  (help must come at once)
    from catalog.rendering import ask_again, clips_to_render, stages_for, stages_lacking  # noqa: PLC0415
    from storage.errors import StorageError  # noqa: PLC0415
    from storage.store import ObjectStore  # noqa: PLC0415

    if clips:
        known = {c.id for page in clips_to_render(database, only=clips, kind=kind) for c in page}
        unknown = [str(clip) for clip in clips if clip not in known]
        if unknown:
            fail(
                f"No such recording, or nothing of this kind can be made of it: {', '.join(unknown)}.",
                UNKNOWN,
            )
    store = ObjectStore(settings.storage, settings.storage.derived_bucket)
    due: list[Due] = []
    try:
        for page in clips_to_render(database, only=clips or None, kind=kind):
            stages = {c.id: stages_lacking(c, store, kind) if missing else stages_for(c, kind) for c in page}
            with database.write() as session:
                for clip, names in stages.items():
                    due += ask_again(
                        session,
                        actor=system("command"),
                        clip=clip,
                        stages=names,
                        now=datetime.now(UTC),
                        wanted=wanted,
                    )
    except StorageError as error:
        fail(f"The storage could not be asked: {error}. What was asked for until then is done.", UNFINISHED)
    finally:
        store.close()
    return due


def _send(settings: Settings, due: Sequence[Due]) -> None:
    from kombu.exceptions import OperationalError  # noqa: PLC0415

    from workers.app import make_app, send  # noqa: PLC0415

    app = make_app(settings.workers)
    try:
        send(app, list(due))
    except OperationalError:
        click.echo("The queue does not answer; the sweeper sends the work as soon as it does.", err=True)
    finally:
        app.close()


def _work(settings: Settings, due: Sequence[Due]) -> None:
    from workers.runtime import Runtime  # noqa: PLC0415
    from workers.stages.run import run_stage  # noqa: PLC0415

    runtime = Runtime(settings.workers)
    waiting = list(due)
    try:
        for number, one in enumerate(waiting, 1):
            waiting += run_stage(runtime, one.clip, one.stage)
            _tell(number, len(waiting))
    finally:
        runtime.evidence.close()
        runtime.derived.close()
        runtime.database.close()


def _follow(database: Database, due: Sequence[Due], pause: Callable[[float], None] = time.sleep) -> int:
    """Wait until nothing of it is to be done any more; answer the exit status."""
    from catalog.models import Stage  # noqa: PLC0415

    told = -1
    try:
        while True:
            with database.read() as session:
                rows = [row for one in due if (row := session.get(Stage, (one.clip, one.stage))) is not None]
            states = Counter(row.state for row in rows)
            left = states["pending"] + states["running"]
            if len(due) - left != told:
                told = len(due) - left
                _tell(told, len(due))
            if not left:
                break
            pause(POLL_SECONDS)
    except KeyboardInterrupt:
        click.echo("\nNot waiting any longer; the work goes on by itself.", err=True)
        return UNFINISHED
    for row in rows:
        if row.state == "failed":
            click.echo(f"{row.clip_id} {row.stage}: {row.error}")
    if states["deferred"]:
        click.echo(f"{states['deferred']} long films wait for the night (--now makes them at once).")
    click.echo(f"{states['done']} made, {states['failed']} not made.")
    return NOT_MADE if states["failed"] else UNFINISHED if states["deferred"] else MADE


def _tell(done: int, of: int) -> None:
    click.echo(f"{done}/{of}")
