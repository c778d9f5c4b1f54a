"""The real application on a real SQLite catalog and a real storage, seeded as the demonstration is."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from pydantic import SecretStr
from werkzeug.test import TestResponse

from catalog.database import Database, migrate
from catalog.demo import ZONE, seed
from catalog.intake.sealed import Sealer
from catalog.models import Clip, Docking
from catalog.people import issue_signin_token
from catalog.receipts import Signer
from catalog.settings import CatalogSettings
from catalog.stages import Due
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.catalog import world
from web.app import create_app
from web.components import Components
from web.settings import WebSettings

NEEDED = {"needed_for": "case"}
"""What the form says for which something is taken out."""
HOSTILE = "<img src=x onerror=alert(1)>\"'&.MP4"

Ids = tuple[UUID, UUID, UUID, tuple[UUID, ...]]
"""Clip, hostile clip, docking, cases."""


@dataclass
class Site:
    """The application with what was put into it."""

    app: Flask
    database: Database
    components: Components
    sent: list[Due]
    clip: UUID
    hostile: UUID
    docking: UUID
    cases: tuple[UUID, ...]
    moment: list[datetime] = field(default_factory=list)

    def client(self, username: str | None = None, language: str | None = None) -> FlaskClient:
        """A browser, signed in by link as `username`."""
        client = self.app.test_client()
        if username is not None:
            with self.database.write() as session:
                token = issue_signin_token(session, username, self.components.clock())
            page = client.get(f"/signin/{token}")
            answer = client.post(f"/signin/{token}", data={"csrf_token": csrf(page)})
            assert answer.status_code == 303, answer.text
        if language is not None:
            page = client.get("/account" if username else "/signin")
            client.post("/language", data={"csrf_token": csrf(page), "language": language})
        return client


def csrf(page: TestResponse) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None, page.text[:500]
    return found.group(1)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ids]:
    """A catalog with the demonstration's people and cases and two clips; tests work on copies of it."""
    path = tmp_path_factory.mktemp("web") / "catalog.sqlite3"
    migrate(f"sqlite:///{path}")
    database = Database.open(f"sqlite:///{path}")
    ids = _furnish(database)
    with database.engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path, ids


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates are compiled once for all tests."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def make_site(
    seaweed: StorageSettings,
    stores: tuple[ObjectStore, ObjectStore],
    furnished: tuple[Path, Ids],
    templates: FileSystemBytecodeCache,
    tmp_path: Path,
) -> Iterator[Callable[..., Site]]:
    with sites(seaweed, stores, furnished, templates, tmp_path) as make:
        yield make


@contextmanager
def sites(
    seaweed: StorageSettings,
    stores: tuple[ObjectStore, ObjectStore],
    furnished: tuple[Path, Ids],
    templates: FileSystemBytecodeCache,
    tmp_path: Path,
) -> Iterator[Callable[..., Site]]:
    """Make sites in a folder; all are closed at the end. Whole modules that only look share one by this."""
    made: list[Site] = []
    evidence, derived = stores

    def make(**changes: object) -> Site:
        path = tmp_path / f"catalog{len(made)}.sqlite3"
        shutil.copy(furnished[0], path)
        url = f"sqlite:///{path}"
        settings = WebSettings(
            broker_url=SecretStr("redis://127.0.0.1:1"),
            catalog=CatalogSettings(
                database_url=url, receipt_key_file=tmp_path / "r", metadata_key_file=tmp_path / "m"
            ),
            storage=seaweed,
            secret_key=SecretStr("k" * 40),
            password_salt=SecretStr("s" * 40),
            second_factor_key=SecretStr("5e" * 32),
            public_url="http://localhost",
        ).model_copy(update=changes)
        sent: list[Due] = []
        moment: list[datetime] = []
        components = Components(
            settings=settings,
            database=Database.open(url),
            evidence=evidence,
            derived=derived,
            signer=Signer(Ed25519PrivateKey.generate()),
            sealer=Sealer(bytes(32)),
            enqueue=sent.extend,
            clock=lambda: moment[0] if moment else datetime.now(UTC),
        )
        clip, hostile, docking, cases = furnished[1]
        app = create_app(components)
        app.jinja_env.bytecode_cache = templates
        site = Site(
            app=app,
            database=components.database,
            components=components,
            sent=sent,
            clip=clip,
            hostile=hostile,
            docking=docking,
            cases=cases,
            moment=moment,
        )
        made.append(site)
        return site

    yield make
    for site in made:
        site.database.close()
        site.components.threads.shutdown()


@pytest.fixture(scope="session")
def stores(seaweed: StorageSettings) -> Iterator[tuple[ObjectStore, ObjectStore]]:
    pair = (ObjectStore(seaweed, seaweed.evidence_bucket), ObjectStore(seaweed, seaweed.derived_bucket))
    yield pair
    for store in pair:
        store.close()


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    return make_site()


def _furnish(database: Database) -> Ids:
    now = datetime.now(UTC)
    with database.write() as session:
        # The last day on which all of the cases' steps are over, whatever the hour of this run.
        day = (now - timedelta(hours=15)).astimezone(ZONE).date()
        facts = seed(session, now, day=day)
        station = world.add_station(session, now)
        docking: Docking = world.add_docking(
            session, station, now, state="safe", files_total=2, files_copied=2, bytes_total=999
        )
        clip: Clip = world.add_clip(
            session,
            now,
            "DSJ0412_100412_20261123093012_0001.MP4",
            docking=docking,
            recorded=now,
            duration=60.0,
            duration_source="header",
            renditions=("poster", "thumb", "sprite", "thumbnails", "waveform"),
            facts={"mime": "video/mp4", "streams": [], "tags": {"comment": HOSTILE}},
        )
        hostile = world.add_clip(
            session, now, HOSTILE, docking=docking, flags=["truncated", "partial"], verified=False
        )
        return clip.id, hostile.id, docking.id, facts.cases
