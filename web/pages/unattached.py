"""未关联资料: what an officer, or a section, has recorded and nobody has dealt with yet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from catalog.case_files.unattached import (
    COUNTED,
    FOR_OTHERS,
    LISTED,
    CannotDeclare,
    count_unattached,
    declare_unrelated,
    declared_of,
    officers_of,
    unattached_of,
    withdraw_declaration,
)
from catalog.clips import reached_clip
from catalog.custody.searching import note_search
from catalog.models import Clip, Officer, Unit
from catalog.permissions import Permission, may
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.formats import day
from web.pages.asked import uuid_or_none
from web.pages.blueprint import pages
from web.pages.called import officer_called
from web.pages.pictures import pictures_for
from web.permission import requires
from web.speech import _
from web.words import say


@pages.get("/unattached")
@requires(Permission.CLIP_DECLARE)
def unattached() -> Any:
    """Show what nobody has dealt with, by day."""
    actor, one = the_person(), uuid_or_none(request.args.get("officer", ""))
    if FOR_OTHERS in actor.roles and one is not None and one != actor.officer_id:
        here = components()
        looked_for = {"officer": officer_called(one)}
        note_search(here.database, actor, where="unattached", asked=looked_for, now=here.clock())
    return _show()


@pages.post("/unattached")
@requires(Permission.CLIP_DECLARE)
def unattached_declare() -> Any:
    """Declare that picked clips belong to no case."""
    picked = [p for p in (uuid_or_none(text) for text in request.form.getlist("clip")) if p is not None]
    reason = request.form.get("reason", "")
    if not picked:
        return _show(problem=_("Nothing was picked."), reason=reason), 400
    here = components()
    try:
        with acting() as session:
            count = declare_unrelated(
                session, actor=the_person(), clips=picked, reason=reason, now=here.clock()
            )
    except CannotDeclare as refusal:
        if refusal.why == "unknown-clip":
            abort(404)
        return _show(
            problem=say("declare refusal", refusal.why), reason=reason, picked={str(p) for p in picked}
        ), 400
    flash(_("%(n)s declared to belong to no case. Their locks stay as they are.", n=count))
    return redirect(url_for("pages.unattached", **_asked()), 303)  # type: ignore[arg-type]


@pages.post("/clips/<uuid:clip_id>/declaration/withdrawal")
@requires(Permission.CLIP_DECLARE)
def declaration_withdraw(clip_id: UUID) -> Any:
    """Take a declaration back."""
    here = components()
    try:
        with acting() as session:
            if reached_clip(session, clip_id, the_person()) is None:
                abort(404)
            withdraw_declaration(session, actor=the_person(), clip_id=clip_id, now=here.clock())
    except CannotDeclare as refusal:
        flash(say("declare refusal", refusal.why) + " " + _("Nothing was changed."))
    else:
        flash(_("Taken back. The recording is listed as unattached again."))
    return redirect(url_for("pages.unattached", **_asked()), 303)  # type: ignore[arg-type]


def own_unattached() -> int:
    """Answer how many of their own recordings somebody has not dealt with; 0 for who may not declare."""
    actor = the_person()
    if actor.officer_id is None or not may(actor, Permission.CLIP_DECLARE):
        return 0
    with components().database.read() as session:
        return count_unattached(session, [actor.officer_id], actor)


def _asked() -> dict[str, str]:
    return {name: request.values[name] for name in ("unit", "officer") if request.values.get(name)}


def _show(*, problem: str = "", reason: str = "", picked: set[str] | None = None) -> str:
    actor = the_person()
    heading = FOR_OTHERS in actor.roles
    with components().database.read() as session:
        units: Sequence[Unit] = []
        officers: Sequence[Officer] = []
        chosen: list[UUID] | None
        if heading:
            unit = actor.unit_id or uuid_or_none(request.values.get("unit", ""))
            if actor.unit_id is None:
                units = session.scalars(select(Unit).order_by(Unit.name)).all()
            officers = officers_of(session, unit)
            one = uuid_or_none(request.values.get("officer", ""))
            chosen = [o.id for o in officers if one is None or o.id == one]
            if unit is None and one is None:
                chosen = None
        else:
            chosen = [actor.officer_id] if actor.officer_id else []
        clips = unattached_of(session, chosen, actor)
        return render_template(
            "unattached.html",
            heading=heading,
            units=units,
            officers=officers,
            asked=_asked(),
            days=[(d, list(of)) for d, of in groupby(_by_day(clips), key=_day_of)],
            count=count_unattached(session, chosen, actor),
            counted=COUNTED,
            listed=LISTED,
            declared=declared_of(session, chosen, actor),
            pictures=pictures_for(clips, "unattached"),
            problem=problem,
            reason=reason,
            picked=picked or set(),
        )


def _day_of(clip: Clip) -> str:
    """The day of the shift: when it was recorded, else when it was received."""
    return day(clip.recorded_at or clip.received_at)


def _by_day(clips: Sequence[Clip]) -> list[Clip]:
    in_time = sorted(clips, key=lambda c: (c.recorded_at or c.received_at, c.id))
    return sorted(in_time, key=_day_of, reverse=True)
