"""The route on which stations hand in their reconciliation sheets."""

from __future__ import annotations

from uuid import UUID

from flask import Response, url_for

from catalog.locked_objects import NotLocked
from catalog.permissions import Permission
from catalog.sheets import SentSheet, SheetRefused, SheetShape, keep_sheet
from ingest import protocol as p
from web.api.blueprint import ApiProblem, answer, api, read_message, this_station
from web.api.messages import intake_must_be_open
from web.api.openapi import speaks
from web.components import components
from web.permission import requires

MAX_SHEET_BYTES = 256 << 20
"""A sheet of 200,000 files is about 130 MB as a message, and a third of that packed."""

_SAFE = "What was received before stays as it is; the station keeps the sheet."
_REFUSALS: dict[str, tuple[int, str, str]] = {
    "bad-signature": (
        400,
        "The sheet's signature does not fit its bytes.",
        "Compare the versions of station and server, and look after the station's disk.",
    ),
    "other-key": (
        403,
        "The sheet is signed with another key than this station's.",
        "If the station's key was lost, enrol the station again; if not, find out who sent this.",
    ),
    "not-canonical": (400, "The sheet is not in the agreed form (RFC 8785).", "Compare the versions."),
    "bad-sheet": (400, "The sheet is not as agreed.", "Compare the versions of station and server."),
    "other-docking": (
        409,
        "The sheet is of another docking or another station.",
        "Send it where it belongs.",
    ),
    "foreign-clip": (
        409,
        "The sheet names a recording that this station did not bring.",
        "Let the administrator compare the station's journal with the docking's page.",
    ),
    "revision-taken": (
        409,
        "Another sheet is kept under this revision.",
        "Make the next revision; the station does so by itself.",
    ),
    "too-many": (409, "This docking has too many sheets.", "Tell the administrator."),
}


@api.post("/dockings/<uuid:docking>/sheet")
@requires(Permission.STATION_DOCK)
@speaks(
    takes=p.SignedSheet, answers=p.SheetKept, refuses=tuple({status for status, *_ in _REFUSALS.values()})
)
def sheet(docking: UUID) -> Response:
    """The signed list of everything seen at a docking; locked in the storage before it is answered."""
    station, here = this_station(), components()
    now = here.clock()
    intake_must_be_open(here, now)
    message = read_message(p.SignedSheet, most=MAX_SHEET_BYTES)
    try:
        kept = keep_sheet(
            here.database,
            here.evidence,
            actor=station,
            sent=SentSheet(docking, message.body, message.public_key, message.signature),
            shape=SheetShape(frame=p.Sheet.model_validate, file=p.SheetFile.model_validate),
            now=now,
        )
    except SheetRefused as refusal:
        raise _problem(refusal) from refusal
    except NotLocked as error:
        raise ApiProblem(
            503,
            p.Problem(
                error="storage-refused",
                what=f"The storage did not keep the sheet as asked: {error}",
                safe=_SAFE,
                next="Tell the administrator; the station tries again by itself.",
                retry=True,
            ),
        ) from error
    return answer(p.SheetKept(sha256=kept.sha256, page=url_for("pages.docking", docking_id=docking)))


def _problem(refusal: SheetRefused) -> ApiProblem:
    status, what, following = _REFUSALS[refusal.why]
    return ApiProblem(
        status,
        p.Problem(
            error=f"sheet-{refusal.why}",
            what=f"{what} ({refusal.detail})" if refusal.detail else what,
            safe=_SAFE,
            next=following,
        ),
    )
