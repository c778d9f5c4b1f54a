"""Routes of a station beyond a single docking: what the server is, what it has signed, what was cleared."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import Response

from catalog.clearing import ClearedFile, note_cleared, request_rereads, vouched_for
from catalog.intake.dockings import (
    docking_of,
)
from catalog.intake.held import brought_clips
from catalog.permissions import Permission
from catalog.stages import Due
from ingest import protocol as p
from web.api.blueprint import answer, api, read_message, this_station
from web.api.messages import (
    clearing_policy,
    every,
    path_of,
)
from web.api.office import hear, names_unless
from web.api.openapi import speaks
from web.components import components
from web.permission import requires


@api.get("/server")
@requires(Permission.PUBLIC)
@speaks(answers=p.ServerFacts)
def server_facts() -> Response:
    """What a station must know of the server before it trusts it: protocol, receipt keys, time."""
    here = components()
    return answer(
        p.ServerFacts(
            protocol=max(here.protocols),
            protocols=sorted(here.protocols),
            receipt_keys={here.signer.key_id: here.signer.public_key},
            time=here.clock(),
            ca_pem=here.settings.station_ca(),
        )
    )


@api.post("/statements")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.AskStatements, answers=p.StatementsAnswer)
def statements() -> Response:
    """What the server has signed for clips this station brought; second read-backs it wants are begun."""
    station, message, here = this_station(), read_message(p.AskStatements), components()
    assert station.id is not None  # noqa: S101 - stations have ids
    due: list[Due] = []
    if message.again:
        delay = timedelta(hours=here.settings.catalog.clearing_delay_hours)
        with here.database.write() as session:
            due = request_rereads(
                session, brought_clips(session, station.id, message.again), delay, here.clock()
            )
    here.enqueue(due)
    with here.database.read() as session:
        clips = brought_clips(session, station.id, message.clips)
        found = vouched_for(session, clips, here.clock())
    officers, mark = names_unless(here, message)
    return answer(
        p.StatementsAnswer(
            clips=[
                p.ClipStatements(clip=clip, **every(found[clip]))
                for clip in clips
                if "received" in found.get(clip, {})
            ],
            orders=hear(here, station, message),
            officers=officers,
            officers_mark=mark,
            clearing=clearing_policy(here),
        )
    )


@api.post("/dockings/<uuid:docking>/cleared")
@requires(Permission.STATION_DOCK)
@speaks(takes=p.ReportCleared)
def cleared(docking: UUID) -> Response:
    """These files were removed from a recorder. May be repeated."""
    station, message, here = this_station(), read_message(p.ReportCleared), components()
    with here.database.write() as session:
        note_cleared(
            session,
            actor=station,
            docking=docking_of(session, station, docking),
            files=[
                ClearedFile(path_of(f.path), f.clip, f.sha256, f.sm3, f.read_again_at, f.cleared_at)
                for f in message.files
            ],
            confirmed_by=message.confirmed_by,
            now=here.clock(),
        )
    return answer(None)
