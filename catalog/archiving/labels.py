"""What the archive writes on a case file: 档号, 全宗号, year, shelf, 互见号 and the note of its 备考表."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from uuid import UUID

import rfc8785
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.archiving.register import IN_REGISTER
from catalog.custody.log import add_entry
from catalog.models import Case
from catalog.refused import Refused
from catalog.rules.archive_number import LONGEST, Around, around, missing, next_number
from catalog.rules.free_text import spoken

WHY = (
    "unknown-file",
    "not-in-archive",
    "changed-meanwhile",
    "nothing-changed",
    "too-long",
    "bad-year",
    "number-taken",
    "number-gone",
    "reason-missing",
)
LIMITS = {
    "archive_number": LONGEST,
    "fonds_number": 64,
    "shelf_place": 255,
    "cross_reference": 255,
    "file_note": 4000,
}
"""Characters."""
YEARS = range(1949, 2200)
SETTLED = frozenset({"archived", "transferred"})
"""From here on the label stands in registers and on paper elsewhere: a change of it needs a reason."""


class CannotLabel(Refused):
    """The label was left as it is; `why` is a stable word."""


@dataclass(frozen=True, slots=True)
class Label:
    """All of it as text and number; the archive number is "" where there is none yet."""

    archive_number: str = ""
    fonds_number: str = ""
    archive_year: int | None = None
    shelf_place: str = ""
    cross_reference: str = ""
    file_note: str = ""

    @property
    def mark(self) -> str:
        """A digest of it, by which a form knows whether somebody else has changed it meanwhile."""
        return hashlib.sha256(rfc8785.dumps(asdict(self))).hexdigest()[:32]


def label_of(case: Case) -> Label:
    """Answer the label of a case file."""
    return Label(
        case.archive_number or "", case.fonds_number, case.archive_year, case.shelf_place,
        case.cross_reference, case.file_note,
    )  # fmt: skip


def change_label(
    session: Session,
    *,
    actor: Actor,
    case_id: UUID,
    label: Label,
    seen: str,
    now: datetime,
    reason: str = "",
) -> Case:
    """Write the label anew. `seen` is the mark of the one that was looked at. Raises CannotLabel.

    What it was before and is now stands in the custody entry (R2.9). A number once given is not taken away, only
    replaced; one that another file bears is refused.
    """
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None:
        raise CannotLabel("unknown-file")
    if case.state not in IN_REGISTER:
        raise CannotLabel("not-in-archive")
    before, after, reason = label_of(case), _clean(label), spoken(reason)
    if before.mark != seen:
        raise CannotLabel("changed-meanwhile")
    changed = {f.name for f in fields(Label) if getattr(before, f.name) != getattr(after, f.name)}
    if not changed:
        raise CannotLabel("nothing-changed")
    if before.archive_number and not after.archive_number:
        raise CannotLabel("number-gone")
    if case.state in SETTLED and not reason:
        raise CannotLabel("reason-missing")
    _write(session, case, after)
    add_entry(
        session,
        actor=actor,
        action="case.label-changed",
        subjects={"case": case.id},
        facts={"changed": sorted(changed)},
        private={
            "before": {name: getattr(before, name) for name in sorted(changed)},
            "after": {name: getattr(after, name) for name in sorted(changed)},
            "reason": reason or None,
        },
        now=now,
    )
    return case


def _clean(label: Label) -> Label:
    texts = {name: spoken(getattr(label, name)) for name in LIMITS}
    if any(len(texts[name]) > limit for name, limit in LIMITS.items()):
        raise CannotLabel("too-long")
    if label.archive_year is not None and label.archive_year not in YEARS:
        raise CannotLabel("bad-year")
    # A number is one line: what is printed and looked up must be what was typed.
    for name in ("archive_number", "fonds_number", "shelf_place", "cross_reference"):
        texts[name] = " ".join(texts[name].split())
    return Label(archive_year=label.archive_year, **texts)


def _write(session: Session, case: Case, label: Label) -> None:
    number = label.archive_number or None
    if number is not None:
        twin = select(Case.id).where(Case.archive_number == number, Case.id != case.id)
        if session.scalar(twin) is not None:
            raise CannotLabel("number-taken")
    case.archive_number = number
    case.fonds_number, case.archive_year = label.fonds_number, label.archive_year
    case.shelf_place, case.cross_reference = label.shelf_place, label.cross_reference
    case.file_note = label.file_note
    try:
        session.flush()
    except IntegrityError:  # two at once gave the same number to two files; the index lets one of them
        raise CannotLabel("number-taken") from None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A label with the proposed archive number, or what is missing for one."""

    label: Label
    missing: tuple[str, ...] = ()


def propose_number(
    session: Session, case: Case, *, pattern: str, fonds: str, period: str, year: int
) -> Proposal:
    """Answer the next free archive number for a file by the bureau's pattern.

    `fonds` and `year` (of the bureau's calendar) stand in where the file has none, in the label as well. Nothing is written:
    two who propose at once see the same, and the second to keep it is refused.
    """
    kept = label_of(case)
    fonds = kept.fonds_number or fonds
    year = kept.archive_year or (case.closed_on.year if case.closed_on else year)
    known: Mapping[str, str] = {
        "fonds": fonds,
        "year": str(year),
        "period": period,
        "unit": case.unit.name if case.unit else "",
        "type": case.type,
    }
    lacking = missing(pattern, known)
    if lacking:
        return Proposal(kept, lacking)
    parts: Around = around(pattern, known)
    taken = session.scalars(
        select(Case.archive_number).where(
            Case.archive_number.startswith(parts.before, autoescape=True), Case.id != case.id
        )
    )
    number = next_number(parts, (number for number in taken if number))
    return Proposal(replace(kept, archive_number=number, fonds_number=fonds, archive_year=year))
