"""A house full of things, without the machine behind it: the pages over a catalog in which everybody has a shelf of their own.

Where `bureau` is the whole running system with one docked recorder, this is the application alone, on the world that the
reviewed table of access is measured in (tests/web/access/subjects.py). Every address answers there.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from playwright.sync_api import Browser
from pydantic import SecretStr
from werkzeug.serving import WSGIRequestHandler, make_server

from catalog.custody.sequencer import place_entries
from catalog.permissions import ROLES
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.browser.bureau import WIDE, Desk
from tests.browser.watching import Watch
from tests.web.access import measuring
from tests.web.access.subjects import Shelf, fill
from tests.web.conftest import Ids, Site, sites

CHINESE, ENGLISH = "zh_Hans_CN", "en"


@dataclass
class House:
    """The application, served, and a browser to look at it with."""

    site: Site
    shelves: dict[str, Shelf]
    """By role: whose things lie where."""
    base: str
    browser: Browser
    cookies: dict[tuple[str, str], str] = field(default_factory=dict)

    @contextlib.contextmanager
    def desk(
        self,
        user: str,
        *,
        language: str = CHINESE,
        size: tuple[int, int] = WIDE,
        watched: bool = True,
        fresh: bool = False,
    ) -> Iterator[Desk]:
        """A window in which `user` is signed in ("" for nobody), just now where `fresh`.

        Unless not `watched`, complaints of the browser fail at the end.
        """
        if fresh:
            self.cookies.pop((user, language), None)
        context = self.browser.new_context(
            viewport={"width": size[0], "height": size[1]}, locale="zh-CN", color_scheme="light"
        )
        try:
            context.set_default_timeout(15_000)
            context.add_cookies([{"name": "liuhen", "value": self.cookie(user, language), "url": self.base}])
            watch = Watch(context)
            # The shelves' recordings were never filmed: their pictures are asked of the storage and not there.
            watch.expect(self.site.components.settings.storage.address_url)
            yield Desk(context.new_page(), watch, self.base)
            if watched:
                watch.check()
        finally:
            context.close()

    def cookie(self, user: str, language: str) -> str:
        """The session of somebody in a language; begun when first asked for."""
        if (user, language) not in self.cookies:
            kept = self.site.client(user or None, language).get_cookie("liuhen")
            assert kept is not None
            self.cookies[(user, language)] = kept.value
        return self.cookies[(user, language)]

    def of(self, role: str) -> str:
        """How the person of a role is called here."""
        return self.shelves[role].username


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@contextlib.contextmanager
def served_house(
    seaweed: StorageSettings,
    stores: tuple[ObjectStore, ObjectStore],
    furnished: tuple[Path, Ids],
    templates: FileSystemBytecodeCache,
    folder: Path,
    browser: Browser,
) -> Iterator[House]:
    """Fill the shelves and serve the pages for as long as the context lasts."""
    with sites(seaweed, stores, furnished, templates, folder) as make:
        site = make(metrics_token=SecretStr(measuring.METRICS_TOKEN))
        site.app.config["PROPAGATE_EXCEPTIONS"] = False  # what fails is an answer, as it is for people
        with site.database.write() as session:
            shelves = fill(session, sorted(ROLES), site.components.clock())
        with site.database.write() as session:
            place_entries(session)  # as the log's own process does within seconds
        server = make_server("127.0.0.1", 0, site.app, threaded=True, request_handler=_Quiet)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield House(site, shelves, f"http://127.0.0.1:{server.server_port}", browser)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def keep_picture(desk: Desk, name: str) -> None:
    """Write a picture of what stands there, the whole page, where LIUHEN_PICTURES names a folder."""
    if folder := os.environ.get("LIUHEN_PICTURES"):
        path = Path(folder)
        path.mkdir(parents=True, exist_ok=True)
        desk.page.screenshot(path=path / f"{name}.png", full_page=True)
