"""For attacks on what is kept how long: proposals, lists and files at every point of their way, all of them one's own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.disposal.proposing import digest_of
from catalog.ids import new_id
from catalog.models import (
    AcceptanceCheck,
    Account,
    AccountRole,
    Appraisal,
    AppraisalItem,
    Attachment,
    Case,
    Clip,
    Copy,
    CoverageNote,
    Hold,
    RecorderSubstitute,
    RetentionApproval,
    RetentionRow,
    RetentionSchedule,
    Role,
    Seal,
    SealReader,
)
from catalog.permissions import ROLES
from catalog.retention.schedules import digest_now
from tests.catalog import world
from tests.web.access.subjects import Shelf

EVERYTHING = "everything"
"""One account with every role there is: what two people must do, it does not do alone."""
USED = "档〔2026〕1 号"
"""An approval number that was given before."""


@dataclass
class Things:
    """What one person could attack, by what it is called in the table of attacks."""

    ids: dict[str, UUID]
    digests: dict[str, str] = field(default_factory=dict)


def everybody(session: Session, account: UUID) -> None:
    """Give an account every role."""
    known = {role.name: role.id for role in session.scalars(select(Role))}
    held = set(session.scalars(select(AccountRole.role_id).where(AccountRole.account_id == account)))
    session.add_all(AccountRole(account_id=account, role_id=known[r]) for r in ROLES if known[r] not in held)


def lay_out(session: Session, shelf: Shelf, stranger: Shelf, now: datetime, personnel: bool) -> Things:
    """Bring what lies on a shelf to the points from which it is attacked."""
    me, other = shelf.ids["account_id"], stranger.ids["account_id"]
    things = Things(dict(shelf.ids))
    session.get_one(Seal, shelf.ids["seal_id"]).proposed_by = me
    session.get_one(SealReader, shelf.ids["reader_id"]).proposed_by = me
    session.get_one(RecorderSubstitute, shelf.ids["substitute_id"]).asked_by = me
    session.get_one(CoverageNote, shelf.ids["note_id"])  # explained by me already
    closed = world.add_clip(session, now, "封存.mp4")
    standing = Seal(
        id=new_id(), clip_id=closed.id, state="standing", ground="secret", basis="法", proposed_by=other,
        proposed_at=now, confirmed_by=me, confirmed_at=now,
    )  # fmt: skip
    session.add(standing)
    session.flush()
    reader = SealReader(id=new_id(), seal_id=standing.id, account_id=other, proposed_by=me, proposed_at=now)
    session.add(reader)
    things.ids["reader of a standing seal"] = reader.id
    hold = session.get_one(Hold, shelf.ids["hold_id"])
    hold.reason = "complaint" if personnel else "audit"
    detached = session.get_one(Attachment, shelf.ids["attachment_id"])
    detached.detached_at, detached.detached_by, detached.detach_reason = now, me, "误关联"
    _schedules(session, things, me, other, now)
    _lists(session, things, me, other, now)
    _files(session, things, shelf, now)
    return things


def _schedules(session: Session, things: Things, me: UUID, other: UUID, now: datetime) -> None:
    for name, state, maker, approvers in (
        ("own proposal", "proposed", me, ()),
        ("their proposal", "proposed", other, ()),
        ("approved by me", "proposed", other, (me,)),
        ("approved", "approved", other, (other, me)),
    ):
        schedule = RetentionSchedule(
            id=new_id(), version=f"{name} {me.hex[-6:]}", state=state, consent="同意", round=1, made_by=maker,
            made_at=now, proposed_by=maker, proposed_at=now,
        )  # fmt: skip
        session.add(schedule)
        session.flush()
        session.add(
            RetentionRow(
                id=new_id(), schedule_id=schedule.id, number=1, case_type="any", coercion="any", role="any",
                years=1, starts=["closing"], basis="某办法",
            )
        )  # fmt: skip
        session.flush()
        digest = digest_now(session, schedule)
        roles = ("office-head", "leader")
        held = {role.name for role in session.get_one(Account, me).roles}
        if approvers == (me,):
            roles = ("leader",) if "leader" in held else ("office-head",)
        if name == "approved":  # by two others, as far as there are two
            schedule.made_by = schedule.proposed_by = None
        session.add_all(
            RetentionApproval(
                id=new_id(), schedule_id=schedule.id, round=1, role=role, by_id=one, digest=digest, at=now
            )
            for role, one in zip(roles, approvers, strict=False)
        )
        things.ids[name], things.digests[name] = schedule.id, digest


def _lists(session: Session, things: Things, me: UUID, other: UUID, now: datetime) -> None:
    for name, state, reporter in (
        ("open list", "open", me),
        ("own report", "reported", me),
        ("their report", "reported", other),
        ("cooling", "cooling", other),
        ("ordered", "ordered", other),
        ("done", "done", other),
    ):
        clip = world.add_clip(session, now - timedelta(days=400), "到期.mp4")
        row = Appraisal(
            id=new_id(), number=f"JD-{name}-{me.hex[-6:]}", state=state, opened_by=reporter, opened_at=now
        )
        session.add(row)
        session.flush()
        item = AppraisalItem(
            id=new_id(), appraisal_id=row.id, position=1, clip_id=clip.id, active_clip_id=clip.id,
            state="listed" if state in {"open", "reported"} else "due", proposal="destroy", changed_at=now,
            facts={"name": clip.name, "size": clip.size, "sha256": clip.sha256, "officer": "", "cases": []},
        )  # fmt: skip
        session.add(item)
        session.flush()
        session.refresh(row)
        if state != "open":
            row.reported_by, row.reported_at, row.digest = reporter, now, digest_of(row)
            things.digests[name] = row.digest
        if state in {"cooling", "ordered", "done"}:
            row.approved_by, row.approved_at, row.approved_digest = other, now, row.digest
            row.approval_number = f"{USED}{name}{me.hex[-6:]}"
        if state == "ordered":
            row.ordered_at, row.executor_id = now, other
        things.ids[name], things.ids[f"item of {name}"] = row.id, item.id


def _files(session: Session, things: Things, shelf: Shelf, now: datetime) -> None:
    for name, state in (("archived", "archived"), ("accepted", "accepted")):
        case = Case(
            id=new_id(), number=f"{name} {shelf.username}", title="某店案", type="penalty-general", state=state,
            unit_id=session.get_one(Case, shelf.ids["case_id"]).unit_id, handler_id=shelf.ids["officer_id"],
            opened_at=now - timedelta(days=90), closed_on=date(2026, 9, 1), accepted_at=now,
        )  # fmt: skip
        session.add(case)
        things.ids[name] = case.id
        session.flush()
    for name, case_id in (("accepted", things.ids["accepted"]), ("open", shelf.ids["case_id"])):
        check = AcceptanceCheck(
            id=new_id(),
            case_id=case_id,
            checked_at=now,
            outcome="passed",
            content_sha256="0" * 64,
            results={},
        )
        session.add(check)
        things.ids[f"check of {name}"] = check.id


def guarded(session: Session) -> dict[str, list[tuple[object, ...]]]:
    """Answer everything that no attack may have changed."""

    def rows(*columns: object) -> list[tuple[object, ...]]:
        return sorted((tuple(row) for row in session.execute(select(*columns))), key=repr)  # type: ignore[call-overload]

    return {
        "clips": rows(Clip.id, Clip.lock_desired, Clip.hold_desired, Clip.destroyed_at, Clip.restricted),
        "copies": rows(Copy.id, Copy.lock_until, Copy.hold, Copy.version),
        "cases": rows(
            Case.id, Case.state, Case.type, Case.coercion, Case.closed_on, Case.executed_on, Case.accepted_at,
            Case.stated_accepted_on,
        ),
        "schedules": rows(RetentionSchedule.id, RetentionSchedule.state, RetentionSchedule.approval_number),
        "rows of schedules": rows(RetentionRow.id, RetentionRow.years),
        "approvals": rows(RetentionApproval.id),
        "lists": rows(Appraisal.id, Appraisal.state, Appraisal.approval_number, Appraisal.executor_id),
        "items": rows(AppraisalItem.id, AppraisalItem.state, AppraisalItem.proposal),
        "holds": rows(Hold.id, Hold.lifted_at),
        "seals": rows(Seal.id, Seal.state),
        "readers": rows(SealReader.id, SealReader.confirmed_at),
        "attachments": rows(Attachment.id, Attachment.detach_confirmed_at),
        "explanations": rows(CoverageNote.id, CoverageNote.act),
        "substitutes": rows(RecorderSubstitute.id, RecorderSubstitute.decided_at),
    }  # fmt: skip
