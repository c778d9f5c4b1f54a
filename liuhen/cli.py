"""The command `liuhen`. Each subcommand's module is imported when it is called, so that help comes at once."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

import click


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a subcommand lives, and the line that `liuhen --help` shows for it."""

    module: str
    attribute: str
    summary: str
    hidden: bool = False


COMMANDS = {
    "account": Entry("liuhen.commands.account", "account", "Make accounts that people sign in with."),
    "audit": Entry("liuhen.commands.audit", "audit", "Prove what is kept: time stamps."),
    "backup": Entry(
        "liuhen.commands.backup", "backup", "Back up the catalog and all secrets, and try the back-up."
    ),
    "cases": Entry("liuhen.commands.cases", "cases", "Take over cases from the bureau's case system."),
    "catalog": Entry(
        "liuhen.commands.catalog", "catalog_group", "Look after the database of recordings and cases."
    ),
    "demo": Entry("liuhen.commands.demo", "demo", "Start everything and dock a sample recorder card."),
    "demo-card": Entry("liuhen.commands.demo", "demo_card", "Make the sample card.", hidden=True),
    "demo-docking": Entry("liuhen.commands.demo", "demo_docking", "Dock the sample card.", hidden=True),
    "dock": Entry("liuhen.commands.dock", "dock", "Dock one mounted recorder, card or folder."),
    "footage": Entry("liuhen.commands.footage", "footage", "Take in footage from before this system."),
    "health": Entry("liuhen.commands.run", "health", "Ask one part whether it does its work.", hidden=True),
    "officers": Entry("liuhen.commands.tables", "officers", "Enter officers from tables."),
    "prepare": Entry(
        "liuhen.commands.prepare", "prepare", "Bring database, buckets and lock probe up to date."
    ),
    "recorder": Entry("liuhen.commands.recorder", "recorder", "Register recorders and note who has them."),
    "render": Entry("liuhen.commands.render", "render", "Make copies for playing and pictures again."),
    "restore": Entry("liuhen.commands.restore", "restore", "Restore a back-up into an empty data folder."),
    "run": Entry("liuhen.commands.run", "run", "Become one part of the system (for containers)."),
    "sheets": Entry("liuhen.commands.sheets", "sheets", "Look after the reconciliation sheets."),
    "signin-link": Entry(
        "liuhen.commands.signin_link", "signin_link", "Print a link that signs a person in, once."
    ),
    "station": Entry(
        "liuhen.commands.station_group", "station", "Enrol this PC as a docking station, and look at it."
    ),
    "station-agent": Entry(
        "liuhen.commands.station", "station_agent", "Run the docking station of this machine."
    ),
    "station-code": Entry(
        "liuhen.commands.station_code",
        "station_code",
        "Make a one-time code with which a PC becomes a station.",
    ),
    "station-revoke": Entry(
        "liuhen.commands.station_code", "station_revoke", "End a station's access to the server."
    ),
    "storage": Entry("liuhen.commands.storage", "storage", "Look after the object storage."),
    "token": Entry("liuhen.commands.token", "token", "Make, list and revoke tokens of programmes that read."),
    "up": Entry("liuhen.commands.up", "up", "Start the one-machine system and stay in the foreground."),
    "version": Entry("liuhen.commands.version", "version", "Print the versions of Liuhen and of its parts."),
}


class LazyGroup(click.Group):
    """A group whose members are named in `COMMANDS` and imported on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Answer all names."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and answer one command, or None when there is none of that name."""
        del ctx
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        command = getattr(importlib.import_module(entry.module), entry.attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{entry.module}.{entry.attribute} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(
                [(name, entry.summary) for name, entry in sorted(COMMANDS.items()) if not entry.hidden]
            )


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="liuhen", prog_name="liuhen", message="%(prog)s %(version)s")
def main() -> None:
    """留痕 Liuhen: from the recorder's USB socket to evidence that holds in court.

    Every command takes settings from the environment too (LIUHEN_…); see docs/settings.md.
    """
