"""One purpose for all recordings of a case, of an appraisal's list or of a recall: stated once, one entry, eight hours."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from catalog.case_files.cases import view_case
from catalog.ids import new_id
from catalog.models import (
    Account,
    Appraisal,
    AppraisalItem,
    Attachment,
    Clip,
    CustodyEntry,
    CustodyPrivate,
    CustodySubject,
    LookPurpose,
    RecorderFault,
)
from catalog.purposes.standing import facts_of, facts_of_many
from catalog.rules.looking import PURPOSE_VALID
from tests.catalog import world
from tests.web.conftest import Site
from tests.web.test_looking_purposes import ask, facts, token_of

WISH = {"purpose": "file-check", "text": "案卷评查", "case_number": "评查〔2026〕3 号"}


class Lists:
    """Two open recordings and a sealed one, together on a case, on an appraisal's list and in a recall."""

    def __init__(self, site: Site) -> None:
        self.site = site
        now = site.components.clock()
        with site.database.write() as session:
            self.second = world.add_clip(
                session, now, "B.MP4", recorded=now, duration=5.0, facts={"mime": "video/mp4"}
            ).id
            self.sealed = world.add_clip(session, now, "C.MP4", recorded=now, duration=5.0).id
            self.open = sorted((site.clip, self.second))
            view = view_case(session, site.cases[0])
            assert view is not None
            self.step = view.case.steps[0].id
            zhou = session.scalars(select(Account).where(Account.username == "zhou")).one()
            recorder = session.get_one(Clip, site.clip).recorder_id
            assert recorder is not None
            appraisal = Appraisal(id=new_id(), number="JD-2026-801", opened_by=zhou.id, opened_at=now)
            fault = RecorderFault(
                id=new_id(), recorder_id=recorder, kind="other", source="person", reported_at=now,
                recall_since=now - timedelta(days=400), recall_opened_at=now,
            )  # fmt: skip
            session.add_all((appraisal, fault))
            session.flush()
            for place, clip in enumerate((*self.open, self.sealed), 1):
                session.get_one(Clip, clip).recorder_id = recorder
                session.get_one(Clip, clip).restricted = clip == self.sealed
                session.add(
                    Attachment(
                        id=new_id(),
                        clip_id=clip,
                        step_id=self.step,
                        role="process",
                        volume="sub",
                        attached_by=zhou.id,
                        attached_at=now,
                    )
                )
                session.add(
                    AppraisalItem(
                        id=new_id(),
                        appraisal_id=appraisal.id,
                        position=place,
                        clip_id=clip,
                        active_clip_id=clip,
                        facts={"name": "x", "size": 1, "sha256": "0" * 64, "officer": "", "cases": []},
                        changed_at=now,
                    )
                )
            hostile = session.get_one(Clip, site.hostile)
            hostile.recorder_id = None  # in no list of these
        self.pages = {
            "case": f"/cases/{site.cases[0]}",
            "appraisal": f"/disposal/{appraisal.id}",
            "recall": f"/recalls/{fault.id}",
        }
        self.ids = {"case": site.cases[0], "appraisal": appraisal.id, "recall": fault.id}

    def stated(self) -> list[tuple[UUID, UUID]]:
        with self.site.database.read() as session:
            return [
                (row.account_id, row.clip_id)
                for row in session.scalars(select(LookPurpose).order_by(LookPurpose.clip_id))
            ]


@pytest.fixture
def lists(site: Site) -> Lists:
    return Lists(site)


@pytest.mark.parametrize(
    ("kind", "user"), [("case", "chen"), ("case", "zhou"), ("appraisal", "chen"), ("recall", "zhou")]
)
def test_stated_once_it_opens_all_that_may_be_opened(lists: Lists, kind: str, user: str) -> None:
    site, page = lists.site, lists.pages[kind]
    client = site.client(user, "en")
    text = client.get(page).text
    assert "2 recordings here are outside your own work" in text
    assert f'action="{page}/purpose"' in text
    assert [ask(client, clip) for clip in lists.open] == [403, 403]
    answer = client.post(f"{page}/purpose", data={"csrf_token": token_of(client), **WISH})
    assert (answer.status_code, answer.location) == (303, page)
    text = client.get(page).text
    assert "2 opened to you for eight hours" in text
    assert "outside your own work" not in text
    assert [ask(client, clip) for clip in lists.open] == [200, 200]
    assert facts(site, "clip.played")[-1]["purpose"] == "file-check"
    assert client.get(f"/clips/{lists.sealed}").status_code == 404
    with site.database.read() as session:
        entry = session.scalars(
            select(CustodyEntry).where(CustodyEntry.action == "clip.purpose-stated")
        ).one()
        named = {
            (s.kind, s.subject_id)
            for s in session.scalars(select(CustodySubject).where(CustodySubject.entry_id == entry.id))
        }
        asked = select(CustodyPrivate).where(CustodyPrivate.entry_id == entry.id)
        private = {one.field: one.value for one in session.scalars(asked)}
    about = set() if kind == "recall" else {(kind, lists.ids[kind])}
    assert named == {("clip", clip) for clip in lists.open} | about
    told = json.loads(entry.record)["facts"]
    assert (told["by"], told["count"], told["purpose"]) == (kind, 2, "file-check")
    assert told.get("fault") == (str(lists.ids[kind]) if kind == "recall" else None)
    assert (private["text"], private["case_number"]) == ('"案卷评查"', '"评查〔2026〕3 号"')
    assert [clip for _, clip in lists.stated()] == lists.open


