"""Signing in and out: password or one-time link. No registration, no recovery by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app, redirect, render_template, request, session, url_for
from flask_security import hash_password
from flask_security.utils import login_user, logout_user, verify_and_update_password
from werkzeug.wrappers import Response

from catalog.models import Account
from catalog.people import (
    LANGUAGES,
    find_account,
    note_signed_in,
    note_signed_out,
    note_signin_refused,
    peek_signin_token,
    set_language,
    use_signin_token,
)
from catalog.permissions import Permission
from web.accounts import SignedIn
from web.actor import signed_in, signed_in_person, the_person
from web.components import components
from web.errors import show, trouble_of
from web.pages.blueprint import pages
from web.permission import requires
from web.speech import _

NAME_LIMIT = 255
PASSWORD_LIMIT = 1024
SIGNED_IN_AT = "signed_in_at"
"""In the session: when this person last proved who they are: by password, or by link where they have none."""


@pages.get("/signin")
@requires(Permission.PUBLIC)
def signin() -> Any:
    """Show the form."""
    if signed_in_person() is not None:
        return redirect(_onward())
    return render_template("signin.html", name="", problem="")


@pages.post("/signin")
@requires(Permission.PUBLIC)
def signin_with_password() -> Any:
    """Check name and password. What was wrong is not told apart, here or in the time it takes."""
    name = request.form.get("name", "").strip()[:NAME_LIMIT]
    here = components()
    now = here.clock()
    throttle = current_app.extensions["liuhen.throttle"]
    keys = (f"name {name.lower()}", f"address {request.remote_addr}")
    if throttle.blocked(now, *keys):
        return show(trouble_of(429))
    account = _checked(name, request.form.get("password", ""))
    if account is None:
        throttle.failed(now, *keys)
        with here.database.write() as db:
            note_signin_refused(
                db,
                name=name,
                account=find_account(db, name),
                address=request.remote_addr,
                why="password",
                now=now,
            )
        problem = _("This name and password do not belong together. Nothing was changed; try again.")
        return render_template("signin.html", name=name, problem=problem), 401
    throttle.succeeded(keys[0])
    return _let_in(account, "password")


@pages.get("/signin/<token>")
@requires(Permission.PUBLIC)
def signin_link(token: str) -> Any:
    """Ask before using a link: previews in mail and chat open links too, and must not use them up."""
    here = components()
    with here.database.read() as db:
        account = peek_signin_token(db, token, here.clock())
        name = _called(account) if account else ""
    status = 200 if name else 410
    return render_template("signin_link.html", name=name, token=token), status


@pages.post("/signin/<token>")
@requires(Permission.PUBLIC)
def signin_with_link(token: str) -> Any:
    """Use a link up."""
    here = components()
    now = here.clock()
    with here.database.write() as db:
        account = use_signin_token(db, token, now)
        if account is None:
            note_signin_refused(db, name="", account=None, address=request.remote_addr, why="link", now=now)
        signed = SignedIn(account) if account is not None else None
    if signed is None:
        return render_template("signin_link.html", name="", token=""), 410
    return _let_in(signed, "link")


@pages.get("/signin/again")
@requires(Permission.SELF)
def signin_again() -> Any:
    """Ask for the password once more, before what cannot be undone."""
    return render_template("signin_again.html", problem="")


@pages.post("/signin/again")
@requires(Permission.SELF)
def signin_again_with_password() -> Any:
    """Check the password of whoever is signed in; who has none uses a fresh one-time link."""
    me = signed_in()
    assert me is not None  # noqa: S101 - `requires` has seen to it
    here = components()
    now = here.clock()
    throttle = current_app.extensions["liuhen.throttle"]
    keys = (f"name {str(me.username).lower()}", f"address {request.remote_addr}")
    if throttle.blocked(now, *keys):
        return show(trouble_of(429))
    account = _checked(str(me.username), request.form.get("password", ""))
    if account is None:
        throttle.failed(now, *keys)
        with here.database.write() as db:
            note_signin_refused(
                db,
                name=str(me.username),
                account=db.get(Account, me.id),
                address=request.remote_addr,
                why="password",
                now=now,
            )
        problem = _("This is not your password. Nothing was changed; try again.")
        return render_template("signin_again.html", problem=problem), 401
    throttle.succeeded(keys[0])
    return _let_in(account, "password")


def signed_in_at() -> datetime | None:
    """Answer when this session's person last proved who they are; None where only a link says so."""
    try:
        return datetime.fromisoformat(session.get(SIGNED_IN_AT, ""))
    except (TypeError, ValueError):
        return None


@pages.post("/signout")
@requires(Permission.SELF)
def signout() -> Response:
    """End this session."""
    here = components()
    with here.database.write() as db:
        note_signed_out(db, the_person(), here.clock())
    logout_user()
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    return redirect(url_for("pages.signin"))


@pages.post("/language")
@requires(Permission.PUBLIC)
def language() -> Response:
    """Change the language, for this session and for the account."""
    wanted = request.form.get("language", "")
    if wanted in LANGUAGES:
        session["language"] = wanted
        actor = signed_in_person()
        if actor is not None:
            here = components()
            with here.database.write() as db:
                set_language(db, actor, wanted, here.clock())
    return redirect(_onward(), 303)


def _checked(name: str, password: str) -> SignedIn | None:
    if not name or not 0 < len(password) <= PASSWORD_LIMIT:
        return None
    with components().database.read() as db:
        account = find_account(db, name)
        signed = SignedIn(account) if account is not None and account.active else None
    if signed is None or not signed.password:
        hash_password(password)  # takes as long as a wrong password
        return None
    return signed if verify_and_update_password(password, signed) else None


def _let_in(account: SignedIn, how: str) -> Response:
    here = components()
    chosen = session.get("language")
    with here.database.write() as db:
        note_signed_in(
            db, db.get_one(Account, account.id), address=request.remote_addr, how=how, now=here.clock()
        )
    session.clear()  # nothing from before the sign-in is carried over
    if chosen:
        session["language"] = chosen
    session.permanent = True
    if how == "password" or not account.password:
        # A link is made on the server by whoever runs it: it stands for nobody who has a password.
        session[SIGNED_IN_AT] = here.clock().isoformat()
    login_user(account, remember=False)
    return redirect(_onward(), 303)


def _called(account: Account) -> str:
    return account.called


def _onward() -> str:
    """Where to go next: a page of ours, whatever the address says."""
    wanted = request.values.get("next", "")
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if inside else url_for("pages.shift")
