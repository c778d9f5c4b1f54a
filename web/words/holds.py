"""Holds 暂停销毁 and seals 封存: reasons, grounds, states and refusals."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

HOLD_REASONS = {
    "reconsideration": _l("administrative reconsideration"),
    "litigation": _l("administrative litigation"),
    "compensation": _l("state compensation"),
    "police": _l("transfer to the police"),
    "discipline": _l("discipline inspection"),
    "audit": _l("audit"),
    "court": _l("court order or preservation"),
    "complaint": _l("complaint"),
    "interference": _l("record of interference"),
}
HOLD_TARGETS = {
    "clip": _l("a recording"),
    "case": _l("a case"),
    "officers": _l("officers and a time"),
}
HOLD_REFUSALS = {
    "unknown-reason": _l("Nothing was set: choose the reason."),
    "not-yours": _l("Nothing was set: holds for this reason are set by somebody else."),
    "unknown-clip": _l("Nothing was set: there is no such recording."),
    "unknown-case": _l("Nothing was set: there is no such case. Check its number."),
    "unknown-officer": _l("Nothing was set: name at least one officer, all of them known here."),
    "unknown-hold": _l("There is no such hold. Nothing was changed."),
    "bad-target": _l("Nothing was set: say what is to be held."),
    "span-wrong": _l("Nothing was set: the time needs a first and a last day, in this order."),
    "document-missing": _l("Nothing was set: name the document it rests on."),
    "text-too-long": _l("Nothing was changed: the text is too long."),
    "set-already": _l("The same hold stands already, by the same document. Nothing was set twice."),
    "destroyed": _l("Nothing was set: this recording was destroyed by the disposal procedure."),
    "lifted-already": _l("Somebody else lifted it first. Nothing was changed."),
    "same-person": _l("Nothing was lifted: whoever set a hold does not lift it. Ask a colleague."),
    "reason-missing": _l("Nothing was lifted: say why it is lifted."),
}
SEAL_GROUNDS = {
    "unlawful": _l("unlawfully obtained"),
    "personal-data": _l("personal data without a basis"),
    "secret": _l("secret"),
}
SEAL_STATES = {
    "proposed": _l("proposed, not closed yet"),
    "standing": _l("sealed"),
    "lifted": _l("opened again"),
    "withdrawn": _l("withdrawn"),
}
SEALING_REFUSALS = {
    "not-yours": _l("Nothing was changed: this step is for other people."),
    "unknown-clip": _l("Nothing was proposed: there is no such recording."),
    "unknown-seal": _l("There is no such seal. Nothing was changed."),
    "unknown-ground": _l("Nothing was proposed: choose why it is to be sealed."),
    "basis-missing": _l("Nothing was proposed: name the legal basis."),
    "reason-missing": _l("Nothing was proposed: say why it is to be opened."),
    "text-too-long": _l("Nothing was changed: the text is too long."),
    "sealed-already": _l("A seal on it is proposed already, or stands. Nothing was changed."),
    "destroyed": _l("Nothing was proposed: this recording was destroyed by the disposal procedure."),
    "wrong-state": _l("Somebody else was first: the seal is in another state now. Nothing was changed."),
    "same-person": _l("Nothing was changed: another person must confirm this."),
    "unknown-person": _l("Nobody was named: there is no such account, or it may see no recordings."),
    "named-already": _l("This person is named already. Nothing was changed."),
    "unknown-reader": _l("This person is not named any more. Nothing was changed."),
}
LOOK_REFUSALS = {
    "unknown-clip": _l("You are not named for it any more. Nothing was shown."),
    "purpose-missing": _l("Nothing was shown: say what you look at it for."),
}
