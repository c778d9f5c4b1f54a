"""A small bureau in which everything can be found by something."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.case_files.attaching import Wish, attach
from catalog.demo import seed
from catalog.models import Account, Case, Clip, Mark, Officer, Recorder, Stage, Step, Unit
from tests.catalog.world import add_clip

SOMEBODY = Actor(kind="person", id=None, name="li", roles=frozenset({"handler", "archivist"}))
"""Somebody whose lists hold all of the bureau."""
SIGNS = "执法记录仪食品录音询问当事人%_\"*'\\^:()-+~ NEARANDOR0123ab.\u202e\ufffd𠀀é"


@dataclass
class Bureau:
    clips: list[UUID] = field(default_factory=list)
    hidden: list[UUID] = field(default_factory=list)


def furnish(session: Session, now: datetime, count: int = 60, seed_number: int = 7) -> Bureau:
    """People and cases of the demonstration, and clips with names and facts by the dice; every tenth is restricted."""
    dice = Random(seed_number)
    seed(session, now)
    other = Unit(name="城西分局")
    session.add(other)
    session.flush()
    officers = [*session.scalars(select(Officer).order_by(Officer.number))]
    officers[-1].unit_id = other.id
    spare = Recorder(serial="REC-9", serial_source="usb", label="录音笔 9%", created_at=now)
    session.add(spare)
    session.flush()
    recorders = [*session.scalars(select(Recorder).order_by(Recorder.serial))]
    steps = [*session.scalars(select(Step).join(Case).order_by(Case.number, Step.position))]
    account = session.scalars(select(Account).order_by(Account.username)).first()
    assert account is not None
    bureau = Bureau()
    for n in range(count):
        clip = add_clip(
            session,
            now - timedelta(hours=dice.randrange(40)),
            "".join(dice.choice(SIGNS) for _ in range(dice.randrange(1, 25))),
            kind=dice.choice(("video", "photo", "audio")),
            recorded=now - timedelta(days=dice.randrange(90)) if dice.random() < 0.8 else None,
            verified=dice.random() < 0.7,
            flags=dice.choice(([], [], ["partial"], ["truncated"])),
            size=dice.randrange(5) * 1000,
            duration=float(dice.randrange(5)) if dice.random() < 0.8 else None,
            restricted=n % 10 == 3,
        )
        clip.officer_id = dice.choice(officers).id if dice.random() < 0.8 else None
        clip.recorder_id = dice.choice(recorders).id
        if dice.random() < 0.6:
            clip.latitude, clip.longitude = 26.58 + dice.random() / 50, 104.83 + dice.random() / 50
        if dice.random() < 0.2:
            session.merge(Stage(clip_id=clip.id, stage="render", state="failed", due_at=now, updated_at=now))
        session.flush()
        for second in range(dice.choice((0, 0, 1, 2))):
            preset, note = dice.choice((("signed", ""), ("", "拒不配合"), ("自定标记", "100%_封")))
            session.add(
                Mark(
                    clip_id=clip.id,
                    start=float(second),
                    preset=preset,
                    note=note,
                    made_by=account.id,
                    made_at=now,
                    removed_at=now if dice.random() < 0.3 else None,
                )
            )
        for step in dice.sample(steps, dice.choice((0, 0, 1, 2))):
            if not clip.restricted:
                wish = Wish("evidence", "main", proves=dice.choice(("现场拒绝签字", "100%_合格", "出示证件")))
                attach(session, actor=system("test"), clip_id=clip.id, step_id=step.id, wish=wish, now=now)
        (bureau.hidden if clip.restricted else bureau.clips).append(clip.id)
    return bureau


def clip_named(session: Session, name: str) -> Clip:
    found = session.scalar(select(Clip).where(Clip.name == name))
    assert found is not None
    return found
