"""`liuhen prepare`: what must be true before anything is served. Runs at every start; repeating it changes nothing.

The setup key of the storage is used here and by no process that stays.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from liuhen.commands.options import data_option, fail, plainly

if TYPE_CHECKING:
    from catalog.database import Database
    from liuhen.settings import Settings

PROBE_AGAIN_AFTER = timedelta(hours=12)
"""A younger probe that passed is good enough for a restart; the nightly one runs in any case."""


@click.command()
@click.option("--probe", is_flag=True, help="Run the lock probe even when a recent one passed.")
@data_option
def prepare(probe: bool, data: Path) -> None:
    """Bring database and buckets up to date, register this machine's docking station, run the lock probe.

    Exit status 0 also when the probe failed: the system then starts, shows why, and takes nothing in.
    """
    from catalog.database import Database, migrate  # noqa: PLC0415  (help must come at once)
    from catalog.recording_rules.reading import RulesUnreadable, read_file  # noqa: PLC0415
    from liuhen import secrets  # noqa: PLC0415
    from liuhen.settings import load  # noqa: PLC0415
    from storage.errors import StorageError  # noqa: PLC0415

    with plainly(secrets.SecretUnreadable):
        for sentence in secrets.create_missing(data):
            click.echo(sentence)
    settings = load(data)
    try:
        rules = read_file(settings.catalog.recording_rules_file)
    except RulesUnreadable as error:
        fail(
            f"The table of recording rules cannot be used: {error}. Nothing was changed, and the rules in force stay as "
            "they were. Mend the file, or unset LIUHEN_CATALOG__RECORDING_RULES_FILE to use the shipped table; start again."
        )
    _say_without_openssl(settings)
    _make_sqlite_folder(settings.catalog.database_url)
    migrate(settings.catalog.database_url)
    database = Database.open(settings.catalog.database_url)
    try:
        _index_clips(database)
        _put_rules_in_force(database, rules)
        _register_station(settings, database)
        _set_up_storage(settings)
        _probe_if_due(settings, database, always=probe)
    except StorageError as error:
        fail(f"The storage could not be prepared: {error}. Nothing in it was changed or lost; start again.")
    finally:
        database.close()


def _say_without_openssl(settings: Settings) -> None:
    local = [one for one in settings.catalog.timestamp_authorities if one.self_signed and one.asked]
    if local and shutil.which("openssl") is None:
        click.echo(
            "The program openssl is not installed, so the local time-stamping authority cannot answer: recordings "
            "are safe, their time stamps wait. Install it (Debian: apt-get install openssl); nothing else is to be done."
        )


def _make_sqlite_folder(url: str) -> None:
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True, mode=0o700)


def _index_clips(database: Database) -> None:
    """After an upgrade, clips are indexed before anything is served; there is nothing to do at other starts."""
    from catalog.finding.rebuilding import index_rest  # noqa: PLC0415

    count = index_rest(database)
    if count:
        click.echo(f"{count} recordings were put into the index they are found by.")


def _put_rules_in_force(database: Database, text: str) -> None:
    """A changed table makes every step that is not archived due; the standing job judges them."""
    from catalog.actors import system  # noqa: PLC0415
    from catalog.coverage.rules_in_force import put_in_force  # noqa: PLC0415

    with database.write() as session:
        rules = put_in_force(session, actor=system("setup"), text=text, now=datetime.now(UTC))
    if rules is not None:
        click.echo(f"Recording rules in force: version {rules.version}, SHA-256 {rules.digest[:16]}…")


def _register_station(settings: Settings, database: Database) -> None:
    from catalog.stations import register_station  # noqa: PLC0415
    from liuhen import secrets  # noqa: PLC0415
    from liuhen.settings import STATION_CODE  # noqa: PLC0415

    with database.write() as session:
        register_station(
            session,
            code=STATION_CODE,
            name="本机采集站",
            token=secrets.read(settings.data, secrets.STATION_TOKEN),
            now=datetime.now(UTC),
        )


def _set_up_storage(settings: Settings) -> None:
    from liuhen import secrets, system  # noqa: PLC0415
    from storage.buckets import make_buckets  # noqa: PLC0415
    from storage.seaweedfs.shell import keep_fsync  # noqa: PLC0415

    plan = system.own_storage_plan(settings)
    if plan is not None:
        keep_fsync(plan)
    setup = secrets.folder_of(settings.data) / secrets.STORAGE_SETUP
    origins = sorted({settings.web.public_url.rstrip("/"), settings.station.server.rstrip("/")})
    make_buckets(settings.storage.model_copy(update={"setup_key_file": setup}), web_origins=origins)


def _probe_if_due(settings: Settings, database: Database, *, always: bool) -> None:
    from sqlalchemy import select  # noqa: PLC0415

    from catalog.models import ProbeResult  # noqa: PLC0415
    from catalog.probe_results import record_probe  # noqa: PLC0415
    from liuhen import system  # noqa: PLC0415
    from storage.probe import run_probe  # noqa: PLC0415

    now = datetime.now(UTC)
    with database.read() as session:
        newest = session.scalar(select(ProbeResult).order_by(ProbeResult.at.desc()).limit(1))
    if not always and newest is not None and newest.passed and now - newest.at < PROBE_AGAIN_AFTER:
        minutes = int((now - newest.at).total_seconds() // 60)
        click.echo(f"The lock probe passed {minutes} minutes ago, so it is not repeated now. Intake is open.")
        return
    report = run_probe(system.probe_settings(settings), plan=system.own_storage_plan(settings))
    with database.write() as session:
        record_probe(session, report.passed, report.model_dump(mode="json"), datetime.now(UTC))
    click.echo(report.summary("en"))
