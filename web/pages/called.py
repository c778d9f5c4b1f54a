"""What a person picked by his id in an address is called, for the entry of the search."""

from __future__ import annotations

from uuid import UUID

from catalog.models import Account, Officer
from web.components import components


def officer_called(officer: UUID | None) -> str:
    """Answer an officer's name; the id where there is none of it, and nothing where nobody was picked."""
    if officer is None:
        return ""
    with components().database.read() as session:
        found = session.get(Officer, officer)
        return found.name if found is not None else str(officer)


def account_called(account: UUID) -> str:
    """Answer an account's user name; the id where there is none of it."""
    with components().database.read() as session:
        found = session.get(Account, account)
        return found.username if found is not None else str(account)
