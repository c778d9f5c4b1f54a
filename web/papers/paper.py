"""A document as blocks, and what is often said in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Response, render_template

from catalog.models import Account, Case
from catalog.paper.blocks import Block
from catalog.paper.document import make_pdf
from web.speech import _
from web.words import say


@dataclass(frozen=True, slots=True)
class Paper:
    """A document: its name, what is said at its head and foot, and its blocks."""

    title: str
    blocks: Sequence[Block]
    head: str
    """Above every printed page, beside the title."""
    footer: str
    wide: bool = False


def on_screen(paper: Paper) -> str:
    """Answer the page for the printer."""
    return render_template("paper_print.html", paper=paper, blocks=named(paper))


def as_pdf(paper: Paper, name: str) -> Response:
    """Answer the PDF; `name` is that of the file, plain ASCII."""
    body = make_pdf(title=paper.title, blocks=paper.blocks, footer=paper.footer, wide=paper.wide)
    response = Response(body, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


def named(paper: Paper) -> list[tuple[str, Block]]:
    """Answer each block with the name of its kind, for templates."""
    return [(type(block).__name__.lower(), block) for block in paper.blocks]


def called(account: Account | None) -> str:
    """Answer what a person is called on paper."""
    if account is None:
        return "—"
    return account.called


def facts_of(case: Case) -> list[tuple[str, str]]:
    """Answer what stands at the head of every paper of a case file."""
    handlers = [officer.name for officer in (case.handler, case.second_handler) if officer is not None]
    return [
        (_("Archive number"), case.archive_number or _("none yet")),
        (_("Fonds number"), case.fonds_number or "—"),
        (_("Year"), str(case.archive_year or "—")),
        (_("Case number"), case.number or _("no number yet")),
        (_("Title"), case.title),
        (_("Type"), say("case type", case.type)),
        (_("Party"), case.party or "—"),
        (_("Unit"), case.unit.name if case.unit is not None else "—"),
        (_("Handlers"), "、".join(handlers) or "—"),
        (_("Closed"), f"{case.closed_on}" if case.closed_on else "—"),
        (_("Shelf"), case.shelf_place or "—"),
        (_("Cross reference (paper file)"), case.cross_reference or "—"),
        (_("State"), say("case state", case.state)),
    ]


def made(now_text: str, who: str) -> str:
    """Answer the line that says when and by whom a paper was made."""
    return _("Made %(time)s by %(who)s", time=now_text, who=who)
