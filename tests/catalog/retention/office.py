"""A bureau's office on a catalog and a storage: cases with clips, a schedule in force, rounds of the lock jobs."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from catalog.actors import Actor, system
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import add_step, create_case
from catalog.case_files.life import MoveFacts, move_case
from catalog.database import Database
from catalog.models import Case, Clip, Copy
from catalog.ports import LockStore
from catalog.retention.reconciling import Round, reconcile, settle
from catalog.retention.schedules import ApprovalFacts, Draft, bring_into_force, digest_now, make_draft
from catalog.rules.case_life import MOVES
from catalog.rules.retention import Row

ZONE = ZoneInfo("Asia/Shanghai")
HOUSE = system("test")
WAY = ("finish", "make-up", "correct", "pass", "hand-over", "accept")
TO_STATE = {"accept": "accepted"}


def row(years: int | None, case_type: str = "any", **more: object) -> Row:
    """A row that counts from acceptance."""
    plain = {"coercion": "any", "role": "any", "starts": frozenset({"acceptance"}), "basis": "b"}
    return Row(1, case_type, years=years, **{**plain, **more})  # type: ignore[arg-type]


@dataclass
class Office:
    """Everything a history does; `now` is the server's clock."""

    database: Database
    store: LockStore
    now: datetime
    cases: list[UUID] = field(default_factory=list)

    @property
    def today(self) -> date:
        return self.now.astimezone(ZONE).date()

    def schedule(self, *rows: Row) -> None:
        """Put a schedule of these rows in force, past the approvals (tried in `test_schedules`)."""
        with self.database.write() as session:
            draft = Draft(f"v-{uuid4().hex[:8]}", rows=tuple(rows))
            made = make_draft(session, actor=HOUSE, draft=draft, now=self.now)
            made.state = "approved"
            facts = ApprovalFacts("1", self.today, digest_now(session, made))
            bring_into_force(session, HOUSE, made, facts, self.now)

    def open_case(self, case_type: str = "penalty-general", state: str = "open") -> UUID:
        """A case with one step."""
        with self.database.write() as session:
            case = create_case(
                session, actor=HOUSE, title="x", case_type=case_type, number=None, party="", unit=None,
                handler=None, second_handler=None, now=self.now,
            )  # fmt: skip
            case.state = state
            add_step(
                session,
                actor=HOUSE,
                case=case,
                stage="investigation",
                activity="other",
                title="x",
                now=self.now,
            )
            self.cases.append(case.id)
            return case.id

    def attach(self, clip: UUID, case: UUID, role: str = "process") -> UUID:
        """Attach a clip to the case's step."""
        with self.database.write() as session:
            step = session.get_one(Case, case).steps[0]
            return attach(
                session,
                actor=HOUSE,
                clip_id=clip,
                step_id=step.id,
                wish=Wish(role, "main", "x"),
                now=self.now,
            ).id

    def move(self, case: UUID, move: str) -> None:
        """Make one move, as somebody whose role makes it."""
        who = Actor("person", None, "x", frozenset(MOVES[move].roles))
        facts = MoveFacts(note="n", closed_on=self.today, archive_number=uuid4().hex, number=uuid4().hex)
        with self.database.write() as session:
            move_case(
                session, actor=Actor("person", None, who.name, who.roles), case_id=case, move=move, facts=facts,
                today=self.today, now=self.now,
            )  # fmt: skip

    def accept(self, case: UUID) -> None:
        """Bring a case from open into the archive."""
        with self.database.write() as session:
            session.get_one(Case, case).state = "handed-over"
        self.move(case, "accept")

    def settle(self) -> int:
        """Let the job of every 30 seconds have its turns."""
        return settle(self.database, self.store, ZONE, self.now)

    def reconcile(self, page: int = 200) -> Round:
        """Let the nightly job have its turn."""
        return reconcile(self.database, self.store, ZONE, lambda: self.now, page=page)

    def pass_time(self, **by: int) -> None:
        self.now += timedelta(**by)

    def clip(self, clip: UUID) -> tuple[Clip, list[Copy]]:
        """A clip with its copies as the catalog has them."""
        with self.database.read() as session:
            found = session.get_one(Clip, clip)
            return found, list(found.copies)


def some_bytes() -> bytes:
    return os.urandom(40)
