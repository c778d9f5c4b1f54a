"""How quick the custody log's page and the report of unusual access are with many entries.

    .venv/bin/python scripts/measure_custody_log.py ENTRIES [DATABASE_URL]

Without an address a SQLite file in a temporary folder is filled. The database must be empty; it is migrated first.
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import click
from sqlalchemy import insert, select

from catalog.actors import Actor
from catalog.auditing.unusual import report
from catalog.custody.finding import LogFilter, count_by_day, find_entries
from catalog.custody.listing import actions, list_entries
from catalog.custody.lookups import lookups_of
from catalog.custody.record import make_record
from catalog.database import Database, migrate
from catalog.demo import ZONE, seed
from catalog.ids import new_id
from catalog.models import (
    Account,
    CustodyEntry,
    CustodyLookup,
    CustodyPlace,
    CustodyPrivate,
    CustodySubject,
)
from catalog.people import person
from catalog.rules.unusual_access import Thresholds

DAYS = 365
BATCH = 5000
OF_THE_CASE = 20
"""Every so many entries are about one case."""
ACTS = ("clip.played",) * 40 + ("clip.pictures-listed",) * 20 + ("search.made",) * 10 + (
    "account.signed-in", "clip.attached", "clip.downloaded", "act.refused", "case.changed", "clip.marked",
)  # fmt: skip
MACHINE = ("clip.received", "clip.verified", "clip.described", "clip.timestamped", "clip.lock-extended")


def fill(database: Database, many: int, now: datetime) -> tuple[list[Actor], UUID]:
    """Write `many` entries over a year, by the demonstration's people and the system; answer the people and a busy case."""
    chance = random.Random(7)
    with database.write() as session:
        seed(session, now=now)
        people = [
            replace(person(account, None), address=f"10.0.0.{n}")
            for n, account in enumerate(session.scalars(select(Account)))
        ]
        place = len(session.scalars(select(CustodyPlace.place)).all())
    clips = [new_id() for _ in range(20_000)]
    case = new_id()
    step = timedelta(days=DAYS) / many
    for begin in range(0, many, BATCH):
        rows: dict[type[Any], list[dict[str, Any]]] = {
            model: [] for model in (CustodyEntry, CustodyPrivate, CustodySubject, CustodyPlace, CustodyLookup)
        }
        for n in range(begin, min(begin + BATCH, many)):
            who = chance.choice(people) if chance.random() < 0.5 else Actor("system", None, "verify")
            action = chance.choice(ACTS if who.kind == "person" else MACHINE)
            about = {"clip": [chance.choice(clips)], **({"case": [case]} if n % OF_THE_CASE == 0 else {})}
            _one(rows, n + place, who, action, about, now - timedelta(days=DAYS) + step * n)
        with database.write() as session:
            for model, values in rows.items():
                session.execute(insert(model), values)
    return people, case


def _one(  # noqa: PLR0917
    rows: dict[type[Any], list[dict[str, Any]]],
    place: int,
    who: Actor,
    action: str,
    about: dict[str, list[UUID]],
    at: datetime,
) -> None:
    entry = new_id()
    private = {
        "actor": {"id": str(who.id) if who.id else None, "name": who.name, "roles": sorted(who.roles)},
        "address": who.address,
    }
    record = make_record(
        entry=entry,
        action=action,
        at=at,
        actor_kind=who.kind,
        subjects=about,
        facts={},
        private=private,
    )
    rows[CustodyEntry].append(
        {"id": entry, "record": record.text, "leaf": record.leaf, "action": action, "at": at}
    )
    rows[CustodyPrivate] += [
        {"entry_id": entry, "field": f.name, "salt": f.salt, "value": f.value} for f in record.private
    ]
    rows[CustodySubject] += [
        {"entry_id": entry, "kind": kind, "subject_id": one} for kind, many in about.items() for one in many
    ]
    rows[CustodyPlace].append({"place": place, "entry_id": entry})
    rows[CustodyLookup] += [
        {"name": one.name, "value": one.value, "at": one.at, "entry_id": one.entry_id}
        for one in lookups_of(entry, action=action, actor=who, subjects=about, at=at)
    ]


def timed(what: str, act: Callable[[], object]) -> None:
    """Print the middle of five times, in milliseconds."""
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        act()
        times.append(time.perf_counter() - begin)
    click.echo(f"{what}: {sorted(times)[2] * 1000:.0f} ms")


def main(many: int, url: str) -> None:
    """Fill and measure."""
    migrate(url)
    database = Database.open(url)
    now = datetime.now(UTC)
    begin = time.perf_counter()
    people, case = fill(database, many, now)
    click.echo(
        f"{many} entries written in {time.perf_counter() - begin:.0f} s on {database.engine.dialect.name}"
    )
    auditor = next(one for one in people if "auditor" in one.roles)
    wang = next(one for one in people if one.name == "wang")
    middle = (now - timedelta(days=DAYS / 2), UUID(int=(1 << 128) - 1))
    week = [(now - timedelta(days=n + 1), now - timedelta(days=n)) for n in range(14)]
    with database.read() as session:
        clip = json.loads(session.scalars(select(CustodyEntry.record).limit(1).offset(many // 2)).one())
        one_clip = (UUID(clip["subjects"]["clip"][0]),)
        asked = {
            "everything": LogFilter(),
            "a person": LogFilter(actor=str(wang.id)),
            "a person's downloads": LogFilter(actor=str(wang.id), group="download"),
            "a person and what he never did": LogFilter(actor=str(wang.id), action="clip.received"),
            "two frequent things that never meet": LogFilter(group="machine", action="clip.played"),
            "refusals": LogFilter(group="refusal"),
            "a role at an address": LogFilter(role="handler", address=wang.address or ""),
            "one clip": LogFilter(subjects=one_clip),
            "a busy case": LogFilter(subjects=(case,)),
            "a busy case's downloads": LogFilter(subjects=(case,), group="download"),
        }
        for what, wanted in asked.items():
            timed(f"page, {what}", lambda w=wanted: list_entries(session, wanted=w, actor=auditor))  # type: ignore[misc]
        timed("page in the middle", lambda: find_entries(session, LogFilter(), before=middle, limit=61))
        timed("counts of 14 days", lambda: count_by_day(session, LogFilter(), week))
        timed(
            "counts of 14 days, a busy case", lambda: count_by_day(session, LogFilter(subjects=(case,)), week)
        )
        timed("list of actions", lambda: actions(session))
        for days in (1, 7, 31):
            timed(
                f"unusual access, {days} days",
                lambda d=days: report(  # type: ignore[misc]
                    session,
                    since=now - timedelta(days=d),
                    until=now,
                    thresholds=Thresholds(),
                    zone=ZONE,
                    reader=auditor,
                ),
            )
    database.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/catalog.sqlite3")
