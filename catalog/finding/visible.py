"""What a person may find, as a condition: everything that shows clips asks here, nowhere else.

Three conditions, each for its own kind of page: `visible_to` for lists, counts, search and suggestions; `reachable_by` for
one clip's page and its acts, and for a case's list, which also has what was opened with a purpose; `unsealed_to` for
pages of other offices (stations, faults, the log, disposal), which are about all recordings that are not sealed.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, not_, or_, select, true, union_all
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
        open_ &= _in_scope(_me(actor), wanted, where)
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


def takes_in_from(actor: Actor) -> ColumnElement[bool]:
    """Answer the condition under which a case takes recordings in from `actor`: `may_change_case`, in SQL."""
    if actor.kind != "person":
        return true()
    nobodys = Case.handler_id.is_(None) & Case.second_handler_id.is_(None) & Case.unit_id.is_(None)
    own = _own_cases(_me(actor), frozenset({Scope.OWN_CASE, Scope.OWN_UNIT}))
    return nobodys if own is None else or_(own, nobodys)


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


class _Me(NamedTuple):
    """What of a person decides about scope."""

    account: UUID | None
    officer: UUID | None
    unit: UUID | None


def _me(actor: Actor) -> _Me:
    return _Me(actor.id, actor.officer_id, actor.unit_id)


# One page asks several times, and saying it takes longer than the database takes to answer.
@lru_cache(maxsize=256)
def _in_scope(me: _Me, wanted: frozenset[Scope], where: Where) -> ColumnElement[bool]:
    """The open clips in scope, for the search index as one set and for clips row by row.

    The set is made once for a question, each part of it by an index of its own; rows are what looking at few clips needs.
    """
    of_itself, elsewhere = _of_itself(me, wanted), _elsewhere(me, wanted)
    if where is Clip:
        rows = [one.where(column == Clip.id).correlate(Clip).exists() for one, column in elsewhere]
        return or_(*of_itself, *rows) if of_itself or rows else false()
    parts = [select(Clip.id).where(one).correlate(None) for one in of_itself]
    parts += [one.correlate(None) for one, _ in elsewhere]
    return ClipIndex.clip_id.in_(union_all(*parts)) if parts else false()


def _of_itself(me: _Me, wanted: frozenset[Scope]) -> list[ColumnElement[bool]]:
    """Conditions about the clip's own row."""
    found: list[ColumnElement[bool]] = []
    if Scope.OWN_CLIP in wanted and me.officer is not None:
        found.append(Clip.officer_id == me.officer)
    if Scope.OWN_UNIT in wanted and me.unit is not None:
        found += _of_unit(Officer.unit_id == me.unit, Recorder.unit_id == me.unit)
    if Scope.UNCLAIMED in wanted:
        of_none = [*_of_unit(Officer.unit_id.is_(None), Recorder.unit_id.is_(None))]
        of_none.append(Clip.officer_id.is_(None) & Clip.recorder_id.is_(None))
        found += [one & ~_on_somebodys_case() for one in of_none]
    return found


def _of_unit(officers: ColumnElement[bool], recorders: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    """Clips whose officer is of a unit; of an unknown officer's, those whose recorder is."""
    return [
        Clip.officer_id.in_(select(Officer.id).where(officers).correlate(None)),
        Clip.officer_id.is_(None)
        & Clip.recorder_id.in_(select(Recorder.id).where(recorders).correlate(None)),
    ]


Elsewhere = tuple[Select[Any], ColumnElement[Any]]


def _elsewhere(me: _Me, wanted: frozenset[Scope]) -> list[Elsewhere]:
    """Questions to other tables that answer clips, each with the column that names them."""
    found: list[Elsewhere] = []
    if Scope.OWN_CLIP in wanted:
        mine = Account.id == me.account
        if me.officer is not None:  # with whichever account
            mine = or_(mine, Account.officer_id == me.officer)
        accounts = select(Account.id).where(mine).correlate(None)
        put_in = DocumentUpload.clip_id.expression
        found.append((select(put_in).where(put_in.is_not(None), DocumentUpload.by_id.in_(accounts)), put_in))
    cases = _own_cases(me, wanted)
    if cases is not None:
        found.append((_on_lists().where(cases), Attachment.clip_id.expression))
    return found


def _own_cases(me: _Me, wanted: frozenset[Scope]) -> ColumnElement[bool] | None:
    """Which cases' recordings are in scope."""
    found: list[ColumnElement[bool]] = []
    if Scope.OWN_CASE in wanted and me.officer is not None:
        found += [Case.handler_id == me.officer, Case.second_handler_id == me.officer]
    if Scope.OWN_UNIT in wanted and me.unit is not None:
        found.append(Case.unit_id == me.unit)
    return or_(*found) if found else None


def _on_lists() -> Select[Any]:
    return (
        select(Attachment.clip_id)
        .join(Step, Step.id == Attachment.step_id)
        .join(Case, Case.id == Step.case_id)
        .where(ON_THE_LIST)
    )


def _on_somebodys_case() -> ColumnElement[bool]:
    """On the list of a case that has a handler or a unit."""
    had = or_(Case.unit_id.is_not(None), Case.handler_id.is_not(None), Case.second_handler_id.is_not(None))
    return _on_lists().where(Attachment.clip_id == Clip.id, had).correlate(Clip).exists()
