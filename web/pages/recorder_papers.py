"""Papers of a recorder, as PDF for the file and for signing: the maintenance log, the hand-over form, the repair form."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, abort
from sqlalchemy.orm import Session

from catalog.custody.log import add_entry
from catalog.maintenance.overview import RecorderFile, recorder_file
from catalog.maintenance.recall import has_recalls, recalls_of
from catalog.models import Holding, MaintenanceEntry, Recorder, RecorderCheck, RecorderFault, RecorderRepair
from catalog.paper.blocks import Block, Facts, Heading, Paragraph, Signatures, Table
from catalog.paper.document import make_pdf
from catalog.permissions import Permission, may
from catalog.recorders import list_recorders
from catalog.rules.giving_out import Reason
from catalog.rules.recorder_state import ITEMS, Check
from web.actor import the_person
from web.allowed import allowed_here
from web.components import components
from web.formats import moment
from web.giving_out import gives_out
from web.pages.blueprint import pages
from web.pages.recorder_forms import chosen, said
from web.papers.recalls import recalls_section, unread_section
from web.permission import requires
from web.speech import _
from web.words import say

LINES = 5000
"""Recorders in a register; lines behind a form."""


@pages.post("/recorders/<uuid:recorder_id>/papers")
@requires(Permission.RECORDER_READ)
@gives_out
def recorder_papers(recorder_id: UUID, reason: Reason) -> Any:
    """Answer a paper of a recorder; that it was made is kept."""
    here = components()
    paper = said("paper")
    make = _PAPERS.get(paper)
    if make is None:
        abort(404)
    now = here.clock()
    with here.database.read() as session:  # many recalls take a while: others go on writing
        # The log for the file leaves nothing out; the forms use the newest alone.
        found = recorder_file(session, recorder_id, limit=None if paper == "log" else LINES)
        if found is None:
            abort(404)
        title, blocks = make(session, found, now)
    with here.database.write() as session:
        add_entry(
            session,
            actor=the_person(),
            action="recorder.printed",
            subjects={"recorder": recorder_id},
            facts={"paper": paper},
            private=reason.private(),
            now=now,
        )
    body = make_pdf(title=title, blocks=blocks, footer=_footer(found.recorder, now), wide=paper == "log")
    return _pdf(f"recorder-{paper}-{recorder_id}.pdf", body)


@pages.post("/recorders/papers")
@requires(Permission.RECORDER_READ)
@gives_out
def recorders_paper(reason: Reason) -> Any:
    """Answer the register 设备台账 as PDF with signature lines; that it was made is kept."""
    here = components()
    now = here.clock()
    with here.database.write() as session:
        lines = [
            line.recorder
            for line in list_recorders(session, LINES, actor=the_person())
            if line.recorder.registered
        ]
        rows = [_register_row(recorder) for recorder in lines]
        add_entry(
            session,
            actor=the_person(),
            action="recorder.printed",
            subjects={},
            facts={"paper": "register", "recorders": len(rows)},
            private=reason.private(),
            now=now,
        )
    head = [
        _("Recorder"), _("Serial"), _("Asset number"), _("Make and model"), _("Unit"), _("Holder"), _("State"),
        _("Purchased"), _("Warranty until"),
    ]  # fmt: skip
    blocks: list[Block] = [
        Table(head, rows, widths=(1.3, 2, 1.3, 1.8, 1.4, 1, 1, 1.2, 1.2)),
        Signatures([_("Recorder administrator"), _("Head of section")]),
    ]
    footer = f"{here.settings.bureau_name} · {moment(now)}"
    return _pdf(
        "recorder-register.pdf",
        make_pdf(title=_("Register of recorders"), blocks=blocks, footer=footer, wide=True),
    )


def _register_row(recorder: Recorder) -> tuple[str, ...]:
    days = (recorder.purchased_on, recorder.warranty_until)
    return (
        recorder.label, recorder.serial, recorder.asset_number or "—",
        f"{recorder.vendor} {recorder.model}".strip() or "—", recorder.unit.name if recorder.unit else "—",
        recorder.holder.name if recorder.holder else "—", say("recorder state", recorder.state),
        *(day.isoformat() if day else "—" for day in days),
    )  # fmt: skip


def _pdf(name: str, body: bytes) -> Response:
    return Response(
        body,
        mimetype="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"},
    )


def _footer(recorder: Recorder, now: datetime) -> str:
    return f"{components().settings.bureau_name} · {recorder.label} · {recorder.serial} · {moment(now)}"


def _particulars(recorder: Recorder) -> Facts:
    days = (recorder.purchased_on, recorder.warranty_until)
    return Facts(
        [
            (_("Recorder"), recorder.label),
            (_("Serial"), recorder.serial),
            (_("Asset number"), recorder.asset_number or "—"),
            (_("Make and model"), f"{recorder.vendor} {recorder.model}".strip() or "—"),
            (_("Firmware"), recorder.firmware or "—"),
            (_("Unit"), recorder.unit.name if recorder.unit else "—"),
            (_("Purchased, warranty until"), " · ".join(d.isoformat() if d else "—" for d in days)),
            (_("Supplier"), recorder.supplier or "—"),
            (_("State"), say("recorder state", recorder.state)),
        ]
    )


def _log(session: Session, found: RecorderFile, now: datetime) -> tuple[str, list[Block]]:
    title = _("Maintenance log of a recorder")
    blocks: list[Block] = [_particulars(found.recorder), Heading(_("Maintenance log"))]
    blocks.append(
        Table(
            [_("Time"), _("What happened"), _("Particulars"), _("By"), _("State after it")],
            [
                (
                    moment(line.at, seconds=True),
                    say("action", f"recorder.{line.kind}"),
                    particulars_of(line),
                    line.by_name,
                    say("recorder state", line.to_state),
                )
                for line in reversed(found.log)
            ],
            widths=(2, 2.4, 6, 1.4, 1.2),
        )
    )
    blocks.append(Heading(_("Who had it")))
    blocks.append(
        Table(
            [_("Taken"), _("Given back"), _("Officer")],
            [(moment(h.from_at), moment(h.until_at), h.officer.name) for h in reversed(found.holdings)],
        )
    )
    blocks += _recalls(session, found.recorder.id, now)
    blocks.append(Signatures([_("Recorder administrator"), _("Head of section")]))
    return title, blocks


def _recalls(session: Session, recorder_id: UUID, now: datetime) -> list[Block]:
    """What the pages of its recalls show to whoever has the paper made, and no more."""
    reader = the_person()
    if not may(reader, Permission.RECALL_READ):
        return unread_section() if has_recalls(session, recorder_id) else []
    allowed = allowed_here()
    return recalls_section(
        recalls_of(session, recorder_id, actor=reader, now=now),
        names="CLIP_FIND" in allowed,
        titles="CASE_READ" in allowed,
    )


def _hand_over(_session: Session, found: RecorderFile, _now: datetime) -> tuple[str, list[Block]]:
    held = found.holdings[0] if found.holdings else None
    check = _check_of(found, held) if held else None
    checked = _("No check is on record for this hand-over.") if held and check is None else ""
    blocks: list[Block] = [
        _particulars(found.recorder),
        Heading(_("Hand-over")),
        Facts(
            [
                (_("Taken by"), f"{held.officer.name} ({held.officer.number})" if held else "　"),
                (_("Taken"), moment(held.from_at) if held else "　"),
                (_("Given back"), moment(held.until_at) if held and held.until_at else "　"),
            ]
        ),
        Heading(_("Check before it is given out")),
        Paragraph(checked) if checked else _check_table(check),
        Paragraph(
            _(
                "Whoever takes the recorder checks battery and memory before recording, reports a fault at once, "
                "and neither takes it apart nor swaps any part of it."
            )
        ),
        Signatures([_("Given out by"), _("Taken by"), _("Given back by"), _("Received by")]),
    ]
    return _("Hand-over form of a recorder"), blocks


def _check_of(found: RecorderFile, held: Holding) -> RecorderCheck | None:
    """The check with which this holder was given it: none of an earlier hand-over, and none that kept it here."""
    back = next((one.until_at for one in found.holdings if one.from_at < held.from_at), None)
    made = (
        one
        for one in found.checks
        if one.occasion == "issue" and one.at <= held.from_at and (back is None or one.at >= back)
    )
    newest = next(made, None)
    return newest if newest is not None and not Check(newest.results).failed else None


def _repair(_session: Session, found: RecorderFile, _now: datetime) -> tuple[str, list[Block]]:
    wanted = chosen("repair")
    order = next((one for one in found.repairs if wanted is None or one.id == wanted), None)
    if order is None:
        abort(404)
    faults = _faults_of(found, order)
    blocks: list[Block] = [
        _particulars(found.recorder),
        Heading(_("Faults")),
        Table(
            [_("Reported"), _("Fault"), _("Note")],
            [(moment(f.reported_at), say("fault", f.kind), f.note) for f in faults],
            widths=(1, 1, 3),
        ),
        Heading(_("Repair order")),
        Facts(_order_facts(order)),
        Signatures([_("Sent by"), _("Repairer"), _("Accepted by")]),
    ]
    return _("Repair form of a recorder"), blocks


def _faults_of(found: RecorderFile, order: RecorderRepair) -> list[RecorderFault]:
    """The faults for which it was sent; those of an order that mended nothing were let go, and were open then."""
    kept = [fault for fault in found.faults if fault.repair_id == order.id]
    if kept or order.closed_at is None:
        return kept
    sent = order.sent_at
    return [f for f in found.faults if f.reported_at <= sent and (f.closed_at is None or f.closed_at > sent)]


def _order_facts(order: RecorderRepair) -> list[tuple[str, str]]:
    parts = "、".join(str(part) for part in order.parts)
    return [
        (_("Order"), str(order.id)),
        (_("Repairer"), " · ".join(x for x in (order.repairer, order.company, order.contact) if x)),
        (_("Sent"), moment(order.sent_at)),
        (_("Recordings on it"), say("data safe", order.data_safe)),
        (_("Its data"), say("data removal", order.data_removal)),
        (_("Note"), order.note or "　"),
        (_("Back"), moment(order.back_at) if order.back_at else "　"),
        (_("Result"), say("repair result", order.result) or "　"),
        (_("What was done"), order.work or "　"),
        (_("Parts put in"), parts or "　"),
        (_("Test recording"), str(order.test_clip_id or "　")),
    ]


def _check_table(check: RecorderCheck | None) -> Table:
    results = check.results if check else {}
    rows = [(say("check item", item), say("check result", results.get(item)) or "　", "　") for item in ITEMS]
    return Table([_("Item"), _("Result"), _("Note")], rows, widths=(1, 1, 3))


def particulars_of(line: MaintenanceEntry) -> str:
    """Answer what a line of the log says besides its kind, in words."""
    facts = line.facts
    found = [
        say(table, str(facts[name]))
        for name, table in (
            ("occasion", "check occasion"),
            ("source", "fault source"),
            ("work", "recorder work"),
            ("result", "repair result"),
            ("data_safe", "data safe"),
            ("data_removal", "data removal"),
        )
        if name in facts
    ]
    if "kind" in facts:
        table = "doubt" if line.kind.startswith("doubt") else "fault"
        found.append(_kind(table, str(facts["kind"])))
    found += [
        f"{say('check item', item)} {say('check result', result)}"
        for item, result in (facts.get("results") or {}).items()
        if result != "not-checked"
    ]
    if line.kind == "doubt-resolved":
        found.append(_("a fault") if facts.get("outcome") == "fault" else _("no fault"))
    if facts.get("again"):
        found.append(_("reported again"))
    if "seconds_per_day" in facts:
        found.append(_("%(n)s s a day", n=facts["seconds_per_day"]))
    if isinstance(facts.get("percent"), list):
        found.append(" → ".join(f"{one} %" for one in facts["percent"]))
    found += [str(facts[name]) for name in ("firmware", "what", "repairer", "company") if facts.get(name)]
    if facts.get("earlier_place"):
        found.append(_("the card sealed before lies at %(place)s", place=facts["earlier_place"]))
    if "approved" in facts:
        found.append(_("approved") if facts["approved"] else _("refused"))
    found += [str(part) for part in facts.get("parts") or ()]
    if line.note:
        found.append(line.note)
    return " · ".join(found)


def _kind(table: str, kind: str) -> str:
    words = {"recorder": _("another recorder"), "part": _("a part")}
    return words.get(kind) or say(table, kind)


_PAPERS: dict[str, Callable[[Session, RecorderFile, datetime], tuple[str, list[Block]]]] = {
    "log": _log,
    "hand-over": _hand_over,
    "repair": _repair,
}
