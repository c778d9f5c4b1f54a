"""What of the log is told to somebody who is no auditor: his own acts, and things he has to do with."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from catalog.actors import Actor, system
from catalog.custody.log import add_entry
from catalog.models import Account, Clip, CustodyEntry, Recorder, Unit
from catalog.people import person
from tests.web.conftest import Site

TOLD = re.compile(r'href="/custody/([0-9a-f-]{36})"')


def told(client: FlaskClient, path: str = "/custody") -> set[UUID]:
    """The entries a page lists."""
    answer = client.get(path)
    assert answer.status_code == 200
    return {UUID(one) for one in TOLD.findall(answer.text)}


def enter(site: Site, who: Actor, action: str, **subjects: UUID | list[UUID]) -> UUID:
    with site.database.write() as session:
        return add_entry(session, actor=who, action=action, subjects=subjects, now=datetime.now(UTC))


def somebody(site: Site, username: str) -> Actor:
    with site.database.read() as session:
        return person(session.scalars(select(Account).where(Account.username == username)).one(), None)


@pytest.fixture
def elsewhere(site: Site) -> UUID:
    """A clip of another unit."""
    with site.database.write() as session:
        unit = Unit(name="城西分局")
        session.add(unit)
        session.flush()
        clip = session.get_one(Clip, site.hostile)
        clip.officer_id = clip.recorder_id = None
        recorder = Recorder(serial="WEST-1", serial_source="test", label="WEST-1", unit_id=unit.id, created_at=datetime.now(UTC))  # fmt: skip
        session.add(recorder)
        session.flush()
        clip.recorder_id = recorder.id
    return site.hostile


def test_without_a_thing_named_one_reads_ones_own_acts(site: Site) -> None:
    li, sun = somebody(site, "li"), somebody(site, "sun")
    mine = enter(site, li, "clip.marked", clip=site.clip)
    other = enter(site, sun, "clip.marked", clip=site.clip)
    machine = enter(site, system("verify"), "clip.verified", clip=site.clip)
    client = site.client("li")
    assert mine in told(client)
    assert told(client) & {other, machine} == set()
    assert "以下是您本人的操作记录" in client.get("/custody").text
    assert {mine, other, machine} <= told(client, f"/custody?subject={site.clip}")
    assert {mine, other, machine} <= told(site.client("chen"))  # the archive works with all things
    assert {mine, other, machine} <= told(site.client("zhao"))


@pytest.mark.parametrize("reader", ["li", "sun", "chen", "zhou"])
def test_of_colleagues_nothing_is_told(site: Site, reader: str) -> None:
    wang = somebody(site, "wang")
    assert wang.id is not None
    entries = {
        enter(site, wang, "account.signed-in", account=wang.id),
        enter(site, wang, "search.made"),
        enter(site, somebody(site, "gao"), "account.closed", account=wang.id),
        enter(site, somebody(site, "zhao"), "custody.exported"),
    }
    client = site.client(reader)
    for query in (
        "",
        "?subject=wang",
        f"?subject={wang.id}",
        f"?subject={wang.officer_id}",
        "?subject=王建国",
        "?kind=account",
        "?action=account.signed-in",
        "?action=custody.exported",
        "?group=sign-in",
        f"?person={wang.id}",
    ):
        assert told(client, f"/custody{query}") & entries == set(), query
    for entry in entries:
        assert client.get(f"/custody/{entry}").status_code == 404
    assert entries <= told(site.client("zhao"))
    own = told(client, "/custody?action=account.signed-in")
    assert len(own) == 1, "one's own sign-in is one's own act"


def test_a_recording_out_of_scope_does_not_show(site: Site, elsewhere: UUID) -> None:
    sun = somebody(site, "sun")
    alone = enter(site, system("verify"), "clip.verified", clip=elsewhere)
    on_case = enter(site, sun, "clip.attached", clip=elsewhere, case=site.cases[0])
    both = enter(site, sun, "clip.attached", clip=[elsewhere, site.clip], case=site.cases[0])
    client = site.client("li")
    for query in (f"?subject={elsewhere}", f"?subject={site.cases[0]}", "?kind=clip", ""):
        assert told(client, f"/custody{query}") & {alone, on_case} == set(), query
    for entry in (alone, on_case):
        assert client.get(f"/custody/{entry}").status_code == 404
    assert both in told(client, f"/custody?subject={site.clip}")
    page = client.get(f"/custody/{both}").text
    assert str(elsewhere) not in page
    assert "仅审计员可查看全文" in page
    assert str(elsewhere) in site.client("zhao").get(f"/custody/{both}").text


@pytest.mark.parametrize(
    ("reader", "sees"), [("li", False), ("sun", False), ("chen", True), ("zhou", True), ("zhao", True)]
)
def test_of_a_sealed_recording_those_read_who_decide(site: Site, reader: str, sees: bool) -> None:
    chen = somebody(site, "chen")
    seal = enter(site, chen, "seal.confirmed", clip=site.clip)
    before = enter(site, chen, "clip.marked", clip=site.clip)
    with site.database.write() as session:
        session.execute(update(Clip).where(Clip.id == site.clip).values(restricted=True))
    client = site.client(reader)
    shown = told(client, "/custody?kind=clip") | told(client, f"/custody?subject={site.clip}")
    assert (seal in shown) is sees
    assert (before in shown) is (reader == "zhao")
    assert (client.get(f"/custody/{seal}").status_code == 200) is sees


def test_counts_by_day_count_what_is_told(site: Site) -> None:
    for _ in range(7):
        enter(site, somebody(site, "gao"), "account.closed", account=somebody(site, "wang").id or site.clip)
    with site.database.read() as session:
        mine = len(
            [one for one in session.scalars(select(CustodyEntry)).all() if one.action == "account.signed-in"]
        )
    client = site.client("li")
    bars = re.findall(r"<title>[\d-]+: (\d+)</title>", client.get("/custody?action=account.signed-in").text)
    assert sum(map(int, bars)) == mine + 1
    bars = re.findall(r"<title>[\d-]+: (\d+)</title>", client.get("/custody?action=account.closed").text)
    assert sum(map(int, bars)) == 0
