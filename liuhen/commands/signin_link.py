"""`liuhen signin-link USER`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from liuhen.commands.options import data_option, fail


@click.command("signin-link")
@click.argument("user")
@data_option
def signin_link(user: str, data: Path) -> None:
    """Print a link that signs USER in, once, within the next 30 minutes.

    USER is a user name or an e-mail address. Whoever has the link is that person: hand it over with care.
    """
    from catalog.database import Database  # noqa: PLC0415  (help must come at once)
    from catalog.people import UnknownAccount, issue_signin_token  # noqa: PLC0415
    from liuhen.settings import load  # noqa: PLC0415

    settings = load(data)
    database = Database.open(settings.catalog.database_url)
    try:
        with database.write() as session:
            token = issue_signin_token(session, user, datetime.now(UTC))
    except UnknownAccount:
        fail(f"There is no active account {user!r}. Names are those on the page of accounts.")
    finally:
        database.close()
    click.echo(f"{settings.web.public_url.rstrip('/')}/signin/{token}")
