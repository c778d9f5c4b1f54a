"""One system, one browser and one docking, watched on the board, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser

from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.browser.bureau import PATIENCE, Bureau, make_large_card
from tests.browser.house import House, served_house
from tests.services.system import running_system
from tests.web.conftest import Ids, furnished, stores, templates

__all__ = ["furnished", "stores", "templates"]

OBSERVE = """
() => {
  window.neverReloaded = true;
  window.seen = [];
  const note = () => {
    const text = document.querySelector(".board").innerText;
    if (window.seen.at(-1) !== text) window.seen.push(text);
  };
  note();
  new MutationObserver(note).observe(document.querySelector(".board"), {
    childList: true, subtree: true, characterData: true, attributes: true,
  });
}
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if "house" in getattr(item, "fixturenames", ()):
                # A browser that goes on before a picture has come leaves the served file to be closed by the collector.
                item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


@pytest.fixture(scope="session")
def bureau(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    """A running system with people and cases, and nothing docked yet."""
    card = make_large_card(tmp_path_factory.mktemp("recorder") / "card")
    with running_system() as system:
        bureau = Bureau(system, chromium, card)
        bureau.furnish()
        yield bureau


@pytest.fixture(scope="module")
def house(
    seaweed: StorageSettings,
    stores: tuple[ObjectStore, ObjectStore],
    furnished: tuple[Path, Ids],
    templates: FileSystemBytecodeCache,
    tmp_path_factory: pytest.TempPathFactory,
    chromium: Browser,
) -> Iterator[House]:
    """Every page with something on it, for one module: what it changes, no other sees."""
    with served_house(
        seaweed, stores, furnished, templates, tmp_path_factory.mktemp("house"), chromium
    ) as house:
        yield house


@dataclass(frozen=True, slots=True)
class Watched:
    """What an officer saw on the board while a recorder was docked: each text in turn, and whether the page stayed."""

    texts: list[str]
    stayed: bool


@pytest.fixture(scope="session")
def docked(bureau: Bureau) -> Watched:
    """The sample card is docked while an officer watches; all is done when this answers."""
    with bureau.desk("wang", signed_in=False) as desk:
        bureau.sign_in(desk, bureau.system.signin_link("wang"))
        desk.page.get_by_role("link", name="采集", exact=True).click()
        desk.page.locator(".board").wait_for()
        desk.page.evaluate(OBSERVE)
        bureau.system.plug(bureau.card.folder)
        slot = desk.page.locator(".slot", has_text="已安全入库").filter(has_text="全部核验")
        slot.wait_for(timeout=PATIENCE * 1000)
        watched = Watched(
            desk.page.evaluate("() => window.seen"), desk.page.evaluate("() => window.neverReloaded === true")
        )
    bureau.wait_for_work(len(bureau.card.files))
    return watched
