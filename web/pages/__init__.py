"""Pages for people."""

from web.pages import (  # noqa: F401 - their routes
    account,
    case_edit,
    case_import,
    case_join,
    case_life,
    case_steps,
    cases,
    clip,
    clip_acts,
    clip_bulk,
    clip_marks,
    clips,
    coverage,
    custody,
    disposal,
    disposal_acts,
    dockings,
    gaps,
    health,
    holds,
    incidents,
    operations,
    recorders,
    retention,
    sealing,
    seals,
    sheets,
    shift,
    signin,
    stations,
    views,
)
from web.pages.blueprint import pages

__all__ = ["pages"]
