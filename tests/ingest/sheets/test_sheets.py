"""Each docking ends with a signed list of everything seen, true to the journal, sent until it is kept."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from ingest.desk import Desk
from ingest.docking import Result
from ingest.office.signing import StationKey
from ingest.protocol import FileOffer, NameFacts, SignedSheet
from ingest.settings import StationSettings
from ingest.sheets import making
from ingest.sheets.shelf import Shelf, Shelved
from ingest.sheets.text import LARGEST
from ingest.spool import Spool
from tests.ingest.fakes import Recorder, Source
from tests.ingest.reference_server import Server

Dock = Callable[..., Result]


def by_path(server: Server, docking: UUID, revision: int = -1) -> dict[bytes, object]:
    sheet = server.sheet(docking, revision)
    paths = [base64.b64decode(file.path) for file in sheet.files]
    assert paths == sorted(set(paths))
    return dict(zip(paths, sheet.files, strict=True))


def ends(server: Server, docking: UUID, revision: int = -1) -> dict[bytes, str]:
    return {path: file.end for path, file in by_path(server, docking, revision).items()}  # type: ignore[attr-defined]


def shelved(desk: Desk) -> list[Shelved]:
    return Shelf(desk.spool.path / "sheets").all()


def wait_handed_over(desk: Desk, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while desk.journal.unfinished():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_everything_seen_is_on_it_and_it_comes_before_the_end(
    card: Path, dock: Dock, desk: Desk, server: Server, settings: StationSettings
) -> None:
    odd = b"odd \xff\n"
    (card / "DCIM").mkdir()
    (card / "DCIM/a.mp4").write_bytes(b"a" * 1000)
    (card / "b.mp4").write_bytes(b"")
    Path(os.fsdecode(os.fsencode(card) + b"/" + odd)).write_bytes(b"odd")
    (card / "link").symlink_to("/etc/passwd")
    result = dock(card)
    sheet = server.sheet(result.docking)
    files = by_path(server, result.docking)
    assert ends(server, result.docking) == {
        b"DCIM/a.mp4": "received", b"b.mp4": "received", b"link": "refused", odd: "received",
    }  # fmt: skip
    first = files[b"DCIM/a.mp4"]
    assert first.sha256 == hashlib.sha256(b"a" * 1000).hexdigest()  # type: ignore[attr-defined]
    assert first.sm3 == hashlib.new("sm3", b"a" * 1000).hexdigest()  # type: ignore[attr-defined]
    assert (first.new, first.size, first.digest_from) == (True, 1000, "read")  # type: ignore[attr-defined]
    assert int(first.modified_ns) == (card / "DCIM/a.mp4").stat().st_mtime_ns  # type: ignore[attr-defined]
    assert files[b"link"].size is None  # type: ignore[attr-defined]
    assert files[b"link"].reason  # type: ignore[attr-defined]
    assert (sheet.revision, sheet.end_reason, sheet.station) == (1, "done", "st-1")
    assert "SHA-256" in sheet.method
    assert sheet.recorder.serial == desk.journal.docking(result.docking).recorder.serial
    key = StationKey.load_or_make(settings.key_path)
    assert server.sheets[result.docking][0].public_key == key.public_base64
    assert server.calls.index("sheet") < server.calls.index("close")
    row = desk.journal.docking(result.docking)
    assert (row.sheet_revision, row.sheet_sent, row.closed) == (1, 1, True)
    assert shelved(desk) == []  # nothing of it can change any more
    desk.keep_once()
    assert len(server.sheets[result.docking]) == 1


def test_what_is_held_already_says_by_whose_word(card: Path, dock: Dock, server: Server) -> None:
    (card / "a.mp4").write_bytes(b"a" * 1000)
    dock(card)
    (card / "again.mp4").write_bytes(b"a" * 1000)
    result = dock(card)
    files = by_path(server, result.docking)
    assert set(ends(server, result.docking).values()) == {"held already"}
    assert (files[b"a.mp4"].digest_from, files[b"again.mp4"].digest_from) == ("statement", "read")  # type: ignore[attr-defined]
    assert files[b"a.mp4"].sha256 == files[b"again.mp4"].sha256  # type: ignore[attr-defined]
    assert files[b"a.mp4"].new is files[b"again.mp4"].new is False  # type: ignore[attr-defined]
    assert files[b"a.mp4"].clip == files[b"again.mp4"].clip  # type: ignore[attr-defined]


def test_damage_and_loss_are_on_it(dock: Dock, server: Server) -> None:
    recorder = Recorder(
        {
            b"bad.mp4": Source(b"x" * 300_000, bad=[(4096, 8192)]),
            b"dead.mp4": Source(b"x" * 5000, bad=[(0, 5000)]),
            b"good.mp4": Source(b"y" * 5000),
        }
    )
    result = dock(Path(), recorder=recorder)
    files = by_path(server, result.docking)
    assert ends(server, result.docking) == {
        b"bad.mp4": "partial", b"dead.mp4": "refused", b"good.mp4": "received",
    }  # fmt: skip
    assert any(start <= 4096 < end for start, end in files[b"bad.mp4"].bad_ranges)  # type: ignore[attr-defined]
    assert files[b"dead.mp4"].clip is None  # type: ignore[attr-defined]


def test_an_empty_card_has_one_too_even_when_the_server_came_late(
    card: Path, dock: Dock, desk: Desk, server: Server
) -> None:
    server.down = True
    result = dock(card, keep_waiting=lambda _trouble: False)
    assert server.sheets == {}
    server.down = False
    desk.keep_once()
    assert server.sheet(result.docking).files == []
    assert result.docking in server.closed


def test_a_lost_answer_is_asked_again_with_the_same_bytes(
    card: Path, dock: Dock, desk: Desk, server: Server
) -> None:
    (card / "a.mp4").write_bytes(b"a")
    server.lose_sheet_answers = 1
    result = dock(card)
    assert desk.journal.docking(result.docking).sheet_sent == 0
    assert result.docking not in server.closed
    desk.keep_once()
    assert desk.journal.docking(result.docking).sheet_sent == 1
    assert len(server.sheets[result.docking]) == 1
    assert result.docking in server.closed


def test_a_file_that_comes_later_makes_the_next_revision(
    card: Path, dock: Dock, desk: Desk, server: Server, settings: StationSettings
) -> None:
    (card / "a.mp4").write_bytes(b"a")
    (card / "b.mp4").write_bytes(b"b")
    server.refuse = {b"b.mp4"}
    result = dock(card)
    assert ends(server, result.docking) == {b"a.mp4": "received", b"b.mp4": "checked"}
    assert [sheet.settled for sheet in shelved(desk)] == [False]
    desk.keep_once()
    assert len(server.sheets[result.docking]) == 1
    server.refuse = set()
    desk.journal.try_again()
    desk.handover.wake()
    wait_handed_over(desk)
    desk.keep_once()
    assert [len(kept) for kept in server.sheets.values()] == [2]
    assert ends(server, result.docking) == {b"a.mp4": "received", b"b.mp4": "received"}
    assert ends(server, result.docking, 1) == {b"a.mp4": "received", b"b.mp4": "checked"}
    assert shelved(desk) == []
    desk.keep_once()  # what becomes of it from here on is not the sheet's matter
    assert len(server.sheets[result.docking]) == 2


def test_a_refused_sheet_keeps_nothing_back(card: Path, dock: Dock, desk: Desk, server: Server) -> None:
    (card / "a.mp4").write_bytes(b"a")
    server.refuse_sheets = "sheet-other-key"
    result = dock(card)
    assert result.docking in server.closed
    asked = server.calls.count("sheet")
    desk.keep_once()
    assert server.calls.count("sheet") == asked  # not at every round
    server.refuse_sheets = ""
    desk.keeper._sheets.__self__._resting.clear()  # type: ignore[attr-defined]
    desk.keep_once()
    assert len(server.sheets[result.docking]) == 1


def test_a_revision_that_is_taken_makes_the_next(card: Path, dock: Dock, desk: Desk, server: Server) -> None:
    server.refuse_sheets = "sheet-revision-taken"
    result = dock(card)
    assert desk.journal.docking(result.docking).sheet_revision == 2
    server.refuse_sheets = ""
    server.sheets[result.docking] = [None]  # type: ignore[list-item]
    desk.keep_once()
    assert server.sheet(result.docking).revision == 2


def test_without_a_usable_key_all_else_goes_on(
    card: Path, dock: Dock, desk: Desk, server: Server, settings: StationSettings
) -> None:
    (card / "a.mp4").write_bytes(b"a")
    settings.key_path.write_text("no key")
    settings.key_path.chmod(0o600)
    result = dock(card)
    assert result.docking in server.closed
    assert server.sheets == {}
    assert "no private key" in desk.keeper._sheets.__self__.trouble  # type: ignore[attr-defined]
    settings.key_path.unlink()
    desk.keep_once()
    assert len(server.sheets[result.docking]) == 1


@pytest.mark.parametrize("where", ["put", "journal", "sent"])
def test_a_crash_at_any_step_leaves_one_true_sheet(
    card: Path, dock: Dock, desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    (card / "a.mp4").write_bytes(b"a")

    class Crash(BaseException):
        pass

    def crash(*_: object) -> None:
        raise Crash

    target, name = {
        "put": (Shelf, "put"),
        "journal": (type(desk.journal), "sheet_made"),
        "sent": (type(desk.journal), "sheet_sent"),
    }[where]
    with monkeypatch.context() as broken:
        broken.setattr(target, name, crash)
        with pytest.raises(Crash):
            dock(card)
    desk.keep_once()
    (docking,) = server.sheets
    assert ends(server, docking) == {b"a.mp4": "received"}
    assert desk.journal.docking(docking).sheet_sent == 1
    assert shelved(desk) == []


def test_the_next_process_carries_on(card: Path, settings: StationSettings, server: Server) -> None:
    from ingest.docking import Docking  # noqa: PLC0415
    from ingest.recorders.mass_storage import FolderRecorder  # noqa: PLC0415

    (card / "a.mp4").write_bytes(b"a")
    server.lose_sheet_answers = 1
    with Desk(settings, Spool(settings.spool / "hand-1")) as first:
        recorder = FolderRecorder(card)
        result = Docking(first, recorder, "slot").run()
        recorder.close()
    with Desk(settings, Spool(settings.spool / "hand-1")) as second:
        second.keep_once()
        assert second.journal.docking(result.docking).sheet_sent == 1
    assert len(server.sheets[result.docking]) == 1


def test_a_gap_that_json_cannot_write_is_left_out() -> None:
    far = making.SheetGap.model_construct(series="s", first=1, last=LARGEST + 1)
    near = making.SheetGap(series="s", first=1, last=LARGEST)
    assert making.gaps_of([], lambda _: [far, near]) == [near]


def test_gaps_in_the_names_are_on_it(card: Path, dock: Dock, desk: Desk, server: Server) -> None:
    for number in (1, 2, 5):
        (card / f"{number}.mp4").write_bytes(b"%d" % number)
    found = type(desk.journal).found

    def named(entry: object) -> NameFacts:
        return NameFacts(profile="t", series="card", sequence=int(entry.path.split(b".")[0]))  # type: ignore[attr-defined]

    def with_names(self: object, docking: UUID, serial: str, entries: object, *_: object) -> None:
        found(self, docking, serial, entries, named)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(desk.journal), "found", with_names)
        result = dock(card)
    assert [(g.series, g.first, g.last) for g in server.sheet(result.docking).gaps] == [("card", 3, 4)]


def test_received_offers_and_the_sheet_agree(card: Path, dock: Dock, server: Server) -> None:
    for number in range(40):
        (card / f"{number}.mp4").write_bytes(os.urandom(number * 1000))
    result = dock(card)
    got: dict[bytes, FileOffer] = server.received()
    files = by_path(server, result.docking)
    assert {path: (o.sha256, o.sm3, o.size) for path, o in got.items()} == {
        path: (f.sha256, f.sm3, f.size) for path, f in files.items()  # type: ignore[attr-defined]
    }  # fmt: skip


def test_a_packed_sheet_is_the_message_whatever_is_in_it() -> None:
    from gzip import decompress  # noqa: PLC0415

    from ingest.office.client import _PIECE, _packed_sheet  # noqa: PLC0415

    text = (
        '录像 \\ " \x01 \u2028 😀' * 9 + "a" * (_PIECE - 200) + "录" * 300
    )  # a letter lies across two pieces
    message = SignedSheet.model_validate_json(decompress(_packed_sheet(text.encode(), "key", "signature")))
    assert message == SignedSheet(body=text, public_key="key", signature="signature")


def test_while_a_large_sheet_is_made_nobody_waits_for_it_and_nothing_is_closed_before_its_sheet(
    card: Path, dock: Dock, desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    (card / "a.mp4").write_bytes(b"a")
    monkeypatch.setattr("ingest.sheets.keeper.BUSY", 0.05)
    with desk.keeper._sheets.__self__._lock:  # type: ignore[attr-defined]
        result = dock(card)
    assert server.sheets == server.closed == {}
    desk.keep_once()
    assert set(server.sheets) == set(server.closed) == {result.docking}
