"""What papers and files are taken out for, and why one is not given out."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

GIVING_REASONS = {
    "case": _l("handling of a case"),
    "archiving": _l("putting the archive in order"),
    "hand-over": _l("hand-over to another person or office"),
    "legal-review": _l("legal review"),
    "litigation": _l("answering a lawsuit or reconsideration"),
    "inspection": _l("inspection, or quality check of case files"),
    "complaint": _l("looking into a complaint"),
    "disposal": _l("appraisal and destruction"),
    "equipment": _l("administration of recorders"),
    "other": _l("something else"),
}
GIVING_REFUSALS = {
    "reason-missing": _l("It was not said what this paper or file is needed for."),
    "reason-unknown": _l("What this paper or file is needed for was not chosen from the list."),
    "reason-text-missing": _l("“Something else” was chosen, and not said in words what for."),
    "reason-too-long": _l("The words added to the reason are longer than 500 characters."),
}
