"""What the addresses of all routes can name: a whole set of rows for each person asked, for a colleague, for another unit.

A *shelf* is one such set: a clip its owner recorded, a case its owner handles, the owner's recorder and everything that
hangs on them. What belongs to nobody (a station, a retention schedule) lies on each shelf all the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import system
from catalog.case_files.cases import add_step, create_case
from catalog.demo import UNIT
from catalog.ids import new_id
from catalog.models import (
    Account,
    ApiToken,
    Appraisal,
    AppraisalItem,
    Attachment,
    CaseImportDraft,
    Clip,
    CoverageNote,
    CustodyEntry,
    Docking,
    Gap,
    Hold,
    Incident,
    Mark,
    Officer,
    Passkey,
    ProbeResult,
    Recorder,
    RecorderDoubt,
    RecorderFault,
    RecorderRepair,
    RecorderSubstitute,
    RetentionSchedule,
    SavedView,
    Seal,
    SealReader,
    Sighting,
    Unit,
    Upload,
)
from catalog.officers import enter_officer, enter_unit
from catalog.people import create_account
from catalog.permissions import TOKEN_PERMISSIONS
from catalog.stations import register_station
from tests.catalog import world

OTHER_UNIT = "城西分局"
COLLEAGUE, STRANGER = "colleague", "stranger"

STRINGS: dict[str, tuple[str, ...]] = {
    "filename": ("app.css",),
    "kind": ("pdf",),
    "move": ("finish",),
    "paper": ("check", "index"),
    "row": ("no-such-row",),
    "stage": ("render",),
    "step": ("report",),
    "token": ("no-such-token",),
    "what": ("officer",),
}
"""What stands for an argument that is no id; the first that the address takes."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Everything of one person."""

    username: str
    station_token: str
    api_token: str
    ids: dict[str, UUID]
    """By the name that addresses give it."""


def username_of(role: str) -> str:
    """Answer how the person of a role is called here."""
    return f"x-{role}"


def fill(session: Session, roles: list[str], now: datetime) -> dict[str, Shelf]:
    """Put a person with a shelf there for every role, and a colleague and somebody of another unit besides."""
    session.add(ProbeResult(id=new_id(), at=now, passed=True, report={}))  # else nothing is taken in
    own, other = enter_unit(session, UNIT), enter_unit(session, OTHER_UNIT)
    shelves = {}
    for number, role in enumerate([*roles, COLLEAGUE, STRANGER]):
        unit = other if role == STRANGER else own
        held = role if role in roles else "officer"
        shelves[role] = put_shelf(session, number, username_of(role), held, unit, now)
    return shelves


def put_shelf(session: Session, number: int, username: str, role: str, unit: Unit, now: datetime) -> Shelf:
    """Put one person with a role there, and everything of theirs; `number` tells shelves apart."""
    actor = system("test")
    officer = enter_officer(
        session, actor=actor, number=f"9{number:05}", name=f"甲{number:02}", unit=unit, now=now
    )
    account = create_account(
        session,
        actor=actor,
        username=username,
        email=f"{username}@liuhen.example",
        roles=[role],
        officer=officer,
        now=now,
    )
    ids = {"account_id": account.id, "officer_id": officer.id}
    token = f"token-XS-{number:02}"
    station = register_station(session, code=f"XS-{number:02}", name="采集站", token=token, now=now)
    station.last_seen_at = now
    ids["station_id"] = station.id
    docking = _devices(session, ids, number, officer, now)
    _recordings(session, ids, number, docking, account, now)
    _offices(session, ids, number, account, now)
    session.flush()
    secret = f"a-personal-token-of-{username}"
    personal = ApiToken(
        account_id=account.id,
        digest=hashlib.sha256(secret.encode()).hexdigest(),
        name="统计",
        permissions=[one.value for one in TOKEN_PERMISSIONS],
        created_at=now,
        expires_at=now + timedelta(days=30),
    )
    passkey = Passkey(
        account_id=account.id,
        credential=hashlib.sha256(username.encode()).hexdigest(),  # 64 letters: base64url too
        public_key="",
        counter=0,
        transports=[],
        name="手机",
        added_at=now,
        suspended_at=now,  # one that opens something would ask for it where a link suffices
    )
    session.add_all([personal, passkey])
    session.flush()
    ids |= {"token_id": personal.id, "passkey_id": passkey.id}
    return Shelf(username, token, secret, ids)


