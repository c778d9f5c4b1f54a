"""Words of cases: why entering, joining and handing on were refused, and why a decision is major."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

CASE_REFUSALS = {
    "unknown-case": _l("This case is not known."),
    "not-yours": _l("Your role does not enter or change cases."),
    "not-your-case": _l(
        "This case is neither yours nor your unit's: one of its handlers, or the head of its unit, changes it."
    ),
    "file-closed": _l(
        "The file was passed by the legal section or archived: type, coercion, dates, steps and all else stay as they are. "
        "If it must be changed, the file is reopened first, with a reason."
    ),
    "changed-meanwhile": _l(
        "Somebody else has changed this case meanwhile. Open the page again, look at what it says now, and decide anew."
    ),
    "title-missing": _l("Enter a title."),
    "text-too-long": _l("A text is too long: 255 characters, a case number 128, a person's name 64."),
    "bad-type": _l("Choose one of the types."),
    "number-missing": _l("Enter the case number, or enter it as a lead without a number."),
    "number-taken": _l("Another case has this number."),
    "unknown-unit": _l("This unit is not known."),
    "unknown-officer": _l("This officer is not known."),
    "same-handler": _l("The two handlers are two people."),
    "date-wrong": _l("A date cannot be read, or lies before 1980."),
    "date-in-future": _l("A date lies in the future."),
    "dates-crossed": _l(
        "The dates are not in their order: filed, decided, closed; executed not before decided."
    ),
    "coercion-dates": _l(
        "The days of coercion do not fit: tick that there was coercion, and let it begin before it ends."
    ),
    "amount-wrong": _l("An amount cannot be read. Write yuan, such as 12000 or 12,000.50."),
    "bad-decision": _l("What is ticked of the proposed decision is not known here."),
    "unknown-step": _l("This step is not known."),
    "bad-stage": _l("Choose one of the four stages."),
    "bad-activity": _l("Choose one of the activities."),
    "times-crossed": _l("A step ends after it begins; enter both times, or the beginning alone."),
    "too-many-people": _l("At most 40 people are entered with a step."),
    "step-used": _l("Something hangs on this step, or did once. It stays, so that the history can be read."),
}
CASE_JOINING_REFUSALS = {
    "unknown-case": _l("This case is not known."),
    "unknown-target": _l("Choose the case into which this one is merged."),
    "same-case": _l("A case cannot be merged into itself."),
    "not-yours": _l(
        "Leads are merged and split by the head of the section, filed cases by the head of the section or the legal section."
    ),
    "not-your-case": _l(
        "This case is neither yours nor your unit's: the head of its unit merges and splits it."
    ),
    "target-not-yours": _l(
        "The other case is neither yours nor your unit's: both cases must be your unit's, or the legal section merges them."
    ),
    "wrong-state": _l(
        "This case cannot be merged or split as it stands: somebody may have moved or merged it just now, or its file was passed."
    ),
    "target-closed": _l(
        "The other case takes nothing in any more: its file was passed, or it was merged itself."
    ),
    "weaker-type": _l(
        "The other case is of another type, and evidence of this one could come under a shorter period. "
        "Merge the other way round, or change the type first."
    ),
    "target-lead": _l("A case that was filed is merged into no lead: file the lead first."),
    "changed-meanwhile": _l(
        "Somebody else has moved this case meanwhile. Open the page again, look at what it says now, and decide anew."
    ),
    "reason-missing": _l("Say why: a reason is needed."),
    "reason-too-long": _l("The reason is too long: at most 500 characters."),
    "title-missing": _l("Enter a title for the new case."),
    "text-too-long": _l("A title has at most 255 characters, a case number 128."),
    "number-taken": _l("Another case has this number."),
    "nothing-chosen": _l("Choose at least one step or recording that goes to the new case."),
    "everything-chosen": _l("All steps were chosen: something must stay in this case."),
    "not-of-this-case": _l(
        "Something chosen is not in this case any more: somebody may have moved it just now."
    ),
}
CASE_HANDLERS_REFUSALS = {
    "unknown-case": _l("This case is not known."),
    "not-yours": _l(
        "Handlers of leads are changed by the head of the section, those of filed cases by the head of the section or the legal section."
    ),
    "not-your-case": _l(
        "This case is neither yours nor your unit's: the head of its unit gives it to other handlers."
    ),
    "wrong-state": _l("The file is in the archive, or the case has ended: its handlers stay as they are."),
    "changed-meanwhile": _l(
        "Somebody else has changed the handlers meanwhile. Open the page again, look at who it is now, and decide anew."
    ),
    "unknown-officer": _l("This officer is not known."),
    "handler-missing": _l("Choose the first handler."),
    "same-handler": _l("The two handlers are two people."),
    "nothing-changed": _l("These are the handlers already."),
    "reason-missing": _l("Say why: a reason is needed."),
    "reason-too-long": _l("The reason is too long: at most 500 characters."),
}
MAJOR_SUBJECTS = {"person": _l("a person"), "organisation": _l("an organisation")}
MAJOR_REASONS = {
    "public-interest": _l("touches a major public interest"),
    "closure": _l("closure"),
    "suspension": _l("suspension of business"),
    "practice-limit": _l("limits on practice"),
    "lower-grade": _l("lower grade of qualification"),
    "revocation": _l("revocation of a licence"),
    "heavier": _l("another heavier penalty"),
    "rights-by-law": _l("touches major rights in another way named by law"),
    "difficult": _l("difficult, or several legal relations"),
    "by-law": _l("otherwise major by law"),
    "fine-person": _l("fine of at least 10,000 yuan on a person"),
    "fine-organisation": _l("fine of at least 100,000 yuan on an organisation"),
    "fine-unknown": _l("fine of at least 10,000 yuan; on whom is not entered, so the lower limit counts"),
    "confiscation-person": _l("confiscation of at least 10,000 yuan from a person"),
    "confiscation-organisation": _l("confiscation of at least 100,000 yuan from an organisation"),
    "confiscation-unknown": _l(
        "confiscation of at least 10,000 yuan; from whom is not entered, so the lower limit counts"
    ),
}
CASE_FIELDS = {
    "number": _l("Case number"),
    "title": _l("Title"),
    "type": _l("Type"),
    "party": _l("Party"),
    "handler": _l("First handler"),
    "second": _l("Second handler"),
    "handlers": _l("Handlers"),
    "handler_id": _l("First handler"),
    "second_handler_id": _l("Second handler"),
    "unit": _l("Unit"),
    "unit_id": _l("Unit"),
    "state": _l("State"),
    "filed_on": _l("Filed on"),
    "decided_on": _l("Decided on"),
    "closed_on": _l("Closed on"),
    "executed_on": _l("Executed on"),
    "archived_on": _l("Archived on"),
    "archive_number": _l("Archive number"),
    "fonds_number": _l("Fonds number"),
    "archive_year": _l("Archive year"),
    "shelf_place": _l("Shelf place"),
    "cross_reference": _l("Cross reference"),
    "coercion": _l("Coercion"),
    "coercion_from": _l("Coercion from"),
    "coercion_until": _l("Coercion until"),
    "source": _l("Case system"),
    "source_id": _l("Its id in the case system"),
}
IMPORT_OUTCOMES = {
    "new": _l("new case"),
    "changed": _l("changed"),
    "unchanged": _l("unchanged"),
    "conflict": _l("differs"),
    "bad": _l("not taken"),
}
IMPORT_REFUSALS = {
    "empty-file": _l("The file is empty, or none was chosen."),
    "too-large": _l("The file is larger than 20 MB."),
    "old-excel": _l("This is an old Excel file (.xls). Save it as .xlsx or CSV."),
    "wrong-encoding": _l(
        "The text is neither UTF-8 nor GB18030. Save it as CSV in one of these, or as .xlsx."
    ),
    "damaged": _l("The file is damaged, or a quotation mark in it is never closed."),
    "unpacks-too-large": _l("Unpacked, the file is far larger than a table of cases. It was not opened."),
    "not-json": _l("This is no JSON list of cases."),
    "no-rows": _l("There are headings and no rows."),
    "too-many-rows": _l("There are too many rows. Split the file, or have the administrator import it."),
    "too-many-columns": _l("There are more than 100 columns."),
    "headings-missing": _l(
        "The first row has no heading that is understood: number, title or the system's id is needed."
    ),
    "headings-twice": _l("A heading stands there twice."),
}
IMPORT_ROWS = {
    "cell-too-long": _l("A cell is too long."),
    "control-characters": _l("A cell holds characters that cannot be read."),
    "formula": _l("A cell holds a formula. Save the sheet with values only."),
    "too-many-cells": _l("The row has more cells than there are headings."),
    "not-a-value": _l("The entry is no list of plain values."),
    "bad-type": _l("The type of case is not known here."),
    "bad-state": _l("The state is not known here."),
    "bad-coercion": _l("Coercion is neither yes nor no."),
    "bad-year": _l("The archive year is no year."),
    "date-wrong": _l("A date cannot be read, or lies before 1980."),
    "date-in-future": _l("A date lies in the future."),
    "dates-crossed": _l(
        "The dates are not in their order: filed, decided, closed; executed not before decided."
    ),
    "coercion-dates": _l("The days of coercion do not fit each other."),
    "date-missing": _l("A finished case needs the day it was closed or executed."),
    "text-too-long": _l("A text is too long for its field."),
    "title-missing": _l("The title is missing."),
    "type-missing": _l("The type is missing; the period of keeping follows from it."),
    "number-missing": _l("The case number is missing; only leads have none."),
    "no-key": _l("Neither number nor the system's id: it could not be found again."),
    "number-taken": _l("This number belongs to another case here."),
    "archive-number-taken": _l("This archive number belongs to another case here."),
    "archive-number-missing": _l("An archived case needs its archive number."),
    "not-yours-archived": _l("Archived cases are taken over by the archivist."),
    "not-yours-open": _l(
        "Cases that are not archived are taken over by the head of the section or the legal section."
    ),
    "not-your-case": _l(
        "This case is neither yours nor your unit's. Nothing of this row is taken over: the head of its unit imports it."
    ),
    "handler-unknown": _l("A handler is not known here."),
    "handler-ambiguous": _l("Several officers have a handler's name: give the number."),
    "same-handler": _l("The two handlers are two people."),
    "twice-in-file": _l("This number or id stands in an earlier row of the file already."),
    "taken-meanwhile": _l("Somebody entered the same number at this moment. Import the file once more."),
}
REFUSED_RIGHTS = {
    "not-yours-archived": _l("An archived case is taken over by the archivist."),
    "not-yours-open": _l(
        "A case that is not archived is taken over by the head of the section or the legal section."
    ),
    "not-your-case": _l("The case is neither this person's own nor of his or her unit."),
}
"""As the log says of somebody what the pages say to whoever tried."""
IMPORT_NOTES = {
    "unit-new": _l("the unit is new and is entered"),
    "handler-kept-as-text": _l("a handler is not known here; the name is kept in the file's note"),
    "stated-only-lengthens": _l(
        "taken over as archived: the archive's clock starts now, and the stated day may only lengthen"
    ),
    "file-closed": _l("the file was passed or archived: nothing is changed"),
    "case-ended": _l("the case was merged or not filed here: nothing is taken over"),
    "state-stays": _l("the state stays: it moves on here, by signatures"),
    "type-stays": _l("a general-procedure penalty is not made a lesser type by a file"),
    "coercion-stays": _l("coercion is not taken back by a file"),
    "changed-here": _l("somebody changed it here as well"),
}
