"""`liuhen account …`: whom the machine's operator lets in. What an account may do follows from its roles."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from catalog.permissions import ROLES
from liuhen.commands.options import data_option, fail, open_catalog


@click.group()
def account() -> None:
    """Make accounts that people sign in with."""


@account.command()
@click.argument("user")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(sorted(ROLES)),
    help="May be given several times.",
)
@click.option("--display-name", default="", help="What somebody is called who is no officer.")
@click.option("--name", help="The officer's name, where the account is an officer's.")
@click.option("--number", help="The officer's number, as recorders print it in file names.")
@click.option("--unit", help="The officer's unit; entered when it is new.")
@data_option
def add(  # noqa: PLR0917  (click passes them by name)
    user: str,
    roles: tuple[str, ...],
    display_name: str,
    name: str | None,
    number: str | None,
    unit: str | None,
    data: Path,
) -> None:
    """Make an account USER without a password, and print a link that signs it in once.

    With --name and --number the account is that officer's; an officer entered before keeps name and unit. The roles are
    in force at once: this is how the first system administrator and the first security administrator come to be. Later
    ones are invited by the former, on the page for accounts, and get their roles from the latter.
    """
    from sqlalchemy.exc import IntegrityError  # noqa: PLC0415  (help must come at once)

    from catalog.accounts.inviting import refuse_clashes  # noqa: PLC0415
    from catalog.accounts.refusals import CannotAdminister  # noqa: PLC0415
    from catalog.actors import system  # noqa: PLC0415
    from catalog.officers import enter_officer, enter_unit  # noqa: PLC0415
    from catalog.people import create_account, issue_signin_token  # noqa: PLC0415

    if bool(name) != bool(number) or (unit and not number):
        fail("An officer has both --name and --number, and --unit goes with them. Nothing was changed.", 2)
    if display_name and number:
        fail("An officer is called by --name; --display-name is for who is none. Nothing was changed.", 2)
    now = datetime.now(UTC)
    operator = system("operator")
    with open_catalog(data) as (settings, database):
        try:
            with database.write() as session:
                officer = None
                if name and number:
                    where = enter_unit(session, unit) if unit else None
                    officer = enter_officer(
                        session, actor=operator, number=number, name=name, unit=where, now=now
                    )
                made = create_account(
                    session,
                    actor=operator,
                    username=user,
                    email=f"{user}@liuhen.invalid",
                    roles=roles,
                    officer=officer,
                    display_name=display_name.strip()[:64],
                    now=now,
                )
                refuse_clashes(session, made, roles)
                token = issue_signin_token(session, user, now)
        except CannotAdminister as refusal:
            pair = f"{refusal.clash.held} and {refusal.clash.wanted}" if refusal.clash else "these roles"
            fail(f"One person may not hold {pair}, by this account or another one. Nothing was changed.", 2)
        except IntegrityError:
            fail(
                f"There is an account {user!r} already. Nothing was changed. A link for it: `liuhen signin-link {user}`."
            )
        click.echo(f"{settings.web.public_url.rstrip('/')}/signin/{token}")


@account.command("reset-second-factor")
@click.argument("user")
@data_option
def reset_second_factor(user: str, data: Path) -> None:
    """Take the lost second factor of USER away; USER signs in with password or link and sets up another.

    Sessions of the account end. Make sure who asks: whoever has the password needs nothing else afterwards.
    """
    from catalog.people import UnknownAccount  # noqa: PLC0415  (help must come at once)
    from catalog.signing_in.second_factor import reset  # noqa: PLC0415

    with open_catalog(data) as (_settings, database):
        try:
            with database.write() as session:
                was_set = reset(session, user, datetime.now(UTC))
        except UnknownAccount:
            fail(f"There is no account {user!r}. Nothing was changed.")
    if was_set:
        click.echo(f"The second factor of {user} is reset, and its sessions have ended.")
    else:
        click.echo(f"{user} has no second factor. Nothing was changed.")
