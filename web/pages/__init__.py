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
    disposal,
    disposal_acts,
    dockings,
    gaps,
    health,
    incidents,
    operations,
    recorders,
    retention,
    sealing,
    sheets,
    shift,
    signin,
    stations,
    views,
)
from web.pages.blueprint import pages

__all__ = ["pages"]
