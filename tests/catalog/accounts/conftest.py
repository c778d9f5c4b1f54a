from __future__ import annotations

import pytest

from catalog.database import Database
from tests.catalog.accounts.office import Office, open_office


@pytest.fixture
def office(database: Database) -> Office:
    return open_office(database)
