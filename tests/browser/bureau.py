"""A bureau to try things in: the running system, its people, and desks at which they work in a browser."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from playwright.sync_api import Browser, Page, StorageState

from catalog.database import Database
from catalog.demo import seed
from catalog.people import issue_signin_token
from liuhen.samplecard import CardFacts, make_card
from tests.browser.watching import Watch
from tests.services.system import System

WIDE, TABLET = (1366, 768), (820, 1180)
PADDING = 256 << 20
"""Bytes by which one film is made larger: copying it lasts long enough to be seen on the board."""
PATIENCE = 120.0
"""Seconds for a card of this size to be received, verified, described and made playable on a busy machine."""


@dataclass(slots=True)
class Desk:
    """A browser window with somebody in front of it."""

    page: Page
    watch: Watch
    base: str

    def go(self, path: str) -> None:
        """Open a page of the bureau."""
        self.page.goto(self.base + path)


@dataclass
class Bureau:
    """The system, seeded as for the demonstration, and one browser."""

    system: System
    browser: Browser
    card: CardFacts
    cases: tuple[UUID, ...] = ()
    sessions: dict[str, StorageState] = field(default_factory=dict)

    def furnish(self) -> None:
        """Put people, recorder and cases in place, as the demonstration does."""
        number, name = self.card.officers[0]
        whose = {"serial": self.card.serial, "officer_number": number, "officer_name": name}
        with self.database() as database, database.write() as session:
            self.cases = seed(session, datetime.now(UTC), **whose).cases

    @contextlib.contextmanager
    def desk(
        self,
        user: str,
        *,
        size: tuple[int, int] = WIDE,
        signed_in: bool = True,
        fresh: bool = False,
        downloads: bool = False,
    ) -> Iterator[Desk]:
        """A window of `size` in which `user` is signed in, just now where `fresh`; the browser's complaints fail at the end."""
        if fresh:
            self.sessions.pop(user, None)
        with contextlib.ExitStack() as stack:
            context = self.browser.new_context(
                viewport={"width": size[0], "height": size[1]},
                storage_state=self._session(user) if signed_in else None,
                accept_downloads=downloads,
                locale="zh-CN",
                color_scheme="light",
            )
            stack.callback(context.close)
            context.set_default_timeout(30_000)
            watch = Watch(context)
            yield Desk(context.new_page(), watch, self.system.url)
            watch.check()

    def signin_link(self, user: str) -> str:
        """A one-time link as `liuhen signin-link` prints it, without the seconds its process takes to start."""
        with self.database() as database, database.write() as session:
            return f"{self.system.url}/signin/{issue_signin_token(session, user, datetime.now(UTC))}"

    @contextlib.contextmanager
    def database(self) -> Iterator[Database]:
        """The catalog, opened beside the running system."""
        database = Database.open(self.system.settings.catalog.database_url)
        try:
            yield database
        finally:
            database.close()

    def sign_in(self, desk: Desk, link: str) -> None:
        """Open a one-time link and confirm it with the keyboard."""
        desk.page.goto(link)
        desk.page.locator("form button:focus").wait_for()
        desk.page.keyboard.press("Enter")
        desk.page.wait_for_url(lambda address: "/signin" not in address)

    def _session(self, user: str) -> StorageState:
        if user not in self.sessions:
            with self.desk(user, signed_in=False) as desk:
                self.sign_in(desk, self.signin_link(user))
                self.sessions[user] = desk.page.context.storage_state()
        return self.sessions[user]

    @property
    def recorder(self) -> str:
        """What people call the recorder of the card."""
        return str(self.ask("SELECT label FROM recorders WHERE serial = ?", self.card.serial)[0][0])

    def ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Read the catalog, past all of its code."""
        path = self.system.settings.catalog.database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            return connection.execute(statement, values).fetchall()

    def clip(self, form: str) -> Clip:
        """The clip of the sample card with this in its description, such as `H.265` or `cut off`."""
        (name,) = (file.path for file in self.card.files if form in file.what)
        return self.clip_named(name.rpartition("/")[2])

    def clip_named(self, name: str) -> Clip:
        """The one clip of this file name."""
        ((identity, sha256, size),) = self.ask("SELECT id, sha256, size FROM clips WHERE name = ?", name)
        return Clip(UUID(identity), name, sha256, size)

    def wait_for_work(self, clips: int, seconds: float = PATIENCE) -> None:
        """Wait until so many clips are there and nothing is left to be done for any."""
        self.system.wait_for(
            lambda: (
                self.ask("SELECT count(*) FROM clips")[0][0] >= clips
                and not self.ask(
                    "SELECT count(*) FROM stages WHERE state IN ('pending', 'running') AND stage <> 'timestamp'"
                )[0][0]
            ),
            "every clip is verified, described and rendered",
            seconds,
        )

    def receipt(self, clip: Clip, kind: str = "received") -> dict[str, Any]:
        """What the server vouched for."""
        ((body,),) = self.ask(
            "SELECT body FROM statements WHERE clip_id = ? AND kind = ?", clip.identity.hex, kind
        )
        return dict(json.loads(body))


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip as the catalog knows it."""

    identity: UUID
    name: str
    sha256: str
    size: int

    @property
    def path(self) -> str:
        """Its page."""
        return f"/clips/{self.identity}"


def make_large_card(folder: Path) -> CardFacts:
    """The sample card, short, with one film grown by a box of noise that players pass over (ISO/IEC 14496-12 8.1.2)."""
    facts = make_card(folder, scale=0.02)
    (film,) = (file.path for file in facts.files if "long" in file.what and "lorry" in file.what)
    with (folder / film).open("ab") as end:
        end.write(struct.pack(">I4s", PADDING + 8, b"free"))
        for _ in range(PADDING >> 20):
            end.write(os.urandom(1 << 20))
    return facts
