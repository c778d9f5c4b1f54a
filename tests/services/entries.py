"""Every entry that any test lets be made is looked at: one of an act that changes something keeps before and after."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from catalog.custody import log
from catalog.custody.record import Record, make_record
from catalog.rules.entry_changes import keeps_both


def checked_record(**given: Any) -> Record:
    """Make a record as ever; an entry of a changing act without before or after fails the test that let it be made.

    Entries that tests write themselves, to read them again, are as short as each of them needs.
    """
    if sys._getframe(2).f_globals["__name__"].startswith("tests."):
        return make_record(**given)
    private = {name: value for name, value in given["private"].items() if value is not None}
    assert keeps_both(given["action"], given["facts"], private), (
        f"{given['action']} keeps no before and after"
    )
    return make_record(**given)


@pytest.fixture(autouse=True, scope="session")
def changing_entries_keep_both() -> Iterator[None]:
    """For the whole run, in this process; systems that tests start beside it make their entries unseen."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log, "make_record", checked_record)
        yield
