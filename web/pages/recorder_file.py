"""One recorder's page: its state, its log, who had it, where it was docked, its faults and repairs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, render_template
from sqlalchemy import select

from catalog.maintenance.officers import list_officers
from catalog.maintenance.overview import recorder_file
from catalog.maintenance.register import KINDS, WORKS
from catalog.maintenance.repairs import choice_of_tests
from catalog.maintenance.safe import REMOVALS, SAFE
from catalog.models import Recorder
from catalog.permissions import Permission, may
from catalog.rules.recorder_state import FAULTS, ISSUABLE, ITEMS, OCCASIONS, RESULTS, RESULTS_OF_REPAIR
from catalog.sealing import sealed_card_is_out
from web.actor import the_person
from web.components import components
from web.formats import local
from web.pages.blueprint import pages
from web.pages.recorder_papers import particulars_of
from web.permission import requires


@pages.get("/recorders/<uuid:recorder_id>")
@requires(Permission.RECORDER_READ)
def recorder(recorder_id: UUID) -> Any:
    """Show a recorder."""
    here, actor = components(), the_person()
    with here.database.read() as session:
        found = recorder_file(session, recorder_id)
        if found is None:
            abort(404)
        managing = may(actor, Permission.RECORDER_MANAGE)
        order = found.order
        tests = []
        officers = []
        others = []
        if managing:
            if order is not None and order.state == "back":
                tests = choice_of_tests(session, order, actor)
            officers = [
                line.officer for line in list_officers(session, local(here.clock()).date()) if not line.left
            ]
            others = list(
                session.scalars(
                    select(Recorder)
                    .where(Recorder.registered, Recorder.state.in_(ISSUABLE), Recorder.id != recorder_id)
                    .order_by(Recorder.label)
                )
            )
        return render_template(
            "recorder.html",
            found=found,
            card_out=sealed_card_is_out(session, found.recorder),
            r=found.recorder,
            tests=tests,
            officers=officers,
            others=others,
            particulars=particulars_of,
            faults=FAULTS,
            items=ITEMS,
            results=RESULTS,
            occasions=[one for one in OCCASIONS if one != "docking"],
            works=WORKS,
            kinds=KINDS,
            safe=SAFE,
            removals=REMOVALS,
            repair_results=RESULTS_OF_REPAIR,
        )
