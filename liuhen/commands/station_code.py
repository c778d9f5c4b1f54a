"""`liuhen station-code` and `liuhen station-revoke`: stations, from the server's command line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from liuhen.commands.options import data_option, fail, open_catalog


@click.command("station-code")
@click.argument("code")
@click.option("--name", required=True, help="What people call the station, such as the room it stands in.")
@data_option
def station_code(code: str, name: str, data: Path) -> None:
    """Make a one-time code with which a PC becomes the docking station CODE, and print what to type there.

    A station CODE that exists is enrolled anew: its old credential ends when the code is used.

    Exit status: 0 made; 1 not made; 2 the command is not usable as given.
    """
    from catalog.actors import system  # noqa: PLC0415  (help must come at once)
    from catalog.enrolment import BadStationName, issue_code  # noqa: PLC0415
    from ingest.office.pinning import on_loopback  # noqa: PLC0415
    from ingest.protocol import certificates_in, fingerprint_of  # noqa: PLC0415

    with open_catalog(data) as (settings, database):
        valid = timedelta(hours=settings.web.enrolment_hours)
        try:
            pins = certificates_in(settings.web.station_ca())
        except OSError as error:
            fail(f"The certificate for stations cannot be read ({error}). Nothing was changed.")
        try:
            with database.write() as session:
                secret = issue_code(
                    session,
                    actor=system("operator"),
                    code=code,
                    name=name,
                    valid=valid,
                    now=datetime.now(UTC),
                )
        except BadStationName as error:
            fail(_BAD[str(error)], 2)
        server = settings.web.public_url.rstrip("/")
        pin = f" --ca-fingerprint {fingerprint_of(pins[0])}" if pins else ""
        click.echo(f"Good once, for {settings.web.enrolment_hours:g} hours. On the station's PC:")
        click.echo(f"liuhen station enrol --server {server} --code {secret}{pin}")
        if on_loopback(server):
            click.echo(
                "Note: this system serves this machine alone. Start it with --listen for others.", err=True
            )


@click.command("station-revoke")
@click.argument("code")
@data_option
def station_revoke(code: str, data: Path) -> None:
    """End the access of the station CODE. What it copied stays in its spool; a new code enrols it again.

    Exit status: 0 revoked, now or earlier; 1 not revoked.
    """
    from catalog.actors import system  # noqa: PLC0415  (help must come at once)
    from catalog.stations import BuiltInStation, revoke_station  # noqa: PLC0415

    with open_catalog(data) as (_, database):
        try:
            with database.write() as session:
                done = revoke_station(session, actor=system("operator"), code=code, now=datetime.now(UTC))
        except LookupError:
            fail(f"There is no station {code!r}. Nothing was changed.")
        except BuiltInStation:
            fail(
                f"{code!r} is the station of the server itself; it stops with the system. Nothing was changed."
            )
        click.echo(f"Station {code} is revoked." if done else f"Station {code} was revoked before.")


_BAD = {
    "code": "A station's code is 1 to 64 letters, digits, dots, dashes or underscores. Nothing was changed.",
    "name": "A station's name is 1 to 128 printable characters. Nothing was changed.",
    "built-in": "That is the station of the server itself; it is not enrolled. Choose another code.",
}
