"""One's own second factor: set up with an authenticator app, recovery codes, switched off again."""

from __future__ import annotations

import base64
import secrets
from typing import Any

import segno
from flask import flash, redirect, render_template, request, url_for
from markupsafe import Markup

from catalog.permissions import Permission
from catalog.signing_in.second_factor import (
    SECRET_BYTES,
    SecondFactorRefused,
    Unreadable,
    Vault,
    begin,
    begun_secret,
    codes_left,
    confirm,
    has_second_factor,
    key_uri,
    remove,
    renew_codes,
)
from web.accounts import SignedIn
from web.acting import acting
from web.actor import signed_in, the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.signin import CODE_LIMIT
from web.permission import requires
from web.signing_in.entering import ask_anew, stay
from web.signing_in.guard import guarded
from web.signing_in.second_factor import vault
from web.signing_in.sitting import this_sitting
from web.speech import _
from web.words import say

PAGE = "pages.second_factor"


@pages.get("/account/second-factor")
@requires(Permission.SELF)
def second_factor() -> Any:
    """Show whether there is one, or the picture to scan while it is being set up."""
    return _page()


@pages.post("/account/second-factor")
@requires(Permission.SELF)
def second_factor_begin() -> Any:
    """Begin to set one up. A fresh sign-in is needed: an open session of somebody else must not get to keep it."""
    keeper = vault()
    if keeper is None:
        return _page(_no_key()), 409
    if (again := ask_anew(PAGE)) is not None:
        return again
    try:
        with acting() as db:
            begin(db, the_person(), keeper, secrets.token_bytes(SECRET_BYTES), components().clock())
    except SecondFactorRefused as refusal:
        return _page(say("second factor refusal", refusal.why)), 409
    return redirect(url_for("pages.second_factor"), 303)


@pages.post("/account/second-factor/confirm")
@requires(Permission.SELF)
def second_factor_confirm() -> Any:
    """Show a code of the app: from now on it is asked for. The recovery codes are shown this once."""
    keeper = vault()
    if keeper is None:
        return _page(_no_key()), 409
    if (again := ask_anew(PAGE)) is not None:
        return again
    try:
        with acting() as db:
            codes = confirm(db, the_person(), keeper, _code(), components().clock())
    except SecondFactorRefused as refusal:
        return _page(say("second factor refusal", refusal.why)), 400
    except Unreadable:
        return _page(_no_key()), 409
    stay()
    return render_template("recovery_codes.html", codes=codes, fresh=True)


@pages.post("/account/second-factor/codes")
@requires(Permission.SELF)
def second_factor_codes() -> Any:
    """Make new recovery codes; the earlier ones end."""
    if (again := ask_anew(PAGE)) is not None:
        return again
    try:
        with acting() as db:
            codes = renew_codes(db, the_person(), components().clock())
    except SecondFactorRefused as refusal:
        return _page(say("second factor refusal", refusal.why)), 409
    return render_template("recovery_codes.html", codes=codes, fresh=False)


@pages.post("/account/second-factor/removal")
@requires(Permission.SELF)
def second_factor_removal() -> Any:
    """Switch it off, with a fresh sign-in and a code."""
    keeper = vault()
    if keeper is None:
        return _page(_no_key()), 409
    if (again := ask_anew(PAGE)) is not None:
        return again
    me = signed_in()
    assert me is not None  # noqa: S101 - `requires` has seen to it
    refused: list[SecondFactorRefused] = []
    done = guarded(str(me.username), lambda: _removed(keeper, refused), why="code", sitting=this_sitting())
    if done is None:
        return _page(say("second factor refusal", refused[0].why)), 400
    stay()
    flash(_("The second factor is switched off. Other sessions of this account have ended."))
    return redirect(url_for("pages.second_factor"), 303)


def _removed(keeper: Vault, refused: list[SecondFactorRefused]) -> bool | None:
    here = components()
    try:
        with acting() as db:
            needed = here.settings.require_second_factor_for
            remove(db, the_person(), keeper, _code(), needed_for=needed, now=here.clock())
    except SecondFactorRefused as refusal:
        refused.append(refusal)
        return None
    return True


def _page(problem: str = "") -> str:
    here, keeper, me = components(), vault(), signed_in()
    assert me is not None  # noqa: S101 - `requires` has seen to it
    with here.database.read() as db:
        is_set = has_second_factor(db, me.id)
        left = codes_left(db, me.id)
        try:
            secret = begun_secret(db, me.id, keeper) if keeper is not None else None
        except Unreadable:
            secret = None
    needed = set(here.settings.require_second_factor_for) & {role.name for role in me.roles}
    return render_template(
        "second_factor.html",
        problem=problem,
        is_set=is_set,
        left=left,
        possible=keeper is not None,
        needed=bool(needed),
        picture=_picture(secret, me) if secret else None,
        letters=_letters(secret) if secret else "",
    )


def _picture(secret: bytes, me: SignedIn) -> Markup:
    """The QR code as SVG, without a style of its own: the Content-Security-Policy allows none."""
    uri = key_uri(secret, str(me.username), components().settings.bureau_name)
    drawn = segno.make(uri, micro=False, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff")
    return Markup(drawn)  # noqa: S704 - made of squares by segno, with nothing of a person's in it


def _letters(secret: bytes) -> str:
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[n : n + 4] for n in range(0, len(text), 4))


def _code() -> str:
    return request.form.get("code", "")[:CODE_LIMIT]


def _no_key() -> str:
    return _("This system has no key for second factors. Nothing was changed; tell the administrator.")
