"""The journal: steps that are repeated or come too late change nothing, and whoever asks waits for nobody."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from ingest.copying.room import JOURNAL_ROOM
from ingest.journal.journal import Journal
from ingest.journal.rows import CopiedFacts, FileRow
from ingest.protocol import OrderDone, RecorderIdentity, SignedStatement, Statement
from ingest.recorders.base import Listed


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal.db")
    yield opened
    opened.close()


def docked(journal: Journal, files: int, serial: str = "S") -> UUID:
    docking = uuid4()
    recorder = RecorderIdentity(serial=serial, serial_source="usb")
    journal.begin_docking(docking, "slot", recorder, datetime.now(UTC))
    journal.found(docking, serial, [Listed(b"%03d.mp4" % n, 3, 1) for n in range(files)])
    return docking


def copy(journal: Journal, row: FileRow, digest: str | None = None) -> None:
    sha256 = digest or f"{row.id:064x}"
    facts = CopiedFacts(f"{row.id}-3", 3, 1, sha256, "b" * 64, "c" * 64, "d" * 64, [bytes(32)], [], 1.0)
    journal.copied([(row.id, facts)])


def check(journal: Journal, docking: UUID) -> None:
    rows = journal.files(docking)
    for row in rows:
        copy(journal, row)
    journal.checked([(row.id, "direct") for row in rows])


def signed(kind: str, clip: UUID) -> SignedStatement:
    statement = Statement(
        protocol=1, kind=kind, clip=clip, bucket="b", key="k", version="v", size=3, sha256="a" * 64, sm3="b" * 64,
        lock_mode="COMPLIANCE", lock_until="2030-01-01T00:00:00Z", time="2026-01-01T00:00:00.000000Z",
    )  # fmt: skip
    return SignedStatement(statement=statement, key="0" * 16, signature="s")


def test_whoever_has_least_is_offered_first(journal: Journal) -> None:
    full, late = docked(journal, 300, "full"), docked(journal, 1, "late")
    check(journal, full)
    check(journal, late)
    rows = journal.to_offer(200, set())
    assert len(rows) == 200
    assert rows[0].docking == str(late)
    assert {row.docking for row in rows[1:]} == {str(full)}
    rest = journal.to_offer(200, {row.id for row in rows})
    assert len(rest) == 101


def test_what_is_not_read_back_is_not_offered(journal: Journal) -> None:
    docking = docked(journal, 2)
    first, second = journal.files(docking)
    copy(journal, first, "a" * 64)
    assert journal.to_offer(10, set()) == []
    assert journal.counts(docking).open == 2
    assert journal.counts(docking).copied_files == 0
    # the same bytes twice: the second does not wait for one that may never be read back
    copy(journal, second, "a" * 64)
    journal.checked([(second.id, "direct")])
    assert [row.id for row in journal.to_offer(10, set())] == [second.id]
    journal.checked([(first.id, "direct")])
    assert [row.id for row in journal.to_offer(10, set())] == [first.id]


def test_steps_that_are_repeated_or_too_late_change_nothing(journal: Journal) -> None:
    docking = docked(journal, 1)
    (row,) = journal.files(docking)
    clip = uuid4()
    receipt, verified, reread = (signed(kind, clip) for kind in ("received", "verified", "reread"))

    def late() -> None:
        """Everything an earlier thread or process may still want to write."""
        journal.clearable([(row.id, reread)] if journal.file(row.id).state != "verified" else [])
        journal.found(docking, "S", [Listed(row.path, 9, 9)])
        journal.checked([(row.id, "again")] if journal.file(row.id).state != "copied" else [])
        journal.uploaded([row.id] if journal.file(row.id).state != "checked" else [])
        journal.cleared([(row.id, 5.0)])
        if journal.file(row.id).state not in {"copied", "checked", "uploaded"}:
            journal.received([(row.id, receipt, "", False)])
            journal.attention(row.id, "bytes-refused")
            journal.spool_lost(f"{row.id}-3", "spool-lost")

    steps = [
        lambda: copy(journal, row),
        lambda: journal.checked([(row.id, "direct")]),
        lambda: journal.uploaded([row.id]),
        lambda: journal.received([(row.id, receipt, "p", False)]),
        lambda: journal.verified([(row.id, verified, 1.0)]),
        lambda: journal.clearable([(row.id, reread)]),
        lambda: journal.clearing_begins(row.id, reread, 2.0) and journal.cleared([(row.id, 3.0)]),
    ]
    names = ["copied", "checked", "uploaded", "received", "verified", "clearable", "cleared"]
    for step, name in zip(steps, names, strict=True):
        step()
        assert journal.file(row.id).state == name
        step()
        late()
        assert journal.file(row.id).state == name
    last = journal.file(row.id)
    assert (last.cleared_at, last.clear_from, last.received, last.page) == (3.0, 2.0, receipt, "p")
    assert (last.size, last.read_method, last.new) == (3, "direct", True)


def test_only_a_clearable_file_begins_to_be_cleared(journal: Journal) -> None:
    docking = docked(journal, 1)
    (row,) = journal.files(docking)
    reread = signed("reread", uuid4())
    assert not journal.clearing_begins(row.id, reread, 1.0)
    check(journal, docking)
    assert not journal.clearing_begins(row.id, reread, 1.0)
    journal.cleared([(row.id, 2.0)])
    assert journal.file(row.id).state == "checked"
    assert journal.freeable(1e12) == []


def test_whoever_asks_does_not_wait_for_whoever_writes(journal: Journal) -> None:
    docking = docked(journal, 5)
    with journal._transaction() as db:
        db.execute("UPDATE file SET size = 4")
        answer: list[int] = []
        asking = threading.Thread(target=lambda: answer.append(journal.counts(docking).bytes))
        asking.start()
        asking.join(5)
        assert answer == [15]  # what was written last, not what is being written
    assert journal.counts(docking).bytes == 20


def test_orders_are_told_until_they_are_known(journal: Journal) -> None:
    order = OrderDone(id=uuid4(), result="recorder needed")
    journal.order_done(order)
    assert journal.orders_to_tell(10) == [order]
    journal.orders_told([order])
    journal.order_done(order)
    assert journal.orders_to_tell(10) == []
    better = order.model_copy(update={"result": "done"})
    journal.order_done(better)
    journal.orders_told([order])  # an old word does not cover the new one
    assert journal.orders_to_tell(10) == [better]


def test_its_log_fits_into_the_room_that_copies_leave_it(journal: Journal, tmp_path: Path) -> None:
    """Else a full disk holds up the next docking until everything of the last one is cleared (seen on a busy machine)."""
    docking = docked(journal, 400)
    sizes = []
    for row in journal.files(docking):
        copy(journal, row)
        journal.checked([(row.id, "direct")])
        sizes.append((tmp_path / "journal.db-wal").stat().st_size)
    assert max(sizes) < JOURNAL_ROOM / 4
