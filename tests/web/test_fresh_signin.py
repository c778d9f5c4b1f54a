"""What locks recordings for years is done by whoever has just shown who they are, not by whoever finds the desk (R2.12)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from catalog.case_files.life import MoveFacts, move_case
from catalog.models import Case, Docking, Recorder, RetentionSchedule
from tests.web.conftest import Site, csrf
from tests.web.test_archive import actor, explain_what_lacks, handed_over, post
from tests.web.test_refusals_are_kept import kept
from tests.web.test_retention import Hand, digest, proposed

LEFT = timedelta(minutes=5, seconds=1)
STALE = "this step asks for a fresh sign-in"


@dataclass(frozen=True)
class Act:
    """Something that cannot be taken back, made ready to be done by `who` with one press."""

    who: str
    act: str
    path: str
    form: dict[str, str]
    about: set[tuple[str, UUID]]
    state: Callable[[], str]
    before: str
    after: str


def checked_file(site: Site) -> tuple[UUID, str]:
    """A file handed over to the archive and checked there; answers it with its check."""
    case = handed_over(site)
    post(site.client("chen"), f"/cases/{case}/archive/check")
    page = site.client("chen").get(f"/cases/{case}/archive").text
    return case, unescape(re.findall(r'name="check" value="([^"]+)"', page)[0])


def of_a_file(site: Site, act: str, path: str, about: bool, **form: str) -> Act:
    case, check = checked_file(site)

    def state() -> str:
        with site.database.read() as session:
            return session.get_one(Case, case).state

    named = {name: {"CASE": str(case), "CHECK": check}.get(value, value) for name, value in form.items()}
    return Act(
        "chen", act, path.replace("CASE", str(case)), named, {("case", case)} if about else set(), state,
        "handed-over", "accepted",
    )  # fmt: skip


def of_a_schedule(site: Site, who: str, act: str, before: str, after: str) -> Act:
    path = proposed(Hand(site, "chen"))
    given = digest(Hand(site, "he"), path)
    for name in ("he", "ma") if act == "force" else ("he",):
        Hand(site, name).post(f"{path}/approve", digest=given)
    form = {"digest": given} if act == "approve" else {"number": "批-7", "approved_on": "2026-11-20"}

    def state() -> str:
        with site.database.read() as session:
            return session.get_one(RetentionSchedule, UUID(path.strip("/"))).state

    about = {("schedule", UUID(path.strip("/")))}
    return Act(who, f"retention_{act}", f"/retention{path}/{act}", form, about, state, before, after)


def of_a_transfer(site: Site) -> Act:
    """A file that was archived, ready to go to the public archives."""
    case, _check = checked_file(site)
    explain_what_lacks(site, case)
    for move, facts in (
        ("accept", MoveFacts(note="typed with care")),
        ("archive", MoveFacts(archive_number="2026-1")),
    ):
        with site.database.write() as session:
            move_case(
                session, actor=actor(site, "chen"), case_id=case, move=move, facts=facts,
                today=site.components.clock().date(), now=site.components.clock(),
            )  # fmt: skip

    def state() -> str:
        with site.database.read() as session:
            return session.get_one(Case, case).state

    form = {"confirm": "1", "note": "typed with care"}
    return Act(
        "chen", "case_move", f"/cases/{case}/moves/transfer", form, {("case", case)}, state, "archived",
        "transferred",
    )  # fmt: skip


ACTS: dict[str, Callable[[Site], Act]] = {
    "accepting a file on its page": lambda site: of_a_file(
        site, "archive_accept", "/cases/CASE/archive/accept", True, check="CHECK", note="typed with care"
    ),
    "accepting it on the page of the case": lambda site: of_a_file(
        site, "case_move", "/cases/CASE/moves/accept", True, confirm="1", note="typed with care"
    ),
    "transferring it to the public archives": of_a_transfer,
    "approving a schedule": lambda site: of_a_schedule(site, "ma", "approve", "proposed", "approved"),
    "putting it in force": lambda site: of_a_schedule(site, "chen", "force", "approved", "in-force"),
}


@pytest.fixture(params=sorted(ACTS))
def act(request: pytest.FixtureRequest, site: Site) -> Act:
    site.moment.append(datetime.now(UTC))
    return ACTS[request.param](site)


def send(client: FlaskClient, act: Act) -> tuple[int, str]:
    answer = client.post(act.path, data={"csrf_token": csrf(client.get("/account")), **act.form})
    return answer.status_code, unescape(answer.text)


def test_a_left_desk_does_nothing_that_lasts(site: Site, act: Act) -> None:
    left = site.client(act.who, "en")
    site.moment[0] += LEFT
    status, page = send(left, act)
    assert (status, act.state()) == (400, act.before)
    assert STALE in page
    assert 'href="/signin/again?next=/signin/back" target="_blank"' in page, (
        "what was typed stays in this window"
    )
    for typed in set(act.form.values()) & {"typed with care", "批-7", "2026-11-20"}:
        assert typed in page
    [(facts, about)] = kept(site)
    assert (facts["act"], facts["why"], about) == (act.act, "not-fresh", act.about)

    fresh = site.client(act.who, "en")
    assert send(fresh, act)[0] == 303
    assert act.state() == act.after


def test_it_is_said_before_the_button_is_pressed(site: Site, act: Act) -> None:
    page = act.path.rpartition("/")[0].removesuffix("/moves")
    left = site.client(act.who, "en")
    assert "signed in within the last five minutes" in left.get(page).text
    site.moment[0] += LEFT
    assert "This step asks for a fresh sign-in" in left.get(page).text


def test_several_files_at_once(site: Site) -> None:
    site.moment.append(datetime.now(UTC))
    case, check = checked_file(site)
    form = {"case": str(case), f"check-{case}": check}
    left = site.client("chen", "en")
    site.moment[0] += LEFT
    answer = left.post("/archive/accept", data={"csrf_token": csrf(left.get("/account")), **form})
    assert (answer.status_code, answer.location) == (303, "/signin/again?next=/archive")
    with site.database.read() as session:
        assert session.get_one(Case, case).state == "handed-over"
    assert kept(site) == [({"act": "archive_accept_many", "why": "not-fresh"}, set())]


@pytest.mark.parametrize("on", ["recorder", "docking"])
def test_sealing_a_card(site: Site, on: str) -> None:
    """It asks on the page it was pressed on, and leads back there."""
    site.moment.append(datetime.now(UTC))
    with site.database.read() as session:
        recorder = session.get_one(Docking, site.docking).recorder_id

    def seal(client: FlaskClient) -> TestResponse:
        form = {"place": "柜 3", "sure": "1", "docking": str(site.docking) if on == "docking" else ""}
        token = csrf(client.get("/account"))
        return client.post(f"/recorders/{recorder}/seal", data={"csrf_token": token, **form})

    def place() -> str:
        with site.database.read() as session:
            return session.get_one(Recorder, recorder).sealed_place

    page = f"/dockings/{site.docking}" if on == "docking" else f"/recorders/{recorder}"
    left = site.client("admin", "en")
    assert "signed in within the last five minutes" in carrier(left.get(page).text)
    site.moment[0] += LEFT
    assert "This step asks for a fresh sign-in" in carrier(left.get(page).text)
    answer = seal(left)
    assert (answer.status_code, answer.location) == (303, f"/signin/again?next={page}")
    assert place() == ""
    assert kept(site) == [({"act": "recorder_seal", "why": "not-fresh"}, {("recorder", recorder)})]
    assert seal(site.client("admin")).location == page
    assert place() == "柜 3"


def carrier(page: str) -> str:
    return page.partition('id="carrier"')[2]


def test_moves_that_can_be_taken_back_do_not_ask(site: Site) -> None:
    site.moment.append(datetime.now(UTC))
    case = handed_over(site)
    left = site.client("zhou", "en")
    site.moment[0] += LEFT
    assert post(left, f"/cases/{case}/moves/reopen", confirm="1", note="页码缺")[0] == 303
    assert kept(site) == []


@pytest.mark.parametrize(
    ("who", "path", "form"),
    [
        ("chen", "/cases/{nothing}/archive/accept", {}),
        ("chen", "/cases/{nothing}/moves/transfer", {"confirm": "1"}),
        ("admin", "/recorders/{nothing}/retire", {"sure": "1"}),
        ("admin", "/recorders/{nothing}/seal", {"sure": "1", "place": "柜 3"}),
    ],
)
def test_what_does_not_exist_leaves_nothing(site: Site, who: str, path: str, form: dict[str, str]) -> None:
    site.moment.append(datetime.now(UTC))
    left = site.client(who, "en")
    site.moment[0] += LEFT
    assert post(left, path.format(nothing=UUID(int=7)), **form)[0] == 404
    assert kept(site) == []
