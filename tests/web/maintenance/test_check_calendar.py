"""The calendar of checks: a month as a table, what is due under its day, today, overdue ones, other months by links."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from catalog.actors import system
from catalog.models import Officer, Recorder
from catalog.recorders import register_recorder
from tests.web.conftest import HOSTILE, Site
from tests.web.maintenance.desk import Desk, asked_of, recorder_id

INTERVAL = timedelta(days=90)
NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)
"""Noon in the bureau."""


@pytest.fixture
def noon(site: Site) -> Site:
    """The site at noon of a Friday; its own recorder is to be checked in the year after."""
    site.moment.append(NOON)
    due(site, recorder_id(site), datetime(2027, 1, 15, 4, tzinfo=UTC))
    return site


def due(site: Site, recorder: UUID, at: datetime) -> None:
    """Enter a recorder at such a time that its first check is due then."""
    with site.database.write() as session:
        session.execute(update(Recorder).where(Recorder.id == recorder).values(created_at=at - INTERVAL))


def add(site: Site, label: str, at: datetime) -> UUID:
    with site.database.write() as session:
        made = register_recorder(
            session, actor=system("test"), serial=f"SN {label}", label=label, kind="recorder", now=NOON
        ).id
    due(site, made, at)
    return made


def calendar(page: str) -> str:
    (found,) = re.findall(r'<table class="calendar">.*?</table>', page, re.DOTALL)
    return str(found)


def cell(page: str, day: str) -> str:
    """What stands in the cell of a day."""
    (found,) = re.findall(rf'<td[^>]*><time datetime="{day}">.*?</td>', calendar(page), re.DOTALL)
    return str(found)


def words(markup: str) -> str:
    """What of it is read out."""
    return " ".join(re.sub(r"<[^>]+>", " ", markup).split())


def month(page: str) -> str:
    (found,) = re.findall(r'<h2 id="calendar">[^<]*(\d{4}-\d\d)</h2>', page)
    return str(found)


def ways(page: str) -> dict[str, str]:
    """Where the calendar leads besides: month by what the link is."""
    return dict(re.findall(r'rel="(prev|next)" href="/recorders/checks\?month=([^"]+)"', page))


def test_a_month_as_a_table(noon: Site) -> None:
    page = Desk(noon, "admin").get("/recorders/checks")
    table = calendar(page)
    assert "<caption" in table
    assert "Checks due in 2026-11, by day" in table
    heads = re.findall(r'<th scope="col" aria-label="([^"]+)">([^<]+)</th>', table)
    assert [short for _, short in heads] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert (heads[0][0], heads[6][0]) == ("Monday", "Sunday")
    days = re.findall(r'<time datetime="([^"]+)">(\d+)</time>', table)
    assert days == [(f"2026-11-{n:02}", str(n)) for n in range(1, 31)]
    assert all(row.count("<td") == 7 for row in table.split("<tbody>")[1].split("</tr>")[:-1])
    assert page.index('class="calendar"') < page.index("2027-01-15"), "it stands above the list"


def test_in_chinese(noon: Site) -> None:
    add(noon, "二号", NOON - timedelta(days=3))
    page = Desk(noon, "admin", "zh_Hans_CN").get("/recorders/checks")
    assert re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', calendar(page)) == [*"一二三四五六日"]
    assert words(cell(page, "2026-11-24")) == "24 已逾期： 二号"
    assert words(cell(page, "2026-11-27")) == "27 今天"
    assert "应检 1 台" in page
    assert "逾期 1 台" in page


def test_what_is_due_stands_under_its_day_and_leads_to_the_recorder(noon: Site) -> None:
    one = add(noon, "二号", NOON + timedelta(days=2))
    late = add(noon, "三号", NOON - timedelta(days=2))
    page = Desk(noon, "admin").get("/recorders/checks")
    soon, overdue = cell(page, "2026-11-29"), cell(page, "2026-11-25")
    assert f'href="/recorders/{one}#check"' in soon
    assert words(soon) == "29 二号"
    assert "chip" not in soon
    assert f'class="chip stop" href="/recorders/{late}#check"' in overdue, "with the sign of what is overdue"
    assert words(overdue) == "25 Overdue: 三号", "and with the word"
    assert words(cell(page, "2026-11-30")) == "30"
    assert "2 checks due" in page
    assert "1 overdue" in page


def test_today_is_the_bureaus(noon: Site, later: Callable[..., datetime]) -> None:
    def today(page: str) -> list[str]:
        return re.findall(r'aria-current="date"><time datetime="([^"]+)"', page)

    noon.moment[:] = [datetime(2026, 11, 30, 15, 59, tzinfo=UTC)]
    add(noon, "二号", datetime(2026, 11, 30, 16, 30, tzinfo=UTC))
    page = Desk(noon, "admin").get("/recorders/checks")
    assert (month(page), today(page)) == ("2026-11", ["2026-11-30"])
    assert "No check is due in this month." in page, "half past midnight of the bureau is December"
    later()
    page = Desk(noon, "admin").get("/recorders/checks")
    assert (month(page), today(page)) == ("2026-12", ["2026-12-01"])
    assert words(cell(page, "2026-12-01")) == "1 Today 二号"
    assert today(Desk(noon, "admin").get("/recorders/checks?month=2027-01")) == []


def test_of_many_it_says_how_many_and_leads_to_the_list(noon: Site) -> None:
    for n in range(5):
        add(noon, f"今日{n}", NOON + timedelta(hours=n - 2, minutes=1))  # two of them overdue already
    for n in range(3):
        add(noon, f"明日{n}", NOON + timedelta(days=1))
    page = Desk(noon, "admin").get("/recorders/checks")
    today = cell(page, "2026-11-27")
    assert [label in today for label in ("今日0", "今日1", "今日2", "今日3", "今日4")] == [
        *(True, True, True, False, False)
    ]
    assert '<a href="#due-2026-11-27">+2' in today
    assert "+" not in words(cell(page, "2026-11-28")), "three are named"
    rows = re.findall(r'<tr id="due-([^"]+)">.*?</tr>', page, re.DOTALL)
    assert rows == ["2026-11-27", "2026-11-28", "2027-01-15"], "each day once, at its first line"
    (first,) = re.findall(r'<tr id="due-2026-11-27">.*?</tr>', page, re.DOTALL)
    assert "今日0" in first


def test_other_months_by_links(noon: Site) -> None:
    admin = Desk(noon, "admin")
    page = admin.get("/recorders/checks")
    assert ways(page) == {"prev": "2026-10", "next": "2026-12"}
    assert "This month" not in page
    page = admin.get("/recorders/checks?month=2026-12")
    assert ways(page) == {"prev": "2026-11", "next": "2027-01"}
    assert "This month" in page
    page = admin.get("/recorders/checks?month=2027-01")
    assert "1 check due" in page
    assert f"/recorders/{recorder_id(noon)}#check" in cell(page, "2027-01-15")


@pytest.mark.parametrize(
    "asked",
    [
        *(
            "",
            "x",
            "2026-13",
            "0000-01",
            "0-1",
            "99999-01",
            "9999-12",
            "2026-11-27",
            "-1-1",
            "%00",
            "9" * 5000,
        ),
        *("2026-12&month=x", "%D9%A2%D9%A0%D9%A2%D9%A6-11", "<script>alert(1)</script>"),
    ],
)
def test_nonsense_is_the_present_month(noon: Site, asked: str) -> None:
    page = Desk(noon, "admin").get(f"/recorders/checks?month={asked}")
    assert month(page) == ("2026-12" if asked.startswith("2026-12&") else "2026-11")
    assert "alert(1)" not in calendar(page)


@pytest.mark.parametrize(
    ("asked", "leads"),
    [("1990-01", {"next": "1990-02"}), ("9000-12", {"prev": "9000-11"})],
)
def test_at_the_ends_no_link_leads_on(noon: Site, asked: str, leads: dict[str, str]) -> None:
    page = Desk(noon, "admin").get(f"/recorders/checks?month={asked}")
    assert (month(page), ways(page)) == (asked, leads)


def test_labels_are_shown_never_run(noon: Site) -> None:
    add(noon, HOSTILE, NOON + timedelta(days=1))
    assert HOSTILE not in Desk(noon, "admin").get("/recorders/checks")


def test_no_recorder_costs_a_query_of_its_own(noon: Site) -> None:
    admin = Desk(noon, "admin")

    def queries() -> int:
        with asked_of(noon) as asked:
            admin.get("/recorders/checks")
        return sum(one.lstrip().startswith(("SELECT", "WITH")) for one in asked)

    few = queries()
    with noon.database.read() as session:
        officers = session.scalars(select(Officer.id)).all()
    assert len(officers) > 1
    for n in range(25):
        made = add(noon, f"D{n}", NOON + timedelta(days=n % 7 - 3))
        with noon.database.write() as session:
            session.get_one(Recorder, made).holder_id = officers[n % len(officers)]
    assert 0 < queries() <= few
