"""Pages for people."""

from web.pages import (  # noqa: F401 - their routes
    account,
    cases,
    clip,
    clip_acts,
    clip_bulk,
    clip_marks,
    clips,
    custody,
    detachments,
    dockings,
    documents,
    gaps,
    health,
    incidents,
    my_cases,
    operations,
    recorders,
    sealing,
    sheets,
    shift,
    signin,
    stations,
    suggestions,
    unattached,
    views,
)
from web.pages.blueprint import pages

__all__ = ["pages"]
