"""One site with a shelf for everybody, shared by all that only look; see `subjects` and `measuring`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from jinja2 import FileSystemBytecodeCache
from pydantic import SecretStr

from catalog.permissions import ROLES
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.web.access import measuring
from tests.web.access.subjects import Shelf, fill
from tests.web.conftest import Ids, Site, sites


@dataclass
class Bureau:
    """A site, and what lies there for whom."""

    site: Site
    shelves: dict[str, Shelf]


@pytest.fixture(scope="module")
def bureau(
    seaweed: StorageSettings,
    stores: tuple[ObjectStore, ObjectStore],
    furnished: tuple[Path, Ids],
    templates: FileSystemBytecodeCache,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Bureau]:
    with sites(seaweed, stores, furnished, templates, tmp_path_factory.mktemp("bureau")) as make:
        site = make(metrics_token=SecretStr(measuring.METRICS_TOKEN))
        site.app.config["PROPAGATE_EXCEPTIONS"] = False  # what fails is an answer, as it is for people
        with site.database.write() as session:
            shelves = fill(session, sorted(ROLES), site.components.clock())
        yield Bureau(site, shelves)
