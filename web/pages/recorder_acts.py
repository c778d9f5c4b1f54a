"""What administrators do with recorders: faults, checks, repairs, substitutes, hand-overs, the register."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from sqlalchemy.exc import NoResultFound

from catalog.holdings import HandOverRefused, give_back
from catalog.maintenance.checks import check_recorder, resolve_doubt
from catalog.maintenance.faults import reject_fault, report_fault
from catalog.maintenance.issuing import issue
from catalog.maintenance.log import CannotMaintain
from catalog.maintenance.register import Particulars, keep_particulars, note_work
from catalog.maintenance.repairs import (
    Repairer,
    bring_back,
    give_up,
    retire,
    return_to_service,
    send_to_repair,
)
from catalog.maintenance.substitutes import ask_substitute, decide_substitute
from catalog.maintenance.twin_serials import KnownAlready
from catalog.permissions import Permission
from catalog.rules.recorder_state import ITEMS
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.formats import zone
from web.pages.blueprint import pages
from web.pages.recorder_forms import NOBODY, act, back, chosen, ensure_recorder, said
from web.permission import requires
from web.signing_in.entering import ask_anew
from web.speech import _
from web.words import say


@pages.post("/recorders/<uuid:recorder_id>/fault")
@requires(Permission.FAULT_REPORT)
def recorder_fault(recorder_id: UUID) -> Any:
    """Report a fault; the recorder is out of service at once."""
    done = _(
        "The fault is reported and the recorder is out of service. It can still be docked; do so before anything else."
    )
    return act(report_fault, done, recorder_id=recorder_id, kind=said("kind"), note=said("note"))


@pages.post("/faults/<uuid:fault_id>/reject")
@requires(Permission.RECORDER_MANAGE)
def fault_reject(fault_id: UUID) -> Any:
    """Say that a fault was none, with the reason."""
    return act(
        reject_fault, _("The fault is rejected; report and reason stay on record."), fault_id=fault_id,
        reason=said("reason"),
    )  # fmt: skip


@pages.post("/doubts/<uuid:doubt_id>")
@requires(Permission.RECORDER_MANAGE)
def doubt_resolve(doubt_id: UUID) -> Any:
    """Answer what readings raised."""
    return act(
        resolve_doubt, _("Your answer is on record."), doubt_id=doubt_id, faulty=said("faulty") == "1",
        reason=said("reason"),
    )  # fmt: skip


@pages.post("/recorders/<uuid:recorder_id>/check")
@requires(Permission.RECORDER_MANAGE)
def recorder_check(recorder_id: UUID) -> Any:
    """Keep a check by hand."""
    return act(
        check_recorder, _("The check is on record."), recorder_id=recorder_id, occasion=said("occasion"),
        results=_results(), note=said("note"),
    )  # fmt: skip


@pages.post("/recorders/<uuid:recorder_id>/work")
@requires(Permission.RECORDER_MANAGE)
def recorder_work(recorder_id: UUID) -> Any:
    """Write into the log what was done to a recorder."""
    return act(
        note_work, _("It is in the maintenance log."), recorder_id=recorder_id, work=said("work"),
        note=said("note"), firmware=said("firmware"),
    )  # fmt: skip


@pages.post("/recorders/<uuid:recorder_id>/repair")
@requires(Permission.RECORDER_MANAGE)
def recorder_repair(recorder_id: UUID) -> Any:
    """Send a recorder to its repairer."""
    return act(
        send_to_repair, _("The repair order is made. Print the repair form for the repairer."),
        recorder_id=recorder_id, repairer=Repairer(said("name"), said("company"), said("contact")),
        data_safe=said("data_safe"), data_removal=said("data_removal"), note=said("note"),
    )  # fmt: skip


@pages.post("/repairs/<uuid:repair_id>/back")
@requires(Permission.RECORDER_MANAGE)
def repair_back(repair_id: UUID) -> Any:
    """Enter with which result a recorder came back."""
    return act(
        bring_back, _("The result is on record. A repaired recorder needs a test recording before it is used."),
        repair_id=repair_id, result=said("result"), work=said("work"), parts=said("parts").splitlines(),
    )  # fmt: skip


@pages.post("/repairs/<uuid:repair_id>/failed")
@requires(Permission.RECORDER_MANAGE)
def repair_failed(repair_id: UUID) -> Any:
    """Say that a repair does not hold."""
    return act(
        give_up, _("The recorder is out of service; its fault stays open."), repair_id=repair_id,
        reason=said("reason"),
    )  # fmt: skip


@pages.post("/repairs/<uuid:repair_id>/return")
@requires(Permission.RECORDER_MANAGE)
def repair_return(repair_id: UUID) -> Any:
    """Put a repaired recorder back into service after its test recording."""
    return act(
        return_to_service, _("The recorder is back in service, and its faults are closed by the repair."),
        repair_id=repair_id, test_clip=chosen("test") or NOBODY,
    )  # fmt: skip


@pages.post("/recorders/<uuid:recorder_id>/retire")
@requires(Permission.RECORDER_MANAGE)
def recorder_retire(recorder_id: UUID) -> Any:
    """Retire a recorder for good, after a fresh sign-in: nothing brings it back."""
    if said("sure") != "1":
        flash(_("Nothing was changed: confirm that the recorder is to be retired for good."))
        return back()
    ensure_recorder(recorder_id)
    if (anew := ask_anew("pages.recorder", recorder_id=recorder_id)) is not None:
        return anew
    return act(
        retire, _("The recorder is retired. Its log and its recordings stay."), recorder_id=recorder_id,
        reason=said("reason"), data_safe=said("data_safe"), data_removal=said("data_removal"),
    )  # fmt: skip


@pages.post("/recorders/<uuid:recorder_id>/substitute")
@requires(Permission.RECORDER_MANAGE)
def substitute_ask(recorder_id: UUID) -> Any:
    """Ask for a substitute recorder or a part."""
    return act(
        ask_substitute, _("Asked. Another person approves or refuses it."), recorder_id=recorder_id,
        substitute_id=chosen("substitute"), part=said("part"), reason=said("reason"),
    )  # fmt: skip


@pages.post("/substitutes/<uuid:substitute_id>")
@requires(Permission.RECORDER_APPROVE)
def substitute_decide(substitute_id: UUID) -> Any:
    """Approve or refuse a substitute that somebody else asked for."""
    return act(
        decide_substitute, _("Your decision is on record."), substitute_id=substitute_id,
        approved=said("approved") == "1", note=said("note"),
    )  # fmt: skip


@pages.post("/recorders/<uuid:recorder_id>/hand-over")
@requires(Permission.RECORDER_MANAGE)
def recorder_hand_over(recorder_id: UUID) -> Any:
    """Give a recorder out after its check; a check that finds a fault stays, and nothing is given out."""
    here = components()
    try:
        with acting() as session:
            given = issue(
                session, actor=the_person(), recorder_id=recorder_id, officer=chosen("officer"),
                results=_results(), note=said("note"), zone=zone(), now=here.clock(),
            )  # fmt: skip
    except CannotMaintain as refusal:
        if refusal.why == "unknown-recorder":
            abort(404)
        flash(say("maintenance refusal", refusal.why))
    else:
        flash(_("Given out, with its check.") if given else say("maintenance refusal", "check-failed"))
    return back()


@pages.post("/recorders/<uuid:recorder_id>/give-back")
@requires(Permission.RECORDER_MANAGE)
def recorder_give_back(recorder_id: UUID) -> Any:
    """Note that a recorder was given back now."""
    here = components()
    try:
        with acting() as session:
            now = here.clock()
            give_back(session, actor=the_person(), recorder=recorder_id, at=now, zone=zone(), now=now)
    except NoResultFound:
        abort(404)
    except HandOverRefused:
        flash(say("maintenance refusal", "not-held"))
    else:
        flash(_("Given back."))
    return back()


@pages.post("/recorders")
@requires(Permission.RECORDER_MANAGE)
def recorder_register() -> Any:
    """Enter a recorder into the register, or change what it says of the one whose page sent the form.

    Who enters one that is there already is told so on its page: nothing of it is changed by a form that knows nothing of it.
    """
    here = components()
    given = {
        name: request.form[name]
        for name in Particulars.__dataclass_fields__
        if name in request.form and not (name == "kind" and not request.form[name])
    }
    try:
        with acting() as session:
            device, _what = keep_particulars(
                session, actor=the_person(), serial=said("serial"), given=Particulars(**given),
                new=chosen("recorder") is None, zone=zone(), now=here.clock(),
            )  # fmt: skip
            there = url_for("pages.recorder", recorder_id=device.id)
    except KnownAlready as refusal:
        flash(f"{say('maintenance refusal', refusal.why)} {refusal.which.serial}")
        there = url_for("pages.recorder", recorder_id=refusal.which.id)
    except CannotMaintain as refusal:
        flash(say("maintenance refusal", refusal.why))
        recorder = chosen("recorder")
        there = url_for("pages.recorder", recorder_id=recorder) if recorder else url_for("pages.recorders")
    else:
        flash(_("The register says so now."))
    return redirect(there, 303)


def _results() -> dict[str, str]:
    return {item: said(item) or "not-checked" for item in ITEMS}
