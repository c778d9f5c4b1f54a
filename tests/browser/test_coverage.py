"""应录未录: a handler explains why a seizure was not recorded, the head of the section confirms it, with mouse and keyboard."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from catalog.actors import system
from catalog.case_files.cases import add_step
from catalog.models import Case
from tests.browser.axe import run_axe
from tests.browser.bureau import TABLET, Bureau
from tests.browser.test_every_page import check_width


@pytest.fixture(scope="module")
def seizure(bureau: Bureau) -> UUID:
    """A coercive measure of yesterday, of an hour, that nobody recorded."""
    now = datetime.now(UTC)
    with bureau.database() as database, database.write() as session:
        begin = now - timedelta(days=1)
        return add_step(
            session, actor=system("test"), case=session.get_one(Case, bureau.cases[0]), stage="investigation",
            activity="coercion", title="查封冷库", place="东风路 18 号", started=begin,
            ended=begin + timedelta(hours=1), now=now,
        ).id  # fmt: skip


def test_explained_by_the_handler_confirmed_by_the_head(bureau: Bureau, seizure: UUID) -> None:
    with bureau.desk("li") as desk:
        desk.go(f"/cases/{bureau.cases[0]}")
        page = desk.page
        row = page.locator("#coverage tbody tr", has_text="查封冷库")
        assert "应录未录" in row.inner_text()
        assert "未说明" in row.inner_text()
        row.get_by_role("link", name="查封冷库").click()
        explain = page.locator("#explain")
        assert explain.get_by_role("checkbox", name="未录：").is_checked()
        explain.get_by_label("客观条件不允许").check()
        explain.get_by_label("具体情况").fill("冷库内无光，设备低温关机")
        explain.get_by_role("button", name="说明").click()
        page.get_by_role("status").filter(has_text="说明已保存").wait_for()
        assert page.locator(".chip", has_text="待确认").count() == 1
        assert page.get_by_role("button", name="确认").count() == 0, "nobody confirms himself"

    with bureau.desk("sun", size=TABLET) as desk:
        page = desk.page
        desk.go("/")
        page.get_by_role("link", name="应录未录", exact=True).click()
        page.locator(".tabs").get_by_role("link", name="待确认").click()
        line = page.locator("tbody tr", has_text="查封冷库")
        line.get_by_role("link", name="查封冷库").click()
        assert "冷库内无光" in page.locator(".trace").inner_text()
        page.get_by_role("button", name="确认").focus()
        page.keyboard.press("Enter")
        page.locator(".head .chip", has_text="已说明并确认").wait_for()
        desk.go(f"/cases/{bureau.cases[0]}")
        row = page.locator("#coverage tbody tr", has_text="查封冷库")
        assert "已说明并确认" in row.inner_text()


def test_the_pages_are_accessible_and_no_wider_than_the_screen(bureau: Bureau, seizure: UUID) -> None:
    found = []
    with bureau.desk("li") as desk:
        for path in (
            f"/cases/{bureau.cases[0]}",
            f"/steps/{seizure}/coverage",
            "/coverage?sort=case",
            "/recording-rules",
        ):
            desk.go(path)
            found += [*run_axe(desk.page)[1], *check_width(desk)]
    assert found == []
