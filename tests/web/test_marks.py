"""Marks through the pages: setting, changing, removing, printing, and who may."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from catalog.ids import new_id
from catalog.marking import marks_of
from catalog.models import Clip, CustodyEntry, Mark
from tests.web.conftest import NEEDED, Site, csrf
from tests.web.test_looking_and_attaching import count, step_of


class Hand:
    """Somebody with a browser on the page of the clip."""

    def __init__(self, site: Site, user: str, language: str = "en") -> None:
        self.site = site
        self.client: FlaskClient = site.client(user, language)
        self.token = csrf(self.client.get("/account"))

    def post(self, path: str = "", *, scripts: bool = True, **form: str) -> TestResponse:
        """Send a form as the page's scripts do, or as a browser does before they have come."""
        headers = {"X-CSRFToken": self.token} | ({"HX-Request": "true"} if scripts else {})
        return self.client.post(f"/clips/{self.site.clip}/marks{path}", data=NEEDED | form, headers=headers)

    def page(self) -> str:
        return self.client.get(f"/clips/{self.site.clip}").text


def marks(site: Site) -> list[Mark]:
    with site.database.read() as session:
        return marks_of(session, site.clip)


def test_a_mark_is_in_the_list_at_once_and_for_everybody(site: Site) -> None:
    wang, li = Hand(site, "wang"), Hand(site, "li")
    answer = wang.post(start="00:00:12.480", end="", preset="show-credentials", note="<i>亮证</i>")
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "&lt;i&gt;亮证" in answer.text
    assert li.post(start="0:20", end="00:00:31.5", preset="", note="三箱").status_code == 200
    assert [(m.start, m.end) for m in marks(site)] == [(12.48, None), (20.0, 31.5)]
    seen = wang.page()
    assert "credentials shown" in seen
    assert 'data-from="20.0" data-to="31.5"' in seen
    assert "三箱" in seen
    assert count(site, "clip.marked") == 2


def test_a_mark_sent_before_the_scripts_have_come(site: Site) -> None:
    li = Hand(site, "li")
    answer = li.post(scripts=False, start="5", note="店主到场")
    assert (answer.status_code, answer.location) == (303, f"/clips/{site.clip}#marks")
    [mark] = marks(site)
    refused = li.post(scripts=False, start="1:00:00", end="1:00:02", note="<b>太晚")
    assert refused.status_code == 400
    assert "<html" in refused.text
    assert refused.text.count('role="alert">This place lies outside the running time') == 1
    for typed in ('value="1:00:00"', 'value="1:00:02"', 'value="&lt;b&gt;太晚"'):
        assert typed in refused.text, "nothing typed is lost"
    elsewhere = li.post(f"/{mark.id}/note", scripts=False, revision="77", note="别处先改")
    assert elsewhere.status_code == 400
    assert "别处先改" not in elsewhere.text.split('class="mark-form"')[1].split("</form>")[0], (
        "no second mark of it"
    )
    changed = li.post(f"/{mark.id}/note", scripts=False, revision=str(mark.revision), note="店主")
    assert changed.status_code == 303
    assert li.post(f"/{mark.id}/removal", scripts=False, reason="重复").status_code == 303
    assert [(m.note, m.removed_at is None) for m in marks(site)] == [("店主", False)]


def test_forms_of_marks_are_posted_whatever_the_scripts_do(site: Site) -> None:
    """Sent as an address, a note would stand in the browser's history and the server's log."""
    li = Hand(site, "li")
    li.post(start="5", note="店主到场")
    page = li.page()
    forms = re.findall(r"<form[^>]*/marks[^>]*>.*?</form>", page, re.DOTALL)
    assert len(forms) == 4, "marking, its note, its removal, the list on paper"
    for form in forms:
        assert re.match(r"<form[^>]* method=\"post\"[^>]* action=\"/clips/[^\"]*/marks", form), form[:200]
        assert 'name="csrf_token"' in form, form[:200]


def test_a_list_that_looks_the_same_is_not_sent_again(site: Site) -> None:
    li = Hand(site, "li")
    li.post(start="5", note="店主到场")
    here = f"/clips/{site.clip}/marks"
    mark = li.client.get(here).headers["X-Mark"]
    time.sleep(1.1)  # the forms' token is another one by now
    assert li.client.get(here, headers={"X-Have": mark}).status_code == 204
    li.post(start="6", note="封存")
    assert "封存" in li.client.get(here, headers={"X-Have": mark}).text


