"""Guessing passwords: counted over all processes, entered, told; and who is not kept out by it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from pydantic import SecretStr
from sqlalchemy import select

from catalog.models import CustodyEntry, Incident
from catalog.rules.signin_limits import LIMITS
from tests.web.conftest import Site, csrf
from tests.web.test_signing_in import PASSWORD, set_password
from web.signing_in.guard import BUSY_SECONDS
from web.signing_in.hashing import Busy, Turns
from web.signing_in.tries import Tries

FREE = LIMITS["place"].free


def attempt(
    site: Site, name: str, password: str, *, address: str = "10.0.0.9", client: FlaskClient | None = None
) -> tuple[int, str]:
    client = client or site.client()
    page = client.get("/signin")
    answer = client.post(
        "/signin",
        data={"csrf_token": csrf(page), "name": name, "password": password},
        environ_overrides={"REMOTE_ADDR": address},
    )
    return answer.status_code, answer.text


def entries(site: Site, action: str) -> list[str]:
    with site.database.read() as session:
        return list(session.scalars(select(CustodyEntry.record).where(CustodyEntry.action == action)))


def test_waits_rise_and_end_by_themselves(site: Site) -> None:
    set_password(site)
    site.moment.append(datetime.now(UTC))
    for name in ("wang", "nobody"):
        assert [attempt(site, name, "wrong")[0] for _ in range(FREE + 1)] == [401] * FREE + [429]
        status, text = attempt(site, name, PASSWORD)
        assert status == 429, "the right one as well, or it could be told by it"
        assert "30 秒" in text
    site.moment[0] += timedelta(seconds=31)
    assert attempt(site, "wang", "wrong")[0] == 401
    assert attempt(site, "wang", "wrong")[0] == 429, "and now a minute"
    site.moment[0] += timedelta(seconds=31)
    assert attempt(site, "wang", PASSWORD)[0] == 429
    site.moment[0] += timedelta(seconds=31)
    assert attempt(site, "wang", PASSWORD)[0] == 303
    assert attempt(site, "wang", "wrong")[0] == 401, "begun anew"


def test_a_locked_name_reads_the_same_whether_it_exists(site: Site) -> None:
    site.moment.append(datetime.now(UTC))
    texts = set()
    for name in ("wang", "nobody"):
        for _ in range(FREE):
            attempt(site, name, "wrong", address="10.0.0.5")
        texts.add(attempt(site, name, "wrong", address="10.0.0.5")[1].replace(name, ""))
    cut = {text.partition("<title>")[2] for text in texts}
    assert len({text.split("csrf_token")[0] for text in cut}) == 1


def test_both_names_of_an_account_count_as_one(site: Site) -> None:
    set_password(site)
    for n in range(FREE):
        attempt(site, "wang" if n % 2 else "Wang@liuhen.example", "wrong")
    assert attempt(site, "wang", PASSWORD)[0] == 429
    assert attempt(site, "wang@liuhen.example", PASSWORD)[0] == 429


def test_a_stranger_keeps_nobody_out_of_their_own_device(site: Site) -> None:
    set_password(site)
    mine = site.client()
    assert attempt(site, "wang", PASSWORD, client=mine)[0] == 303
    mine.post("/signout", data={"csrf_token": csrf(mine.get("/account"))})
    for n in range(LIMITS["name"].free):
        attempt(site, "wang", "wrong", address=f"10.1.0.{n}")
    assert attempt(site, "wang", PASSWORD, address="10.9.9.9")[0] == 429, "a strange device waits"
    assert attempt(site, "wang", PASSWORD, client=mine)[0] == 303, "the person's own does not"


def test_the_device_is_known_for_its_own_names_only_and_cannot_be_made_up(site: Site) -> None:
    set_password(site)
    mine = site.client()
    assert attempt(site, "wang", PASSWORD, client=mine)[0] == 303
    cookie = mine.get_cookie("liuhen-device", path="/signin")
    assert cookie is not None
    assert "wang" not in cookie.value
    mine.post("/signout", data={"csrf_token": csrf(mine.get("/account"))})
    for n in range(LIMITS["name"].free):
        attempt(site, "li", "wrong", address=f"10.2.0.{n}")
    assert attempt(site, "li", "wrong", client=mine, address="10.9.9.9")[0] == 429
    forged = site.client()
    forged.set_cookie("liuhen-device", cookie.value[:-3] + "abc", path="/signin")
    assert attempt(site, "li", "wrong", client=forged, address="10.9.9.8")[0] == 429
    assert [attempt(site, "wang", "wrong", client=mine)[0] for _ in range(FREE + 1)][-1] == 429, (
        "no free pass"
    )


def test_lock_outs_are_entries_and_an_incident_without_what_was_typed(site: Site) -> None:
    site.moment.append(datetime.now(UTC))
    for n in range(LIMITS["name"].free + 3):
        attempt(site, "wang", "wrong", address=f"10.3.0.{n}")
    for n in range(LIMITS["name"].free + 3):
        attempt(site, "my-Secret-Passw0rd", "wrong", address=f"10.4.0.{n}")
    told = entries(site, "account.locked-out")
    assert len(told) == 2
    assert not any("my-Secret-Passw0rd" in text for text in told)
    with site.database.read() as session:
        found = session.scalars(select(Incident).where(Incident.kind == "many-refused-sign-ins")).all()
        assert len(found) == 2
        assert not any("Passw0rd" in str(one.details) for one in found)
    page = site.client("admin").get("/incidents").text
    assert "登录多次被拒绝" in page
    assert "Strange devices" not in page, "said in Chinese"


def test_one_address_that_tries_many_names_waits(site: Site) -> None:
    site.moment.append(datetime.now(UTC))
    free = LIMITS["address"].free
    statuses = [attempt(site, f"name{n}", "", address="10.6.0.1")[0] for n in range(free + 1)]
    assert statuses == [401] * free + [429]
    assert attempt(site, "wang", "wrong", address="10.6.0.2")[0] == 401, "others go on"


def test_counts_hold_over_processes_and_restarts(make_site: Callable[..., Site], redis_url: str) -> None:
    first = make_site(broker_url=SecretStr(redis_url))
    second = make_site(broker_url=SecretStr(redis_url))
    address = f"10.7.{time.time_ns() % 250}.{time.time_ns() // 250 % 250}"
    for n in range(FREE):
        assert attempt((first, second)[n % 2], "wang", "wrong", address=address)[0] == 401
    for site in (first, second, make_site(broker_url=SecretStr(redis_url))):
        assert attempt(site, "wang", "wrong", address=address)[0] == 429


def test_a_hundred_at_once_are_a_hundred(redis_url: str) -> None:
    counting = [Tries(redis_url, "k" * 40) for _ in range(2)]
    now = datetime.now(UTC)
    for one in (counting[0], counting[1]), (Tries("amqp://elsewhere", "k"),) * 2:
        key = one[0].key("at once", str(time.time_ns()))
        with ThreadPoolExecutor(40) as pool:
            made = list(pool.map(lambda c, k=key: c.begin(now, {"place": k}).wait, one * 20))  # type: ignore[misc]
        assert sum(wait == 0 for wait in made) == FREE


def test_redis_and_memory_count_alike(redis_url: str) -> None:
    now = datetime.now(UTC)
    both = (Tries(redis_url, "k"), Tries("amqp://elsewhere", "k"))
    keys = {"place": both[0].key(str(time.time_ns())), "name": both[0].key("n", str(time.time_ns()))}
    for step in range(40):
        answers = [one.begin(now, keys) for one in both]  # type: ignore[arg-type]
        assert answers[0] == answers[1], step
        if step % 7 == 3:
            for one in both:
                one.succeeded(keys)  # type: ignore[arg-type]
        if step % 11 == 5:
            for one in both:
                one.not_made(keys)  # type: ignore[arg-type]
        now += timedelta(seconds=17)


def test_without_redis_signing_in_goes_on_and_is_still_counted(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    set_password(site)
    began = time.monotonic()
    assert attempt(site, "wang", PASSWORD)[0] == 303
    assert [attempt(site, "wang", "wrong")[0] for _ in range(FREE + 1)][-1] == 429
    assert time.monotonic() - began < 15
    said = [r for r in caplog.records if "counted in this process alone" in r.message]
    assert 1 <= len(said) <= 3
    assert not any(r.exc_info for r in said)


def test_computing_is_bounded() -> None:
    turns = Turns(at_once=1, waiting=1)
    go, inside = threading.Event(), threading.Event()
    most, running = [0], [0]

    def compute() -> None:
        running[0] += 1
        most[0] = max(most[0], running[0])
        inside.set()
        go.wait(5)
        running[0] -= 1

    threads = [threading.Thread(target=lambda: turns(compute)) for _ in range(2)]
    threads[0].start()
    assert inside.wait(5)
    threads[1].start()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            turns(lambda: None)
        except Busy:
            break
        time.sleep(0.01)
    else:
        pytest.fail("a third was let in to wait")
    go.set()
    for thread in threads:
        thread.join()
    assert most == [1]


def test_who_is_turned_away_is_told_how_long_and_nothing_is_counted(site: Site) -> None:
    set_password(site)
    turns: Turns = site.app.extensions["liuhen.turns"]
    for _ in range(FREE + 2):
        with turns.turn(), turns_full(turns):
            status, text = attempt(site, "wang", PASSWORD)
            assert status == 429
            assert f"{BUSY_SECONDS:.0f} 秒" in text
    assert attempt(site, "wang", PASSWORD)[0] == 303


class turns_full:  # noqa: N801 - reads as a sentence
    """All places of those who wait are taken."""

    def __init__(self, turns: Turns) -> None:
        self._places = turns._places
        self._taken = 0

    def __enter__(self) -> None:
        while self._places.acquire(blocking=False):
            self._taken += 1

    def __exit__(self, *_: object) -> None:
        for _one in range(self._taken):
            self._places.release()


def test_the_present_password_cannot_be_guessed_from_an_open_session(site: Site) -> None:
    set_password(site)
    client = site.client("wang")
    form = {
        "csrf_token": csrf(client.get("/account")),
        "fresh": "another-Word-88",
        "again": "another-Word-88",
    }
    statuses = [
        client.post("/account", data={**form, "present": f"no{n}"}).status_code for n in range(FREE + 1)
    ]
    assert statuses == [400] * FREE + [429]
    again = {"csrf_token": form["csrf_token"], "password": "no"}
    assert client.post("/signin/again", data=again).status_code == 429
