"""A sheet is kept as signed, locked like an original, and a crash in between leaves nothing lost or double."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import rfc8785

from catalog.custody.log import entries_about
from catalog.ids import new_id
from catalog.intake.dockings import NotThisStation, UnknownDocking
from catalog.locked_objects import differs, lock_of
from catalog.models import Copy, CustodyEntry, Gap, Sheet, Station
from catalog.rules.sheet_text import NotCanonical, files_of, frame_of
from catalog.sheets import SentSheet, SheetDamaged, SheetRefused, find_sheet, keep_sheet, sheet_text
from tests.catalog.intake_desk import Intake, count, new_docking, new_station
from tests.catalog.sheet_maker import ANY_SHAPE, SheetMaker, entry, frame


@pytest.fixture
def maker() -> SheetMaker:
    return SheetMaker()


def keep(intake: Intake, sent: SentSheet, **more: object) -> Sheet:
    given = {"actor": intake.station, "shape": ANY_SHAPE, "now": intake.now, **more}
    return keep_sheet(intake.database, intake.store, sent=sent, **given)  # type: ignore[arg-type]


def refused(intake: Intake, sent: SentSheet) -> str:
    with pytest.raises(SheetRefused) as refusal:
        keep(intake, sent)
    assert count(intake.database, Sheet) == 0
    return refusal.value.why


def test_it_is_kept_locked_and_read_back(intake: Intake, maker: SheetMaker) -> None:
    clip = intake.take(os.urandom(50)).clip
    sent = maker.of(
        intake,
        [entry(b"DCIM/a.mp4", clip, size=50, new=True), entry(b"link", end="refused", reason="a link")],
        gaps=[{"series": "DCIM 100412", "first": 3, "last": 5}],
    )
    sheet = keep(intake, sent)
    place = sheet.objects["sheet"]
    assert place["key"] == f"sheets/{intake.docking}/1.json"
    assert b"".join(intake.store.read(place["key"], place["version"])) == sent.body
    assert sheet.sha256 == hashlib.sha256(sent.body).hexdigest()
    facts = intake.store.facts(place["key"], place["version"])
    assert facts.lock_mode == "COMPLIANCE"
    assert facts.lock_until == lock_of(place) == sheet.lock_desired
    with intake.database.read() as session:
        copies = session.query(Copy).all()
        assert all(sheet.lock_desired >= copy.lock_until for copy in copies)
        assert entries_about(session, "docking", intake.docking)[-2].action == "docking.sheet-kept"
        assert session.query(Gap).one().last == 5
        assert session.query(Station).one().sheet_key == maker.public
        assert sheet_text(intake.store, session.query(Sheet).one()) == sent.text
    assert (sheet.files, sheet.bytes) == (2, 50)
    assert sheet.summary["ends"] == {"received": 1, "refused": 1}
    assert (sheet.summary["new"], sheet.summary["maker"], sheet.summary["battery"]) == (1, "王建国", 41)


def test_the_same_bytes_again_are_the_same_sheet(intake: Intake, maker: SheetMaker) -> None:
    sent = maker.of(intake, [])
    first = keep(intake, sent)
    assert keep(intake, sent, now=intake.now + timedelta(hours=1)).id == first.id
    assert count(intake.database, Sheet) == 1
    assert len(list(intake.store.list_versions(f"sheets/{intake.docking}/"))) == 1
    with pytest.raises(SheetRefused, match="revision-taken"):
        keep(intake, maker.of(intake, [entry(b"x", end="vanished")]))
    second = keep(intake, maker.of(intake, [entry(b"x", end="vanished")], revision=2))
    with intake.database.read() as session:
        newest = find_sheet(session, intake.docking)
        assert newest is not None
        assert newest.id == second.id


def test_a_crash_between_storage_and_catalog_is_made_good_by_repeating(
    intake: Intake, maker: SheetMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = maker.of(intake, [])
    with monkeypatch.context() as crash:
        crash.setattr("catalog.sheets._take_in", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            keep(intake, sent)
    assert count(intake.database, Sheet) == 0
    kept = keep(intake, sent)
    assert len(list(intake.store.list_versions(f"sheets/{intake.docking}/"))) == 1
    assert kept.objects["sheet"]["version"]


def test_what_a_crash_left_in_storage_is_taken_in_before_another_is(
    intake: Intake, maker: SheetMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The station lost its copy of revision 1 and made it anew: both sheets are kept, none replaces the other."""
    lost, anew = maker.of(intake, []), maker.of(intake, [entry(b"x", end="vanished")])
    with monkeypatch.context() as crash:
        crash.setattr("catalog.sheets._take_in", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            keep(intake, lost)
    with pytest.raises(SheetRefused, match="revision-taken"):
        keep(intake, anew)
    with intake.database.read() as session:
        only = find_sheet(session, intake.docking)
        assert only is not None
        assert only.sha256 == hashlib.sha256(lost.body).hexdigest()
        assert only.signature == lost.signature
    keep(intake, maker.of(intake, [entry(b"x", end="vanished")], revision=2))


def _unsorted(maker: SheetMaker, docking: UUID) -> SentSheet:
    return maker.sheet(docking, [entry(b"b", end="vanished"), entry(b"a", end="vanished")])


def _no_canonical_text(maker: SheetMaker, docking: UUID) -> SentSheet:
    return maker.sign(docking, json.dumps({**frame(docking), "files": []}))


WRONG: dict[str, Callable[[SheetMaker, UUID], SentSheet]] = {
    "bad-signature": lambda maker, docking: maker.sign(docking, maker.sheet(docking, []).text, body=b"other"),
    "not-canonical": _no_canonical_text,
    "other-docking": lambda maker, docking: maker.sheet(docking, [], station="st-2"),
    "foreign-clip": lambda maker, docking: maker.sheet(docking, [entry(b"a", new_id())]),
    "too-many": lambda maker, docking: maker.sheet(docking, [], revision=10_001),
}


@pytest.mark.parametrize("why", WRONG)
def test_a_wrong_sheet_is_refused_in_a_word_and_leaves_nothing(
    intake: Intake, maker: SheetMaker, why: str
) -> None:
    assert refused(intake, WRONG[why](maker, intake.docking)) == why
    assert list(intake.store.list_versions(f"sheets/{intake.docking}/")) == []
    with intake.database.read() as session:
        assert session.query(Station).one().sheet_key is None


def test_lists_out_of_order_and_doubled_entries_are_refused(intake: Intake, maker: SheetMaker) -> None:
    assert refused(intake, _unsorted(maker, intake.docking)) == "not-canonical"
    twice = [entry(b"a", end="vanished"), entry(b"a", end="vanished")]
    assert refused(intake, maker.of(intake, twice)) == "not-canonical"


def test_the_first_key_counts_and_another_is_refused(intake: Intake, maker: SheetMaker) -> None:
    keep(intake, maker.of(intake, []))
    with intake.database.read() as session:
        pinned = session.query(CustodyEntry).filter_by(action="station.sheet-key-pinned").one()
        assert "st-1" not in pinned.record
    with pytest.raises(SheetRefused, match="other-key"):
        keep(intake, SheetMaker().of(intake, [], revision=2))
    assert count(intake.database, Sheet) == 1


def test_another_stations_docking_and_another_stations_clips(intake: Intake, maker: SheetMaker) -> None:
    other = new_station(intake.database, intake.now, "st-2")
    with pytest.raises((NotThisStation, UnknownDocking)):
        keep(intake, maker.of(intake, []), actor=other)
    with pytest.raises(UnknownDocking):
        keep(intake, maker.sheet(new_id(), []))
    theirs = new_docking(intake.database, other, intake.now, "DSJ-2")
    clip = intake.take(os.urandom(9)).clip
    with pytest.raises(SheetRefused, match="foreign-clip"):
        keep(intake, SheetMaker().sheet(theirs, [entry(b"a", clip)], station="st-2"), actor=other)


def test_what_storage_gives_back_must_be_the_sheet(intake: Intake, maker: SheetMaker) -> None:
    sheet = keep(intake, maker.of(intake, []))
    with pytest.raises(SheetDamaged):
        sheet_text(intake.store, Sheet(objects=sheet.objects, sha256="0" * 64))


def test_what_departs_from_a_place_is_said(intake: Intake, maker: SheetMaker) -> None:
    sheet = keep(intake, maker.of(intake, []))
    place = sheet.objects["sheet"]
    facts = intake.store.facts(place["key"], place["version"])

    def said(**changes: object) -> str:
        found = replace(facts, **changes)  # type: ignore[arg-type]
        return differs(
            place, found, size=place["size"], checksum=place["checksum"], locked_until=sheet.lock_desired
        )

    assert said() == ""
    assert "bytes" in said(size=1)
    assert "checksum" in said(sha256="x")
    assert said(lock_mode=None) == said(lock_until=None) == "no lock"
    assert "locked until" in said(lock_until=sheet.lock_desired - timedelta(seconds=1))
    assert "version" in said(version="0")


# The text itself


def test_frame_and_files_together_are_exactly_the_text() -> None:
    files = [entry(b"%d" % n, size=n, shown='文 "[]{},:') for n in range(3)]
    whole = {"a": [1, {"files": 2}], "files": files, "z": "end"}
    text = rfc8785.dumps(whole).decode()
    assert {**frame_of(text), "files": list(files_of(text))} == whole


def _read_whole(text: str) -> object:
    return frame_of(text), list(files_of(text))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "1", '{"a":1}', '{"files":[}', '{"files":[{}] }', '{"files":[{}{}]}', '{"files":[1]}',
     '{"files":[{},]}', '{"files":[{}]} ', '{"files":[{}],"a":1}', '{"files":[{"b":1,"a":2}]}', '{"a":1.0,"files":[]}',
     '{"files":[{"a":1},{"a": 1}]}', '{"files":[],"files":[]}', '{"files":[{"n":9007199254740993}]}',
     '{"files":["a"],"z":1}', '{"files":{"a":1}}', '{"a":"\\ud800","files":[]}', '{"files":' + "[" * 100_000],
)  # fmt: skip
def test_anything_else_is_not_canonical(text: str) -> None:
    with pytest.raises(NotCanonical):
        _read_whole(text)


def test_paths_may_hold_any_bytes(intake: Intake, maker: SheetMaker) -> None:
    path = b"\xff\xfe/\x01\n'\"\\"
    sent = maker.of(
        intake,
        [entry(path, end="refused")],
        maker="a\x00b",
        gaps=[{"series": "x\x00", "first": 1, "last": 2**53 - 1}],
    )
    sheet = keep(intake, sent)
    (found,) = files_of(sheet_text(intake.store, sheet))
    assert base64.b64decode(found["path"]) == path
