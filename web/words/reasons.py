"""Why something is as it is: flags of clips, reasons of stations, refusals, and sentences other rooms wrote."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

FLAGS = {
    "empty": _l("The file has no bytes. It is kept as evidence that it was there."),
    "unknown-kind": _l("The content is of no kind known here. It is kept and never executed."),
    "unreadable": _l("Nothing could be read beyond the first bytes. The original is kept as it came."),
    "no-index": _l(
        "The index is missing, as after a flat battery. The recording is kept but cannot be played as it is."
    ),
    "truncated": _l("The file ends early. It is kept, and what comes before the cut can be read."),
    "duration-differs": _l("The header states another duration than the recording that is really there."),
    "duration-unchecked": _l("The duration is the header's word; the file is too large to count it quickly."),
    "no-key-frame": _l("No complete picture was found to start from."),
    "undecodable": _l("A track is listed whose first picture could not be decoded."),
    "corrupt-exif": _l("The photo's EXIF data is broken. What could be read is shown."),
    "corrupt-tags": _l("Some tags of the file could not be read."),
    "extension-differs": _l("The ending of the file name says another kind than the content."),
    "parser-ended": _l("Reading this file took more time or memory than it may, and was ended."),
    "parser-crashed": _l("The reader failed on this file. The original is kept as it came."),
    "encrypted": _l("The content is encrypted."),
    "damaged-inside": _l("A stretch inside the file cannot be read."),
    "partial": _l(
        "Parts could not be read from the recorder. What could be read is kept, gaps are filled with zeros."
    ),
    "unregistered-recorder": _l("It comes from a recorder that is not registered."),
}

REASONS = {
    "link": _l("a link; not followed, not taken"),
    "fifo": _l("a named pipe; not taken"),
    "socket": _l("a socket; not taken"),
    "device": _l("a device node; not taken"),
    "unknown-kind": _l("no regular file; not taken"),
    "folder-not-file": _l("became a folder after it was listed; not taken"),
    "other-filesystem": _l("lies on another file system; not entered"),
    "folder-circle": _l("the folders form a circle; check the card"),
    "unreadable-folder": _l(
        "this folder cannot be read and may hold recordings; keep the recorder, call the administrator"
    ),
    "unreadable": _l("cannot be read; keep the recorder, call the administrator"),
    "partial": _l("parts cannot be read; what could be read is kept and marked"),
    "changed": _l("kept changing while read; stop recording and plug it in again"),
    "vanished": _l("it was listed, then gone"),
    "too-large": _l("larger than 1 TiB; cannot be taken"),
    "unplugged": _l("the recorder was pulled out before all was copied; plug it in again"),
    "spool-full": _l("the station's disk is full; what was copied is safe, call the administrator"),
    "spool-failed": _l("the station's disk failed; call the administrator, leave the recorder in"),
    "spool-lost": _l("the copy at the station is gone; plug the recorder in again"),
    "spool-damaged": _l("the copy at the station is damaged; plug the recorder in again"),
    "read-back-differs": _l("what was read back from the station's disk differs; check the disk"),
    "refused-by-server": _l("the server does not take it; the copy stays at the station"),
    "bytes-refused": _l("the storage keeps refusing these bytes; the copy stays at the station"),
    "server-trouble": _l("the server stumbles over this file; the copy stays at the station"),
    "addresses-refused": _l("the storage keeps refusing the addresses the server signs"),
    "receipt-invalid": _l("the receipt does not check out; the copy stays at the station"),
    "held already": _l("the same bytes are held already"),
}

INCIDENTS = {
    "clip-partial": _l("partly unreadable recording"),
    "storage-lock-broken": _l("the storage's lock does not hold"),
    "lock-missing": _l("no lock protects an original"),
    "lock-refused": _l("a lock could not be prolonged"),
    "object-missing": _l("an original is missing in the storage"),
    "digest-mismatch": _l("an original differs from its digest"),
}

REFUSALS = {
    "unknown-clip": _l("This clip does not exist."),
    "unknown-step": _l("Choose a step of the case."),
    "case-closed": _l("The case is closed; nothing can be attached to it."),
    "bad-role": _l("Choose whether it is evidence or process record."),
    "bad-volume": _l("Choose the main or the sub volume."),
    "proves-missing": _l("Say what it proves; evidence needs that."),
    "proves-too-long": _l("What it proves is too long; 2000 characters are kept."),
    "range-incomplete": _l("A range needs its start and its end."),
    "range-wrong": _l("The range must start before it ends and lie within the clip."),
    "range-no-time": _l("Only video and sound have a range."),
    "already-attached": _l("It is attached to this step already, in the same range."),
}
