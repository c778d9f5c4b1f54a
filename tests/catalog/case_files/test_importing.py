"""Taking over cases from a case system: every form of file, again and again, and what is not overwritten."""

from __future__ import annotations

import csv
import io
import json
from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import delete, func, select

from catalog.actors import system
from catalog.case_files.entering import edit_case, mark_of
from catalog.case_files.handling import handlers_of
from catalog.case_files.importing.applying import ImportReport, Outcome, import_cases
from catalog.case_files.importing.columns import SAID_WHY
from catalog.case_files.importing.planning import BAD_WHY, NOTES
from catalog.case_files.importing.reading import ROW_WHY
from catalog.models import (
    Attachment,
    Case,
    CaseHandler,
    CaseImport,
    CaseMove,
    CustodyEntry,
    LockDue,
    Step,
    Unit,
)
from tests.catalog.case_files.bureau import NOW, TODAY, Bureau
from tests.catalog.case_files.test_entering import CaseFacts
from tests.catalog.world import entries

HEAD = [
    "案号",
    "案件名称",
    "类型",
    "当事人",
    "承办人1",
    "承办人2",
    "承办单位",
    "立案日期",
    "结案日期",
    "来源系统编号",
]
ROW = [
    "城市监罚〔2026〕1 号",
    "某某食品店案",
    "普通程序",
    "某某食品店",
    "100388",
    "王建国",
    "城东分局",
    "2026-03-01",
    "",
    "A-1",
]


def as_csv(
    *rows: list[str], head: list[str] | None = None, encoding: str = "utf-8", mark: str = ","
) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=mark).writerows([head or HEAD, *rows])
    return text.getvalue().encode(encoding)


def as_xlsx(*rows: list[Any], head: list[str] | None = None) -> bytes:
    book = Workbook()
    for row in [head or HEAD, *rows]:
        book.active.append(row)  # type: ignore[union-attr]
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def take(bureau: Bureau, body: bytes, who: str = "section-head", *, dry: bool = False) -> ImportReport:
    return import_cases(
        bureau.database, body, actor=bureau.people[who], today=TODAY, now=NOW, name="案件.csv", dry=dry
    )


def only(report: ImportReport) -> Outcome:
    [outcome] = report.outcomes
    return outcome


def the_case(bureau: Bureau, number: str = ROW[0]) -> Case:
    with bureau.database.read() as session:
        return session.scalars(select(Case).where(Case.number == number)).one()


def rows_of(bureau: Bureau) -> int:
    with bureau.database.read() as session:
        return session.scalar(select(func.count(Case.id))) or 0


@pytest.mark.parametrize(
    "body",
    [
        as_csv(ROW),
        as_csv(ROW, encoding="utf-8-sig"),
        as_csv(ROW, encoding="gb18030"),
        as_csv(ROW, encoding="utf-16"),
        as_csv(ROW, mark=";"),
        as_csv(ROW, mark="\t"),
        as_csv(ROW, head=[" 案 号*", *HEAD[1:]]),
        as_xlsx([*ROW[:7], datetime(2026, 3, 1), None, "A-1"]),  # noqa: DTZ001 - as a sheet holds it
        json.dumps([dict(zip(HEAD, ROW, strict=True))]).encode(),
        json.dumps({"cases": [dict(zip(HEAD, ROW, strict=True))]}, ensure_ascii=False).encode("gb18030"),
        as_csv(
            [ROW[0], ROW[1], "penalty-general", ROW[3], "李晓梅（100388）", "王建国", ROW[6], "2026年3月1日", "A-1"],
            head=["Case Number", "Title", "Type", "Party", "Handler 1", "Handler 2", "Unit", "Filed on", "Source ID"],
        ),
    ],
    ids=["utf8", "bom", "gb18030", "utf16", "semicolon", "tab", "stars", "xlsx", "json", "json-gb", "english"],
)  # fmt: skip
def test_every_form_says_the_same(bureau: Bureau, body: bytes) -> None:
    assert only(take(bureau, body, dry=True)).kind == "new"
    assert rows_of(bureau) == 0
    assert only(take(bureau, body)).kind == "new"
    case = the_case(bureau)
    assert (case.title, case.type, case.party, case.state) == (
        "某某食品店案",
        "penalty-general",
        "某某食品店",
        "open",
    )
    assert (case.handler_id, case.second_handler_id, case.unit_id) == (*bureau.officers[:2], bureau.unit)
    assert (case.filed_on, case.source_id) == (date(2026, 3, 1), "A-1")
    again = only(take(bureau, body))
    assert (again.kind, again.fields) == ("unchanged", ())
    with bureau.database.read() as session:
        assert len(entries(session, "case.imported")) == 1
        assert len(entries(session, "case.import-run")) == 2
        assert entries(session, "case.changed") == []
        entry = session.get_one(CustodyEntry, entries(session, "case.imported")[0])
        assert "食品店" not in entry.record
        assert [o.name for _, o in handlers_of(session, case.id)] == ["李晓梅", "王建国"]


