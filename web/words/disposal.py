"""Words of the disposal procedure 鉴定销毁."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

DISPOSAL_STATES = {
    "open": _l("being appraised"),
    "proposed": _l("proposals made"),
    "reported": _l("reported, waits for approval"),
    "cooling": _l("approved, cooling period"),
    "ready": _l("may be destroyed"),
    "executing": _l("being destroyed"),
    "done": _l("done"),
    "undone": _l("approval undone"),
    "returned": _l("returned without approval"),
}
DISPOSAL_ITEM_STATES = {
    "listed": _l("on the list"),
    "dropped": _l("left the list"),
    "kept": _l("kept"),
    "due": _l("to be destroyed"),
    "deleting": _l("being destroyed"),
    "destroyed": _l("destroyed"),
    "failed": _l("could not be destroyed"),
}
DISPOSAL_PARTS = {
    "office": _l("office"),
    "section": _l("handling section"),
    "legal": _l("legal section"),
}
DISPOSAL_PROPOSALS = {
    "destroy": _l("destroy"),
    "years": _l("keep for further years"),
    "for-ever": _l("keep for ever"),
    "transfer": _l("transfer to the archives"),
}
NOT_EXPIRED = {
    "destroyed": _l("it is destroyed already"),
    "held": _l("its destruction is suspended by rule"),
    "kept-longer": _l("an earlier appraisal keeps it longer"),
    "case-open": _l("it belongs to a case that the archive has not accepted"),
    "not-reviewed": _l("it belongs to no case, and nobody has reviewed it"),
    "lock-due": _l("its period is being worked out anew"),
    "lock-stands": _l("its lock has not passed"),
    "no-copy": _l("the catalog knows no copy of it"),
    "copy-differs": _l("a copy of it was found to differ"),
    "at-work": _l("it is being worked on"),
    "coming-in": _l("the same recording is on its way in"),
    "in-appraisal": _l("it is on the list of another appraisal"),
    "taken-off": _l("taken off the list"),
    "undone": _l("the approval was undone"),
    "returned": _l("the report was returned"),
    "restored": _l("the catalog was restored from a back-up"),
    "no-endpoint": _l("one of its storages cannot be reached from here"),
    "foreign-place": _l("a copy lies where no original may lie"),
    "object-missing": _l("it was missing at the storage before anything was deleted"),
    "lock-at-storage": _l("at the storage a lock or a hold stands on it"),
    "refused": _l("the storage refused to delete it"),
    "still-there": _l("the storage said it was deleted, and it is still there"),
    "came-in-again": _l("a further copy came in while it was being destroyed"),
    "list-changed": _l("the list is not the one that was approved"),
    "half-deleted": _l("something came to stand against it when part of it was deleted"),
}
DISPOSAL_REFUSALS = {
    "unknown-appraisal": _l("This appraisal does not exist."),
    "unknown-clip": _l("One of these recordings is not on the list, or does not exist. Nothing was changed."),
    "wrong-state": _l("The appraisal has gone on meanwhile. Nothing was changed; look at it as it is now."),
    "not-yours": _l("This step belongs to another role. Nothing was changed."),
    "nothing-picked": _l("Nothing was picked."),
    "too-many": _l("A list holds at most 500 recordings. Nothing was changed; open a further appraisal."),
    "not-expired": _l("A recording may not be appraised. Nothing was changed."),
    "bad-proposal": _l("Choose what is to become of it."),
    "bad-years": _l("Say how many further years, 1 to 100."),
    "two-parts": _l(
        "You have spoken for another part of the group already; each part needs a person of its own."
    ),
    "not-your-section": _l("A section's head speaks for what the section handled."),
    "opinion-missing": _l(
        "Each recording needs an opinion of the office, the handling section and the legal section, by three people."
    ),
    "nothing-left": _l("Nothing is left on the list. Nothing was changed."),
    "note-missing": _l("Give a reason. Nothing was changed."),
    "sign-in-again": _l(
        "Sign in anew for this step; your last sign-in is longer than five minutes ago. Nothing was changed."
    ),
    "clock-behind": _l(
        "The server's clock is behind what it has already recorded. Nothing was changed; call the administrator."
    ),
    "list-changed": _l(
        "The list is not the one that was reported. Nothing was changed; call the administrator."
    ),
    "own-proposal": _l("Who appraised or reported it does not approve it. Nothing was changed."),
    "approval-number-missing": _l("Enter the number of the approval."),
    "approval-number-used": _l("This approval number was used for another list. Nothing was changed."),
    "still-cooling": _l("The cooling period is not over. Nothing was changed."),
    "approved-it": _l("Who approved it neither witnesses nor carries it out. Nothing was changed."),
    "appraised-it": _l("Who appraised or reported it does not witness it. Nothing was changed."),
    "schedule-coming": _l(
        "A new retention schedule is coming into force, and recordings on the list belong to cases. Nothing was changed; try again when it is done."
    ),
    "witnesses-missing": _l(
        "Two witnesses must have signed in within the last two hours, both others than you and than those who appraised it. Nothing was changed."
    ),
    "number-differs": _l("The number you typed is not that of this appraisal. Nothing was changed."),
    "case-attached": _l("A recording belongs to a case; it needs no review."),
}
