"""Papers of a case file: its index, hand-over list, check report and certificate, on screen, for the printer, as PDF."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from sqlalchemy.orm import Session

from catalog.archiving.checking import check_relied_on, latest_check, view_check
from catalog.archiving.index import FileIndex, index_of
from catalog.case_files.whose import prints_file
from catalog.custody.log import add_entry
from catalog.permissions import Permission
from catalog.rules.case_life import IN_ARCHIVE
from catalog.rules.giving_out import Reason
from web.actor import signed_in, the_person
from web.components import components
from web.giving_out import gives_out
from web.pages.blueprint import pages
from web.papers.acceptance import certificate_paper, check_paper
from web.papers.case_file import hand_over_paper, index_paper
from web.papers.paper import Paper, as_pdf, named, on_screen
from web.permission import requires
from web.speech import _

ANYBODY_WITH_THE_FILE = "<any(index, 'hand-over'):paper>"
ARCHIVE_ONLY = "<any(check, certificate):paper>"


@pages.get("/cases/<uuid:case_id>/index")
@requires(Permission.CASE_FILE_PRINT)
def case_index(case_id: UUID) -> Any:
    """Show the index of a case file with its sheet of remarks."""
    here = components()
    with here.database.read() as session:
        index = _index(session, case_id)
        paper = index_paper(index, here.clock(), _me())
        return render_template("case_index.html", case=index.case, paper=paper, blocks=named(paper))


@pages.post(f"/cases/<uuid:case_id>/{ANYBODY_WITH_THE_FILE}/print")
@requires(Permission.CASE_FILE_PRINT)
@gives_out
def case_paper_print(case_id: UUID, paper: str, reason: Reason) -> Any:
    """Answer the index or the hand-over list for paper; that it was made is kept."""
    return _made(case_id, paper, "print", reason)


@pages.post(f"/cases/<uuid:case_id>/{ANYBODY_WITH_THE_FILE}.pdf")
@requires(Permission.CASE_FILE_PRINT)
@gives_out
def case_paper_pdf(case_id: UUID, paper: str, reason: Reason) -> Any:
    """Answer the index or the hand-over list as PDF; that it was made is kept."""
    return _made(case_id, paper, "pdf", reason)


@pages.post(f"/cases/<uuid:case_id>/archive/{ARCHIVE_ONLY}/print")
@requires(Permission.ARCHIVE_READ)
@gives_out
def archive_paper_print(case_id: UUID, paper: str, reason: Reason) -> Any:
    """Answer the report of the check or the certificate for paper; that it was made is kept."""
    return _made(case_id, paper, "print", reason)


@pages.post(f"/cases/<uuid:case_id>/archive/{ARCHIVE_ONLY}.pdf")
@requires(Permission.ARCHIVE_READ)
@gives_out
def archive_paper_pdf(case_id: UUID, paper: str, reason: Reason) -> Any:
    """Answer the report of the check or the certificate as PDF; that it was made is kept."""
    return _made(case_id, paper, "pdf", reason)


def _made(case_id: UUID, name: str, form: str, reason: Reason) -> Any:
    here = components()
    with here.database.write() as session:
        index = _index(session, case_id)
        paper = PAPERS[name](session, index)
        if paper is None:
            flash(
                _("There is no check of this file to print yet.")
                if name == "check"
                else _("A certificate is made once the archive has accepted the file.")
            )
            return redirect(url_for("pages.archive_file", case_id=case_id), 303)
        add_entry(
            session,
            actor=the_person(),
            action="case.paper-made",
            subjects={"case": case_id},
            facts={"paper": name, "form": form, "content": index.content},
            private=reason.private(),
            now=here.clock(),
        )
    return on_screen(paper) if form == "print" else as_pdf(paper, f"{name}-{case_id}")


def _for_index(_session: Session, index: FileIndex) -> Paper | None:
    return index_paper(index, components().clock(), _me())


def _for_hand_over(_session: Session, index: FileIndex) -> Paper | None:
    return hand_over_paper(index, components().clock(), _me())


def _for_check(session: Session, index: FileIndex) -> Paper | None:
    check = latest_check(session, index.case.id)
    if check is None:
        return None
    return check_paper(index, view_check(session, check), components().clock(), _me())


def _for_certificate(session: Session, index: FileIndex) -> Paper | None:
    if index.case.state not in IN_ARCHIVE:
        return None
    check = check_relied_on(session, index.case.id)
    view = view_check(session, check) if check is not None else None
    return certificate_paper(index, view, components().clock(), _me())


PAPERS: dict[str, Callable[[Session, FileIndex], Paper | None]] = {
    "index": _for_index,
    "hand-over": _for_hand_over,
    "check": _for_check,
    "certificate": _for_certificate,
}


def _index(session: Session, case_id: UUID) -> FileIndex:
    index = index_of(session, case_id)
    if index is None or not prints_file(the_person(), index.case):
        abort(404)
    return index


def _me() -> str:
    me = signed_in()
    return me.name if me is not None else ""
