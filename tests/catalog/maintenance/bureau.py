"""A small bureau with recorders: people of each role, dockings, recordings; time moves on by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.custody.log import entries_about
from catalog.database import Database
from catalog.ids import new_id
from catalog.maintenance.log import CannotMaintain
from catalog.maintenance.repairs import Repairer
from catalog.models import Account, Clip, Docking, Officer, Recorder, RecorderFault, Sighting, Station
from catalog.officers import enter_officer, enter_unit
from catalog.people import create_account, person
from catalog.recorders import register_recorder
from catalog.stations import register_station
from tests.catalog.world import add_clip

ZONE = ZoneInfo("Asia/Shanghai")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
REPAIRER = Repairer("张师傅", "某某电子有限公司", "010-1")
ALL_GOOD = dict.fromkeys(("battery", "memory", "clock", "housing", "picture", "sound"), "good")


@dataclass
class Bureau:
    """Where the tests of this folder work."""

    database: Database
    now: datetime
    people: dict[str, Actor] = field(default_factory=dict)
    officers: dict[str, UUID] = field(default_factory=dict)
    recorder: UUID = field(default_factory=new_id)
    station: UUID = field(default_factory=new_id)

    def furnish(self) -> Bureau:
        with self.database.write() as session:
            unit = enter_unit(session, "城东分局")
            for number, name in (("100412", "王建国"), ("100388", "李晓梅")):
                today = self.now.date()
                officer = enter_officer(
                    session, actor=system("test"), number=number, name=name, unit=unit, now=self.now,
                    certificate=(f"ZF-{number}", today - 400 * DAY, today + 400 * DAY),
                )  # fmt: skip
                self.officers[name] = officer.id
            for username, role, officer_name in (
                ("wang", "officer", "王建国"), ("li", "handler", "李晓梅"), ("admin", "administrator", ""),
                ("admin2", "administrator", ""), ("sun", "section-head", ""), ("zhou", "legal", ""),
            ):  # fmt: skip
                owner = session.get(Officer, self.officers[officer_name]) if officer_name else None
                account: Account = create_account(
                    session, actor=system("test"), username=username, email=f"{username}@x.example",
                    roles=[role], officer=owner, now=self.now,
                )  # fmt: skip
                self.people[username] = person(account, None)
            station: Station = register_station(
                session, code="ST-1", name="站", token="token-of-the-station", now=self.now
            )
            self.station = station.id
            self.recorder = self.new_recorder(session, "DSJ-1")
        return self

    def new_recorder(self, session: Session, serial: str) -> UUID:
        return register_recorder(
            session, actor=system("test"), serial=serial, label=serial, vendor="v", model="m",
            kind="recorder", now=self.now,
        ).id  # fmt: skip

    def later(self, delta: timedelta = HOUR) -> datetime:
        self.now += delta
        return self.now

    def act(self, what: Any, who: str = "admin", **values: Any) -> Any:
        """Do one act as somebody, in a transaction of its own, and a minute later."""
        self.later(timedelta(minutes=1))
        with self.database.write() as session:
            return what(session, actor=self.people[who], now=self.now, **values)

    def refused(self, what: Any, who: str = "admin", **values: Any) -> str:
        """Answer the word with which an act is refused."""
        try:
            self.act(what, who, **values)
        except CannotMaintain as refusal:
            return refusal.why
        return "done"

    def state(self) -> str:
        with self.database.read() as session:
            return session.get_one(Recorder, self.recorder).state

    def fault(self, fault: UUID) -> RecorderFault:
        with self.database.read() as session:
            return session.get_one(RecorderFault, fault)

    def dock(self, *, ended: str | None = "done", ends: tuple[str, ...] = (), **facts: Any) -> UUID:
        """A docking that begins now; its files as they ended, each with its reason behind a stroke, if it has one."""
        self.later(timedelta(minutes=1))
        with self.database.write() as session:
            device = session.get_one(Recorder, self.recorder)
            docking = Docking(
                id=new_id(), station_id=self.station, recorder_id=self.recorder, holder_id=device.holder_id,
                slot="1", started_at=self.now, opened_at=self.now, recorder_facts=facts, progress={},
                ended_at=self.now + timedelta(minutes=1) if ended else None, end_reason=ended,
            )  # fmt: skip
            session.add(docking)
            session.flush()
            session.add_all(
                Sighting(
                    docking_id=docking.id, path=b"%d" % n, shown=str(n), bad_ranges=[],
                    end=end.partition("/")[0], reason=end.partition("/")[2], seen_at=self.now,
                )
                for n, end in enumerate(ends)
            )  # fmt: skip
            return docking.id

    def clip(self, docking: UUID, recorded: datetime | None = None, **more: Any) -> UUID:
        """A recording that a docking brought."""
        with self.database.write() as session:
            visit = session.get_one(Docking, docking)
            name = f"{new_id()}.MP4"
            return add_clip(session, self.now, name, docking=visit, recorded=recorded, **more).id

    def flags(self, clip: UUID) -> list[str]:
        with self.database.read() as session:
            return list(session.get_one(Clip, clip).flags)

    def actions(self) -> list[str]:
        with self.database.read() as session:
            return [e.action for e in entries_about(session, "recorder", self.recorder)]

    def all_faults(self) -> list[RecorderFault]:
        with self.database.read() as session:
            return list(session.scalars(select(RecorderFault).order_by(RecorderFault.reported_at)))
