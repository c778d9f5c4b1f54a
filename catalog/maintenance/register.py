"""设备台账: what the register says of a recorder, and what was done to it besides repairs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.holdings import set_pool
from catalog.maintenance.log import CannotMaintain, line_of, locked_recorder, note_down, reason_of
from catalog.maintenance.own_access import brings_into_sight, is_own_record
from catalog.maintenance.twin_serials import Known, KnownAlready, Serials
from catalog.models import Recorder
from catalog.officers import enter_unit
from catalog.recorders import register_recorder

LIMITS = {
    "label": 64,
    "vendor": 128,
    "model": 128,
    "asset_number": 64,
    "firmware": 64,
    "profile": 64,
    "supplier": 128,
}
UNIT_LIMIT = 128
DATES = ("purchased_on", "warranty_until")
KINDS = ("recorder", "camera", "voice", "card")
USES = ("personal", "shared")
"""个人配发, 共用: of a shared one only noted hand-overs say who had it."""
WORKS = ("cleaned", "battery-changed", "card-formatted", "firmware-updated", "data-removed")
"""What the log keeps besides checks, faults and repairs: 清洁, 更换电池, 格式化存储卡, 升级固件, 清除数据."""
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Particulars:
    """What the register says of a recorder; None leaves what is there, an empty text or date clears it."""

    label: str | None = None
    vendor: str | None = None
    model: str | None = None
    kind: str | None = None
    asset_number: str | None = None
    firmware: str | None = None
    profile: str | None = None
    supplier: str | None = None
    unit: str | None = None
    purchased_on: str | None = None
    """ISO 8601."""
    warranty_until: str | None = None
    use: str | None = None
    """One of USES."""


def keep_particulars(
    session: Session,
    *,
    actor: Actor,
    serial: str,
    given: Particulars,
    new: bool = False,
    serials: Serials | None = None,
    zone: tzinfo | None = None,
    now: datetime,
) -> tuple[Recorder, str]:
    """Enter a recorder or change what the register says of it; answer it, and `new`, `changed` or `same`.

    `new` where one that the register has already is refused. None is entered beside one whose serial differs only in how
    it is written; who asks for many hands over `serials`.

    Its unit decides who finds recordings of nobody known: nobody brings them into his own sight by it, nor by saying of
    one he holds whether it is shared. `zone` is the recorders', for who recorded what then. Raises CannotMaintain.
    """
    serial = line_of(serial, 128)
    if not serial or (given.kind and given.kind not in KINDS) or (given.use and given.use not in USES):
        raise CannotMaintain("bad-value")
    known = session.scalar(select(Recorder).where(Recorder.serial == serial).with_for_update(of=Recorder))
    values = _values(given)
    _ensure_asset_free(session, values.get("asset_number"), serial)
    fresh = known is None or not known.registered
    if known is not None and new and not fresh:
        raise KnownAlready("registered-already", Known(known.id, known.serial))
    if fresh:
        if (twin := (serials or Serials(session)).twin(serial)) is not None:
            raise KnownAlready("twin-serial", twin)
        known = register_recorder(
            session, actor=actor, serial=serial, label=values.get("label") or "",
            vendor=values.get("vendor") or "", model=values.get("model") or "", kind=given.kind or "",
            now=now,
        )  # fmt: skip
    assert known is not None  # noqa: S101 - registered above
    if given.kind and known.kind != given.kind:
        values["kind"] = given.kind
    if given.unit is not None:
        values["unit_id"] = _unit(session, actor, known, given.unit)
    changed = {n: v for n, v in values.items() if v != getattr(known, n) and not (n == "label" and not v)}
    facts = {name: _text(value) for name, value in sorted(changed.items())}
    if "firmware" in changed:
        facts["firmware_before"] = known.firmware
    before = {name: _text(getattr(known, name)) for name in sorted(changed)}
    for name, value in changed.items():
        setattr(known, name, value)
    if changed:
        after = {name: _text(value) for name, value in sorted(changed.items())}
        note_down(
            session, actor=actor, recorder=known, action="recorder.register-changed", now=now, facts=facts,
            private={"before": before, "after": after},
        )  # fmt: skip
    other_use = _keep_use(session, actor, known, given.use, zone=zone, now=now)
    return known, "new" if fresh else "changed" if changed or other_use else "same"


def _keep_use(
    session: Session, actor: Actor, recorder: Recorder, use: str | None, *, zone: tzinfo | None, now: datetime
) -> bool:
    pool = use == "shared"
    if not use or recorder.pool == pool:
        return False
    if recorder.holder_id is not None and is_own_record(session, actor, recorder.holder_id):
        raise CannotMaintain("own-holding")
    return set_pool(session, actor=actor, recorder=recorder.id, pool=pool, zone=zone, now=now)


def _ensure_asset_free(session: Session, asset: str | None, serial: str) -> None:
    if not asset:
        return
    taken = select(Recorder.id).where(Recorder.asset_number == asset, Recorder.serial != serial)
    if session.scalar(taken.limit(1)) is not None:
        raise CannotMaintain("asset-taken")


def _unit(session: Session, actor: Actor, recorder: Recorder, text: str) -> UUID | None:
    """The unit of this name, entered where it is new; not one that widens what whoever acts finds."""
    name = line_of(text, UNIT_LIMIT)
    unit = enter_unit(session, name).id if name else None
    if brings_into_sight(session, actor, recorder.unit_id, unit):
        raise CannotMaintain("recorder-to-your-unit")
    return unit


def note_work(
    session: Session,
    *,
    actor: Actor,
    recorder_id: UUID,
    work: str,
    note: str,
    firmware: str = "",
    now: datetime,
) -> Recorder:
    """Write into the log what was done to a recorder; new firmware with its version. Raises CannotMaintain."""
    recorder = locked_recorder(session, recorder_id)
    if work not in WORKS:
        raise CannotMaintain("bad-kind")
    if recorder.state == "retired":
        raise CannotMaintain("retired")
    if work in {"card-formatted", "data-removed"} and recorder.sealed_at is not None:
        raise CannotMaintain("carrier-sealed")
    said, facts = reason_of(note), {"work": work}
    private: dict[str, Any] = {}
    if work == "firmware-updated":
        version = line_of(firmware, LIMITS["firmware"])
        if not version:
            raise CannotMaintain("bad-value")
        facts |= {"firmware_before": recorder.firmware, "firmware": version}
        private = {"before": {"firmware": recorder.firmware}, "after": {"firmware": version}}
        recorder.firmware = version
    note_down(
        session, actor=actor, recorder=recorder, action="recorder.work-noted", now=now, facts=facts,
        private=private, note=said,
    )  # fmt: skip
    return recorder


def _values(given: Particulars) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, limit in LIMITS.items():
        text = getattr(given, name)
        if text is not None:
            values[name] = line_of(text, limit)
    for name in DATES:
        text = getattr(given, name)
        if text is not None:
            values[name] = read_date(text)
    return values


def read_date(text: str) -> date | None:
    """Answer a day as people write it: 2026-11-23, 2026/11/23, 2026.11.23, 20261123; None for nothing.

    Raises CannotMaintain.
    """
    said = text.strip().replace("/", "-").replace(".", "-").removesuffix(" 00:00:00")
    if not said:
        return None
    try:
        parts = said.split("-")
        found = date(*(int(p) for p in parts)) if len(parts) == 3 else date.fromisoformat(said)
    except ValueError as error:
        raise CannotMaintain("bad-value") from error
    if not EARLIEST <= found <= LATEST:
        raise CannotMaintain("bad-value")
    return found


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
