"""Entering officers and recorders from tables: tried first, repeatable, each bad row named with its reason."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor
from catalog.database import Database
from catalog.maintenance.log import CannotMaintain
from catalog.maintenance.officers import BEGINNING, CannotChange, Stated, keep_officer, stated_on
from catalog.maintenance.register import Particulars, keep_particulars, read_date
from catalog.maintenance.tables import Row, read_table
from catalog.maintenance.twin_serials import Known, KnownAlready, Serials
from catalog.models import Officer

OFFICER_COLUMNS: dict[str, Sequence[str]] = {
    "number": ("人员编号", "编号", "工号", "警号", "officer-number"),
    "name": ("姓名",),
    "unit": ("所在单位", "单位", "部门"),
    "agency": ("所属机构", "机构"),
    "on-establishment": ("在编", "是否在编", "编制", "人员性质", "establishment"),
    "certificate-number": ("执法证号", "证号", "执法证件号", "certificate"),
    "certificate-from": ("执法证有效期起", "有效期起", "发证日期"),
    "certificate-until": ("执法证有效期止", "有效期止", "有效期至"),
    "since": ("起始日期", "自", "生效日期"),
    "left": ("离职", "是否离职", "离岗"),
}
RECORDER_COLUMNS: dict[str, Sequence[str]] = {
    "serial": ("序列号", "设备序列号", "机身号"),
    "label": ("名称", "设备名称", "设备编号"),
    "asset-number": ("资产编号", "固定资产编号"),
    "vendor": ("厂家", "品牌", "生产厂家"),
    "model": ("型号",),
    "kind": ("类别", "设备类型", "类型"),
    "firmware": ("固件版本", "固件"),
    "profile": ("命名规则", "profile"),
    "unit": ("使用单位", "单位", "部门"),
    "purchased-on": ("购置日期", "采购日期"),
    "warranty-until": ("保修期至", "质保期至", "保修至"),
    "supplier": ("供应商",),
    "use": ("使用方式", "配发方式"),
}
_YES = frozenset({"是", "在编", "y", "yes", "1", "true", "√", "已离职", "离职"})
_NO = frozenset(
    {"否", "不在编", "辅助", "辅助人员", "协管", "编外", "n", "no", "0", "false", "×", "在职", "在岗"}
)
_USES = {"个人配发": "personal", "个人": "personal", "共用": "shared", "公用": "shared"}
_KINDS = {
    "执法记录仪": "recorder",
    "记录仪": "recorder",
    "照相机": "camera",
    "摄像机": "camera",
    "相机": "camera",
    "录音笔": "voice",
    "存储卡": "card",
}


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of a row: `new`, `changed`, `same`, or `bad` with the reason's word."""

    line: int
    key: str
    outcome: str
    why: str = ""
    about: str = ""
    """The serial of the recorder that stands in its way."""


class _DryRun(Exception):
    """Takes back what a trial wrote."""


def import_officers(
    database: Database,
    content: bytes,
    *,
    actor: Actor,
    dry_run: bool,
    zone: tzinfo | None,
    today: date,
    now: datetime,
) -> list[RowOutcome]:
    """Enter officers from a table; a row without a day counts from the beginning for new ones, else from `today`.

    What has no column in the table stays as it was on that day; an empty cell clears it. Bad rows are left out, the others entered. Raises `catalog.maintenance.tables.BadTable`.
    """
    rows = read_table(content, OFFICER_COLUMNS, needed="number")

    def enter(session: Session, row: Row) -> str:
        cells = row.cells
        try:
            known = _known(session, cells["number"])
            since = read_date(cells.get("since", "")) or (today if known else BEGINNING)
            before = stated_on(session, known, since) if known else Stated()
            given: dict[str, Any] = {
                name.replace("-", "_"): read(cells[name]) for name, read in _READ.items() if name in cells
            }
            stated = replace(before, **given)
        except CannotMaintain as error:
            raise CannotChange("bad-date") from error
        return keep_officer(
            session, actor=actor, number=cells["number"], name=cells.get("name", ""), since=since,
            stated=stated, zone=zone, today=today, now=now,
        )[1]  # fmt: skip

    return _each(database, rows, "number", enter, dry_run=dry_run)


def import_recorders(
    database: Database, content: bytes, *, actor: Actor, dry_run: bool, zone: tzinfo | None, now: datetime
) -> list[RowOutcome]:
    """Enter recorders from a table; empty cells leave what is there. Raises `catalog.maintenance.tables.BadTable`."""
    rows = read_table(content, RECORDER_COLUMNS, needed="serial")

    serials: list[Serials] = []

    def enter(session: Session, row: Row) -> str:
        if not serials:
            serials.append(Serials(session))
        given = {
            name.replace("-", "_"): text for name, text in row.cells.items() if text and name != "serial"
        }
        if "kind" in given:
            given["kind"] = _KINDS.get(given["kind"], given["kind"])
        if "use" in given:
            given["use"] = _USES.get(given["use"], given["use"])
        device, what = keep_particulars(
            session, actor=actor, serial=row.cells["serial"], given=Particulars(**given), serials=serials[0],
            zone=zone, now=now,
        )  # fmt: skip
        serials[0].add(Known(device.id, device.serial))
        return what

    return _each(database, rows, "serial", enter, dry_run=dry_run)


def _each(
    database: Database, rows: Sequence[Row], key: str, enter: Callable[[Session, Row], str], *, dry_run: bool
) -> list[RowOutcome]:
    """Enter row by row in one transaction, each in its own savepoint; a trial takes all of it back."""
    outcomes: list[RowOutcome] = []
    seen: set[str] = set()

    def run() -> None:
        with database.write() as session:
            for row in rows:
                name = row.cells[key]
                if name and name in seen:
                    outcomes.append(RowOutcome(row.line, name, "bad", "twice"))
                    continue
                seen.add(name)
                try:
                    with session.begin_nested():
                        outcomes.append(RowOutcome(row.line, name, enter(session, row)))
                except (CannotChange, CannotMaintain) as refusal:
                    about = refusal.which.serial if isinstance(refusal, KnownAlready) else ""
                    outcomes.append(RowOutcome(row.line, name, "bad", refusal.why, about))
            if dry_run:
                raise _DryRun

    with contextlib.suppress(_DryRun):
        run()
    return outcomes


def _known(session: Session, number: str) -> Officer | None:
    return session.scalar(select(Officer).where(Officer.number == number.strip()))


def _truth(text: str, *, usual: bool) -> bool:
    said = text.strip().casefold()
    if not said:
        return usual
    if said in _YES:
        return True
    if said in _NO:
        return False
    raise CannotChange("bad-word")


_READ: dict[str, Callable[[str], Any]] = {
    "unit": str,
    "agency": str,
    "on-establishment": lambda text: _truth(text, usual=True),
    "certificate-number": str,
    "certificate-from": read_date,
    "certificate-until": read_date,
    "left": lambda text: _truth(text, usual=False),
}