def test_it_is_for_eight_hours_and_for_one_account(lists: Lists) -> None:
    site, page = lists.site, lists.pages["case"]
    chen = site.client("chen", "en")
    chen.post(f"{page}/purpose", data={"csrf_token": token_of(chen), **WISH})
    assert ask(site.client("zhou"), site.clip) == 403
    site.moment[:] = [datetime.now(UTC) + PURPOSE_VALID + timedelta(minutes=1)]
    again = site.client("chen", "en")
    assert ask(again, site.clip) == 403
    assert "2 recordings here are outside your own work" in again.get(page).text


def test_only_what_waits_is_stated_for(lists: Lists) -> None:
    site, page = lists.site, lists.pages["case"]
    chen = site.client("chen", "en")
    token = token_of(chen)
    chen.post(f"/clips/{lists.open[0]}/purpose", data={"csrf_token": token, "purpose": "case"})
    assert "1 recording here is outside your own work" in chen.get(page).text
    chen.post(f"{page}/purpose", data={"csrf_token": token, **WISH})
    assert [clip for _, clip in lists.stated()] == lists.open, "one row each"
    answer = chen.post(f"{page}/purpose", data={"csrf_token": token, **WISH}, follow_redirects=True)
    assert "no recording here waits for a purpose of yours" in answer.text
    assert facts(site, "act.refused") == [{"act": "case_purpose", "why": "nothing-waits"}]


@pytest.mark.parametrize("user", ["li", "ma", "qian", "he"])
def test_who_needs_none_or_finds_none_opens_nothing_by_it(lists: Lists, user: str) -> None:
    """The handler looks by office; leaders look by the exact number alone."""
    client = lists.site.client(user, "en")
    for page in (lists.pages["case"], lists.pages["appraisal"]):
        assert "outside your own work" not in client.get(page).text
        answer = client.post(f"{page}/purpose", data={"csrf_token": token_of(client), **WISH})
        assert answer.status_code in {303, 403}
    assert lists.stated() == []


@pytest.mark.parametrize("user", ["admin", "zhao", "wu"])
def test_who_looks_at_nothing_may_not(lists: Lists, user: str) -> None:
    client = lists.site.client(user, "en")
    for page in lists.pages.values():
        answer = client.post(f"{page}/purpose", data={"csrf_token": token_of(client), **WISH})
        assert answer.status_code == 403
    assert lists.stated() == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"purpose": ""}, "choose what you look at it for"),
        ({"purpose": "other", "text": " \u202e"}, "say in words"),
        ({"text": "长" * 501}, "500 characters"),
        ({"case_number": "1" * 129}, "128 characters"),
    ],
)
def test_what_says_too_little_is_refused(lists: Lists, change: dict[str, str], words: str) -> None:
    client = lists.site.client("chen", "en")
    data = {"csrf_token": token_of(client), **WISH, **change}
    answer = client.post(f"{lists.pages['case']}/purpose", data=data, follow_redirects=True)
    assert words in answer.text
    assert lists.stated() == []


def test_more_than_a_thousand_are_not_opened_at_once(lists: Lists, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.purposes.stating_for_all.MOST", 1)
    monkeypatch.setattr("catalog.purposes.stating_for_all.AT_ONCE", 1)
    client = lists.site.client("chen", "en")
    data = {"csrf_token": token_of(client), **WISH}
    answer = client.post(f"{lists.pages['case']}/purpose", data=data, follow_redirects=True)
    assert "State it on the pages of single ones" in answer.text
    assert lists.stated() == []


def test_unknown_lists(site: Site) -> None:
    client = site.client("zhou", "en")
    for path in ("cases", "disposal", "recalls"):
        answer = client.post(f"/{path}/{new_id()}/purpose", data={"csrf_token": token_of(client), **WISH})
        assert answer.status_code == 404
    assert facts(site, "act.refused") == []


def test_many_clips_are_judged_as_each_alone(lists: Lists) -> None:
    site = lists.site
    with site.database.read() as session:
        clips = session.scalars(select(Clip)).all()
        now = site.components.clock()
        together = facts_of_many(session, clips, now)
        assert together == {clip.id: facts_of(session, clip, now) for clip in clips}
        assert len(clips) > 3
        assert any(one.cases for one in together.values())
