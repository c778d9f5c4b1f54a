"""What a person may find, as a condition: everything that shows clips asks here, nowhere else.

Three conditions, each for its own kind of page: `visible_to` for lists, counts, search and suggestions; `reachable_by` for
one clip's page and its acts, and for a case's list, which also has what was opened with a purpose; `unsealed_to` for
pages of other offices (stations, faults, the log, disposal), which are about all recordings that are not sealed.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, not_, or_, select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.standing import ON_THE_LIST
from catalog.models import (
    Account,
    Attachment,
    Case,
    Clip,
    ClipIndex,
    DocumentUpload,
    Officer,
    Recorder,
    Step,
)
from catalog.permissions import ROLES, Permission
from catalog.rules.scopes import BY_NUMBER, FINDS, Scope, finds

Where = type[Clip] | type[ClipIndex]


def visible_to(actor: Actor | None, where: Where = Clip) -> ColumnElement[bool]:
    """Answer the condition under which a clip stands in lists of `actor`: `catalog.rules.scopes.decide` (find), in SQL.

    Nobody in particular, a station and the system itself are no persons: only a seal stands against them, and the
    permission of their route.
    """
    if _no_person(actor):
        return unsealed_to(actor, where)
    assert actor is not None  # noqa: S101 - nobody is no person
    wanted = finds(actor.roles)
    open_: ColumnElement[bool] = where.restricted.is_(False)
    if Scope.BUREAU not in wanted:
        open_ &= _in_scope(actor, wanted, where)
    return or_(open_, _id(where).in_(sorted(actor.named))) if actor.named else open_


def reachable_by(actor: Actor | None, where: Where = Clip) -> ColumnElement[bool]:
    """Answer the condition under which `actor` may open a clip: what lists show, and what a purpose opened."""
    listed = visible_to(actor, where)
    if _no_person(actor) or actor is None or not actor.opened or not (actor.roles & (BY_NUMBER | _FINDING)):
        return listed
    return or_(listed, where.restricted.is_(False) & _id(where).in_(sorted(actor.opened)))


def unsealed_to(actor: Actor | None, where: Where = Clip) -> ColumnElement[bool]:
    """Answer the condition under which no seal keeps a clip from `actor`: `catalog.rules.visible.may_find`, in SQL."""
    open_: ColumnElement[bool] = where.restricted.is_(False)
    if actor is None or not actor.named:
        return open_
    return or_(open_, _id(where).in_(sorted(actor.named)))


def told_to(actor: Actor | None, permission: Permission, where: Where = Clip) -> ColumnElement[bool]:
    """Answer under which condition a page that needs `permission` names a clip to `actor`.

    Who has the page by an office that sees no recordings (recorders, the log) is told of all that is not sealed; who
    has it beside recordings of his own is told of those.
    """
    if actor is not None and any(
        permission in ROLES.get(role, frozenset()) for role in actor.roles - _FINDING
    ):
        return unsealed_to(actor, where)
    return reachable_by(actor, where)


def not_so(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Answer the contrary of one of these conditions: what is not known of a clip (NULL) counts as not shown."""
    return not_(func.coalesce(condition, false()))


def reached(session: Session, actor: Actor | None, clips: Collection[UUID]) -> frozenset[UUID]:
    """Answer which of these clips `actor` may open."""
    if not clips:
        return frozenset()
    return frozenset(session.scalars(select(Clip.id).where(Clip.id.in_(set(clips)), reachable_by(actor))))


_FINDING = frozenset(role for role, scopes in FINDS.items() if scopes)


def _no_person(actor: Actor | None) -> bool:
    return actor is None or actor.kind != "person"


def _id(where: Where) -> ColumnElement[UUID]:
    return ClipIndex.clip_id.expression if where is ClipIndex else Clip.id.expression


def _in_scope(actor: Actor, wanted: frozenset[Scope], where: Where) -> ColumnElement[bool]:
    if where is ClipIndex:
        return ClipIndex.clip_id.in_(select(Clip.id).where(_in_scope(actor, wanted, Clip)).correlate(None))
    found: list[ColumnElement[bool]] = []
    if Scope.OWN_CLIP in wanted:
        if actor.officer_id is not None:
            found.append(Clip.officer_id == actor.officer_id)
        found.append(Clip.id.in_(_put_in_by(actor)))
    if Scope.OWN_UNIT in wanted and actor.unit_id is not None:
        officers = select(Officer.id).where(Officer.unit_id == actor.unit_id).correlate(None)
        recorders = select(Recorder.id).where(Recorder.unit_id == actor.unit_id).correlate(None)
        found.append(Clip.officer_id.in_(officers))
        found.append(Clip.officer_id.is_(None) & Clip.recorder_id.in_(recorders))
    cases = _own_cases(actor, wanted)
    if cases is not None:
        found.append(Clip.id.in_(on_lists_of(cases)))
    if Scope.UNCLAIMED in wanted:
        found.append(_unclaimed())
    return or_(*found) if found else false()


def _put_in_by(actor: Actor) -> Select[UUID | None]:
    """Clips that a person put in by the browser, with whichever account."""
    mine = Account.id == actor.id
    if actor.officer_id is not None:
        mine = or_(mine, Account.officer_id == actor.officer_id)
    accounts = select(Account.id).where(mine).correlate(None)
    return (
        select(DocumentUpload.clip_id)
        .where(DocumentUpload.clip_id.is_not(None), DocumentUpload.by_id.in_(accounts))
        .correlate(None)
    )


def _own_cases(actor: Actor, wanted: frozenset[Scope]) -> ColumnElement[bool] | None:
    """Which cases' recordings are in scope."""
    found: list[ColumnElement[bool]] = []
    if Scope.OWN_CASE in wanted and actor.officer_id is not None:
        found += [Case.handler_id == actor.officer_id, Case.second_handler_id == actor.officer_id]
    if Scope.OWN_UNIT in wanted and actor.unit_id is not None:
        found.append(Case.unit_id == actor.unit_id)
    return or_(*found) if found else None


def on_lists_of(cases: ColumnElement[bool]) -> Select[UUID]:
    """A question for the clips on the lists of cases."""
    return (
        select(Attachment.clip_id)
        .join(Step, Step.id == Attachment.step_id)
        .join(Case, Case.id == Step.case_id)
        .where(ON_THE_LIST, cases)
        .correlate(None)
    )


def _unclaimed() -> ColumnElement[bool]:
    """Of no unit that is known, and on no case that anybody has."""
    had = or_(Case.unit_id.is_not(None), Case.handler_id.is_not(None), Case.second_handler_id.is_not(None))
    officers = select(Officer.id).where(Officer.unit_id.is_(None)).correlate(None)
    recorders = select(Recorder.id).where(Recorder.unit_id.is_(None)).correlate(None)
    of_no_unit = or_(
        Clip.officer_id.in_(officers),
        Clip.officer_id.is_(None) & or_(Clip.recorder_id.is_(None), Clip.recorder_id.in_(recorders)),
    )
    claimed = (
        select(Attachment.id)
        .join(Step, Step.id == Attachment.step_id)
        .join(Case, Case.id == Step.case_id)
        .where(Attachment.clip_id == Clip.id, ON_THE_LIST, had)
        .correlate(Clip)
        .exists()
    )
    return of_no_unit & ~claimed
