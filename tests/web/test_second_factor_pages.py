"""The second step by pages: set up, asked for, used once, required of roles, switched off."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr

from catalog.signing_in.second_factor import STEP_SECONDS, code_at
from tests.web.conftest import Site, csrf
from tests.web.test_refusals_are_kept import kept
from tests.web.test_signing_in import PASSWORD, actions, link, set_password
from web.app import create_app
from web.signing_in.second_factor import NoKeyForSecondFactors

PAGE = "/account/second-factor"


def now_of(site: Site) -> datetime:
    return site.components.clock()


def with_password(site: Site, client: FlaskClient | None = None, name: str = "wang") -> FlaskClient:
    client = client or site.client()
    page = client.get("/signin")
    data = {"csrf_token": csrf(page), "name": name, "password": PASSWORD}
    assert client.post("/signin", data=data).status_code == 303
    return client


def set_up(site: Site, client: FlaskClient) -> tuple[bytes, list[str]]:
    form = {"csrf_token": csrf(client.get(PAGE))}
    answer = client.post(PAGE, data=form)
    assert answer.location == PAGE, answer.text
    page = client.get(PAGE).text
    assert "<svg" in page
    assert "style=" not in page.partition("<svg")[2].partition("</svg>")[0]
    found = re.search(r'class="key">([A-Z2-7 ]+)<', page)
    assert found is not None
    letters = found.group(1).replace(" ", "")
    secret = base64.b32decode(letters + "=" * (-len(letters) % 8))
    shown = client.post(f"{PAGE}/confirm", data={**form, "code": code(site, secret)})
    assert shown.status_code == 200, shown.text
    codes = re.findall(r"<code>([0-9A-Z-]{19})</code>", shown.text)
    assert len(codes) == 10
    return secret, codes


def code(site: Site, secret: bytes) -> str:
    return code_at(secret, int(now_of(site).timestamp()) // STEP_SECONDS)


@pytest.fixture
def ready(site: Site) -> tuple[Site, bytes, list[str]]:
    set_password(site)
    site.moment.append(datetime.now(UTC))
    secret, codes = set_up(site, with_password(site))
    site.moment[0] += timedelta(minutes=2)
    return site, secret, codes


def step_two(client: FlaskClient, shown: str, **more: str) -> int:
    page = client.get("/signin/code")
    return client.post("/signin/code", data={"csrf_token": csrf(page), "code": shown, **more}).status_code


def test_a_password_alone_opens_nothing_any_more(ready: tuple[Site, bytes, list[str]]) -> None:
    site, secret, _ = ready
    client = with_password(site)
    for path in ("/clips", "/account", PAGE):
        assert client.get(path).status_code == 302
    assert client.get("/signin/again").status_code == 302
    assert step_two(client, "000000") == 401
    good = code(site, secret)
    assert step_two(client, good) == 303
    assert client.get("/clips").status_code == 200
    other = with_password(site)
    assert step_two(other, good) == 401, "a replay"
    site.moment[0] += timedelta(seconds=30)
    assert step_two(other, code(site, secret)) == 303


def test_a_link_asks_for_the_code_too_and_then_stands_for_the_person(
    ready: tuple[Site, bytes, list[str]],
) -> None:
    site, secret, codes = ready
    client = site.client()
    address = link(site)
    answer = client.post(address, data={"csrf_token": csrf(client.get(address))})
    assert answer.location == "/signin/code"
    assert client.get("/clips").status_code == 302
    assert step_two(client, codes[0]) == 303
    assert client.get("/clips").status_code == 200
    again = site.client()
    address = link(site)
    again.post(address, data={"csrf_token": csrf(again.get(address))})
    assert step_two(again, codes[0]) == 401
    assert step_two(again, code(site, secret)) == 303


def test_codes_are_not_guessed(ready: tuple[Site, bytes, list[str]]) -> None:
    site, secret, _ = ready
    client = with_password(site)
    assert [step_two(client, f"{n:06}") for n in range(6)] == [401] * 5 + [429]
    assert step_two(client, code(site, secret)) == 429


def test_halfway_is_over_soon_and_with_the_sessions(ready: tuple[Site, bytes, list[str]]) -> None:
    site, secret, codes = ready
    late, changed = with_password(site), with_password(site)
    page = csrf(late.get("/signin/code"))
    site.moment[0] += timedelta(minutes=6)
    late_answer = late.post("/signin/code", data={"csrf_token": page, "code": code(site, secret)})
    assert late_answer.location == "/signin"
    assert late.get("/clips").status_code == 302
    site.moment[0] -= timedelta(minutes=6)
    page = csrf(changed.get("/signin/code"))
    client = with_password(site)
    assert step_two(client, codes[1]) == 303
    client.post("/signout", data={"csrf_token": csrf(client.get("/account"))})
    assert changed.post("/signin/code", data={"csrf_token": page, "code": codes[2]}).location == "/signin"


def test_signing_in_anew_takes_a_code(ready: tuple[Site, bytes, list[str]]) -> None:
    site, secret, codes = ready
    client = with_password(site)
    assert step_two(client, codes[0], next="/account") == 303
    site.moment[0] += timedelta(minutes=10)
    form = csrf(client.get("/signin/again"))
    bad = client.post("/signin/again", data={"csrf_token": form, "code": "123456"})
    assert bad.status_code == 401
    good = client.post("/signin/again", data={"csrf_token": form, "code": code(site, secret), "next": PAGE})
    assert good.location == PAGE
    assert client.post(f"{PAGE}/codes", data={"csrf_token": csrf(client.get(PAGE))}).status_code == 200


def test_switching_off_needs_a_fresh_sign_in_and_a_code(ready: tuple[Site, bytes, list[str]]) -> None:
    site, secret, codes = ready
    client = with_password(site)
    assert step_two(client, codes[0]) == 303
    form = {"csrf_token": csrf(client.get(PAGE))}
    site.moment[0] += timedelta(minutes=6)
    stale = client.post(f"{PAGE}/removal", data={**form, "code": codes[1]})
    assert stale.location == f"/signin/again?next={PAGE}"
    site.moment[0] -= timedelta(minutes=6)
    assert client.post(f"{PAGE}/removal", data={**form, "code": "000000"}).status_code == 400
    assert client.post(f"{PAGE}/removal", data={**form, "code": code(site, secret)}).location == PAGE
    assert client.get("/clips").status_code == 200, "this session goes on"
    assert with_password(site).get("/clips").status_code == 200
    assert "account.second-factor-removed" in actions(site)


def test_setting_up_needs_a_fresh_sign_in(site: Site) -> None:
    set_password(site)
    client = site.client("wang")  # by link, and there is a password
    answer = client.post(PAGE, data={"csrf_token": csrf(client.get(PAGE))})
    assert answer.location == f"/signin/again?next={PAGE}"
    assert "<svg" not in client.get(PAGE).text.partition('class="card"')[2]


def test_setting_up_ends_other_sessions(site: Site) -> None:
    set_password(site)
    mine, other = with_password(site), with_password(site)
    set_up(site, mine)
    assert mine.get("/clips").status_code == 200
    assert other.get("/clips").status_code == 302


def test_a_role_that_needs_it_is_led_to_it_first(make_site: Callable[..., Site]) -> None:
    site = make_site(require_second_factor_for=("administrator",))
    client = site.client("admin")
    for path in ("/", "/stations", "/account", "/incidents", "/recorders"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, PAGE), path
    part = client.get("/stations/live", headers={"HX-Request": "true"})
    assert part.status_code == 403
    assert site.client("wang").get("/clips").status_code == 200, "others go on as before"
    secret, _ = set_up(site, client)
    assert client.get("/stations").status_code == 200
    refused = client.post(
        f"{PAGE}/removal", data={"csrf_token": csrf(client.get(PAGE)), "code": code(site, secret)}
    )
    assert refused.status_code == 400
    assert "不能关闭" in refused.text


def test_a_required_factor_without_a_key_does_not_start(site: Site) -> None:
    from dataclasses import replace  # noqa: PLC0415

    settings = site.components.settings.model_copy(
        update={"require_second_factor_for": ("auditor",), "second_factor_key": SecretStr("")}
    )
    with pytest.raises(NoKeyForSecondFactors, match="auditor"):
        create_app(replace(site.components, settings=settings))


@pytest.mark.parametrize("step", ["", "/confirm", "/removal"])
def test_without_a_key_nobody_is_asked_to_sign_in_anew(make_site: Callable[..., Site], step: str) -> None:
    """What would be refused to anybody is no refusal of whoever sits there."""
    site = make_site(second_factor_key=SecretStr(""))
    site.moment.append(datetime.now(UTC))
    left = site.client("wang", "en")
    site.moment[0] += timedelta(minutes=12)
    answer = left.post(f"{PAGE}{step}", data={"csrf_token": csrf(left.get(PAGE)), "code": "123456"})
    assert answer.status_code == 409
    assert "no key for second factors" in answer.text
    assert kept(site) == []


def test_another_key_lets_nobody_past_and_says_so(ready: tuple[Site, bytes, list[str]]) -> None:
    site, secret, codes = ready
    object.__setattr__(site.components.settings, "second_factor_key", SecretStr("00" * 32))
    client = with_password(site)
    assert step_two(client, code(site, secret)) == 401
    assert step_two(client, codes[5]) == 303, "recovery codes need no key"
