"""Taking an account by its invitation: the first password is set by the person, and only by the person."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_security import hash_password
from flask_security.utils import logout_user

from catalog.accounts.inviting import accept, note_refused, peek
from catalog.accounts.refusals import InvitationRefused
from catalog.permissions import Permission
from catalog.rules.passwords import SHORTEST, weakness_of
from web.components import components
from web.pages.blueprint import pages
from web.permission import requires
from web.speech import _
from web.words import say

LONGEST_TOKEN = 128


@pages.get("/invitation/<token>")
@requires(Permission.PUBLIC)
def invitation(token: str) -> Any:
    """Ask for a password; looking at a link does not use it up."""
    return _asked(token, "")


@pages.post("/invitation/<token>")
@requires(Permission.PUBLIC)
def invitation_accept(token: str) -> Any:
    """Keep the password, and send the person on to sign in with it."""
    here = components()
    now = here.clock()
    fresh, again = request.form.get("fresh", ""), request.form.get("again", "")
    try:
        with here.database.read() as db:
            account = peek(db, token[:LONGEST_TOKEN], now)
            names = (account.username, account.email, account.called)
        problem = _problem(fresh, again, names)
        if problem:
            return _asked(token, problem, 400)
        hashed = hash_password(fresh)  # takes a moment: not while the catalog is held
        with here.database.write() as db:
            accept(db, token=token, password_hash=hashed, address=request.remote_addr, now=now)
    except InvitationRefused as refusal:
        with here.database.write() as db:
            note_refused(
                db, token=token[:LONGEST_TOKEN], address=request.remote_addr, why=refusal.why, now=now
            )
        return _refused(refusal.why)
    logout_user()  # whoever was signed in here is not the person who has just come
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    flash(_("The password is set. Sign in with it now."))
    return redirect(url_for("pages.signin"), 303)


def _asked(token: str, problem: str, status: int = 200) -> Any:
    here = components()
    try:
        with here.database.read() as db:
            account = peek(db, token[:LONGEST_TOKEN], here.clock())
            page = render_template(
                "invitation.html", account=account, token=token, problem=problem, shortest=SHORTEST, why=""
            )
    except InvitationRefused as refusal:
        return _refused(refusal.why)
    return page, status


def _refused(why: str) -> Any:
    return render_template("invitation.html", account=None, why=why), 410


def _problem(fresh: str, again: str, names: tuple[str, ...]) -> str:
    weakness = weakness_of(fresh, names)
    if weakness is not None:
        return say("password weakness", weakness)
    return "" if fresh == again else _("The two new passwords differ. Nothing was changed.")
