"""Who may look at what is sealed: each named by one person and let in by another."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.holds.seals import CannotSeal, allowed, enter, locked_seal, refuse_unfit
from catalog.models import Seal, SealReader
from catalog.permissions import Permission
from catalog.rules.seals import LIVE
from catalog.same_person import is_among


def name_reader(
    session: Session, *, actor: Actor, seal_id: UUID, account_id: UUID, now: datetime
) -> SealReader:
    """Propose a further person who may look; another confirms. Raises CannotSeal."""
    proposer = allowed(actor, Permission.SEAL_PROPOSE)
    seal = locked_seal(session, seal_id, *LIVE)
    refuse_unfit(session, account_id)
    if any(r.account_id == account_id and r.removed_at is None for r in seal.readers):
        raise CannotSeal("named-already")
    reader = SealReader(seal_id=seal.id, account_id=account_id, proposed_by=proposer, proposed_at=now)
    session.add(reader)
    session.flush()
    session.expire(seal, ["readers"])
    enter(session, actor, "seal.reader-proposed", seal, now=now, reader=str(account_id))
    return reader


def confirm_reader(session: Session, *, actor: Actor, reader_id: UUID, now: datetime) -> SealReader:
    """Let a proposed person look from now on; nobody lets in themselves, or whom they proposed. Raises CannotSeal."""
    confirmer = allowed(actor, Permission.SEAL_DECIDE)
    reader, seal = _reader(session, reader_id)
    if seal.state != "standing" or reader.confirmed_at is not None:
        raise CannotSeal("wrong-state")
    if is_among(session, confirmer, [reader.proposed_by, reader.account_id]):
        raise CannotSeal("same-person")
    reader.confirmed_by, reader.confirmed_at = confirmer, now
    session.flush()
    enter(session, actor, "seal.reader-confirmed", seal, now=now, reader=str(reader.account_id))
    return reader


def remove_reader(session: Session, *, actor: Actor, reader_id: UUID, now: datetime) -> SealReader:
    """Take a person off; one is enough for that. Raises CannotSeal."""
    who = allowed(actor, Permission.SEAL_PROPOSE, Permission.SEAL_DECIDE)
    reader, seal = _reader(session, reader_id)
    reader.removed_by, reader.removed_at = who, now
    session.flush()
    enter(session, actor, "seal.reader-removed", seal, now=now, reader=str(reader.account_id))
    return reader


def _reader(session: Session, reader_id: UUID) -> tuple[SealReader, Seal]:
    reader = session.get(SealReader, reader_id)
    if reader is None:
        raise CannotSeal("unknown-reader")
    seal = locked_seal(session, reader.seal_id, *LIVE)
    session.refresh(reader, with_for_update=True)
    if reader.removed_at is not None:
        raise CannotSeal("unknown-reader")
    return reader, seal
