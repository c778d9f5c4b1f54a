"""`liuhen signin-link USER`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from liuhen.commands.options import data_option, fail, open_catalog


@click.command("signin-link")
@click.argument("user")
@data_option
def signin_link(user: str, data: Path) -> None:
    """Print a link that signs USER in, once, within the next 30 minutes.

    USER is a user name or an e-mail address. Whoever has the link is that person: hand it over with care.
    """
    from catalog.people import UnknownAccount, issue_signin_token  # noqa: PLC0415  (help must come at once)

    with open_catalog(data) as (settings, database):
        try:
            with database.write() as session:
                token = issue_signin_token(session, user, datetime.now(UTC))
        except UnknownAccount:
            fail(f"There is no active account {user!r}. Make one with `liuhen account add`.")
        click.echo(f"{settings.web.public_url.rstrip('/')}/signin/{token}")
