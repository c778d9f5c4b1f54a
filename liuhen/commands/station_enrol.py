"""`liuhen station enrol` and `liuhen station trust`: how a PC and its server come to know each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import click

from liuhen.commands.options import data_option, fail

Command = TypeVar("Command", bound=Callable[..., object])

_EPILOG = """\b
Exit status:
  0  done
  1  not done; what was before holds
  2  the command is not usable as given
"""


def _pin_options(command: Command) -> Command:
    fingerprint = click.option(
        "--ca-fingerprint", metavar="SHA256", help="Fingerprint of the certificate, as shown with the code."
    )
    file = click.option(
        "--ca-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The certificate itself (PEM), instead of its fingerprint.",
    )
    return fingerprint(file(command))


@click.command(epilog=_EPILOG)
@click.option("--server", required=True, help="Address of the server, such as https://host:8600.")
@click.option("--code", required=True, help="The one-time code, as an administrator made it.")
@_pin_options
@data_option
def enrol(server: str, code: str, ca_fingerprint: str | None, ca_file: Path | None, data: Path) -> None:
    """Make this PC a docking station of the server, with a credential of its own.

    The server is recognised by its certificate before the code is sent. May be repeated with the same code.
    """
    from importlib.metadata import version  # noqa: PLC0415  (help must come at once)

    from ingest.office.enrolling import checked_address, find_pin  # noqa: PLC0415
    from ingest.office.enrolling import enrol as enrol_here  # noqa: PLC0415
    from ingest.words.words import Words  # noqa: PLC0415

    with _said():
        pin = find_pin(checked_address(server), fingerprint=ca_fingerprint, ca_file=ca_file)
        done = enrol_here(data, server, code, pin, version("liuhen"))
    click.echo(Words().say("enrolled", station=done.station, name=done.name, folder=data))


@click.command(epilog=_EPILOG)
@_pin_options
@data_option
def trust(ca_fingerprint: str | None, ca_file: Path | None, data: Path) -> None:
    """Pin another certificate of this station's server, after it was changed on purpose.

    Ask the administrator for the fingerprint; the stations page shows it.
    """
    from ingest.office.enrolling import find_pin, server_of  # noqa: PLC0415  (help must come at once)
    from ingest.office.enrolling import trust as trust_here  # noqa: PLC0415
    from ingest.words.words import Words  # noqa: PLC0415

    with _said():
        pin = find_pin(server_of(data), fingerprint=ca_fingerprint, ca_file=ca_file)
        trust_here(data, pin)
    click.echo(Words().say("trusted", fingerprint=pin.fingerprint))


@contextmanager
def _said() -> Iterator[None]:
    """End the command with a sentence when it cannot be done."""
    from ingest.errors import IngestError  # noqa: PLC0415
    from ingest.office.enrolling import CannotEnrol  # noqa: PLC0415  (help must come at once)
    from ingest.words.words import Words  # noqa: PLC0415

    words = Words()
    try:
        yield
    except CannotEnrol as error:
        facts = {
            name: words.say(fact) if isinstance(fact, str) else fact for name, fact in error.facts.items()
        }
        fail(words.say(error.word, **facts))
    except IngestError as error:
        fail(str(error))
    except OSError as error:
        fail(words.say("cannot-write", folder=error.filename or "", reason=error.strerror or str(error)))
