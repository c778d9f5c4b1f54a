"""How long a page takes somebody signed in, while others guess passwords 40 times a second, against without.

The guesses come at a fixed rate whatever the answers are, from addresses of their own each (127.1.x.y) and for names that exist
and that do not, so that as many as possible reach the computing of a password. Beside it the same from one address, which has
to wait after its sixtieth. Turn and turn about, in one run, on a one-machine system with the demonstration's people.

    python -m bench.signin_attack [--rounds 3] [--seconds 15] [--rate 40]
"""

from __future__ import annotations

import argparse
import http.client
import multiprocessing
import random
import re
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from multiprocessing.queues import Queue
from urllib.parse import urlencode, urlsplit

from catalog.database import Database
from catalog.demo import seed
from catalog.people import issue_signin_token
from tests.services.system import System, running_system

PAGE = "/cases"
NAMES = ("wang", "li", "chen", "admin", "sun", "zhou")
AT_ONCE = 60
"""Guesses under way at the same time: more wait for their turn, as at somebody with one machine."""
KINDS = ("without", "one address", "many addresses")


def percentile(values: list[float], share: float) -> float:
    """The value that so large a share stays under."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


class Browser:
    """One connection with its cookie."""

    def __init__(self, base: str, source: str = "127.0.0.1") -> None:
        parts = urlsplit(base)
        self._to = (parts.hostname or "", parts.port or 80)
        self._source = source
        self._connection: http.client.HTTPConnection | None = None
        self.cookies: dict[str, str] = {}

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        """Answer status and body."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection(
                *self._to, timeout=30, source_address=(self._source, 0)
            )
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, urlencode(form) if form is not None else None, headers)
        answer = self._connection.getresponse()
        body = answer.read().decode()
        for value in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = value.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer.status, body

    def form_token(self, path: str) -> str:
        """The token of the form on a page."""
        _, body = self.ask("GET", path)
        found = re.search(r'name="csrf_token" value="([^"]+)"', body)
        assert found is not None
        return found.group(1)

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def attack(base: str, rate: float, seconds: float, many: bool, said: Queue[Counter[str]]) -> None:
    """Guess at this rate; put what was answered, by status."""
    chance = random.Random(7)
    first = Browser(base)
    token, cookies = first.form_token("/signin"), dict(first.cookies)
    first.close()
    answers: Counter[str] = Counter()

    def guess(number: int) -> None:
        source = f"127.1.{chance.randrange(250)}.{1 + chance.randrange(250)}" if many else "127.1.0.1"
        name = NAMES[number % len(NAMES)] if number % 2 else f"nobody{chance.randrange(10**6)}"
        one = Browser(base, source)
        one.cookies = dict(cookies)
        try:
            status, _ = one.ask(
                "POST", "/signin", {"csrf_token": token, "name": name, "password": f"guess-{number}-guess"}
            )
            answers[str(status)] += 1
        except OSError as error:
            answers[type(error).__name__] += 1
        finally:
            one.close()

    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for number in range(int(rate * seconds)):
            wait = began + number / rate - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            pool.submit(guess, number)
    said.put(answers)


def look(browser: Browser, seconds: float) -> list[float]:
    """Milliseconds that each look at the page took."""
    taken = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        status, _ = browser.ask("GET", PAGE)
        taken.append((time.perf_counter() - began) * 1000)
        assert status == 200, status
        time.sleep(0.05)
    return taken


def sign_in(system: System) -> Browser:
    """Somebody signed in, on a system with the demonstration's people."""
    database = Database.open(system.settings.catalog.database_url)
    now = datetime.now(UTC)
    with database.write() as session:
        seed(session, now)
        link = f"/signin/{issue_signin_token(session, 'li', now)}"
    database.close()
    browser = Browser(system.url)
    status, _ = browser.ask("POST", link, {"csrf_token": browser.form_token(link)})
    assert status == 303, status
    return browser


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--seconds", type=float, default=15.0)
    asked.add_argument("--rate", type=float, default=40.0)
    given = asked.parse_args()
    taken: dict[str, list[float]] = {kind: [] for kind in KINDS}
    answers: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    context = multiprocessing.get_context("spawn")
    with running_system() as system:
        browser = sign_in(system)
        look(browser, 2)
        for _ in range(given.rounds):
            for kind in KINDS:
                said: Queue[Counter[str]] = context.Queue()
                attacker = None
                if kind != "without":
                    attacker = context.Process(
                        target=attack,
                        args=(system.url, given.rate, given.seconds + 3, kind == "many addresses", said),
                    )
                    attacker.start()
                    time.sleep(3)  # it has begun
                taken[kind] += look(browser, given.seconds)
                if attacker is not None:
                    answers[kind] += said.get(timeout=120)
                    attacker.join()
    print(f"{given.rate:g} wrong sign-ins a second; GET {PAGE}, milliseconds")
    for kind in KINDS:
        times = taken[kind]
        statuses = ", ".join(f"{n} × {status}" for status, n in sorted(answers[kind].items()))
        print(
            f"{kind:15} median {statistics.median(times):6.1f}   95 % {percentile(times, 0.95):6.1f}"
            f"   of {len(times)}   {statuses}"
        )


if __name__ == "__main__":
    main()
