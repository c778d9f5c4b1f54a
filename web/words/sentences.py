"""Sentences that other parts of the system wrote into the catalog in English, for people who read Chinese.

A sentence that is not found here is shown as it was written: better foreign than hidden.
"""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from web.words.forwarding import FORWARDING_PATTERNS, FORWARDING_SENTENCES
from web.words.marking import N_
from web.words.reasons import REASONS
from web.words.stamps import STAMP_PATTERNS, STAMP_SENTENCES
from web.words.states import RENDITIONS

_KNOWN = frozenset(
    {
        N_("the same bytes are held already"),
        N_("The storage says that this original is not there."),
        N_("No lock protects this original in storage."),
        N_("The lock of this original is weaker than was read back before."),
        N_("made again from storage"),
        N_(
            "Signing in was refused many times for one account. Strange devices now wait between tries; its person's own go on."
        ),
        N_("Signing in was refused many times from one address. It now waits between tries."),
        N_(
            "The counter of a passkey went back, so there may be a copy of it. It opens nothing any more; ask its person, and remove it."
        ),
        N_(
            "The catalog was restored from a back-up: what was undone or held after it was made is not known here."
        ),
        N_(
            "The bytes of a recording that was destroyed by the disposal procedure came in again; they are kept as a new recording."
        ),
        N_("The lock read back is not the one that was set."),
        N_("The hold of this original was put on and is not there when read back."),
        N_("The hold of this original was switched off at the storage; it is put on again."),
        N_("A hold is on this original that this system did not put on. It stays until this is resolved."),
        N_("Parts of this recording could not be read from the recorder; the rest is kept."),
        N_("The lock probe got through: the storage does not protect originals as it must."),
        N_("the file has no bytes"),
        N_("no picture and no sound; it can be downloaded"),
        N_("the index at the end of the recording is missing, as after a flat battery"),
        N_("nothing in the file could be read as picture or sound"),
        N_("the photo could not be read"),
        N_("browsers show this kind of photo"),
        N_("browsers play this"),
        N_("browsers play MP3"),
        N_("browsers play WAV with plain PCM"),
        N_("browsers play AAC in MP4"),
        N_("H.264 with AAC or no sound in MP4 or MOV"),
        N_("damaged: shows what could be read"),
        N_("damaged: what can be read is put into a new file"),
        N_("damaged: what can be decoded is encoded anew"),
        N_("the sound is in a coding that no reader here knows"),
        N_("the picture is in an unknown coding; only the sound plays"),
        N_("the picture is in a coding that no reader here knows"),
        N_("the picture is too large for browsers"),
        N_("interlaced: browsers would show combed edges"),
        N_("the picture's size is unknown"),
        N_("no picture could be decoded"),
        N_("no sound could be decoded"),
        N_("the frames of copy and original could not be matched"),
        N_("nothing in it could be played"),
        N_("the reader took too long and was ended"),
        N_("the reader stood still and was ended"),
        N_("it needs more memory than a reader may use"),
        N_("the reader's answer was too large"),
        N_("the reader crashed on this file"),
        N_("the picture could not be decoded"),
        N_("the tool could not make it"),
        N_("the worker's disk is full"),
        N_("the result grew beyond its limit"),
        N_("it needs more memory than a worker may use"),
        N_("the recording's index is missing"),
        N_("no reader for this coding"),
        N_("the file's content is damaged"),
        N_("the recording could not be opened for decoding"),
        N_("what lies in storage is not what was received; an incident is open"),
        N_("the worker was lost while working on this; it is tried again by itself"),
        N_("an attack got through; intake is closed"),
        N_("there is no copy of this recording in storage"),
        N_("there is no copy of this recording in storage that can be worked on"),
        N_("there is no verified copy of this recording to read a second time"),
        N_("the bytes agree, but no lock protects them; an incident is open"),
        N_("it is not verified yet"),
    }
)
_PATTERNS: tuple[tuple[str, Any], ...] = (
    (r"browsers do not show (?P<what>.+)", _l("browsers do not show %(what)s")),
    (r"browsers do not open (?P<what>.+)", _l("browsers do not open %(what)s")),
    (r"browsers do not play (?P<what>.+) sound", _l("browsers do not play %(what)s sound")),
    (r"browsers do not play (?P<what>.+)", _l("browsers do not play %(what)s")),
    (r"(?P<what>\S+) is encoded to AAC", _l("%(what)s is encoded to AAC")),
    (
        r"covers (?P<some>[\d.]+) of (?P<all>[\d.]+) seconds; the rest could not be read",
        _l("covers %(some)s of %(all)s seconds; the rest could not be read"),
    ),
    (
        r"the tool made no progress for (?P<n>[\d.]+) seconds and was ended",
        _l("the tool made no progress for %(n)s seconds and was ended"),
    ),
    (
        r"the reader made no progress for (?P<n>[\d.]+) seconds and was ended",
        _l("the reader made no progress for %(n)s seconds and was ended"),
    ),
    (
        r"Files on the sheet of docking (?P<docking>\S+) that are not in storage as recorded: (?P<n>\d+)",
        _l("Files on the sheet of docking %(docking)s that are not in storage as recorded: %(n)s"),
    ),
    (
        r"The sheet of docking (?P<docking>\S+) is not in storage as recorded: (?P<what>.*)",
        _l("The sheet of docking %(docking)s is not in storage as recorded: %(what)s"),
    ),
    (
        r"The storage says of this original what was not recorded: (?P<what>.*)",
        _l("The storage says of this original what was not recorded: %(what)s"),
    ),
    (
        r"The storage would not prolong this lock: (?P<what>.*)",
        _l("The storage would not prolong this lock: %(what)s"),
    ),
    (
        r"the storage has no version (?P<version>\S+) of (?P<key>\S+); an incident is open",
        _l("the storage has no version %(version)s of %(key)s; an incident is open"),
    ),
    (
        r"The destruction of this recording by appraisal (?P<number>\S+) did not go as ordered; the appraisal says how\.",
        _l(
            "The destruction of this recording by appraisal %(number)s did not go as ordered; the appraisal says how."
        ),
    ),
    (r"not before (?P<time>[\d: -]+) UTC", _l("not before %(time)s UTC")),
    (
        r"fetched (?P<some>\d+) bytes that are not the original of (?P<all>\d+) bytes",
        _l("fetched %(some)s bytes that are not the original of %(all)s bytes; nothing was made of them"),
    ),
    (
        r"the worker could not write or read its scratch folder: (?P<what>.*)",
        _l("the worker could not write or read its scratch folder (%(what)s); it is tried again by itself"),
    ),
    (r"the storage is out of reach: .*", _l("the storage is out of reach; it is tried again by itself")),
    (
        r"the storage refuses the worker; it is tried again by itself: (?P<what>.*)",
        _l("the storage refuses the worker; it is tried again by itself: %(what)s"),
    ),
    (
        r"the worker was lost (?P<n>\d+) times while working on this",
        _l("the worker was lost %(n)s times while working on this"),
    ),
    (
        r"unexpected trouble \((?P<what>\w+)\); the worker's log has the details",
        _l("unexpected trouble (%(what)s); the worker's log has the details"),
    ),
)
_COMPILED = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (*_PATTERNS, *STAMP_PATTERNS, *FORWARDING_PATTERNS)
)


def say_sentence(text: str) -> str:
    """Answer a sentence that another part of the system wrote, translated where we know it."""
    if text in REASONS:
        return str(REASONS[text])
    if text in _KNOWN or text in STAMP_SENTENCES or text in FORWARDING_SENTENCES:
        return str(gettext(text))
    for pattern, sentence in _COMPILED:
        found = pattern.fullmatch(text)
        if found:
            parts = {
                name: say_sentence(part) if name == "why" else part
                for name, part in found.groupdict().items()
            }
            return str(sentence) % parts
    if "; " in text:
        return "; ".join(say_sentence(part) for part in text.split("; "))
    kind, colon, rest = text.partition(": ")
    if colon and kind in REASONS:  # a station's word, and details of its system as they came
        return f"{REASONS[kind]} ({rest})"
    if colon and kind in RENDITIONS:
        return f"{RENDITIONS[kind]}: {say_sentence(rest)}"
    return text
