"""四性检测 of a case file: making it, keeping it as a record, reading it again, and saying when it is stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from catalog.actors import Actor
from catalog.archiving.contents import content_digest, contents_of, digests_of
from catalog.archiving.gathering import clip_facts, file_facts
from catalog.custody.log import add_entry
from catalog.models import AcceptanceCheck, Account, Attachment, Case, CaseMove, FileReading
from catalog.receipts import Signer
from catalog.refused import Refused
from catalog.rules.four_checks import (
    Finding,
    Group,
    Result,
    by_group,
    check_clip,
    check_file,
    outcome,
)
from catalog.timestamps.authorities import Authority

VERSION = 1
CHECKABLE = ("reviewed", "handed-over", "accepted", "archived", "transferred")
WHY = ("unknown-file", "not-to-be-checked")


class CannotCheck(Refused):
    """No check was made; `why` is a stable word."""


@dataclass(frozen=True, slots=True)
class CheckedClip:
    """A recording of the file with its findings."""

    attachment: Attachment
    findings: Sequence[Finding]

    @property
    def groups(self) -> Mapping[Group, Result]:
        """The outcome of each of the four."""
        return by_group(self.findings)


@dataclass(frozen=True, slots=True)
class CheckView:
    """A kept check: its findings, without those of recordings restricted since, and the outcomes of the rest."""

    check: AcceptanceCheck
    of_file: Sequence[Finding]
    clips: Sequence[CheckedClip]
    stale: bool
    """What is in the file has changed since."""

    @property
    def findings(self) -> list[Finding]:
        """All of them."""
        return [*self.of_file, *(f for clip in self.clips for f in clip.findings)]

    @property
    def outcome(self) -> Result:
        """Over all findings that show."""
        return outcome(self.findings)

    @property
    def groups(self) -> Mapping[Group, Result]:
        """The outcome of each of the four over the whole file."""
        return by_group(self.findings)

    def tally(self, group: Group, test: str) -> dict[str, int]:
        """How often a test ended in each way."""
        found = {"pass": 0, "fail": 0, "not-tested": 0}
        for finding in self.findings:
            if (finding.group, finding.test) == (group, test):
                found[finding.result] += 1
        return found


def make_check(
    session: Session,
    *,
    actor: Actor,
    case_id: UUID,
    signer: Signer,
    authorities: Mapping[str, Authority],
    now: datetime,
) -> AcceptanceCheck:
    """Check a file as it stands and keep the result. Raises CannotCheck.

    What is restricted is not part of it (invariant 11): a check that counted sealed recordings would tell of them. Nor are
    the recordings that were destroyed by the procedure: their register vouches for them, and no test can be made.
    """
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise CannotCheck("unknown-file")
    if case.state not in CHECKABLE:
        raise CannotCheck("not-to-be-checked")
    held = contents_of(session, case_id)
    reading = last_reading(session, case_id)
    facts = clip_facts(
        session,
        [a for a in held if a.clip.destroyed_at is None],
        signer=signer,
        authorities=authorities,
        read_since=reading.asked_at if reading else None,
    )
    of_clips = {clip: check_clip(one, now) for clip, one in facts.items()}
    of_file = check_file(file_facts(held))
    every = [*of_file, *(finding for findings in of_clips.values() for finding in findings)]
    check = AcceptanceCheck(
        case_id=case_id,
        checked_by=actor.id,
        checked_at=now,
        outcome=outcome(every),
        content_sha256=content_digest(held),
        results={
            "version": VERSION,
            "file": [_kept(finding) for finding in of_file],
            "clips": {str(clip): [_kept(f) for f in findings] for clip, findings in of_clips.items()},
        },
    )
    session.add(check)
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="case.acceptance-checked",
        subjects={"case": case_id},
        facts={
            "check": str(check.id),
            "outcome": check.outcome,
            "content": check.content_sha256,
            "groups": dict(by_group(every)),
        },
        now=now,
    )
    return check


def _kept(finding: Finding) -> dict[str, Any]:
    kept = asdict(finding)
    return kept if kept["about"] else {k: v for k, v in kept.items() if k != "about"}


def _read(kept: Mapping[str, Any]) -> Finding:
    return Finding(kept["group"], kept["test"], kept["result"], kept["reason"], kept.get("about", {}))


def latest_check(session: Session, case_id: UUID) -> AcceptanceCheck | None:
    """Answer the newest check of a file, or None."""
    return session.scalar(
        select(AcceptanceCheck)
        .where(AcceptanceCheck.case_id == case_id)
        .order_by(AcceptanceCheck.checked_at.desc(), AcceptanceCheck.id.desc())
        .limit(1)
        .options(joinedload(AcceptanceCheck.checker).joinedload(Account.officer))
    )


def check_relied_on(session: Session, case_id: UUID) -> AcceptanceCheck | None:
    """Answer the check on which the archive accepted a file, of several acceptances the last; None without one.

    A file may be checked again later; what it was accepted on does not change by that.
    """
    accepted = (
        select(CaseMove.id)
        .where(CaseMove.case_id == case_id, CaseMove.move == "accept")
        .order_by(CaseMove.at.desc(), CaseMove.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return session.scalar(
        select(AcceptanceCheck)
        .where(AcceptanceCheck.case_id == case_id, AcceptanceCheck.relied_on_by == accepted)
        .options(joinedload(AcceptanceCheck.checker).joinedload(Account.officer))
    )


def is_stale(session: Session, check: AcceptanceCheck) -> bool:
    """Answer whether the file holds something else than was checked."""
    return digests_of(session, [check.case_id])[check.case_id] != check.content_sha256


def view_check(session: Session, check: AcceptanceCheck) -> CheckView:
    """Answer a check. A recording that was sealed since leaves no line and no count."""
    seen = contents_of(session, check.case_id)
    stale = content_digest(seen) != check.content_sha256
    kept: Mapping[str, list[Mapping[str, Any]]] = check.results.get("clips", {})
    first = {a.clip_id: a for a in reversed(seen)}
    clips = [
        CheckedClip(first[a.clip_id], [_read(f) for f in kept[str(a.clip_id)]])
        for a in seen
        if first[a.clip_id] is a and str(a.clip_id) in kept
    ]
    # File-wide findings count lines: of a stale check they are made anew, else they would count what was sealed since.
    of_file = check_file(file_facts(seen)) if stale else [_read(f) for f in check.results["file"]]
    return CheckView(check, of_file, clips, stale)


@dataclass(frozen=True, slots=True)
class ReadingProgress:
    """How far reading a whole file back is: of the recordings that were asked for and are not restricted."""

    reading: FileReading
    done: int
    failed: int
    """Found to differ or missing, or given up."""
    all: int

    @property
    def over(self) -> bool:
        """Nothing more is to come."""
        return self.done + self.failed >= self.all


def last_reading(session: Session, case_id: UUID) -> FileReading | None:
    """Answer the newest asking to read a file back, or None."""
    return session.scalar(
        select(FileReading)
        .where(FileReading.case_id == case_id)
        .order_by(FileReading.asked_at.desc(), FileReading.id.desc())
        .limit(1)
    )
