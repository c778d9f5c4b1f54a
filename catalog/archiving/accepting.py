"""接收: taking a handed-over file into the archive on the ground of its acceptance check (档案法 Art 39, R2.8).

A check that failed does not forbid it: footage that a dying card cut off belongs into the archive as it is. It must be a
check of what is in the file now, and whoever accepts in spite of a failure says why, in the move and in the log.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.archiving.checking import is_stale, latest_check
from catalog.case_files.life import MoveFacts, move_case
from catalog.custody.log import add_entry
from catalog.models import Case, CaseMove
from catalog.refused import Refused
from catalog.rules.free_text import spoken

WHY = ("check-missing", "check-stale", "check-failed-note", "check-newer")
NOTE_LIMIT = 2000


class CannotAccept(Refused):
    """The file stays where it is; `why` is a stable word. What `move_case` refuses it refuses itself."""


def accept_file(
    session: Session,
    *,
    actor: Actor,
    case_id: UUID,
    check_id: UUID | None,
    note: str,
    today: date,
    now: datetime,
) -> Case:
    """Accept a file; `check_id` is the check that was looked at. Raises CannotAccept and CannotMove.

    Refused: no check (`check-missing`), a newer one than was looked at (`check-newer`), one of other contents than the
    file has now (`check-stale`), and a failed one without a note (`check-failed-note`).
    """
    session.scalar(select(Case.id).where(Case.id == case_id).with_for_update())
    check = latest_check(session, case_id)
    note = spoken(note)[:NOTE_LIMIT]
    if check is None:
        raise CannotAccept("check-missing")
    if check_id is not None and check.id != check_id:
        raise CannotAccept("check-newer")
    if is_stale(session, check):
        raise CannotAccept("check-stale")
    if check.outcome != "pass" and not note:
        raise CannotAccept("check-failed-note")
    case = move_case(
        session, actor=actor, case_id=case_id, move="accept", facts=MoveFacts(note=note), today=today, now=now
    )
    move = session.scalar(
        select(CaseMove)
        .where(CaseMove.case_id == case_id, CaseMove.move == "accept")
        .order_by(CaseMove.at.desc(), CaseMove.id.desc())
        .limit(1)
    )
    check.relied_on_by = move.id if move is not None else None
    add_entry(
        session,
        actor=actor,
        action="case.accepted-on-check",
        subjects={"case": case_id},
        facts={"check": str(check.id), "outcome": check.outcome, "content": check.content_sha256},
        private={"note": note or None},
        now=now,
    )
    return case