def _devices(session: Session, ids: dict[str, UUID], number: int, officer: Officer, now: datetime) -> Docking:
    recorder, spare = (
        Recorder(
            id=new_id(),
            serial=f"XR-{kind}-{number:02}",
            serial_source="marker",
            label=f"X{kind}{number:02}",
            kind="recorder",
            registered=True,
            holder_id=officer.id,
            unit_id=officer.unit_id,
            created_at=now,
        )
        for kind in "ab"
    )
    session.add_all((recorder, spare))
    session.flush()
    docking = Docking(
        id=new_id(),
        station_id=ids["station_id"],
        recorder_id=recorder.id,
        holder_id=officer.id,
        slot="1",
        started_at=now,
        opened_at=now,
        recorder_facts={"serial": recorder.serial},
        state="safe",
        sequence=1,
        progress={"files_total": 1, "files_copied": 1, "bytes_total": 9},
        progress_at=now,
    )
    fault = RecorderFault(
        id=new_id(), recorder_id=spare.id, kind="other", source="person", reported_at=now,
        recall_since=now - timedelta(days=9), recall_opened_at=now,
    )  # fmt: skip
    repair = RecorderRepair(
        id=new_id(), recorder_id=spare.id, state="sent", repairer="乙", company="维修站", sent_at=now,
        data_safe="docked", data_removal="removed", parts=[],
    )  # fmt: skip
    session.add_all((docking, fault, repair))
    session.flush()
    doubt = RecorderDoubt(id=new_id(), recorder_id=recorder.id, kind="clock-drift", facts={}, raised_at=now)
    substitute = RecorderSubstitute(
        id=new_id(), recorder_id=spare.id, kind="part", what="电池", reason="旧", asked_at=now
    )
    gap = Gap(
        id=new_id(), recorder_id=recorder.id, docking_id=docking.id, series="DSJ", first=1, last=2, seen_at=now
    )  # fmt: skip
    failed = Sighting(
        id=new_id(), docking_id=docking.id, path=b"failed.mp4", shown="failed.mp4", size=1, modified_ns=1,
        end="refused", reason="bytes-refused", bad_ranges=[], seen_at=now,
    )  # fmt: skip
    session.add_all((doubt, substitute, gap, failed))
    ids |= {
        "recorder_id": recorder.id, "docking_id": docking.id, "docking": docking.id, "fault_id": fault.id,
        "repair_id": repair.id, "doubt_id": doubt.id, "substitute_id": substitute.id, "gap_id": gap.id,
        "sighting_id": failed.id,
    }  # fmt: skip
    return docking


