"""How a person stands to a clip at this moment, and under which purpose it is looked at. Reading only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
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
    return facts_of_many(session, [clip], now)[clip.id]


def facts_of_many(session: Session, clips: Sequence[Clip], now: datetime) -> dict[UUID, ClipFacts]:
    """Answer the same of many clips, with as many questions as for one."""
    ids = [clip.id for clip in clips]
    officers = _by(session, select(Officer.id, Officer.unit_id), {clip.officer_id for clip in clips})
    recorders = _by(session, select(Recorder.id, Recorder.unit_id), {clip.recorder_id for clip in clips})
    cases: dict[UUID, list[CaseOfClip]] = defaultdict(list)
    for clip_id, first, second, of, state, detached, by in session.execute(
        select(
            Attachment.clip_id,
            Case.handler_id,
            Case.second_handler_id,
            Case.unit_id,
            Case.state,
            Attachment.detached_at,
            Attachment.attached_by,
        )
        .join(Step, Step.case_id == Case.id)
        .join(Attachment, Attachment.step_id == Step.id)
        .where(Attachment.clip_id.in_(ids), ON_THE_LIST)
    ):
        cases[clip_id].append(CaseOfClip(_known([first, second]), of, state, detached is not None, by))
    put_in = _gathered(
        session,
        select(DocumentUpload.clip_id, DocumentUpload.by_id).where(DocumentUpload.clip_id.in_(ids)),
    )
    stated = (
        select(LookPurpose.clip_id, LookPurpose.account_id).where(LookPurpose.clip_id.in_(ids)).distinct()
    )
    ever = _gathered(session, stated)
    valid = _gathered(session, stated.where(LookPurpose.stated_at <= now, LookPurpose.valid_until > now))
    named = (
        select(Seal.clip_id, SealReader.account_id)
        .join(Seal, Seal.id == SealReader.seal_id)
        .where(
            Seal.clip_id.in_([clip.id for clip in clips if clip.restricted]),
            Seal.state == "standing",
            SealReader.confirmed_at.is_not(None),
            SealReader.removed_at.is_(None),
        )
    )
    readers = _gathered(session, named) if any(clip.restricted for clip in clips) else {}
    nobody: frozenset[UUID] = frozenset()
    return {
        clip.id: ClipFacts(
            clip.officer_id,
            officers.get(clip.officer_id) if clip.officer_id else recorders.get(clip.recorder_id),
            tuple(cases.get(clip.id, ())),
            put_in.get(clip.id, nobody),
            stated_by=ever.get(clip.id, nobody),
            opened_by=valid.get(clip.id, nobody),
            sealed=clip.restricted,
            named=readers.get(clip.id, nobody),
        )
        for clip in clips
    }


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


def _by(session: Session, units: Select[Any, Any], ids: set[UUID | None]) -> dict[UUID | None, UUID | None]:
    """The unit of each of these officers, or recorders."""
    known = _known(ids)
    if not known:
        return {}
    of = units.selected_columns[0]
    return {row[0]: row[1] for row in session.execute(units.where(of.in_(known)))}


def _gathered(session: Session, asked: Select[Any, Any]) -> dict[UUID, frozenset[UUID]]:
    """The accounts of each clip."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for clip, account in session.execute(asked):
        if clip is not None and account is not None:
            found[clip].add(account)
    return {clip: frozenset(accounts) for clip, accounts in found.items()}


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
