"""暂停销毁: the list of holds one may know of, setting one, lifting one."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.clips import view_clip
from catalog.custody.record import utc_text
from catalog.holds.acts import DOCUMENT_LIMIT, NOTE_LIMIT, CannotHold, HoldWish, lift_hold, set_hold
from catalog.holds.listing import list_holds
from catalog.models import Case, Officer
from catalog.permissions import Permission
from catalog.rules.free_text import plain
from catalog.rules.holds import TARGETS, reasons_of
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.formats import day_range
from web.pages.blueprint import pages
from web.pages.clips import uuid_or_none
from web.permission import requires
from web.speech import _
from web.words import say

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@pages.get("/holds")
@requires(Permission.HOLD_SET)
def holds() -> Any:
    """Show the holds that stand, or those that were lifted; of those this person may know of."""
    actor, args = the_person(), request.args
    lifted = args.get("show") == "lifted"
    asked = {name: args.get(name, "") for name in ("reason", "target", "clip", "case")}
    with components().database.read() as session:
        found, following = list_holds(
            session,
            actor,
            lifted=lifted,
            reason=asked["reason"],
            target=asked["target"],
            clip=uuid_or_none(asked["clip"]),
            case=uuid_or_none(asked["case"]),
            before=_key(args.get("before", "")),
        )
        more = ""
        if following is not None:
            named: dict[str, Any] = {name: value for name, value in asked.items() if value}
            show = "lifted" if lifted else None
            more = url_for(
                "pages.holds", **named, show=show, before=f"{utc_text(following[0])}_{following[1]}"
            )
        return render_template(
            "holds.html",
            holds=found,
            lifted=lifted,
            asked=asked,
            more=more,
            reasons=reasons_of(actor.roles),
            targets=TARGETS,
            mine=actor.id,
            note_limit=NOTE_LIMIT,
        )


@pages.get("/holds/new")
@requires(Permission.HOLD_SET)
def hold_new() -> Any:
    """Show the form for a hold on a recording, a case, or officers and a time."""
    target = request.args.get("for", "")
    form = {name: request.args.get(name, "") for name in ("clip", "case")}
    return _form(target if target in TARGETS else "clip", form)


@pages.post("/holds")
@requires(Permission.HOLD_SET)
def hold_set() -> Any:
    """Set a hold."""
    form = {name: value for name, value in request.form.items() if name != "csrf_token"}
    target = form.get("target", "")
    here = components()
    try:
        with acting() as session:
            wish = _wish(session, form, request.form.getlist("officer"))
            set_hold(session, actor=the_person(), wish=wish, now=here.clock())
    except CannotHold as refusal:
        return _form(
            target if target in TARGETS else "clip",
            form,
            problem=say("hold refusal", refusal.why),
            officers=request.form.getlist("officer"),
        ), 400
    flash(_("Set. What it reaches is not destroyed until somebody else lifts it, whatever its date."))
    return redirect(url_for("pages.holds"), 303)


@pages.post("/holds/<uuid:hold_id>/lift")
@requires(Permission.HOLD_SET)
def hold_lift(hold_id: UUID) -> Any:
    """Lift a hold that somebody else has set."""
    here = components()
    try:
        with acting() as session:
            lift_hold(
                session,
                actor=the_person(),
                hold_id=hold_id,
                reason=request.form.get("reason", ""),
                now=here.clock(),
            )
    except CannotHold as refusal:
        if refusal.why == "unknown-hold":
            abort(404)
        flash(say("hold refusal", refusal.why))
    else:
        flash(_("Lifted. What another hold or an open case requires stays as it is."))
    return redirect(url_for("pages.holds"), 303)


def _form(target: str, form: dict[str, str], *, problem: str = "", officers: list[str] | None = None) -> str:
    actor = the_person()
    with components().database.read() as session:
        clip_id = _id_in(form.get("clip", ""))
        view = view_clip(session, clip_id, actor) if clip_id is not None and target == "clip" else None
        case_id = _id_in(form.get("case", ""))
        case = session.get(Case, case_id) if case_id is not None and target == "case" else None
        people = (
            session.scalars(select(Officer).order_by(Officer.number)).all() if target == "officers" else []
        )
        return render_template(
            "hold_new.html",
            target=target,
            targets=TARGETS,
            reasons=reasons_of(actor.roles),
            form=form,
            problem=problem,
            clip=view.clip if view is not None else None,
            case=case,
            people=people,
            picked=set(officers or ()),
            document_limit=DOCUMENT_LIMIT,
            note_limit=NOTE_LIMIT,
        )


def _wish(session: Session, form: dict[str, str], officers: list[str]) -> HoldWish:
    since, until = day_range(form.get("from", ""), form.get("to", ""))
    backwards = bool(since and until) and form.get("from", "") > form.get("to", "")
    ids = [uuid_or_none(text) for text in officers]
    if None in ids:
        raise CannotHold("unknown-officer")
    return HoldWish(
        target=form.get("target", ""),
        reason=form.get("reason", ""),
        document=form.get("document", ""),
        note=form.get("note", ""),
        clip=_id_in(form.get("clip", "")),
        case=_case_in(session, form.get("case", "")) if form.get("target") == "case" else None,
        officers=frozenset(one for one in ids if one is not None),
        since=None if backwards else since,
        until=None if backwards else until,
    )


def _case_in(session: Session, text: str) -> UUID | None:
    """The case whose number this is, or whose id or address."""
    found = _id_in(text)
    return found or session.scalar(select(Case.id).where(Case.number == plain(text)))


def _id_in(text: str) -> UUID | None:
    """The id in an address that was pasted, or the id itself."""
    found = _ID.search(text)
    return UUID(found.group()) if found is not None else None


def _key(text: str) -> tuple[datetime, UUID] | None:
    at, _sep, hold = text.partition("_")
    try:
        return (datetime.fromisoformat(at), UUID(hold)) if at.endswith("Z") else None
    except ValueError:
        return None
