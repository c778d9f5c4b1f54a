"""What the appraisal group says of each clip, what it comes to, and the report to the head of the bureau."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.custody.log import add_entry
from catalog.disposal.appraisals import NOTE_LIMIT, drop_unfit, live_items
from catalog.disposal.facts import said_of
from catalog.disposal.refusals import CannotDispose, enter, require, the_appraisal
from catalog.models import Appraisal, AppraisalItem, AppraisalOpinion, Clip
from catalog.rules.disposal import PARTS, PROPOSALS, YEARS_LIMIT, Opinion, list_digest, settle
from catalog.rules.expired import CLOCK_MARGIN
from catalog.rules.free_text import spoken
from catalog.same_person import is_among, persons


def opine(
    session: Session,
    *,
    actor: Actor,
    appraisal_id: UUID,
    items: Sequence[UUID] | None,
    opinion: Opinion,
    note: str = "",
    part: str | None = None,
    now: datetime,
) -> int:
    """Give an opinion on these items (None: on all) for one part of the group; answer on how many. Raises CannotDispose.

    The part follows from the role; who has several says which. One person speaks for one part of an appraisal only, and
    a section's head for what the section handled.
    """
    appraisal = the_appraisal(session, appraisal_id)
    require(appraisal, actor, "open", " ".join(PARTS.values()))
    assert actor.id is not None  # noqa: S101 - required above
    mine = [name for name, role in PARTS.items() if role in actor.roles]
    speaks = part or mine[0]
    if speaks not in mine:
        raise CannotDispose("not-yours")
    note = spoken(note)[:NOTE_LIMIT]
    _check(opinion, note)
    live = live_items(session, appraisal_id)
    given = {(one.item_id, one.part): one for one in _opinions(session, appraisal_id)}
    if is_among(session, actor.id, [one.by_id for one in given.values() if one.part != speaks]):
        raise CannotDispose("two-parts")
    wanted = _wanted(live, items, actor if speaks == "section" else None)
    before = _stood([given[item.id, speaks] for item in wanted if (item.id, speaks) in given])
    for item in wanted:
        row = given.get((item.id, speaks))
        if row is None:
            row = AppraisalOpinion(item_id=item.id, part=speaks)
            session.add(row)
        row.proposal, row.years, row.note = opinion.proposal, opinion.years, note
        row.by_id, row.at = actor.id, now
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="disposal.opinion-given",
        subjects={"appraisal": appraisal_id, "clip": [item.clip_id for item in wanted]},
        facts={
            "number": appraisal.number,
            "part": speaks,
            "before": before,
            "after": {"proposal": opinion.proposal, "years": opinion.years},
        },
        private={"note": note or None},
        now=now,
    )
    return len(wanted)


def _stood(rows: Sequence[AppraisalOpinion]) -> dict[str, list[Any]]:
    """What opinions of this part stood before on the recordings that are spoken of now; of several, each once."""
    return {
        "proposal": sorted({row.proposal for row in rows}),
        "years": sorted({row.years for row in rows if row.years is not None}),
    }


def propose(
    session: Session, *, actor: Actor, appraisal_id: UUID, now: datetime, margin: timedelta = CLOCK_MARGIN
) -> Appraisal:
    """Close the list: each clip has the three opinions, and they come to one proposal. Raises CannotDispose."""
    appraisal = the_appraisal(session, appraisal_id)
    require(appraisal, actor, "open", "archivist")
    remaining = drop_unfit(session, appraisal, now, margin)
    spoken: dict[UUID, list[AppraisalOpinion]] = defaultdict(list)
    for row in _opinions(session, appraisal_id):
        spoken[row.item_id].append(row)
    whose = persons(session, [row.by_id for rows in spoken.values() for row in rows])
    for item in remaining:
        given = spoken[item.id]
        found = settle({one.part: Opinion(one.proposal, one.years) for one in given})
        if found is None or len({whose[one.by_id] for one in given}) != len(PARTS):
            raise CannotDispose("opinion-missing")
        item.proposal, item.years, item.changed_at = found.proposal, found.years, now
    if not remaining:
        raise CannotDispose("nothing-left")
    appraisal.state = "proposed"
    enter(session, actor, appraisal, "disposal.proposed", {"clips": len(remaining)}, before="open", now=now)
    return appraisal


def rework(session: Session, *, actor: Actor, appraisal_id: UUID, now: datetime) -> Appraisal:
    """Open a proposed list again, before it is reported. Raises CannotDispose."""
    appraisal = the_appraisal(session, appraisal_id)
    require(appraisal, actor, "proposed", "archivist")
    appraisal.state = "open"
    for item in appraisal.items:
        item.proposal = item.years = None
    enter(session, actor, appraisal, "disposal.reworked", before="proposed", now=now)
    return appraisal


def report(
    session: Session, *, actor: Actor, appraisal_id: UUID, now: datetime, margin: timedelta = CLOCK_MARGIN
) -> Appraisal:
    """Report the list to the head of the bureau: from now on its digest stands. Raises CannotDispose."""
    appraisal = the_appraisal(session, appraisal_id)
    require(appraisal, actor, "proposed", "archivist")
    assert actor.id is not None  # noqa: S101 - required above
    remaining = drop_unfit(session, appraisal, now, margin)
    if not remaining:
        raise CannotDispose("nothing-left")
    clips = session.scalars(select(Clip).where(Clip.id.in_([item.clip_id for item in remaining]))).all()
    said = said_of(session, clips)
    for item in remaining:
        item.facts = said[item.clip_id]
    for item in appraisal.items:
        if item.state == "dropped":  # what dropped out before is not reported
            item.proposal = item.years = None
    appraisal.state, appraisal.reported_by, appraisal.reported_at = "reported", actor.id, now
    session.flush()
    appraisal.digest = digest_of(appraisal)
    facts = {"digest": appraisal.digest, **counts(remaining)}
    enter(session, actor, appraisal, "disposal.reported", facts, before="proposed", now=now)
    return appraisal


def digest_of(appraisal: Appraisal) -> str:
    """Answer the digest of the list as it lies in the catalog now; it equals the reported one unless somebody changed it."""
    return list_digest(
        appraisal.number,
        [
            {
                "item": str(item.id),
                "position": item.position,
                "clip": str(item.clip_id),
                "proposal": item.proposal,
                "years": item.years,
                "facts": item.facts,
            }
            for item in sorted(appraisal.items, key=lambda one: one.position)
            if item.proposal is not None
        ],
    )


def counts(items: Sequence[AppraisalItem]) -> Mapping[str, int]:
    """Answer how many clips each proposal concerns."""
    return {
        proposal: n
        for proposal in PROPOSALS
        if (n := sum(item.proposal == proposal for item in items)) or proposal == "destroy"
    }


def _opinions(session: Session, appraisal_id: UUID) -> Sequence[AppraisalOpinion]:
    return session.scalars(
        select(AppraisalOpinion)
        .join(AppraisalItem, AppraisalItem.id == AppraisalOpinion.item_id)
        .where(AppraisalItem.appraisal_id == appraisal_id)
    ).all()


def _check(opinion: Opinion, note: str) -> None:
    if opinion.proposal not in PROPOSALS:
        raise CannotDispose("bad-proposal")
    if (opinion.proposal == "years") != (opinion.years is not None) or not (
        opinion.years is None or 1 <= opinion.years <= YEARS_LIMIT
    ):
        raise CannotDispose("bad-years")
    if opinion.proposal != "destroy" and not note:
        raise CannotDispose("note-missing")


def _wanted(
    live: Sequence[AppraisalItem], items: Sequence[UUID] | None, head: Actor | None
) -> list[AppraisalItem]:
    """Answer the items spoken of; a section's `head` speaks of those its section handled."""
    wanted = [item for item in live if items is None or item.id in set(items)]
    if items is not None and len(wanted) != len(set(items)):
        raise CannotDispose("unknown-clip")
    if not wanted:
        raise CannotDispose("nothing-picked")
    if head is None:
        return wanted
    own = [item for item in wanted if _of_section(item, head)]
    if not own or (items is not None and len(own) != len(wanted)):
        raise CannotDispose("not-your-section")
    return own


def _of_section(item: AppraisalItem, actor: Actor) -> bool:
    """Whether the actor's section handled it. A head without a section, and a clip of none, are the bureau's."""
    units = item.facts.get("units") or []
    return actor.unit_id is None or not units or str(actor.unit_id) in units
