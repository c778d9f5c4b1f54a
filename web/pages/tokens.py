"""One's own tokens for programmes that read: made, listed, revoked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for

from catalog.permissions import Permission
from catalog.signing_in.tokens import (
    NAME_LIMIT,
    TokenRefused,
    create_token,
    is_good,
    offered,
    revoke_token,
    tokens_of,
)
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.permission import requires
from web.signing_in.entering import ask_anew
from web.speech import _
from web.words import say

DAYS = (7, 30, 90, 180, 365)


@pages.get("/account/tokens")
@requires(Permission.SELF)
def tokens() -> Any:
    """List one's tokens, and offer to make one."""
    return _page()


@pages.post("/account/tokens")
@requires(Permission.SELF)
def token_new() -> Any:
    """Make one; it is shown this once. A fresh sign-in is needed."""
    if (again := ask_anew("pages.tokens")) is not None:
        return again
    here, me = components(), the_person()
    assert me.id is not None  # noqa: S101 - persons have accounts
    now = here.clock()
    days = request.form.get("days", "")
    lasting = timedelta(days=int(days)) if days in {str(n) for n in DAYS} else timedelta()
    try:
        with acting() as db:
            _made, secret = create_token(
                db,
                actor=me,
                account=me.id,
                name=request.form.get("name", "")[: NAME_LIMIT * 2],
                permissions=set(request.form.getlist("permission")),
                expires=now + lasting,
                now=now,
            )
    except TokenRefused as refusal:
        return _page(say("token refusal", refusal.why)), 400
    return _page(secret=secret)


@pages.post("/account/tokens/<uuid:token_id>/revocation")
@requires(Permission.SELF)
def token_revocation(token_id: UUID) -> Any:
    """End one of one's own tokens at once. No fresh sign-in: what stops somebody else must be quick."""
    me = the_person()
    try:
        with acting() as db:
            revoke_token(db, actor=me, token=token_id, now=components().clock(), of=me.id)
    except TokenRefused as refusal:
        return _page(say("token refusal", refusal.why)), 404 if refusal.why == "unknown-token" else 409
    flash(_("The token is revoked; programmes that use it are refused from now on."))
    return redirect(url_for("pages.tokens"), 303)


def _page(problem: str = "", secret: str = "") -> str:
    here, me = components(), the_person()
    assert me.id is not None  # noqa: S101 - persons have accounts
    now = here.clock()
    with here.database.read() as db:
        mine = tokens_of(db, me.id)
    return render_template(
        "tokens.html",
        problem=problem,
        secret=secret,
        tokens=[(one, is_good(one, now)) for one in mine],
        offered=[one.value for one in offered(me)],
        days=DAYS,
        address=f"{here.settings.public_url.rstrip('/')}/api/v1",
    )
