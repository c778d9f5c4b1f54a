"""Recorders and their maintenance, recall, officers over time."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

RECORDER_STATES = {
    "in-service": _l("in service"),
    "out-of-service": _l("out of service"),
    "in-repair": _l("in repair"),
    "retired": _l("retired"),
}
FAULTS = {
    "no-picture": _l("no picture"),
    "no-sound": _l("no sound on it"),
    "no-power": _l("does not start"),
    "battery": _l("battery"),
    "card": _l("card or memory"),
    "clock": _l("clock wrong"),
    "housing": _l("housing damaged"),
    "buttons": _l("buttons"),
    "reading": _l("cannot be read"),
    "other": _l("something else"),
}
FAULT_SOURCES = {
    "person": _l("reported"),
    "check": _l("found in a check"),
    "reading": _l("found by readings"),
}
DOUBTS = {
    "clock-drift": _l("the clock drifts"),
    "battery-falling": _l("the battery holds less and less"),
    "broken-files": _l("recordings are damaged or cannot be read"),
}
CHECK_ITEMS = {
    "battery": _l("battery"),
    "memory": _l("memory"),
    "clock": _l("clock"),
    "housing": _l("housing"),
    "picture": _l("picture"),
    "sound": _l("sound"),
}
CHECK_RESULTS = {
    "good": _l("good"),
    "watch": _l("to be watched"),
    "failed": _l("not good"),
    "not-checked": _l("not looked at"),
}
CHECK_OCCASIONS = {
    "issue": _l("before it is given out"),
    "docking": _l("at a docking"),
    "planned": _l("by the plan"),
    "return": _l("after a repair"),
}
REPAIR_RESULTS = {
    "repaired": _l("repaired"),
    "not-repaired": _l("not repaired"),
    "beyond-repair": _l("cannot be repaired"),
}
REPAIR_STATES = {
    "sent": _l("at the repairer"),
    "back": _l("back, waits for its test recording"),
    "closed": _l("closed"),
}
RECORDER_WORKS = {
    "cleaned": _l("cleaned"),
    "battery-changed": _l("battery changed"),
    "card-formatted": _l("card formatted"),
    "firmware-updated": _l("firmware updated"),
    "data-removed": _l("data removed"),
}
DATA_SAFE = {
    "docked": _l("everything was taken in at the last docking"),
    "sealed": _l("the card is sealed and stays here"),
    "no-card": _l("it came back from repair without a card"),
}
DATA_REMOVALS = {
    "removed": _l("its data were removed"),
    "card-kept": _l("it leaves without its card"),
    "none": _l("it has no memory of its own"),
}
VERDICTS = {
    "usable": _l("usable"),
    "usable-with-explanation": _l("usable with an explanation"),
    "not-to-be-relied-on": _l("not to be relied on"),
}
MAINTENANCE_REFUSALS = {
    "unknown-recorder": _l("There is no such recorder. Nothing was changed."),
    "unknown-fault": _l("There is no such fault. Nothing was changed."),
    "unknown-doubt": _l("There is nothing of that kind to be checked. Nothing was changed."),
    "unknown-repair": _l("There is no such repair order. Nothing was changed."),
    "unknown-clip": _l("There is no such recording. Nothing was changed."),
    "unknown-substitute": _l("Nobody asked for this substitute. Nothing was changed."),
    "retired": _l("This recorder is retired; nothing is entered for it any more. Nothing was changed."),
    "wrong-state": _l(
        "The recorder is not where this step begins: somebody may have moved it just now. Nothing was changed; look at its state."
    ),
    "bad-kind": _l("Choose one of the things offered. Nothing was changed."),
    "nothing-checked": _l("Say of at least one item how it was. Nothing was kept."),
    "no-reason": _l("Say why; the reason is kept. Nothing was changed."),
    "not-yours": _l(
        "You do not hold this recorder and did not bring it last. Nothing was changed; tell the administrator."
    ),
    "own-report": _l(
        "Whoever reported a fault cannot reject it. Nothing was changed; another administrator decides."
    ),
    "closed-already": _l("Somebody has closed this already; nothing was changed."),
    "in-repair-order": _l(
        "This fault is part of a repair order; it is closed by the repair. Nothing was changed."
    ),
    "no-fault-open": _l("No fault is open, so there is nothing to repair. Nothing was changed."),
    "other-fault-open": _l(
        "Another fault was reported that this repair does not cover. Nothing was changed; send it away again, or reject that fault with a reason."
    ),
    "no-repairer": _l("Enter who repairs it, and of which company. Nothing was changed."),
    "not-docked": _l(
        "It was not docked since the fault, or since it was given back, so recordings may still be on it. Nothing was changed: dock it, or seal its card and keep it here."
    ),
    "not-all-taken-in": _l(
        "Not everything on it was taken in at the last docking. Nothing was changed: dock it again, or seal its card and keep it here."
    ),
    "not-verified-yet": _l(
        "Its recordings are not all read back and verified yet, so nothing may be removed from it. Nothing was changed; try again later."
    ),
    "not-sealed": _l(
        "Its card is not sealed. Nothing was changed: seal it first, with the place where it lies."
    ),
    "carrier-sealed": _l(
        "Its card is sealed as original carrier: nothing is removed from it, and it stays here. Nothing was changed."
    ),
    "sealed-card-out": _l(
        "The card that was sealed was taken out for an earlier repair; what is in the recorder now is another. Nothing was changed: dock it, or seal the card that is in it now."
    ),
    "may-hold-a-card": _l(
        "It did not come back from a repair without its card, or it was docked or in service since, so recordings may be on it. Nothing was changed: dock it, or seal the card that is in it now."
    ),
    "part-not-approved": _l(
        "A part was put in that nobody approved since it was sent away. Nothing was kept: ask for it, and have another person approve it."
    ),
    "no-work": _l("Enter what was done. Nothing was kept."),
    "not-a-test": _l(
        "This recording cannot be its test: it must come from this recorder, be received after the repair, whole and verified. Nothing was changed."
    ),
    "test-attached": _l("This recording belongs to a case; it is no test. Nothing was changed."),
    "still-held": _l(
        "Somebody still has this recorder. Nothing was changed: note first that it was given back."
    ),
    "same-person": _l("Whoever asked cannot approve it. Nothing was changed; another person decides."),
    "same-recorder": _l("A recorder cannot stand in for itself. Nothing was changed."),
    "decided-already": _l("Somebody has decided on this already; nothing was changed."),
    "no-verdict": _l("Choose a verdict. Nothing was changed."),
    "no-note": _l("This verdict needs a note that says why. Nothing was changed."),
    "not-in-recall": _l("This recording does not belong to this recall. Nothing was changed."),
    "rejected-fault": _l("This fault was rejected; there is nothing to recall. Nothing was changed."),
    "bad-value": _l("Something is missing, too long, or no day such as 2026-11-23. Nothing was changed."),
    "asset-taken": _l("Another recorder has this asset number. Nothing was changed."),
    "twice": _l("It stands in the table twice; the first row counts."),
    "not-issuable": _l(
        "This recorder is not in service, so nobody is given it. Nothing was changed; take another one."
    ),
    "not-held": _l("Nobody has this recorder. Nothing was changed."),
    "check-first": _l("Check battery and memory before it is given out. Nothing was changed."),
    "substitute-not-approved": _l(
        "Their own recorder is out of use, and nobody approved this one in its place. Nothing was changed: ask for a substitute on the page of their own, and have another person approve it."
    ),
    "check-failed": _l("The check found a fault: the recorder is out of service and was not given out."),
    "unknown-officer": _l("Choose who takes it. Nothing was changed."),
    "registered-already": _l(
        "This recorder is in the register already. Nothing was changed; what the register says of it is changed here, on its own page:"
    ),
    "twin-serial": _l(
        "A recorder is there already whose serial differs from this one only in case, width, dashes or spaces. Nothing was entered; look at that one:"
    ),
    "own-holding": _l(
        "You hold this recorder: whether it is shared decides which recordings count as yours. Nothing was changed: another person who keeps the register does this."
    ),
    "recorder-to-your-unit": _l(
        "With this unit you would find recordings that you do not find now. Nothing was changed: another person who keeps the register does this."
    ),
}
OFFICER_REFUSALS = {
    "unknown-officer": _l("There is no such officer. Nothing was changed."),
    "no-number": _l("The officer number is missing."),
    "no-name": _l("The name is missing."),
    "too-long": _l("A name, number, unit or agency is too long."),
    "certificate-order": _l("The certificate ends before it begins."),
    "certificate-number-missing": _l("A certificate with days of validity needs its number."),
    "bad-date": _l("A day is missing, or is no day such as 2026-11-23."),
    "bad-word": _l("Where yes or no is asked, something else stands."),
    "twice": _l("It stands in the table twice; the first row counts."),
    "own-record": _l(
        "This is you: nobody changes his own unit, service or certificate. Another person who keeps the register does this."
    ),
    "your-unit": _l(
        "With this unit you would find recordings of this officer that you do not find now. Another person who keeps the register does this."
    ),
    "holds-recorder": _l("Whoever leaves still has a recorder: note first that it was given back."),
}
TABLE_REFUSALS = {
    "too-large": _l("The table is too large. Nothing was entered; cut it into parts."),
    "not-a-table": _l("This is no CSV or .xlsx table that can be read. Nothing was entered."),
    "no-text": _l("The table is neither UTF-8 nor GB18030. Nothing was entered; save it again."),
    "no-heading": _l("The table is empty. Nothing was entered."),
    "column-missing": _l("The column by which a row is known is missing. Nothing was entered."),
    "column-twice": _l("Two columns have the same heading. Nothing was entered."),
    "too-many-rows": _l("The table has more than 5000 rows. Nothing was entered; cut it into parts."),
}
ROW_OUTCOMES = {
    "new": _l("new"),
    "changed": _l("changed"),
    "same": _l("the same as before"),
    "bad": _l("left out"),
}
WEEKDAYS = {
    "mon": _l("Monday"),
    "tue": _l("Tuesday"),
    "wed": _l("Wednesday"),
    "thu": _l("Thursday"),
    "fri": _l("Friday"),
    "sat": _l("Saturday"),
    "sun": _l("Sunday"),
}
WEEKDAYS_SHORT = {
    "mon": _l("Mon"),
    "tue": _l("Tue"),
    "wed": _l("Wed"),
    "thu": _l("Thu"),
    "fri": _l("Fri"),
    "sat": _l("Sat"),
    "sun": _l("Sun"),
}
