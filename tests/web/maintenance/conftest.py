"""Time that goes on as a test says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.web.conftest import Site


@pytest.fixture
def later(site: Site) -> Callable[..., datetime]:
    site.moment.append(datetime.now(UTC) + timedelta(minutes=5))

    def move(**more: float) -> datetime:
        site.moment[0] += timedelta(**(more or {"minutes": 1}))
        return site.moment[0]

    return move
