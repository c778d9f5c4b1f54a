"""An officer plugs a recorder in and watches the board."""

import re

from tests.browser.bureau import Bureau
from tests.browser.conftest import Watched


def test_the_board_fills_by_itself(bureau: Bureau, docked: Watched) -> None:
    assert docked.stayed, "the page was loaded anew"
    whole = "\n".join(docked.texts)
    first, last = docked.texts[0], docked.texts[-1]
    assert "已安全入库" not in first
    assert "已安全入库" in last
    assert "已加锁，全部核验" in last
    assert re.search("正在读取目录|正在复制|正在核对", whole), docked.texts
    assert len(set(docked.texts)) >= 3, docked.texts


COUNTS = (
    r"今日 (\d+) 批次",
    r"正在复制 (\d+)/",
    r"([\d.]+) MB / [\d.]+ MB",
    r"正在入库 (\d+)/",
    r"已核验 (\d+)/",
)
"""Dockings, files copied, bytes copied, files received, files verified."""


def test_its_counts_never_shrink(bureau: Bureau, docked: Watched) -> None:
    """How many steps are seen depends on how fast it goes; that each is shown is tried in `tests/web/test_board_counts.py`."""
    rows = [[float(n) for text in docked.texts for n in re.findall(pattern, text)] for pattern in COUNTS]
    dockings = rows[0]
    assert (dockings[0], dockings[-1]) == (0, 1), docked.texts
    for row in rows:
        assert row == sorted(row), docked.texts
    assert f"{len(bureau.card.files)} 个文件" in docked.texts[-1]


def test_the_officer_finds_the_shift_safe(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        desk.go("/")
        assert "本班资料全部安全" in desk.page.locator(".verdict").inner_text()
        assert desk.page.locator("a.tile").count() == len(bureau.card.files)


def test_every_file_has_its_receipt_on_the_page_of_the_docking(bureau: Bureau, docked: Watched) -> None:
    with bureau.desk("wang") as desk:
        desk.go("/dockings")
        desk.page.locator("a.slot").click()
        desk.page.locator("h1", has_text=bureau.recorder).wait_for()
        rows = desk.page.locator("table tbody tr").all_inner_texts()
    assert len(rows) == len(bureau.card.files)
    assert all("已入库加锁并核验" in row and "已签名" in row for row in rows), rows


def test_a_slow_click_on_the_board_is_a_click(bureau: Bureau, docked: Watched) -> None:
    """The board is drawn anew every second in which something moved, and once when it was just opened."""
    with bureau.desk("wang") as desk:
        with desk.page.expect_response("**/dockings/board") as drawn:
            desk.go("/dockings")
            desk.page.locator("a.slot").hover()
            desk.page.mouse.down()
        assert drawn.value.status == 200
        desk.page.wait_for_timeout(200)
        desk.page.mouse.up()
        desk.page.locator("h1", has_text=bureau.recorder).wait_for()
