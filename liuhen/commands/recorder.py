"""`liuhen recorder …`: the register of recorders, who has them, and how their names are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import click

from liuhen.commands.options import data_option, fail, open_catalog
from liuhen.commands.tables import recorders_import

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

Command = TypeVar("Command", bound=Callable[..., Any])
NOT_GIVEN = {
    "carrier-sealed": "This recorder is kept as original carrier: it is given to nobody until a repair took its card out.",
    "substitute-not-approved": "This officer has a recorder that is out of use: another is given only as its approved substitute.",
}
KINDS = ("recorder", "camera", "voice", "card")


@click.group()
def recorder() -> None:
    """Register recorders and note who has them; see how their file names are read."""


recorder.add_command(recorders_import)


def _at(command: Command) -> Command:
    return click.option(
        "--at",
        help="When, as 2026-11-16T08:00 in the bureau's time zone; now without it. It may be noted late.",
    )(command)


@recorder.command("list")
@data_option
def list_all(data: Path) -> None:
    """Print every recorder: serial, label, who has it, state, when it was last docked."""
    from rich.console import Console  # noqa: PLC0415  (help must come at once)
    from rich.table import Table  # noqa: PLC0415

    from catalog.recorders import list_recorders  # noqa: PLC0415

    with open_catalog(data) as (settings, database):
        zone = ZoneInfo(settings.web.time_zone)
        with database.read() as session:
            lines = list_recorders(session)
    table = Table()
    for head in ("serial", "label", "has it", "state", "last docked"):
        table.add_column(head, overflow="fold")
    for line in lines:
        device = line.recorder
        state = [device.state if device.registered else "not registered"]
        state += ["shared"] if device.pool else []
        state += ["sealed"] if device.sealed_at else []
        holder = f"{device.holder.number} {device.holder.name}" if device.holder else "-"
        docked = line.last_docked.astimezone(zone).strftime("%Y-%m-%d %H:%M") if line.last_docked else "-"
        table.add_row(device.serial, device.label, holder, ", ".join(state), docked)
    # markup off: a serial may hold square brackets
    Console(markup=False, highlight=False).print(table)


@recorder.command()
@click.argument("serial")
@click.option("--label", default="", help="What people call it, such as its asset number.")
@click.option("--vendor", default="", help="Who made it.")
@click.option("--model", default="", help="The maker's model.")
@click.option("--kind", type=click.Choice(KINDS), default=None, help="What it is.")
@click.option("--pool", is_flag=True, help="It is shared: only noted hand-overs say who had it.")
@data_option
def register(  # noqa: PLR0917  (click passes them by name)
    serial: str, label: str, vendor: str, model: str, kind: str | None, pool: bool, data: Path
) -> None:
    """Enter the recorder with this SERIAL into the register, whether it was docked before or not.

    Repeating it changes what is given and leaves the rest.
    """
    from catalog.holdings import set_pool  # noqa: PLC0415
    from catalog.maintenance.twin_serials import Serials  # noqa: PLC0415
    from catalog.recorders import register_recorder  # noqa: PLC0415

    if not serial.strip() or max(map(len, (serial, label, vendor, model))) > 128 or len(label) > 64:
        fail("A serial, vendor or model has at most 128 characters, a label 64. Nothing was changed.", 2)
    with _desk(data) as (session, zone, now):
        if (twin := Serials(session).twin(serial)) is not None:
            fail(
                f"{twin.serial!r} is there already and differs only in case, width, dashes or spaces. Nothing was changed."
            )
        device = register_recorder(
            session,
            actor=_operator(),
            serial=serial,
            label=label,
            vendor=vendor,
            model=model,
            kind=kind or "",
            now=now,
        )
        if pool:
            set_pool(session, actor=_operator(), recorder=device.id, pool=True, zone=zone, now=now)
        said = f"{device.serial} is registered as {device.label}."
    click.echo(said)


@recorder.command()
@click.argument("name")
@click.argument("number")
@_at
@data_option
def assign(name: str, number: str, at: str | None, data: Path) -> None:
    """Note that the officer with this NUMBER took the recorder NAME (serial or label), from whoever had it.

    Without --at it is given out now, by the rules of the pages; with it, what happened is noted as it happened.
    """
    from sqlalchemy import select  # noqa: PLC0415

    from catalog.holdings import HandOverRefused, hand_over  # noqa: PLC0415
    from catalog.maintenance.issuing import ensure_may_be_given  # noqa: PLC0415
    from catalog.maintenance.log import CannotMaintain  # noqa: PLC0415
    from catalog.models import Officer  # noqa: PLC0415

    with _desk(data) as (session, zone, now):
        moment, device = _moment(at, zone, now), _find(session, name)
        officer = session.scalar(select(Officer).where(Officer.number == number))
        if officer is None:
            fail(
                f"There is no officer with the number {number!r}. Nothing was changed. "
                "Officers are entered with `liuhen account add … --name … --number …`."
            )
        try:
            if at is None:
                ensure_may_be_given(session, device, officer.id)
            hand_over(
                session,
                actor=_operator(),
                recorder=device.id,
                officer=officer.id,
                at=moment,
                zone=zone,
                now=now,
            )
        except CannotMaintain as refusal:
            fail(
                f"{NOT_GIVEN[refusal.why]} Nothing was changed. A hand-over that has happened is noted with --at."
            )
        except HandOverRefused as error:
            fail(f"{_sentence(error)} Nothing was changed.")
        said = f"{device.label}: with {officer.number} {officer.name} since {_local(moment, zone)}."
    click.echo(said)


@recorder.command("return")
@click.argument("name")
@_at
@data_option
def give_it_back(name: str, at: str | None, data: Path) -> None:
    """Note that the recorder NAME (serial or label) was given back."""
    from catalog.holdings import HandOverRefused, give_back  # noqa: PLC0415

    with _desk(data) as (session, zone, now):
        moment, device = _moment(at, zone, now), _find(session, name)
        try:
            give_back(session, actor=_operator(), recorder=device.id, at=moment, zone=zone, now=now)
        except HandOverRefused as error:
            fail(f"{_sentence(error)} Nothing was changed.")
        said = f"{device.label}: given back at {_local(moment, zone)}."
    click.echo(said)


@recorder.command()
@click.argument("name")
@click.argument("shared", type=click.Choice(["on", "off"]))
@data_option
def pool(name: str, shared: str, data: Path) -> None:
    """Say whether the recorder NAME is shared: then only noted hand-overs say who had it."""
    from catalog.holdings import set_pool  # noqa: PLC0415

    with _desk(data) as (session, zone, now):
        device = _find(session, name)
        set_pool(session, actor=_operator(), recorder=device.id, pool=shared == "on", zone=zone, now=now)
        said = f"{device.label}: {'shared' if shared == 'on' else 'not shared'}."
    click.echo(said)


@recorder.command()
@click.argument("paths", nargs=-1)
@click.option(
    "--folder", type=click.Path(file_okay=False, path_type=Path), help="The bureau's own profiles, *.toml."
)
def profiles(paths: tuple[str, ...], folder: Path | None) -> None:
    """List the recorder profiles and try them: print what each of PATHS (as on the recorder) says.

    Exit status 1 when a file in the folder cannot be used, or a path fits no profile.
    """
    from ingest.profiles.loading import load_profiles  # noqa: PLC0415
    from ingest.profiles.naming import parse  # noqa: PLC0415

    found = load_profiles(folder)
    for bad in found.bad:
        click.echo(f"Error: {bad}", err=True)
    if not paths:
        for profile in found.usable.values():
            click.echo(f"{profile.name}: {profile.table.title} / {profile.table.title_zh}")
    unread = 0
    for path in paths:
        fits = [f for p in found.usable.values() if (f := parse(p, path.encode(errors="surrogateescape")))]
        unread += not fits
        click.echo(f"{path}: {'' if fits else 'fits no profile'}")
        for facts in fits:
            click.echo(f"  {facts.model_dump_json(exclude_defaults=True)}")
    raise SystemExit(1 if found.bad or unread else 0)


@contextmanager
def _desk(data: Path) -> Iterator[tuple[Session, ZoneInfo, datetime]]:
    """Open the catalog for one act; a database that answers with an error ends the command in words."""
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    with open_catalog(data) as (settings, database):
        try:
            with database.write() as session:
                yield session, ZoneInfo(settings.web.time_zone), datetime.now(UTC)
        except SQLAlchemyError as error:
            fail(f"The catalog cannot be written ({type(error).__name__}). Nothing was changed.")


def _operator() -> Any:
    from catalog.actors import system  # noqa: PLC0415

    return system("operator")


def _find(session: Session, name: str) -> Any:
    from catalog.recorders import UnknownRecorder, find_recorder  # noqa: PLC0415

    try:
        return find_recorder(session, name)
    except UnknownRecorder:
        fail(
            f"There is no recorder with the serial {name!r}, nor exactly one with this label. Nothing was changed. "
            "See `liuhen recorder list`."
        )


def _moment(at: str | None, zone: ZoneInfo, now: datetime) -> datetime:
    """Answer the moment meant, UTC; ends the command when it is none."""
    if at is None:
        return now
    try:
        moment = datetime.fromisoformat(at)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        fail(f"{at!r} is no time such as 2026-11-16T08:00. Nothing was changed.", 2)


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
