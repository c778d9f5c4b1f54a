"""Signing in and out: password or one-time link, then a code where the account has a second factor.

No registration, no recovery by mail.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import redirect, render_template, request, session, url_for
from flask_security import hash_password
from flask_security.utils import logout_user, verify_and_update_password
from werkzeug.wrappers import Response

from catalog.models import Account
from catalog.people import (
    LANGUAGES,
    find_account,
    note_signed_out,
    peek_signin_token,
    set_language,
    use_signin_token,
)
from catalog.permissions import Permission
from catalog.signing_in.passkeys import has_passkey
from catalog.signing_in.second_factor import Unreadable, has_second_factor, take_code
from catalog.signing_in.tallying import note_refusal
from web.accounts import SignedIn
from web.actor import signed_in, signed_in_person, the_person
from web.components import components
from web.errors import Trouble, show
from web.pages.blueprint import pages
from web.permission import requires
from web.signing_in.entering import first_step, let_in, onward, signed_in_at
from web.signing_in.guard import NotNow, guarded, refuse
from web.signing_in.passkeys import passkeys_at
from web.signing_in.second_factor import Halfway, halfway, vault
from web.signing_in.sitting import left_out, this_sitting
from web.speech import _

__all__ = ["signed_in_at"]

NAME_LIMIT = 255
PASSWORD_LIMIT = 1024
CODE_LIMIT = 64


@pages.errorhandler(NotNow)
def _not_now(refusal: NotNow) -> Response:
    return refuse(refusal)


@pages.get("/signin")
@requires(Permission.PUBLIC)
def signin() -> Any:
    """Show the form."""
    if signed_in_person() is not None:
        return redirect(onward())
    return signin_page(away=left_out())


@pages.post("/signin")
@requires(Permission.PUBLIC)
def signin_with_password() -> Any:
    """Check name and password. What was wrong is not told apart, here or in the time it takes."""
    name = request.form.get("name", "").strip()[:NAME_LIMIT]
    account = guarded(name, lambda: checked(name, request.form.get("password", "")), why="password")
    if account is None:
        problem = _("This name and password do not belong together. Nothing was changed; try again.")
        return signin_page(name, problem), 401
    return first_step(account.id, "password")


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
            note_refusal(db, name="", account=None, address=request.remote_addr, why="link", now=now)
        found = account.id if account is not None else None
    if found is None:
        return render_template("signin_link.html", name="", token=""), 410
    return first_step(found, "link")


@pages.get("/signin/code")
@requires(Permission.PUBLIC)
def signin_code() -> Any:
    """Ask for the code of the second step."""
    if halfway() is None:
        return redirect(url_for("pages.signin", next=request.args.get("next") or None))
    return _code_page()


@pages.post("/signin/code")
@requires(Permission.PUBLIC)
def signin_with_code() -> Any:
    """Check the code; each is good once."""
    who = halfway()
    if who is None:
        return redirect(url_for("pages.signin", next=request.form.get("next") or None), 303)
    taken = guarded(_username(who), lambda: used_code(who.account), why="code")
    if taken is None:
        return _code_page(wrong_code()), 401
    return let_in(who.account, f"{who.how}+{taken}")


@pages.get("/signin/again")
@requires(Permission.SELF)
def signin_again() -> Any:
    """Ask once more who it is, before what cannot be undone."""
    return signin_again_page("")


@pages.post("/signin/again")
@requires(Permission.SELF)
def signin_again_now() -> Any:
    """Check the password or a code of whoever is signed in; who has neither uses a fresh one-time link."""
    me = signed_in()
    assert me is not None  # noqa: S101 - `requires` has seen to it
    name = str(me.username)
    if request.form.get("code"):
        how = guarded(name, lambda: used_code(me.id), why="code", sitting=this_sitting())
        problem = wrong_code()
    else:
        right = guarded(
            name,
            lambda: checked(name, request.form.get("password", "")),
            why="password",
            sitting=this_sitting(),
        )
        how = "password" if right is not None else None
        problem = _("This is not your password. Nothing was changed; try again.")
    if how is None:
        return signin_again_page(problem), 401
    return let_in(me.id, how)


@pages.get("/signin/back")
@requires(Permission.SELF)
def signin_back() -> Any:
    """Say that the session goes on, to whoever signed in anew beside a page that was left open."""
    return render_template("signin_back.html")


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
    if wanted not in LANGUAGES:
        return show(
            Trouble(
                400,
                _("This language is not spoken here."),
                _("Nothing was changed. All recordings are as safe as before."),
                _("Go back and choose Chinese or English by the button on the page."),
            )
        )
    session["language"] = wanted
    actor = signed_in_person()
    if actor is not None:
        here = components()
        with here.database.write() as db:
            set_language(db, actor, wanted, here.clock())
    return redirect(onward(), 303)


def checked(name: str, password: str) -> SignedIn | None:
    """Answer the account if name and password belong together; it takes as long when they do not."""
    if not name or not 0 < len(password) <= PASSWORD_LIMIT:
        return None
    with components().database.read() as db:
        account = find_account(db, name)
        signed = SignedIn(account) if account is not None and account.active else None
    if signed is None or not signed.password:
        hash_password(password)  # takes as long as a wrong password
        return None
    return signed if verify_and_update_password(password, signed) else None


def used_code(account: UUID) -> str | None:
    """Use up the code that was sent and answer `app` or `recovery`; None when it is none."""
    here, keeper = components(), vault()
    code = request.form.get("code", "")
    if keeper is None or not 0 < len(code) <= CODE_LIMIT:
        return None
    try:
        with here.database.write() as db:
            return take_code(db, account, keeper, code, here.clock())
    except Unreadable:
        return None


def signin_page(name: str = "", problem: str = "", *, away: bool = False) -> str:
    """Answer the form for signing in; `away` says that a session ended because nobody used it."""
    return render_template("signin.html", name=name, problem=problem, away=away, passkeys_at=passkeys_at())


def wrong_code() -> str:
    """Answer the sentence for a code that was not taken."""
    return _(
        "This code is not right, or was used already. Nothing was changed. Wait for the next one; if none is taken, set the time of your telephone."
    )


def signin_again_page(problem: str) -> str:
    """Answer the page that asks once more who it is, with what the person has to show it by."""
    me = signed_in()
    assert me is not None  # noqa: S101 - `requires` has seen to it
    with components().database.read() as db:
        by_code = has_second_factor(db, me.id)
        by_passkey = bool(passkeys_at()) and has_passkey(db, me.id)
    return render_template(
        "signin_again.html",
        problem=problem,
        by_code=by_code,
        by_passkey=by_passkey,
        passkeys_at=passkeys_at(),
    )


def _code_page(problem: str = "") -> str:
    return render_template("signin_code.html", problem=problem, passkeys_at=passkeys_at())


def _username(who: Halfway) -> str:
    with components().database.read() as db:
        return db.get_one(Account, who.account).username


def _called(account: Account) -> str:
    return account.called
