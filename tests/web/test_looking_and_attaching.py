"""What people do with a clip: play it, save it, attach it, ask for work again."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from sqlalchemy import select

from catalog.case_files.cases import view_case
from catalog.ids import new_id
from catalog.models import Attachment, CustodyEntry, CustodyPrivate, Stage
from tests.web.conftest import NEEDED, Site, csrf


def token_of(client: FlaskClient) -> str:
    return csrf(client.get("/account"))


def step_of(site: Site) -> str:
    with site.database.read() as session:
        view = view_case(session, site.cases[0])
        assert view is not None
        return str(view.by_stage["investigation"][0].id)


def count(site: Site, action: str) -> int:
    with site.database.read() as session:
        return len(session.scalars(select(CustodyEntry.id).where(CustodyEntry.action == action)).all())


def attached(site: Site) -> list[Attachment]:
    with site.database.read() as session:
        return list(session.scalars(select(Attachment)))


def test_addresses_are_short_lived_and_in_the_log(site: Site) -> None:
    client = site.client("wang")
    answer = client.post(
        f"/clips/{site.clip}/addresses",
        headers={"X-CSRFToken": token_of(client), "Accept": "application/json"},
    )
    assert answer.status_code == 200
    found = answer.json
    assert found is not None
    assert set(found["addresses"]) == {"main", "poster", "sprite", "thumbnails", "waveform"}
    main = found["addresses"]["main"]
    assert main["of"] == "original"
    query = parse_qs(urlsplit(main["url"]).query)
    assert int(query["X-Amz-Expires"][0]) <= 900
    assert query["versionId"]
    assert main["url"].startswith(site.components.settings.storage.address_url)
    assert count(site, "clip.played") == 1
    assert answer.headers["Cache-Control"] == "no-store"


def test_no_address_without_form_token_or_permission_or_clip(site: Site) -> None:
    client = site.client("wang")
    as_json = {"Accept": "application/json"}
    assert client.post(f"/clips/{site.clip}/addresses", headers=as_json).status_code == 400
    token = {"X-CSRFToken": token_of(client), **as_json}
    assert client.post(f"/clips/{new_id()}/addresses", headers=token).status_code == 404
    nobody = site.client()
    token = {"X-CSRFToken": csrf(nobody.get("/signin")), **as_json}
    answer = nobody.post(f"/clips/{site.clip}/addresses", headers=token)
    assert answer.status_code == 401
    assert answer.json is not None
    assert set(answer.json) == {"what", "safe", "next"}
    assert count(site, "clip.played") == 0


def test_a_list_of_pictures_is_one_entry(site: Site) -> None:
    client = site.client("wang")
    page = client.get("/clips")
    assert "X-Amz-Signature" in unescape(page.text)
    assert count(site, "clip.pictures-listed") == 1


def test_downloading_asks_why(site: Site) -> None:
    client = site.client("li")
    token = token_of(client)
    empty = client.post(f"/clips/{site.clip}/download", data={"csrf_token": token, "needed_note": "x"})
    assert (empty.status_code, "用途" in empty.text) == (400, True)
    assert count(site, "clip.downloaded") == 0
    form = {"csrf_token": token, "needed_for": "legal-review", "needed_note": "移送法制审核"}
    answer = client.post(f"/clips/{site.clip}/download", data=form)
    assert answer.status_code == 303
    query = parse_qs(urlsplit(answer.location).query)
    assert query["response-content-disposition"][0].startswith("attachment;")
    with site.database.read() as session:
        private = {
            field: session.scalars(select(CustodyPrivate.value).where(CustodyPrivate.field == field)).all()
            for field in ("needed_for", "reason")
        }
    assert private == {"needed_for": ['"legal-review"'], "reason": ['"移送法制审核"']}
    officer = site.client("wang")
    data = {"csrf_token": token_of(officer), **NEEDED}
    assert officer.post(f"/clips/{site.clip}/download", data=data).status_code == 403


def test_attaching_from_the_clip(site: Site) -> None:
    client = site.client("li", "en")
    form = {
        "csrf_token": token_of(client),
        "case": str(site.cases[0]),
        "step": step_of(site),
        "role": "evidence",
        "volume": "main",
        "proves": "<b>现场</b>",
        "start": "00:00:02.5",
        "end": "0:31",
    }
    answer = client.post(f"/clips/{site.clip}/attachments", data=form)
    assert answer.status_code == 303, answer.text
    (one,) = attached(site)
    assert (one.range_start, one.range_end) == (2.5, 31.0)
    page = client.get(f"/clips/{site.clip}").text
    assert "00:00:02.5–00:00:31" in page
    assert "<b>现场" not in page
    assert "00:00:02.5–00:00:31" in client.get(f"/cases/{site.cases[0]}").text


def test_a_refused_attachment_brings_the_form_back(site: Site) -> None:
    client = site.client("li", "en")
    good = {
        "csrf_token": token_of(client),
        "case": str(site.cases[0]),
        "step": step_of(site),
        "role": "process",
        "volume": "sub",
        "proves": "typed with care",
    }
    for change, sentence in (
        ({"start": "9", "end": "3"}, "must start before it ends"),
        ({"start": "nonsense", "end": "3"}, "must start before it ends"),
        ({"start": "1e9", "end": "nan"}, "must start before it ends"),
        ({"step": ""}, "Choose a step"),
        ({"role": "judge"}, "evidence or process record"),
        ({"role": "evidence", "proves": ""}, "Say what it proves"),
    ):
        answer = client.post(f"/clips/{site.clip}/attachments", data={**good, **change})
        assert answer.status_code == 400, change
        assert sentence in answer.text
        assert "Nothing was changed." in answer.text
        if "proves" not in change:
            assert "typed with care" in answer.text
    assert attached(site) == []
    assert client.post(f"/clips/{new_id()}/attachments", data=good).status_code == 404


def test_attaching_several_from_the_step(site: Site) -> None:
    client = site.client("li", "en")
    path = f"/steps/{step_of(site)}/clips"
    page = client.get(path)
    assert page.text.count('type="checkbox"') == 2
    form = {"csrf_token": csrf(page), "role": "process", "volume": "main"}
    assert client.post(path, data=form).status_code == 400
    answer = client.post(path, data={**form, "clip": [str(site.clip), str(site.hostile)]})
    assert answer.status_code == 303
    assert len(attached(site)) == 2
    assert count(site, "clip.attached") == 2
    assert client.get(path).text.count('type="checkbox"') == 0
    again = client.post(path, data={**form, "clip": [str(site.clip)]})
    assert again.status_code == 400
    assert "attached to this step already" in again.text


def test_all_picked_or_none(site: Site) -> None:
    client = site.client("li")
    form = {"csrf_token": token_of(client), "role": "process", "volume": "main"}
    answer = client.post(
        f"/steps/{step_of(site)}/clips", data={**form, "clip": [str(site.clip), str(new_id())]}
    )
    assert answer.status_code == 404
    assert attached(site) == []


def test_work_is_asked_for_again(site: Site) -> None:
    with site.database.write() as session:
        stage = session.get_one(Stage, (site.clip, "render"))
        stage.state, stage.error = "failed", "player: no picture could be decoded"
    client = site.client("li")
    page = client.get(f"/clips/{site.clip}").text
    assert "播放副本: 没有可解码的画面" in page
    answer = client.post(f"/clips/{site.clip}/stages/render", data={"csrf_token": token_of(client)})
    assert answer.status_code == 303
    assert [(d.clip, d.stage) for d in site.sent] == [(site.clip, "render")]
    assert count(site, "clip.stage-requested") == 1
    data = {"csrf_token": token_of(client)}
    assert client.post(f"/clips/{site.clip}/stages/dream", data=data).status_code == 404
    assert client.post(f"/clips/{site.hostile}/stages/render", data=data).status_code == 303
    assert len(site.sent) == 1


def test_custody_entries_on_the_clip_are_for_those_who_may_read_the_log(site: Site) -> None:
    assert "证据流转记录" in site.client("li").get(f"/clips/{site.clip}").text
    assert "证据流转记录" not in site.client("wang").get(f"/clips/{site.clip}").text


def test_steps_come_with_the_case(site: Site) -> None:
    choices = site.client("li").get(f"/steps?case={site.cases[1]}").text
    assert "现场核查" in choices
    assert len(re.findall("<option", choices)) == 4
