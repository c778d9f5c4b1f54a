"""查看目的, stated once for all recordings of a case, of an appraisal's list or of a recall."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session

from catalog.permissions import Permission
from catalog.purposes.stating import CannotState
from catalog.purposes.stating_for_all import Together, state_for_all, waiting
from catalog.rules.looking import PURPOSES
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.permission import requires
from web.speech import _
from web.words import say

ADDRESSES = {
    "case": ("pages.case", "pages.case_purpose", "case_id"),
    "appraisal": ("pages.appraisal", "pages.appraisal_purpose", "appraisal_id"),
    "recall": ("pages.recall", "pages.recall_purpose", "fault_id"),
}
"""By kind of list: its page, where a purpose for it is sent, and what the address calls it."""


@pages.post("/cases/<uuid:case_id>/purpose")
@requires(Permission.CLIP_READ)
def case_purpose(case_id: UUID) -> Any:
    """Keep one purpose for the recordings of a case."""
    return _stated(Together("case", case_id))


@pages.post("/disposal/<uuid:appraisal_id>/purpose")
@requires(Permission.DISPOSAL_READ)
def appraisal_purpose(appraisal_id: UUID) -> Any:
    """Keep one purpose for the recordings on the list of an appraisal."""
    return _stated(Together("appraisal", appraisal_id))


@pages.post("/recalls/<uuid:fault_id>/purpose")
@requires(Permission.RECALL_JUDGE)
def recall_purpose(fault_id: UUID) -> Any:
    """Keep one purpose for the recordings that a fault may have touched."""
    return _stated(Together("recall", fault_id))


def purpose_part(session: Session, of: Together, number: str = "") -> dict[str, Any]:
    """Answer what `parts/purpose_for_all.html` needs; `number` of a case or document stands in its form already."""
    _page, action, name = ADDRESSES[of.kind]
    values: dict[str, Any] = {name: of.id}
    return {
        "waiting_for_purpose": len(waiting(session, the_person(), of, components().clock())),
        "purpose_action": url_for(action, **values),
        "purpose_prefilled": {"case_number": number},
        "purposes": PURPOSES,
    }


def _stated(of: Together) -> Any:
    page, _action, name = ADDRESSES[of.kind]
    values: dict[str, Any] = {name: of.id}
    try:
        with acting() as session:
            count = state_for_all(
                session,
                actor=the_person(),
                of=of,
                purpose=request.form.get("purpose", ""),
                text=request.form.get("text", ""),
                case_number=request.form.get("case_number", ""),
                now=components().clock(),
            )
    except CannotState as refusal:
        if refusal.why == "unknown-list":
            abort(404)
        flash(say("purpose refusal", refusal.why))
    else:
        flash(_("%(n)s opened to you for eight hours. The purpose is kept.", n=count))
    return redirect(url_for(page, **values), 303)
