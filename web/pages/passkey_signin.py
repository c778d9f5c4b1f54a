"""Signing in, and signing in anew, by a passkey: no password, no code, and no name has to be typed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import request

from catalog.people import find_account
from catalog.permissions import Permission
from catalog.signing_in.ceremonies import request_options
from catalog.signing_in.passkeys import passkeys_of
from web.actor import signed_in
from web.components import components
from web.pages.blueprint import pages
from web.pages.signin import NAME_LIMIT, signin_again_page, signin_page
from web.permission import requires
from web.signing_in.entering import let_in
from web.signing_in.passkeys import ask, no_question, not_in, party, proven, question, why_none
from web.signing_in.sitting import this_sitting

NOBODY = UUID(int=0)


@pages.post("/signin/passkey/question")
@requires(Permission.PUBLIC)
def signin_passkey_question() -> Any:
    """Ask any passkey of this system. It reads the same for everybody: which accounts there are is not told."""
    belongs = party()
    if belongs is None:
        return no_question(why_none())
    return question(request_options(belongs, ask("enter")))


@pages.post("/signin/passkey")
@requires(Permission.PUBLIC)
def signin_with_passkey() -> Any:
    """Let in whom the passkey stands for; where a name was typed as well, it has to be that person's."""
    name = request.form.get("name", "").strip()[:NAME_LIMIT]
    proof, why = proven("enter", only=_meant(name))
    if proof is None or proof.account is None:
        return signin_page(name, not_in(why)), 401
    return let_in(proof.account, "passkey", proof.passkey)


@pages.post("/signin/again/passkey/question")
@requires(Permission.SELF)
def signin_again_passkey_question() -> Any:
    """Ask one of the passkeys of whoever is signed in."""
    belongs, me = party(), signed_in()
    assert me is not None  # noqa: S101 - `requires` has seen to it
    if belongs is None:
        return no_question(why_none())
    with components().database.read() as db:
        known = [one for one in passkeys_of(db, me.id) if one.suspended_at is None]
        return question(request_options(belongs, ask("again"), known))


@pages.post("/signin/again/passkey")
@requires(Permission.SELF)
def signin_again_with_passkey() -> Any:
    """Check a passkey of whoever is signed in, before what cannot be undone."""
    me = signed_in()
    assert me is not None  # noqa: S101 - `requires` has seen to it
    proof, why = proven("again", only=me.id, name=str(me.username), sitting=this_sitting())
    if proof is None:
        return signin_again_page(not_in(why)), 401
    return let_in(me.id, "passkey", proof.passkey)


def _meant(name: str) -> UUID | None:
    if not name:
        return None
    with components().database.read() as db:
        account = find_account(db, name)
        return account.id if account is not None else NOBODY
