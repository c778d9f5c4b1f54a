"""From a proof to a session: by way of the second step where the account has one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import flash, redirect, request, session, url_for
from flask_security.utils import login_user
from werkzeug.wrappers import Response

from catalog.models import Account
from catalog.people import note_signed_in
from catalog.rules.fresh_signin import is_fresh
from catalog.signing_in.passkeys import has_passkey
from catalog.signing_in.second_factor import has_second_factor
from web.accounts import SignedIn
from web.acting import keep_refusal
from web.actor import signed_in
from web.components import components
from web.signing_in.guard import known_here
from web.signing_in.passkeys import party
from web.signing_in.second_factor import go_halfway
from web.signing_in.sitting import begin_sitting
from web.speech import _

SIGNED_IN_AT = "signed_in_at"
"""In the session: when this person last proved who they are: by password, code or passkey, by link without any."""
FORM_SECRET = "csrf_token"  # noqa: S105 - its name in the session


def first_step(account: UUID, how: str) -> Response:
    """The password or the link was right: in, or on to the second step."""
    with components().database.read() as db:
        row = db.get_one(Account, account)
        if has_second_factor(db, account):
            go_halfway(row, how)
            return redirect(url_for("pages.signin_code", next=_wanted() or None), 303)
    return let_in(account, how)


def let_in(account: UUID, how: str, passkey: UUID | None = None) -> Response:
    """Begin a session; nothing from before is carried over, but for the forms this same person left open."""
    here = components()
    with here.database.write() as db:
        row = db.get_one(Account, account)
        note_signed_in(db, row, address=request.remote_addr, how=how, passkey=passkey, now=here.clock())
        who = SignedIn(row)
        own_proof = bool(who.password) or (party() is not None and has_passkey(db, account))
    kept = {name: session[name] for name in ("language",) if name in session}
    if session.get("_user_id") == who.fs_uniquifier and FORM_SECRET in session:
        kept[FORM_SECRET] = session[FORM_SECRET]
    session.clear()
    session.update(kept)
    session.permanent = True
    if how != "link" or not own_proof:
        # A link is made on the server by whoever runs it: it stands for nobody who has a password or a passkey.
        note_proven()
    begin_sitting(account)
    login_user(who, remember=False)
    response = redirect(onward(), 303)
    known_here(response, account)
    return response


def note_proven() -> None:
    """Note that whoever sits here has just proven who they are."""
    session[SIGNED_IN_AT] = components().clock().isoformat()


def signed_in_at() -> datetime | None:
    """Answer when this session's person last proved who they are; None where only a link says so."""
    try:
        return datetime.fromisoformat(session.get(SIGNED_IN_AT, ""))
    except (TypeError, ValueError):
        return None


def is_freshly_proven() -> bool:
    """Answer whether whoever sits here has shown who they are recently enough for what cannot be undone (R2.12)."""
    return is_fresh(signed_in_at(), components().clock())


def not_fresh(page: Callable[[str], str]) -> tuple[str, int]:
    """Answer `page` with the reason: the last proof of who sits here is too old for this act; which is kept in the log.

    For pages that bring back what was typed; others use `ask_anew`. What `page` aborts with leaves nothing in the log.
    """
    answer = page(
        _(
            "Nothing was changed yet: this step asks for a fresh sign-in. Sign in anew, then press the button once more; "
            "what you typed is still here."
        )
    )
    keep_refusal("not-fresh")
    return answer, 400


def ask_anew(to: str, **ids: Any) -> Response | None:
    """Lead to a fresh sign-in, and from there to the endpoint `to` with its `ids`, where the last one is too long ago.

    It is kept in the log, about what the page's address names: whoever calls this has seen that there is such a thing.
    """
    if is_freshly_proven():
        return None
    keep_refusal("not-fresh")
    flash(_("Nothing was changed yet. Sign in anew first, then press the button once more."))
    return redirect(url_for("pages.signin_again", next=url_for(to, **ids)), 303)


def stay() -> None:
    """Go on with this session, when all others of the account have ended."""
    me = signed_in()
    assert me is not None  # noqa: S101 - for pages that require somebody
    with components().database.read() as db:
        fresh = SignedIn(db.get_one(Account, me.id))
    login_user(fresh, remember=False)


def onward() -> str:
    """Where to go next: a page of ours, whatever the address says."""
    return _wanted() or url_for("pages.shift")


def _wanted() -> str:
    wanted = request.values.get("next", "")
    inside = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and wanted.isprintable()
    return wanted if inside else ""
