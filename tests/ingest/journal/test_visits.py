"""A name picked after a pull counts for what the interrupted docking brought, and for nothing older or foreign."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from ingest.journal.journal import Journal
from ingest.journal.visits import RESUMED_WITHIN
from ingest.protocol import ClearingPolicy, DockingOpened, PickedOfficer, RecorderIdentity
from tests.ingest.board.stage import OFFICERS, Stage, film

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WANG = PickedOfficer(number="010237", picked_at=NOON + 9 * MINUTE)
LI = PickedOfficer(number="010415", picked_at=NOON + 9 * MINUTE)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


class Socket:
    """Dockings one after the other: each begins where the one before ended, or `after` it, and lasts a minute."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.time = NOON

    def dock(
        self, reason: Any = "unplugged", *, after: timedelta = timedelta(seconds=20), **identity: Any
    ) -> UUID:
        facts = {"serial": "S", "serial_source": "usb", "filesystem_id": "A-1", **identity}
        docking = uuid4()
        self.time += after
        self.journal.begin_docking(docking, "1-1", RecorderIdentity(**facts), self.time)
        self.time += MINUTE
        if reason is not None:
            self.journal.end_docking(docking, self.time, reason)
        return docking

    def picked(self, *dockings: UUID) -> list[str]:
        rows = [self.journal.docking(docking) for docking in dockings]
        return [row.picked.number if row.picked else "" for row in rows]


@pytest.fixture
def socket(journal: Journal) -> Socket:
    return Socket(journal)


def test_it_counts_for_every_part_of_the_visit_and_may_be_changed(socket: Socket, journal: Journal) -> None:
    before = socket.dock("done")
    parts = [socket.dock(), socket.dock(), socket.dock(None)]
    journal.officer_picked(parts[-1], WANG)
    assert socket.picked(before, *parts) == ["", "010237", "010237", "010237"]
    for part in parts:
        journal.pick_sent(part, WANG)
    journal.officer_picked(parts[-1], LI)
    assert socket.picked(before, *parts) == ["", "010415", "010415", "010415"]
    assert not any(journal.docking(part).picked_sent for part in parts)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ({"reason": "done"}, {}),
        ({"reason": "failed"}, {}),
        ({}, {"after": RESUMED_WITHIN + timedelta(seconds=1)}),
        ({}, {"after": timedelta(seconds=-90)}),
        ({"serial": "T"}, {}),
        ({"filesystem_id": "A-2"}, {}),
        ({"same_serial": True}, {}),
        ({}, {"same_serial": True}),
    ],
    ids=["ended-well", "failed", "too-late", "clock-set-back", "other", "other-card", "twin-before", "twin-after"],
)  # fmt: skip
def test_another_visit_is_not_named(
    socket: Socket, journal: Journal, earlier: dict[str, Any], later: dict[str, Any]
) -> None:
    first = socket.dock(**earlier)
    second = socket.dock(None, **later)
    journal.officer_picked(second, WANG)
    assert socket.picked(first, second) == ["", "010237"]


def test_nothing_before_a_docking_of_another_visit_is_named(socket: Socket, journal: Journal) -> None:
    first, between, last = socket.dock(), socket.dock("done"), socket.dock(None)
    journal.officer_picked(last, WANG)
    assert socket.picked(first, between, last) == ["", "", "010237"]


def test_a_later_docking_is_never_named(socket: Socket, journal: Journal) -> None:
    first, second = socket.dock(), socket.dock(None)
    journal.officer_picked(first, WANG)
    assert socket.picked(first, second) == ["010237", ""]


def test_who_was_named_at_an_interrupted_docking_stays(socket: Socket, journal: Journal) -> None:
    first, second, third = socket.dock(), socket.dock(), socket.dock(None)
    journal.officer_picked(second, LI)  # of the first as well
    journal.officer_picked(third, WANG)
    assert socket.picked(first, second, third) == ["010415", "010415", "010237"]


def test_a_recorder_somebody_held_when_it_was_pulled_is_not_named(socket: Socket, journal: Journal) -> None:
    first = socket.dock()
    journal.docking_opened(
        first,
        DockingOpened(
            docking=first, recorder_known=True, recorder_label="", holder="王某某", page="", station="02",
            clearing=ClearingPolicy(mode="never"),
        ),
    )  # fmt: skip
    second = socket.dock(None)
    journal.officer_picked(second, WANG)
    assert socket.picked(first, second) == ["", "010237"]


def test_the_server_learns_of_both_parts(tmp_path: Path) -> None:
    with Stage(tmp_path) as stage:
        stage.server.known["P"] = {"recorder_label": "DSJ-0600", "officers": OFFICERS}
        script = stage.plug("1-1", film("P", 4, held=3))
        stage.wait(lambda: stage.server.dockings, "the server knows of the docking")
        interrupted = UUID(stage.until("1-1", "copying")["docking"])
        stage.pull("1-1")
        stage.until("1-1", "early")
        stage.plug("1-1", script)
        tile = stage.until("1-1", "verified", "received")
        assert UUID(tile["docking"]) != interrupted
        assert stage.post(f"/dockings/{tile['docking']}/officer", {"number": "5202003"})[0] == 200
        wanted = {(interrupted, "5202003"), (UUID(tile["docking"]), "5202003")}
        stage.wait(lambda: set(stage.server.picks) == wanted, lambda: stage.server.picks)
