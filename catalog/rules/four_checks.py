"""四性检测 (档案法 Art 39, DA/T 70): authenticity, integrity, usability and security of what is accepted into the archive.

Pure: facts of a recording or of the whole file in, findings out. A finding says which test was made, how it ended and
why; what was not tested is said to be not tested, never counted as passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Group = Literal["authenticity", "integrity", "usability", "security"]
Result = Literal["pass", "fail", "not-tested"]

GROUPS: tuple[Group, ...] = ("authenticity", "integrity", "usability", "security")
"""真实性, 完整性, 可用性, 安全性, in the order of the law."""
RESULTS: tuple[Result, ...] = ("pass", "fail", "not-tested")
TESTS: Mapping[Group, tuple[str, ...]] = {
    "authenticity": ("origin", "received", "verified", "time-stamp", "custody"),
    "integrity": ("digest", "read-anew", "bytes-whole", "incidents", "index", "volumes", "detached"),
    "usability": ("described", "viewable", "decoded"),
    "security": ("lock", "lock-date", "hold", "malware"),
}
"""`index`, `volumes` and `detached` are made once for the file, the others for each recording."""
REASONS = (
    "from-recorder",
    "entered-by-person",
    "provenance-not-proven",
    "signature-good",
    "statement-missing",
    "signature-bad",
    "signed-otherwise",
    "key-unknown",
    "no-station",
    "stamp-good",
    "stamp-self-signed",
    "stamp-missing",
    "stamp-bad",
    "no-authority",
    "entries-good",
    "entries-missing",
    "entries-changed",
    "entries-waiting",
    "digest-agrees",
    "digest-differs",
    "never-read",
    "read-now",
    "read-before",
    "bytes-whole",
    "bytes-missing",
    "no-incident",
    "incident-open",
    "index-complete",
    "index-incomplete",
    "index-empty",
    "volumes-good",
    "main-volume-empty",
    "none-detached",
    "detached-waiting",
    "described",
    "describing-failed",
    "not-described",
    "original-plays",
    "copy-plays",
    "cannot-be-shown",
    "copy-not-made",
    "decoded-whole",
    "damaged",
    "not-decoded",
    "photo-rendered",
    "photo-not-rendered",
    "document-not-opened",
    "locked",
    "not-locked",
    "date-covers",
    "date-short",
    "held",
    "hold-missing",
    "no-hold-asked",
    "no-scanner",
    "no-copy",
)
DAMAGE = frozenset(
    {
        "empty", "unreadable", "no-index", "truncated", "no-key-frame", "undecodable", "damaged-inside",
        "missing-tail", "track-ends-early", "decode-errors", "time-jumps", "encrypted",
    }
)  # fmt: skip
"""Flags of a recording that say that part of it cannot be used."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One test: of which group, how it ended, why (a word of REASONS), and dates or numbers that the sentence names."""

    group: Group
    test: str
    result: Result
    reason: str
    about: Mapping[str, str | int] = field(default_factory=dict)


Signed = Literal["good", "missing", "bad", "otherwise", "key-unknown"]
"""A signed statement: proven; not there; its signature does not hold; it states other bytes; signed with another key."""
Stamp = Literal["good", "self-signed", "missing", "bad", "no-authority"]


