"""A small archive: people, case files with recordings in any state of the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import event

from catalog.actors import Actor, system
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import add_step, create_case
from catalog.case_files.life import MoveFacts, move_case
from catalog.custody.log import add_entry
from catalog.custody.sequencer import place_entries
from catalog.database import Database
from catalog.models import Case, Clip, Officer, Step
from catalog.officers import enter_officer, enter_unit
from catalog.people import create_account, person
from catalog.receipts import Signer, state
from tests.catalog.world import add_clip

NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
WAY = ("finish", "make-up", "correct", "pass", "hand-over")
MAKES = {
    "finish": "handler",
    "make-up": "handler",
    "correct": "section-head",
    "pass": "legal",
    "hand-over": "legal",
}


@dataclass
class Archive:
    """Everything a test of the archive needs."""

    database: Database
    people: dict[str, Actor]
    signer: Signer
    officer: UUID

    def case(self, title: str = "某某食品店案", *, number: str | None = None, unit: str = "城东分局") -> UUID:
        with self.database.write() as session:
            case = create_case(
                session, actor=self.people["handler"], title=title, case_type="penalty-general", number=number,
                party="某某食品店", unit=enter_unit(session, unit), handler=session.get_one(Officer, self.officer),
                second_handler=None, now=NOW,
            )  # fmt: skip
            for stage, activity, name in (
                ("investigation", "investigation", "现场检查"),
                ("initiation", "patrol", "日常巡查"),
                ("execution", "service", "送达"),
            ):
                add_step(
                    session, actor=self.people["handler"], case=case, stage=stage, activity=activity, title=name,
                    now=NOW, started=NOW,
                )  # fmt: skip
            return case.id

    def clip(
        self, case: UUID, name: str = "a.mp4", *, step: int = 0, wish: Wish | None = None, **more: object
    ) -> UUID:
        """A received, verified, described clip, with its statements, attached to a step of the case."""
        more.setdefault("recorded", NOW)
        more.setdefault("duration", 61.0)
        with self.database.write() as session:
            clip = add_clip(session, NOW, name, **more)  # type: ignore[arg-type]
            clip.officer_id = self.officer
            self.vouch(session, clip)
            steps = session.query(Step).filter(Step.case_id == case).order_by(Step.position).all()
            attach(
                session, actor=system("test"), clip_id=clip.id, step_id=steps[step].id,
                wish=wish or Wish("evidence", "main", "货架上有过期食品"), now=NOW,
            )  # fmt: skip
            return clip.id

    def vouch(self, session: object, clip: Clip) -> None:
        copy = clip.copies[0]
        for kind in ("received", "verified"):
            state(session, self.signer, kind, clip=clip, copy=copy, now=NOW)  # type: ignore[arg-type]
            add_entry(
                session, actor=system("verify"), action=f"clip.{kind}", subjects={"clip": clip.id}, now=NOW,  # type: ignore[arg-type]
            )  # fmt: skip

    def walk(self, case: UUID, until: str = "handed-over") -> None:
        """Bring a file along its way."""
        ends = {
            "finish": "finished",
            "make-up": "made-up",
            "correct": "corrected",
            "pass": "reviewed",
            "hand-over": "handed-over",
        }
        for move in WAY:
            with self.database.write() as session:
                # Each by somebody of the file's own unit.
                actor = replace(self.people[MAKES[move]], unit_id=session.get_one(Case, case).unit_id)
                move_case(
                    session, actor=actor, case_id=case, move=move,
                    facts=MoveFacts(closed_on=TODAY), today=TODAY, now=NOW + timedelta(minutes=1),
                )  # fmt: skip
            if ends[move] == until:
                return

    def places(self) -> None:
        """Let the sequencer give the entries their places."""
        with self.database.write() as session:
            place_entries(session)


@pytest.fixture
def archive(database: Database) -> Archive:
    names = ("handler", "section-head", "legal", "archivist", "office-head", "leader")
    with database.write() as session:
        officer = enter_officer(
            session, actor=system("test"), number="100412", name="王建国", unit=enter_unit(session, "城东分局"),
            certificate=None, now=NOW,
        )  # fmt: skip
        head = enter_officer(
            session, actor=system("test"), number="100101", name="孙伟", unit=officer.unit, certificate=None, now=NOW
        )  # fmt: skip
        people = {
            name: person(
                create_account(
                    session, actor=system("test"), username=name, email=f"{name}@x.example", roles=[name],
                    officer={"handler": officer, "section-head": head}.get(name), now=NOW,
                ),
                None,
            )
            for name in names
        }  # fmt: skip
        return Archive(database, people, Signer(Ed25519PrivateKey.generate()), officer.id)


@pytest.fixture
def queries(database: Database) -> Callable[[], int]:
    """Counts statements; each call answers how many since the last."""
    seen = [0]

    @event.listens_for(database.engine, "before_cursor_execute")
    def _count(*_args: object) -> None:
        seen[0] += 1

    def since() -> int:
        count, seen[0] = seen[0], 0
        return count

    return since


def row(database: Database, case: UUID) -> Case:
    with database.read() as session:
        return session.get_one(Case, case)
