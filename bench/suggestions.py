"""How long suggestions, unattached lists and "my cases" take in a large bureau: `python -m bench.suggestions [clips] [database url]`.

Without an address an SQLite file is made in a folder of its own and removed. Each question is asked of 40 places spread
over the bureau; what is printed is the median and the slowest, in milliseconds.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bench.search_world import END, make
from catalog.actors import Actor
from catalog.case_files.cases import find_step, steps_of
from catalog.case_files.mine import my_cases
from catalog.case_files.suggesting import suggest_for_case, suggest_for_step, suggest_steps
from catalog.case_files.unattached import count_unattached, unattached_of
from catalog.database import Database, migrate
from catalog.models import Attachment, Case, Clip, Step

ASKED = 40


def main() -> None:
    """Make the bureau, ask, and print."""
    clips = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        url = sys.argv[2] if len(sys.argv) > 2 else f"sqlite:///{folder}/catalog.sqlite3"
        migrate(url)
        database = Database.open(url)
        began = time.monotonic()
        bureau = make(database, clips)
        _time_steps(database)
        print(f"{clips:,} clips made in {time.monotonic() - began:.0f} s")
        _ask(database, bureau.officers)
        database.close()


def _time_steps(database: Database) -> None:
    """Give each step the time at which something attached to it was recorded; its handler is whoever recorded that."""
    with database.write() as session:
        first = (
            select(Clip.recorded_at)
            .join(Attachment, Attachment.clip_id == Clip.id)
            .where(Attachment.step_id == Step.id)
            .limit(1)
            .scalar_subquery()
        )
        session.execute(update(Step).values(started_at=first, people=[]))
        who = (
            select(Clip.officer_id)
            .join(Attachment, Attachment.clip_id == Clip.id)
            .join(Step, Step.id == Attachment.step_id)
            .where(Step.case_id == Case.id)
            .limit(1)
            .scalar_subquery()
        )
        session.execute(update(Case).values(handler_id=who, decision_facts={}))


def _ask(database: Database, officers: list[UUID]) -> None:
    actor = Actor("person", None, "bench", frozenset({"handler"}))
    with database.read() as session:
        steps = session.scalars(select(Step.id).where(Step.started_at.is_not(None)).order_by(Step.id)).all()
        cases = session.scalars(select(Case.id).order_by(Case.id)).all()
        loose = session.scalars(
            select(Clip.id).where(Clip.recorded_at.is_not(None)).order_by(Clip.id).limit(ASKED)
        ).all()

    def step(session: Session, one: UUID) -> int:
        found = find_step(session, one)
        assert found is not None
        return len(suggest_for_step(session, found, actor))

    def case(session: Session, one: UUID) -> int:
        return len(suggest_for_case(session, session.get_one(Case, one), steps_of(session, one), actor))

    def clip(session: Session, one: UUID) -> int:
        return len(suggest_steps(session, session.get_one(Clip, one), actor))

    def unit(session: Session, _one: UUID) -> int:
        return len(unattached_of(session, None, actor))

    _measure(database, "suggestions of a step", step, steps)
    _measure(database, "suggestions of a case", case, cases)
    _measure(database, "steps for a clip", clip, loose)
    _measure(database, "unattached of an officer", lambda s, o: len(unattached_of(s, [o], actor)), officers)
    _measure(database, "their count", lambda s, o: count_unattached(s, [o], actor), officers)
    _measure(database, "unattached of the whole bureau", unit, officers)
    _measure(
        database,
        "my cases",
        lambda s, o: sum(line.suggestions for line in my_cases(s, o, actor, END + timedelta(days=1))),
        officers,
    )


def _measure(database: Database, what: str, ask: Callable[[Session, UUID], int], places: object) -> None:
    every = list(places)  # type: ignore[call-overload]
    spent, found = [], 0
    for one in every[:: max(1, len(every) // ASKED)][:ASKED]:
        with database.read() as session:
            began = time.perf_counter()
            found += ask(session, one)
            spent.append((time.perf_counter() - began) * 1000)
    print(f"{what:32} {statistics.median(spent):8.1f} ms  slowest {max(spent):8.1f} ms  found {found}")


if __name__ == "__main__":
    main()
