"""People of every role and cases with clips, for the tests of case files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from catalog.actors import Actor, system
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.entering import CaseFacts, enter_case
from catalog.case_files.steps import StepFacts, enter_step
from catalog.database import Database
from catalog.models import Case, Officer
from catalog.officers import enter_officer, enter_unit
from catalog.people import create_account, person
from tests.catalog.world import add_clip

NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
NAMES = ("officer", "handler", "section-head", "legal", "archivist", "administrator", "auditor", "personnel")
NAMES += ("office-head", "leader", "bureau-head")


@dataclass
class Bureau:
    """A database with people in it."""

    database: Database
    people: dict[str, Actor]
    officers: list[UUID]
    unit: UUID

    def case(self, number: str | None = "城市监罚〔2026〕7 号", **facts: object) -> UUID:
        """Enter a case, or a lead without a number."""
        with self.database.write() as session:
            return enter_case(
                session,
                actor=self.people["handler"],
                facts=CaseFacts(
                    **{
                        "title": "案",
                        "type": "penalty-general",
                        "number": number or "",
                        "unit_id": self.unit,
                        **facts,
                    }  # type: ignore[arg-type]
                ),
                handlers=(self.officers[0], self.officers[1]),
                lead=number is None,
                today=TODAY,
                now=NOW,
            ).id

    def step(self, case: UUID, title: str = "现场检查", stage: str = "investigation") -> UUID:
        """Add a step."""
        with self.database.write() as session:
            facts = StepFacts(stage, "investigation", title)
            return enter_step(session, actor=self.people["handler"], case_id=case, facts=facts, now=NOW).id

    def clip(self, *steps: UUID, restricted: bool = False) -> UUID:
        """Add a clip and attach it to these steps."""
        with self.database.write() as session:
            clip = add_clip(session, NOW, "A.MP4", duration=60.0).id
        for step in steps:
            with self.database.write() as session:
                attach(
                    session, actor=system("test"), clip_id=clip, step_id=step,
                    wish=Wish("process", "main"), now=NOW,
                )  # fmt: skip
        if restricted:
            from catalog.models import Clip  # noqa: PLC0415

            with self.database.write() as session:
                session.get_one(Clip, clip).restricted = True
        return clip

    def put(self, case: UUID, state: str) -> None:
        """Put a case into a state, whatever its way."""
        with self.database.write() as session:
            session.get_one(Case, case).state = state

    def look(self, case: UUID) -> Case:
        """Answer the row."""
        with self.database.read() as session:
            return session.get_one(Case, case)


@pytest.fixture
def bureau(database: Database) -> Bureau:
    with database.write() as session:
        unit = enter_unit(session, "城东分局")
        officers: list[Officer] = [
            enter_officer(session, actor=system("test"), number=number, name=name, unit=unit, now=NOW)
            for number, name in (("100388", "李晓梅"), ("100412", "王建国"), ("100205", "陈立"))
        ]
        people = {
            name: person(
                create_account(
                    session, actor=system("test"), username=name, email=f"{name}@x.example", roles=[name],
                    officer={"handler": officers[0], "section-head": officers[2]}.get(name), now=NOW,
                ),
                None,
            )
            for name in NAMES
        }  # fmt: skip
        return Bureau(database, people, [o.id for o in officers], unit.id)
