"""Until when something is kept, and why: sentences made from the reasons that `catalog.rules.desired_lock` states."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from catalog.rules.desired_lock import until_of, until_of_rule
from web.speech import _
from web.words.states import WEIGHTS

EVENTS = {
    "acceptance": _l("accepted into the archive on"),
    "closing": _l("closed on"),
    "execution": _l("executed on"),
    "stated": _l("accepted, as stated when it was imported, on"),
}
"""What a period counts from, as part of a sentence."""
STARTS = {
    "acceptance": _l("acceptance into the archive"),
    "closing": _l("closing"),
    "execution": _l("execution"),
}
COERCION = {
    "any": _l("with or without"),
    "no": _l("without"),
    "yes": _l("with"),
}
ROW_ROLES = {
    "any": _l("everything"),
    "evidence": _l("evidence"),
    "process": _l("process record"),
}
SCHEDULE_STATES = {
    "draft": _l("draft"),
    "proposed": _l("waits for approval"),
    "approved": _l("approved"),
    "in-force": _l("in force"),
    "superseded": _l("superseded"),
    "withdrawn": _l("given up"),
}
OUTCOMES = {
    "longer": _l("longer"),
    "same": _l("as before"),
    "shorter": _l("stays"),
}
SCHEDULE_REFUSALS = {
    "unknown-schedule": _l("This schedule does not exist. Nothing was changed."),
    "not-yours": _l("Your role does not do this. Nothing was changed."),
    "wrong-state": _l(
        "The schedule is not where this step begins: somebody may have moved it on just now. Nothing was changed; look at its state above."
    ),
    "version-missing": _l("Say what this version is called, as 2026-1. Nothing was changed."),
    "version-taken": _l("Another version is called so. Nothing was changed."),
    "text-too-long": _l("One of these texts is too long. Nothing was changed."),
    "no-rows": _l("A schedule needs a row at least. Nothing was changed."),
    "too-many-rows": _l("These are more rows than one schedule can have. Nothing was changed."),
    "consent-missing": _l(
        "Name the consent of the archive authority: which authority, when, under which number. Nothing was changed."
    ),
    "not-tried": _l(
        "It has not been tried out as it stands now, or the trial is still running. Nothing was changed; try it out first."
    ),
    "same-person": _l(
        "Whoever drafted or proposed a schedule does not approve it. Nothing was changed; two other people do."
    ),
    "approved-already": _l("This approval has been given already. Nothing was changed."),
    "rows-changed": _l(
        "The rows are not those that were shown for approval. Nothing was changed; open the page again, look at them, and decide anew."
    ),
    "approvals-missing": _l("It is not approved by both yet. Nothing was changed."),
    "number-missing": _l("Enter the number of the approval. Nothing was changed."),
    "number-used": _l(
        "Another version came into force under this approval number. Nothing was changed; each version needs an approval of its own."
    ),
    "date-missing": _l("Enter the date of the approval. Nothing was changed."),
    "date-in-future": _l("This date lies in the future. Nothing was changed."),
    "note-missing": _l("Say why it is given up. Nothing was changed."),
    "row-type": _l("A row names a type of case that does not exist. Nothing was changed."),
    "row-coercion": _l(
        "Say of each row whether it is for cases with coercive measures. Nothing was changed."
    ),
    "row-role": _l(
        "Say of each row what it is for: evidence, process record, or everything. Nothing was changed."
    ),
    "row-years": _l("A period is 1 to 200 years, or permanent. Nothing was changed."),
    "row-starts": _l("Say of each row from when its period counts. Nothing was changed."),
    "row-basis": _l("Name the legal basis of each row. Nothing was changed."),
}


def kept_sentence(reason: Mapping[str, Any]) -> str:
    """Answer the whole sentence for a clip: until when, because of what."""
    if not reason.get("rule"):
        return _("Until when it is kept is being worked out; until then its lock from receipt holds.")
    said = rule_sentence(reason["rule"], ZoneInfo(reason["zone"]))
    if reason.get("stands"):
        said += " " + _(
            "A lock until %(day)s was set before and stays: no lock is ever shortened.",
            day=_day(until_of(reason), ZoneInfo(reason["zone"])),
        )
    return said


def rule_sentence(rule: Mapping[str, Any], zone: ZoneInfo) -> str:
    """Answer the sentence for one rule."""
    day = _day(until_of_rule(rule, zone), zone)
    case = rule.get("number") or _("without a number yet")
    roles = _(" and ").join(str(WEIGHTS.get(role, role)) for role in rule.get("roles", []))
    match rule["kind"]:
        case "period":
            return _(
                "Until %(day)s, because it is %(roles)s in case %(case)s, %(event)s %(start)s; row %(row)s of schedule %(schedule)s, %(years)s years.",
                day=day,
                roles=roles,
                case=case,
                event=EVENTS[rule["event"]],
                start=rule["start"],
                row=rule["row"],
                schedule=rule["schedule"],
                years=rule["years"],
            )
        case "permanent":
            return _(
                "For ever, because it is %(roles)s in case %(case)s; row %(row)s of schedule %(schedule)s. The lock is set until %(day)s and prolonged each year.",
                day=day,
                roles=roles,
                case=case,
                row=rule["row"],
                schedule=rule["schedule"],
            )
        case "open-case":
            return _(
                "At least until %(day)s, because case %(case)s is not in the archive yet; prolonged each month until it is.",
                day=day,
                case=case,
            )
        case "no-row":
            return _(
                "At least until %(day)s: no row of the schedule in force is for case %(case)s, so it is kept and prolonged each month.",
                day=day,
                case=case,
            )
        case "kept-longer":
            return _(
                "Until %(day)s, because appraisal %(number)s keeps it longer.", day=day, number=rule["number"]
            )
        case "kept-for-ever" if rule["by"] == "transfer":
            return _(
                "Until it is handed over to the archives, by appraisal %(number)s. The lock is set until %(day)s and prolonged each year.",
                number=rule["number"],
                day=day,
            )
        case "kept-for-ever":
            return _(
                "For ever, by appraisal %(number)s. The lock is set until %(day)s and prolonged each year.",
                number=rule["number"],
                day=day,
            )
        case "reviewed":
            return _(
                "Until %(day)s: it is on no case, and was reviewed; after that it is kept until it is appraised.",
                day=day,
            )
        case _kind:
            return _(
                "At least until %(day)s: it is on no case, and nobody has reviewed it; prolonged until somebody does.",
                day=day,
            )


def hold_sentences(reason: Mapping[str, Any]) -> list[str]:
    """Answer why a clip is on hold, one sentence for each hold, without what is not for everybody."""
    return list(dict.fromkeys(_hold(one) for one in reason.get("holds", [])))


def _hold(hold: Mapping[str, Any]) -> str:
    case = hold.get("number") or _("without a number yet")
    match hold["kind"]:
        case "open-case":
            return _("case %(case)s is not in the archive yet", case=case)
        case "permanent":
            return _("case %(case)s is kept for ever", case=case)
        case "no-row":
            return _("no row of the schedule is for case %(case)s", case=case)
        case "kept-for-ever":
            return _("appraisal %(number)s keeps it for ever", number=hold.get("number", ""))
        case "not-read-back":
            return _("the long lock is being set; the hold goes when it has been read back")
        case "found":
            return _("a hold was found at the storage whose reason is not known here")
        case _other:
            return _("destruction is suspended by rule")


def _day(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d")