@dataclass(frozen=True, slots=True)
class CopyFacts:
    """One stored copy as last observed."""

    mode: str
    until: datetime
    lock_read_at: datetime
    hold: bool
    verified_at: datetime | None
    mismatched: bool


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """Everything the tests of one recording read. All of it are facts of the server, none of the camera."""

    kind: str
    origin: str
    received: Signed
    verified: Signed
    stamp: Stamp
    entries: int
    """Entries of its way (received, verified, attached) whose leaf agrees with their record."""
    entries_bad: int
    """Those whose record no longer gives their leaf."""
    entries_waiting: int
    """Those that have no place in the log yet."""
    acts_missing: int
    """Of received, verified and attached: how many have no entry at all."""
    copies: Sequence[CopyFacts]
    read_since: datetime | None
    """Somebody asked for everything to be read back at this time; None: nobody did."""
    whole: bool
    incidents: int
    """Open ones."""
    describe: str | None
    """State of the stage; None: never asked for."""
    shown_as: str | None
    has_copy: bool
    """A complete copy for playing or looking is there."""
    copy_waits: bool
    decoded: bool | None
    """Decoded to its end; None: not decoded."""
    flags: frozenset[str]
    lock_desired: datetime
    hold_desired: bool


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Everything the tests of a whole file read."""

    lines: int
    """In the index."""
    main: int
    """Of them, in the main volume."""
    incomplete: int
    """Lines without what an index needs: a maker, a date, or of evidence what it proves."""
    detached: int
    """Detached and not yet confirmed by the legal section (R4.11)."""


def check_clip(facts: ClipFacts, now: datetime) -> list[Finding]:
    """Answer the findings for one recording, in the order of TESTS."""
    return [*_authentic(facts), *_whole(facts), *_usable(facts), *_safe(facts, now)]


def check_file(facts: FileFacts) -> list[Finding]:
    """Answer the findings for the file as a whole."""
    found: list[Finding] = []
    if not facts.lines:
        found.append(Finding("integrity", "index", "not-tested", "index-empty"))
        found.append(Finding("integrity", "volumes", "not-tested", "index-empty"))
    else:
        good = not facts.incomplete
        found.append(
            Finding(
                "integrity", "index", "pass" if good else "fail",
                "index-complete" if good else "index-incomplete", {"n": facts.incomplete or facts.lines},
            )
        )  # fmt: skip
        found.append(
            Finding("integrity", "volumes", "pass", "volumes-good", {"n": facts.main})
            if facts.main
            else Finding("integrity", "volumes", "fail", "main-volume-empty")
        )
    found.append(
        Finding("integrity", "detached", "fail", "detached-waiting", {"n": facts.detached})
        if facts.detached
        else Finding("integrity", "detached", "pass", "none-detached")
    )
    return found


def outcome(findings: Iterable[Finding]) -> Result:
    """Answer one word for many findings: one failure fails; nothing passed means that nothing was tested."""
    results = {finding.result for finding in findings}
    if "fail" in results:
        return "fail"
    return "pass" if "pass" in results else "not-tested"


def by_group(findings: Sequence[Finding]) -> dict[Group, Result]:
    """Answer the outcome of each of the four."""
    return {group: outcome(f for f in findings if f.group == group) for group in GROUPS}


_SIGNED: Mapping[Signed, tuple[Result, str]] = {
    "good": ("pass", "signature-good"),
    "missing": ("fail", "statement-missing"),
    "bad": ("fail", "signature-bad"),
    "otherwise": ("fail", "signed-otherwise"),
    "key-unknown": ("not-tested", "key-unknown"),
}
_STAMPS: Mapping[Stamp, tuple[Result, str]] = {
    "good": ("pass", "stamp-good"),
    "self-signed": ("pass", "stamp-self-signed"),
    "missing": ("fail", "stamp-missing"),
    "bad": ("fail", "stamp-bad"),
    "no-authority": ("not-tested", "no-authority"),
}
_ORIGINS: Mapping[str, tuple[Result, str]] = {
    "recorder": ("pass", "from-recorder"),
    "browser": ("pass", "entered-by-person"),
}


def _statement(signed: Signed, origin: str) -> tuple[Result, str]:
    """Statements are given to stations; what a person put in was handed over by none."""
    if signed == "missing" and origin != "recorder":
        return "not-tested", "no-station"
    return _SIGNED[signed]


def _authentic(facts: ClipFacts) -> list[Finding]:
    def of(test: str, ended: tuple[Result, str], **about: str | int) -> Finding:
        return Finding("authenticity", test, *ended, about)

    if facts.entries_bad:
        log: Finding = of("custody", ("fail", "entries-changed"), n=facts.entries_bad)
    elif facts.acts_missing:
        log = of("custody", ("fail", "entries-missing"), n=facts.acts_missing)
    elif facts.entries_waiting:
        log = of("custody", ("not-tested", "entries-waiting"), n=facts.entries_waiting)
    else:
        log = of("custody", ("pass", "entries-good"), n=facts.entries)
    return [
        of("origin", _ORIGINS.get(facts.origin, ("not-tested", "provenance-not-proven"))),
        of("received", _statement(facts.received, facts.origin)),
        of("verified", _statement(facts.verified, facts.origin)),
        of("time-stamp", _STAMPS[facts.stamp]),
        log,
    ]


def _whole(facts: ClipFacts) -> list[Finding]:
    def of(test: str, result: Result, reason: str, **about: str | int) -> Finding:
        return Finding("integrity", test, result, reason, about)

    # Of several copies the one that was read longest ago says how fresh the knowledge is.
    read = [copy.verified_at for copy in facts.copies]
    last = min((at for at in read if at is not None), default=None)
    if not facts.copies:
        digest, anew = of("digest", "fail", "no-copy"), of("read-anew", "not-tested", "no-copy")
    elif any(copy.mismatched for copy in facts.copies):
        digest = of("digest", "fail", "digest-differs")
        anew = of("read-anew", "not-tested", "digest-differs")
    elif last is None or None in read:
        digest, anew = of("digest", "fail", "never-read"), of("read-anew", "not-tested", "never-read")
    else:
        at = last.isoformat()
        digest = of("digest", "pass", "digest-agrees", at=at)
        fresh = facts.read_since is not None and last >= facts.read_since
        anew = of("read-anew", "pass", "read-now", at=at) if fresh else of("read-anew", "not-tested", "read-before", at=at)  # fmt: skip
    return [
        digest,
        anew,
        of("bytes-whole", "pass", "bytes-whole") if facts.whole else of("bytes-whole", "fail", "bytes-missing"),
        of("incidents", "fail", "incident-open", n=facts.incidents)
        if facts.incidents
        else of("incidents", "pass", "no-incident"),
    ]  # fmt: skip


def _usable(facts: ClipFacts) -> list[Finding]:
    def of(test: str, result: Result, reason: str, **about: str | int) -> Finding:
        return Finding("usability", test, result, reason, about)

    if facts.shown_as is not None:
        described = of("described", "pass", "described")
    elif facts.describe == "failed":
        described = of("described", "fail", "describing-failed")
    else:
        described = of("described", "not-tested", "not-described")
    if facts.shown_as == "original":
        viewable = of("viewable", "pass", "original-plays")
    elif facts.has_copy:
        viewable = of("viewable", "pass", "copy-plays")
    elif facts.shown_as == "none":
        viewable = of("viewable", "fail", "cannot-be-shown")
    elif facts.shown_as is None or facts.copy_waits:
        viewable = of("viewable", "not-tested", "copy-not-made")
    else:
        viewable = of("viewable", "fail", "copy-not-made")
    return [described, viewable, _decoded(facts)]


def _decoded(facts: ClipFacts) -> Finding:
    damage = sorted(facts.flags & DAMAGE)
    if damage or facts.decoded is False:
        return Finding(
            "usability", "decoded", "fail", "damaged", {"flags": " ".join(damage) or "not-measured-whole"}
        )
    if facts.kind == "photo":
        rendered = facts.has_copy
        return Finding(
            "usability", "decoded", "pass" if rendered else "not-tested",
            "photo-rendered" if rendered else "photo-not-rendered",
        )  # fmt: skip
    if facts.kind == "document":
        return Finding("usability", "decoded", "not-tested", "document-not-opened")
    if facts.decoded:
        return Finding("usability", "decoded", "pass", "decoded-whole")
    return Finding("usability", "decoded", "not-tested", "not-decoded")


def _safe(facts: ClipFacts, now: datetime) -> list[Finding]:
    def of(test: str, result: Result, reason: str, **about: str | int) -> Finding:
        return Finding("security", test, result, reason, about)

    malware = of("malware", "not-tested", "no-scanner")
    if not facts.copies:
        return [of("lock", "fail", "no-copy"), of("lock-date", "not-tested", "no-copy"),
                of("hold", "not-tested", "no-copy"), malware]  # fmt: skip
    weakest = min(facts.copies, key=lambda copy: (copy.mode == "COMPLIANCE", copy.until))
    ends, read = weakest.until.isoformat(), min(c.lock_read_at for c in facts.copies).isoformat()
    locked = weakest.mode == "COMPLIANCE" and weakest.until > now
    covers = locked and weakest.until >= facts.lock_desired
    if not facts.hold_desired:
        hold = of("hold", "pass", "no-hold-asked")
    else:
        held = all(copy.hold for copy in facts.copies)
        hold = of("hold", "pass" if held else "fail", "held" if held else "hold-missing", at=read)
    return [
        of("lock", "pass" if locked else "fail", "locked" if locked else "not-locked", until=ends, at=read),
        of("lock-date", "pass" if covers else "fail", "date-covers" if covers else "date-short",
           until=ends, wanted=facts.lock_desired.isoformat()),
        hold,
        malware,
    ]  # fmt: skip
