"""What the reading API answers: facts of cases and recordings, without content and without reasons of holds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Told(BaseModel):
    """Base of what is told."""

    model_config = ConfigDict(frozen=True)


class CaseTold(Told):
    """A case as listed."""

    id: UUID
    number: str | None
    title: str
    type: str
    state: str
    unit: str | None
    handler: str | None
    """Staff number of the handler."""
    opened_at: datetime
    filed_on: date | None
    closed_on: date | None
    steps: int
    clips: int
    """Recordings attached that this token may find."""


class CasesTold(Told):
    """One page of cases, the newest first."""

    cases: list[CaseTold]
    page: int
    pages: int
    count: int


class AttachmentTold(Told):
    """A recording on a step."""

    id: UUID
    clip: UUID
    role: str
    volume: str
    range_start: float | None
    """Seconds from the recording's start; both None for the whole of it."""
    range_end: float | None
    attached_at: datetime
    standing: str


class StepTold(Told):
    """One act of a case."""

    id: UUID
    stage: str
    activity: str
    title: str
    place: str
    planned_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    attachments: list[AttachmentTold]


class CaseWholeTold(Told):
    """A case with its steps and what is attached to them."""

    id: UUID
    number: str | None
    title: str
    type: str
    state: str
    unit: str | None
    handler: str | None
    second_handler: str | None
    opened_at: datetime
    filed_on: date | None
    decided_on: date | None
    closed_on: date | None
    accepted_at: datetime | None
    archive_number: str | None
    steps: list[StepTold]


class CopyTold(Told):
    """Where an original lies, and the lock last read back there."""

    bucket: str
    version: str
    lock_mode: str
    lock_until: datetime
    lock_read_at: datetime
    hold: bool
    verified_at: datetime | None


class ClipTold(Told):
    """Facts of a recording: digests, times, lock. Never its content, nor an address of it."""

    id: UUID
    name: str
    kind: str
    size: int
    """Bytes."""
    sha256: str
    sm3: str
    sha512: str | None
    received_at: datetime
    verified_at: datetime | None
    recorded_at: datetime | None
    """As its source claims it."""
    recorded_at_source: str | None
    duration: float | None
    """Seconds."""
    officer: str | None
    """Staff number of who recorded."""
    recorder: str | None
    """Serial number of the recorder."""
    flags: list[str]
    lock_desired_until: datetime
    hold_desired: bool
    destroyed_at: datetime | None
    copies: list[CopyTold]


class EntryTold(Told):
    """An entry of the custody log as committed to: private fields are salted digests in it."""

    id: UUID
    at: datetime
    action: str
    place: int | None
    """Its place in the log; None until the sequencer has been."""
    leaf: str
    record: dict[str, Any]


class CustodyTold(Told):
    """Entries about a recording, the newest first."""

    entries: list[EntryTold]
    before: str | None
    """For the next page: `?before=`; None on the last one."""
