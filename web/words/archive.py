"""Words of the archive: the four checks, refusals, why a date cannot be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l

from catalog.rules.four_checks import Finding
from web.words.reasons import FLAGS

FOUR_GROUPS = {
    "authenticity": _l("Authenticity"),
    "integrity": _l("Integrity"),
    "usability": _l("Usability"),
    "security": _l("Security"),
}
FOUR_RESULTS = {
    "pass": _l("passed"),
    "fail": _l("not passed"),
    "not-tested": _l("not tested"),
}
FOUR_TESTS = {
    "origin": _l("Where it comes from"),
    "received": _l("Signed statement of receipt"),
    "verified": _l("Signed statement of reading back"),
    "time-stamp": _l("Time stamp"),
    "custody": _l("Entries in the custody log"),
    "digest": _l("Digests of the original in storage"),
    "read-anew": _l("Read back for this check"),
    "bytes-whole": _l("All bytes came over from the recorder"),
    "incidents": _l("Open incidents"),
    "index": _l("Entries of the index"),
    "volumes": _l("Volumes"),
    "detached": _l("Recordings detached"),
    "described": _l("Format recognised"),
    "viewable": _l("Can be shown"),
    "decoded": _l("Decoded from beginning to end"),
    "lock": _l("Lock against deletion"),
    "lock-date": _l("Lock reaches far enough"),
    "hold": _l("Hold"),
    "malware": _l("Harmful software"),
}
FOUR_REASONS = {
    "from-recorder": _l("Copied from a recorder at a docking station of this system."),
    "entered-by-person": _l("Put in by a named person; the log says by whom and when."),
    "provenance-not-proven": _l("Taken over from before this system; its way until then is not proven."),
    "signature-good": _l("The signature holds, for exactly these bytes at the place where they lie."),
    "statement-missing": _l("There is no such statement."),
    "signature-bad": _l("The signature does not hold."),
    "signed-otherwise": _l("The statement is about other bytes or another place than the catalog names."),
    "key-unknown": _l("Signed with a key that this system does not hold any more, so it was not proven here."),
    "no-station": _l("No station handed it over, so there is no statement to one."),
    "stamp-good": _l("The token of the authority proves, down to this recording."),
    "stamp-self-signed": _l(
        "The token proves; the authority is this system itself, so it proves order and not time."
    ),
    "stamp-missing": _l("There is no time stamp yet."),
    "stamp-bad": _l("The time stamp does not prove this recording."),
    "no-authority": _l("No time-stamping authority is set up."),
    "entries-good": _l("%(n)s entries of its way, each of which still gives its digest and has its place."),
    "entries-missing": _l("Of receipt, reading back and attaching, %(n)s left no entry."),
    "entries-changed": _l("%(n)s entries no longer give the digest they were written with."),
    "entries-waiting": _l("%(n)s entries have no place in the log yet; check again in a minute."),
    "digest-agrees": _l("SHA-256 and SM3 agreed when it was read back whole, %(at)s."),
    "digest-differs": _l("Read back, it differs from what was received; an incident is open."),
    "never-read": _l("It was never read back whole."),
    "read-now": _l("Read back whole for this check, %(at)s."),
    "read-before": _l("Not read anew for this check; last read back %(at)s."),
    "bytes-whole": _l("No part was unreadable on the recorder."),
    "bytes-missing": _l("Parts could not be read from the recorder; they are filled with zeros."),
    "no-incident": _l("No incident is open about it."),
    "incident-open": _l("%(n)s open incidents."),
    "index-complete": _l("All %(n)s lines name maker and date and, of evidence, what it proves."),
    "index-incomplete": _l("%(n)s lines lack maker, date or what the evidence proves."),
    "index-empty": _l("The file holds no recording or document that is listed."),
    "volumes-good": _l("%(n)s lines in the main volume."),
    "main-volume-empty": _l("Nothing is in the main volume."),
    "none-detached": _l("Nothing waits for the legal section."),
    "detached-waiting": _l("%(n)s were detached, and the legal section has not confirmed it."),
    "described": _l("The format was recognised and its headers were read."),
    "describing-failed": _l("The headers could not be read."),
    "not-described": _l("The headers were not read yet."),
    "original-plays": _l("Browsers show the original itself."),
    "copy-plays": _l("A complete copy that browsers show was made of it."),
    "cannot-be-shown": _l("Nothing of it can be shown in a browser; the original can be downloaded."),
    "copy-not-made": _l("The copy for showing is not there."),
    "decoded-whole": _l("Decoded to its end without damage."),
    "damaged": _l("Damage: %(flags)s"),
    "not-decoded": _l("It was not decoded whole yet."),
    "photo-rendered": _l("The photo was decoded and a picture made of it."),
    "photo-not-rendered": _l("No picture was made of the photo yet."),
    "document-not-opened": _l("Documents are kept and not opened here."),
    "locked": _l("COMPLIANCE, until %(until)s; seen at the storage %(at)s."),
    "not-locked": _l("No lock protects it any more; it ended %(until)s."),
    "date-covers": _l("Locked until %(until)s, wanted until %(wanted)s."),
    "date-short": _l("Locked until %(until)s only, wanted until %(wanted)s."),
    "held": _l("The hold is on; seen at the storage %(at)s."),
    "hold-missing": _l("A hold is wanted and was not seen at the storage."),
    "no-hold-asked": _l("No hold is wanted."),
    "no-scanner": _l("Not tested: this system has no scanner for harmful software. It never executes what it keeps."),
    "no-copy": _l("The catalog knows of no copy in storage."),
}  # fmt: skip
LABEL_REFUSALS = {
    "unknown-file": _l("This case file is not known. Nothing was changed."),
    "not-in-archive": _l("The file has not come to the archive yet; its label is written once it was reviewed. Nothing was changed."),
    "changed-meanwhile": _l("Somebody else has changed the label meanwhile. Nothing was changed; look at what it says now, and decide anew."),
    "nothing-changed": _l("It says so already. Nothing was changed."),
    "too-long": _l("One of the entries is too long. Nothing was changed."),
    "bad-year": _l("Enter a year such as 2026. Nothing was changed."),
    "number-taken": _l("Another case file has this archive number. Nothing was changed."),
    "number-gone": _l("A number once given can be replaced and not taken away. Nothing was changed."),
    "reason-missing": _l("The file is archived: say why its label changes. Nothing was changed."),
}  # fmt: skip
ACCEPT_REFUSALS = {
    "check-missing": _l("Check the file first: it is accepted on the ground of a check. Nothing was changed."),
    "check-stale": _l("What is in the file has changed since it was checked. Nothing was changed; check it again."),
    "check-newer": _l("A newer check was made meanwhile. Nothing was changed; look at it first."),
    "check-failed-note": _l("The check was not passed: say why the file is accepted all the same. Nothing was changed."),
}  # fmt: skip
CHECK_REFUSALS = {
    "unknown-file": _l("This case file is not known. Nothing was changed."),
    "not-to-be-checked": _l("A file is checked once it was reviewed. Nothing was changed."),
}
UNDATED = {
    "held": _l("kept whatever the date: a hold is on"),
    "case-open": _l("their case is not in the archive yet"),
    "unattached": _l("attached to no archived case, so not reviewed"),
}
PERIODS = {
    "Y": _l("for ever (Y)"),
    "D30": _l("30 years (D30)"),
    "D10": _l("10 years (D10)"),
}
NUMBER_FIELDS = {
    "fonds": _l("fonds number"),
    "year": _l("year"),
    "period": _l("period"),
    "unit": _l("unit"),
    "type": _l("type"),
}


def say_finding(finding: Finding) -> str:
    """Answer the sentence of a finding, with its dates in the bureau's time zone."""
    from web.formats import moment  # noqa: PLC0415 - formats ask for the application

    sentence = FOUR_REASONS.get(finding.reason)
    if sentence is None:
        return finding.reason
    about: dict[str, Any] = dict(finding.about)
    for name in ("at", "until", "wanted"):
        if name in about:
            try:
                about[name] = moment(datetime.fromisoformat(str(about[name])))
            except ValueError:
                about[name] = str(about[name])
    if "flags" in about:
        about["flags"] = " ".join(str(FLAGS.get(flag, flag)) for flag in str(about["flags"]).split())
    try:
        return str(sentence) % about
    except (KeyError, ValueError):
        return str(sentence)
