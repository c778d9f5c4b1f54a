"""Documents as PDF: their text is all there, nothing in it is markup, and the same content gives the same bytes."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageStat
from pypdf import PdfReader

from catalog.paper.blocks import Block, Facts, Heading, Paragraph, Signatures, Table
from catalog.paper.document import make_pdf
from catalog.paper.fonts import NOT_EMBEDDED, PLACES, chinese_font

HOSTILE = "<b>&amp;</b>'\"=cmd|' /C calc'!A0\x00\x1b[31m\u202e\udcff<img src=x onerror=alert(1)/>"
BLOCKS: list[Block] = [
    Heading("卷内目录"),
    Facts([("案号", "城东市监处〔2026〕7 号"), ("当事人", HOSTILE)]),
    Table(
        ["序号", "题名", "SHA-256"],
        [[str(n), f"现场检查录像 {n}", "ab" * 32] for n in range(1, 120)],
        widths=[1, 5, 6],
    ),
    Paragraph("第一行\n第二行"),
    Signatures(["移交人", "接收人"]),
]


def words(pdf: bytes) -> str:
    return "".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def test_all_of_it_is_there_on_numbered_pages() -> None:
    pdf = make_pdf(title="案卷目录", blocks=BLOCKS, footer="留痕", wide=True)
    pages = PdfReader(io.BytesIO(pdf)).pages
    assert len(pages) > 2
    said = words(pdf)
    for text in ("案卷目录", "卷内目录", "城东市监处〔2026〕7号", "现场检查录像119", "移交人", "ab" * 32):
        assert text in said
    for number, page in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in page.extract_text()
        assert "题" in page.extract_text() or number == len(pages), "the head is repeated"


def test_the_same_content_gives_the_same_bytes_side_by_side() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: make_pdf(title="x", blocks=BLOCKS), range(6)))
    assert len(set(made)) == 1


def test_a_cell_longer_than_a_page_is_split() -> None:
    pdf = make_pdf(title="x", blocks=[Table(["a", "b"], [["长" * 20_000, "end"]])])
    assert words(pdf).count("长") == 20_000


def test_nothing_at_all_is_a_document_too() -> None:
    assert words(make_pdf(title="空", blocks=[Facts([]), Table(["a"], [])])).startswith("空")


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    make_pdf(
        title=text, blocks=[Paragraph(text), Facts([(text, text)]), Table([text], [[text]])], footer=text
    )


def test_without_a_typeface_the_text_is_there_all_the_same() -> None:
    assert chinese_font(()) == NOT_EMBEDDED
    pdf = make_pdf(title="案卷目录", blocks=[Paragraph("王建国")], font_places=())
    assert b"STSong-Light" in pdf


def test_it_can_be_seen() -> None:
    if chinese_font(PLACES) == NOT_EMBEDDED:
        pytest.skip("this machine has no Chinese typeface with TrueType outlines")
    pdf = make_pdf(title="案卷目录", blocks=BLOCKS)
    shown = pypdfium2.PdfDocument(pdf)[0].render(scale=1).to_pil().convert("L")
    assert ImageStat.Stat(shown).stddev[0] > 10
