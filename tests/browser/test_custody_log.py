"""The auditor narrows the log down, looks into unusual access, and exports the log."""

from __future__ import annotations

from tests.browser.bureau import Bureau


def test_the_auditor_at_work(bureau: Bureau) -> None:
    with bureau.desk("wang") as desk:
        for path in ("/cases?words=夜市", "/cases"):
            desk.go(path)
    with bureau.desk("zhao") as desk:
        page = desk.page
        desk.go("/custody")
        page.locator("select[name=person]").select_option(label="王建国 (wang)")
        page.locator("select[name=group]").select_option("look")
        page.get_by_role("button", name="查看").click()
        rows = page.locator("tbody tr")
        rows.filter(has_text="夜市").first.wait_for()
        assert "person=" in page.url
        assert all("王建国" in text for text in rows.all_inner_texts())
        page.get_by_role("link", name="今天").click()
        page.locator("tbody tr").filter(has_text="夜市").first.wait_for()
        assert "period=today" in page.url

        page.get_by_role("link", name="异常访问").click()
        page.get_by_role("heading", name="异常访问").wait_for()

        desk.go("/custody/export")
        page.locator("select[name=needed_for]").select_option("inspection")
        page.locator("input[name=needed_note]").fill("上级检查")
        with page.expect_download() as waiting:
            page.get_by_role("button", name="导出").click()
        assert waiting.value.suggested_filename.startswith("custody-log-0-")
        desk.go("/custody?action=custody.exported")
        assert "上级检查" in page.locator("tbody").inner_text()
