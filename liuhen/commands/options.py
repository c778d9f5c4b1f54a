"""Options that several commands share, and how an error that a person should read ends a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

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
