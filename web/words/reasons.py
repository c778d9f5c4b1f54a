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
    "silent": _l("There is hardly any sound on it, from beginning to end."),
    "black": _l("At least half of the picture is black."),
    "frozen": _l("For at least half of the recording the picture stands still."),
    "missing-tail": _l("It ends earlier than its header states: the end is missing."),
    "track-ends-early": _l("Picture and sound do not end together: one of them breaks off early."),
    "decode-errors": _l(
        "Some of it could not be decoded soundly; the places are listed under “What was measured”."
    ),
    "time-jumps": _l("The clock of the recording leaps: something is missing in between, or runs twice."),
    "not-measured-whole": _l("It could not be measured to its end."),
    "partial": _l(
        "Parts could not be read from the recorder. What could be read is kept, gaps are filled with zeros."
    ),
    "officer-disagrees": _l(
        "Sources disagree on who recorded it: the register of hand-overs, the file name, or a pick at the station."
    ),
    "officer-uncertain": _l(
        "The recorder changed hands close to this recording, and its clock cannot tell who had it."
    ),
    "provenance-unproven": _l(
        "It is from before this system: where it was until it was received here is not proven by this system."
    ),
    "unregistered-recorder": _l("It comes from a recorder that is not registered."),
    "recorder-faulty": _l(
        "It was taken in from a recorder that was out of service; its maintenance log says why."
    ),
    "test-recording": _l("It is a test recording, made after a repair; it is no evidence."),
    "not-to-be-relied-on": _l(
        "In a recall after a fault of its recorder it was found not to be relied on; the verdict stands below."
    ),
    "officer-without-certificate": _l(
        "The register shows no enforcement certificate of whoever recorded it that was valid on that day."
    ),
    "officer-auxiliary": _l("Whoever recorded it was auxiliary staff on that day, by the register."),
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
    "same-name": _l(
        "two entries of one name, of which only one can be read; keep the recorder, call the administrator"
    ),
    "unreadable-folder": _l(
        "this folder cannot be read and may hold recordings; keep the recorder, call the administrator"
    ),
    "unreadable": _l("cannot be read; keep the recorder, call the administrator"),
    "medium-unreadable": _l(
        "the medium cannot be read; plug it in again, and if that does not help keep it and call the administrator"
    ),
    "filesystem-damaged": _l(
        "the file system is damaged; do not repair or format it, keep the recorder, call the administrator"
    ),
    "filesystem-unknown": _l(
        "no known file system; do not format it, keep the recorder, call the administrator"
    ),
    "filesystem-not-readable": _l(
        "a file system that this system does not read; keep the recorder, call the administrator"
    ),
    "filesystem-not-known-here": _l(
        "a file system that this station cannot read; keep the recorder, call the administrator"
    ),
    "may-not-mount": _l("the station may not open this partition; call the administrator"),
    "partition-blank": _l("an empty partition without a file system"),
    "partial": _l("parts cannot be read; what could be read is kept and marked"),
    "changed": _l("kept changing while read; stop recording and plug it in again"),
    "vanished": _l("it was listed, then gone"),
    "too-large-here": _l("larger than the station's whole disk; still on the recorder"),
    "too-large": _l("larger than 1 TiB; cannot be taken"),
    "interrupted": _l("the station was interrupted before it was copied; plug the recorder in again"),
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
    "destroyed-again": _l("destroyed bytes came in again"),
    "disposal-failed": _l("a destruction did not go as ordered"),
    "register-lock": _l("the lock of a destruction register could not be prolonged"),
    "clip-partial": _l("partly unreadable recording"),
    "storage-lock-broken": _l("the storage's lock does not hold"),
    "passkey-copied": _l("a passkey may have been copied"),
    "many-refused-sign-ins": _l("sign-in was refused many times"),
    "enrolment-code-reused": _l("a used enrolment code was tried by another machine"),
    "lock-weaker": _l("the lock of an original is weaker than before"),
    "lock-missing": _l("no lock protects an original"),
    "lock-refused": _l("a lock could not be prolonged"),
    "hold-missing": _l("a hold was switched off at the storage"),
    "hold-unexpected": _l("a hold that this system did not put on"),
    "object-missing": _l("an original is missing in the storage"),
    "cleared-unvouched": _l("a file was removed from a recorder without a voucher"),
    "digest-mismatch": _l("an original differs from its digest"),
    "copy-differs": _l("the storage says other things of an original than were recorded"),
    "sheet-incomplete": _l("a sheet lists what is not in storage"),
    "timestamp-late": _l("a time stamp is overdue"),
    "timestamp-refused": _l("a time-stamping authority answered wrongly"),
    "timestamp-unproven": _l("a time stamp does not prove what it should"),
}

