"""Many people at once on the whole one-machine system: signing in, looking, searching, attaching.

    python -m bench.people [--people 200] [--seconds 120] [--clips 20000]

The system runs as `liuhen up` starts it, with a catalog of so many invented clips and one real card docked. Each person
has an account, an own case with a step, and a think time of 1 to 5 seconds between two acts, as somebody at a desk has;
attaches recordings of the own unit, and looks at those of the card, which are another unit's, by their numbers.
The callers run in processes of their own on the same machine: what they use, the system has not. Printed: percentiles per
kind of act in milliseconds, answers that were no success, a yardstick for the machine's speed, the processor's time of each
part and of the callers, the memory of all parts before, at most and after.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import re
import tempfile
import threading
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import urllib3
from sqlalchemy import func, select

from bench.search_world import make
from catalog.actors import system as by_system
from catalog.case_files.cases import add_step, create_case
from catalog.database import Database
from catalog.demo import seed
from catalog.models import Clip, Copy, Officer, Stage, Unit
from catalog.people import create_account, issue_signin_token, person
from liuhen.samplecard import make_card
from tests.services.system import System, running_system

CALLERS = 4
"""Processes that play people; each has its share of them, a thread each."""
WORDS = ("食品", "现场检查", "20261101", "药店", "DSJ", "王", "超市", "送达")
Outcome = tuple[str, float, int]
"""Kind of act, seconds, status (0: no answer)."""


class Visitor:
    """One person with a browser's cookie."""

    def __init__(self, pool: urllib3.HTTPConnectionPool, me: dict[str, Any], dice: random.Random) -> None:
        self._pool, self._me, self._dice = pool, me, dice
        self._cookie = self._token = ""
        self._opened: set[str] = set()
        self.outcomes: list[Outcome] = []

    def sign_in(self) -> None:
        """Use the one-time link, as it is asked for by its page."""
        page = self._ask("open the sign-in link", "GET", self._me["link"])
        self._note_token(page)
        self._ask("sign in", "POST", self._me["link"], {})
        self._note_token(self._ask("account", "GET", "/account"))

    def act(self) -> None:
        """One thing that somebody at a desk does."""
        dice = self._dice
        kind = dice.choices(("list", "search", "look", "case", "attach"), (20, 25, 35, 12, 8))[0]
        if kind == "list":
            self._ask("list of recordings", "GET", "/clips")
        elif kind == "search":
            self._ask("search", "GET", "/clips?" + urlencode({"words": dice.choice(WORDS)}))
        elif kind == "look":
            clip = dice.choice(self._me["real"])
            if clip not in self._opened:  # another unit's: by its number, with a purpose, once in eight hours
                form = {"asked": clip, "purpose": "case", "reference": "测〔2026〕0 号"}
                self._ask("open by number", "POST", "/consult", form)
                self._opened.add(clip)
            self._ask("page of a recording", "GET", f"/clips/{clip}")
            self._ask("addresses for looking", "POST", f"/clips/{clip}/addresses", {})
        elif kind == "case":
            self._ask("page of a case", "GET", f"/cases/{self._me['case']}")
        elif self._me["loose"]:
            clip = self._me["loose"].pop()
            form = {"step": self._me["step"], "role": "process", "volume": "sub"}
            self._ask("attach", "POST", f"/clips/{clip}/attachments", form)

    def _ask(self, kind: str, method: str, path: str, form: dict[str, str] | None = None) -> str:
        headers = {"Cookie": self._cookie} if self._cookie else {}
        body = None
        if form is not None:
            body = urlencode({"csrf_token": self._token, **form})
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "X-CSRFToken": self._token}
        began = time.perf_counter()
        try:
            answer = self._pool.request(
                method, path, body=body, headers=headers, redirect=False, timeout=60, retries=False
            )
        except urllib3.exceptions.HTTPError:
            self.outcomes.append((kind, time.perf_counter() - began, 0))
            return ""
        self.outcomes.append((kind, time.perf_counter() - began, answer.status))
        for cookie in answer.headers.getlist("Set-Cookie"):
            if cookie.startswith("liuhen="):
                self._cookie = cookie.partition(";")[0]
        return answer.data.decode(errors="replace")

    def _note_token(self, page: str) -> None:
        if found := re.search(r'name="csrf_token" value="([^"]+)"', page):
            self._token = found[1]


