"""The register and the label: what is listed, in which order, what is refused, and what the log keeps."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from catalog.archiving.labels import WHY, CannotLabel, Label, change_label, label_of, propose_number
from catalog.archiving.register import SORTS, FileLine, Wanted, count_states, every_file, list_files
from catalog.models import Case, Clip, CustodyEntry, CustodyPrivate
from tests.catalog.archiving.conftest import NOW, Archive, row

PATTERN = "{fonds}-{year}-{period}-{unit}-{serial:04}"


def label(archive: Archive, case: UUID, seen: str | None = None, reason: str = "", **changes: object) -> None:
    with archive.database.write() as session:
        before = label_of(session.get_one(Case, case))
        change_label(
            session, actor=archive.people["archivist"], case_id=case, label=replace(before, **changes),  # type: ignore[arg-type]
            seen=seen or before.mark, reason=reason, now=NOW,
        )  # fmt: skip


def listed(archive: Archive, **wanted: object) -> list[FileLine]:
    with archive.database.read() as session:
        return list(list_files(session, Wanted(**wanted), archive.people["archivist"]).lines)  # type: ignore[arg-type]


def test_only_what_was_reviewed_is_in_it(archive: Archive) -> None:
    one, two = archive.case("a"), archive.case("b")
    archive.clip(one)
    assert listed(archive) == []
    archive.walk(one, "reviewed")
    archive.walk(two, "corrected")
    (line,) = listed(archive)
    assert (line.case.id, line.clips, line.held, line.check) == (one, 1, False, None)
    assert line.kept_until == NOW + timedelta(days=184)
    with archive.database.read() as session:
        assert count_states(session)["reviewed"] == 1


def test_narrowing_and_order(archive: Archive) -> None:
    cases = [
        archive.case(title, unit=unit)
        for title, unit in (("甲", "城东分局"), ("乙%", "城西分局"), ("丙", "城东分局"))
    ]
    for n, case in enumerate(cases):
        archive.walk(case)
        label(
            archive,
            case,
            archive_number=f"1-{n}",
            archive_year=2024 + n,
            shelf_place=f"A{n}",
            fonds_number="101",
        )
    assert [line.case.title for line in listed(archive)] == ["甲", "乙%", "丙"]
    assert [line.case.title for line in listed(archive, falling=True)] == ["丙", "乙%", "甲"]
    assert [line.case.title for line in listed(archive, year=2025)] == ["乙%"]
    assert [line.case.title for line in listed(archive, words="%")] == ["乙%"]
    assert [line.case.title for line in listed(archive, words="1-2 某某")] == ["丙"]
    assert [line.case.title for line in listed(archive, shelf="a0")] == ["甲"]
    assert listed(archive, fonds="102") == []
    assert listed(archive, state="archived") == []
    unit = row(archive.database, cases[1]).unit_id
    assert [line.case.title for line in listed(archive, unit=unit)] == ["乙%"]
    for sort in ("year", "shelf", "number"):
        assert [line.case.title for line in listed(archive, sort=sort, falling=True)] == ["丙", "乙%", "甲"]
    units = [line.case.unit.name for line in listed(archive, sort="unit") if line.case.unit]
    assert units == ["城东分局", "城东分局", "城西分局"]
    label(archive, cases[2], shelf_place="")
    for falling, order in ((False, ["甲", "乙%", "丙"]), (True, ["乙%", "甲", "丙"])):
        assert [line.case.title for line in listed(archive, sort="shelf", falling=falling)] == order
    for sort in SORTS:
        for falling in (False, True):
            assert len(listed(archive, sort=sort, falling=falling)) == 3
    with archive.database.read() as session:
        assert len(list(every_file(session, Wanted(), None))) == 3
        second = list_files(session, Wanted(), None, page=1, limit=2)
        assert ([x.case.title for x in second.lines], second.count) == (["丙"], 3)


def test_a_restricted_recording_counts_nowhere(archive: Archive) -> None:
    case = archive.case()
    archive.clip(case, "a.mp4")
    hidden = archive.clip(case, "b.mp4")
    archive.walk(case)
    with archive.database.write() as session:
        session.execute(
            update(Clip)
            .where(Clip.id == hidden)
            .values(restricted=True, hold_desired=True, lock_desired=NOW + timedelta(days=9999))
        )
    (line,) = listed(archive)
    assert (line.clips, line.held, line.kept_until) == (1, False, NOW + timedelta(days=184))


def test_the_log_keeps_what_a_label_was(archive: Archive) -> None:
    case = archive.case()
    archive.walk(case)
    label(
        archive,
        case,
        archive_number=" 1-2026-\x00D30-0001 ",
        shelf_place="3 柜\n2 层",
        file_note="=1\n第二行",
    )
    kept = row(archive.database, case)
    assert (kept.archive_number, kept.shelf_place, kept.file_note) == (
        "1-2026-D30-0001",
        "3 柜 2 层",
        "=1\n第二行",
    )
    label(archive, case, archive_number="1-2026-D30-0002")
    with archive.database.read() as session:
        entries = session.scalars(
            select(CustodyEntry).where(CustodyEntry.action == "case.label-changed").order_by(CustodyEntry.id)
        ).all()
        assert [json.loads(e.record)["facts"]["changed"] for e in entries] == [
            ["archive_number", "file_note", "shelf_place"],
            ["archive_number"],
        ]
        private = session.get_one(CustodyPrivate, (entries[1].id, "before"))
        assert json.loads(private.value) == {"archive_number": "1-2026-D30-0001"}
        assert "第二行" not in entries[0].record


def test_refusals_change_nothing(archive: Archive) -> None:
    case, other, early = archive.case(), archive.case(), archive.case()
    archive.walk(case)
    archive.walk(other)
    label(archive, other, archive_number="X-1")
    seen: set[str] = set()

    def refused(why: str, of: UUID = case, **more: object) -> None:
        with pytest.raises(CannotLabel) as caught:
            label(archive, of, **more)  # type: ignore[arg-type]
        assert caught.value.why == why
        seen.add(why)

    refused("not-in-archive", early, shelf_place="x")
    refused("changed-meanwhile", seen="0" * 32, shelf_place="x")
    refused("nothing-changed")
    refused("number-taken", archive_number="X-1")
    refused("bad-year", archive_year=-1)
    refused("bad-year", archive_year=99999)
    for name, limit in (
        ("archive_number", 128),
        ("fonds_number", 64),
        ("shelf_place", 255),
        ("file_note", 4000),
    ):
        refused("too-long", **{name: "长" * (limit + 1)})
    refused("number-gone", other, archive_number=" ")
    with archive.database.write() as session:
        session.get_one(Case, case).state = "archived"
    refused("reason-missing", shelf_place="x")
    label(archive, case, reason="搬库", shelf_place="x")
    with pytest.raises(CannotLabel) as caught, archive.database.write() as session:
        change_label(
            session,
            actor=archive.people["archivist"],
            case_id=archive.officer,
            label=Label(),
            seen="",
            now=NOW,
        )
    assert seen | {caught.value.why} == set(WHY)


def test_proposing(archive: Archive) -> None:
    one, two = archive.case("a"), archive.case("b")
    archive.walk(one)
    archive.walk(two)

    def proposed(case: UUID, fonds: str = "101", period: str = "D30") -> tuple[str, tuple[str, ...]]:
        with archive.database.read() as session:
            found = propose_number(
                session, session.get_one(Case, case), pattern=PATTERN, fonds=fonds, period=period, year=2027
            )
            return found.label.archive_number, found.missing

    assert proposed(one) == ("101-2026-D30-城东分局-0001", ())  # the year is that of the closing
    label(archive, one, archive_number="101-2026-D30-城东分局-0001", fonds_number="101")
    assert proposed(two)[0] == "101-2026-D30-城东分局-0002"
    assert proposed(two, period="D10")[0] == "101-2026-D10-城东分局-0001"
    assert proposed(two, fonds="10_")[0] == "10_-2026-D30-城东分局-0001"  # no wildcard
    assert proposed(two, fonds="", period="") == ("", ("fonds", "period"))


def test_two_give_the_same_number_at_once(archive: Archive) -> None:
    cases = [archive.case("a"), archive.case("b")]
    for case in cases:
        archive.walk(case)
    refused: list[str] = []
    gate = threading.Barrier(2)

    def give(case: UUID) -> None:
        gate.wait(10)
        try:
            label(archive, case, archive_number="1-1")
        except CannotLabel as error:
            refused.append(error.why)

    threads = [threading.Thread(target=give, args=(case,)) for case in cases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert refused == ["number-taken"]
    assert sorted(str(row(archive.database, case).archive_number) for case in cases) == ["1-1", "None"]