REFUSALS = {
    "unknown-clip": _l("This clip does not exist."),
    "sealed": _l("It is sealed, so it cannot be attached. Nothing was changed."),
    "unknown-step": _l("Choose a step of the case."),
    "not-your-case": _l(
        "This case is neither yours nor your unit's: one of its handlers, or somebody of its unit, attaches to it."
    ),
    "case-closed": _l("The case is closed; nothing can be attached to it."),
    "bad-role": _l("Choose whether it is evidence or process record."),
    "bad-volume": _l("Choose the main or the sub volume."),
    "proves-missing": _l("Say what it proves; evidence needs that."),
    "proves-too-long": _l("What it proves is too long; 2000 characters are kept."),
    "range-incomplete": _l("A range needs its start and its end."),
    "range-wrong": _l("The range must start before it ends and lie within the clip."),
    "range-no-time": _l("Only video and sound have a range."),
    "already-attached": _l("It is attached to this step already, in the same range."),
    "method-too-long": _l("How it was obtained is too long; 64 characters are kept."),
    "maker-too-long": _l("The maker is too long; 255 characters are kept."),
    "made-at-wrong": _l("The time it was made is no time."),
    "made-at-future": _l("The time it was made lies in the future."),
    "destroyed": _l("It was destroyed by the disposal procedure; nothing can be attached any more."),
    "too-many": _l("These are too many for one act; take at most 1,000 at once."),
}

DETACH_REFUSALS = {
    "unknown-attachment": _l("This attachment does not exist."),
    "not-your-case": _l(
        "This case is neither yours nor your unit's. Nothing was changed: one of its handlers, or a handler of its unit, detaches from it."
    ),
    "case-closed": _l("The case file was passed on; what is in it is what was reviewed."),
    "in-archive": _l("The archive has taken the case file over. Reopen the case first."),
    "reason-missing": _l("Say why; the reason is kept in the log."),
    "reason-too-long": _l("The reason is too long; 500 characters are kept."),
    "detached-already": _l("It was detached already."),
    "not-detached": _l("It is not detached, or the legal section has refused it meanwhile."),
    "confirmed-already": _l("The legal section has confirmed it already."),
    "not-yours": _l("Only the legal section confirms or refuses."),
    "same-person": _l("Who detached it cannot confirm it as well."),
}

DECLARE_REFUSALS = {
    "unknown-clip": _l("This clip does not exist."),
    "not-yours": _l("Only who recorded it, or the head of the section, may declare this."),
    "reason-missing": _l("Say why; the reason is kept in the log."),
    "reason-too-long": _l("The reason is too long; 500 characters are kept."),
    "attached-already": _l("One of them is attached to a case meanwhile."),
    "declared-already": _l("One of them was declared already."),
    "not-declared": _l("It is not declared, or was taken back meanwhile."),
    "too-many": _l("These are too many for one act; take at most 1,000 at once."),
}

DOCUMENT_REFUSALS = {
    "too-large": _l("The file is larger than is taken in here. Nothing of it was kept."),
    "no-room": _l(
        "There is no room on the server to take it in. Nothing of it was kept; your file is as before. Tell the administrator."
    ),
    "empty": _l("The file has no bytes. Nothing was kept."),
    "kind-not-accepted": _l(
        "By its content it is none of PDF, OFD, JPEG, PNG, TIFF and WebP, whatever its name says. Film and sound come in through a docking station."
    ),
    "not-accepted": _l("This file cannot be taken in here. Ask the archivist."),
    "storage-away": _l(
        "The storage does not answer just now. Nothing is received yet; keep your file and put it in again later. The same file is never stored twice."
    ),
    "storage-disagrees": _l(
        "What the storage holds is not what was sent. It is not received; put the file in again, and tell the administrator."
    ),
}

