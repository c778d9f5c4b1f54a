from __future__ import annotations

import pytest

from catalog.database import Database
from tests.catalog.coverage.bureau import Bureau, make_bureau


@pytest.fixture
def bureau(database: Database) -> Bureau:
    return make_bureau(database)
