"""What `make demo` finds in place before the sample card is docked: people, a recorder, two cases. All invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.case_files.cases import add_step, create_case
from catalog.custody.log import add_entry
from catalog.models import Account, Case, Officer, Recorder, Unit
from catalog.officers import enter_officer, enter_unit
from catalog.people import create_account
from catalog.retention.example import put_example_in_force

ZONE = ZoneInfo("Asia/Shanghai")
UNIT = "城东分局"
SERIAL = "DSJ-0412"
OFFICER_NUMBER = "100412"
OFFICER_NAME = "王建国"
SECOND_NUMBER = "100388"
SECOND_NAME = "李晓梅"


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody to sign in as."""

    username: str
    role: str
    person: str


@dataclass(frozen=True, slots=True)
class DemoFacts:
    """What was put in place, or was there already."""

    accounts: tuple[DemoAccount, ...]
    recorder: UUID
    serial: str
    cases: tuple[UUID, ...]
    fresh: bool
    """False: everything was there from an earlier run."""


def seed(
    session: Session,
    now: datetime,
    *,
    serial: str = SERIAL,
    label: str = SERIAL,
    officer_number: str = OFFICER_NUMBER,
    officer_name: str = OFFICER_NAME,
    second_number: str = SECOND_NUMBER,
    second_name: str = SECOND_NAME,
    day: date | None = None,
) -> DemoFacts:
    """Put the demonstration's people, recorder and cases in place; a second call changes nothing.

    `serial`, `label` and the two officers are those of the sample card, `day` is the one it was filmed on (today
    without it), so that its clips fall into the cases' steps. No account has a password: people
    sign in with one-time links.
    """
    actor = system("demo")
    fresh = session.scalar(select(Recorder).where(Recorder.serial == serial, Recorder.registered)) is None
    unit = enter_unit(session, UNIT)
    first = _officer(session, actor, officer_number, officer_name, unit=unit, now=now)
    second = _officer(session, actor, second_number, second_name, unit=unit, now=now)
    third = _officer(session, actor, "100205", "陈立", unit=unit, now=now)
    head = _officer(session, actor, "100101", "孙伟", unit=unit, now=now)
    people = (
        (DemoAccount("wang", "officer", first.name), first),
        (DemoAccount("li", "handler", second.name), second),
        (DemoAccount("chen", "archivist", third.name), third),
        (DemoAccount("admin", "administrator", "许强"), None),
        (DemoAccount("gao", "system-administrator", "高峰"), None),
        (DemoAccount("luo", "security-administrator", "罗英"), None),
        (DemoAccount("sun", "section-head", head.name), head),
        (DemoAccount("zhou", "legal", "周敏"), None),
        (DemoAccount("wu", "personnel", "吴静"), None),
        (DemoAccount("he", "office-head", "何平"), None),
        (DemoAccount("ma", "leader", "马志强"), None),
        (DemoAccount("qian", "bureau-head", "钱文"), None),
        (DemoAccount("zhao", "auditor", "赵明"), None),
    )
    for account, officer in people:
        if session.scalar(select(Account).where(Account.username == account.username)) is None:
            create_account(
                session,
                actor=actor,
                username=account.username,
                email=f"{account.username}@liuhen.example",
                roles=[account.role],
                officer=officer,
                display_name=account.person,
                now=now,
            )
    recorder = _recorder(session, actor, serial, label, holder=first, now=now)
    put_example_in_force(session, now)
    cases = _cases(
        session, actor, unit, first=first, second=second, day=day or now.astimezone(ZONE).date(), now=now
    )
    return DemoFacts(tuple(a for a, _ in people), recorder.id, serial, tuple(c.id for c in cases), fresh)


def _officer(session: Session, actor: Actor, number: str, name: str, *, unit: Unit, now: datetime) -> Officer:
    today = now.astimezone(ZONE).date()
    valid = (f"ZF-{number}", today - timedelta(days=400), today + timedelta(days=1400))
    return enter_officer(
        session, actor=actor, number=number, name=name, unit=unit, certificate=valid, now=now
    )


def _recorder(
    session: Session, actor: Actor, serial: str, label: str, *, holder: Officer, now: datetime
) -> Recorder:
    recorder = session.scalar(select(Recorder).where(Recorder.serial == serial))
    if recorder is not None and recorder.registered:
        return recorder
    if recorder is None:
        recorder = Recorder(serial=serial, serial_source="marker", label=label, created_at=now)
        session.add(recorder)
    recorder.registered, recorder.label, recorder.kind = True, label, "recorder"
    recorder.vendor, recorder.model = recorder.vendor or "示例", recorder.model or "DSJ-X1"
    recorder.holder_id = holder.id
    session.flush()
    add_entry(
        session,
        actor=actor,
        action="recorder.registered",
        subjects={"recorder": recorder.id, "officer": holder.id},
        facts={"serial": serial},
        private={"before": {"registered": False}, "after": {"registered": True}},
        now=now,
    )
    return recorder


def _cases(
    session: Session, actor: Actor, unit: Unit, *, first: Officer, second: Officer, day: date, now: datetime
) -> list[Case]:
    year = day.year

    def at(hour: int, minute: int = 0, days_ago: int = 0) -> datetime:
        return datetime.combine(day, time(hour, minute), ZONE) - timedelta(days=days_ago)

    penalty = session.scalar(select(Case).where(Case.title == "某某食品店经营超过保质期食品案"))
    if penalty is None:
        penalty = create_case(
            session,
            actor=actor,
            title="某某食品店经营超过保质期食品案",
            case_type="penalty-general",
            number=f"城市监罚〔{year}〕112 号",
            party="某某食品店",
            unit=unit,
            handler=first,
            second_handler=second,
            now=now,
        )
        for stage, activity, title, place, start, end in (
            ("initiation", "patrol", "日常巡查发现线索", "东风路 18 号", at(8, 30), at(8, 45)),
            ("investigation", "investigation", "现场检查", "东风路 18 号", at(9), at(10, 5)),
            ("investigation", "questioning", "询问当事人", "城东分局询问室", at(14), at(14, 50)),
            ("investigation", "coercion", "先行登记保存", "东风路 18 号", at(10, 5), at(10, 20)),
            ("decision", "other", "行政处罚告知", "城东分局", None, None),
            ("execution", "service", "送达处罚决定书", "东风路 18 号", None, None),
        ):
            add_step(
                session,
                actor=actor,
                case=penalty,
                stage=stage,
                activity=activity,
                title=title,
                place=place,
                started=start,
                ended=end,
                now=now,
            )
    licence = session.scalar(select(Case).where(Case.title == "某某餐饮食品经营许可现场核查"))
    if licence is None:
        licence = create_case(
            session,
            actor=actor,
            title="某某餐饮食品经营许可现场核查",
            case_type="licence",
            number=f"城市监许〔{year}〕38 号",
            party="某某餐饮",
            unit=unit,
            handler=second,
            second_handler=first,
            now=now,
        )
        for stage, activity, title, place, start, end in (
            ("initiation", "other", "受理申请", "城东分局窗口", at(9, 0, 2), at(9, 15, 2)),
            ("investigation", "investigation", "现场核查", "解放街 6 号", at(15), at(16)),
            ("decision", "other", "审核决定", "城东分局", None, None),
            ("execution", "service", "送达许可证", "城东分局窗口", None, None),
        ):
            add_step(
                session,
                actor=actor,
                case=licence,
                stage=stage,
                activity=activity,
                title=title,
                place=place,
                started=start,
                ended=end,
                now=now,
            )
    return [penalty, licence]
