"""An archivist takes a case file over: reads it back, checks it, accepts it, and prints its index."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from uuid import UUID

import pypdf
from playwright.sync_api import Page
from sqlalchemy import select

from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import add_step, create_case
from catalog.case_files.life import MoveFacts, move_case
from catalog.models import Account, Case
from catalog.people import person
from tests.browser.axe import run_axe
from tests.browser.bureau import TABLET, WIDE, Bureau, Desk
from tests.browser.conftest import Watched

WAY = (("finish", "li"), ("make-up", "li"), ("correct", "sun"), ("pass", "zhou"), ("hand-over", "zhou"))
PROVES = "货架上有超过保质期的食品 12 件"


PAGES = ("/archive", "/archive/files", "/archive/expiries", "/archive/expiries?group=unattached")
TITLE = "某某超市经营标签不合格食品案"


def hand_over(bureau: Bureau) -> UUID:
    """A case of its own with a film and a photo, at the archive's door; others of this folder use the shipped ones."""
    now = datetime.now(UTC)
    clips = [bureau.clip("H.265"), bureau.clip("photo with place")]
    with bureau.database() as database, database.write() as session:
        people = {
            name: person(session.scalars(select(Account).where(Account.username == name)).one(), None)
            for name in ("li", "sun", "zhou")
        }
        shipped = session.get_one(Case, bureau.cases[0])
        case = create_case(
            session, actor=people["li"], title=TITLE, case_type="penalty-general", number="城市监罚〔2026〕977 号",
            party="某某超市", unit=shipped.unit, handler=shipped.handler,
            second_handler=shipped.second_handler, now=now,
        )  # fmt: skip
        step = add_step(
            session, actor=people["li"], case=case, stage="investigation", activity="investigation",
            title="现场检查", now=now, started=now,
        )  # fmt: skip
        for clip, wish in zip(clips, (Wish("evidence", "main", PROVES), Wish("process", "sub")), strict=True):
            attach(session, actor=people["li"], clip_id=clip.identity, step_id=step.id, wish=wish, now=now)
        for move, who in WAY:
            move_case(
                session, actor=people[who], case_id=case.id, move=move,
                facts=MoveFacts(closed_on=date(2026, 11, 1)), today=now.date(), now=now,
            )  # fmt: skip
        return case.id


def fits(page: Page) -> None:
    """Nothing hangs over the edge of the window."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_from_the_door_to_the_shelf(bureau: Bureau, docked: Watched) -> None:
    case = hand_over(bureau)
    with bureau.desk("chen", downloads=True) as desk:
        page = desk.page
        desk.go("/archive")
        page.get_by_role("row", name=TITLE).get_by_text("尚未检测").wait_for()
        page.get_by_role("link", name=TITLE).click()
        page.get_by_role("button", name="先从存储全部读回").click()
        # Real workers read both originals back; the page watches by itself.
        page.get_by_text("2 件一致").wait_for(timeout=90_000)
        page.get_by_role("button", name="检测案卷").click()
        page.locator("#check .chip").first.wait_for()
        read = page.locator("#check tr", has_text="为本次检测读回")
        assert read.locator("td").nth(-3).inner_text() == "2"
        fits(page)

        page.get_by_label("按保管期限拟编档号").select_option("D30")
        page.get_by_label("全宗号").fill("101")
        page.get_by_role("button", name="保存著录").click()
        page.get_by_role("status").filter(has_text="著录信息已修改").wait_for()
        page.get_by_label("按保管期限拟编档号").select_option("D30")
        page.get_by_role("button", name="拟编", exact=True).click()
        page.locator("input[name=archive_number][value*=D30]").wait_for()
        page.get_by_role("button", name="保存著录").click()
        page.get_by_role("status").filter(has_text="著录信息已修改").wait_for()

        page.get_by_label("备注").fill("已核对")
        # What lasts asks who sits there: shown in a window beside, while this one keeps what was typed.
        beside = Desk(page.context.new_page(), desk.watch, desk.base)
        bureau.sign_in(beside, bureau.signin_link("chen"))
        beside.page.close()
        page.get_by_role("button", name="接收案卷").click()
        page.get_by_role("status").filter(has_text="案卷已接收").wait_for()
        page.get_by_role("button", name="案卷归档").click()
        page.get_by_role("status").filter(has_text="案卷已归档").wait_for()

        # The page for the printer asks for its dialogue, which this browser has not.
        page.context.add_init_script("window.print = () => { window.asked = true; }")
        page.locator("#papers details.give", has=page.locator("form[action$='/index/print']")).locator(
            "summary"
        ).click()
        with page.expect_popup() as opened:
            page.locator("#papers form[action$='/index/print'] button.main").click()
        paper = opened.value
        paper.wait_for_function("() => window.asked")
        printed = pypdf.PdfReader(io.BytesIO(paper.pdf(prefer_css_page_size=True)))
        box = printed.pages[0].mediabox
        assert box.width > box.height, "the index lies across"
        text = "".join("".join(p.extract_text() for p in printed.pages).split())
        for sentence in ("卷内目录", "备考表", "立卷人", "D30", "".join(PROVES.split())):
            assert sentence in text, sentence
        page.locator("#papers summary").last.click()
        with page.expect_download() as saved:
            page.locator("#papers button[formaction$='/certificate.pdf']").click()
        found = "".join(p.extract_text() for p in pypdf.PdfReader(saved.value.path()).pages)
        assert "归档证明" in found
        assert "已核对" in found

    for size in (WIDE, TABLET):
        with bureau.desk("chen", size=size) as desk:
            for path in (*PAGES, f"/cases/{case}/archive?period=D30", f"/cases/{case}/index"):
                desk.go(path)
                desk.page.locator("h1").wait_for()
                fits(desk.page)
                _, grave = run_axe(desk.page)
                assert not grave, (path, grave)
