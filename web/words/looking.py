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
SCOPE_WHY = {
    **LOOK_GROUNDS,
    "named": _l("its seal names this person"),
    "own-case": _l("on the list of a case this person handles"),
    "own-clip": _l("recorded or put in by this person"),
    "own-unit": _l("of this person's unit, or on the list of a case of it"),
    "unclaimed": _l("of no known unit, and on no case that anybody handles"),
    "bureau": _l("this role works with all recordings of the bureau that are not sealed"),
    "opened": _l("a purpose was stated for it, and is valid still"),
    "by-number": _l(
        "outside the own scope: opened by its exact number once a purpose and a reference are kept"
    ),
    "not-before-you": _l("in scope, but not before this person just now: a purpose is stated first"),
    "out-of-scope": _l("outside the own recordings, cases and unit"),
    "no-evidence": _l("none of the roles looks at recordings"),
    "no-permission": _l("the roles do not include this act"),
    "no-role": _l("no role is in force"),
    "sealed": _l("not among the recordings that can be opened"),
}
"""Why a recording is in somebody's reach or not (`catalog.rules.scopes.WHY`)."""
FINDS_WORDS = {
    "officer": _l("finds recordings of one's own and those on cases one handles; nothing else"),
    "handler": _l(
        "finds recordings of one's own, of one's unit, on cases one handles, and those nobody has claimed; any other by its exact number, with a purpose first"
    ),
    "section-head": _l(
        "finds recordings of the unit, on its cases, on cases one handles, and those nobody has claimed; nothing else"
    ),
    "legal": _l("finds all that is not sealed; looks with a purpose at what is not under review"),
    "archivist": _l("finds all that is not sealed; looks with a purpose at what is not with the office"),
    "office-head": _l(
        "finds nothing in lists; looks by procedure: exact number, purpose and reference first"
    ),
    "leader": _l("finds nothing in lists; looks by procedure: exact number, purpose and reference first"),
    "bureau-head": _l(
        "finds nothing in lists; looks by procedure: exact number, purpose and reference first"
    ),
    "personnel": _l("looks at no recordings"),
    "administrator": _l("looks at no recordings"),
    "system-administrator": _l("looks at no recordings"),
    "security-administrator": _l("looks at no recordings"),
    "auditor": _l("looks at no recordings"),
}
"""How far each role reaches (`catalog.rules.scopes.FINDS`)."""
SCOPE_ACTS = {
    "find": _l("find it in lists"),
    "open": _l("open its page"),
    "look": _l("see or hear it"),
    "download": _l("save the original"),
    "attach": _l("attach it to a case of one's own or of one's unit"),
}
SCOPE_VERDICTS = {
    "allowed": _l("yes"),
    "with-purpose": _l("with a purpose, stated first and kept"),
    "refused": _l("no"),
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
    "not-yours": _l("Nothing was opened: your roles do not look at recordings by their number."),
    "asked-missing": _l("Nothing was opened: enter the number of a case, or of one recording."),
    "nothing-found": _l(
        "Nothing was opened: there is no case with recordings, and no recording, of exactly this number that can be opened in this way. The attempt is kept."
    ),
    "too-many": _l(
        "Nothing was opened: the case has more than 1000 recordings. Open single ones by their numbers."
    ),
    "unknown-list": _l("Nothing was kept: there is no such list."),
    "nothing-waits": _l("Nothing was kept: no recording here waits for a purpose of yours."),
    "too-many-wait": _l(
        "Nothing was kept: more than 1000 recordings here wait for a purpose. State it on the pages of single ones."
    ),
    "number-missing": _l(
        "Nothing was kept: give the number of the case or document that asks for this look."
    ),
    "text-missing": _l("Nothing was kept: say in words what you look at it for."),
    "text-too-long": _l("Nothing was kept: the text may have 500 characters."),
    "number-too-long": _l("Nothing was kept: the number may have 128 characters."),
}
