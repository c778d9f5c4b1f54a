"""A case with steps, people and clips, to judge how well it was recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from catalog.actors import Actor, system
from catalog.case_files.attaching import Wish as AttachWish
from catalog.case_files.attaching import attach
from catalog.case_files.cases import add_step, create_case
from catalog.case_files.life import MoveFacts, move_case
from catalog.coverage.judging import JudgedStep, judge_case, judge_due
from catalog.coverage.notes import Wish, decide, explain, lacks
from catalog.database import Database
from catalog.demo import seed
from catalog.marking import mark_clip
from catalog.models import Account, Case, CoverageNote, Officer, Step, StepCoverage
from catalog.people import person
from catalog.rules.marks import MarkWish
from tests.catalog.world import add_clip, add_docking, add_station

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
BEGAN = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ENDED = BEGAN + timedelta(hours=1)
TO_ARCHIVE = ("finish", "make-up", "correct", "pass", "hand-over", "accept", "archive")
MOVER = {
    "finish": "li", "make-up": "li", "correct": "sun", "pass": "zhou", "hand-over": "zhou", "accept": "chen",
    "archive": "chen", "reopen": "zhou",
}  # fmt: skip


@dataclass
class Bureau:
    database: Database
    case: UUID
    step: UUID
    """A coercive measure of an hour: must be recorded."""
    people: dict[str, Actor]
    clock: list[dict[str, float]] = field(default_factory=list)

    def film(
        self, start: float, minutes: float, *, step: UUID | None = None, marks: tuple[str, ...] = ()
    ) -> UUID:
        """A film that begins `start` minutes after the step, attached to it, by a clock that was found right."""
        return self.clip(start=start, minutes=minutes, step=step, marks=marks)

    def clip(
        self,
        *,
        start: float = 0,
        minutes: float = 60,
        step: UUID | None = None,
        marks: tuple[str, ...] = (),
        kind: str = "video",
        measured: bool = True,
        part: tuple[float, float] | None = None,
    ) -> UUID:
        with self.database.write() as session:
            docking = None
            if measured:
                station = add_station(session, NOW, code=f"ST-{len(self.clock):02}")
                docking = add_docking(session, station, NOW)
                docking.recorder_facts = {"clock": {"offset_seconds": 0.0, "error_seconds": 1.0}}
            self.clock.append({})
            timed = kind in {"video", "audio"}
            clip = add_clip(
                session, NOW, f"{len(self.clock)}.bin", docking=docking, kind=kind,
                recorded=BEGAN + timedelta(minutes=start) if timed else None,
                duration=minutes * 60 if timed else None,
            )  # fmt: skip
            attach(
                session, actor=self.people["li"], clip_id=clip.id, step_id=step or self.step, now=NOW,
                wish=AttachWish("process", "main", "", *(part or (None, None))),
            )  # fmt: skip
            for n, preset in enumerate(marks):
                mark_clip(
                    session,
                    actor=self.people["li"],
                    clip_id=clip.id,
                    wish=MarkWish(n * 10.0, None, preset),
                    now=NOW,
                )
            return clip.id

    def add_step(
        self, activity: str, title: str = "x", *, timed: bool = True, stage: str = "investigation"
    ) -> UUID:
        with self.database.write() as session:
            return add_step(
                session, actor=system("test"), case=session.get_one(Case, self.case), stage=stage, activity=activity,
                title=title, started=BEGAN if timed else None, ended=ENDED if timed else None, now=NOW,
            ).id  # fmt: skip

    def judged(self, step: UUID | None = None) -> JudgedStep:
        with self.database.read() as session:
            return next(j for j in judge_case(session, self.case, NOW) if j.step.id == (step or self.step))

    def kept(self, step: UUID | None = None) -> StepCoverage:
        """As the standing job leaves it."""
        with self.database.write() as session:
            while judge_due(session, NOW):
                pass
        with self.database.read() as session:
            return session.get_one(StepCoverage, step or self.step)

    def explain(
        self, who: str = "li", *, step: UUID | None = None, now: datetime = NOW, **wish: object
    ) -> UUID:
        judged = self.judged(step)
        stated = {"reasons": ("forgotten",), "named": frozenset(lacks(judged.judgement)), **wish}
        with self.database.write() as session:
            note = explain(
                session,
                actor=self.people[who],
                step_id=step or self.step,
                wish=Wish(**stated),
                now=now,  # type: ignore[arg-type]
            )
            return note.id

    def decide(self, note: UUID, who: str = "sun", decision: str = "confirm", text: str = "") -> None:
        with self.database.write() as session:
            decide(
                session,
                actor=self.people[who],
                explanation_id=note,
                decision=decision,
                text=text,
                now=NOW + timedelta(minutes=2),  # type: ignore[arg-type]
            )

    def move(self, *moves: str) -> None:
        facts = {
            "finish": MoveFacts(closed_on=date(2026, 11, 23)),
            "archive": MoveFacts(archive_number="1-2026-D30-0007"),
            "reopen": MoveFacts(note="x"),
        }
        for move in moves:
            with self.database.write() as session:
                move_case(
                    session, actor=self.people[MOVER[move]], case_id=self.case, move=move,
                    facts=facts.get(move, MoveFacts()), today=date(2026, 11, 23), now=NOW,
                )  # fmt: skip

    def notes(self) -> list[CoverageNote]:
        with self.database.read() as session:
            return list(session.scalars(select(CoverageNote).order_by(CoverageNote.at, CoverageNote.id)))


def make_bureau(database: Database) -> Bureau:
    with database.write() as session:
        seed(session, NOW)
        people = {a.username: person(a, None) for a in session.scalars(select(Account))}
        officers = {o.number: o for o in session.scalars(select(Officer))}
        case = create_case(
            session, actor=system("test"), title="某某店案", case_type="penalty-general", number="城市监罚〔2026〕9 号",
            party="某某店", unit=officers["100412"].unit, handler=officers["100412"],
            second_handler=officers["100388"], now=NOW,
        )  # fmt: skip
        step = add_step(
            session, actor=system("test"), case=case, stage="investigation", activity="coercion", title="查封",
            started=BEGAN, ended=ENDED, now=NOW,
        )  # fmt: skip
        assert isinstance(step, Step)
        return Bureau(database, case.id, step.id, people)
