"""Make the pictures of cases, archive and recorders' maintenance in docs/images, from a running demonstration.

Start `liuhen demo --data FOLDER` and wait until its card is received; then, in another window:

    python scripts/office_screenshots.py --data FOLDER [--only NAME]...

Brings three cases as far as each picture needs, once per demonstration. Needs what `make setup-develop` installs, and
Debian's Chromium.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pypdfium2
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import select

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from screenshots import IMAGES, Studio  # noqa: E402

from catalog.actors import Actor  # noqa: E402
from catalog.case_files.attaching import Wish, attach  # noqa: E402
from catalog.case_files.cases import add_step, create_case  # noqa: E402
from catalog.case_files.life import MoveFacts, move_case  # noqa: E402
from catalog.database import Database  # noqa: E402
from catalog.models import Account, Case, Clip  # noqa: E402
from catalog.people import person  # noqa: E402

TITLE = "某某超市经营标签不合格食品案"
WAY = (("finish", "li"), ("make-up", "li"), ("correct", "sun"), ("pass", "zhou"), ("hand-over", "zhou"))
NAMES = (
    "my-cases",
    "suggestions",
    "archive-file",
    "case-index",
    "certificate",
    "retention",
    "gap",
    "recorder",
    "checks",
)


def bring_to_the_archive(studio: Studio) -> None:
    """Enter a case with three recordings and bring it to the archive's door, unless that was done before."""
    database = Database.open(f"sqlite:///{studio.data / 'catalog' / 'catalog.sqlite3'}")
    now = datetime.now(UTC)
    with database.write() as session:
        if session.scalar(select(Case.id).where(Case.title == TITLE)) is not None:
            return
        people: dict[str, Actor] = {
            name: person(session.scalars(select(Account).where(Account.username == name)).one(), None)
            for name in ("li", "sun", "zhou")
        }
        shipped = session.scalars(select(Case).order_by(Case.number)).first()
        if shipped is None:
            raise SystemExit("this is no demonstration: it has no case")
        case = create_case(
            session, actor=people["li"], title=TITLE, case_type="penalty-general", number="城市监罚〔2026〕97 号",
            party="某某超市", unit=shipped.unit, handler=shipped.handler, second_handler=shipped.second_handler, now=now,
        )  # fmt: skip
        step = add_step(
            session, actor=people["li"], case=case, stage="investigation", activity="investigation",
            title="现场检查", now=now, started=now,
        )  # fmt: skip
        clips = session.scalars(
            select(Clip).where(Clip.kind.in_(("video", "photo"))).order_by(Clip.recorded_at)
        )
        for clip, proves in zip(
            clips, ("货架上有标签不合格的食品 12 件", "外包装没有生产日期", ""), strict=False
        ):
            wish = Wish("evidence", "main", proves) if proves else Wish("process", "sub")
            attach(session, actor=people["li"], clip_id=clip.id, step_id=step.id, wish=wish, now=now)
        for move, who in WAY:
            move_case(
                session, actor=people[who], case_id=case.id, move=move,
                facts=MoveFacts(closed_on=date(2026, 11, 1)), today=now.date(), now=now,
            )  # fmt: skip
    database.close()


def handler(studio: Studio) -> None:
    """What a case handler sees."""
    with studio.signed_in("li") as page:
        page.goto(f"{studio.base}/my-cases")
        page.wait_for_load_state("networkidle")
        studio.keep(page, "my-cases", 330)
        page.locator("td a[href^='/cases/'] strong").first.click()
        page.wait_for_load_state("networkidle")
        page.locator("#suggestions").evaluate("(card) => card.scrollIntoView({ block: 'start' })")
        page.wait_for_timeout(500)
        studio.keep(page, "suggestions", 520)
        page.goto(f"{studio.base}/coverage?state=unexplained")
        page.locator("td a[href$='/coverage']").first.click()
        page.wait_for_load_state("networkidle")
        studio.keep(page, "gap")


