"""What expires when: settled dates of recordings and files by month, and what nobody can date yet.

A date counts as settled when the recording is in a file that the archive has accepted, and nothing holds it. Everything else
is kept on, and its lock is prolonged by itself: such a date must not be read as an end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy import case as when
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.finding.visible import unsealed_to
from catalog.models import Attachment, Case, Clip, Step
from catalog.rules.case_life import ENDED_WITHOUT_FILE, IN_ARCHIVE

GROUPS = ("held", "case-open", "unattached")
"""Why no date can be told: kept whatever the date; its case is not in the archive; attached to nothing, so not reviewed."""
LISTED = 200


@dataclass(frozen=True, slots=True)
class Months:
    """Counts by (year, month) of the bureau's calendar."""

    clips: Counter[tuple[int, int]]
    files: Counter[tuple[int, int]]

    def year(self, year: int) -> tuple[int, int]:
        """Answer how many recordings and files are settled for a year."""
        return (
            sum(n for (y, _), n in self.clips.items() if y == year),
            sum(n for (y, _), n in self.files.items() if y == year),
        )

    @property
    def years(self) -> list[int]:
        """The years in which something is settled, rising."""
        return sorted({y for y, _ in (*self.clips, *self.files)})


@dataclass(frozen=True, slots=True)
class FileExpiry:
    """A file in the archive, and when the last of its recordings may be appraised."""

    case: Case
    until: datetime
    clips: int


def _on_case(*states: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether a recording is on a case of these states; cases of the query around it are others."""
    return (
        select(Attachment.id)
        .join(Step, Step.id == Attachment.step_id)
        .join(Case, Case.id == Step.case_id)
        .where(Attachment.clip_id == Clip.id, Attachment.detach_confirmed_at.is_(None), *states)
        .correlate(Clip)
        .exists()
    )


def _shown(actor: Actor | None) -> ColumnElement[bool]:
    return and_(unsealed_to(actor), Clip.destroyed_at.is_(None))


def _open_case() -> ColumnElement[bool]:
    return _on_case(Case.state.not_in([*IN_ARCHIVE, *ENDED_WITHOUT_FILE]))


def _settled() -> ColumnElement[bool]:
    return and_(Clip.hold_desired.is_(False), _on_case(Case.state.in_(IN_ARCHIVE)), not_(_open_case()))


def months(session: Session, actor: Actor | None, zone: tzinfo) -> Months:
    """Answer how many recordings and files are settled for each month. Two queries.

    Recordings of one file have one date, so there are no more rows than files.
    """
    clips: Counter[tuple[int, int]] = Counter()
    rows = session.execute(
        select(Clip.lock_desired, func.count()).where(_shown(actor), _settled()).group_by(Clip.lock_desired)
    )
    for until, count in rows:
        clips[_month(until, zone)] += count
    files: Counter[tuple[int, int]] = Counter()
    for _, until, _ in session.execute(_files(actor)):
        files[_month(until, zone)] += 1
    return Months(clips, files)


def _month(moment: datetime, zone: tzinfo) -> tuple[int, int]:
    here = moment.astimezone(zone)
    return here.year, here.month


def _files(actor: Actor | None) -> Any:
    """Files of which every recording is settled: id, date, recordings."""
    held = func.sum(when((or_(Clip.hold_desired.is_(True), _open_case()), 1), else_=0))
    return (
        select(Step.case_id, func.max(Clip.lock_desired).label("until"), func.count(func.distinct(Clip.id)))
        .join(Attachment, Attachment.step_id == Step.id)
        .join(Clip, Clip.id == Attachment.clip_id)
        .join(Case, Case.id == Step.case_id)
        .where(Case.state.in_(IN_ARCHIVE), Attachment.detach_confirmed_at.is_(None), _shown(actor))
        .group_by(Step.case_id)
        .having(held == 0)
    )


def files_until(
    session: Session, actor: Actor | None, since: datetime | None, until: datetime | None, limit: int = LISTED
) -> list[FileExpiry]:
    """Answer settled files whose date lies from `since` until before `until`, the earliest first."""
    sums = _files(actor).subquery()
    query = (
        select(Case, sums.c.until, sums.c[2])
        .join(sums, sums.c.case_id == Case.id)
        .options(joinedload(Case.unit))
    )
    if since is not None:
        query = query.where(sums.c.until >= since)
    if until is not None:
        query = query.where(sums.c.until < until)
    rows = session.execute(query.order_by(sums.c.until, Case.id).limit(limit))
    return [FileExpiry(case, end, clips) for case, end, clips in rows]


def clips_until(
    session: Session, actor: Actor | None, since: datetime, until: datetime, limit: int = LISTED
) -> Sequence[Clip]:
    """Answer settled recordings whose date lies from `since` until before `until`, the earliest first."""
    return session.scalars(
        select(Clip)
        .where(_shown(actor), _settled(), Clip.lock_desired >= since, Clip.lock_desired < until)
        .order_by(Clip.lock_desired, Clip.id)
        .limit(limit)
        .options(joinedload(Clip.officer))
    ).all()


def undated(session: Session, actor: Actor | None) -> dict[str, int]:
    """Answer how many recordings have no settled date, by why; each counts once, under the first that fits."""
    held = Clip.hold_desired.is_(True)
    open_case = and_(not_(held), _open_case())
    nowhere = and_(not_(held), not_(_open_case()), not_(_on_case(Case.state.in_(IN_ARCHIVE))))
    row = session.execute(
        select(*(func.count(when((test, 1))) for test in (held, open_case, nowhere))).where(_shown(actor))
    ).one()
    return dict(zip(GROUPS, row, strict=True))


def undated_clips(session: Session, actor: Actor | None, group: str, limit: int = LISTED) -> Sequence[Clip]:
    """Answer recordings of one of GROUPS, the earliest lock first. Raises KeyError."""
    held = Clip.hold_desired.is_(True)
    tests = {
        "held": held,
        "case-open": and_(not_(held), _open_case()),
        "unattached": and_(not_(held), not_(_open_case()), not_(_on_case(Case.state.in_(IN_ARCHIVE)))),
    }
    return session.scalars(
        select(Clip)
        .where(_shown(actor), tests[group])
        .order_by(Clip.lock_desired, Clip.id)
        .limit(limit)
        .options(joinedload(Clip.officer))
    ).all()
