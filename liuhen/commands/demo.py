"""`liuhen demo`, and the two steps it adds to the parts of the system: making the card, and docking it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from liuhen.commands.options import data_option, plainly


@click.command()
@click.option(
    "--once", is_flag=True, help="End when every file has its receipt, instead of waiting for Ctrl-C."
)
@click.option("--listen", metavar="ADDRESS", help="Serve other machines too, as in `liuhen up`.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the pages, as in `liuhen up`.")
@click.option(
    "--scale", type=float, default=1.0, hidden=True, help="Multiplies the running times on the card."
)
@data_option
def demo(once: bool, listen: str | None, port: int | None, scale: float, data: Path) -> None:
    """Start everything, dock a sample recorder card while you watch, and print sign-in links.

    The card is made the first time, with invented people, places and numbers. Ctrl-C stops everything; what was
    docked stays in DATA, so that the next time takes seconds.

    Exit status: 0 stopped as asked or, with --once, all received; 1 otherwise.
    """
    from liuhen import demo as steps  # noqa: PLC0415  (help must come at once)
    from liuhen import startup, system  # noqa: PLC0415
    from liuhen.supervisor.lock import AlreadyRunning  # noqa: PLC0415
    from liuhen.supervisor.part import Part  # noqa: PLC0415
    from liuhen.supervisor.ports import PortBusy  # noqa: PLC0415
    from liuhen.supervisor.supervisor import Supervisor  # noqa: PLC0415

    with plainly(AlreadyRunning, PortBusy, startup.CannotStart):
        start = startup.begin(data, listen=listen, port=port, say=click.echo)
        settings = start.settings
        slots = steps.slots_folder(settings.data)
        steps.unplug(settings.data)  # a card left in by a start that was cut off is to be plugged in anew
        slots.mkdir(parents=True, exist_ok=True)
        common = {
            "environment": system.environment("demo", settings),
            "folder": settings.data / "run",
            "once": True,
        }
        liuhen = [sys.executable, "-m", "liuhen"]
        card = Part(name="card", command=[*liuhen, "demo-card", "--scale", str(scale)], **common)  # type: ignore[arg-type]
        docking = Part(
            name="docking",
            command=[*liuhen, "demo-docking", *(["--at-once"] if once else [])],
            after=("card", "station", "worker-intake", "worker-pictures", "worker-media", "beat"),
            shown=True,
            **common,  # type: ignore[arg-type]
        )
        parts = [*system.parts(settings, watch=(slots,), storage_user=start.storage_user), card, docking]
        supervisor = Supervisor(
            parts, settings.data, say=click.echo, give_up=once, until="docking" if once else None
        )
        raise SystemExit(supervisor.run())


@click.command("demo-card")
@click.option("--scale", type=float, default=1.0)
@data_option
def demo_card(scale: float, data: Path) -> None:
    """Make the sample card, or find it made already."""
    from liuhen import demo as steps  # noqa: PLC0415

    steps.make(data.absolute(), scale)


@click.command("demo-docking")
@click.option(
    "--at-once", is_flag=True, help="Plug the card in without giving anybody time to open the page."
)
@data_option
def demo_docking(at_once: bool, data: Path) -> None:
    """Put people and cases in place, print the links, plug the card in, follow it to the last receipt."""
    from liuhen import demo as steps  # noqa: PLC0415

    raise SystemExit(steps.dock(data.absolute(), pause_seconds=0.0 if at_once else 5.0, say=click.echo))
