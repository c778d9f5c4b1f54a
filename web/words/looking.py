"""Who looks at evidence, and why: grounds, purposes and refusals."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

LOOK_GROUNDS = {
    "own-clip": _l("recorded or put in by you"),
    "own-case": _l("attached to a case you handle"),
    "to-attach": _l("of your unit, and not attached yet"),
    "own-unit": _l("of your unit"),
    "under-review": _l("of a case the legal section reviews"),
    "with-the-office": _l("of a case file handed over to the office"),
}
LOOK_PURPOSES = {
    "case": _l("handling of a case"),
    "legal-review": _l("legal review"),
    "archiving": _l("putting the archive in order"),
    "complaint": _l("looking into a complaint"),
    "file-check": _l("quality check of case files"),
    "litigation": _l("answering a lawsuit or reconsideration"),
    "other": _l("something else"),
}
PURPOSE_REFUSALS = {
    "purpose-needed": _l("This recording is outside your own work: say first what you look at it for."),
    "unknown-clip": _l("Nothing was kept: there is no such recording."),
    "unknown-purpose": _l("Nothing was kept: choose what you look at it for."),
    "text-missing": _l("Nothing was kept: say in words what you look at it for."),
    "text-too-long": _l("Nothing was kept: the text may have 500 characters."),
    "number-too-long": _l("Nothing was kept: the number may have 128 characters."),
}
