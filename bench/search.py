"""Finding clips among a million, on SQLite and on PostgreSQL: how long each kind of question takes.

A question is what a page asks: the first page of 48 with its count and the clips themselves, or a page further on.
Printed are percentiles in milliseconds over all repetitions (the first of each counts as well), with the hits.

    python -m bench.search [--clips 1000000] [--rounds 20] [--on sqlite,postgresql] [--data FOLDER]

With --data the databases are kept there, and used again if they are there.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from bench import search_world
from bench.search_world import END, RARE_WORD, Bureau
from catalog.actors import Actor
from catalog.clips import list_clips
from catalog.database import Database, migrate
from catalog.finding.rebuilding import index_rest
from catalog.finding.search import COUNTED, find
from catalog.finding.suggesting import suggest_cases, suggest_officers, suggest_recorders
from catalog.finding.wanted import ClipFilter
from catalog.rules.places import Box, Circle

AS = ("legal", "section-head", "handler", "officer", "leader")
"""Roles the questions can be asked as: the first finds all that is not sealed, each other a part of it."""


def somebody(bureau: Bureau, role: str) -> Actor:
    """Answer a person of the first of these units, as which the questions are asked."""
    return Actor(
        kind="person",
        id=bureau.officers[5],
        name="bench",
        roles=frozenset({role}),
        officer_id=bureau.officers[5],
        unit_id=bureau.units[5],
    )


def questions(bureau: Bureau) -> dict[str, ClipFilter]:
    """Every filter alone, the usual ones together, and the nasty ones."""
    year = {"since": END - timedelta(days=500), "until": END - timedelta(days=470)}
    officer, unit = bureau.officers[5], bureau.units[3]
    point = Circle(26.65, 104.85, 500)
    return {
        "nothing asked": ClipFilter(),
        "nothing asked, by recording": ClipFilter(order="recorded"),
        "nothing asked, oldest first": ClipFilter(rising=True),
        "nothing asked, longest first": ClipFilter(order="duration"),
        "nothing asked, largest first": ClipFilter(order="size"),
        "officer": ClipFilter(officer=officer),
        "officer, by recording": ClipFilter(officer=officer, order="recorded"),
        "officer, longest first": ClipFilter(officer=officer, order="duration"),
        "unit": ClipFilter(unit=unit),
        "unit dissolved two years ago": ClipFilter(unit=bureau.gone_unit),
        "unit dissolved, by recording": ClipFilter(unit=bureau.gone_unit, order="recorded"),
        "recorder": ClipFilter(recorder=bureau.recorders[9]),
        "a month": ClipFilter(**year),  # type: ignore[arg-type]
        "a month, by recording": ClipFilter(order="recorded", timed_by="recorded", **year),  # type: ignore[arg-type]
        "a month recorded, by size": ClipFilter(order="size", timed_by="recorded", **year),  # type: ignore[arg-type]
        "recorded since a month, by size": ClipFilter(
            order="size", timed_by="recorded", since=END - timedelta(days=30)
        ),
        "received since tomorrow, by size (no hits)": ClipFilter(order="size", since=END + timedelta(days=1)),
        "photo of today, largest first": ClipFilter(
            order="size", kind="photo", since=END - timedelta(hours=10), until=END + timedelta(hours=14)
        ),
        "within 500 m": ClipFilter(place=point),
        "within 50 m": ClipFilter(place=Circle(26.65, 104.85, 50)),
        "in a box of 20 km": ClipFilter(place=Box(26.5, 104.7, 26.7, 104.9)),
        "a place nobody was": ClipFilter(place=Circle(31.2, 121.4, 2000)),
        "kind: photo": ClipFilter(kind="photo"),
        "kind: document": ClipFilter(kind="document"),
        "state: waiting": ClipFilter(state="waiting"),
        "state: verified": ClipFilter(state="verified"),
        "state: attention": ClipFilter(state="attention"),
        "state: failed": ClipFilter(state="failed"),
        "state: partial": ClipFilter(state="partial"),
        "unattached": ClipFilter(unattached=True),
        "stage": ClipFilter(stage="decision"),
        "activity": ClipFilter(activity="questioning"),
        "stage and activity that never meet": ClipFilter(stage="decision", activity="patrol"),
        "case number": ClipFilter(case=bureau.case_number),
        "case number, part": ClipFilter(case="〔2025〕12"),
        "case number, none": ClipFilter(case="9999999"),
        "word, common, 2 characters (食品)": ClipFilter(words="食品"),
        "word, common, 1 character (案)": ClipFilter(words="案"),
        "word, middling (听证)": ClipFilter(words="听证"),
        "word, longer (当事人拒绝签字)": ClipFilter(words="当事人拒绝签字"),
        "word, rare, 2 characters": ClipFilter(words=RARE_WORD),
        "word, rare, 1 character": ClipFilter(words=RARE_WORD[0]),
        "word, none, 2 characters": ClipFilter(words="麒麟"),
        "word, none, of common halves (品食)": ClipFilter(words="品食"),
        "words, two common (食品 签字)": ClipFilter(words="食品 签字"),
        "word, date in a name": ClipFilter(words="20250614"),
        "word, second in a name": ClipFilter(words="20250614093"),
        "word, letters (MP4)": ClipFilter(words="mp4"),
        "word, one digit": ClipFilter(words="7"),
        "word, one letter that is nowhere": ClipFilter(words="q"),
        "officer and a month": ClipFilter(officer=officer, **year),  # type: ignore[arg-type]
        "officer and a month without hits": ClipFilter(
            officer=officer, since=END + timedelta(days=1), until=END + timedelta(days=9)
        ),
        "unit, photo, unattached": ClipFilter(unit=unit, kind="photo", unattached=True),
        "unit, a month, word": ClipFilter(unit=unit, words="食品", **year),  # type: ignore[arg-type]
        "unit, failed": ClipFilter(unit=unit, state="failed"),
        "photo, partial, by recording": ClipFilter(kind="photo", state="partial", order="recorded"),
        "officer, common word": ClipFilter(officer=officer, words="食品"),
        "officer of another unit (no hits)": ClipFilter(officer=officer, unit=unit),
        "photo with a video's name (no hits)": ClipFilter(kind="photo", words="mp4"),
        "dissolved unit, waiting (no hits)": ClipFilter(unit=bureau.gone_unit, state="waiting"),
        "word, place and unit": ClipFilter(words="检查", place=Circle(26.65, 104.85, 2000), unit=unit),
    }


def percentile(times: list[float], part: float) -> float:
    """Answer the nearest-rank percentile."""
    return sorted(times)[min(len(times) - 1, int(part * len(times)))]


def measure(database: Database, bureau: Bureau, rounds: int, role: str) -> bool:
    """Ask everything; print the table; answer whether all p95 stay under 100 ms."""
    print(f"{'question':46} {'hits':>6}  way    p50    p95    p99    max   page 3: p50    max")
    fine, everything = True, []
    person = somebody(bureau, role)
    for name, wanted in questions(bureau).items():
        times, later = [], []
        for _ in range(rounds):
            with database.read() as session:
                started = time.perf_counter()
                found = list_clips(session, wanted, actor=person)
                times.append((time.perf_counter() - started) * 1000)
            with database.read() as session:
                hits = find(session, wanted, person, limit=48)
            key = found.next
            for _page in range(2):
                if key is None:
                    break
                with database.read() as session:
                    started = time.perf_counter()
                    key = list_clips(session, wanted, key, actor=person).next
                    later.append((time.perf_counter() - started) * 1000)
        count = hits.count or 0
        print(
            f"{name:46} {'>' if count > COUNTED else ''}{min(count, COUNTED):>{5 if count > COUNTED else 6}}"
            f"  {'index' if hits.by_index else 'walk ':5}"
            f" {percentile(times, 0.5):6.1f} {percentile(times, 0.95):6.1f} {percentile(times, 0.99):6.1f} {max(times):6.1f}"
            + (f"   {percentile(later, 0.5):12.1f} {max(later):6.1f}" if later else ""),
            flush=True,
        )
        everything += times + later
        fine = fine and percentile(times, 0.95) < 100
    for name, ask in (
        ("suggest officers (王)", lambda s: suggest_officers(s, person, "王")),
        ("suggest recorders (执法仪01)", lambda s: suggest_recorders(s, person, "执法仪01")),
        ("suggest cases (〔2025〕)", lambda s: suggest_cases(s, person, "〔2025〕")),
        ("suggest cases, none", lambda s: suggest_cases(s, person, "麒麟")),
    ):
        times = []
        for _ in range(rounds):
            with database.read() as session:
                started = time.perf_counter()
                ask(session)
                times.append((time.perf_counter() - started) * 1000)
        print(
            f"{name:60} {percentile(times, 0.5):6.1f} {percentile(times, 0.95):6.1f} {percentile(times, 0.99):6.1f} {max(times):6.1f}"
        )
    print(
        f"{'all together':46}        {len(everything):5}"
        f" {percentile(everything, 0.5):6.1f} {percentile(everything, 0.95):6.1f} {percentile(everything, 0.99):6.1f} {max(everything):6.1f}"
    )
    print(
        f"Peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB."
    )
    return fine


SIZES = {
    "sqlite": "SELECT name, sum(pgsize) FROM dbstat WHERE name LIKE '%clip_index%' GROUP BY name ORDER BY 2 DESC",
    "postgresql": "SELECT relname, pg_relation_size(oid) FROM pg_class WHERE relname LIKE '%clip_index%' AND"
    " relkind IN ('r', 'i') AND pg_relation_size(oid) > 1000000 ORDER BY 2 DESC",
}


def print_sizes(database: Database) -> None:
    """Print what the index takes on disk, table by table; SQLite without `dbstat` tells the file only."""
    dialect = database.engine.dialect.name
    try:
        with database.engine.connect() as connection:
            rows = connection.execute(text(SIZES[dialect])).all()
    except DBAPIError:
        print("This SQLite does not tell sizes by table.")
    else:
        print("On disk: " + ", ".join(f"{name} {size / 1e6:.0f} MB" for name, size in rows))


@contextmanager
def on_sqlite(folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield the address, and whether it was there."""
    path = folder / "catalog.sqlite3"
    there = path.exists()
    yield f"sqlite:///{path}", there
    print(f"File: {path.stat().st_size / 1e6:.0f} MB")


