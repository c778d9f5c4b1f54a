"""`liuhen token …`: personal tokens for programmes that read over `/api/v1`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import click

from catalog.permissions import TOKEN_PERMISSIONS
from liuhen.commands.options import data_option, fail, open_catalog

REFUSALS = {
    "no-name": "Say with --name what the token is for.",
    "not-yours": "The roles of this account do not include one of these permissions.",
    "expiry-past": "It would have expired already.",
    "expiry-far": "A token is good for a year (366 days) at most.",
    "too-many-tokens": "This account has twenty good tokens; revoke some first.",
    "unknown-token": "There is no such token; `liuhen token list` shows all.",
    "revoked-already": "This token is revoked already.",
}


@click.group()
def token() -> None:
    """Make, list and revoke personal tokens for programmes that read."""


@token.command()
@click.argument("user")
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    required=True,
    type=click.Choice([one.value for one in TOKEN_PERMISSIONS]),
    help="May be given several times.",
)
@click.option("--expires", type=click.IntRange(1, 366), required=True, help="Days from now, at most 366.")
@click.option("--name", default="command line", show_default=True, help="What the token is for.")
@data_option
def create(user: str, permissions: tuple[str, ...], expires: int, name: str, data: Path) -> None:
    """Make a token that reads for USER and print it, once.

    It may do what was chosen, and of that what USER may do at the time: roles taken away end it.
    """
    from catalog.actors import system  # noqa: PLC0415  (help must come at once)
    from catalog.people import find_account  # noqa: PLC0415
    from catalog.signing_in.tokens import TokenRefused, create_token  # noqa: PLC0415

    now = datetime.now(UTC)
    with open_catalog(data) as (_settings, database):
        try:
            with database.write() as session:
                account = find_account(session, user)
                if account is None or not account.active:
                    fail(f"There is no active account {user!r}. Nothing was changed.")
                _made, secret = create_token(
                    session,
                    actor=system("operator"),
                    account=account.id,
                    name=name,
                    permissions=set(permissions),
                    expires=now + timedelta(days=expires),
                    now=now,
                )
        except TokenRefused as refusal:
            fail(f"{REFUSALS[refusal.why]} Nothing was changed.", 2)
        click.echo(secret)


@token.command("list")
@click.argument("user", required=False)
@data_option
def list_tokens(user: str | None, data: Path) -> None:
    """List tokens, of USER or of everybody: id, person, permissions, until when, last used. The tokens themselves are not kept."""
    from catalog.people import UnknownAccount  # noqa: PLC0415  (help must come at once)
    from catalog.signing_in.tokens import all_tokens  # noqa: PLC0415

    now = datetime.now(UTC)
    with open_catalog(data) as (_settings, database), database.read() as session:
        try:
            found = all_tokens(session, user)
        except UnknownAccount:
            fail(f"There is no account {user!r}.")
        if not found:
            click.echo("There are no tokens.")
        for one, name in found:
            state = "revoked" if one.revoked_at else "expired" if one.expires_at <= now else "good"
            used = f"last used {one.last_used_at:%Y-%m-%d %H:%M} UTC" if one.last_used_at else "never used"
            click.echo(
                f"{one.id}  {name}  {state}  until {one.expires_at:%Y-%m-%d}  {used}  "
                f"{', '.join(one.permissions)}  {one.name}"
            )


@token.command()
@click.argument("token_id", type=click.UUID)
@data_option
def revoke(token_id: UUID, data: Path) -> None:
    """End the token TOKEN_ID at once; `liuhen token list` shows the ids."""
    from catalog.actors import system  # noqa: PLC0415  (help must come at once)
    from catalog.signing_in.tokens import TokenRefused, revoke_token  # noqa: PLC0415

    with open_catalog(data) as (_settings, database):
        try:
            with database.write() as session:
                revoke_token(session, actor=system("operator"), token=token_id, now=datetime.now(UTC))
        except TokenRefused as refusal:
            fail(f"{REFUSALS[refusal.why]} Nothing was changed.")
    click.echo(f"The token {token_id} is revoked.")
