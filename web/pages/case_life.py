"""案卷的一生: the strip of states on a case's page, and making the moves of R2.8."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.case_files.entering import CannotEdit
from catalog.case_files.handling import handlers_of
from catalog.case_files.life import CannotMove, MoveFacts, Offer, move_case, moves_offered
from catalog.case_files.whose import changes, roles_on
from catalog.models import Account, Case, CaseMove
from catalog.permissions import Permission, may
from catalog.rules.case_joining import handlers_refusal, joining_refusal
from catalog.rules.case_life import CHANGEABLE, MOVES
from catalog.rules.life_strip import MoveMade, strip_of
from catalog.rules.major_decision import major_reasons, proposed_of
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.pages.blueprint import pages
from web.pages.case_forms import read_date, today
from web.permission import requires
from web.signing_in.entering import is_freshly_proven, not_fresh
from web.speech import _
from web.words import say

LASTING = frozenset({"accept", "transfer"})
"""Moves that ask for a fresh sign-in: from accepting on, the recordings are locked for the file's whole period; what was
transferred to the public archives does not come back."""


def life_of(session: Session, case: Case, actor: Actor) -> dict[str, Any]:
    """Answer what the case's page shows of its life, its facts, and what `actor` may do."""
    moves = session.scalars(
        select(CaseMove)
        .where(CaseMove.case_id == case.id)
        .order_by(CaseMove.at, CaseMove.id)
        .options(joinedload(CaseMove.by).joinedload(Account.officer))
    ).all()
    roles = roles_on(actor, case)
    offer = moves_offered(session, actor, case) if may(actor, Permission.CASE_MOVE) else Offer((), ())
    return {
        "moves": moves,
        "strip": strip_of(
            case.state, case.opened_at, [MoveMade(m.move, m.to_state, m.at, signature(m)) for m in moves]
        ),
        "signature": signature,
        "may_move": offer.moves,
        "as_giver": offer.as_giver,
        "asked_of": MOVES,
        "lasting": LASTING,
        "may_edit": may(actor, Permission.CASE_ENTER) and case.state in CHANGEABLE and changes(actor, case),
        "may_join": may(actor, Permission.CASE_JOIN) and joining_refusal(case.state, roles) is None,
        "may_hand_on": may(actor, Permission.CASE_JOIN) and handlers_refusal(case.state, roles) is None,
        "major": major_reasons(proposed_of(case.decision_facts)),
        "proposed": proposed_of(case.decision_facts),
        "handled": handlers_of(session, case.id),
        "relatives": _relatives(session, case),
        "today": today(),
    }


def _relatives(session: Session, case: Case) -> dict[str, Sequence[Case]]:
    """Answer the cases it went to, came from, took in and gave off."""
    beyond = [one for one in (case.merged_into_id, case.split_from_id) if one is not None]
    near = {one.id: one for one in session.scalars(select(Case).where(Case.id.in_(beyond)))}
    return {
        "into": [near[case.merged_into_id]] if case.merged_into_id else [],
        "from": [near[case.split_from_id]] if case.split_from_id else [],
        "taken": session.scalars(
            select(Case).where(Case.merged_into_id == case.id).order_by(Case.opened_at)
        ).all(),
        "given": session.scalars(
            select(Case).where(Case.split_from_id == case.id).order_by(Case.opened_at)
        ).all(),
    }


def signature(move: CaseMove) -> str:
    """Answer who made a move, as it is signed: the officer's name, else the account's."""
    if move.by is None:
        return ""
    return move.by.called


@pages.post("/cases/<uuid:case_id>/moves/<move>")
@requires(Permission.CASE_MOVE)
def case_move(case_id: UUID, move: str) -> Any:
    """Make one move, when it was confirmed."""
    from web.pages.cases import case_page  # noqa: PLC0415  (the page shows this module's part)

    here, form = components(), request.form
    if move not in MOVES:
        abort(404)
    if form.get("confirm") != "1":
        return case_page(case_id, problem=_("Tick that you confirm it. Nothing was changed.")), 400
    if move in LASTING and not is_freshly_proven():
        return not_fresh(lambda why: case_page(case_id, problem=why))
    try:
        facts = MoveFacts(
            note=form.get("note", ""),
            number=form.get("number", ""),
            closed_on=read_date(form.get("closed_on", "")),
            executed_on=read_date(form.get("executed_on", "")),
            archive_number=form.get("archive_number", ""),
        )
        with acting() as session:
            case = move_case(
                session, actor=the_person(), case_id=case_id, move=move, facts=facts, today=today(),
                now=here.clock(),
            )  # fmt: skip
    except CannotEdit as refusal:
        return case_page(case_id, problem=say("case refusal", refusal.why)), 400
    except CannotMove as refusal:
        if refusal.why == "unknown-case":
            abort(404)
        status = {"not-yours": 403, "not-your-case": 403, "wrong-state": 409}.get(refusal.why, 400)
        return case_page(case_id, problem=say("case move refusal", refusal.why)), status
    flash(_("Signed: %(move)s. The case file is now: %(state)s.", move=say("case move", move),
            state=say("case state", case.state)))  # fmt: skip
    return redirect(url_for("pages.case", case_id=case_id), 303)