def test_what_is_wrong_is_said_above_the_list_and_nothing_changes(site: Site) -> None:
    li = Hand(site, "li")
    assert li.post(start="1", end="", preset="signed", note="").status_code == 200
    for form, sentence in (
        ({"start": "", "preset": "signed"}, "a mark needs its start"),
        ({"start": "soon", "preset": "signed"}, "a mark needs its start"),
        ({"start": "1:00:00", "preset": "signed"}, "outside the running time"),
        ({"start": "9", "end": "3", "preset": "signed"}, "must end after it starts"),
        ({"start": "9"}, "or write a note"),
        ({"start": "9", "preset": "guilty"}, "does not exist here"),
        ({"start": "1", "preset": "signed"}, "exactly this already"),
    ):
        answer = li.post(**form)
        assert answer.status_code == 400, form
        assert 'role="alert"' in answer.text
        assert sentence in answer.text
        assert "Nothing was changed." in answer.text
        assert answer.text.count("data-mark=") == 1
    assert len(marks(site)) == 1


def test_only_ones_own_note_is_changed(site: Site) -> None:
    wang, li = Hand(site, "wang"), Hand(site, "li")
    wang.post(start="5", preset="signed", note="第一页")
    (mark,) = marks(site)
    assert "/note" in wang.page()
    assert "/note" not in li.page()
    assert li.post(f"/{mark.id}/note", note="x", revision="1").status_code == 400
    assert wang.post(f"/{mark.id}/note", note="第二页", revision="1").status_code == 200
    answer = wang.post(f"/{mark.id}/note", note="第三页", revision="1")
    assert answer.status_code == 400
    assert "changed meanwhile" in answer.text
    assert wang.post(f"/{mark.id}/note", note="x", revision="nonsense").status_code == 400
    assert marks(site)[0].note == "第二页"


def test_removing_needs_a_reason_and_leaves_it_in_the_list(site: Site) -> None:
    wang, li = Hand(site, "wang"), Hand(site, "li")
    li.post(start="5", preset="signed", note="页")
    (mark,) = marks(site)
    assert "/removal" not in wang.page(), "an officer removes only their own"
    assert wang.post(f"/{mark.id}/removal", reason="x").status_code == 400
    assert li.post(f"/{mark.id}/removal", reason=" ").status_code == 400
    answer = li.post(f"/{mark.id}/removal", reason="标错了")
    assert answer.status_code == 200
    assert "1 removed mark" in answer.text
    assert f"/custody?subject={mark.id}" in answer.text
    assert "标错了" in li.client.get(f"/custody?subject={mark.id}").text
    assert "/custody?subject" not in wang.client.get(f"/clips/{site.clip}/marks").text
    assert li.post(f"/{mark.id}/removal", reason="x").status_code == 400


def test_no_such_clip_or_mark(site: Site) -> None:
    li = Hand(site, "li")
    site.clip, here = new_id(), site.clip
    assert li.post(start="1", preset="signed").status_code == 404
    assert li.client.get(f"/clips/{site.clip}/marks").status_code == 404
    assert li.post("/print").status_code == 404
    site.clip = here
    answer = li.post(f"/{new_id()}/removal", reason="x")
    assert answer.status_code == 400
    assert "does not exist on this recording" in answer.text


@pytest.mark.parametrize("user", ["chen", "zhao", "admin"])
def test_who_may_not_mark(site: Site, user: str) -> None:
    Hand(site, "li").post(start="1", preset="signed")
    (mark,) = marks(site)
    other = Hand(site, user)
    assert other.post(start="2", preset="signed").status_code == 403
    assert other.post(f"/{mark.id}/note", note="x", revision="1").status_code == 403
    assert other.post(f"/{mark.id}/removal", reason="x").status_code == 403
    if user == "chen":  # an archivist looks, and may print
        assert "data-mark-form" not in other.page()
        assert other.post("/print").status_code == 200
    else:
        assert other.post("/print").status_code == 403


def test_a_form_without_its_token_marks_nothing(site: Site) -> None:
    client = site.client("li")
    assert (
        client.post(f"/clips/{site.clip}/marks", data={"start": "1", "preset": "signed"}).status_code == 400
    )
    assert marks(site) == []


