"""档案: the archivist's start page, the register of case files and its spreadsheet, and what expires when."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import Response, flash, redirect, render_template, request, url_for
from sqlalchemy import select

from catalog.archiving.accepting import CannotAccept, accept_file
from catalog.archiving.expiry import GROUPS, clips_until, files_until, months, undated, undated_clips
from catalog.archiving.home import home_of
from catalog.archiving.register import (
    IN_REGISTER,
    PAGE,
    SORTS,
    FileLine,
    Wanted,
    count_states,
    every_file,
    fonds,
    list_files,
    years,
)
from catalog.case_files.cases import TYPES
from catalog.case_files.life import CannotMove
from catalog.custody.log import add_entry
from catalog.custody.searching import note_search
from catalog.models import Case, Unit
from catalog.permissions import Permission
from catalog.rules.giving_out import Reason
from catalog.rules.spreadsheet import lines
from web.acting import acting
from web.actor import the_person
from web.components import components
from web.formats import local, month_range, zone
from web.giving_out import gives_out
from web.pages.asked import WORDS_LIMIT, uuid_or_none
from web.pages.blueprint import pages
from web.permission import requires
from web.signing_in.entering import ask_anew
from web.speech import _
from web.words import say

MOST_AT_ONCE = 100
"""Files accepted with one click."""


@pages.get("/archive")
@requires(Permission.ARCHIVE_READ)
def archive() -> Any:
    """Show what waits for the archive."""
    here = components()
    with here.database.read() as session:
        return render_template("archive.html", home=home_of(session, the_person()))


@pages.get("/archive/files")
@requires(Permission.ARCHIVE_READ)
def archive_files() -> Any:
    """Show the register of case files; its address can be passed on."""
    wanted = read_wanted(request.args)
    number = request.args.get("page", "")
    page = min(int(number), 100_000) if number.isascii() and number.isdigit() and len(number) < 7 else 0
    here = components()
    looked_for = {"words": wanted.words, "shelf": wanted.shelf}
    note_search(here.database, the_person(), where="archive", asked=looked_for, now=here.clock())
    with here.database.read() as session:
        found = list_files(session, wanted, the_person(), page=page)
        return render_template(
            "archive_files.html",
            found=found,
            wanted=wanted,
            page=page,
            pages_in_all=(found.count + PAGE - 1) // PAGE,
            address=lambda **changes: _address(wanted, **changes),
            query=urlencode(_parts(wanted)),
            states=IN_REGISTER,
            counts=count_states(session),
            types=TYPES,
            years=years(session),
            fonds=fonds(session),
            units=session.scalars(select(Unit).order_by(Unit.name)).all(),
        )


@pages.post("/archive/files.csv")
@requires(Permission.ARCHIVE_READ)
@gives_out
def archive_files_csv(reason: Reason) -> Any:
    """Answer the register as a spreadsheet (CSV, UTF-8 with BOM); that it was taken along is kept in the log."""
    here = components()
    wanted = read_wanted(request.args)
    with here.database.read() as session:
        found = list(every_file(session, wanted, the_person()))
    with here.database.write() as session:  # only the entry holds up other writers
        add_entry(
            session,
            actor=the_person(),
            action="case.register-exported",
            subjects={},
            facts={"files": len(found)},
            private={"query": urlencode(_parts(wanted)) or None, **reason.private()},
            now=here.clock(),
        )
    head = [
        _("Archive number"), _("Fonds number"), _("Year"), _("Case number"), _("Title"), _("Type"), _("Party"),
        _("Unit"), _("Handlers"), _("State"), _("Closed"), _("Accepted"), _("Recordings"), _("Kept until"),
        _("Shelf"), _("Cross reference"), _("Acceptance check"), _("Remarks"),
    ]  # fmt: skip
    body = "".join(lines(head, _rows(found)))
    response = Response(body.encode("utf-8"), mimetype="text/csv")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="case-files-{local(here.clock()):%Y%m%d-%H%M}.csv"'
    )
    return response


def _rows(found: list[FileLine]) -> Iterator[list[object]]:
    for line in found:
        case = line.case
        until = f"{local(line.kept_until):%Y-%m-%d}" if line.kept_until else ""
        yield [
            case.archive_number, case.fonds_number, case.archive_year, case.number, case.title,
            say("case type", case.type), case.party, case.unit.name if case.unit else "",
            case.handler.name if case.handler else "", say("case state", case.state), case.closed_on,
            f"{local(case.accepted_at):%Y-%m-%d}" if case.accepted_at else "", line.clips,
            _("no date: a hold is on") if line.held else until, case.shelf_place, case.cross_reference,
            say("four result", line.check) if line.check else "", case.file_note,
        ]  # fmt: skip


@pages.post("/archive/accept")
@requires(Permission.ARCHIVE_KEEP)
def archive_accept_many() -> Any:
    """Accept several handed-over files, each on its own check; those that cannot be are named with the reason."""
    here = components()
    picked = [c for c in (uuid_or_none(text) for text in request.form.getlist("case")) if c is not None]
    if not picked or len(picked) > MOST_AT_ONCE:
        flash(_("Nothing was changed: pick between 1 and %(n)s files.", n=MOST_AT_ONCE))
        return redirect(url_for("pages.archive"), 303)
    if (anew := ask_anew("pages.archive")) is not None:
        return anew
    accepted = 0
    for case_id in dict.fromkeys(picked):
        now = here.clock()
        try:
            with acting() as session:
                accept_file(
                    session, actor=the_person(), case_id=case_id,
                    check_id=uuid_or_none(request.form.get(f"check-{case_id}", "")), note="",
                    today=local(now).date(), now=now,
                )  # fmt: skip
            accepted += 1
        except CannotAccept as refusal:
            flash(_("%(file)s: %(why)s", file=_called(case_id), why=say("accept refusal", refusal.why)))
        except CannotMove as refusal:
            flash(_("%(file)s: %(why)s", file=_called(case_id), why=say("case move refusal", refusal.why)))
    if accepted:
        flash(_("%(n)s files accepted. Their locks are being set to the date of the file.", n=accepted))
    return redirect(url_for("pages.archive"), 303)


def _called(case_id: UUID) -> str:
    with components().database.read() as session:
        case = session.get(Case, case_id)
        return (case.number or case.title) if case is not None else str(case_id)


@pages.get("/archive/expiries")
@requires(Permission.ARCHIVE_READ)
def archive_expiries() -> Any:
    """Show what expires when, by year and month, and what nobody can date yet."""
    here = components()
    actor, this = the_person(), local(here.clock())
    year = _number(request.args.get("year", ""), 1990, 9000) or this.year
    month = _number(request.args.get("month", ""), 1, 12)
    group = request.args.get("group", "") if request.args.get("group") in GROUPS else ""
    with here.database.read() as session:
        found = months(session, actor, zone())
        since, until = month_range(year, month)
        return render_template(
            "archive_expiries.html",
            found=found,
            year=year,
            month=month,
            years=sorted({*found.years, year, this.year}),
            files=files_until(session, actor, since, until) if not group else [],
            clips=clips_until(session, actor, since, until)
            if not group
            else undated_clips(session, actor, group),
            undated=undated(session, actor),
            group=group,
            groups=GROUPS,
        )


def read_wanted(args: Mapping[str, str]) -> Wanted:
    """Read the register's address; what makes no sense in it counts as not said."""

    def one_of(name: str, known: tuple[str, ...]) -> str:
        return args.get(name, "") if args.get(name) in known else ""

    def text(name: str) -> str:
        return args.get(name, "")[:WORDS_LIMIT].strip().replace("\x00", "")

    return Wanted(
        state=one_of("state", IN_REGISTER),
        year=_number(args.get("year", ""), 1900, 9000),
        case_type=one_of("type", TYPES),
        unit=uuid_or_none(args.get("unit", "")),
        fonds=text("fonds"),
        shelf=text("shelf"),
        words=text("words"),
        sort=one_of("sort", SORTS) or "number",
        falling=args.get("down") == "1",
    )


def _parts(wanted: Wanted) -> dict[str, str]:
    named = {
        "state": wanted.state,
        "year": str(wanted.year or ""),
        "type": wanted.case_type,
        "unit": str(wanted.unit or ""),
        "fonds": wanted.fonds,
        "shelf": wanted.shelf,
        "words": wanted.words,
        "sort": wanted.sort if wanted.sort != "number" else "",
        "down": "1" if wanted.falling else "",
    }
    return {name: value for name, value in named.items() if value}


def _address(wanted: Wanted, **changes: Any) -> str:
    page = changes.pop("page", 0)
    parts = _parts(replace(wanted, **changes)) | ({"page": str(page)} if page else {})
    return url_for("pages.archive_files", **parts)  # type: ignore[arg-type]


def _number(text: str, least: int, most: int) -> int | None:
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        return None
    return int(text) if least <= int(text) <= most else None
