"""The acts on one account, each a form of its page. What is refused is kept in the custody log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session

from catalog.accounts.closing import close_account, reopen
from catalog.accounts.granting import end_sessions, grant, refuse, take
from catalog.accounts.inviting import invite_anew, withdraw
from catalog.accounts.refusals import CannotAdminister
from catalog.accounts.rescuing import take_passkeys, unlock
from catalog.permissions import Permission
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.accounts import refusal_words, slip
from web.pages.blueprint import pages
from web.pages.signin import signed_in_at
from web.permission import requires
from web.speech import _
from web.words import say


@pages.post("/accounts/<uuid:account_id>/roles/grant")
@requires(Permission.ACCOUNT_GRANT)
def account_grant(account_id: UUID) -> Any:
    """Bring a role into force."""
    return _on_role(account_id, grant, _("%(role)s: in force from the next click on."))


@pages.post("/accounts/<uuid:account_id>/roles/refuse")
@requires(Permission.ACCOUNT_GRANT)
def account_refuse(account_id: UUID) -> Any:
    """Turn down a role that was wished for."""
    return _on_role(account_id, refuse, _("%(role)s: turned down."))


@pages.post("/accounts/<uuid:account_id>/roles/take")
@requires(Permission.ACCOUNT_GRANT)
def account_take(account_id: UUID) -> Any:
    """Take a role away."""
    return _on_role(account_id, take, _("%(role)s: taken; running sessions have lost it too."))


@pages.post("/accounts/<uuid:account_id>/sessions/end")
@requires(Permission.ACCOUNT_GRANT)
def account_end_sessions(account_id: UUID) -> Any:
    """End every session of an account."""
    return _do(
        account_id,
        lambda session: end_sessions(
            session, actor=the_person(), account_id=account_id, now=components().clock()
        ),
        _("All sessions of this account have ended."),
    )


@pages.post("/accounts/<uuid:account_id>/unlock")
@requires(Permission.ACCOUNT_GRANT)
def account_unlock(account_id: UUID) -> Any:
    """Let somebody who has to wait try again at once."""
    return _with_reason(account_id, unlock, _("Unlocked. The person can try again at once, on every device."))


@pages.post("/accounts/<uuid:account_id>/passkeys/removal")
@requires(Permission.ACCOUNT_GRANT)
def account_take_passkeys(account_id: UUID) -> Any:
    """Remove the passkeys of somebody who has lost the device."""
    return _with_reason(
        account_id,
        take_passkeys,
        _("Removed. The passkeys open nothing any more, and the sessions have ended."),
    )


@pages.post("/accounts/<uuid:account_id>/reopen")
@requires(Permission.ACCOUNT_GRANT)
def account_reopen(account_id: UUID) -> Any:
    """Open a closed account again."""
    return _do(
        account_id,
        lambda session: reopen(
            session,
            actor=the_person(),
            account_id=account_id,
            signed_in_at=signed_in_at(),
            now=components().clock(),
        ),
        _("Opened. The system administrator issues a new invitation; roles are granted anew."),
    )


@pages.post("/accounts/<uuid:account_id>/close")
@requires(Permission.ACCOUNT_INVITE)
def account_close(account_id: UUID) -> Any:
    """Close an account."""
    return _do(
        account_id,
        lambda session: close_account(
            session,
            actor=the_person(),
            account_id=account_id,
            reason=request.form.get("reason", ""),
            now=components().clock(),
        ),
        _("Closed. Its sessions and links have ended; what the person did stays as it is."),
    )


@pages.post("/accounts/<uuid:account_id>/invitation")
@requires(Permission.ACCOUNT_INVITE)
def account_invite_anew(account_id: UUID) -> Any:
    """Withdraw the link there is, and show a fresh one this once."""
    try:
        with acting() as session:
            account, token = invite_anew(
                session, actor=the_person(), account_id=account_id, now=components().clock()
            )
            return slip(account, token)
    except CannotAdminister as refusal:
        return _said(account_id, refusal)


@pages.post("/accounts/<uuid:account_id>/invitation/withdraw")
@requires(Permission.ACCOUNT_INVITE)
def account_withdraw(account_id: UUID) -> Any:
    """Make the link useless."""
    return _do(
        account_id,
        lambda session: withdraw(
            session, actor=the_person(), account_id=account_id, now=components().clock()
        ),
        _("Withdrawn. The link lets nobody in any more."),
    )


def _with_reason(account_id: UUID, act: Callable[..., Any], done: str) -> Any:
    return _do(
        account_id,
        lambda session: act(
            session,
            actor=the_person(),
            account_id=account_id,
            reason=request.form.get("reason", ""),
            now=components().clock(),
        ),
        done,
    )


def _on_role(account_id: UUID, act: Callable[..., Any], done: str) -> Any:
    role = request.form.get("role", "")[:64].replace("\0", "")
    return _do(
        account_id,
        lambda session: act(
            session,
            actor=the_person(),
            account_id=account_id,
            role=role,
            signed_in_at=signed_in_at(),
            now=components().clock(),
        ),
        done.replace("%(role)s", say("role", role)),
    )


def _do(account_id: UUID, act: Callable[[Session], Any], done: str) -> Any:
    try:
        with acting() as session:
            act(session)
    except CannotAdminister as refusal:
        return _said(account_id, refusal)
    flash(done)
    return redirect(url_for("pages.account_view", account_id=account_id), 303)


def _said(account_id: UUID, refusal: CannotAdminister) -> Any:
    """Say a refusal on the account's page; who has to sign in anew is led there and back."""
    if refusal.why == "unknown-account":
        abort(404)
    flash(refusal_words(refusal))
    there = url_for("pages.account_view", account_id=account_id)
    return redirect(url_for("pages.signin_again", next=there) if refusal.why == "not-fresh" else there, 303)