def _recordings(
    session: Session, ids: dict[str, UUID], number: int, docking: Docking, account: Account, now: datetime
) -> None:
    renditions = ("poster", "thumb", "sprite", "thumbnails", "waveform")
    clip, closed = (
        world.add_clip(
            session,
            now,
            f"X{kind}{number:02}.MP4",
            docking=docking,
            recorded=now,
            duration=60.0,
            duration_source="header",
            renditions=renditions,
            facts={"mime": "video/mp4", "streams": [], "tags": {}},
        )
        for kind in "ab"
    )
    officer = session.get_one(Officer, ids["officer_id"])
    second = session.scalars(select(Officer).where(Officer.id != officer.id)).first()
    case = create_case(
        session,
        actor=system("test"),
        title=f"某店案{number:02}",
        case_type="penalty-general",
        number=f"试〔2026〕{number:02} 号",
        party="某店",
        unit=session.get(Unit, officer.unit_id),
        handler=officer,
        second_handler=second,
        now=now,
    )
    step = add_step(
        session, actor=system("test"), case=case, stage="investigation", activity="investigation",
        title="现场检查", place="东风路", started=now - timedelta(hours=1), ended=now, now=now,
    )  # fmt: skip
    attachment = Attachment(
        id=new_id(), clip_id=clip.id, step_id=step.id, role="evidence", volume="main",
        attached_by=account.id, attached_at=now,
    )  # fmt: skip
    mark = Mark(id=new_id(), clip_id=clip.id, start=1.0, made_by=account.id, made_at=now, note="见")
    note = CoverageNote(
        id=new_id(), step_id=step.id, act="explain", level="none", text="无光", by_id=account.id, at=now
    )
    hold = Hold(
        id=new_id(), target="clip", clip_id=clip.id, reason="audit", document="通知", set_by=account.id,
        set_at=now,
    )  # fmt: skip
    seal = Seal(
        id=new_id(), clip_id=closed.id, ground="secret", basis="法", proposed_by=account.id, proposed_at=now
    )
    session.add_all((attachment, mark, note, hold, seal))
    session.flush()
    reader = SealReader(
        id=new_id(), seal_id=seal.id, account_id=account.id, proposed_by=account.id, proposed_at=now
    )
    digest = hashlib.sha256(clip.id.bytes).hexdigest()
    upload = Upload(
        id=new_id(), station_id=ids["station_id"], docking_id=docking.id, size=9, sha256=digest, sm3=digest,
        part_size=16 << 20, part_digests=bytes(32), mode="single", bucket="evidence", key=f"originals/{new_id()}",
        object_metadata={}, lock_until=now + timedelta(days=2), opened_at=now,
    )  # fmt: skip
    session.add_all((reader, upload))
    ids |= {
        "clip_id": clip.id, "case_id": case.id, "step_id": step.id, "attachment_id": attachment.id,
        "mark_id": mark.id, "note_id": note.id, "hold_id": hold.id, "seal_id": seal.id,
        "reader_id": reader.id, "clip": upload.id,
    }  # fmt: skip


def _offices(session: Session, ids: dict[str, UUID], number: int, account: Account, now: datetime) -> None:
    clip = session.get_one(Clip, ids["clip_id"])
    incident = Incident(
        id=new_id(), kind="clip-partial", what="不符", clip_id=clip.id, details={}, opened_at=now
    )
    schedule = RetentionSchedule(id=new_id(), version=f"x-{number}", made_by=account.id, made_at=now)
    appraisal = Appraisal(id=new_id(), number=f"JD-x-{number}", opened_by=account.id, opened_at=now)
    session.add_all((incident, schedule, appraisal))
    session.flush()
    item = AppraisalItem(
        id=new_id(), appraisal_id=appraisal.id, position=1, clip_id=clip.id, active_clip_id=clip.id,
        facts={"name": clip.name, "size": clip.size, "sha256": clip.sha256, "officer": "", "cases": []},
        changed_at=now,
    )  # fmt: skip
    view = SavedView(
        id=new_id(), account_id=account.id, name=f"我的{number}", query="kind=video", created_at=now
    )
    draft = CaseImportDraft(
        id=new_id(),
        account_id=account.id,
        name="a.csv",
        source="x",
        body="案号,名称,类型\n800 号,甲案,普通程序\n".encode(),
        sha256="0" * 64,
        made_at=now,
    )
    session.add_all((item, view, draft))
    entry = session.scalars(
        select(CustodyEntry.id).where(CustodyEntry.action == "case.opened").order_by(CustodyEntry.id.desc())
    ).first()
    entry = entry or session.scalars(select(CustodyEntry.id).order_by(CustodyEntry.id.desc())).first()
    assert entry is not None
    ids |= {
        "incident_id": incident.id, "schedule_id": schedule.id, "appraisal_id": appraisal.id,
        "item_id": item.id, "view_id": view.id, "draft_id": draft.id, "entry_id": entry,
    }  # fmt: skip
