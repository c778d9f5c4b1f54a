"""States, kinds and sources."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

KINDS = {
    "video": _l("video"),
    "audio": _l("sound recording"),
    "photo": _l("photo"),
    "document": _l("document"),
    "unknown": _l("unrecognised"),
}
CLIP_STATES = {
    "verified": _l("original verified"),
    "waiting": _l("not yet read back"),
    "destroyed": _l("destroyed"),
    "attention": _l("needs a look"),
    "failed": _l("work failed"),
    "partial": _l("partly unreadable"),
}
WHEN = {
    "today": _l("today"),
    "yesterday": _l("yesterday"),
    "week": _l("the last 7 days"),
    "month": _l("the last 30 days"),
}
STAGES = {
    "verify": _l("Verify"),
    "timestamp": _l("Time stamp"),
    "describe": _l("Describe"),
    "render": _l("Pictures and copies"),
    "encode": _l("Make playable"),
    "analyse": _l("Measure"),
    "reread": _l("Read back again"),
}
STAGE_STATES = {
    "pending": _l("waiting"),
    "deferred": _l("put off until the night"),
    "running": _l("under way"),
    "done": _l("done"),
    "failed": _l("failed"),
    "sealed": _l("not done while it is sealed"),
}
QUEUES = {
    "chores": _l("small jobs"),
    "intake": _l("acceptance"),
    "pictures": _l("pictures and quick copies"),
    "upkeep": _l("upkeep"),
    "media": _l("films somebody waits for"),
    "encode": _l("films to encode"),
    "analyse": _l("recordings to measure"),
    "disposal": _l("destructions that were ordered"),
}
WORKERS = {
    "intake": _l("worker for acceptance"),
    "pictures": _l("worker for pictures"),
    "media": _l("worker for films"),
    "disposal": _l("worker for destruction"),
}
ENDS = {
    "found": _l("listed, not copied yet"),
    "copied": _l("copied to the station, not read back yet"),
    "checked": _l("copied and read back at the station"),
    "uploaded": _l("sent, receipt outstanding"),
    "received": _l("received and locked"),
    "verified": _l("received, locked and verified"),
    "clearable": _l("verified, and read back a second time"),
    "cleared": _l("verified, and removed from the recorder"),
    "held already": _l("held already, nothing stored twice"),
    "partial": _l("partly unreadable; the rest is kept"),
    "changed while read": _l("kept changing; still on the recorder"),
    "vanished": _l("was listed, then gone"),
    "refused": _l("no recording; not taken"),
    "unread": _l("could not be read; not taken"),
    "too large": _l("too large; not taken"),
    "untaken": _l("could not be taken in"),
}
SLOTS = {
    "idle": _l("Plug in a recorder"),
    "reading": _l("Reading the list of files"),
    "copying": _l("Copying"),
    "checking": _l("Checking"),
    "take": _l("You may take it"),
    "stored": _l("Safely stored"),
    "verified": _l("Safely stored"),
    "unread": _l("Something could not be taken in"),
    "attention": _l("Do not remove"),
    "pulled": _l("Plug it in again"),
    "silent": _l("No word from the station"),
}
RECORDER_USES = {
    "personal": _l("personal, to one officer"),
    "shared": _l("shared by several officers"),
}
RECORDER_KINDS = {
    "recorder": _l("body camera"),
    "camera": _l("camera"),
    "voice": _l("voice recorder"),
    "card": _l("memory card"),
    "folder": _l("folder"),
}
SHOWN_AS = {
    "original": _l("The original itself is shown."),
    "remux": _l(
        "A copy in another container is shown; picture and sound are those of the original, not encoded anew."
    ),
    "transcode": _l("A copy encoded anew is shown, because browsers cannot play the original."),
    "audio": _l("A copy of the sound, encoded anew, is played."),
    "smaller": _l("A smaller, upright copy of the photo is shown."),
    "image": _l("A copy of the photo is shown, because browsers cannot show the original."),
    "none": _l("Nothing of this file can be shown in a browser. The original is kept and can be downloaded."),
}
RENDITIONS = {
    "player": _l("copy for playing"),
    "preview": _l("preview"),
    "poster": _l("still picture"),
    "thumb": _l("small picture for lists"),
    "sprite": _l("sheet of small pictures"),
    "thumbnails": _l("index of small pictures"),
    "track": _l("GPS track"),
    "waveform": _l("waveform"),
    "frames": _l("map of the frames"),
}
SOURCES = {
    "container-utc": _l("file header, said to be UTC"),
    "container-date": _l("file header"),
    "stream-utc": _l("track header, said to be UTC"),
    "quicktime-creationdate": _l("device clock with time zone"),
    "riff-date": _l("file header"),
    "timecode": _l("time code track"),
    "exif-original": _l("EXIF, device clock"),
    "exif-digitized": _l("EXIF, device clock"),
    "exif-modified": _l("EXIF, last change"),
    "exif-gps": _l("satellite (EXIF)"),
    "gpmf": _l("satellite (camera track)"),
    "nmea": _l("satellite (lines of the recorder)"),
    "iso6709": _l("satellite (file header)"),
    "file-name": _l("file name, device clock"),
    "file-modified": _l("file system, end of writing"),
    "recorder-holder": _l("held the recorder at docking"),
    "held-then": _l("held the recorder at the time"),
    "name": _l("officer number in the file name"),
    "picked": _l("picked at the station"),
    "assigned": _l("the recorder was assigned to them when it was docked"),
    "track-name": _l("concluded from the name of a track"),
    "software": _l("concluded from the programme that wrote it"),
    "header": _l("file header"),
    "counted": _l("counted from the recording"),
    "decoded": _l("decoded whole"),
    "none": "",
}
STRETCHES = {
    "black": _l("black"),
    "frozen": _l("picture stands still"),
    "silence": _l("no sound"),
    "fault": _l("cannot be decoded"),
    "jump": _l("clock leaps"),
}
RATE_KINDS = {
    "constant": _l("constant rate"),
    "variable": _l("variable rate"),
    "unknown": "",
}
STOPPED = {
    "circles": _l("It was measured only in part: the file leads the reader round in circles."),
    "slow": _l("It was measured only in part: decoding took longer than can be waited for."),
    "unreadable": _l("It was measured only in part: reading broke off."),
}
CASE_TYPES = {
    "penalty-general": _l("penalty, general procedure"),
    "penalty-summary": _l("penalty, summary procedure"),
    "licence": _l("licence"),
    "confirmation": _l("confirmation"),
    "inspection": _l("inspection"),
    "complaint": _l("complaint"),
    "other": _l("other case"),
}
CASE_STATES = {
    "lead": _l("lead"),
    "open": _l("open"),
    "finished": _l("finished"),
    "made-up": _l("made up"),
    "corrected": _l("checked in the section"),
    "returned": _l("returned for correction"),
    "reviewed": _l("reviewed"),
    "handed-over": _l("handed over"),
    "accepted": _l("accepted by the office"),
    "archived": _l("archived"),
    "transferred": _l("transferred to the archive"),
    "dropped": _l("not filed as a case"),
    "merged": _l("merged into another case"),
}
CASE_MOVES = {
    "file": _l("File as a case"),
    "drop": _l("Do not file as a case"),
    "finish": _l("Finish"),
    "make-up": _l("Make up the file"),
    "correct": _l("Checked and corrected"),
    "send-back": _l("Send back to the handler"),
    "pass": _l("Pass"),
    "return": _l("Return for correction"),
    "hand-over": _l("Hand over to the office"),
    "take-back": _l("Take back"),
    "accept": _l("Accept into the archive"),
    "archive": _l("Archive"),
    "transfer": _l("Transfer to the public archive"),
    "reopen": _l("Reopen"),
    "enter": _l("Entered"),
    "import": _l("Imported"),
    "merge": _l("Merged into another case"),
    "take-in": _l("Took another case in"),
    "split": _l("Gave a part off"),
    "split-off": _l("Split off from another case"),
}
CASE_STAGES = {
    "initiation": _l("Initiation"),
    "investigation": _l("Investigation"),
    "decision": _l("Review and decision"),
    "execution": _l("Service and execution"),
}
ACTIVITIES = {
    "patrol": _l("daily patrol"),
    "investigation": _l("inspection on site"),
    "questioning": _l("questioning a party"),
    "service": _l("serving documents"),
    "hearing": _l("hearing"),
    "coercion": _l("coercive measure"),
    "other": _l("other act"),
}
PRESETS = {
    "show-credentials": _l("credentials shown"),
    "tell-recording": _l("recording announced"),
    "tell-rights": _l("rights explained"),
    "statement-defence": _l("statement and defence"),
    "inventory-sealing": _l("counted and sealed"),
    "left-in-place": _l("document left in place"),
    "signed": _l("signed"),
    "not-signed": _l("refused to sign"),
}
METHODS = {
    "on-site": _l("recorded on site"),
    "questioning": _l("recorded while questioning"),
    "party": _l("given by the party"),
    "obtained": _l("obtained from a body"),
    "web": _l("secured from the web"),
    "copied": _l("copied from the original"),
    "test": _l("inspection or test"),
}
FITS = {
    "handler": _l("by the handler"),
    "second-handler": _l("by the second handler"),
    "named-at-step": _l("by somebody named at the step"),
    "recorder-holder": _l("recorder of a handler"),
    "during": _l("during the step"),
    "during-by-error": _l("during the step, within the error of the clock"),
    "near-time": _l("within an hour"),
    "same-day": _l("the same day"),
    "at-place": _l("within 200 m"),
    "near-place": _l("within 1 km"),
    "place-named": _l("a mark names the place"),
    "marks-fit": _l("marks fit the activity"),
}
STANDINGS = {
    "attached": _l("attached"),
    "detached": _l("detached, waits for the legal section"),
    "gone": _l("detached, confirmed by the legal section"),
}
WEIGHTS = {"evidence": _l("evidence"), "process": _l("process record")}
VOLUMES = {"main": _l("main volume"), "sub": _l("sub volume")}
ROLES = {
    "officer": _l("officer"),
    "handler": _l("case handler"),
    "archivist": _l("archivist"),
    "administrator": _l("recorder administrator"),
    "system-administrator": _l("system administrator"),
    "security-administrator": _l("security administrator"),
    "auditor": _l("auditor"),
    "section-head": _l("head of section"),
    "legal": _l("legal section"),
    "personnel": _l("personnel section"),
    "office-head": _l("head of the office"),
    "leader": _l("supervising leader"),
    "bureau-head": _l("head of the bureau"),
}
SUBJECTS = {
    "appraisal": _l("appraisal"),
    "account": _l("account"),
    "case": _l("case"),
    "clip": _l("clip"),
    "docking": _l("docking"),
    "incident": _l("incident"),
    "officer": _l("officer"),
    "probe": _l("lock probe"),
    "mark": _l("mark"),
    "recorder": _l("recorder"),
    "schedule": _l("retention schedule"),
    "station": _l("station"),
    "step": _l("step"),
    "view": _l("saved view"),
}
JOBS = {
    "analyse": _l("Measure"),
    "audit-timestamps": _l("nightly proof of time stamps"),
    "demo": _l("demonstration"),
    "empty-sealed": _l("removing copies for viewing of sealed recordings"),
    "clear-renditions": _l("clearing away what is no longer shown"),
    "command": _l("command line"),
    "describe": _l("Describe"),
    "documents": _l("settling interrupted documents"),
    "disposal": _l("destruction"),
    "forward-log": _l("sending the custody log on"),
    "encode": _l("Make playable"),
    "inventory": _l("comparing catalog and storage"),
    "lock-probe": _l("lock probe"),
    "manifests": _l("manifests"),
    "refused-sign-ins": _l("counting refused sign-ins"),
    "probe": _l("lock probe"),
    "prove-sheets": _l("nightly proof"),
    "apply-locks": _l("setting locks and holds"),
    "reconcile-locks": _l("comparing and prolonging locks"),
    "render": _l("Pictures and copies"),
    "reread": _l("Read back again"),
    "setup": _l("setting up"),
    "sign-in link": _l("sign-in link"),
    "timestamp": _l("Time stamp"),
    "timestamps": _l("time stamps"),
    "verify": _l("Verify"),
}
