"""Who reads what of the custody log: auditors all of it, others what is about things they have to do with, and their own acts.

A condition for the log's questions, so that pages, counts and single entries agree; what of an entry's fields is told is
`catalog.custody.listing`'s.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session, aliased

from catalog.actors import Actor
from catalog.finding.visible import told_to
from catalog.models import Clip, CustodyEntry, CustodyLookup, CustodySubject
from catalog.permissions import Permission, may

OF_PEOPLE = ("account.", "custody.", "search.")
"""What people did with their accounts, looked for, and looked into: an auditor's, or one's own."""
SEALS = "seal."


def audits(reader: Actor | None) -> bool:
    """Whether the whole log is told: to an auditor, and where nobody in particular reads (jobs, proofs)."""
    return reader is None or reader.kind != "person" or may(reader, Permission.CUSTODY_AUDIT)


def decides_on_seals(reader: Actor | None) -> bool:
    """Whether a reader has to do with seals by office."""
    return may(reader, Permission.SEAL_PROPOSE) or may(reader, Permission.SEAL_DECIDE)


def told_of(
    reader: Actor, at: ColumnElement[datetime], entry: ColumnElement[UUID]
) -> list[ColumnElement[bool]]:
    """Answer the conditions under which an entry is told to somebody who is no auditor; `at` and `entry` are its key.

    Left out are entries about people, unless the reader did it, and those about recordings of which he may find none; an
    entry about seals is told to who decides on them.
    """
    it, did = aliased(CustodyEntry), aliased(CustodyLookup)
    mine = exists().where(
        did.name == "actor", did.value == str(reader.id), did.at == at, did.entry_id == entry
    )
    of_people = exists().where(it.id == entry, or_(*(it.action.startswith(one) for one in OF_PEOPLE)))
    about, known = aliased(CustodySubject), aliased(CustodySubject)
    of_clips = exists().where(about.entry_id == entry, about.kind == "clip")
    findable = (
        select(known.entry_id)
        .join(Clip, Clip.id == known.subject_id)
        .where(known.entry_id == entry, known.kind == "clip", told_to(reader, Permission.CUSTODY_READ))
        .correlate_except(known, Clip)
        .exists()
    )
    within = or_(~of_clips, findable)
    seals = aliased(CustodyEntry)
    of_seals = exists().where(seals.id == entry, seals.action.startswith(SEALS))
    within = or_(within, of_seals) if decides_on_seals(reader) else within & or_(~of_seals, mine)
    return [or_(~of_people, mine), within]


def is_told(session: Session, reader: Actor | None, entry: CustodyEntry) -> bool:
    """Answer whether `reader` is told of an entry at all."""
    if audits(reader) or reader is None:
        return True
    at: Any = CustodyEntry.at
    key: Any = CustodyEntry.id
    query = select(CustodyEntry.id).where(CustodyEntry.id == entry.id, *told_of(reader, at, key))
    return session.scalar(query) is not None
