from __future__ import annotations

from datetime import datetime

import pytest

from catalog.database import Database
from tests.catalog.maintenance.bureau import Bureau


@pytest.fixture
def bureau(database: Database, now: datetime) -> Bureau:
    return Bureau(database, now).furnish()
