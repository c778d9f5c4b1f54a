"""What custody entries say happened."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

ACTIONS = {
    "account.created": _l("account created"),
    "account.language-changed": _l("language changed"),
    "account.link-issued": _l("sign-in link issued"),
    "account.password-set": _l("password set"),
    "account.sign-in-refused": _l("sign-in refused"),
    "account.signed-in": _l("signed in"),
    "account.signed-out": _l("signed out"),
    "case.created": _l("case created"),
    "clip.attached": _l("clip attached to a step"),
    "clip.copy-added": _l("a further copy received"),
    "clip.reverified": _l("read back and verified again"),
    "docking.recognised": _l("files recognised as held already"),
    "clip.lock-extended": _l("lock prolonged and read back"),
    "clip.copy-verified": _l("a further copy read back and verified"),
    "clip.described": _l("clip described"),
    "clip.downloaded": _l("original downloaded"),
    "clip.pictures-listed": _l("shown in a list"),
    "clip.played": _l("clip viewed"),
    "clip.received": _l("original received and locked"),
    "clip.rendered": _l("copies for viewing made"),
    "clip.stage-requested": _l("work asked for again"),
    "clip.verified": _l("original read back and verified"),
    "docking.closed": _l("docking ended"),
    "docking.opened": _l("recorder docked"),
    "incident.opened": _l("incident opened"),
    "officer.entered": _l("officer entered"),
    "recorder.first-seen": _l("unknown recorder seen"),
    "recorder.registered": _l("recorder registered"),
    "station.registered": _l("station registered"),
    "station.token-changed": _l("station's token changed"),
    "step.added": _l("step added"),
    "storage.probed": _l("storage lock probed"),
}
