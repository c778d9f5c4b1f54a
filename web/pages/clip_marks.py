"""Marks on a clip: the list beside the player, setting, changing and removing them, and the list on paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, abort, redirect, render_template, request, url_for
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.clips import view_clip
from catalog.custody.log import add_entry
from catalog.marking import change_note, mark_clip, marks_of, remove_mark
from catalog.models import Mark
from catalog.permissions import Permission
from catalog.rules.giving_out import Reason
from catalog.rules.marks import CannotMark, MarkWish
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.formats import read_time_code
from web.giving_out import gives_out
from web.pages.blueprint import pages
from web.pages.clip import render_clip
from web.pages.polling import unless_same
from web.permission import requires
from web.words import say

Act = Callable[[Session, Actor, datetime], object]


@pages.get("/clips/<uuid:clip_id>/marks")
@requires(Permission.CLIP_READ)
def clip_marks(clip_id: UUID) -> Response:
    """Answer the list of marks; 204 when it still looks as the page has it."""
    return unless_same(_list(clip_id))


@pages.post("/clips/<uuid:clip_id>/marks")
@requires(Permission.CLIP_MARK)
def clip_mark(clip_id: UUID) -> Any:
    """Mark a moment or a range."""

    def act(session: Session, actor: Actor, now: datetime) -> None:
        mark_clip(
            session,
            actor=actor,
            clip_id=clip_id,
            wish=_wish(),
            now=now,
            own=components().settings.own_marks,
        )

    return _answer(clip_id, act)


@pages.post("/clips/<uuid:clip_id>/marks/<uuid:mark_id>/note")
@requires(Permission.CLIP_MARK)
def mark_note(clip_id: UUID, mark_id: UUID) -> Any:
    """Change the note of one's own mark."""
    seen = request.form.get("revision", "")

    def act(session: Session, actor: Actor, now: datetime) -> None:
        change_note(
            session,
            actor=actor,
            clip_id=clip_id,
            mark_id=mark_id,
            revision=int(seen) if seen.isascii() and seen.isdigit() else 0,
            note=request.form.get("note", ""),
            now=now,
        )

    return _answer(clip_id, act)


@pages.post("/clips/<uuid:clip_id>/marks/<uuid:mark_id>/removal")
@requires(Permission.CLIP_MARK)
def mark_removal(clip_id: UUID, mark_id: UUID) -> Any:
    """Close a mark, with a reason."""

    def act(session: Session, actor: Actor, now: datetime) -> None:
        remove_mark(
            session,
            actor=actor,
            clip_id=clip_id,
            mark_id=mark_id,
            reason=request.form.get("reason", ""),
            now=now,
        )

    return _answer(clip_id, act)


@pages.post("/clips/<uuid:clip_id>/marks/print")
@requires(Permission.CLIP_READ)
@gives_out
def marks_print(clip_id: UUID, reason: Reason) -> Any:
    """Answer the marks for paper; that they were printed is kept."""
    here = components()
    with here.database.write() as session:
        view = view_clip(session, clip_id, the_person())
        if view is None:
            abort(404)
        marks = marks_of(session, clip_id)
        kept = [mark for mark in marks if mark.removed_at is None]
        add_entry(
            session,
            actor=the_person(),
            action="clip.marks-printed",
            subjects={"clip": clip_id},
            facts={"marks": len(kept), "sha256": view.clip.sha256},
            private=reason.private(),
            now=here.clock(),
        )
    return render_template(
        "marks_print.html",
        view=view,
        clip=view.clip,
        marks=kept,
        removed=len(marks) - len(kept),
        printed=here.clock(),
    )


def _answer(clip_id: UUID, act: Act) -> Any:
    """Do it, and answer the list as it is then; what was refused stands above it.

    Sent before the page's scripts have come, or without them, the whole page is the answer.
    """
    here, quiet = components(), bool(request.headers.get("HX-Request"))
    try:
        with acting() as session:
            act(session, the_person(), here.clock())
    except NoResultFound:
        abort(404)
    except CannotMark as refusal:
        problem = say("mark refusal", refusal.why)
        return _list(clip_id, problem) if quiet else render_clip(clip_id, mark_problem=problem), 400
    return _list(clip_id) if quiet else redirect(url_for("pages.clip", clip_id=clip_id, _anchor="marks"), 303)


def _list(clip_id: UUID, problem: str = "") -> str:
    with components().database.read() as session:
        view = view_clip(session, clip_id, the_person())
        if view is None:
            abort(404)
        marks: list[Mark] = marks_of(session, clip_id)
        return render_template(
            "parts/marks.html", view=view, clip=view.clip, marks=marks, mark_problem=problem
        )


def _wish() -> MarkWish:
    """Read what is to be marked from the form. Raises CannotMark for a place that is no time."""
    form = request.form
    try:
        start, end = read_time_code(form.get("start", "")), read_time_code(form.get("end", ""))
    except ValueError as error:
        raise CannotMark("mark-incomplete") from error
    return MarkWish(start, end, form.get("preset", ""), form.get("note", ""))
