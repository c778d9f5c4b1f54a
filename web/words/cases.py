"""Words of cases: why entering, joining and handing on were refused, and why a decision is major."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

CASE_REFUSALS = {
    "unknown-case": _l("This case is not known."),
    "not-yours": _l("Your role does not enter or change cases."),
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
    "wrong-state": _l(
        "This case cannot be merged or split as it stands: somebody may have moved or merged it just now, or its file was passed."
    ),
    "target-closed": _l(
        "The other case takes nothing in any more: its file was passed, or it was merged itself."
    ),
    "weaker-type": _l(
        "This is a general-procedure penalty, and the other is not: its evidence would come under a shorter period. "
        "Merge the other way round."
    ),
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
