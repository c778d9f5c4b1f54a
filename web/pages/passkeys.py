"""One's own passkeys: added, renamed, removed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for

from catalog.models import Account
from catalog.permissions import Permission
from catalog.rules.passkeys import MOST, NAME_LIMIT
from catalog.signing_in.ceremonies import creation_options
from catalog.signing_in.passkeys import PasskeyRefused, add, passkeys_of, remove, rename
from web.acting import acting, keep_refusal
from web.actor import signed_in, the_person
from web.components import components
from web.pages.blueprint import pages
from web.permission import requires
from web.signing_in.entering import ask_anew, is_freshly_proven, stay
from web.signing_in.passkeys import answer, ask, asked, no_question, party, passkeys_at, question, why_none
from web.speech import _
from web.words import say

PAGE = "pages.passkeys"


@pages.get("/account/passkeys")
@requires(Permission.SELF)
def passkeys() -> Any:
    """Show them: name, when it was added, when it was last used."""
    return _page()


@pages.post("/account/passkeys/question")
@requires(Permission.SELF)
def passkey_question() -> Any:
    """Ask the browser for a new one. A fresh sign-in is needed: an open session of somebody else must not keep it."""
    here, belongs, me = components(), party(), signed_in()
    assert me is not None  # noqa: S101 - `requires` has seen to it
    if belongs is None:
        return no_question(why_none())
    if not is_freshly_proven():
        keep_refusal("not-fresh")
        return no_question(_("Nothing was changed yet. Sign in anew first, then press the button once more."))
    with here.database.read() as db:
        account = db.get_one(Account, me.id)
        known = passkeys_of(db, me.id)
        return question(creation_options(belongs, account, here.settings.bureau_name, ask("add"), known))


@pages.post("/account/passkeys")
@requires(Permission.SELF)
def passkey_add() -> Any:
    """Keep the one that the browser made."""
    here, belongs = components(), party()
    if belongs is None:
        return _page(why_none()), 409
    if (anew := ask_anew(PAGE)) is not None:
        return anew
    challenge = asked("add")
    try:
        with acting() as db:
            name = request.form.get("name", "")[: 4 * NAME_LIMIT]
            add(
                db,
                the_person(),
                party=belongs,
                challenge=challenge,
                answer=answer(),
                name=name,
                now=here.clock(),
            )
    except PasskeyRefused as refusal:
        return _page(say("passkey refusal", refusal.why)), 400
    flash(_("The passkey is kept. From now on you can sign in with it."))
    return redirect(url_for(PAGE), 303)


@pages.post("/account/passkeys/<uuid:passkey_id>/name")
@requires(Permission.SELF)
def passkey_rename(passkey_id: UUID) -> Any:
    """Give one another name."""
    try:
        with acting() as db:
            name = request.form.get("name", "")[: 4 * NAME_LIMIT]
            rename(db, the_person(), passkey_id, name, components().clock())
    except PasskeyRefused as refusal:
        return _refused(refusal)
    flash(_("The name is kept."))
    return redirect(url_for(PAGE), 303)


@pages.post("/account/passkeys/<uuid:passkey_id>/removal")
@requires(Permission.SELF)
def passkey_removal(passkey_id: UUID) -> Any:
    """Remove one, with a fresh sign-in; other sessions end, since the device may be in somebody else's hands."""
    _ensure_mine(passkey_id)
    if (anew := ask_anew(PAGE)) is not None:
        return anew
    try:
        with acting() as db:
            remove(db, the_person(), passkey_id, components().clock())
    except PasskeyRefused as refusal:
        return _refused(refusal)
    stay()
    flash(_("The passkey is removed and opens nothing any more. Other sessions of this account have ended."))
    return redirect(url_for(PAGE), 303)


def _ensure_mine(passkey_id: UUID) -> None:
    """Abort with 404 where one has no such passkey: before it is asked who sits there, which is kept about it."""
    me = signed_in()
    assert me is not None  # noqa: S101 - `requires` has seen to it
    with components().database.read() as db:
        if all(one.id != passkey_id for one in passkeys_of(db, me.id)):
            abort(404)


def _refused(refusal: PasskeyRefused) -> Any:
    if refusal.why == "unknown-passkey":
        abort(404)
    return _page(say("passkey refusal", refusal.why)), 400


def _page(problem: str = "") -> str:
    here, me = components(), signed_in()
    assert me is not None  # noqa: S101 - `requires` has seen to it
    with here.database.read() as db:
        return render_template(
            "passkeys.html",
            problem=problem,
            mine=passkeys_of(db, me.id),
            why_none=why_none(),
            passkeys_at=passkeys_at(),
            again=url_for("pages.signin_again", next=url_for(PAGE)),
            limit=NAME_LIMIT,
            most=MOST,
        )
