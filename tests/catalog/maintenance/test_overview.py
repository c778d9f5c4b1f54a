"""What officers are told of their own dockings: all of it is safe only when it is."""

from __future__ import annotations

import pytest

from catalog.holdings import hand_over
from catalog.maintenance.overview import my_recorders
from tests.catalog.maintenance.bureau import ZONE, Bureau


@pytest.mark.parametrize(
    ("ends", "owed"),
    [
        (("received", "held already", "cleared"), 0),
        (("received", "copied"), 1),
        (("received", "refused/unreadable: Input-output error"), 1),
        (("received", "refused/unreadable-folder", "refused/filesystem-damaged: vfat"), 2),
        (("received", "refused/link", "refused/partition-blank: sdb2"), 0),
    ],
)
def test_a_docking_is_safe_when_nothing_of_it_is_owed(
    bureau: Bureau, ends: tuple[str, ...], owed: int
) -> None:
    wang = bureau.officers["王建国"]
    bureau.act(hand_over, recorder=bureau.recorder, officer=wang, at=bureau.now, zone=ZONE)
    docking = bureau.dock(ends=ends)
    with bureau.database.read() as session:
        (mine,) = my_recorders(session, wang, bureau.people["wang"])
    (visit,) = mine.visits
    assert (visit.docking.id, visit.files, visit.owed) == (docking, len(ends), owed)