def changed(**cells: str) -> list[str]:
    row = dict(zip(HEAD, ROW, strict=True)) | cells
    return [row[name] for name in HEAD]


def test_what_changed_there_is_taken_over(bureau: Bureau) -> None:
    take(bureau, as_csv(ROW))
    outcome = only(
        take(bureau, as_csv(changed(当事人="某某食品店（新）", 承办人1="陈立", 结案日期="2026-06-01")))
    )
    assert (outcome.kind, set(outcome.fields)) == ("changed", {"party", "handlers", "closed_on"})
    assert "state-stays" not in outcome.notes
    case = the_case(bureau)
    assert (case.party, case.handler_id, case.closed_on) == (
        "某某食品店（新）",
        bureau.officers[2],
        date(2026, 6, 1),
    )
    assert case.state == "open", "the file's life goes on here, by people"
    with bureau.database.read() as session:
        assert len(handlers_of(session, case.id)) == 3


def test_what_a_person_changed_here_is_not_overwritten(bureau: Bureau) -> None:
    take(bureau, as_csv(ROW))
    case = the_case(bureau)
    with bureau.database.write() as session:
        edit_case(
            session, actor=bureau.people["handler"], case_id=case.id, seen=mark_of(case), today=TODAY, now=NOW,
            facts=CaseFacts(case.title, case.type, ROW[0], "某某食品有限公司", case.unit_id, case.filed_on),
        )  # fmt: skip
    outcome = only(take(bureau, as_csv(ROW)))
    assert outcome.kind == "unchanged", "the system says what it said before"
    body = as_csv(changed(当事人="某某超市", 结案日期="2026-06-01"))
    for _ in range(2):
        outcome = only(take(bureau, body))
        assert (outcome.kind, outcome.conflicts) == ("conflict", ("party",))
        assert "changed-here" in outcome.notes
    case = the_case(bureau)
    assert (case.party, case.closed_on) == ("某某食品有限公司", date(2026, 6, 1)), "what is agreed on goes in"
    assert only(take(bureau, as_csv(changed(当事人="某某食品有限公司")))).conflicts == ()


def test_found_by_number_and_then_by_its_id(bureau: Bureau) -> None:
    case = bureau.case(ROW[0], title=ROW[1], party="", filed_on=date(2026, 3, 1))
    outcome = only(take(bureau, as_csv(ROW)))
    assert (outcome.kind, outcome.case) == ("changed", case)
    assert bureau.look(case).party == "某某食品店", "what nobody entered is filled in"
    renumbered = only(take(bureau, as_csv(changed(案号="城市监罚〔2026〕2 号"))))
    assert (renumbered.kind, renumbered.case) == ("changed", case)
    assert bureau.look(case).number == "城市监罚〔2026〕2 号"
    other = only(take(bureau, as_csv(changed(案号="城市监罚〔2026〕2 号", 来源系统编号="A-2"))))
    assert (other.kind, other.why) == ("bad", ("number-taken",))


def test_an_empty_cell_erases_nothing(bureau: Bureau) -> None:
    take(bureau, as_csv(ROW))
    assert (
        only(take(bureau, as_csv(changed(当事人="", 承办人1="", 承办人2="", 立案日期="")))).kind
        == "unchanged"
    )
    assert the_case(bureau).party == "某某食品店"


ARCHIVED = [*HEAD, "归档日期", "档号"]


