"""Whose a case is to whoever acts on it: the rules of `catalog.rules.scopes`, asked of an actor and a case's row.

Every act that changes a case asks here in its own transaction, of the row it holds.
"""

from __future__ import annotations

from catalog.actors import Actor
from catalog.models import Case
from catalog.rules import scopes
from catalog.rules.looking import Onlooker
from catalog.rules.scopes import CaseFacts

NOT_YOUR_CASE = "not-your-case"
"""The word with which an act on another unit's case is refused."""


def changes(actor: Actor, case: Case) -> bool:
    """Answer whether `actor` may change a case, or put something on it: it is his own, of his unit, or nobody's yet.

    What the system does, somebody asked for who was asked this.
    """
    return actor.kind != "person" or scopes.may_change_case(_as_seen(actor), _facts(case))


def roles_on(actor: Actor, case: Case) -> frozenset[str]:
    """Answer the roles in which `actor` acts on a case."""
    return actor.roles if actor.kind != "person" else scopes.roles_on(_as_seen(actor), _facts(case))


def prints_file(actor: Actor, case: Case) -> bool:
    """Answer whether `actor` reads and prints the papers of a case file."""
    return scopes.may_print_file(_as_seen(actor), _facts(case))


def _as_seen(actor: Actor) -> Onlooker:
    return Onlooker(frozenset(), actor.officer_id, actor.unit_id, actor.roles)


def _facts(case: Case) -> CaseFacts:
    handlers = frozenset(one for one in (case.handler_id, case.second_handler_id) if one is not None)
    return CaseFacts(handlers, case.unit_id)
