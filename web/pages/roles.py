"""角色: what each role may do, which of them one person may not hold, and what one person may see, and why not."""

from __future__ import annotations

from typing import Any

from flask import abort, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from catalog.accounts.standing import person_of, roles_of
from catalog.actors import Actor
from catalog.custody.searching import note_search
from catalog.explaining import OF_PEOPLE, allowed, by_subject, why_not
from catalog.models import Account
from catalog.people import person
from catalog.permissions import ROLES, Permission, may
from catalog.purposes.explaining import explain
from catalog.rules.administrations import APART
from catalog.rules.scopes import FINDS
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.called import account_called
from web.pages.clips import uuid_or_none
from web.permission import requires


@pages.get("/roles")
@requires(Permission.SELF)
def roles() -> Any:
    """Explain the roles to everybody, one's own access to each, and everybody's to the administrations."""
    me = the_person()
    everybody = may(me, Permission.ACCOUNT_READ)
    picked = uuid_or_none(request.args.get("account", "")) or (None if everybody else me.id)
    if picked is not None and picked != me.id and not everybody:
        abort(404)
    if picked is not None and picked != me.id:
        here = components()
        note_search(
            here.database, me, where="roles", asked={"person": account_called(picked)}, now=here.clock()
        )
    act = next((one for one in OF_PEOPLE if one.value == request.args.get("act", "")), None)
    with components().database.read() as session:
        account = session.get(Account, picked, options=[joinedload(Account.officer)]) if picked else None
        if picked and account is None:
            abort(404)
        people = (
            session.scalars(
                select(Account).options(joinedload(Account.officer)).order_by(Account.username)
            ).all()
            if everybody
            else []
        )
        held = roles_of(account) if account is not None and account.state == "active" else frozenset()
        others = person_of(session, account).roles if account is not None else frozenset()
        asking = picked == me.id or may(me, Permission.CASE_READ) or may(me, Permission.CUSTODY_READ)
        asked = request.args.get("asked", "")[:255] if asking else ""
        explained = None
        if asked and account is not None:
            whose = person(account, None) if account.state == "active" else Actor("person", account.id, "")
            explained = explain(session, whose, asked, components().clock(), by=me.id)
        return render_template(
            "roles.html",
            asking=asking,
            asked=asked,
            explained=explained,
            finds=FINDS,
            account=account,
            people=people,
            act=act,
            acts=by_subject(OF_PEOPLE),
            held=sorted(held),
            may_do=by_subject(allowed(held)),
            answer=why_not(act, held, others) if act is not None and account is not None else None,
            roles={role: by_subject(some) for role, some in ROLES.items()},
            apart=APART,
        )
