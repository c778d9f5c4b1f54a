"""Adding entries to the custody log, and reading them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.lookups import lookups_of
from catalog.custody.record import make_record
from catalog.ids import new_id
from catalog.models import CustodyEntry, CustodyPrivate, CustodySubject


def add_entry(
    session: Session,
    *,
    actor: Actor,
    action: str,
    subjects: Mapping[str, UUID | Sequence[UUID]],
    now: datetime,
    facts: Mapping[str, Any] | None = None,
    private: Mapping[str, Any] | None = None,
) -> UUID:
    """Add an entry in the caller's transaction, so that the change and its entry stand or fall together.

    `action` reads `subject.what-happened` (`clip.received`); `subjects` maps a kind (clip, case, step, docking,
    recorder, account) to ids; `facts` are open to every reader of the log; `private` (purpose, reason, free
    text) and the actor's identity and address go in as salted digests only. Answers the entry's id.
    """
    ids = {kind: [one] if isinstance(one, UUID) else list(one) for kind, one in subjects.items()}
    entry = new_id()
    hidden: dict[str, Any] = {
        "actor": {
            "id": str(actor.id) if actor.id else None,
            "name": actor.name,
            "roles": sorted(actor.roles),
        },
        "address": actor.address,
        **(private or {}),
    }
    record = make_record(
        entry=entry,
        action=action,
        at=now,
        actor_kind=actor.kind,
        subjects=ids,
        facts=facts or {},
        private=hidden,
    )
    session.add(CustodyEntry(id=entry, record=record.text, leaf=record.leaf, action=action, at=now))
    session.flush()
    session.add_all(
        CustodyPrivate(entry_id=entry, field=f.name, salt=f.salt, value=f.value) for f in record.private
    )
    session.add_all(
        CustodySubject(entry_id=entry, kind=kind, subject_id=one)
        for kind, many in ids.items()
        for one in many
    )
    session.add_all(lookups_of(entry, action=action, actor=actor, subjects=ids, at=now))
    return entry


def entries_about(session: Session, kind: str, subject: UUID, *, limit: int = 200) -> list[CustodyEntry]:
    """Answer the entries about one subject, oldest first, at most `limit` of the newest."""
    newest = session.scalars(
        select(CustodyEntry)
        .join(CustodySubject, CustodySubject.entry_id == CustodyEntry.id)
        .where(CustodySubject.kind == kind, CustodySubject.subject_id == subject)
        .order_by(CustodyEntry.at.desc(), CustodyEntry.id.desc())
        .limit(limit)
    ).all()
    return list(reversed(newest))


def private_of(session: Session, entries: Sequence[UUID]) -> dict[UUID, dict[str, str]]:
    """Answer the private fields of these entries as canonical JSON text, by entry and field name."""
    found: dict[UUID, dict[str, str]] = {entry: {} for entry in entries}
    for row in session.scalars(select(CustodyPrivate).where(CustodyPrivate.entry_id.in_(entries))):
        found[row.entry_id][row.field] = row.value
    return found
