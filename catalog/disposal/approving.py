"""The head of the bureau's approval, the cooling period and its undoing, the witnesses, and the order to destroy."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.custody.record import utc_text
from catalog.disposal.appraisals import NOTE_LIMIT, drop_unfit, take_turn
from catalog.disposal.keeping import keep_longer
from catalog.disposal.persons import group_of
from catalog.disposal.proposing import counts, digest_of
from catalog.disposal.refusals import CannotDispose, enter, refuse_wrong_clock, require, the_appraisal
from catalog.models import Account, Appraisal, AppraisalItem, DisposalWitness
from catalog.retention.due import locks_due
from catalog.rules.disposal import (
    PARTS,
    UNDOABLE,
    WITNESS_ROLES,
    WITNESS_VALID,
    WITNESSES,
    cooled_at,
    number_key,
    years_later,
)
from catalog.rules.expired import CLOCK_MARGIN
from catalog.rules.free_text import spoken
from catalog.rules.fresh_signin import is_fresh
from catalog.same_person import is_among, persons

NUMBER_LIMIT = 64


def approve(
    session: Session,
    *,
    actor: Actor,
    appraisal_id: UUID,
    number: str,
    digest: str,
    signed_in_at: datetime | None,
    cooling_days: int,
    zone: tzinfo,
    now: datetime,
    margin: timedelta = CLOCK_MARGIN,
) -> Appraisal:
    """Enter the approval of a report; the cooling period begins, and what is to be kept is kept. Raises CannotDispose.

    `digest` is that of the list the head of the bureau saw, `number` the approval's own (批准文号), never given before.
    """
    appraisal = the_appraisal(session, appraisal_id)
    require(appraisal, actor, "reported", "bureau-head")
    assert actor.id is not None  # noqa: S101 - required above
    if not is_fresh(signed_in_at, now):
        raise CannotDispose("sign-in-again")
    refuse_wrong_clock(session, now)
    number = spoken(number)[:NUMBER_LIMIT]
    if not number_key(number):
        raise CannotDispose("approval-number-missing")
    take_turn(session)
    given = session.scalars(select(Appraisal.approval_number).where(Appraisal.approval_number.is_not(None)))
    if number_key(number) in {number_key(one) for one in given if one}:
        raise CannotDispose("approval-number-used")
    if not digest or digest != appraisal.digest or digest != digest_of(appraisal):
        raise CannotDispose("list-changed")
    if is_among(session, actor.id, group_of(session, appraisal)):
        raise CannotDispose("own-proposal")
    appraisal.approved_by, appraisal.approved_at, appraisal.approval_number = actor.id, now, number
    appraisal.approved_digest, appraisal.cooling_days = digest, cooling_days
    remaining = drop_unfit(session, appraisal, now, margin)
    for item in remaining:
        item.changed_at = now
        if item.proposal == "destroy":
            item.state = "due"
        else:
            _keep(session, appraisal, item, zone, now)
    destroying = any(item.state == "due" for item in remaining)
    appraisal.state = "cooling" if destroying else "done"
    appraisal.finished_at = None if destroying else now
    enter(
        session,
        actor,
        appraisal,
        "disposal.approved",
        {
            "approval": number,
            "digest": digest,
            "ready": utc_text(ready_at(appraisal, cooling_days)),
            **counts(remaining),
        },
        before="reported",
        now=now,
    )
    return appraisal


def ready_at(appraisal: Appraisal, cooling_days: int) -> datetime:
    """Answer when an approved list may be destroyed; `cooling_days` is what is set now, which can only put it off."""
    assert appraisal.approved_at is not None  # noqa: S101 - only approved lists are asked for
    return cooled_at(appraisal.approved_at, appraisal.cooling_days, cooling_days)


def give_back(session: Session, *, actor: Actor, appraisal_id: UUID, reason: str, now: datetime) -> Appraisal:
    """Return a report without approval, with the reason; its clips are free for another list. Raises CannotDispose."""
    appraisal = the_appraisal(session, appraisal_id)
    require(appraisal, actor, "reported", "bureau-head")
    return _end(session, actor, appraisal, "returned", reason=reason, now=now)


def undo(session: Session, *, actor: Actor, appraisal_id: UUID, reason: str, now: datetime) -> Appraisal:
    """Undo an approval while nothing is destroyed yet: anybody of the group may, and the head of the bureau. Raises CannotDispose.

    What the same approval decided to keep longer stays kept: nothing is ever shortened.
    """
    appraisal = the_appraisal(session, appraisal_id)
    require(appraisal, actor, " ".join(UNDOABLE), " ".join([*PARTS.values(), "bureau-head"]))
    return _end(session, actor, appraisal, "undone", reason=reason, now=now)


def witness(
    session: Session,
    *,
    actor: Actor,
    appraisal_id: UUID,
    signed_in_at: datetime | None,
    cooling_days: int,
    now: datetime,
) -> Appraisal:
    """Sign in as a witness 监销人 of the act, after the cooling period. Raises CannotDispose."""
    appraisal = the_appraisal(session, appraisal_id)
    require(appraisal, actor, "cooling ready", " ".join(WITNESS_ROLES))
    assert actor.id is not None  # noqa: S101 - required above
    _refuse_before(session, appraisal, cooling_days, now)
    if is_among(session, actor.id, [appraisal.approved_by]):
        raise CannotDispose("approved-it")
    if is_among(session, actor.id, group_of(session, appraisal)):
        raise CannotDispose("appraised-it")
    if not is_fresh(signed_in_at, now):
        raise CannotDispose("sign-in-again")
    before, appraisal.state = appraisal.state, "ready"
    row = session.get(DisposalWitness, (appraisal_id, actor.id))
    if row is None:
        row = DisposalWitness(appraisal_id=appraisal_id, account_id=actor.id)
        session.add(row)
    row.signed_at = now
    enter(session, actor, appraisal, "disposal.witnessed", before=before, now=now)
    return appraisal


def order(
    session: Session,
    *,
    actor: Actor,
    appraisal_id: UUID,
    typed: str,
    signed_in_at: datetime | None,
    cooling_days: int,
    now: datetime,
    margin: timedelta = CLOCK_MARGIN,
) -> Appraisal:
    """Order the destruction: the one act after which there is no way back. Raises CannotDispose.

    `typed` is the appraisal's number as the executor typed it. Two witnesses signed in within the last two hours, both
    others than the executor and than whoever approved.
    """
    appraisal = the_appraisal(session, appraisal_id)
    require(appraisal, actor, "cooling ready", "archivist")
    assert actor.id is not None  # noqa: S101 - required above
    _refuse_before(session, appraisal, cooling_days, now)
    if is_among(session, actor.id, [appraisal.approved_by]):
        raise CannotDispose("approved-it")
    if typed.strip() != appraisal.number:
        raise CannotDispose("number-differs")
    if not is_fresh(signed_in_at, now):
        raise CannotDispose("sign-in-again")
    if len(standing_witnesses(session, appraisal, actor.id, now)) < WITNESSES:
        raise CannotDispose("witnesses-missing")
    remaining, before = drop_unfit(session, appraisal, now, margin), appraisal.state
    if not remaining:
        appraisal.state, appraisal.finished_at = "done", now
    else:
        appraisal.state = "executing"
    appraisal.executor_id, appraisal.ordered_at = actor.id, now
    facts = {"clips": len(remaining)}
    enter(session, actor, appraisal, "disposal.ordered", facts, before=before, now=now)
    return appraisal


def standing_witnesses(
    session: Session, appraisal: Appraisal, executor: UUID | None, now: datetime, *, active: bool = True
) -> list[Account]:
    """Answer the witnesses whose sign-in holds at `now`: one account a person, none who executes, approved or appraised.

    With `active`, their accounts must not have been closed meanwhile.
    """
    rows = list(
        session.scalars(
            select(Account)
            .join(DisposalWitness, DisposalWitness.account_id == Account.id)
            .where(
                DisposalWitness.appraisal_id == appraisal.id,
                DisposalWitness.signed_at >= now - WITNESS_VALID,
                DisposalWitness.signed_at <= now,
                *([Account.active] if active else []),
            )
            .order_by(DisposalWitness.signed_at, Account.id)
        )
    )
    others = {executor, appraisal.approved_by, *group_of(session, appraisal)}
    whose = persons(session, [*others, *(row.id for row in rows)])
    taken = {whose[one] for one in others if one in whose}
    answer = []
    for row in rows:
        if whose[row.id] not in taken:
            taken.add(whose[row.id])
            answer.append(row)
    return answer


def _refuse_before(session: Session, appraisal: Appraisal, cooling_days: int, now: datetime) -> None:
    refuse_wrong_clock(session, now)
    if now < ready_at(appraisal, cooling_days):
        raise CannotDispose("still-cooling")
    if appraisal.approved_digest is None or digest_of(appraisal) != appraisal.approved_digest:
        raise CannotDispose("list-changed")


def _keep(session: Session, appraisal: Appraisal, item: AppraisalItem, zone: tzinfo, now: datetime) -> None:
    item.state, item.active_clip_id = "kept", None
    until = years_later(now, item.years or 1, zone) if item.proposal == "years" else None
    why = f"{'transfer' if item.proposal == 'transfer' else 'appraisal'} {appraisal.number}"
    keep_longer(session, item.clip_id, until, why, now)
    add_entry(
        session,
        actor=Actor("system", None, "disposal"),
        action="clip.kept-longer",
        subjects={"appraisal": appraisal.id, "clip": item.clip_id},
        facts={
            "number": appraisal.number,
            "proposal": item.proposal,
            "until": utc_text(until) if until else None,
        },
        now=now,
    )


def _end(
    session: Session, actor: Actor, appraisal: Appraisal, state: str, *, reason: str, now: datetime
) -> Appraisal:
    reason = spoken(reason)[:NOTE_LIMIT]
    if not reason:
        raise CannotDispose("note-missing")
    before, appraisal.state, appraisal.ended_by = appraisal.state, state, actor.id
    appraisal.ended_at, appraisal.end_reason = now, reason
    freed = [item for item in appraisal.items if item.active_clip_id is not None]
    for item in freed:
        item.state, item.why, item.active_clip_id, item.changed_at = "dropped", state, None, now
    session.flush()
    locks_due(session, [item.clip_id for item in freed], now)
    private = {"reason": reason}
    enter(session, actor, appraisal, f"disposal.{state}", before=before, now=now, private=private)
    return appraisal
