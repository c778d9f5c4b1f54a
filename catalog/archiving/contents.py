"""What is in a case file: its attachments with clip and step, and a digest of that list.

Everything that prints, checks or counts a file asks here, so that they cannot differ.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

import rfc8785
from sqlalchemy import Select, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from catalog.case_files.cases import STAGES
from catalog.custody.record import utc_text
from catalog.finding.visible import unsealed_to
from catalog.models import Attachment, Clip, Step

VERSION = 1


def contents_of(session: Session, case_id: UUID) -> list[Attachment]:
    """Answer what is in a file, in the file's order: by stage, step, papers first, then by time.

    What is restricted is in it for nobody, not even for who may find it: a list that goes from hand to hand tells of
    nothing sealed. What was detached stays until the legal section confirms (R4.11). Two queries for every 500 clips.
    """
    found = session.scalars(
        _in_files([case_id]).options(
            contains_eager(Attachment.step),
            contains_eager(Attachment.clip).options(joinedload(Clip.officer), selectinload(Clip.copies)),
        )
    ).all()
    return sorted(found, key=_order)


def digests_of(session: Session, cases: Sequence[UUID]) -> dict[UUID, str]:
    """Answer the digest of what is in each of several files. One query."""
    held: dict[UUID, list[Attachment]] = {case: [] for case in cases}
    rows = session.scalars(
        _in_files(cases).options(contains_eager(Attachment.step), contains_eager(Attachment.clip))
    )
    for attachment in rows:
        held[attachment.step.case_id].append(attachment)
    return {case: content_digest(attachments) for case, attachments in held.items()}


def _in_files(cases: Sequence[UUID]) -> Select[Attachment]:
    return (
        select(Attachment)
        .join(Step, Step.id == Attachment.step_id)
        .join(Clip, Clip.id == Attachment.clip_id)
        .where(Step.case_id.in_(cases), Attachment.detach_confirmed_at.is_(None), unsealed_to(None))
    )


def _order(attachment: Attachment) -> tuple[object, ...]:
    """Stages in the order of R2.2, steps as they stand, papers before recordings; never by what a person may edit alone."""
    step, clip = attachment.step, attachment.clip
    at = attachment.made_at or clip.recorded_at or clip.received_at
    return (
        STAGES.index(step.stage) if step.stage in STAGES else len(STAGES),
        step.position,
        str(step.id),
        clip.kind != "document",
        at,
        attachment.range_start or 0.0,
        str(attachment.id),
    )


def content_digest(attachments: Sequence[Attachment]) -> str:
    """Answer the SHA-256 (hexadecimal) of the RFC 8785 list of what is in a file.

    It changes with every recording added or detached, and with all that was entered when one was attached; not with what
    becomes known of a recording later, such as who recorded it or what was measured.
    """
    lines = [
        {
            "attachment": str(a.id),
            "clip": str(a.clip_id),
            "sha256": a.clip.sha256,
            "sm3": a.clip.sm3,
            "size": a.clip.size,
            "step": str(a.step_id),
            "stage": a.step.stage,
            "role": a.role,
            "volume": a.volume,
            "proves": a.proves,
            "range": None if a.range_start is None else [a.range_start, a.range_end],
            "method": a.method,
            "made_at": utc_text(a.made_at) if a.made_at else None,
            "maker": a.maker,
            "detached": a.detached_at is not None,
        }
        for a in sorted(attachments, key=lambda a: str(a.id))
    ]
    return hashlib.sha256(rfc8785.dumps({"version": VERSION, "lines": lines})).hexdigest()
