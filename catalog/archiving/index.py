"""卷内目录 and 备考表: what is listed of a case file, numbered by volume, and what is to be said of the file as a whole.

R2.9, R6.4, 程序规定 Art 78: one case, one file, in a main and a sub volume; recordings are listed with the step they belong to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.archiving.contents import content_digest, contents_of
from catalog.case_files.attaching import VOLUMES
from catalog.models import Account, Attachment, Case, CaseMove, Clip, Step

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class IndexLine:
    """One line of the index."""

    number: int
    """From 1 in each volume."""
    attachment: Attachment
    elsewhere: Sequence[str]
    """互见: numbers of other case files the same recording is in."""


@dataclass(frozen=True, slots=True)
class FileIndex:
    """A case file as it is printed."""

    case: Case
    volumes: Mapping[str, Sequence[IndexLine]]
    """By volume, main first; every volume is there."""
    bare_steps: Sequence[Step]
    """Steps that took place and have nothing listed: what 备考表 names, with the explanations of the section."""
    moves: Mapping[str, CaseMove]
    """The newest of each move of its way."""
    content: str
    """SHA-256 of the list of what is in the file."""

    @property
    def lines(self) -> list[IndexLine]:
        """All lines."""
        return [line for lines in self.volumes.values() for line in lines]

    @property
    def kinds(self) -> Counter[str]:
        """How many recordings and documents there are of each kind, each once."""
        return Counter(clip.kind for clip in self.clips)

    @property
    def clips(self) -> list[Clip]:
        """The recordings and documents that are listed, each once."""
        return list({line.attachment.clip_id: line.attachment.clip for line in self.lines}.values())

    @property
    def bytes(self) -> int:
        """Bytes of them."""
        return sum(clip.size for clip in self.clips)

    @property
    def seconds(self) -> float:
        """Their running time."""
        return sum(clip.duration or 0.0 for clip in self.clips)

    @property
    def flagged(self) -> list[IndexLine]:
        """Lines of recordings with something a person must know."""
        return [line for line in self.lines if line.attachment.clip.flags]

    @property
    def detached(self) -> list[IndexLine]:
        """Lines that were detached and wait for the legal section."""
        return [line for line in self.lines if line.attachment.detached_at is not None]


def index_of(session: Session, case_id: UUID) -> FileIndex | None:
    """Answer the index of a file; None for a case that does not exist.

    What is restricted is not in it and not counted in it, so that its totals are those of its lines.
    """
    case = session.scalar(
        select(Case)
        .where(Case.id == case_id)
        .options(joinedload(Case.unit), joinedload(Case.handler), joinedload(Case.second_handler))
    )
    if case is None:
        return None
    held = contents_of(session, case_id)
    elsewhere = _elsewhere(session, case_id, sorted({a.clip_id for a in held}))
    volumes: dict[str, list[IndexLine]] = {volume: [] for volume in VOLUMES}
    for attachment in held:
        lines = volumes.setdefault(attachment.volume, [])
        lines.append(IndexLine(len(lines) + 1, attachment, elsewhere.get(attachment.clip_id, ())))
    listed = {a.step_id for a in held}
    steps = session.scalars(
        select(Step).where(Step.case_id == case_id, Step.started_at.is_not(None)).order_by(Step.position)
    )
    moves = session.scalars(
        select(CaseMove)
        .where(CaseMove.case_id == case_id)
        .order_by(CaseMove.at, CaseMove.id)
        .options(joinedload(CaseMove.by).joinedload(Account.officer))
    )
    return FileIndex(
        case=case,
        volumes=volumes,
        bare_steps=[step for step in steps if step.id not in listed],
        moves={move.move: move for move in moves},
        content=content_digest(held),
    )


def _elsewhere(session: Session, case_id: UUID, clips: Sequence[UUID]) -> dict[UUID, list[str]]:
    found: dict[UUID, list[str]] = {}
    for at in range(0, len(clips), AT_ONCE):
        rows = session.execute(
            select(Attachment.clip_id, Case.archive_number, Case.number, Case.title)
            .join(Step, Step.id == Attachment.step_id)
            .join(Case, Case.id == Step.case_id)
            .where(
                Attachment.clip_id.in_(clips[at : at + AT_ONCE]),
                Attachment.detach_confirmed_at.is_(None),
                Case.id != case_id,
            )
            .order_by(Case.opened_at, Case.id)
        )
        for clip, archive_number, number, title in rows:
            called = archive_number or number or title
            if called not in found.setdefault(clip, []):
                found[clip].append(called)
    return found