@contextmanager
def on_postgresql(folder: Path) -> Iterator[tuple[str, bool]]:
    """Yield the address in a server of our own, and whether it was there."""
    from tests.services.postgres import PostgresServer  # noqa: PLC0415 - the same server the tests use

    there = (folder / "pgdata").exists()
    server = PostgresServer(folder)
    try:
        address = server.start()
        if not there:
            engine = create_engine(address, isolation_level="AUTOCOMMIT")
            with engine.connect() as connection:
                connection.execute(text("CREATE DATABASE bureau"))
            engine.dispose()
        yield server.url("bureau"), there
    finally:
        server.stop()


def run(dialect: str, folder: Path, clips: int, rounds: int, roles: list[str]) -> bool:
    """One database: make, index, ask."""
    folder.mkdir(parents=True, exist_ok=True)
    with {"sqlite": on_sqlite, "postgresql": on_postgresql}[dialect](folder) as (url, there):
        migrate(url)
        database = Database.open(url)
        started = time.monotonic()
        bureau = search_world.make(database, clips, kept=there)
        made = time.monotonic()
        index_rest(database)
        if not there:
            print(
                f"\n{dialect}: {clips:,} clips made in {made - started:.0f} s (not part of the product),"
                f" indexed in {time.monotonic() - made:.0f} s"
            )
        print_sizes(database)
        fine = True
        for role in roles:
            print(f"\nAsked as {role}:")
            fine = measure(database, bureau, rounds, role) and fine
        database.close()
    return fine


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--on", default="sqlite,postgresql")
    parser.add_argument("--as", default=AS[0], dest="roles", help=f"roles of {', '.join(AS)}, comma between")
    parser.add_argument("--data", type=Path)
    given = parser.parse_args()
    folder = given.data or Path(tempfile.mkdtemp(prefix="liuhen-bench-"))
    folder.chmod(0o755)
    try:
        fine = [
            run(d, folder / d, given.clips, given.rounds, given.roles.split(",")) for d in given.on.split(",")
        ]
    finally:
        if given.data is None:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(fine) else 1


if __name__ == "__main__":
    raise SystemExit(main())
