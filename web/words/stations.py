"""What docking stations, their troubles and their orders are called."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from web.words.sentences import say_sentence

STATION_WORDS = {
    "never-seen": _l("never connected"),
    "silent": _l("not connected"),
    "spool-full": _l("disk full, takes nothing more in"),
    "stuck": _l("stuck for more than an hour"),
    "slot-still": _l("a slot has not moved for an hour"),
    "failed-files": _l("files failed"),
    "clock-loose": _l("clock not synchronised"),
    "other-software": _l("other software version"),
}
STATION_LOOKS = {
    "never-seen": "",
    "silent": "stop",
    "spool-full": "stop",
    "stuck": "stop",
    "slot-still": "stop",
    "failed-files": "wait",
    "clock-loose": "wait",
    "other-software": "",
}
"""How loud each is: the class of its chip."""
ORDER_RESULTS = {
    "": _l("ordered, the station has not answered yet"),
    "done": _l("done at the station"),
    "recorder needed": _l("plug the recorder in again"),
    "not here": _l("the station knows nothing of it"),
}
TROUBLE_KINDS = {
    "server": _l("server"),
    "storage": _l("storage"),
    "intake": _l("intake stopped"),
    "token": _l("access"),
    "station": _l("at the station"),
}
_CERTIFICATES = {
    "certificate-changed": _l("the certificate it shows is not the pinned one; nothing is sent to it"),
    "certificate-dates": _l("its certificate has expired or is not valid yet, by the station's clock"),
    "certificate-name": _l("its certificate is for another address"),
    "plain-http": _l("its address is not https; nothing is sent to it"),
    "not-pinned": _l("no certificate is pinned for it; nothing is sent to it"),
    "pin-unreadable": _l("the pinned certificate cannot be read at the station"),
}


def say_trouble(text: str) -> str:
    """Answer what a station says is wrong (`kind: text`), translated where we know it."""
    kind, colon, rest = text.partition(": ")
    if not colon or kind not in TROUBLE_KINDS:
        return say_sentence(text)
    return f"{TROUBLE_KINDS[kind]}: {_CERTIFICATES.get(rest) or say_sentence(rest)}"
