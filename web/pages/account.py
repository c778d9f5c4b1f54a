"""One's own account: setting a password, choosing a language."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_security import hash_password
from flask_security.utils import login_user, verify_and_update_password

from catalog.models import Account
from catalog.people import set_password
from catalog.permissions import Permission
from catalog.rules.passwords import LONGEST, SHORTEST, weakness_of
from catalog.signing_in.tokens import count_good
from web.accounts import SignedIn
from web.actor import signed_in, the_person
from web.components import components
from web.pages.blueprint import pages
from web.permission import requires
from web.signing_in.entering import ask_anew
from web.signing_in.guard import guarded
from web.signing_in.sitting import this_sitting
from web.speech import _
from web.words import say


@pages.get("/account")
@requires(Permission.SELF)
def account() -> Any:
    """Show the account."""
    return _page()


@pages.post("/account")
@requires(Permission.SELF)
def change_password() -> Any:
    """Set a new password; all other sessions of the account end.

    The present password is proof enough. Who has none needs a fresh sign-in: a first password set at a desk that was
    left would be a proof of its own from then on.
    """
    me = signed_in()
    assert me is not None  # noqa: S101 - `requires` has seen to it
    if not me.password and (anew := ask_anew("pages.account")) is not None:
        return anew
    problem = _wrong(me)
    if problem:
        return _page(problem), 400
    here = components()
    with here.database.write() as db:
        set_password(db, the_person(), hash_password(request.form["fresh"]), here.clock())
        fresh = SignedIn(db.get_one(Account, me.id))
    login_user(fresh, remember=False)
    flash(_("The password is set. Other sessions of this account have ended."))
    return redirect(url_for("pages.account"), 303)


def _page(problem: str = "") -> str:
    here, me = components(), the_person()
    assert me.id is not None  # noqa: S101 - persons have accounts
    with here.database.read() as db:
        tokens = count_good(db, me.id, here.clock())
    return render_template("account.html", problem=problem, shortest=SHORTEST, tokens=tokens)


def _is_present(me: SignedIn, present: str) -> bool:
    right = guarded(
        str(me.username),
        lambda: verify_and_update_password(present, me) or None,
        why="password",
        sitting=this_sitting(),
    )
    return right is not None


def _wrong(me: SignedIn) -> str:
    present, new, again = (request.form.get(name, "") for name in ("present", "fresh", "again"))
    if max(len(present), len(new)) > LONGEST:
        return _("A password has at most %(n)s characters. Nothing was changed.", n=LONGEST)
    if me.password and not _is_present(me, present):
        return _("The present password is not right. Nothing was changed.")
    weakness = weakness_of(new, (str(me.username), str(me.email), me.name))
    if weakness is not None:
        return say("password weakness", weakness)
    if new != again:
        return _("The two new passwords differ. Nothing was changed.")
    return ""
