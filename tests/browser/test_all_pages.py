"""Every page there is, in both languages and at two widths: quiet, within the screen, usable, in one language.

The list follows from the application's own routes (`pages_of_all.py`). With LIUHEN_PICTURES=FOLDER in the environment a
picture of each page in both languages is written there.
"""

from __future__ import annotations

import pytest

from catalog.permissions import ROLES, Permission
from tests.browser.axe import run_axe
from tests.browser.bureau import TABLET, WIDE, Desk
from tests.browser.house import CHINESE, ENGLISH, House, keep_picture
from tests.browser.pages_of_all import ASKED, LOOKS, NOT_LOOKED_AT
from tests.browser.test_every_page import WORDS, english_sentences
from tests.web.access.measuring import address, ways
from web.permission import permission_of

pytestmark = pytest.mark.timeout(600)

LOOKERS = sorted(set(LOOKS.values()))


def addresses(house: House, looker: str) -> list[tuple[str, str]]:
    """Name and address of each page that `looker` is to look at."""
    shelf = house.shelves[looker or "officer"]
    found = []
    for rule, method in ways(house.site.app):
        name = rule.endpoint.removeprefix("pages.")
        if method == "GET" and rule.endpoint.startswith("pages.") and LOOKS.get(name) == looker:
            path = address(house.site.app, rule, shelf.ids)
            for number, asked in enumerate(ASKED.get(name, ("",))):
                query = asked.format(**shelf.ids)
                found.append((f"{name}-{number}" if number else name, f"{path}?{query}" if query else path))
    return found


def looked_at(desk: Desk, path: str, *, words: frozenset[str], lang: str) -> list[str]:
    """Open a page; answer what is wrong with it."""
    answer = desk.page.goto(desk.base + path)
    assert answer is not None
    if answer.status != 200 or not answer.headers.get("content-type", "").startswith("text/html"):
        return [f"{path}: answered {answer.status} {answer.headers.get('content-type')}"]
    wrong = []
    width = desk.page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
    if width[0] > width[1]:
        wrong.append(f"{path}: {width[0]} wide on a screen of {width[1]}")
    if desk.page.evaluate("() => document.documentElement.lang") != lang:
        wrong.append(f"{path}: is in another language")
    if desk.page.locator("h1").count() != 1:
        wrong.append(f"{path}: has {desk.page.locator('h1').count()} headings of the first order")
    said = [] if path.startswith("/custody/") else desk.page.evaluate(WORDS)  # an entry names its own fields
    wrong += [f"{path}: says {text!r}" for text in said if text in words]
    wrong += run_axe(desk.page)[1]
    return wrong


def round_of(house: House, looker: str, language: str, size: tuple[int, int], *, pictures: bool) -> list[str]:
    """Open all pages of one person in one window."""
    words = frozenset(english_sentences()) if language == CHINESE else frozenset()
    wrong: list[str] = []
    user = house.of(looker) if looker else ""
    with house.desk(user, language=language, size=size) as desk:
        for name, path in addresses(house, looker):
            wrong += looked_at(desk, path, words=words, lang={CHINESE: "zh-Hans", ENGLISH: "en"}[language])
            if pictures:
                keep_picture(desk, f"{name}.{language[:2]}")
    return wrong


def test_every_page_has_somebody_who_looks_at_it(house: House) -> None:
    app = house.site.app
    there = {
        rule.endpoint.removeprefix("pages.")
        for rule, method in ways(app)
        if method == "GET" and rule.endpoint.startswith("pages.")
    }
    listed = LOOKS.keys() | NOT_LOOKED_AT.keys()
    assert there - listed == set(), "say in tests/browser/pages_of_all.py who looks, or why nobody does"
    assert listed - there == set(), "these are gone"
    assert LOOKS.keys() & NOT_LOOKED_AT.keys() == set()
    for name, role in LOOKS.items():
        needed = permission_of(app, f"pages.{name}")
        assert needed in {Permission.PUBLIC, Permission.SELF} or needed in ROLES[role], (name, role)


@pytest.mark.parametrize("looker", LOOKERS, ids=[who or "nobody" for who in LOOKERS])
def test_in_chinese_on_a_desk(house: House, looker: str) -> None:
    wrong = round_of(house, looker, CHINESE, WIDE, pictures=True)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("looker", LOOKERS, ids=[who or "nobody" for who in LOOKERS])
def test_in_english_on_a_tablet(house: House, looker: str) -> None:
    wrong = round_of(house, looker, ENGLISH, TABLET, pictures=True)
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("looker", LOOKERS, ids=[who or "nobody" for who in LOOKERS])
def test_the_other_way_round(house: House, looker: str) -> None:
    wrong = round_of(house, looker, CHINESE, TABLET, pictures=False)
    wrong += round_of(house, looker, ENGLISH, WIDE, pictures=False)
    assert not wrong, "\n".join(wrong)


def test_what_is_not_looked_at_is_no_page(house: House) -> None:
    """A table of exceptions invites the forgetful: none of them answers its own with a whole page."""
    wrong = []
    for rule, method in ways(house.site.app):
        name = rule.endpoint.removeprefix("pages.")
        if method == "GET" and name in NOT_LOOKED_AT and "good once" not in NOT_LOOKED_AT[name]:
            for role in sorted(ROLES):
                client = house.site.app.test_client()
                client.set_cookie("liuhen", house.cookie(house.of(role), CHINESE))
                answer = client.get(address(house.site.app, rule, house.shelves[role].ids))
                if answer.status_code == 200 and "<html" in answer.text:
                    wrong.append(f"{name} as {role}")
    assert wrong == []