MARK_REFUSALS = {
    "mark-no-time": _l("Only video and sound have places to mark."),
    "mark-incomplete": _l("Say where it is: a mark needs its start, as 00:02:10."),
    "mark-order": _l("The range must end after it starts."),
    "mark-outside": _l("This place lies outside the running time of the recording."),
    "mark-empty": _l("Choose what happens there, or write a note."),
    "mark-preset": _l("This kind of mark does not exist here."),
    "mark-note-long": _l("The note is too long; 500 characters are kept."),
    "mark-twice": _l("You have marked exactly this already."),
    "mark-gone": _l("This mark does not exist on this recording."),
    "mark-not-yours": _l("Somebody else made this mark; you may make one of your own beside it."),
    "mark-changed": _l(
        "This note was changed meanwhile, perhaps in another window. Look at it and decide anew."
    ),
    "mark-removed": _l("This mark was removed meanwhile."),
    "mark-no-reason": _l("Say why the mark is removed; it is kept in the log."),
    "mark-reason-long": _l("The reason is too long; 500 characters are kept."),
}

GAP_REFUSALS = {
    "no-explanation": _l("Say why these numbers are missing; nothing was kept."),
    "explained-already": _l("Somebody has explained this gap already; nothing was changed."),
}

SEAL_REFUSALS = {
    "no-place": _l("Say where the card is kept; nothing was changed."),
    "place-too-long": _l("The place is too long; 255 characters are kept. Nothing was changed."),
    "no-reason": _l("Say why the next card is sealed; the reason is kept. Nothing was changed."),
    "sealed-already": _l("This card is sealed already; nothing was changed."),
    "not-sealed": _l("This card is not sealed; nothing was changed."),
    "same-place": _l("That is where it lies already; nothing was changed."),
}
VIEW_REFUSALS = {
    "no-name": _l("A view needs a name."),
    "name-too-long": _l("The name is too long."),
    "query-too-long": _l("These conditions are too long to be kept."),
    "too-many": _l("Thirty views are kept for each person. Remove one first."),
}
CASE_MOVE_REFUSALS = {
    "unknown-case": _l("This case is not known. Nothing was changed."),
    "unknown-move": _l("There is no such move. Nothing was changed."),
    "wrong-state": _l(
        "The case is not where this move begins: somebody may have moved it just now. Nothing was changed; look at its state above."
    ),
    "not-yours": _l("Your role does not make this move. Nothing was changed."),
    "not-your-case": _l(
        "This case is neither yours nor your unit's. Nothing was changed: one of its handlers, or the head of its unit, signs this."
    ),
    "note-missing": _l("Say why: this move needs a reason. Nothing was changed."),
    "same-person": _l(
        "Whoever handed the file over cannot take it over as well. Nothing was changed; a second person accepts it."
    ),
    "number-missing": _l("Enter the case number. Nothing was changed."),
    "number-taken": _l("Another case has this number. Nothing was changed."),
    "date-missing": _l(
        "Enter when the case was closed, or when the decision was executed. Nothing was changed."
    ),
    "date-in-future": _l("This date lies in the future. Nothing was changed."),
    "date-wrong": _l("A date lies before 1980. Nothing was changed."),
    "dates-crossed": _l(
        "A case is filed, decided and closed in this order; its dates say otherwise. Nothing was changed."
    ),
    "text-too-long": _l(
        "A text is too long: a reason may have 2,000 characters, a number 128. Nothing was changed."
    ),
    "split-off-stays": _l(
        "This was split off a filed case and is not dropped: file it, or merge it back. Nothing was changed."
    ),
    "archive-number-missing": _l("Enter the archive number. Nothing was changed."),
    "archive-number-taken": _l("Another case file has this archive number. Nothing was changed."),
    "coverage-unexplained": _l(
        "A step that must be recorded was not, or nobody entered when it took place: the case is archived only with an explanation that the head of the section has confirmed. Nothing was changed; see what is missing under “Recording of the steps”."
    ),
    "coverage-unconfirmed": _l(
        "The head of the section has not yet confirmed why a step that must be recorded was not: the case is archived only with that signed explanation. Nothing was changed."
    ),
    "check-failed-note": _l(
        "The check was not passed: say why the file is accepted all the same. Nothing was changed."
    ),
}
