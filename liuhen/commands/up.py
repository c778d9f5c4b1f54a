"""`liuhen up`."""

from __future__ import annotations

from pathlib import Path

import click

from liuhen.commands.options import data_option, plainly

LISTEN_HELP = (
    "Address on which other machines reach web and storage, over TLS with a certificate made here; "
    "0.0.0.0 for all addresses. Without it only this machine reaches them."
)


@click.command()
@click.option(
    "--watch",
    type=click.Path(file_okay=False, path_type=Path),
    multiple=True,
    help="Folder in which recorders appear (mount points or folders). May be given several times.",
)
@click.option("--listen", metavar="ADDRESS", help=LISTEN_HELP)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Port of the pages. Not given: 8600, or the next free one, which is then kept.",
)
@data_option
def up(watch: tuple[Path, ...], listen: str | None, port: int | None, data: Path) -> None:
    """Start storage, queue, web server, workers and the docking station, and keep them running.

    Stays in the foreground; Ctrl-C stops everything in order. Logs are in DATA/logs.

    Exit status: 0 stopped as asked, 1 could not start.
    """
    from liuhen import startup, system  # noqa: PLC0415  (help must come at once)
    from liuhen.supervisor.lock import AlreadyRunning  # noqa: PLC0415
    from liuhen.supervisor.ports import PortBusy  # noqa: PLC0415
    from liuhen.supervisor.supervisor import Supervisor  # noqa: PLC0415

    folders = tuple(folder.absolute() for folder in watch)
    for folder in folders:
        folder.mkdir(parents=True, exist_ok=True)
    with plainly(AlreadyRunning, PortBusy, startup.CannotStart):
        start = startup.begin(data, listen=listen, port=port, say=click.echo)
        parts = system.parts(start.settings, watch=folders, storage_user=start.storage_user)

        def ready() -> None:
            click.echo(f"Liuhen is ready: {start.settings.web.public_url}   (Ctrl-C stops it)")
            click.echo("Sign in with a link from `liuhen signin-link USER`.")

        raise SystemExit(Supervisor(parts, start.settings.data, say=click.echo, on_ready=ready).run())
