"""Hostile strings in everything that has a name, looked at in the real browser: nothing runs, leaves, spills or overflows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Dialog, Page, Request

from catalog.models import Base, CoverageNote
from tests.browser.bureau import TABLET, WIDE, Desk
from tests.browser.house import CHINESE, ENGLISH, House
from tests.browser.pages_of_all import LOOKS
from tests.browser.test_all_pages import addresses
from tests.hostile.kept import lay_in
from tests.hostile.strings import MARK, ON_SCREEN
from tests.web.conftest import csrf

pytestmark = pytest.mark.timeout(900)

LOOKERS = sorted(set(LOOKS.values()) - {""})
FOUND = """
() => {
  const wrong = [];
  if ("zx9" in window) wrong.push("a script ran");
  if (document.querySelector("zx9, [onzx9], [onfocus], [onload], [onerror]")) wrong.push("an element was made of it");
  if (document.documentElement.scrollWidth > innerWidth)
    wrong.push(`${document.documentElement.scrollWidth} wide on a screen of ${innerWidth}`);
  const marks = /[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]/;
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    if (marks.test(walker.currentNode.data)) wrong.push(`turns the line: ${escape(walker.currentNode.data).slice(0, 80)}`);
  return wrong;
}
"""


class Sentry:
    """Watches one window for what only a script or a foreign address would do."""

    def __init__(self, page: Page, own: set[str]) -> None:
        self.seen: list[str] = []
        self._own = own
        page.on("dialog", self._dialog)
        page.on("request", self._request)

    def _dialog(self, dialog: Dialog) -> None:
        self.seen.append(f"a dialog said {dialog.message!r}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https"} and address.netloc not in self._own:
            self.seen.append(f"asked {address.netloc}")

    def wrong(self, page: Page) -> list[str]:
        """Answer what is wrong with what stands there, and what was seen since the last look."""
        found = [*page.evaluate(FOUND), *self.seen]
        self.seen.clear()
        return found


@contextlib.contextmanager
def guarded(
    house: House, user: str, *, language: str, size: tuple[int, int], watched: bool = True
) -> Iterator[tuple[Desk, Sentry]]:
    storage = house.site.components.settings.storage.address_url
    own = {urlsplit(house.base).netloc, urlsplit(storage).netloc}
    with house.desk(user, language=language, size=size, watched=watched) as desk:
        yield desk, Sentry(desk.page, own)


def said_by_people(house: House) -> None:
    """What is typed on pages and stands in the log from then on: words searched for, and purposes."""
    handler, stranger = house.site.client(house.of("handler")), house.site.client(house.of("stranger"))
    token = csrf(stranger.get("/account"))
    clip = house.shelves["officer"].ids["clip_id"]
    for text in ON_SCREEN:
        for path in ("/cases", "/clips"):
            assert handler.get(path, query_string={"words": text[:90]}).status_code == 200
        form = {"csrf_token": token, "purpose": "other", "text": text[:200], "case_number": text[:60]}
        assert stranger.post(f"/clips/{clip}/purpose", data=form).status_code < 500

    with house.site.database.write() as session:  # what explains a gap is added and never changed
        shelf, now = house.shelves["section-head"].ids, house.site.components.clock()
        session.add_all(
            CoverageNote(
                step_id=shelf["step_id"],
                act="explain",
                level="none",
                text=text,
                by_id=shelf["account_id"],
                at=now,
            )
            for text in ON_SCREEN
        )


@pytest.fixture(scope="module")
def spoilt(house: House) -> House:
    """The house, with a hostile string in every name."""
    laid(house, 0)
    said_by_people(house)
    return house


def laid(house: House, turn: int) -> None:
    with house.site.database.write() as session:
        assert lay_in(session.connection(), Base.metadata, turn) > 300


def looked_at(house: House, looker: str, language: str, size: tuple[int, int]) -> tuple[int, list[str]]:
    """Open every page of one role; answer on how many something hostile shows, and what is wrong."""
    shows, wrong = 0, []
    with guarded(house, house.of(looker), language=language, size=size) as (desk, sentry):
        for _, path in addresses(house, looker):
            answer = desk.page.goto(desk.base + path)
            assert answer is not None
            if answer.status != 200:
                wrong.append(f"{path}: answered {answer.status}")
            shows += MARK in desk.page.content()
            wrong += [f"{path} as {looker}: {one}" for one in sentry.wrong(desk.page)]
    return shows, wrong


@pytest.mark.parametrize("looker", LOOKERS)
def test_nothing_comes_of_them(spoilt: House, looker: str) -> None:
    shows, wrong = looked_at(spoilt, looker, CHINESE, WIDE)
    assert not wrong, "\n".join(wrong)
    assert shows > 0, "none of the strings was to be seen"


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(1, len(ON_SCREEN), 4))
def test_nothing_comes_of_any_of_them_in_any_place(spoilt: House, turn: int) -> None:
    laid(spoilt, turn)
    wrong: list[str] = []
    for looker in LOOKERS:
        for language, size in ((CHINESE, WIDE), (ENGLISH, TABLET)):
            wrong += looked_at(spoilt, looker, language, size)[1]
    assert not wrong, "\n".join(wrong)


WRONGS = {
    "a script ran": "() => { window.zx9 = 1 }",
    "an element was made": "() => document.body.append(document.createElement('zx9'))",
    "wide on a screen": "() => { document.body.style.cssText = ''; document.body.append('W'.repeat(3000)) }",
    "turns the line": "() => document.body.append('zx9\\u202eGPJ.exe')",
    "a dialog said": "() => { setTimeout(() => alert('zx9'), 0) }",
    "asked zx9.example": "() => { const i = new Image(); i.src = 'http://zx9.example/a.png'; document.body.append(i) }",
}


@pytest.mark.parametrize("finding", WRONGS)
def test_the_check_can_fail(house: House, finding: str) -> None:
    """A canary: each thing looked for is found when it is there."""
    with guarded(house, house.of("personnel"), language=CHINESE, size=WIDE, watched=False) as (desk, sentry):
        page = desk.page
        page.route("http://zx9.example/**", lambda route: route.abort())
        desk.go("/account")
        assert sentry.wrong(page) == []
        if finding.startswith("asked"):
            # The page's own policy stops it before it is asked: here it is let go, as from a page without one.
            page.goto("about:blank")
        page.evaluate(WRONGS[finding])
        page.wait_for_timeout(200)
        assert any(finding in one for one in sentry.wrong(page))
