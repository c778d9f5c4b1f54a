"""Routes of a docking: opened, recognised, watched, attributed, closed."""

from __future__ import annotations

from uuid import UUID

from flask import Response

from catalog.clearing import vouched_for
from catalog.intake.dockings import (
    ReportedFile,
    SeenRecorder,
    close_docking,
    docking_of,
    note_files,
    note_progress,
    open_docking,
)
from catalog.intake.held import Marks, recognise
from catalog.intake.picking import UnknownOfficer, notes_of, officers_to_pick, pick_officer
from catalog.maintenance.checks import check_docking
from catalog.permissions import Permission
from catalog.sealing import carrier_is_sealed
from ingest import protocol as p
from web.api.blueprint import ApiProblem, answer, api, other_protocol, read_message, this_station
from web.api.messages import (
    bureau_zone,
    clearing_policy,
    every,
    page_of,
    path_of,
    text_of,
    today_of,
)
from web.api.office import names
from web.api.openapi import speaks
from web.components import components
from web.permission import requires


@api.post("/dockings")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.OpenDocking, answers=p.DockingOpened, refuses=(404,))
def open_one() -> Response:
    """A recorder was plugged in."""
    station, message, here = this_station(), read_message(p.OpenDocking), components()
    if message.protocol not in here.protocols:
        raise other_protocol(str(message.protocol))
    identity = message.recorder
    with here.database.write() as session:
        docking = open_docking(
            session,
            actor=station,
            docking=message.docking,
            slot=message.slot,
            seen=SeenRecorder(
                serial=identity.serial,
                serial_source=identity.serial_source,
                vendor=identity.vendor,
                model=identity.model,
                kind=identity.kind,
                facts=identity.model_dump(mode="json"),
            ),
            started=message.started,
            now=here.clock(),
        )
        recorder = docking.recorder
        return answer(
            p.DockingOpened(
                docking=docking.id,
                recorder_known=recorder.registered,
                recorder_label=recorder.label,
                holder=docking.holder.name if docking.holder else None,
                page=page_of("docking", docking.id),
                station=docking.station.code,
                registered=recorder.registered,
                notes=list(notes_of(docking)),
                officers=names(officers_to_pick(session, docking, today_of(here))),
                clearing=clearing_policy(here, sealed=carrier_is_sealed(session, docking)),
            )
        )


@api.post("/dockings/<uuid:docking>/seen")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.AskSeen, answers=p.SeenAnswer)
def seen(docking: UUID) -> Response:
    """Which of these files this station brought from this recorder before."""
    station, message, here = this_station(), read_message(p.AskSeen), components()
    marks = [Marks(path_of(f.path), f.size, f.modified_ns, f.head, f.tail) for f in message.fingerprints]
    with here.database.write() as session:
        found = recognise(
            session, docking_of(session, station, docking), marks, actor=station, now=here.clock()
        )
        statements = vouched_for(session, list(found.values()))
    return answer(
        p.SeenAnswer(
            seen=[
                p.Seen(path=text_of(path), clip=clip, page=page_of("clip", clip), **every(statements[clip]))
                for path, clip in found.items()
                if "received" in statements.get(clip, {})
            ]
        )
    )


@api.post("/dockings/<uuid:docking>/progress")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.DockingProgress)
def progress(docking: UUID) -> Response:
    """What the board shows of a slot right now."""
    station, message, here = this_station(), read_message(p.DockingProgress), components()
    now = here.clock()
    with here.database.write() as session:
        visit = docking_of(session, station, docking)
        note_progress(
            session,
            docking=visit,
            sequence=message.sequence,
            state=message.state,
            progress=message.model_dump(mode="json", exclude={"reports", "sequence", "state"}),
            now=now,
        )
        note_files(
            session,
            docking=visit,
            files=[ReportedFile(path_of(r.path), r.shown, r.size, r.end, r.reason) for r in message.reports],
            now=now,
        )
    return answer(None)


@api.post("/dockings/<uuid:docking>/officer")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.PickedOfficer, refuses=(422,))
def officer(docking: UUID) -> Response:
    """Somebody said at the station who made the recordings of a docking."""
    station, message, here = this_station(), read_message(p.PickedOfficer), components()
    with here.database.write() as session:
        try:
            pick_officer(
                session,
                actor=station,
                docking=docking,
                number=message.number,
                picked_at=message.picked_at,
                zone=bureau_zone(here),
                now=here.clock(),
            )
        except UnknownOfficer as error:
            raise ApiProblem(
                422,
                p.Problem(
                    error="unknown-officer",
                    what="There is no officer of this number in the register.",
                    safe="Nothing was changed; the recordings are taken in all the same.",
                    next="Pick a name from the list, or have the office enter the officer.",
                ),
            ) from error
    return answer(None)


@api.post("/dockings/<uuid:docking>/close")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.CloseDocking)
def close(docking: UUID) -> Response:
    """The docking is over."""
    station, message, here = this_station(), read_message(p.CloseDocking), components()
    now = here.clock()
    with here.database.write() as session:
        visit = docking_of(session, station, docking)
        ended = visit.ended_at is not None
        close_docking(
            session,
            actor=station,
            docking=visit,
            files_total=message.files_total,
            reason=message.reason,
            message=message.message,
            now=now,
        )
        if not ended:
            check_docking(session, docking=visit, limits=here.settings.catalog.recorder_limits(), now=now)
    return answer(None)
