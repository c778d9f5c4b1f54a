"""Setting a document of plain blocks as PDF.

The same blocks give the same bytes: nothing of the clock or of chance goes into the file, so that a document written
once under lock can be made again and compared. Text is never taken as markup, whatever stands in it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, LongTable, SimpleDocTemplate, Spacer, TableStyle
from reportlab.platypus import Paragraph as Lines
from reportlab.platypus import Table as Grid

from catalog.paper.blocks import Block, Facts, Heading, Paragraph, Signatures, Table
from catalog.paper.fonts import PLACES, chinese_font

MARGIN = 18 * mm
FRAME = 6.0
"""Points the library keeps free on each side of its frame."""
RULE = HexColor("#9aa5b1")
SHADE = HexColor("#eef1f4")


def make_pdf(
    *,
    title: str,
    blocks: Sequence[Block],
    footer: str = "",
    wide: bool = False,
    font_places: tuple[str, ...] = PLACES,
) -> bytes:
    """Answer the PDF of a document: A4, upright or `wide`, numbered "page / pages", `footer` at the foot of each.

    `font_places` are files of typefaces to try, in their order. Text that no typeface shows leaves a box.
    """
    font = chinese_font(font_places)
    body = io.BytesIO()
    page = landscape(A4) if wide else A4
    document = SimpleDocTemplate(
        body, pagesize=page, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=_plain(title), author="留痕 Liuhen", invariant=1,
    )  # fmt: skip
    styles = _Styles(font)
    width = page[0] - 2 * MARGIN - 2 * FRAME
    story: list[Flowable] = [Lines(_text(title), styles.title), Spacer(0, 3 * mm)]
    for block in blocks:
        story.extend(_set(block, styles, width))
    document.build(story, canvasmaker=partial(_Numbered, font=font, footer=_plain(footer)))
    return body.getvalue()


class _Styles:
    def __init__(self, font: str) -> None:
        base = ParagraphStyle(
            "base", fontName=font, fontSize=9.5, leading=14, wordWrap="CJK", textColor=black
        )
        self.body = base
        self.title = ParagraphStyle("title", base, fontSize=17, leading=24, alignment=TA_CENTER)
        self.heading = ParagraphStyle(
            "heading", base, fontSize=12, leading=18, spaceBefore=4 * mm, spaceAfter=1.5 * mm
        )
        self.name = ParagraphStyle("name", base, textColor=HexColor("#52606d"))
        self.cell = ParagraphStyle("cell", base, fontSize=8, leading=11)
        self.head = ParagraphStyle("head", self.cell, textColor=HexColor("#323f4b"))


def _set(block: Block, styles: _Styles, width: float) -> Iterable[Flowable]:
    match block:
        case Heading():
            yield Lines(_text(block.text), styles.heading)
        case Paragraph():
            yield Lines(_text(block.text), styles.body)
            yield Spacer(0, 2 * mm)
        case Facts():
            rows = [[Lines(_text(n), styles.name), Lines(_text(v), styles.body)] for n, v in block.pairs]
            if rows:
                yield Grid(rows, colWidths=[width * 0.22, width * 0.78], style=_FACTS, splitInRow=1)
            yield Spacer(0, 2 * mm)
        case Table():
            yield _table(block, styles, width)
            yield Spacer(0, 3 * mm)
        case Signatures():
            yield Spacer(0, 6 * mm)
            yield _signatures(block, styles, width)


def _table(block: Table, styles: _Styles, width: float) -> Flowable:
    shares = block.widths or [1.0] * len(block.head)
    rows = [[Lines(_text(cell), styles.head) for cell in block.head]]
    rows += [[Lines(_text(cell), styles.cell) for cell in row] for row in block.rows]
    return LongTable(
        rows,
        colWidths=[width * share / sum(shares) for share in shares],
        repeatRows=1,
        splitInRow=1,
        style=_TABLE,
    )


def _signatures(block: Signatures, styles: _Styles, width: float) -> Flowable:
    rows = [
        [Lines(_text(name), styles.body), "", Lines("日期 Date", styles.name), ""] for name in block.names
    ]
    shares = (0.28, 0.36, 0.12, 0.24)
    return Grid(rows, colWidths=[width * s for s in shares], rowHeights=[12 * mm] * len(rows), style=_SIGNED)


_FACTS = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
    ]
)
_TABLE = TableStyle(
    [
        ("GRID", (0, 0), (-1, -1), 0.4, RULE),
        ("BACKGROUND", (0, 0), (-1, 0), SHADE),
        ("BACKGROUND", (0, 1), (-1, -1), white),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
    ]
)
_SIGNED = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
        ("LINEBELOW", (1, 0), (1, -1), 0.6, black),
        ("LINEBELOW", (3, 0), (3, -1), 0.6, black),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
    ]
)


def _plain(text: str) -> str:
    """Drop what no printed line holds: control characters, and halves of letters out of broken file names."""
    kept = (c if c.isprintable() or c == "\n" else " " for c in text.replace("\t", " "))
    return "".join(kept).encode("utf-8", "replace").decode()


def _text(text: str) -> str:
    return escape(_plain(text)).replace("\n", "<br/>")


class _Numbered(Canvas):
    """Holds the pages back until their number is known."""

    def __init__(self, *args: Any, font: str, footer: str, **more: Any) -> None:
        super().__init__(*args, **more)
        self._font, self._footer = font, footer
        self._held: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - the library's name
        """Keep the page for later."""
        self._held.append(dict(self.__dict__))
        self._startPage()  # type: ignore[attr-defined]

    def save(self) -> None:
        """Write all pages with their number."""
        pages = len(self._held)
        for held in self._held:
            self.__dict__.update(held)
            self.setFont(self._font, 8)
            self.setFillColor(HexColor("#52606d"))
            self.drawString(MARGIN, 10 * mm, self._footer)
            right = self._pagesize[0] - MARGIN  # type: ignore[attr-defined]
            number = self._pageNumber  # type: ignore[attr-defined]
            self.drawRightString(right, 10 * mm, f"{number} / {pages}")
            super().showPage()
        super().save()
