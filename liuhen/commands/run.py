"""`liuhen run PART` and `liuhen health PART`: how a container starts one part and asks after it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from liuhen.commands.options import data_option, fail, plainly

PARTS = click.Choice(
    [
        *("storage", "queue", "web", "worker-intake", "worker-pictures", "worker-media", "worker-disposal"),
        *("beat", "station"),
    ]
)


@click.command()
@click.argument("part", type=PARTS)
@click.option(
    "--watch",
    type=click.Path(file_okay=False, path_type=Path),
    multiple=True,
    help="Station only: a folder in which recorders appear. May be given several times.",
)
@data_option
def run(part: str, watch: tuple[Path, ...], data: Path) -> None:
    """Become one PART of the system, with the very command that `liuhen up` starts it with.

    Meant for containers, one part in each; they share the data folder as a volume.
    """
    from liuhen import secrets, system  # noqa: PLC0415  (help must come at once)
    from liuhen.settings import load  # noqa: PLC0415

    with plainly(secrets.SecretUnreadable):
        for sentence in secrets.create_missing(data):  # whoever comes first makes them
            click.echo(sentence, err=True)
    settings = load(data)
    (settings.data / "run").mkdir(parents=True, exist_ok=True, mode=0o700)
    system.before_start(part, settings)
    command = system.command(part, settings, watch=tuple(folder.absolute() for folder in watch))
    given = system.environment(part, settings)
    environment = given if part == "storage" else {**os.environ, **given}
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606  (becoming the part is what this is for)
    except OSError as error:
        fail(f"{part} could not be started: {command[0]}: {error.strerror}")


@click.command()
@click.argument("part", type=PARTS)
@data_option
def health(part: str, data: Path) -> None:
    """Ask one PART whether it does its work. Exit status 0 when it does, 1 when it does not."""
    from liuhen import health as checks  # noqa: PLC0415  (help must come at once)
    from liuhen.settings import load  # noqa: PLC0415

    check = checks.of(part, load(data))
    if check is None:
        return
    try:
        check()
    except Exception as error:  # noqa: BLE001  (whatever it was, the part is not healthy)
        fail(f"{part}: {type(error).__name__}: {error}")
