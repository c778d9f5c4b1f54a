"""封存: proposing and confirming seals and their lifting, who may look, and looking with a purpose."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from catalog.clips import view_clip
from catalog.holds.emptying import empty_sealed
from catalog.holds.readers import confirm_reader, name_reader, remove_reader
from catalog.holds.reading import CannotLook, look
from catalog.holds.seal_list import LISTS, list_seals, possible_readers, sealed_for
from catalog.holds.seals import (
    BASIS_LIMIT,
    NOTE_LIMIT,
    CannotSeal,
    SealWish,
    confirm_lift,
    confirm_seal,
    propose_lift,
    propose_seal,
    refuse_lift,
    withdraw_seal,
)
from catalog.looking import PLAY_VALID, NothingToShow
from catalog.permissions import Permission
from catalog.rules.seals import GROUNDS
from catalog.stages import Due
from storage.errors import StorageError
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.clips import uuid_or_none
from web.permission import requires
from web.speech import _
from web.words import say

log = logging.getLogger(__name__)
NOTHING = UUID(int=0)


@pages.get("/seals")
@requires(Permission.SEAL_DECIDE)
def seals() -> Any:
    """Show what waits for a decision, what stands, or what has ended."""
    which = request.args.get("show", "standing")
    if which not in LISTS:
        abort(404)
    actor = the_person()
    with components().database.read() as session:
        found, following = list_seals(
            session, actor, which, before=uuid_or_none(request.args.get("before", ""))
        )
        more = url_for("pages.seals", show=which, before=following) if following is not None else ""
        return render_template(
            "seals.html",
            seals=found,
            which=which,
            lists=LISTS,
            more=more,
            mine=actor.id,
            named=actor.named,
            people=possible_readers(session) if which == "standing" else (),
            note_limit=NOTE_LIMIT,
        )


@pages.get("/seals/new")
@requires(Permission.SEAL_PROPOSE)
def seal_new() -> Any:
    """Show the form for proposing a seal on a recording."""
    return _form(uuid_or_none(request.args.get("clip", "")), {})


@pages.post("/seals")
@requires(Permission.SEAL_PROPOSE)
def seal_propose() -> Any:
    """Propose a seal; somebody else confirms it."""
    form, here = request.form, components()
    clip = uuid_or_none(form.get("clip", ""))
    readers = [uuid_or_none(text) for text in form.getlist("reader")]
    wish = SealWish(
        clip=clip or NOTHING,
        ground=form.get("ground", ""),
        basis=form.get("basis", ""),
        note=form.get("note", ""),
        readers=frozenset(one or NOTHING for one in readers),
    )
    try:
        with acting() as session:
            propose_seal(session, actor=the_person(), wish=wish, now=here.clock())
    except CannotSeal as refusal:
        if refusal.why == "unknown-clip":
            abort(404)
        return _form(clip, form.to_dict(), problem=say("sealing refusal", refusal.why)), 400
    flash(_("Proposed. The recording is kept from now on, and closed when somebody else confirms."))
    return redirect(url_for("pages.seals", show="proposed"), 303)


@pages.post("/seals/<uuid:seal_id>/confirm")
@requires(Permission.SEAL_DECIDE)
def seal_confirm(seal_id: UUID) -> Any:
    """Close the recording; what was derived of it is removed at once, and by a standing job where that fails."""
    here = components()

    def act(session: Session) -> None:
        confirm_seal(session, actor=the_person(), seal_id=seal_id, now=here.clock())

    minutes = int(PLAY_VALID.total_seconds() // 60)
    said = _("Sealed. Addresses given out before end by themselves within %(n)s minutes.", n=minutes)

    def empty() -> None:
        try:
            empty_sealed(here.database, here.derived, here.clock(), only=[seal_id])
        except StorageError as error:
            log.warning("copies of what seal %s closes are not removed yet: %s", seal_id, error)
            flash(
                _(
                    "The storage does not answer; copies for viewing are removed as soon as it does. Nobody finds them."
                )
            )

    return _done(act, said, "standing", else_="proposed", then=empty)


@pages.post("/seals/<uuid:seal_id>/withdraw")
@requires(Permission.SEAL_DECIDE)
def seal_withdraw(seal_id: UUID) -> Any:
    """Drop a proposed seal."""
    now = components().clock()
    return _done(
        lambda session: withdraw_seal(session, actor=the_person(), seal_id=seal_id, now=now),
        _("Withdrawn. The recording stays open."),
        "ended",
        else_="proposed",
    )


@pages.post("/seals/<uuid:seal_id>/lift")
@requires(Permission.SEAL_PROPOSE)
def seal_lift_propose(seal_id: UUID) -> Any:
    """Propose to open a sealed recording."""
    now, reason = components().clock(), request.form.get("reason", "")
    return _done(
        lambda session: propose_lift(session, actor=the_person(), seal_id=seal_id, reason=reason, now=now),
        _("Proposed. It stays closed until somebody else confirms."),
        "standing",
    )


@pages.post("/seals/<uuid:seal_id>/lift/refuse")
@requires(Permission.SEAL_DECIDE)
def seal_lift_refuse(seal_id: UUID) -> Any:
    """Leave it closed."""
    now = components().clock()
    return _done(
        lambda session: refuse_lift(session, actor=the_person(), seal_id=seal_id, now=now),
        _("It stays sealed."),
        "standing",
    )


@pages.post("/seals/<uuid:seal_id>/lift/confirm")
@requires(Permission.SEAL_DECIDE)
def seal_lift(seal_id: UUID) -> Any:
    """Open it again; copies for viewing are made anew."""
    here, due = components(), list[Due]()

    def act(session: Session) -> None:
        due.extend(confirm_lift(session, actor=the_person(), seal_id=seal_id, now=here.clock()))

    said = _("Opened. Copies for viewing are being made anew.")
    return _done(act, said, "ended", then=lambda: here.enqueue(due))


@pages.post("/seals/<uuid:seal_id>/readers")
@requires(Permission.SEAL_PROPOSE)
def seal_reader_name(seal_id: UUID) -> Any:
    """Propose somebody who may look."""
    now, account = components().clock(), uuid_or_none(request.form.get("account", ""))
    return _done(
        lambda session: name_reader(
            session, actor=the_person(), seal_id=seal_id, account_id=account or NOTHING, now=now
        ),
        _("Proposed. The person may look when somebody else has confirmed."),
        "standing",
    )


@pages.post("/seals/readers/<uuid:reader_id>/confirm")
@requires(Permission.SEAL_DECIDE)
def seal_reader_confirm(reader_id: UUID) -> Any:
    """Let a proposed person look."""
    now = components().clock()
    return _done(
        lambda session: confirm_reader(session, actor=the_person(), reader_id=reader_id, now=now),
        _("The person may look from now on; each look is entered with its purpose."),
        "standing",
    )


@pages.post("/seals/readers/<uuid:reader_id>/remove")
@requires(Permission.SEAL_DECIDE)
def seal_reader_remove(reader_id: UUID) -> Any:
    """Take a person off."""
    now = components().clock()
    return _done(
        lambda session: remove_reader(session, actor=the_person(), reader_id=reader_id, now=now),
        _("The person finds it no more."),
        "standing",
    )


@pages.get("/sealed")
@requires(Permission.SEAL_LOOK)
def sealed() -> Any:
    """Show what this person was named to see."""
    actor = the_person()
    with components().database.read() as session:
        return render_template("sealed.html", clips=sealed_for(session, actor))


@pages.post("/sealed")
@requires(Permission.SEAL_LOOK)
def sealed_look() -> Any:
    """Send the browser to a sealed original, after keeping the purpose."""
    here = components()
    try:
        with acting() as session:
            issued = look(
                session,
                here.evidence,
                actor=the_person(),
                clip_id=uuid_or_none(request.form.get("clip", "")) or NOTHING,
                purpose=request.form.get("purpose", ""),
                now=here.clock(),
            )
    except CannotLook as refusal:
        if refusal.why == "unknown-clip":
            abort(404)
        flash(say("look refusal", refusal.why))
        return redirect(url_for("pages.sealed"), 303)
    except NothingToShow:
        abort(404)
    return redirect(issued.url, 303)


def _done(
    act: Callable[[Session], object],
    said: str,
    which: str,
    *,
    else_: str = "standing",
    then: Callable[[], object] | None = None,
) -> Response:
    """Do it in one transaction, then `then`, and go to the list `which`; what is refused is said on the list `else_`."""
    try:
        with acting() as session:
            act(session)
    except CannotSeal as refusal:
        if refusal.why == "unknown-seal":
            abort(404)
        flash(say("sealing refusal", refusal.why))
        return redirect(url_for("pages.seals", show=else_), 303)
    flash(said)
    if then is not None:
        then()
    return redirect(url_for("pages.seals", show=which), 303)


def _form(clip_id: UUID | None, form: dict[str, str], *, problem: str = "") -> str:
    with components().database.read() as session:
        view = view_clip(session, clip_id, the_person()) if clip_id is not None else None
        if view is None:
            abort(404)
        return render_template(
            "seal_new.html",
            clip=view.clip,
            grounds=GROUNDS,
            people=possible_readers(session),
            form=form,
            picked=set(request.form.getlist("reader")),
            problem=problem,
            basis_limit=BASIS_LIMIT,
            note_limit=NOTE_LIMIT,
        )
