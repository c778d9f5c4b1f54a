"""The docking under which old footage comes in, the case it goes to, and the step it hangs on."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.case_files.attaching import Wish, attach
from catalog.case_files.cases import add_step
from catalog.ids import new_id
from catalog.intake.dockings import SeenRecorder, open_docking
from catalog.models import Attachment, Case, CaseMove, Recorder, Station, Step
from catalog.rules.case_life import CHANGEABLE, IN_ARCHIVE
from catalog.stations import HISTORY, actor_of, token_digest

STATION_NAME = "历史资料导入"
STEP_TITLE = "历史声像资料（移交前形成）"
SERIAL = "history"


class NoSuchCase(Exception):
    """There is no case of this number, or nothing may be added to it; the text says which."""


def history_station(session: Session, now: datetime) -> Actor:
    """Answer the station under which footage is imported. It has no token that anybody knows, and is revoked from birth."""
    station = session.scalar(select(Station).where(Station.code == HISTORY))
    if station is None:
        station = Station(
            code=HISTORY,
            name=STATION_NAME,
            token_digest=token_digest(secrets.token_urlsafe(32)),
            revoked_at=now,
            created_at=now,
        )
        session.add(station)
        session.flush()
    return actor_of(station, None)


def open_history_docking(
    session: Session, *, history: str, case: Case | None, now: datetime
) -> tuple[Actor, UUID]:
    """Open a docking for one import; what is known of where the footage comes from is kept with it."""
    station = history_station(session, now)
    recorder = session.scalar(select(Recorder).where(Recorder.serial == SERIAL))
    if recorder is None:  # registered: that it is no recorder is said by the footage's own flag
        session.add(
            Recorder(
                serial=SERIAL, serial_source="marker", label=STATION_NAME, kind="folder", registered=True,
                pool=True, created_at=now,
            )
        )  # fmt: skip
        session.flush()
    docking = new_id()
    opened = open_docking(
        session,
        actor=station,
        docking=docking,
        slot="import",
        seen=SeenRecorder(
            SERIAL, "marker", "", "", "folder",
            {"known_history": history, **({"case": str(case.id)} if case is not None else {})},
        ),
        started=now,
        now=now,
    )  # fmt: skip
    opened.state = "reading"
    return station, docking


def case_for_footage(session: Session, number: str) -> Case:
    """Answer the case of this number to which old footage may be added. Raises NoSuchCase.

    What was archived here, by the people of R2.8, is what they signed; only a file that came archived from the case
    system, without its footage, takes it in as well.
    """
    case = session.scalar(select(Case).where(Case.number == number).with_for_update())
    if case is None:
        raise NoSuchCase(f"there is no case with the number {number!r}")
    if case.state in CHANGEABLE:
        return case
    came_so = session.scalar(
        select(CaseMove.id).where(
            CaseMove.case_id == case.id, CaseMove.move == "import", CaseMove.to_state == "archived"
        )
    )
    signed = session.scalar(select(CaseMove.id).where(CaseMove.case_id == case.id, CaseMove.move == "accept"))
    if case.state in IN_ARCHIVE and came_so is not None and signed is None:
        return case
    raise NoSuchCase(f"the file of case {number!r} was passed or archived; it is reopened first")


def hang_on_case(session: Session, *, actor: Actor, case_id: UUID, clip_id: UUID, now: datetime) -> bool:
    """Attach a clip as a process record to the case's step for old footage; answer whether it was not yet on the case."""
    case = session.scalar(select(Case).where(Case.id == case_id).with_for_update())
    if case is None or case.number is None:
        raise NoSuchCase("the case is gone")
    case_for_footage(session, case.number)
    there = select(Attachment.id).join(Step, Step.id == Attachment.step_id)
    if (
        session.scalar(there.where(Step.case_id == case_id, Attachment.clip_id == clip_id).limit(1))
        is not None
    ):
        return False
    step = session.scalar(select(Step).where(Step.case_id == case_id, Step.title == STEP_TITLE).limit(1))
    if step is None:
        step = add_step(
            session,
            actor=actor,
            case=case,
            stage="investigation",
            activity="other",
            title=STEP_TITLE,
            now=now,
        )
    attach(
        session,
        actor=actor,
        clip_id=clip_id,
        step_id=step.id,
        wish=Wish("process", "main"),
        now=now,
        archived=case.state not in CHANGEABLE,
    )
    return True
