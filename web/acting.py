"""One act of a person in one transaction; a refusal of it is kept in the log, whichever page it was tried on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import request
from sqlalchemy.orm import Session

from catalog.custody.log import add_entry
from catalog.refused import Refused
from web.actor import current_actor
from web.components import components

OF_ID = "_id"
PASSING = frozenset({"draft_id"})
"""Names of what is gone once its act was made: an entry about it would be about nothing."""
OF_HOLDS = "hold_"
"""What the acts about holds begin with."""


@contextmanager
def acting(
    about: Mapping[str, UUID] | None = None, tried: Mapping[str, Any] | None = None
) -> Iterator[Session]:
    """Open a write transaction for an act; what it raises undoes it, and a refusal is kept (see `noting`)."""
    with noting(about, tried), components().database.write() as session:
        yield session


@contextmanager
def noting(about: Mapping[str, UUID] | None = None, tried: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Keep a refusal raised inside, in a transaction of its own since the act's was undone, and raise it again.

    Kept are the act, the stable word and what the page's address names; `about` adds subjects that only the form
    named, `tried` private fields with what was asked for, which auditors alone read. Nothing is kept of what does not
    exist, or must not be known to exist.
    """
    try:
        yield
    except Refused as refusal:
        if not refusal.why.startswith("unknown-"):
            keep_refusal(refusal.why, about, tried)
        raise


def keep_refusal(
    why: str,
    about: Mapping[str, UUID | Sequence[UUID]] | None = None,
    tried: Mapping[str, Any] | None = None,
    measures: Mapping[str, int] | None = None,
) -> None:
    """Keep that the act of this request was refused, and why, in a transaction of its own.

    `measures` says how much of it was, where an act is about many and is refused for some.
    """
    here, actor = components(), current_actor()
    if actor is None:
        return
    named = request.view_args or {}
    subjects = {
        name.removesuffix(OF_ID): value
        for name, value in named.items()
        if name.endswith(OF_ID) and name not in PASSING and isinstance(value, UUID)
    }
    which = {name: value for name, value in named.items() if isinstance(value, str)}
    act = (request.endpoint or "").rpartition(".")[2]
    facts = {"act": act, "why": why, **which, **(measures or {})}
    with here.database.write() as session:
        if act.startswith(OF_HOLDS):
            # Who tried what about a hold would tell whose it is, and so that it is a complaint's (R9.8).
            add_entry(
                session, actor=actor, action="hold.refused", subjects={}, private=facts, now=here.clock()
            )
            return
        add_entry(
            session,
            actor=actor,
            action="act.refused",
            subjects={**subjects, **(about or {})},
            facts=facts,
            private=tried or {},
            now=here.clock(),
        )
