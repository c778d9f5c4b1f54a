"""What a role must not reach is not offered to it, and its address, typed by hand, is refused in words."""

from __future__ import annotations

import pytest

from tests.browser.house import House
from tests.browser.roles.beyond import BEYOND


@pytest.mark.parametrize("role", [pytest.param(role, marks=pytest.mark.role(role)) for role in BEYOND])
def test_is_not_offered_and_is_refused_in_words(house: House, role: str) -> None:
    lines, addresses = BEYOND[role]
    with house.desk(house.of(role)) as desk:
        page = desk.page
        desk.go("/account")
        offered = [text.strip() for text in page.locator(".side nav a").all_inner_texts()]
        assert offered, "the navigation offers something"
        assert not set(lines) & set(offered)
        desk.watch.expect("403")
        for address in addresses:
            answer = page.goto(desk.base + address)
            assert answer is not None
            assert (address, answer.status) == (address, 403)
            assert "您的角色不包含此页面" in page.locator("h1").inner_text()
            said = page.locator("main").inner_text()
            assert "下一步" in said, "what to do next is said"
            assert "Traceback" not in said
        page.get_by_role("link", name="回到首页").click()
        page.wait_for_load_state()
        assert "您的角色不包含此页面" not in page.locator("h1").inner_text()
