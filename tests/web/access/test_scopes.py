"""Recordings out of somebody's scope: no address tells them from what is not there, and no page names them."""

from __future__ import annotations

import json
import re
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from catalog.models import Clip, CustodyEntry
from catalog.permissions import ROLES, Permission
from tests.web.access.conftest import Bureau
from tests.web.access.measuring import TOKEN, address, ask, asker, nothing_stays, ways
from tests.web.access.subjects import COLLEAGUE, STRANGER
from web.permission import permission_of

OUTSIDE = {
    "officer": (COLLEAGUE, STRANGER),
    "handler": (STRANGER,),
    "section-head": (STRANGER,),
    "leader": (COLLEAGUE, STRANGER),
    "bureau-head": (COLLEAGUE, STRANGER),
    "office-head": (COLLEAGUE, STRANGER),
}
"""Whose recordings are out of scope."""

BY_OFFICE = {
    "pages.case_index": "review, archive and the head of the office read the index of every file",
    "pages.appraisal": "who appraises, opines on, approves and witnesses destruction is told what is destroyed",
    "pages.appraisal_print": "the same on paper",
    "pages.disposal": "the same, while an appraisal is opened",
}
"""Pages on which an office of its own names recordings to those outside their scope: names, no way to them."""


def body(text: str) -> str:
    """A page without what differs from one request to the next."""
    text = re.sub(r'(name="csrf_token" value|name="csrf-token" content)="[^"]*"', "", text)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{1,2}:\d{2}(:\d{2})?", "", text)


@pytest.mark.parametrize("role", sorted(OUTSIDE))
def test_out_of_scope_is_not_told_from_unknown(bureau: Bureau, role: str) -> None:
    site = bureau.site
    who = asker(site, role, bureau.shelves)
    seen, wrong = 0, []
    with nothing_stays(site.database):
        for rule, method in ways(site.app):
            if not rule.endpoint.startswith("pages.") or "clip_id" not in rule.arguments:
                continue
            if permission_of(site.app, rule.endpoint) not in ROLES[role]:
                continue
            for shelf in OUTSIDE[role]:
                # A step of one's own, and everything else as it hangs on the clip.
                ids = {**bureau.shelves[shelf].ids, "step_id": bureau.shelves[role].ids["step_id"]}
                there = ask(site, who, rule, method, address(site.app, rule, ids))
                nothing = ask(site, who, rule, method, address(site.app, rule, {**ids, "clip_id": uuid4()}))
                seen += 1
                if (there.status_code, body(there.text)) != (nothing.status_code, body(nothing.text)):
                    wrong.append(f"{rule.endpoint} {method}: {there.status_code}")
                elif there.status_code != 404:
                    wrong.append(f"{rule.endpoint} {method}: {there.status_code}, not 404")
    assert seen >= 8
    assert wrong == []


def entries(bureau: Bureau, action: str, clip: UUID) -> list[dict[str, object]]:
    with bureau.site.database.read() as session:
        rows = session.scalars(select(CustodyEntry.record).where(CustodyEntry.action == action))
        found = [json.loads(record) for record in rows]
    return [one for one in found if str(clip) in json.dumps(one["subjects"])]


def test_asking_for_it_in_every_way_is_one_entry(bureau: Bureau) -> None:
    site, shelf = bureau.site, bureau.shelves[STRANGER]
    who = asker(site, "officer", bureau.shelves)
    clip = shelf.ids["clip_id"]
    for path in (f"/clips/{clip}", f"/clips/{clip}/marks", f"/clips/{clip}/live"):
        assert site.app.test_client(use_cookies=False).get(path, headers=who.headers).status_code == 404
    for path in (f"/clips/{clip}/addresses", f"/clips/{clip}/purpose", f"/clips/{clip}/open"):
        answer = site.app.test_client(use_cookies=False).post(
            path, data={"csrf_token": who.token, "purpose": "case"}, headers=who.headers
        )
        assert answer.status_code == 404
    (kept,) = entries(bureau, "clip.out-of-reach", clip)
    assert kept["facts"] == {"act": "clip"}
    assert entries(bureau, "clip.played", clip) == entries(bureau, "clip.purpose-stated", clip) == []


def test_a_token_reaches_no_further(bureau: Bureau) -> None:
    site = bureau.site
    who = asker(site, TOKEN, bureau.shelves)
    client = site.app.test_client(use_cookies=False)
    own, other = bureau.shelves["officer"].ids, bureau.shelves[STRANGER].ids
    assert client.get(f"/api/v1/clips/{own['clip_id']}", headers=who.headers).status_code == 200
    there = client.get(f"/api/v1/clips/{other['clip_id']}", headers=who.headers)
    nothing = client.get(f"/api/v1/clips/{uuid4()}", headers=who.headers)
    assert (there.status_code, there.json) == (nothing.status_code, nothing.json) == (404, nothing.json)
    case = client.get(f"/api/v1/cases/{other['case_id']}", headers=who.headers)
    assert case.status_code == 200, "cases are the bureau's"
    assert str(other["clip_id"]) not in case.text


@pytest.mark.parametrize("role", sorted(OUTSIDE))
def test_no_page_names_it(bureau: Bureau, role: str) -> None:
    """Every page there is, asked about the things of another unit: no way to the recording, and but for some its name."""
    site = bureau.site
    who = asker(site, role, bureau.shelves)
    wrong, seen = [], 0
    for shelf in OUTSIDE[role]:
        ids = bureau.shelves[shelf].ids
        with site.database.read() as session:
            clip = session.get_one(Clip, ids["clip_id"])
            name, digest = clip.name, clip.sha256[:12]
        with nothing_stays(site.database):
            for rule, method in ways(site.app):
                if method != "GET" or not rule.endpoint.startswith("pages."):
                    continue
                permission = permission_of(site.app, rule.endpoint)
                if permission not in ROLES[role] | {Permission.PUBLIC, Permission.SELF}:
                    continue
                answer = ask(site, who, rule, method, address(site.app, rule, ids))
                seen += answer.status_code == 200
                # The page that was asked for may say its own address, as where to come back to.
                text = answer.text if "clip_id" not in rule.arguments else ""
                answer.close()
                if f"/clips/{ids['clip_id']}" in text:
                    wrong.append(f"{rule.endpoint}: a way to it")
                by_office = rule.endpoint in BY_OFFICE and (
                    rule.endpoint != "pages.case_index" or role == "office-head"
                )
                if (name in text or digest in text) and not by_office:
                    wrong.append(f"{rule.endpoint}: its name")
    assert seen > 20
    assert sorted(set(wrong)) == []
