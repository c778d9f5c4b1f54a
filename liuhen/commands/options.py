"""Options that several commands share, and how an error that a person should read ends a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

if TYPE_CHECKING:
    from catalog.database import Database
    from liuhen.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


def data_option(command: Command) -> Command:
    """Add `--data DIR`, the folder that holds everything of one system."""
    option = click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("var"),
        envvar="LIUHEN_DATA",
        show_default=True,
        show_envvar=True,
        help="Folder that holds everything of this system.",
    )
    return option(command)


def fail(message: str, status: int = 1) -> NoReturn:
    """End the command with `message` on the error stream."""
    click.echo(f"Error: {message}", err=True)
    raise SystemExit(status)


@contextmanager
def plainly(*kinds: type[Exception], status: int = 1) -> Iterator[None]:
    """Turn exceptions of these kinds into a message and an exit status, without a traceback."""
    try:
        yield
    except kinds as error:
        fail(str(error), status)


@contextmanager
def open_catalog(data: Path, *, status: int = 1) -> Iterator[tuple[Settings, Database]]:
    """Open the catalog of a system that has run before; on a folder where none has, end the command in words."""
    from sqlalchemy import inspect  # noqa: PLC0415  (help must come at once)
    from sqlalchemy.exc import OperationalError, ProgrammingError, SQLAlchemyError  # noqa: PLC0415

    from catalog.database import Database  # noqa: PLC0415
    from liuhen.settings import load  # noqa: PLC0415

    settings = load(data)
    url = settings.catalog.database_url
    never_ran = (
        f"No system has run on {data} yet. Start it with `liuhen up`, or name another folder with --data."
    )
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        fail(never_ran, status)
    database = Database.open(url)
    try:
        try:
            if not inspect(database.engine).has_table("accounts"):
                fail(never_ran, status)
        except SQLAlchemyError as error:
            fail(f"The catalog cannot be opened ({type(error).__name__}). Nothing was changed.", status)
        try:
            yield settings, database
        except (OperationalError, ProgrammingError) as error:
            fail(
                f"The catalog does not answer as this version expects ({type(error.orig).__name__}). Nothing was changed. "
                "If Liuhen was upgraded, start it once, so that the catalog is brought up to date.",
                status,
            )
    finally:
        database.close()
