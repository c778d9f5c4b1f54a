"""采集: the docking board, live, and the page of one docking."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Response, abort, render_template, request

from catalog.board import board, files_of, recent_dockings, view_docking
from catalog.gaps import open_gaps
from catalog.permissions import Permission
from catalog.receipts import statements_for
from catalog.sealing import seal_of, sealed_card_is_out
from catalog.sheets import find_sheet
from web.actor import current_actor
from web.components import components
from web.formats import midnight
from web.pages.blueprint import pages
from web.pages.polling import unless_same
from web.permission import requires

FILES = 500


@pages.get("/dockings")
@requires(Permission.DOCKING_READ)
def dockings() -> Any:
    """Show the board and the latest dockings; `?board=1` is the board alone, for a screen at the station."""
    here = components()
    now = here.clock()
    alone = request.args.get("board") == "1"
    only = request.args.get("station", "")
    before = _uuid(request.args.get("before", ""))
    with here.database.read() as session:
        stations = [
            s
            for s in board(session, now, midnight(now), current_actor())
            if not only or s.station.code == only
        ]
        recent = [] if alone else recent_dockings(session, now, before=before, actor=current_actor())
        return render_template(
            "board_alone.html" if alone else "dockings.html",
            stations=stations,
            recent=recent,
            only=only,
            paging=before is not None,
            gaps=sum(open_gaps(session).values()),
        )


@pages.get("/dockings/board")
@requires(Permission.DOCKING_READ)
def dockings_board() -> Response:
    """Answer the board alone, for the page to swap in; 204 when it still looks as the page has it."""
    here = components()
    now = here.clock()
    only = request.args.get("station", "")
    with here.database.read() as session:
        stations = [
            s
            for s in board(session, now, midnight(now), current_actor())
            if not only or s.station.code == only
        ]
        text = render_template("parts/board.html", stations=stations, only=only)
    return unless_same(text)


@pages.get("/dockings/<uuid:docking_id>")
@requires(Permission.DOCKING_READ)
def docking(docking_id: UUID) -> Any:
    """Show one docking with every file seen, what became of it, and its receipt."""
    return _docking(docking_id, whole=True)


@pages.get("/dockings/<uuid:docking_id>/files")
@requires(Permission.DOCKING_READ)
def docking_files(docking_id: UUID) -> Any:
    """Answer the moving part of a docking's page."""
    return unless_same(_docking(docking_id, whole=False))


def _docking(docking_id: UUID, *, whole: bool) -> str:
    here = components()
    now = here.clock()
    after = request.args.get("after", "")
    with here.database.read() as session:
        view = view_docking(session, docking_id, now, current_actor())
        if view is None:
            abort(404)
        lines = files_of(
            session,
            docking_id,
            after=bytes.fromhex(after) if _is_hex(after) else None,
            limit=FILES,
            actor=current_actor(),
        )
        receipts = statements_for(session, [line.clip.id for line in lines if line.clip is not None])
        more = lines[-1].sighting.path.hex() if len(lines) == FILES else ""
        sheet, recorder = find_sheet(session, docking_id), view.docking.recorder
        return render_template(
            "docking.html" if whole else "parts/docking_live.html",
            view=view, lines=lines, receipts=receipts, more=more, sheet=sheet,
            # The seal stands outside what is asked for every second.
            seal=seal_of(session, recorder, view.docking.opened_at) if whole else None,
            card_out=whole and sealed_card_is_out(session, recorder),
        )  # fmt: skip


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _is_hex(text: str) -> bool:
    try:
        return bool(text) and bytes.fromhex(text) != b""
    except ValueError:
        return False
