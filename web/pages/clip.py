"""The page of one clip: where it has been, what is known of it, and how to look at it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, render_template, request
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.cases import changeable_cases, steps_of
from catalog.case_files.suggesting import suggest_steps
from catalog.chains import chain_of
from catalog.clips import ClipView, view_clip
from catalog.custody.listing import EntryLine, list_entries
from catalog.disposal.viewing import destroyed_under
from catalog.documents.reading import put_in_by
from catalog.holds.listing import clip_is_held
from catalog.looking import first_copy, opens_in_browser
from catalog.maintenance.then import MaintenanceThen, maintenance_then
from catalog.marking import marks_of
from catalog.models import Clip
from catalog.permissions import Permission, may
from catalog.purposes.standing import Standing, standing_to
from catalog.recorder_then import RecorderThen, recorder_then
from catalog.rules.looking import PURPOSES
from catalog.rules.marks import presets_for, within
from catalog.rules.recorded_time import ComparedTime, StatedTime, compare_times
from catalog.stage_runs import expected_seconds
from catalog.stages import STAGES
from web.actor import the_person
from web.allowed import allowed_here
from web.components import components
from web.formats import zone
from web.log_sentences import tell
from web.pages.blueprint import pages
from web.pages.chains import lines_of
from web.pages.clips import uuid_or_none
from web.pages.measured import Seen, seen_in
from web.pages.stamps import shown_stamps
from web.pages.trace import trace_of
from web.pages.wishes import how
from web.permission import requires

ENTRIES = 60
MISSING, MISSING_SHARE = 2.0, 0.1
"""Seconds, and part of a short one, by which a header may claim more than there is before the page says so."""
DAILY = ("clip.pictures-listed",)
"""Entries that a list makes each time it is shown; the page leaves them to the log itself."""


@pages.get("/clips/<uuid:clip_id>")
@requires(Permission.CLIP_READ)
def clip(clip_id: UUID) -> Any:
    """Show a clip."""
    return render_clip(clip_id)


def render_clip(
    clip_id: UUID,
    *,
    problem: str = "",
    form: dict[str, str] | None = None,
    purpose_problem: str = "",
    purpose_form: dict[str, str] | None = None,
    mark_problem: str = "",
) -> str:
    """Answer the page; `problem` and `form` bring back an attaching that was refused, the others a purpose or a mark.

    Aborts with 404.
    """
    actor = the_person()
    with components().database.read() as session:
        view = view_clip(session, clip_id, actor)
        if view is None:
            abort(404)
        attaching = (
            may(actor, Permission.CLIP_ATTACH) and view.clip.destroyed_at is None and not view.clip.restricted
        )
        wanted = uuid_or_none((form or {}).get("case", "") or request.args.get("case", ""))
        stamps = shown_stamps(session, view.clip)
        entries: list[EntryLine] = []
        if may(actor, Permission.CUSTODY_READ):
            entries, _more = list_entries(session, subject=clip_id, without=DAILY, limit=ENTRIES, actor=actor)
        measured = seen_in(view)
        chain = chain_of(session, view.clip, actor)
        then = recorder_then(session, view.clip, view.sightings)
        standing = standing_to(session, actor, view.clip, components().clock())
        return render_template(
            "clip.html",
            view=view,
            clip=view.clip,
            copy=first_copy(view.clip),
            trace=trace_of(view, stamps),
            stamps=stamps,
            media=_media_for(view, standing, actor) if view.clip.destroyed_at is None else "none",
            standing=standing,
            viewer_mark=components().settings.viewer_mark,
            purposes=PURPOSES,
            purpose_problem=purpose_problem,
            mark_problem=mark_problem,
            purpose_form=purpose_form or {},
            destroyed=destroyed_under(session, clip_id) if view.clip.destroyed_at is not None else None,
            frame_rate=_frame_rate(view, measured),
            covers=_covers(view),
            times=_times(view),
            then=then,
            care=_care(session, view.clip, then),
            held=clip_is_held(session, clip_id),
            marks=marks_of(session, clip_id),
            within=within,
            presets=_presets(view),
            measured=measured,
            chain=chain,
            chain_lines=lines_of(chain),
            attaching=attaching,
            takes=_takes(session, view),
            stages=STAGES,
            entries=tell(entries, allowed_here()),
            opens=opens_in_browser(view.clip),
            put_in=put_in_by(session, view.clip),
            step_suggestions=suggest_steps(session, view.clip, actor) if attaching else [],
            cases=changeable_cases(session, actor) if attaching else [],
            chosen_case=wanted,
            steps=steps_of(session, wanted) if attaching and wanted else [],
            **how(),
            problem=problem,
            form=form or {},
        )


@pages.get("/clips/<uuid:clip_id>/live")
@requires(Permission.CLIP_READ)
def clip_live(clip_id: UUID) -> Any:
    """Answer the stages of a clip while they are under way."""
    with components().database.read() as session:
        view = view_clip(session, clip_id, the_person())
        if view is None:
            abort(404)
        return render_template("parts/stages.html", view=view, clip=view.clip, stages=STAGES)


def _care(session: Session, clip: Clip, then: RecorderThen | None) -> MaintenanceThen | None:
    """How the recorder was when it recorded; where no time is known, when the recording was first docked."""
    if then is None:
        return None
    at = then.taken_at or (then.docking.opened_at if then.docking is not None else clip.received_at)
    return maintenance_then(session, then.recorder, at=at, known=then.taken_at is not None, clip_id=clip.id)


def _takes(session: Session, view: ClipView) -> float | None:
    """How many seconds encoding a film will take that waits for the night; None where it does not, or nobody can say."""
    stage = view.stage("encode")
    if stage is None or stage.state != "deferred":
        return None
    return expected_seconds(session, view.clip, "encode", components().clock())


def _media_for(view: ClipView, standing: Standing, actor: Actor) -> str:
    """As `_media`, or purpose: there is something to look at, and this person has to say first what for."""
    media = _media(view)
    if standing.may_look or media == "sealed":
        return media
    if media == "none" and not opens_in_browser(view.clip) and not may(actor, Permission.CLIP_DOWNLOAD):
        return media
    return "purpose"


def _media(view: ClipView) -> str:
    """How the page shows the clip: video, audio, photo, waiting, later, sealed or none.

    Later: at night, or when somebody asks. Sealed: for those named, with a purpose.
    """
    clip = view.clip
    if clip.restricted:
        return "sealed"
    if clip.shown_as is None:
        stage = view.stage("describe")
        return "none" if stage is not None and stage.state == "failed" else "waiting"
    if clip.shown_as == "none":
        return "none"
    if clip.shown_as != "original" and view.rendition("player") is None and clip.kind != "photo":
        # A copy comes from `encode`, and where streams are only copied from `render`, which hands over what it cannot do.
        states = {s.state for s in (view.stage("render"), view.stage("encode")) if s is not None}
        if "deferred" in states:
            return "later"
        return "waiting" if not states or states & {"pending", "running"} else "none"
    if clip.kind == "photo":
        if clip.shown_as == "original" or view.rendition("preview") is not None:
            return "photo"
        stage = view.stage("render")
        return "waiting" if stage is None or stage.state in {"pending", "running"} else "none"
    return "audio" if clip.kind == "audio" or clip.shown_as == "audio" else "video"


def _frame_rate(view: ClipView, measured: Seen | None) -> float | None:
    """Pictures per second, as counted when it was decoded, else as the file states; None for what has none."""
    counted = (measured.found.get("picture") or {}).get("rate") if measured is not None else None
    streams = view.facts.get("streams", [])
    film: dict[str, Any] = next((s for s in streams if s.get("kind") == "video" and not s.get("cover")), {})
    rate = counted or film.get("frame_rate")
    return float(rate) if isinstance(rate, int | float) and 0 < rate < 1000 else None


def _covers(view: ClipView) -> tuple[float, float] | None:
    """What is shown of a damaged clip and what its header claims, in seconds; None when nothing is missing."""
    real, claimed = view.clip.duration, view.facts.get("header_seconds")
    if real is None or not isinstance(claimed, int | float):
        return None
    if claimed - real <= min(MISSING, claimed * MISSING_SHARE):
        return None
    return real, float(claimed)


def _times(view: ClipView) -> list[ComparedTime]:
    """Every time the file states for its start, side by side."""
    clip = view.clip
    stated = [
        StatedTime(t.get("origin", ""), str(t.get("value", ""))) for t in view.facts.get("start_times", [])
    ]
    return compare_times(
        stated, zone(), clip.received_at, chosen=clip.recorded_at, origin=clip.recorded_at_source
    )


def _presets(view: ClipView) -> tuple[str, ...]:
    """The kinds of marks to offer on a clip: those of the activities it is attached to, else all."""
    activities = {a.step.activity for a in view.attachments if a.standing != "gone"}
    return presets_for(activities, components().settings.own_marks)