def play(host: str, port: int, people: list[dict[str, Any]], seconds: float, seed_of: int, into: str) -> None:
    """Let these people work for so many seconds; the outcomes go into a file."""
    pool = urllib3.HTTPConnectionPool(host, port, maxsize=len(people))
    outcomes: list[Outcome] = []
    lock = threading.Lock()

    def one(number: int, me: dict[str, Any]) -> None:
        dice = random.Random(seed_of * 1000 + number)
        visitor = Visitor(pool, me, dice)
        time.sleep(dice.uniform(0, 20))  # a shift does not begin in one second
        visitor.sign_in()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            visitor.act()
            time.sleep(dice.uniform(1, 5))
        with lock:
            outcomes.extend(visitor.outcomes)

    threads = [threading.Thread(target=one, args=(n, me)) for n, me in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Path(into).write_text(json.dumps(outcomes))


def furnish(running: System, people: int, clips: int, card: Path) -> list[dict[str, Any]]:
    """Dock the card, invent the rest, and give everybody an account, a case and a link."""
    database = Database.open(running.settings.catalog.database_url)
    now = datetime.now(UTC)
    facts = make_card(card, scale=0.05)
    make(database, clips)  # first: it fills an empty catalog
    with database.write() as session:
        number, name = facts.officers[0]
        seed(session, now, serial=facts.serial, officer_number=number, officer_name=name)
    running.plug(card)
    expected = len(facts.files)

    def received() -> bool:
        with database.read() as session:  # the invented have no copies
            kinds = session.scalars(select(Clip.kind).join(Copy)).all()
            return len(kinds) >= expected and "video" in kinds

    def worked() -> bool:
        """Whether workers are through: what is measured is people at their desks, not a card at its reader."""
        with database.read() as session:
            waiting = (
                select(func.count())
                .select_from(Stage)
                .where(
                    Stage.state.in_(("pending", "running")),
                    Stage.due_at <= datetime.now(UTC),
                    Stage.stage != "timestamp",
                )
            )
            return session.scalar(waiting) == 0

    running.wait_for(received, "the card is received and looked at", 300)
    running.wait_for(worked, "the card is worked on", 900)
    with database.read() as session:
        real = [
            str(clip)
            for clip in session.scalars(select(Clip.id).join(Copy).where(Clip.kind.in_(("video", "photo"))))
        ]
    made = []
    with database.write() as session:
        officers = session.scalars(select(Officer).where(Officer.unit_id.is_not(None)).limit(people)).all()
        units = {officer.unit_id for officer in officers}
        loose = {
            unit: [
                str(clip)
                for clip in session.scalars(
                    select(Clip.id)
                    .join(Officer, Officer.id == Clip.officer_id)
                    .where(Officer.unit_id == unit)
                )
                if str(clip) not in real
            ]
            for unit in units
        }
        for n in range(people):
            officer = officers[n % len(officers)]
            account = create_account(
                session, actor=by_system("bench"), username=f"p{n}", email=f"p{n}@example.test",
                roles=["handler"], officer=officer, now=now,
            )  # fmt: skip
            me = person(account, None)
            case = create_case(
                session, actor=me, title=f"压力测试案 {n}", case_type="penalty-general", number=f"测〔2026〕{n} 号",
                party="某某", unit=session.get(Unit, officer.unit_id), handler=officer, second_handler=None, now=now,
            )  # fmt: skip
            step = add_step(
                session, actor=me, case=case, stage="investigation", activity="investigation", title="现场检查",
                now=now, started=now,
            )  # fmt: skip
            theirs = loose[officer.unit_id]
            made.append(
                {
                    "name": f"p{n}",
                    "case": str(case.id),
                    "step": str(step.id),
                    "real": real,
                    "loose": theirs[:25],
                }
            )
            del theirs[:25]
        for one in made:
            one["link"] = f"/signin/{issue_signin_token(session, str(one['name']), now)}"
    database.close()
    return made


class Memory(threading.Thread):
    """Watches how much memory (USS, bytes) everything of the system takes together."""

    def __init__(self, supervisor: int) -> None:
        super().__init__(daemon=True)
        self._whole = psutil.Process(supervisor)
        self.seen: list[int] = []

    def run(self) -> None:
        """Look every two seconds."""
        while True:
            total = 0
            try:
                processes = (self._whole, *self._whole.children(recursive=True))
            except psutil.NoSuchProcess:
                return  # the system has ended
            for process in processes:
                try:
                    total += process.memory_full_info().uss
                except psutil.Error:
                    continue
            self.seen.append(total)
            time.sleep(2)


def yardstick() -> float:
    """Answer how many milliseconds a fixed piece of Python takes here and now: machines, and their neighbours, differ."""
    times = []
    for _ in range(5):
        began, total = time.perf_counter(), 0
        for number in range(1_000_000):
            total += number * number % 7
        times.append(time.perf_counter() - began)
    return min(times) * 1000


PARTS = ("gunicorn", "celery", "weed", "redis", "ingest")
"""What a command line says of which part runs; anything else is of the supervisor and its chores."""


def processor_time(supervisor: int) -> dict[str, float]:
    """Answer how many seconds of a processor each part has taken so far, children that ended with it included."""
    took: dict[str, float] = defaultdict(float)
    whole = psutil.Process(supervisor)
    for process in (whole, *whole.children(recursive=True)):
        try:
            line, times = " ".join(process.cmdline()), process.cpu_times()
        except psutil.Error:
            continue
        part = next((one for one in PARTS if one in line), "the rest")
        took[part] += times.user + times.system + times.children_user + times.children_system
    return took


def report(outcomes: list[Outcome], wall: float) -> None:
    """Print percentiles per kind of act and what was no success."""
    kinds: dict[str, list[float]] = defaultdict(list)
    failed: dict[tuple[str, int], int] = defaultdict(int)
    for kind, seconds, status in outcomes:
        kinds[kind].append(seconds * 1000)
        if not 200 <= status < 400:
            failed[kind, status] += 1
    print(f"{len(outcomes)} requests in {wall:.0f} s, {len(outcomes) / wall:.1f} a second")
    for kind, times in sorted(kinds.items()):
        times.sort()
        at = [times[min(len(times) - 1, int(len(times) * q))] for q in (0.5, 0.9, 0.95, 0.99)]
        print(
            f"  {kind}: n={len(times)}, p50 {at[0]:.0f}, p90 {at[1]:.0f}, p95 {at[2]:.0f}, p99 {at[3]:.0f} ms"
        )
    told = ", ".join(
        f"{kind} {status or 'no answer'}: {count}" for (kind, status), count in sorted(failed.items())
    )
    print(f"no success: {told or 'none'}")


def main() -> None:
    """Start the system, let everybody work, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--clips", type=int, default=20_000)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="liuhen-bench-") as name, running_system() as running:
        people = furnish(running, chosen.people, chosen.clips, Path(name) / "card")
        memory = Memory(int(running.state()["supervisor"]))
        memory.start()
        time.sleep(5)
        address = urllib3.util.parse_url(running.url)
        callers, files = [], []
        ticks = yardstick()
        before = processor_time(int(running.state()["supervisor"]))
        began = time.monotonic()
        for n in range(CALLERS):
            files.append(Path(name) / f"{n}.json")
            share = people[n::CALLERS]
            arguments = (address.host, address.port, share, chosen.seconds, n, str(files[-1]))
            callers.append(multiprocessing.get_context("spawn").Process(target=play, args=arguments))
            callers[-1].start()
        for caller in callers:
            caller.join()
        wall = time.monotonic() - began
        after = processor_time(int(running.state()["supervisor"]))
        ours = os.times()
        outcomes = [tuple(one) for file in files for one in json.loads(file.read_text())]
        print(
            f"{chosen.people} people, {chosen.clips} invented clips, {os.cpu_count()} processors shared with the callers"
        )
        print(f"yardstick: {ticks:.0f} ms before, {yardstick():.0f} ms after")
        report(outcomes, wall)  # type: ignore[arg-type]
        parts = {part: after[part] - before[part] for part in sorted(after, key=lambda part: -after[part])}
        parts["the callers"] = ours.children_user + ours.children_system
        print("processor: " + ", ".join(f"{part} {took:.0f} s" for part, took in parts.items()))
        seen = [one / 1e6 for one in memory.seen]
        print(
            f"memory of all parts: {seen[0]:.0f} MB before, {max(seen):.0f} MB at most, {seen[-1]:.0f} MB at the end"
        )


if __name__ == "__main__":
    main()
