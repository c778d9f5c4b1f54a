"""Officers and recorders by what people call them, so that an address that is passed on can be read."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from catalog.models import Officer, Recorder
from catalog.rules.free_text import plain


def officer_called(session: Session, text: str) -> Officer | None:
    """Answer the officer of this id, staff number, or name if only one has it."""
    text = plain(text)
    found = session.scalars(
        select(Officer)
        .where(or_(Officer.number == text, Officer.name == text, Officer.id == _id(text)))
        .limit(2)
    ).all()
    exact = [o for o in found if o.number == text]
    return exact[0] if exact else found[0] if len(found) == 1 else None


def recorder_called(session: Session, text: str) -> Recorder | None:
    """Answer the recorder of this id, serial, or label if only one has it."""
    text = plain(text)
    found = session.scalars(
        select(Recorder)
        .where(or_(Recorder.serial == text, Recorder.label == text, Recorder.id == _id(text)))
        .limit(2)
    ).all()
    exact = [r for r in found if r.serial == text]
    return exact[0] if exact else found[0] if len(found) == 1 else None


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
