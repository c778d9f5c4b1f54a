"""Services that tests of more than one room share."""

import pytest

from tests.services.chromium import chromium
from tests.services.entries import changing_entries_keep_both
from tests.services.postgres import postgres_database, postgres_server, postgres_url
from tests.services.redis import redis_url
from tests.services.seaweedfs import own_seaweed, seaweed, seaweed_server
from tests.services.system import liuhen_system

__all__ = [
    "changing_entries_keep_both",
    "chromium",
    "liuhen_system",
    "own_seaweed",
    "postgres_database",
    "postgres_server",
    "postgres_url",
    "redis_url",
    "seaweed",
    "seaweed_server",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """What a person may say besides."""
    parser.addoption("--storm-seed", type=int, help="draw the fault storms (tests/faults) from this seed")


LONG_ONES = ("tests/liuhen/", "tests/browser/", "tests/faults/", "tests/ingest/")
"""Where tests start whole systems and wait for them: they begin, so that no process is left with them at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that take long first; within a file, and among files alike, the order stays."""
    items.sort(key=lambda item: not item.nodeid.startswith(LONG_ONES))
