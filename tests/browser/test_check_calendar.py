"""The calendar of checks in the real browser: it fits the screen whatever recorders are called, and leads to the list."""

from __future__ import annotations

from datetime import timedelta

import pytest

from catalog.actors import system
from catalog.models import Recorder
from catalog.recorders import register_recorder
from tests.browser.axe import run_axe
from tests.browser.bureau import TABLET, WIDE
from tests.browser.house import CHINESE, House
from web.formats import day

LABELS = ("W" * 200, "城东分局备用执法记录仪" * 12, "三号", "四号", "五号")
SIGN = "link => getComputedStyle(link, '::before').content"


@pytest.fixture(scope="module")
def overdue(house: House) -> str:
    """Five recorders whose checks were due on one day, the day before yesterday; answers that day."""
    now = house.site.components.clock()
    due = now - timedelta(days=2)
    days = house.site.components.settings.catalog.recorder_limits().check_days
    with house.site.database.write() as session:
        for n, label in enumerate(LABELS):
            made = register_recorder(
                session, actor=system("test"), serial=f"DUE-{n}", label=f"{n}", kind="recorder", now=now
            ).id
            device = session.get_one(Recorder, made)
            device.label, device.created_at = label, due - timedelta(days=days)
    with house.site.app.app_context():
        return day(due)


@pytest.mark.parametrize("size", [WIDE, TABLET], ids=["desk", "tablet"])
def test_a_full_day_fits_and_leads_to_its_lines(house: House, overdue: str, size: tuple[int, int]) -> None:
    with house.desk(house.of("administrator"), language=CHINESE, size=size) as desk:
        page = desk.page
        desk.go(f"/recorders/checks?month={overdue[:7]}")
        assert page.evaluate("() => document.documentElement.scrollWidth") <= size[0]
        table, card = (page.locator(name).bounding_box() for name in (".calendar", "section.card"))
        assert table is not None
        assert card is not None
        assert table["x"] + table["width"] <= card["x"] + card["width"], "nothing spills out of the card"
        cell = page.locator(".calendar td", has=page.locator(f'time[datetime="{overdue}"]'))
        links = cell.get_by_role("link")
        assert [link.evaluate(SIGN) for link in links.all()] == [*['"▲"'] * 3, "none"]
        assert run_axe(page)[1] == []
        links.last.click()
        line = page.locator(f"#due-{overdue}")
        assert line.evaluate("line => line.matches(':target')")
        assert "逾期" in line.inner_text()
