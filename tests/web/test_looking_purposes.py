"""查看目的 on the pages: asked in the place of the player, kept, and no way round it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from catalog.actors import system
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import view_case
from catalog.case_files.detaching import detach
from catalog.ids import new_id
from catalog.models import Account, Case, Clip, CustodyEntry, LookPurpose
from catalog.officers import enter_officer, enter_unit
from catalog.people import create_account, person
from catalog.rules.looking import PURPOSES
from tests.catalog import world
from tests.web.conftest import HOSTILE, NEEDED, Site, csrf

JSON = {"Accept": "application/json"}


def account(site: Site, username: str, *roles: str) -> str:
    """Somebody of another unit; as an archivist besides, somebody who finds all of the bureau."""
    with site.database.write() as session:
        officer = enter_officer(
            session,
            actor=system("test"),
            number=f"9-{username}",
            name=username,
            unit=enter_unit(session, "城西分局"),
            now=site.components.clock(),
        )
        create_account(
            session,
            actor=system("test"),
            username=username,
            email=f"{username}@example.test",
            roles=roles,
            officer=officer,
            now=site.components.clock(),
        )
    return username


def token_of(client: FlaskClient) -> str:
    return csrf(client.get("/account"))


def ask(client: FlaskClient, clip: UUID) -> int:
    """Ask for addresses as a script does, past the page."""
    answer = client.post(f"/clips/{clip}/addresses", headers={"X-CSRFToken": token_of(client), **JSON})
    assert ("X-Amz-Signature" in answer.text) == (answer.status_code == 200)
    return answer.status_code


def state(client: FlaskClient, clip: UUID, purpose: str = "file-check", **form: str) -> int:
    data = {"csrf_token": token_of(client), "purpose": purpose, **form}
    return client.post(f"/clips/{clip}/purpose", data=data).status_code


def facts(site: Site, action: str) -> list[dict[str, object]]:
    with site.database.read() as session:
        rows = session.scalars(
            select(CustodyEntry.record).where(CustodyEntry.action == action).order_by(CustodyEntry.id)
        )
        return [json.loads(record)["facts"] for record in rows]


def test_the_page_asks_then_shows_the_player_and_says_why(site: Site) -> None:
    client = site.client(account(site, "xi", "officer", "archivist"), "zh_Hans_CN")
    page = client.get(f"/clips/{site.clip}").text
    assert "请说明查看目的" in page
    assert "data-addresses" not in page
    assert "player.js" not in page
    assert all(f'value="{code}"' in page for code in PURPOSES)
    answer = client.post(
        f"/clips/{site.clip}/purpose",
        data={
            "csrf_token": token_of(client),
            "purpose": "litigation",
            "case_number": "（2026）浙 01 行初 12 号",
        },
    )
    assert (answer.status_code, answer.location) == (303, f"/clips/{site.clip}")
    page = client.get(f"/clips/{site.clip}").text
    assert "data-addresses" in page
    assert "请说明查看目的" not in page
    assert "可查看的依据：已说明目的：应诉（含行政复议答复），至 " in page
    assert ask(client, site.clip) == 200
    assert facts(site, "clip.played")[-1]["purpose"] == "litigation"


@pytest.mark.parametrize(
    ("username", "sentence"), [("wang", "本人录制（或上传）"), ("li", "本部门未关联资料")]
)
def test_what_is_free_says_so(site: Site, username: str, sentence: str) -> None:
    assert (
        f"可查看的依据：{sentence}。" in site.client(username, "zh_Hans_CN").get(f"/clips/{site.clip}").text
    )


@pytest.mark.parametrize("username", ["chen", "zhou"])
def test_no_way_round(site: Site, username: str) -> None:
    client = site.client(username, "en")
    page = client.get(f"/clips/{site.clip}").text
    assert "What do you look at it for?" in page
    assert 'id="download"' not in page
    assert ask(client, site.clip) == 403
    answer = client.post(f"/clips/{site.clip}/addresses", headers={"X-CSRFToken": token_of(client), **JSON})
    assert answer.json is not None
    assert set(answer.json) == {"what", "safe", "next"}
    token = token_of(client)
    for path in ("download", "open"):
        refused = client.post(f"/clips/{site.clip}/{path}", data={"csrf_token": token, **NEEDED})
        assert "X-Amz" not in refused.text + (refused.location or "")
    assert facts(site, "clip.played") == []
    assert facts(site, "clip.downloaded") == []
    assert {"act": "clip_addresses", "why": "purpose-needed"} in facts(site, "act.refused")


def test_a_document_and_a_download_come_after_it(site: Site) -> None:
    with site.database.write() as session:
        paper = world.add_clip(
            session,
            site.components.clock(),
            "B.PDF",
            kind="document",
            shown_as="none",
            facts={"mime": "application/pdf"},
        ).id
    client = site.client(account(site, "xi", "handler"), "en")
    token = token_of(client)
    path, data = f"/clips/{paper}/open", {"csrf_token": token, **NEEDED}
    assert client.post(path, data=data).location == f"/clips/{paper}"
    assert client.post(f"/clips/{paper}/download", data=data).location == f"/clips/{paper}"
    page = client.get(f"/clips/{paper}").text
    assert "say first what you look at it for" in page, "as a message"
    assert f'action="{path}"' not in page
    assert state(client, paper) == 303
    assert f'action="{path}"' in client.get(f"/clips/{paper}").text
    assert "X-Amz-Signature" in client.post(path, data=data).location
    assert "X-Amz-Signature" in client.post(f"/clips/{paper}/download", data=data).location


def test_anothers_purpose_and_a_purpose_for_another_clip(site: Site) -> None:
    first = site.client(account(site, "xi", "officer", "archivist"))
    second = site.client(account(site, "bei", "officer", "archivist"))
    assert state(first, site.clip) == 303
    assert ask(first, site.clip) == 200
    assert ask(second, site.clip) == 403
    assert ask(first, site.hostile) == 403


def test_it_runs_out(site: Site) -> None:
    start = datetime.now(UTC)
    site.moment[:] = [start]
    xi = account(site, "xi", "officer", "archivist")
    assert state(site.client(xi, "en"), site.clip) == 303
    # A session that nobody used has ended meanwhile; the purpose is of the person, and goes on with the next one.
    site.moment[:] = [start + timedelta(hours=7, minutes=59)]
    client = site.client(xi, "en")
    assert ask(client, site.clip) == 200
    site.moment[:] = [start + timedelta(hours=8)]
    assert ask(client, site.clip) == 403
    assert "What do you look at it for?" in client.get(f"/clips/{site.clip}").text


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"purpose": "", "text": HOSTILE}, "choose what you look at it for"),
        ({"purpose": "curiosity", "text": HOSTILE}, "choose what you look at it for"),
        ({"purpose": "other", "text": " \u202e\x00"}, "say in words"),
        ({"purpose": "case", "text": "字" * 501}, "500 characters"),
        ({"purpose": "case", "text": HOSTILE, "case_number": "1" * 129}, "128 characters"),
    ],
)
def test_what_is_no_purpose_comes_back_with_the_form(site: Site, form: dict[str, str], sentence: str) -> None:
    client = site.client(account(site, "xi", "officer", "archivist"), "en")
    answer = client.post(f"/clips/{site.clip}/purpose", data={"csrf_token": token_of(client), **form})
    assert answer.status_code == 400
    assert sentence in answer.text
    assert HOSTILE not in answer.text
    with site.database.read() as session:
        assert session.scalars(select(LookPurpose.id)).all() == []
    assert ask(client, site.clip) == 403


def test_hostile_words_are_kept_and_harm_nothing(site: Site) -> None:
    client = site.client(account(site, "xi", "officer", "archivist"))
    assert state(client, site.clip, "other", text=f"=1+1 {HOSTILE}", case_number="\r\nX: y") == 303
    assert ask(client, site.clip) == 200
    for reader in ("li", "zhao"):
        page = site.client(reader).get("/custody")
        assert page.status_code == 200
        assert HOSTILE not in page.text


def test_who_may_state_one(site: Site) -> None:
    for username in ("admin", "zhao", "wu"):
        assert state(site.client(username), site.clip) == 403
    for username in ("ma", "qian", "he"):
        assert state(site.client(username), site.clip) == 404, "they open it by its number first"
    assert state(site.client("chen"), new_id()) == 404
    nobody = site.client()
    token = csrf(nobody.get("/signin"))
    answer = nobody.post(
        f"/clips/{site.clip}/purpose", data={"csrf_token": token, "purpose": "case"}, headers=JSON
    )
    assert answer.status_code == 401
    assert (
        site.client("chen").post(f"/clips/{site.clip}/purpose", data={"purpose": "case"}).status_code == 400
    )
    with site.database.write() as session:
        session.execute(update(Clip).where(Clip.id == site.clip).values(restricted=True))
    assert state(site.client("chen"), site.clip) == 404
    assert facts(site, "clip.purpose-stated") == []


def test_two_windows(site: Site) -> None:
    username = account(site, "xi", "officer", "archivist")
    one, other = site.client(username), site.client(username)
    assert "请说明查看目的" in one.get(f"/clips/{site.clip}").text
    assert "请说明查看目的" in other.get(f"/clips/{site.clip}").text
    assert state(one, site.clip, "case") == 303
    assert ask(other, site.clip) == 200, "it is the person's, not the window's"
    assert state(other, site.clip, "complaint") == 303
    assert [f["purpose"] for f in facts(site, "clip.purpose-stated")] == ["case", "complaint"]
    assert ask(one, site.clip) == 200


def test_the_viewers_mark_is_laid_where_the_bureau_wants_it(make_site: Callable[..., Site]) -> None:
    for wanted in (False, True):
        site = make_site(viewer_mark=wanted)
        page = site.client("wang").get(f"/clips/{site.clip}").text
        assert ("data-viewer-mark" in page) == wanted
        assert ("disablepictureinpicture" in page) == wanted, "the mark is not in a window of the film alone"
    assert re.search(r'data-viewer-mark="[^"]+ wang" data-viewer-now="\d{10}"', page)


def test_what_is_detached_while_it_plays_needs_a_purpose(site: Site) -> None:
    client = site.client(account(site, "xi", "handler"), "en")
    with site.database.write() as session:
        now = site.components.clock()
        xi, li = (
            session.scalars(select(Account).where(Account.username == name)).one() for name in ("xi", "li")
        )
        session.get_one(Case, site.cases[0]).handler_id = xi.officer_id
        view = view_case(session, site.cases[0])
        assert view is not None
        step, actor = view.by_stage["investigation"][0].id, person(li, None)
        row = attach(
            session, actor=actor, clip_id=site.clip, step_id=step, wish=Wish("process", "sub"), now=now
        ).id
    assert "attached to a case you handle" in client.get(f"/clips/{site.clip}").text
    assert ask(client, site.clip) == 200
    with site.database.write() as session:
        detach(session, actor=actor, attachment_id=row, reason="关联错误", now=now)
    assert ask(client, site.clip) == 403
    assert "What do you look at it for?" in client.get(f"/clips/{site.clip}").text
    assert facts(site, "clip.played")[-1]["ground"] == "own-case"


def test_attaching_it_to_ones_own_case_does_not_save_the_purpose(site: Site) -> None:
    client = site.client(account(site, "xi", "handler", "archivist"), "en")
    with site.database.write() as session:
        xi = session.scalars(select(Account).where(Account.username == "xi")).one()
        session.get_one(Case, site.cases[0]).handler_id = xi.officer_id
        view = view_case(session, site.cases[0])
        assert view is not None
        step = view.by_stage["investigation"][0].id
    form = {"csrf_token": token_of(client), "step": str(step), "role": "process", "volume": "sub"}
    assert client.post(f"/clips/{site.clip}/attachments", data=form).status_code == 303
    assert ask(client, site.clip) == 403
    assert "What do you look at it for?" in client.get(f"/clips/{site.clip}").text
    assert state(client, site.clip, "case") == 303
    assert ask(client, site.clip) == 200
    assert "attached to a case you handle" in client.get(f"/clips/{site.clip}").text