def test_archived_cases_count_from_the_servers_clock(bureau: Bureau) -> None:
    row = [
        *changed(承办人1="退休甲", 承办人2="", 立案日期="2019-01-02", 结案日期="2019-06-01"),
        "2019-12-31",
        "D30-2019-0007",
    ]
    body = as_csv(row, head=ARCHIVED)
    refused = only(take(bureau, body))
    assert (refused.kind, refused.why) == ("bad", ("not-yours-archived",))
    outcome = only(take(bureau, body, "archivist"))
    assert set(outcome.notes) == {"stated-only-lengthens", "handler-kept-as-text"}
    case = the_case(bureau)
    assert (case.state, case.accepted_at, case.stated_accepted_on) == ("archived", NOW, date(2019, 12, 31))
    assert (case.archive_number, case.archive_year) == ("D30-2019-0007", 2019)
    assert "退休甲" in case.file_note
    earlier = [*row[:-2], "2001-01-01", row[-1]]
    assert only(take(bureau, as_csv(earlier, head=ARCHIVED), "archivist")).kind == "unchanged"
    assert the_case(bureau).stated_accepted_on == date(2019, 12, 31), "nothing stated later moves it"
    retyped = list(row)
    retyped[2], retyped[8] = "检查", "2001-06-01"
    outcome = only(take(bureau, as_csv(retyped, head=ARCHIVED), "archivist"))
    assert outcome.kind == "conflict"
    assert set(outcome.conflicts) == {"type", "closed_on"}
    assert "file-closed" in outcome.notes
    assert the_case(bureau).type == "penalty-general"


def test_type_and_coercion_are_not_weakened_by_a_file(bureau: Bureau) -> None:
    head = [*HEAD, "行政强制", "强制起始日期"]
    take(bureau, as_csv([*ROW, "是", "2026-03-02"], head=head))
    outcome = only(take(bureau, as_csv([*changed(类型="行政检查"), "否", ""], head=head)))
    assert set(outcome.conflicts) == {"type", "coercion"}
    assert {"type-stays", "coercion-stays"} <= set(outcome.notes)
    case = the_case(bureau)
    assert (case.type, case.coercion) == ("penalty-general", True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"案件名称": ""}, "title-missing"),
        ({"类型": ""}, "type-missing"),
        ({"类型": "刑事"}, "bad-type"),
        ({"立案日期": "2026-02-30"}, "date-wrong"),
        ({"立案日期": "1905-01-01"}, "date-wrong"),
        ({"立案日期": "2027-01-01"}, "date-in-future"),
        ({"结案日期": "2026-02-01"}, "dates-crossed"),
        ({"承办人1": "李四"}, "handler-unknown"),
        ({"承办人2": "100388"}, "same-handler"),
        ({"案号": ""}, "number-missing"),
        ({"案号": "", "来源系统编号": ""}, "no-key"),
        ({"当事人": "x" * 256}, "text-too-long"),
        ({"当事人": "x" * 4001}, "cell-too-long"),
        ({"当事人": "a\0b"}, "control-characters"),
        ({"当事人": "=1+1"}, "formula"),
    ],
)  # fmt: skip
def test_bad_rows_are_named_and_good_ones_go_in(bureau: Bureau, change: dict[str, str], why: str) -> None:
    good = changed(案号="2 号", 来源系统编号="A-2")
    report = take(bureau, as_csv(changed(**change), good, good))
    assert [(o.line, o.kind, o.why) for o in report.outcomes] == [
        (2, "bad", (why,)),
        (3, "new", ()),
        (4, "bad", ("twice-in-file",)),
    ]
    assert rows_of(bureau) == 1
    assert why in {*BAD_WHY, *SAID_WHY, *ROW_WHY}
    dry = take(bureau, as_csv(changed(**change), good, good), dry=True)
    assert [(o.line, o.kind) for o in dry.outcomes] == [(2, "bad"), (3, "unchanged"), (4, "bad")]


def test_leads_finished_cases_and_new_units(bureau: Bureau) -> None:
    lead = changed(案号="", 立案日期="", 来源系统编号="L-1", 类型="检查", 承办单位="城西分局")
    finished = changed(案号="2 号", 来源系统编号="A-2", 结案日期="2026-06-01")
    report = take(bureau, as_csv(lead, finished))
    assert [(o.kind, o.notes) for o in report.outcomes] == [("new", ("unit-new",)), ("new", ())]
    with bureau.database.read() as session:
        assert sorted(session.scalars(select(Case.state))) == ["finished", "lead"]
        assert session.scalar(select(Unit.name).where(Unit.name == "城西分局"))
        assert {m.move for m in session.scalars(select(CaseMove))} == {"import"}
    rows = as_csv(changed(案号="9 号", 来源系统编号="L-1", 类型="检查", 承办单位="城西分局"), finished)
    again = take(bureau, rows)
    assert [(o.kind, o.why) for o in again.outcomes] == [("bad", ("not-your-case",)), ("unchanged", ())]
    again = take(bureau, rows, "legal")
    assert [(o.kind, o.notes) for o in again.outcomes] == [("unchanged", ("state-stays",)), ("unchanged", ())]