def test_marks_of_a_restricted_clip_show_nowhere(site: Site) -> None:
    li = Hand(site, "li")
    li.post(start="1", preset="signed", note="不外传")
    with site.database.write() as session:
        session.get_one(Clip, site.clip).restricted = True
    assert li.client.get(f"/clips/{site.clip}/marks").status_code == 404
    assert li.post("/print").status_code == 404
    assert li.post(start="2", preset="signed").status_code == 404
    assert "不外传" not in li.client.get(f"/cases/{site.cases[0]}").text


def test_the_list_is_sent_only_when_it_changed(site: Site) -> None:
    li = Hand(site, "li")
    first = li.client.get(f"/clips/{site.clip}/marks")
    mark = {"X-Have": first.headers["X-Mark"]}
    assert li.client.get(f"/clips/{site.clip}/marks", headers=mark).status_code == 204
    li.post(start="1", preset="signed")
    assert li.client.get(f"/clips/{site.clip}/marks", headers=mark).status_code == 200


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Marks on a recording", "credentials shown", "SHA-256 of the original", "(signature)")),
        ("zh_Hans_CN", ("声像资料标记清单", "亮证", "原件 SHA-256", "（签名）")),
    ],
    ids=["en", "zh"],
)
def test_on_paper(site: Site, language: str, words: tuple[str, ...]) -> None:
    li = Hand(site, "li", language)
    li.post(start="5.25", end="6.5", preset="show-credentials", note="双人")
    li.post(start="7", preset="signed")
    gone = next(m for m in marks(site) if m.start == 7)
    li.post(f"/{gone.id}/removal", reason="标错了")
    page = li.post("/print").text
    for word in words:
        assert word in page
    with site.database.read() as session:
        clip = session.get_one(Clip, site.clip)
        record = session.scalars(
            select(CustodyEntry.record).where(CustodyEntry.action == "clip.marks-printed")
        ).one()
    assert clip.sha256 in page
    assert clip.sha256 in record
    assert "00:00:05.250" in page
    assert "00:00:06.500" in page
    assert "双人" in page
    assert "标错了" not in page, "why one was removed stays in the log"
    assert "00:00:07" not in page
    assert "李晓梅" in page
    # Recorded time is the start and the time code together.
    stated = re.search(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) \(Asia/Shanghai\)", page)
    assert stated is not None
    start = datetime.fromisoformat(f"{stated[1]}+08:00")
    assert clip.recorded_at is not None
    assert start == clip.recorded_at.replace(microsecond=0)
    shown = (clip.recorded_at + timedelta(seconds=5.25)).astimezone(start.tzinfo)
    assert f"{shown:%Y-%m-%d %H:%M:%S}<br>" in page


def test_what_an_attachment_holds(site: Site) -> None:
    li = Hand(site, "li")
    for place in ("5", "30", "50"):
        li.post(start=place, preset="signed", note=f"第 {place} 秒")
    form = {
        "csrf_token": li.token,
        "case": str(site.cases[0]),
        "step": step_of(site),
        "role": "process",
        "volume": "main",
        "start": "20",
        "end": "40",
    }
    assert li.client.post(f"/clips/{site.clip}/attachments", data=form).status_code == 303
    row = li.page().split('id="attachments"')[1].split("</table>")[0]
    assert 'data-seek="30.0"' in row
    assert 'data-seek="5.0"' not in row
    case = li.client.get(f"/cases/{site.cases[0]}").text
    assert f"/clips/{site.clip}#t=30.000" in case
    assert "#t=50.000" not in case


def test_kinds_follow_the_activity_of_the_step(site: Site) -> None:
    li = Hand(site, "li")
    assert 'value="left-in-place"' in li.page()
    form = {
        "csrf_token": li.token,
        "case": str(site.cases[0]),
        "step": step_of(site),
        "role": "process",
        "volume": "main",
    }
    assert li.client.post(f"/clips/{site.clip}/attachments", data=form).status_code == 303
    page = li.page()
    assert 'value="inventory-sealing"' in page
    assert 'value="left-in-place"' not in page


def test_kinds_of_the_bureaus_own(make_site: object) -> None:
    site: Site = make_site(own_marks=("快检取样",))  # type: ignore[operator]
    li = Hand(site, "li", "zh_Hans_CN")
    assert 'value="快检取样"' in li.page()
    assert li.post(start="1", preset="快检取样").status_code == 200
    assert marks(site)[0].preset == "快检取样"
