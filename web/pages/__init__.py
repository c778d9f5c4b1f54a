"""Pages for people."""

from web.pages import (  # noqa: F401 - their routes
    account,
    cases,
    clip,
    clip_acts,
    clips,
    custody,
    dockings,
    health,
    recorders,
    shift,
    signin,
)
from web.pages.blueprint import pages

__all__ = ["pages"]