def test_the_archivist_takes_over_no_open_case_and_others_none(bureau: Bureau) -> None:
    assert only(take(bureau, as_csv(ROW), "archivist")).why == ("not-yours-open",)
    for who in ("handler", "officer", "leader", "administrator"):
        assert only(take(bureau, as_csv(ROW), who)).why == ("not-yours-open",)
    assert rows_of(bureau) == 0


def test_locks_fall_due_when_a_file_changes_a_case(bureau: Bureau) -> None:
    take(bureau, as_csv(ROW))
    clip = bureau.clip(bureau.step(the_case(bureau).id))
    with bureau.database.write() as session:
        session.execute(delete(LockDue))
    take(bureau, as_csv(changed(结案日期="2026-06-01")))
    with bureau.database.read() as session:
        assert session.scalars(select(LockDue.clip_id)).all() == [clip]


VALUES = {
    "案号": st.sampled_from(["", "1 号", "2 号", "3 号"]),
    "案件名称": st.sampled_from(["", "甲案", "乙案", "\u202e丙案"]),
    "类型": st.sampled_from(["普通程序", "简易程序", "检查", "?"]),
    "当事人": st.sampled_from(["", "甲", "乙"]),
    "承办人1": st.sampled_from(["", "100388", "陈立", "无此人"]),
    "承办人2": st.sampled_from(["", "王建国", "100388"]),
    "承办单位": st.sampled_from(["", "城东分局", "城南分局"]),
    "立案日期": st.sampled_from(["", "2026-01-05", "2026/2/30", "2026.3.4"]),
    "结案日期": st.sampled_from(["", "2026-04-05", "2025-01-01"]),
    "来源系统编号": st.sampled_from(["", "A-1", "A-2", "A-3"]),
}
FILES = st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=6)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(FILES, min_size=1, max_size=3))
def test_once_more_changes_nothing(bureau: Bureau, files: list[list[dict[str, str]]]) -> None:
    """Whatever files came before: the last one once more changes no row, no handler, no unit, and adds no entry."""
    with bureau.database.write() as session:
        for table in (LockDue, Attachment, Step, CaseImport, CaseHandler, CaseMove, Case):
            session.execute(delete(table))
    for rows in files:
        body = as_csv(*([row[name] for name in HEAD] for row in rows))
        operator = system("operator")
        dry = import_cases(bureau.database, body, actor=operator, today=TODAY, now=NOW, dry=True)
        done = import_cases(bureau.database, body, actor=operator, today=TODAY, now=NOW, dry=False)
        # Two rows of one file may be about one case that only the first of them tells: known after the fact alone.
        assert [o.line for o in dry.outcomes] == [o.line for o in done.outcomes]
        assert {n for o in done.outcomes for n in o.notes} <= set(NOTES)
    import_cases(bureau.database, body, actor=operator, today=TODAY, now=NOW, dry=False)
    before = _all(bureau)
    report = import_cases(bureau.database, body, actor=operator, today=TODAY, now=NOW, dry=False)
    assert report.counts["new"] == 0
    about = [o.case for o in report.outcomes if o.case is not None]
    if len(about) == len(set(about)):  # else two rows of one file tell different things of one case
        assert report.counts["changed"] == 0
        assert _all(bureau) == before


def _all(bureau: Bureau) -> list[tuple[UUID, ...]]:
    with bureau.database.read() as session:
        return [
            *sorted(
                tuple(row)
                for row in session.execute(
                    select(
                        Case.id, Case.number, Case.title, Case.type, Case.party, Case.handler_id, Case.filed_on,
                        Case.closed_on, Case.source_id, Case.state,
                    )
                )
            ),
            tuple(sorted(session.scalars(select(CaseHandler.id)))),
            tuple(sorted(session.scalars(select(Unit.id)))),
            tuple(sorted(session.scalars(select(CustodyEntry.id).where(CustodyEntry.action != "case.import-run")))),
        ]  # fmt: skip
