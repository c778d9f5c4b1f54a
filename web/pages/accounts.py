"""账户: the list, inviting somebody, and one account with its roles and history."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, render_template, request, url_for

from catalog.accounts.inviting import VALID, Guest, invite
from catalog.accounts.reading import STATES, list_accounts, officers_to_invite, view_account
from catalog.accounts.refusals import CannotAdminister
from catalog.custody.searching import note_search
from catalog.models import Account
from catalog.permissions import ROLES, Permission, may
from catalog.rules.administrations import clashes
from catalog.signing_in.passkeys import passkeys_of, suspended_accounts
from catalog.signing_in.tallying import waiting_accounts, waits_until
from web.acting import acting
from web.actor import signed_in, the_person
from web.components import components
from web.formats import local
from web.pages.blueprint import pages
from web.pages.clips import uuid_or_none
from web.permission import requires
from web.words import say

LONGEST_QUESTION = 64


@pages.get("/accounts")
@requires(Permission.ACCOUNT_READ)
def accounts() -> Any:
    """Show who may sign in, with which roles, and who waits for what."""
    args = request.args
    state, role = args.get("state", ""), args.get("role", "")
    asked = {
        "state": state if state in STATES else "",
        "role": role if role in ROLES else "",
        "q": args.get("q", "")[:LONGEST_QUESTION].replace("\0", ""),
        "waiting": "1" if args.get("waiting") == "1" else "",
    }
    here = components()
    note_search(here.database, the_person(), where="accounts", asked={"words": asked["q"]}, now=here.clock())
    with here.database.read() as session:
        lines, more = list_accounts(
            session,
            state=asked["state"],
            role=asked["role"],
            words=asked["q"],
            waiting=asked["waiting"] == "1",
        )
        grants = may(the_person(), Permission.ACCOUNT_GRANT)
        return render_template(
            "accounts.html",
            lines=lines,
            more=more,
            asked=asked,
            states=STATES,
            roles=tuple(ROLES),
            suspended=suspended_accounts(session) if grants else (),
            waiting_now=waiting_accounts(session, here.clock()) if grants else (),
        )


@pages.get("/accounts/new")
@requires(Permission.ACCOUNT_INVITE)
def account_new() -> Any:
    """Show the form for inviting somebody."""
    return _form("", {})


@pages.post("/accounts/new")
@requires(Permission.ACCOUNT_INVITE)
def account_invite() -> Any:
    """Make an account, and show its link this once."""
    here = components()
    now = here.clock()
    form = request.form
    officer = form.get("officer", "").strip()
    guest = Guest(
        username=form.get("username", ""),
        officer=(uuid_or_none(officer) or UUID(int=0)) if officer else None,
        name=form.get("name", ""),
        roles=frozenset(form.getlist("role")),
    )
    try:
        with acting() as session:
            account, token = invite(
                session, actor=the_person(), guest=guest, today=local(now).date(), now=now
            )
            return slip(account, token)
    except CannotAdminister as refusal:
        return _form(refusal_words(refusal), form), 400


def slip(account: Account, token: str) -> str:
    """Answer the page with an invitation's link, which is shown once and can be printed."""
    base = components().settings.public_url.rstrip("/")
    return render_template(
        "account_slip.html",
        account=account,
        address=base + url_for("pages.invitation", token=token),
        until=components().clock() + VALID,
        hours=int(VALID.total_seconds() // 3600),
    )


@pages.get("/accounts/<uuid:account_id>")
@requires(Permission.ACCOUNT_READ)
def account_view(account_id: UUID) -> Any:
    """Show one account: roles with who granted them when, invitation, history, and what this reader may do."""
    here = components()
    me = signed_in()
    assert me is not None  # noqa: S101 - `requires` has seen to it
    with here.database.read() as session:
        view = view_account(session, account_id)
        if view is None:
            abort(404)
        held = view.person.roles
        open_roles = {row.role for row in view.grants}
        return render_template(
            "account_view.html",
            view=view,
            a=view.account,
            own=view.person.who == (me.officer_id or me.id),
            choices=[
                (role, clashes(role, held)) for role in ROLES if role not in open_roles and role not in held
            ],
            clashes_of=lambda role: clashes(role, held),
            passkeys=passkeys_of(session, account_id),
            waits_until=waits_until(session, account_id, here.clock()),
            again=url_for("pages.signin_again", next=url_for("pages.account_view", account_id=account_id)),
        )


def refusal_words(refusal: CannotAdminister) -> str:
    """Answer a refusal as a sentence, with the pair of roles that stands against it."""
    said = say("account refusal", refusal.why)
    if refusal.clash is None:
        return said
    pair = f"{say('role', refusal.clash.held)} · {say('role', refusal.clash.wanted)}"
    return f"{said} {pair}: {say('clash', refusal.clash.reason)}"


def _form(problem: str, form: Any) -> str:
    here = components()
    with here.database.read() as session:
        return render_template(
            "account_new.html",
            problem=problem,
            officers=officers_to_invite(session, local(here.clock()).date()),
            roles=tuple(ROLES),
            kept={
                name: str(form.get(name, ""))[:LONGEST_QUESTION] for name in ("username", "name", "officer")
            },
            wished=set(form.getlist("role")) if form else set(),
        )
