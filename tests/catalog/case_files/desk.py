"""A case with a step, clips, and the people who attach, detach and confirm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import view_case
from catalog.database import Database
from catalog.demo import seed
from catalog.models import Account, Attachment, Case, Clip, Docking, LockDue
from catalog.people import person
from tests.catalog.world import add_clip, add_docking, add_station

EVIDENCE = Wish("evidence", "main", "现场存放超过保质期食品")
T = TypeVar("T")


@dataclass
class Desk:
    """What tests of attaching work with."""

    database: Database
    now: datetime
    case: UUID
    step: UUID
    clip: UUID
    people: dict[str, Actor]

    def do(self, act: Callable[..., T], who: str, **more: object) -> T:
        """Do something in one transaction as `who`."""
        with self.database.write() as session:
            return act(session, actor=self.people[who], now=self.now, **more)

    def attach(self, wish: Wish = EVIDENCE, clip: UUID | None = None, step: UUID | None = None) -> UUID:
        """Attach as the handler; answer the attachment."""
        return self.do(attach, "li", clip_id=clip or self.clip, step_id=step or self.step, wish=wish).id

    def row(self, attachment: UUID) -> Attachment:
        """One attachment as it is now."""
        with self.database.read() as session:
            return session.get_one(Attachment, attachment)

    def set_state(self, state: str) -> None:
        """Put the case into a state."""
        with self.database.write() as session:
            session.execute(update(Case).where(Case.id == self.case).values(state=state))

    def restrict(self, clip: UUID) -> None:
        """Close a clip to everybody."""
        with self.database.write() as session:
            session.execute(update(Clip).where(Clip.id == clip).values(restricted=True))

    def turns(self, clip: UUID) -> int:
        """How often the locks of a clip were said to be due."""
        with self.database.read() as session:
            return session.scalar(select(LockDue.turn).where(LockDue.clip_id == clip)) or 0

    def add(self, name: str = "X.MP4", *, minutes: float = 0, **more: object) -> UUID:
        """Add a clip of wang's, so many minutes after the step began."""
        with self.database.write() as session:
            return self.add_in(session, name, minutes=minutes, **more)

    def add_in(self, session: Session, name: str, *, minutes: float = 0, **more: object) -> UUID:
        """Add it in a transaction that is open."""
        view = view_case(session, self.case)
        assert view is not None
        started = view.by_stage["investigation"][0].started_at
        assert started is not None
        docking = session.scalars(select(Docking)).first()
        clip = add_clip(
            session,
            self.now,
            name,
            docking=docking,
            recorded=started + timedelta(minutes=minutes),
            **{"duration": 60.0, **more},  # type: ignore[arg-type]
        )
        return clip.id


def open_desk(database: Database, now: datetime) -> Desk:
    """Answer a desk on an empty catalog."""
    with database.write() as session:
        facts = seed(session, now)
        docking = add_docking(session, add_station(session, now), now)
        view = view_case(session, facts.cases[0])
        assert view is not None
        step = view.by_stage["investigation"][0]
        clip = add_clip(session, now, "A.MP4", docking=docking, duration=60.0, recorded=step.started_at)
        people = {a.username: person(a, None) for a in session.scalars(select(Account))}
        return Desk(database, now, facts.cases[0], step.id, clip.id, people)
