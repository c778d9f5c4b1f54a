"""A paper put in, a suggestion accepted by a key, a detachment that the legal section confirms: in a real browser."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from catalog.case_files.cases import add_step
from catalog.models import Case, Clip
from catalog.people import find_account, person
from tests.browser.bureau import Bureau
from tests.browser.conftest import Watched

PDF = (
    b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
    b"2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
    b"3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >>\nendobj\n"
    b"trailer\n<< /Root 1 0 R >>\n%%EOF\n"
)


def step_for(bureau: Bureau, clip: UUID, title: str) -> UUID:
    """A step of the first case that began when this clip did."""
    with bureau.database() as database, database.write() as session:
        account = find_account(session, "li")
        found = session.get_one(Clip, clip)
        assert account is not None
        assert found.recorded_at is not None
        step = add_step(
            session,
            actor=person(account, None),
            case=session.get_one(Case, bureau.cases[0]),
            stage="investigation",
            activity="investigation",
            title=title,
            started=found.recorded_at - timedelta(minutes=1),
            ended=found.recorded_at + timedelta(minutes=1),
            now=found.received_at,
        )
        return step.id


def test_a_paper_is_put_in_and_opened(bureau: Bureau, docked: Watched, tmp_path: Path) -> None:
    paper, scrap = tmp_path / "licence.pdf", tmp_path / "note.txt"
    paper.write_bytes(PDF)
    scrap.write_text("not a paper")
    with bureau.desk("li") as desk:
        page = desk.page
        desk.watch.expect("400")  # what was refused
        desk.go(f"/cases/{bureau.cases[0]}")
        page.locator("tr", has_text="询问当事人").get_by_role("link", name="选取资料").click()
        part = page.locator("#documents")
        part.locator("summary").click()
        part.locator("input[type=file]").set_input_files([paper, scrap])
        part.locator("select[name=method]").select_option("party")
        part.get_by_label("制作人").fill("某某食品店")
        part.get_by_label("证明内容").fill("主体资格")
        part.get_by_role("button", name="上传并关联").click()
        lines = part.locator("[data-put] li")
        lines.filter(has_text="已入库、加锁并关联").wait_for()
        lines.filter(has_text="按内容看").wait_for()
        part.locator("[data-put] a", has_text="licence.pdf").click()
        page.locator("h1", has_text="文书").wait_for()
        assert "当事人提供" in page.locator("#attachments").inner_text()
        opening = page.get_by_role("button", name="打开文件")
        for _ in range(60):
            if opening.count():
                break
            page.wait_for_timeout(500)
            page.reload()
        with page.context.expect_event(
            "response", lambda r: "response-content-type=application" in r.url
        ) as got:
            opening.click()
        assert got.value.status == 200
        assert got.value.headers["content-type"] == "application/pdf"
        assert not got.value.url.startswith(desk.base)


def test_a_suggestion_is_accepted_by_a_key(bureau: Bureau, docked: Watched) -> None:
    clip = bureau.clip("upright")
    step = step_for(bureau, clip.identity, "复核现场")
    with bureau.desk("li") as desk:
        page = desk.page
        desk.go(f"/steps/{step}/clips")
        offer = page.locator(f'[data-offer]:has(a[href$="{clip.identity}"])')
        offer.wait_for()
        assert "与环节时间重合" in offer.inner_text()
        offer.focus()
        page.keyboard.press("a")
        page.locator("#suggestions", has_text="已关联").wait_for()
        assert offer.count() == 0

        desk.go(f"/cases/{bureau.cases[0]}")
        row = page.locator("tr[id^=step-]", has_text="复核现场")
        assert row.locator(f'a[href*="{clip.identity}"]').count() == 1
        row.locator(".detach-list summary").click()
        row.locator('input[name="reason"]').fill("与本案无关")
        row.get_by_role("button", name="解除关联").click()
        page.get_by_role("status").filter(has_text="已解除关联").wait_for()
        assert "已解除关联，待法规股确认" in page.locator("tr[id^=step-]", has_text="复核现场").inner_text()
    with bureau.desk("zhou") as desk:
        page = desk.page
        desk.go("/detachments")
        line = page.locator("tr", has_text="与本案无关")
        line.get_by_role("button", name="确认解除").click()
        page.get_by_role("status").filter(has_text="已确认").wait_for()
        assert page.locator("tr", has_text="与本案无关").count() == 0
        desk.go(f"/cases/{bureau.cases[0]}")
        assert str(clip.identity) not in page.locator("tr[id^=step-]", has_text="复核现场").inner_html()
        assert page.locator("details", has_text="法规股已确认").count() == 1
