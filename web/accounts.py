"""Accounts as Flask-Security sees them: read in a short transaction of their own, never a live database row."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask_security import RoleMixin, UserMixin
from flask_security.datastore import UserDatastore

from catalog.actors import Actor
from catalog.database import Database
from catalog.holds.reading import named_clips
from catalog.models import Account
from catalog.people import account_by_uniquifier, find_account, keep_rehash, person
from catalog.purposes.standing import opened_clips


class NamedRole(RoleMixin):
    """A role by its name; what it may do stands in `catalog.permissions`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.permissions: list[str] = []


class SignedIn(UserMixin):
    """What a request needs to know of the account it comes from."""

    fs_uniquifier: str = ""

    def __init__(
        self, account: Account, named: frozenset[UUID] = frozenset(), opened: frozenset[UUID] = frozenset()
    ) -> None:
        self.id: UUID = account.id  # type: ignore[assignment]  # the base thinks of numbers
        self.username = account.username
        self.email: str = account.email
        self.active = account.active
        self.password = account.password
        self.fs_uniquifier = account.fs_uniquifier
        self.language = account.language
        self.roles = [NamedRole(role.name) for role in account.roles]
        self.name = account.called
        self._actor = person(account, None, named, opened)

    @property
    def officer_id(self) -> UUID | None:
        """The officer this person is, if any."""
        return self._actor.officer_id

    def actor(self, address: str | None) -> Actor:
        """Answer this person as an actor coming from a network address."""
        return replace(self._actor, address=address)


class AccountStore(UserDatastore):
    """Finds accounts in the catalog. Creating and changing them is the catalog's business, so nothing else is here."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        super().__init__(SignedIn, NamedRole)
        self._database, self._clock = database, clock

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> SignedIn | None:  # noqa: ARG002
        """Answer the account by `fs_uniquifier`, `username` or `email`."""
        with self._database.read() as session:
            if uniquifier := kwargs.get("fs_uniquifier"):
                account = account_by_uniquifier(session, str(uniquifier))
            else:
                account = find_account(session, str(kwargs.get("username") or kwargs.get("email") or ""))
            if account is None:
                return None
            opened = opened_clips(session, account.id, self._clock())
            return SignedIn(account, named_clips(session, account.id), opened)

    def find_role(self, role: str) -> NamedRole:
        """Answer a role by name."""
        return NamedRole(role)

    def put(self, model: SignedIn) -> SignedIn:
        """Keep a password hash that was made anew with newer settings; nothing else changes here."""
        if model.password:
            with self._database.write() as session:
                keep_rehash(session, model.id, model.password)
        return model

    def commit(self) -> None:
        """Nothing is left to commit: every act has its own transaction."""
