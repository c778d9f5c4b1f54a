"""The second step of signing in, between the first proof and the session; and who is led to set one up."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from flask import Flask, redirect, request, session, url_for
from werkzeug.wrappers import Response

from catalog.models import Account
from catalog.signing_in.second_factor import Vault, has_second_factor
from web.actor import signed_in
from web.components import components

HALFWAY = "halfway"
"""In the session: who has shown a password or a link, and not yet a code. It opens nothing."""
HALFWAY_VALID = timedelta(minutes=5)

OPEN_WITHOUT = frozenset(
    {
        "pages.healthz",
        "pages.language",
        "pages.second_factor",
        "pages.second_factor_begin",
        "pages.second_factor_confirm",
        "pages.session_here",
        "pages.session_left",
        "pages.signin",
        "pages.signin_again",
        "pages.signin_again_now",
        "pages.signin_again_passkey_question",
        "pages.signin_again_with_passkey",
        "pages.signin_back",
        "pages.signin_code",
        "pages.signin_link",
        "pages.signin_passkey_question",
        "pages.signin_with_code",
        "pages.signin_with_link",
        "pages.signin_with_passkey",
        "pages.signin_with_password",
        "pages.signout",
        "static",
    }
)
"""What somebody may reach who has to set up a second factor first."""


class NoKeyForSecondFactors(RuntimeError):
    """A second factor is required of some roles, and there is no key to encrypt one with."""


@dataclass(frozen=True, slots=True)
class Halfway:
    """Who has shown a password or a link."""

    account: UUID
    how: str


def vault() -> Vault | None:
    """Answer what encrypts secrets; None where the system has no key for it."""
    key = components().settings.second_factor_key.get_secret_value()
    return Vault(bytes.fromhex(key)) if key else None


def go_halfway(account: Account, how: str) -> None:
    """Note in the session that the first step was done; everything else in it goes."""
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    session[HALFWAY] = {
        "account": str(account.id),
        "how": how,
        "at": components().clock().isoformat(),
        "mark": _mark(account),
    }


def halfway() -> Halfway | None:
    """Answer who is halfway, if that is not too long ago and their password and sessions are as they were then."""
    found = session.get(HALFWAY)
    if not isinstance(found, dict):
        return None
    here = components()
    try:
        at, account = datetime.fromisoformat(found["at"]), UUID(found["account"])
    except (KeyError, TypeError, ValueError):
        return None
    if not at <= here.clock() <= at + HALFWAY_VALID:
        return None
    with here.database.read() as db:
        row = db.get(Account, account)
        if row is None or not row.active or _mark(row) != found.get("mark"):
            return None
    return Halfway(account, str(found["how"]))


def lead_to_second_factor(app: Flask) -> None:
    """Let nobody of a role that needs a second factor do anything before it is set. Raises NoKeyForSecondFactors."""
    settings = app.extensions["liuhen"].settings
    needed = frozenset(settings.require_second_factor_for)
    if needed and not settings.second_factor_key.get_secret_value():
        raise NoKeyForSecondFactors(
            f"a second factor is required of {', '.join(sorted(needed))}, and there is no second_factor_key"
        )

    @app.before_request
    def _lead() -> Response | None:
        if not needed or request.endpoint in OPEN_WITHOUT or request.blueprint != "pages":
            return None
        me = signed_in()
        if me is None or not needed & {role.name for role in me.roles}:
            return None
        with components().database.read() as db:
            if has_second_factor(db, me.id):
                return None
        if request.headers.get("HX-Request"):
            response = Response(status=403)
            response.headers["HX-Redirect"] = url_for("pages.second_factor")
            return response
        return redirect(url_for("pages.second_factor"), 303)


def _mark(account: Account) -> str:
    """Changes when the account's sessions end, and says nothing of what they are named by."""
    return hashlib.sha256(f"halfway {account.fs_uniquifier}".encode()).hexdigest()[:16]
