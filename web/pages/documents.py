"""Putting documents in on a step's page, and opening them in the browser's own viewer."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from flask import abort, flash, jsonify, redirect, request, url_for
from werkzeug.datastructures import FileStorage

from catalog.case_files.attaching import CannotAttach, Wish
from catalog.clips import reached_clip
from catalog.documents.receiving import CannotReceive, House, receive_document, shown_name
from catalog.documents.spooling import Spool
from catalog.looking import NothingToShow, open_address
from catalog.permissions import Permission
from catalog.purposes.standing import CannotLook
from web.acting import acting, noting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.wishes import read_wish
from web.permission import requires
from web.speech import _
from web.uploading import FILES
from web.words import say


@dataclass(frozen=True, slots=True)
class Put:
    """What became of one file."""

    name: str
    state: str
    """received, held or refused."""
    says: str
    clip: UUID | None = None
    sha256: str = ""


@pages.post("/steps/<uuid:step_id>/documents")
@requires(Permission.CLIP_ATTACH)
def step_documents(step_id: UUID) -> Any:
    """Take documents in and attach them to a step: each for itself, and each is said what became of it."""
    form = {name: value for name, value in request.form.items() if name != "csrf_token"}
    files = [file for file in request.files.getlist("document") if file.filename or _spool(file).size]
    try:
        wish = read_wish(form)
    except CannotAttach as refusal:
        return _say(step_id, [], form, problem=say("refusal", refusal.why))
    if not files or len(files) > FILES:
        problem = _("Choose a file.") if not files else _("At most %(n)s files at once.", n=FILES)
        return _say(step_id, [], form, problem=problem)
    put = [_take(file, step_id, wish) for file in files]
    return _say(step_id, put, form)


@pages.post("/clips/<uuid:clip_id>/open")
@requires(Permission.CLIP_READ)
def clip_open(clip_id: UUID) -> Any:
    """Send the browser to a document, which its own viewer shows."""
    here = components()
    try:
        with acting() as session:
            clip = reached_clip(session, clip_id, the_person())
            if clip is None:
                abort(404)
            issued = open_address(session, here.evidence, actor=the_person(), clip=clip, now=here.clock())
    except CannotLook as refusal:
        flash(say("purpose refusal", refusal.why))
        return redirect(url_for("pages.clip", clip_id=clip_id), 303)
    except NothingToShow:
        flash(_("A browser does not show this document. It can be downloaded."))
        return redirect(url_for("pages.clip", clip_id=clip_id), 303)
    return redirect(issued.url, 303)


def _take(file: FileStorage, step_id: UUID, wish: Wish) -> Put:
    here = components()
    name = shown_name(file.filename or "")
    house = House(here.database, here.evidence, here.signer, here.clock)
    try:
        with noting(), closing(_spool(file)) as spool:
            got = receive_document(
                house, here.sealer, spool, actor=the_person(), name=name, step_id=step_id, wish=wish
            )
    except CannotReceive as refusal:
        return Put(name, "refused", say("document refusal", refusal.why))
    except CannotAttach as refusal:
        if refusal.why == "already-attached":
            return Put(
                name, "held", _("The same file is attached to this step already; nothing was stored twice.")
            )
        return Put(name, "refused", say("refusal", refusal.why) + " " + _("Nothing was kept."))
    here.enqueue(list(got.due))
    if got.not_attached == "unknown-clip":  # closed to everybody while it came in
        return Put(name, "refused", say("document refusal", "not-accepted"))
    if got.not_attached:
        says = _("Received and locked, but not attached:") + " " + say("refusal", got.not_attached)
    elif got.how == "held already":
        says = _("The same file was held already; it is attached now, and nothing was stored twice.")
    else:
        says = _("Received, locked and attached. It is read back and compared next.")
    return Put(name, "held" if got.how == "held already" else "received", says, got.clip, got.sha256)


def _spool(file: FileStorage) -> Spool:
    return cast("Spool", file.stream)


def _say(step_id: UUID, put: list[Put], form: dict[str, str], *, problem: str = "") -> Any:
    from web.pages.cases import picking  # noqa: PLC0415 - the page of the step shows both

    status = 400 if problem or (put and all(p.state == "refused" for p in put)) else 200
    accepted = request.accept_mimetypes
    if accepted["application/json"] > accepted["text/html"]:
        lines = [
            {
                "name": p.name,
                "state": p.state,
                "says": p.says,
                "sha256": p.sha256,
                "clip": url_for("pages.clip", clip_id=p.clip) if p.clip else "",
            }
            for p in put
        ]
        return jsonify(problem=problem, files=lines), status
    return picking(step_id, document_problem=problem, put=put, form=form), status
