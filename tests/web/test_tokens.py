"""Personal tokens: what they read, and every way to read more with one."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from catalog.actors import Actor, system
from catalog.models import Account, AccountRole, ApiToken, Clip, CustodyEntry
from catalog.people import find_account
from catalog.permissions import ROLES, TOKEN_PERMISSIONS, Permission, may
from catalog.signing_in.tokens import LONGEST, TokenRefused, create_token, revoke_all, revoke_token
from tests.web.conftest import Site, csrf
from tests.web.test_routes import PEOPLE
from tests.web.test_second_factor_pages import with_password
from tests.web.test_signing_in import set_password

ALL = tuple(one.value for one in TOKEN_PERMISSIONS)


def make(
    site: Site, name: str = "li", permissions: tuple[str, ...] = ALL, days: float = 30
) -> tuple[str, ApiToken]:
    now = site.components.clock()
    with site.database.write() as session:
        account = find_account(session, name)
        assert account is not None
        token, secret = create_token(
            session,
            actor=system("operator"),
            account=account.id,
            name="接口",
            permissions=set(permissions),
            expires=now + timedelta(days=days),
            now=now,
        )
        return secret, token


def ask(site: Site, path: str, secret: str = "", **more: str) -> TestResponse:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    return site.app.test_client().get(f"/api/v1{path}", headers={**headers, **more})


def paths(site: Site) -> dict[str, str]:
    return {
        "/cases": "office:case:read",
        f"/cases/{site.cases[0]}": "office:case:read",
        f"/clips/{site.clip}": "office:clip:read",
        f"/clips/{site.clip}/custody": "office:custody:read",
    }


def uses(site: Site) -> list[dict[str, object]]:
    with site.database.read() as session:
        rows = session.scalars(
            select(CustodyEntry.record)
            .where(CustodyEntry.action == "account.token-used")
            .order_by(CustodyEntry.at, CustodyEntry.id)
        )
        return [json.loads(row) for row in rows]


def test_it_reads_facts_and_each_use_is_entered(site: Site) -> None:
    secret, token = make(site)
    for path in paths(site):
        answer = ask(site, path, secret)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.mimetype == "application/json"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Set-Cookie" not in answer.headers
    entered = uses(site)
    assert [one["facts"]["asked"] for one in entered] == ["cases", "case", "clip", "clip_custody"]  # type: ignore[index]
    assert {one["facts"]["token"] for one in entered} == {str(token.id)}  # type: ignore[index]
    assert str(site.clip) in json.dumps(entered[2])
    clip = ask(site, f"/clips/{site.clip}", secret).json
    with site.database.read() as session:
        kept = session.get_one(Clip, site.clip)
        assert (clip["sha256"], clip["size"]) == (kept.sha256, kept.size)
        assert session.get_one(ApiToken, token.id).last_used_at is not None
    assert not re.search(r"https?://", json.dumps(clip)), "no address of content"


def test_pages_of_cases_and_of_the_log(site: Site) -> None:
    secret, _ = make(site)
    first = ask(site, "/cases", secret).json
    assert first["page"] == 1
    assert first["count"] == len(first["cases"]) >= 1
    assert ask(site, "/cases?page=2", secret).json["cases"] == []
    one = ask(site, f"/cases/{first['cases'][0]['id']}", secret).json
    assert len(one["steps"]) == first["cases"][0]["steps"]
    for _ in range(70):
        ask(site, f"/clips/{site.clip}", secret)
    log = ask(site, f"/clips/{site.clip}/custody", secret).json
    assert len(log["entries"]) == 60
    rest = ask(site, f"/clips/{site.clip}/custody?before={log['before']}", secret).json
    assert rest["entries"]
    assert not {e["id"] for e in log["entries"]} & {e["id"] for e in rest["entries"]}


def test_private_fields_leave_as_digests(site: Site) -> None:
    secret, _ = make(site)
    ask(site, f"/clips/{site.clip}", secret)
    entry = ask(site, f"/clips/{site.clip}/custody", secret).json["entries"][0]
    assert set(entry["record"]["private"]) >= {"actor", "address"}
    assert all(re.fullmatch(r"[0-9a-f]{64}", digest) for digest in entry["record"]["private"].values())
    assert '"li"' not in json.dumps(entry)


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page=%D9%A1", "page=9999999", "page=1e3"])
def test_bad_questions_are_said(site: Site, query: str) -> None:
    secret, _ = make(site)
    answer = ask(site, f"/cases?{query}", secret)
    assert (answer.status_code, answer.json["error"]) == (400, "bad-question")
    log = ask(site, f"/clips/{site.clip}/custody?before=zzz", secret)
    assert (log.status_code, log.json["error"]) == (400, "bad-question")


@pytest.mark.parametrize("username", PEOPLE)
def test_nobody_gets_a_token_for_more_than_they_may(site: Site, username: str) -> None:
    for permission in Permission:
        allowed = permission in TOKEN_PERMISSIONS and permission in ROLES[PEOPLE[username]]
        if allowed:
            make(site, username, (permission.value,))
        else:
            with pytest.raises(TokenRefused, match=r"not-yours|not-offered"):
                make(site, username, (permission.value,))


def test_a_token_does_what_it_was_given_and_no_more(site: Site) -> None:
    for given in ALL:
        secret, _ = make(site, "li", (given,))
        for path, needed in paths(site).items():
            answer = ask(site, path, secret)
            assert answer.status_code == (200 if needed == given else 403), (path, given)
            if needed != given:
                assert answer.json["error"] == "not-allowed"
    assert {one["facts"]["status"] for one in uses(site)} == {200, 403}  # type: ignore[index]


def test_no_token_does_what_its_list_does_not_say() -> None:
    everything = Actor(
        kind="person", id=uuid4(), name="x", roles=frozenset(ROLES), only=frozenset({"office:case:read"})
    )
    assert [one for one in Permission if may(everything, one)] == [Permission.CASE_READ, Permission.PUBLIC]


def test_expired_revoked_and_of_a_closed_account(site: Site) -> None:
    site.moment.append(datetime.now(UTC))
    short, _ = make(site, days=1)
    revoked, token = make(site)
    closed, _ = make(site, "sun")
    for secret in (short, revoked, closed):
        assert ask(site, "/cases", secret).status_code == 200
    site.moment[0] += timedelta(days=1)
    assert ask(site, "/cases", short).status_code == 401
    with site.database.write() as session:
        revoke_token(session, actor=system("operator"), token=token.id, now=site.components.clock())
        session.execute(update(Account).where(Account.username == "sun").values(active=False))
    for secret in (revoked, closed):
        answer = ask(site, "/cases", secret)
        assert (answer.status_code, answer.json["error"]) == (401, "unknown-token")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_closing_an_account_ends_its_tokens_for_good(site: Site) -> None:
    secrets = [make(site, "sun")[0] for _ in range(3)]
    now = site.components.clock()
    with site.database.write() as session:
        account = find_account(session, "sun")
        assert account is not None
        account.active = False
        assert revoke_all(session, actor=system("operator"), account=account.id, now=now) == 3
        assert revoke_all(session, actor=system("operator"), account=account.id, now=now) == 0
        account.active = True
    assert [ask(site, "/cases", secret).status_code for secret in secrets] == [401] * 3


def test_a_permission_taken_from_the_person_is_taken_from_the_token(site: Site) -> None:
    secret, token = make(site, "li")
    assert ask(site, "/cases", secret).status_code == 200
    with site.database.write() as session:
        session.query(AccountRole).where(AccountRole.account_id == token.account_id).delete()
    assert ask(site, "/cases", secret).status_code == 403


@pytest.mark.parametrize("name", ["token", "access_token", "api_key", "TOKEN"])
def test_a_token_in_the_address_is_refused(site: Site, name: str) -> None:
    secret, _ = make(site)
    for header in ("", secret):
        answer = ask(site, f"/cases?{name}={secret}", header)
        assert (answer.status_code, answer.json["error"]) == (400, "token-in-address")
        assert secret not in answer.text


def test_stations_sessions_and_tokens_are_kept_apart(site: Site) -> None:
    secret, _ = make(site)
    for path in paths(site):
        assert ask(site, path).status_code == 401
        assert ask(site, path, "token-ST-02").status_code == 401, "a station"
        assert site.client("li").get(f"/api/v1{path}").status_code == 401, "a session"
        assert ask(site, path, Authorization=f"Basic {secret}").status_code == 401
    client = site.app.test_client()
    bearer = {"Authorization": f"Bearer {secret}"}
    assert client.post("/api/v1/statements", json={"clips": []}, headers=bearer).status_code == 401
    assert client.post("/api/v1/dockings", json={}, headers=bearer).status_code == 401
    for page in ("/", "/clips", "/cases", "/account", "/account/tokens"):
        assert client.get(page, headers=bearer).status_code == 302, page
    assert client.get("/metrics", headers=bearer).status_code == 401


def test_a_restricted_recording_shows_to_no_token(site: Site) -> None:
    secret, _ = make(site)
    with site.database.write() as session:
        session.execute(update(Clip).where(Clip.id == site.clip).values(restricted=True))
    missing = ask(site, f"/clips/{uuid4()}", secret)
    for path in (f"/clips/{site.clip}", f"/clips/{site.clip}/custody"):
        answer = ask(site, path, secret)
        assert answer.status_code == 404
        assert answer.json == missing.json, "as if it did not exist"
    assert str(site.clip) not in json.dumps(uses(site))
    for case in site.cases:
        assert str(site.clip) not in ask(site, f"/cases/{case}", secret).text


def test_only_the_digest_is_kept(site: Site) -> None:
    secret, token = make(site)
    with site.database.read() as session:
        kept = session.get_one(ApiToken, token.id)
        assert len(kept.digest) == 64
        assert secret not in json.dumps([kept.digest, kept.name, kept.permissions])
        records = list(session.scalars(select(CustodyEntry.record)))
    assert not any(secret in record for record in records)


def test_terms_of_making_one(site: Site) -> None:
    for days, why in ((0, "expiry-past"), (-1, "expiry-past"), (LONGEST.days + 1, "expiry-far")):
        with pytest.raises(TokenRefused, match=why):
            make(site, days=days)
    with pytest.raises(TokenRefused, match="no-permission"):
        make(site, permissions=())
    for _ in range(20):
        make(site)
    with pytest.raises(TokenRefused, match="too-many-tokens"):
        make(site)


def test_by_page_it_is_made_shown_once_and_revoked(make_site: Callable[..., Site]) -> None:
    site = make_site()
    set_password(site, "li")
    client = with_password(site, name="li")
    form = {"csrf_token": csrf(client.get("/account/tokens")), "name": "<b>档案</b>系统", "days": "30"}
    assert client.post("/account/tokens", data=form).status_code == 400, "nothing chosen"
    more = client.post("/account/tokens", data={**form, "permission": "office:station:manage"})
    assert more.status_code == 400
    made = client.post("/account/tokens", data={**form, "permission": ["office:case:read"]})
    found = re.search(r'class="key">(liuhen_[\w-]+)<', made.text)
    assert found is not None, made.text
    page = client.get("/account/tokens").text
    assert found.group(1) not in page
    assert "&lt;b&gt;档案" in page
    assert ask(site, "/cases", found.group(1)).status_code == 200
    with site.database.read() as session:
        token = session.scalars(select(ApiToken)).one()
    address = f"/account/tokens/{token.id}/revocation"
    other = site.client("sun")
    theirs = csrf(other.get("/account/tokens"))
    assert other.post(address, data={"csrf_token": theirs}).status_code == 404, "another's"
    assert client.post(address).status_code == 400, "without the form's token"
    assert client.post(address, data=form).status_code == 303
    assert client.post(address, data=form).status_code == 409
    assert ask(site, "/cases", found.group(1)).status_code == 401


def test_making_one_needs_a_fresh_sign_in(site: Site) -> None:
    set_password(site, "li")
    client = site.client("li")  # by link, and there is a password
    form = {"csrf_token": csrf(client.get("/account/tokens")), "name": "x", "days": "7", "permission": ALL[0]}
    assert client.post("/account/tokens", data=form).location == "/signin/again?next=/account/tokens"
    with site.database.read() as session:
        assert session.scalars(select(ApiToken)).all() == []
