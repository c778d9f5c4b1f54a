"""采集清单: a docking's signed list, on screen, on paper, and as an ASC MHL folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from catalog.custody.log import add_entry
from catalog.finding.on_sheets import hidden_lines
from catalog.manifests import NoManifest, Withheld, history_zip
from catalog.models import Docking, Sheet
from catalog.permissions import Permission
from catalog.rules.giving_out import Reason
from catalog.rules.sheet_text import files_of, frame_of
from catalog.sealing import seal_of
from catalog.sheets import SheetDamaged, find_sheet, sheet_text, sheets_of
from web.actor import the_person
from web.components import components
from web.giving_out import gives_out
from web.pages.blueprint import pages
from web.permission import requires
from web.speech import _

ON_A_PAGE = 500
MOST_PRINTED = 2000
"""Lines on paper; of longer lists only what was not simply taken in is printed, the digest stands for all."""
ORDINARY = frozenset({"received", "held already"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A sheet with what was read of it."""

    sheet: Sheet
    docking: Docking
    frame: Mapping[str, Any]
    lines: list[dict[str, Any]]
    """As signed; of a recording that may not be shown only that there is one (`hidden`)."""
    left_out: int
    """Lines that are not shown."""


@pages.get("/dockings/<uuid:docking_id>/sheet")
@requires(Permission.DOCKING_READ)
def sheet(docking_id: UUID) -> Any:
    """Show a sheet's list as it was signed, read from storage."""
    start = _number(request.args.get("from", "")) or 0
    with components().database.read() as session:
        kept, docking = _sheet(session, docking_id, _number(request.args.get("revision", "")))
        text = _text(kept)
        if text is None:
            return _damaged(docking_id)
        lines = _masked(session, list(islice(files_of(text, check=False), start, start + ON_A_PAGE)))
        shown = Shown(kept, docking, _read(frame_of(text)), lines, kept.files - start - len(lines))
        return render_template(
            "sheet.html", shown=shown, start=start, revisions=sheets_of(session, docking_id), number=ON_A_PAGE
        )


@pages.post("/dockings/<uuid:docking_id>/sheet/print")
@requires(Permission.DOCKING_READ)
@gives_out
def sheet_print(docking_id: UUID, reason: Reason) -> Any:
    """Answer a sheet for paper; that it was printed is kept."""
    here = components()
    with here.database.write() as session:
        kept, docking = _sheet(session, docking_id, _number(request.form.get("revision", "")))
        text = _text(kept)
        if text is None:
            return _damaged(docking_id)
        every = kept.files <= MOST_PRINTED
        wanted = (one for one in files_of(text, check=False) if every or one["end"] not in ORDINARY)
        lines = _masked(session, list(islice(wanted, MOST_PRINTED)))
        add_entry(
            session,
            actor=the_person(),
            action="docking.sheet-printed",
            subjects={"docking": docking_id},
            facts={"revision": kept.revision, "sha256": kept.sha256, "lines": len(lines)},
            private=reason.private(),
            now=here.clock(),
        )
        shown = Shown(kept, docking, _read(frame_of(text)), lines, kept.files - len(lines))
        seal = seal_of(session, docking.recorder, docking.opened_at)
        return render_template("sheet_print.html", shown=shown, seal=seal, printed=here.clock())


@pages.post("/dockings/<uuid:docking_id>/sheet/manifest")
@requires(Permission.CLIP_DOWNLOAD)
@gives_out
def sheet_manifest(docking_id: UUID, reason: Reason) -> Any:
    """Answer the folder `ascmhl` that lies beside the downloaded originals; kept in the log."""
    here = components()
    page = url_for("pages.clip", clip_id=UUID(int=0), _external=True)
    with here.database.write() as session:
        kept, docking = _sheet(session, docking_id, _number(request.form.get("revision", "")))
        try:
            packed = history_zip(
                session,
                here.evidence,
                actor=the_person(),
                sheet=kept,
                label=_plain_label(docking.recorder.label),
                page_of=page.replace(str(UUID(int=0)), "{clip}"),
                reason=reason,
                now=here.clock(),
            )
        except NoManifest:
            flash(_("There is no manifest yet: it is made once every original was read back."))
            return redirect(url_for("pages.docking", docking_id=docking_id), 303)
        except Withheld:
            flash(_("A recording that is restricted is in this manifest, so it is not handed out."))
            return redirect(url_for("pages.docking", docking_id=docking_id), 303)
        except SheetDamaged:
            return _damaged(docking_id)
    response = Response(packed, mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="ascmhl-{docking_id}.zip"'
    return response


def _sheet(session: Session, docking_id: UUID, revision: int | None) -> tuple[Sheet, Docking]:
    docking, kept = session.get(Docking, docking_id), find_sheet(session, docking_id, revision)
    if docking is None or kept is None:
        abort(404)
    return kept, docking


def _masked(session: Session, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    hidden = hidden_lines(session, lines, the_person())
    return [
        {"hidden": True, "end": line["end"]} if place in hidden else line for place, line in enumerate(lines)
    ]


def _text(kept: Sheet) -> str | None:
    here = components()
    try:
        return sheet_text(here.evidence, kept)
    except (SheetDamaged, here.evidence.ObjectMissing):
        return None


def _damaged(docking_id: UUID) -> Any:
    flash(
        _(
            "The sheet in storage is not the one that was kept. Nothing is shown of it; tell the administrator."
        )
    )
    return redirect(url_for("pages.docking", docking_id=docking_id), 303)


def _read(frame: dict[str, Any]) -> dict[str, Any]:
    """The frame with its times as times; one that is none stays text."""
    for name in ("started", "ended", "made"):
        try:
            frame[f"{name}_at"] = datetime.fromisoformat(str(frame[name]))
        except (KeyError, ValueError):
            frame[f"{name}_at"] = None
    return frame


def _plain_label(label: str) -> str:
    return "".join(c if c.isascii() and (c.isalnum() or c == "-") else "_" for c in label)[:40] or "recorder"


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
