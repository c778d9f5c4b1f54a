"""声像资料: the list of clips, narrowed down; its address can be passed on."""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from sqlalchemy import select

from catalog.actors import Actor
from catalog.case_files.cases import ACTIVITIES, STAGES
from catalog.clips import list_clips, some_without
from catalog.custody.searching import note_search
from catalog.finding.indexing import some_due
from catalog.finding.search import COUNTED
from catalog.finding.suggesting import suggest_cases, suggest_officers, suggest_recorders
from catalog.finding.wanted import ANY_MARK, KINDS, STATES
from catalog.models import Unit
from catalog.permissions import Permission
from catalog.rules.marks import ORDER
from catalog.rules.scopes import Scope, finds
from catalog.saved_views import NAME_LIMIT, views_for
from web.actor import the_person
from web.components import components
from web.pages.asked import DISTANCES, WHEN, WORDS_LIMIT, Asked, read_key, understand, uuid_or_none, write_key
from web.pages.blueprint import pages
from web.pages.chips import chips_of, say_mark
from web.pages.pictures import pictures_for
from web.pages.views import SHIPPED, tabs_for
from web.permission import requires
from web.speech import _

__all__ = ["WORDS_LIMIT", "uuid_or_none"]

SUGGEST = {"officer": suggest_officers, "recorder": suggest_recorders, "case": suggest_cases}


@pages.get("/clips")
@requires(Permission.CLIP_READ)
def clips() -> Any:
    """Show the list, or only its moving part where the page asks for it."""
    asked = Asked.read(request.args)
    actor, here = the_person(), components()
    looked_for = {
        "words": asked.words,
        "officer": asked.officer,
        "case": asked.case,
        "recorder": asked.recorder,
        "near": asked.near,
    }
    note_search(here.database, actor, where="clips", asked=looked_for, now=here.clock())
    with here.database.read() as session:
        understood = understand(session, asked, actor, here.clock())
        after = read_key(request.args.get("after", ""), understood.wanted)
        found = list_clips(session, understood.wanted, after, actor=actor)
        without = some_without(session, understood.wanted, actor)
        views = tabs_for(asked, views_for(session, actor), actor)
        units = session.scalars(select(Unit).order_by(Unit.name)).all()
        building = some_due(session)
    pictures = pictures_for(found.clips, "clips")
    return render_template(
        "parts/clip_list.html" if _only_list() else "clips.html",
        asked=asked,
        chips=chips_of(asked, understood),
        clips=found.clips,
        count=found.count,
        counted=COUNTED,
        pictures=pictures,
        following=asked.address(after=write_key(found.next)) if found.next else "",
        paged=after is not None,
        without=without,
        building=building,
        views=views,
        shipped=SHIPPED,
        name_limit=NAME_LIMIT,
        units=units,
        kinds=KINDS,
        states=STATES,
        stages=STAGES,
        activities=ACTIVITIES,
        presets=(ANY_MARK, *ORDER, *here.settings.own_marks),
        say_mark=say_mark,
        reach=reach_of(actor),
        when=WHEN,
        distances=DISTANCES,
    )


@pages.get("/clips/suggest/<what>")
@requires(Permission.CLIP_READ)
def clip_suggest(what: str) -> Any:
    """Answer choices for what is being typed: officers, recorders or cases whose clips this person may find."""
    if what not in SUGGEST:
        return "", 404
    typed = request.args.get(what, "").strip()
    with components().database.read() as session:
        found = SUGGEST[what](session, the_person(), typed) if typed else []
    return render_template("parts/suggestions.html", found=found)


def reach_of(actor: Actor) -> str:
    """Answer in words what the list can hold, so that a missing recording is not taken for a lost one."""
    found = finds(actor.roles)
    if Scope.BUREAU in found:
        return _("all of the bureau that are not sealed")
    if not found:
        return _("lists show you nothing: look recordings up by their number")
    if actor.officer_id is None:
        return _("your account is no officer's: only what you put in yourself, and what nobody has claimed")
    if Scope.OWN_UNIT in found and actor.unit_id is not None:
        return _("your own, those of your unit and of its cases, and those on cases you handle")
    return _("your own, and those on cases you handle")


def _only_list() -> bool:
    """Going back in the browser asks for the whole page again, also when htmx does the asking."""
    headers = request.headers
    return "HX-Request" in headers and "HX-History-Restore-Request" not in headers