def archivist(studio: Studio) -> None:
    """What an archivist sees: the file at the door, checked; its index on paper; the retention table."""
    with studio.signed_in("chen") as page:
        page.goto(f"{studio.base}/archive")
        page.get_by_role("link", name=TITLE).first.click()
        page.wait_for_load_state()
        there = page.url
        page.get_by_role("button", name="先从存储全部读回").click()
        # What was received a moment ago is not read back and stamped yet.
        for _ in range(12):
            page.goto(there)
            page.get_by_role("button", name=re.compile("检测案卷|重新检测")).click()
            page.wait_for_load_state("networkidle")
            if page.locator("#check p .chip.safe").count():
                break
            page.wait_for_timeout(10_000)
        page.goto(there)
        studio.keep(page, "archive-file")
        page.goto(f"{there.removesuffix('/archive')}/index")
        page.wait_for_load_state("networkidle")
        studio.keep(page, "case-index")
        certificate(studio, page, there)
        page.goto(f"{studio.base}/retention")
        page.locator("main a[href^='/retention/']:not([href$='no-row'])").first.click()
        page.wait_for_load_state("networkidle")
        studio.keep(page, "retention")


def certificate(studio: Studio, page: Page, file: str) -> None:
    """Accept and archive the file at address `file`, and keep the first page of its certificate as it prints."""
    page.goto(file)
    if page.get_by_role("button", name="接收案卷").count():
        page.get_by_label("全宗号").fill("101")
        page.get_by_role("button", name="保存著录").click()
        page.get_by_role("status").filter(has_text="著录信息已修改").wait_for()
        page.get_by_label("按保管期限拟编档号").select_option("D30")
        page.get_by_role("button", name="拟编", exact=True).click()
        page.locator("input[name=archive_number][value*=D30]").wait_for()
        page.get_by_role("button", name="保存著录").click()
        page.get_by_role("status").filter(has_text="著录信息已修改").wait_for()
        note = page.get_by_label("备注")
        note.fill("已与纸质案卷核对")
        page.get_by_role("button", name="接收案卷").click()
        page.get_by_role("status").filter(has_text="案卷已接收").wait_for()
        page.get_by_role("button", name="案卷归档").click()
        page.get_by_role("status").filter(has_text="案卷已归档").wait_for()
    if not studio.wanted("certificate"):
        return
    page.locator("#papers summary").last.click()
    with page.expect_download() as saved:
        page.locator("#papers button[formaction$='/certificate.pdf']").click()
    paper = pypdfium2.PdfDocument(saved.value.path())
    paper[0].render(scale=1.3).to_pil().convert("RGB").quantize(64).save(
        IMAGES / "certificate.png", "PNG", optimize=True
    )


def administrator(studio: Studio) -> None:
    """The file of the recorder that was docked, and the calendar of checks."""
    with studio.signed_in("admin") as page:
        page.goto(f"{studio.base}/recorders")
        page.get_by_role("row").filter(has_text="王建国").locator("a[href^='/recorders/']").first.click()
        page.wait_for_load_state("networkidle")
        studio.keep(page, "recorder")
        page.goto(f"{studio.base}/recorders/checks")
        due = page.locator(".card.sheet h2").filter(has_text=re.compile(r"\d{4}-\d\d")).first.inner_text()
        page.goto(f"{studio.base}/recorders/checks?month={due[:7]}")
        studio.keep(page, "checks")


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="data folder of the running demonstration")
    parser.add_argument("--only", action="append", default=[], choices=NAMES, metavar="NAME")
    chosen = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        studio = Studio(browser, chosen.data, set(chosen.only))
        handler(studio)
        bring_to_the_archive(studio)
        if studio.wanted("archive-file", "case-index", "certificate", "retention"):
            archivist(studio)
        administrator(studio)
        browser.close()


if __name__ == "__main__":
    main()
