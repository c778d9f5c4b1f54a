"""How a person stands to a clip at this moment, and under which purpose it is looked at. Reading only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.standing import ON_THE_LIST
from catalog.custody.record import utc_text
from catalog.models import (
    Attachment,
    Case,
    Clip,
    DocumentUpload,
    LookPurpose,
    Officer,
    Recorder,
    Seal,
    SealReader,
    Step,
)
from catalog.refused import Refused
from catalog.rules.looking import CaseOfClip, ClipFacts, Ground, Onlooker, free_ground
from catalog.same_person import accounts_of


class CannotLook(Refused):
    """No address left; `why` is a stable word."""


LOOK_WHY = ("purpose-needed",)


@dataclass(frozen=True, slots=True)
class Standing:
    """Why somebody may look at a clip now: by office, or with a purpose; with neither of them not yet."""

    ground: Ground | None
    purpose: LookPurpose | None = None
    machine: bool = False
    """The system itself, such as a standing job."""

    @property
    def may_look(self) -> bool:
        """Whether addresses may leave."""
        return self.machine or self.ground is not None or self.purpose is not None

    def facts(self) -> dict[str, str]:
        """Answer what an entry of a look keeps of it; the text of a purpose stays with its own entry."""
        if self.ground is not None:
            return {"ground": self.ground.value}
        if self.purpose is not None:
            return {
                "ground": "purpose",
                "purpose": self.purpose.purpose,
                "purpose_stated": utc_text(self.purpose.stated_at),
            }
        return {}


def standing_to(session: Session, actor: Actor, clip: Clip, now: datetime) -> Standing:
    """Answer how `actor` stands to `clip`: read anew, so that a clip detached a moment ago is of the case no more."""
    if actor.kind == "system":
        return Standing(None, machine=True)
    if actor.kind != "person" or actor.id is None:
        return Standing(None)
    ground = free_ground(onlooker(session, actor), facts_of(session, clip, now))
    if ground is not None:
        return Standing(ground)
    return Standing(None, _stated(session, actor.id, clip.id, now))


def need_standing(session: Session, actor: Actor, clip: Clip, now: datetime) -> Standing:
    """As `standing_to`. Raises CannotLook (purpose-needed) where neither office nor a purpose is there."""
    standing = standing_to(session, actor, clip, now)
    if not standing.may_look:
        raise CannotLook("purpose-needed")
    return standing


def facts_of(session: Session, clip: Clip, now: datetime) -> ClipFacts:
    """Answer what of a clip decides how people stand to it."""
    unit = None
    if clip.officer_id is not None:
        unit = session.scalar(select(Officer.unit_id).where(Officer.id == clip.officer_id))
    elif clip.recorder_id is not None:
        unit = session.scalar(select(Recorder.unit_id).where(Recorder.id == clip.recorder_id))
    rows = session.execute(
        select(
            Case.handler_id,
            Case.second_handler_id,
            Case.unit_id,
            Case.state,
            Attachment.detached_at,
            Attachment.attached_by,
        )
        .join(Step, Step.case_id == Case.id)
        .join(Attachment, Attachment.step_id == Step.id)
        .where(Attachment.clip_id == clip.id, ON_THE_LIST)
    )
    cases = tuple(
        CaseOfClip(_known([first, second]), of, state, detached is not None, by)
        for first, second, of, state, detached, by in rows
    )
    put_in_by = _known(session.scalars(select(DocumentUpload.by_id).where(DocumentUpload.clip_id == clip.id)))
    stated = select(LookPurpose.account_id).where(LookPurpose.clip_id == clip.id).distinct()
    named = (
        select(SealReader.account_id)
        .join(Seal, Seal.id == SealReader.seal_id)
        .where(
            Seal.clip_id == clip.id,
            Seal.state == "standing",
            SealReader.confirmed_at.is_not(None),
            SealReader.removed_at.is_(None),
        )
    )
    return ClipFacts(
        clip.officer_id,
        unit,
        cases,
        put_in_by,
        stated_by=_known(session.scalars(stated)),
        opened_by=_known(
            session.scalars(stated.where(LookPurpose.stated_at <= now, LookPurpose.valid_until > now))
        ),
        sealed=clip.restricted,
        named=_known(session.scalars(named)) if clip.restricted else frozenset(),
    )


def onlooker(session: Session, actor: Actor) -> Onlooker:
    """Answer a person as the rules see one, with all accounts of that person."""
    assert actor.id is not None  # noqa: S101 - persons have accounts
    return Onlooker(
        accounts=frozenset(accounts_of(session, actor.id)),
        officer=actor.officer_id,
        unit=actor.unit_id,
        roles=actor.roles,
        account=actor.id,
    )


def opened_clips(session: Session, account: UUID, now: datetime) -> frozenset[UUID]:
    """Answer the clips for which an account has stated a purpose that is valid now."""
    return frozenset(
        session.scalars(
            select(LookPurpose.clip_id).where(
                LookPurpose.account_id == account, LookPurpose.stated_at <= now, LookPurpose.valid_until > now
            )
        )
    )


def _known(ids: Iterable[UUID | None]) -> frozenset[UUID]:
    return frozenset(one for one in ids if one is not None)


def _stated(session: Session, account: UUID, clip: UUID, now: datetime) -> LookPurpose | None:
    """The purpose of this account for this clip that is valid longest."""
    return session.scalar(
        select(LookPurpose)
        .where(
            LookPurpose.account_id == account,
            LookPurpose.clip_id == clip,
            LookPurpose.stated_at <= now,
            LookPurpose.valid_until > now,
        )
        .order_by(LookPurpose.valid_until.desc(), LookPurpose.id.desc())
        .limit(1)
    )
