"""How well steps were recorded, why, and what was said to it (R2.13)."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

REQUIREMENTS = {
    "must": _l("must be recorded"),
    "should": _l("should be recorded"),
    "need-not": _l("need not be recorded"),
}
RECORD_SCOPES = {"whole": _l("the whole process"), "moments": _l("key moments")}
COVERAGE_LEVELS = {
    "whole": _l("whole process"),
    "key-moments": _l("key moments and written record"),
    "missing": _l("should have been recorded but was not"),
    "not-required": _l("not required"),
    "not-yet": _l("has not taken place yet"),
}
COVERAGE_STATES = {
    "fine": _l("no gap"),
    "untimed": _l("time not entered"),
    "unexplained": _l("not explained"),
    "returned": _l("sent back"),
    "explained": _l("waits for confirmation"),
    "confirmed": _l("explained and confirmed"),
}
COVERAGE_REASONS = {
    "no-row": _l("No row of the recording rules is about such a step."),
    "need-not": _l("The recording rules say that it need not be recorded."),
    "planned-later": _l("Its time has not come yet."),
    "time-missing": _l(
        "When it began and ended was not entered, so nobody can tell whether it was recorded."
    ),
    "time-wrong": _l("It is entered as ended before it began."),
    "covered": _l("Recordings cover it from beginning to end."),
    "clock-shifted": _l("A recorder's clock was taken to be wrong, within its error."),
    "nothing-recorded": _l("Nothing that counts as a recording is attached."),
    "span-missing": _l("Recordings do not cover all of its time."),
    "moments-marked": _l("All key moments are marked in its recordings."),
    "still-suffices": _l("A photo or screenshot is attached, which suffices here."),
    "moments-missing": _l("Not all key moments are marked in its recordings."),
    "record-there": _l("The written record was made."),
    "record-missing": _l("No written record is attached, and no number of one was entered."),
    "time-unknown": _l("When a recording was made is not known: it covers no time, its marks count."),
}
COVERAGE_WHYS = {
    "device-fault": _l("the recorder was faulty and under repair"),
    "conditions": _l("conditions did not allow it"),
    "obstructed": _l("the party obstructed it"),
    "forgotten": _l("it was forgotten"),
    "not-held": _l("the step did not take place"),
    "other": _l("another reason"),
}
COVERAGE_ACTS = {
    "circumstances": _l("circumstances stated"),
    "explain": _l("explained"),
    "confirm": _l("confirmed"),
    "send-back": _l("sent back"),
}
COVERAGE_REFUSALS = {
    "unknown-step": _l("This step is not known. Nothing was changed."),
    "unknown-explanation": _l("This explanation is not known. Nothing was changed."),
    "not-yours": _l(
        "Only the handlers of this case explain, and only the head of the section confirms. Nothing was changed."
    ),
    "not-your-section": _l(
        "This case belongs to another section; its own head decides. Nothing was changed."
    ),
    "same-person": _l("Whoever explained it cannot confirm it. Nothing was changed; somebody else decides."),
    "case-closed": _l("The case file is no longer being worked on. Nothing was changed."),
    "unknown-circumstance": _l(
        "The recording rules know no such circumstance for this step. Nothing was changed; open the page again."
    ),
    "number-too-long": _l("The number of the written record is too long; 128 characters are kept."),
    "nothing-to-explain": _l("Nothing is missing here any more. Nothing was changed."),
    "nothing-named": _l("Tick what you explain. Nothing was changed."),
    "changed-meanwhile": _l(
        "What is missing has changed since you opened the page. Nothing was changed; look at it and write anew."
    ),
    "no-reason": _l("Choose at least one reason. Nothing was changed."),
    "text-missing": _l(
        "Say more: this reason needs words, or the recorder that was faulty. Nothing was changed."
    ),
    "text-too-long": _l("The text is too long; 2000 characters are kept. Nothing was changed."),
    "unknown-recorder": _l("This recorder is not known. Nothing was changed."),
    "decided-already": _l("Somebody has decided about this explanation already. Nothing was changed."),
    "note-missing": _l("Say why it is sent back. Nothing was changed."),
}
