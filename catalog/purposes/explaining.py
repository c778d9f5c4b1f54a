"""What one person may do with one recording, or with a case's recordings, and why: the explainer's answers.

What is asked about is told from nothing that is not there: a number of nothing, of something sealed and of something out
of reach are answered alike, by the rule for a recording of somebody else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.whose import changes
from catalog.models import Case, Clip
from catalog.permissions import Permission, may
from catalog.purposes.standing import facts_of, onlooker
from catalog.rules.free_text import plain
from catalog.rules.looking import CaseOfClip, ClipFacts
from catalog.rules.scopes import Act, Decision, Verdict, decide

NEEDS: dict[Act, Permission] = {
    Act.FIND: Permission.CLIP_READ,
    Act.OPEN: Permission.CLIP_READ,
    Act.LOOK: Permission.CLIP_READ,
    Act.DOWNLOAD: Permission.CLIP_DOWNLOAD,
    Act.ATTACH: Permission.CLIP_ATTACH,
}
"""Which permission a role needs for an act, whatever the recording."""


@dataclass(frozen=True, slots=True)
class Explained:
    """The answers for one number."""

    about: Literal["case", "clip"]
    acts: dict[Act, Decision]
    takes: bool | None = None
    """Of a case: whether it takes recordings in from this person."""


def explain(
    session: Session, whose: Actor, asked: str, now: datetime, *, by: UUID | None
) -> Explained | None:
    """Answer what `whose` may do with what `asked` names (a case's number, a recording's identifier or file name).

    `by` is the account that asks: that somebody is named for a sealed recording is told to himself alone. None where
    nothing was asked.
    """
    asked = " ".join(plain(asked).split())
    if not asked:
        return None
    who = onlooker(session, whose)
    case = session.scalar(select(Case).where(Case.number == asked))
    if case is not None:
        handlers = frozenset(one for one in (case.handler_id, case.second_handler_id) if one is not None)
        on_it = CaseOfClip(handlers, case.unit_id, case.state)
        facts = ClipFacts(uuid4(), uuid4() if handlers or case.unit_id else None, (on_it,))
        takes = may(whose, Permission.CLIP_ATTACH) and changes(whose, case)
        acts = {act: _with_permission(whose, act, decide(who, act, facts)) for act in Act}
        if not takes:
            acts.pop(Act.ATTACH)
        return Explained("case", acts, takes)
    clip = _clip(session, asked)
    known = facts_of(session, clip, now) if clip is not None else None
    if known is None or (known.sealed and (by != whose.id or whose.id not in known.named)):
        known = ClipFacts(uuid4(), uuid4())
    return Explained("clip", {act: _with_permission(whose, act, decide(who, act, known)) for act in Act})


def _with_permission(whose: Actor, act: Act, decision: Decision) -> Decision:
    if decision.verdict is Verdict.REFUSED or may(whose, NEEDS[act]):
        return decision
    return Decision(Verdict.REFUSED, "no-permission")


def _clip(session: Session, asked: str) -> Clip | None:
    try:
        named = Clip.id == UUID(asked)
    except ValueError:
        named = Clip.name == asked
    found = session.scalars(select(Clip).where(named).limit(2)).all()
    return found[0] if len(found) == 1 else None
