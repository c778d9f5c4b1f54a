"""One house for each module: what one role does here, another module does not meet."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.browser.house import House
from tests.web.access.lasting import lay_out


@pytest.fixture(scope="module")
def proposed(house: House) -> dict[str, UUID]:
    """What an archivist has proposed: a retention schedule, and a list of what is to be destroyed."""
    with house.site.database.write() as session:
        made = lay_out(
            session,
            house.shelves["archivist"],
            house.shelves["stranger"],
            house.site.components.clock(),
            False,
        )
    return made.ids
