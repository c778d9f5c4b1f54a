"""What the columns of a case system are called, and what their cells say. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from catalog.rules.free_text import spoken

HEADINGS: dict[str, tuple[str, ...]] = {
    "number": ("案号", "案件编号", "文号", "立案号", "number", "case number", "case no"),
    "title": ("名称", "案由", "案件名称", "案由/名称", "案件名称(案由)", "title", "case title", "cause"),
    "type": ("类型", "案件类型", "案件类别", "程序", "适用程序", "type", "case type"),
    "party": ("当事人", "当事人名称", "相对人", "行政相对人", "party"),
    "handler": (
        "承办人",
        "承办人1",
        "承办人一",
        "第一承办人",
        "主办人",
        "handler",
        "handler 1",
        "first handler",
    ),
    "second": ("承办人2", "承办人二", "第二承办人", "协办人", "handler 2", "second handler"),
    "unit": ("单位", "承办单位", "承办机构", "办案机构", "unit"),
    "state": ("状态", "案件状态", "办理状态", "state", "status"),
    "filed_on": ("立案日期", "立案时间", "受理日期", "filed on", "filed", "filed_on"),
    "decided_on": ("决定日期", "处罚决定日期", "作出决定日期", "decided on", "decided", "decided_on"),
    "closed_on": ("结案日期", "结案时间", "办结日期", "closed on", "closed", "closed_on"),
    "executed_on": ("执行日期", "执行完毕日期", "履行日期", "executed on", "executed", "executed_on"),
    "archived_on": ("归档日期", "归档时间", "archived on", "archived", "archived_on"),
    "archive_number": ("档号", "archive number", "archive_number"),
    "fonds_number": ("全宗号", "fonds", "fonds number", "fonds_number"),
    "archive_year": ("归档年度", "年度", "archive year", "archive_year"),
    "shelf_place": ("存放位置", "架位", "库位", "shelf", "shelf place", "shelf_place"),
    "cross_reference": ("互见号", "cross reference", "cross_reference"),
    "coercion": ("行政强制", "是否强制", "是否采取强制措施", "coercion"),
    "coercion_from": ("强制起始日期", "强制开始日期", "coercion from", "coercion_from"),
    "coercion_until": ("强制截止日期", "强制结束日期", "coercion until", "coercion_until"),
    "source": ("来源系统", "数据来源", "source", "source system"),
    "source_id": ("来源系统编号", "来源编号", "系统编号", "source id", "source_id", "id"),
}
"""By field, every heading it is known by, as people write them; compared without spaces, capitals and width."""

TYPE_WORDS = {
    "penalty-general": (
        "普通程序",
        "一般程序",
        "行政处罚",
        "处罚",
        "行政处罚(普通程序)",
        "行政处罚(一般程序)",
        "普通程序处罚",
    ),
    "penalty-summary": ("简易程序", "行政处罚(简易程序)", "简易程序处罚", "当场处罚"),
    "licence": ("行政许可", "许可"),
    "confirmation": ("行政确认", "确认"),
    "inspection": ("行政检查", "检查", "监督检查", "日常检查"),
    "complaint": ("投诉举报", "投诉", "举报"),
    "other": ("其他", "其它"),
}
STATE_WORDS = {
    "lead": ("线索", "未立案", "lead"),
    "open": ("办理中", "在办", "立案", "已立案", "调查中", "open"),
    "finished": ("结案", "已结案", "办结", "已办结", "执行完毕", "finished", "closed"),
    "archived": ("归档", "已归档", "archived"),
}
_YES = frozenset({"是", "有", "1", "yes", "true", "y", "√", "已采取"})
_NO = frozenset({"否", "无", "0", "no", "false", "n", "未采取"})
DATES = (
    "filed_on", "decided_on", "closed_on", "executed_on", "archived_on", "coercion_from", "coercion_until",
)  # fmt: skip
_LENGTHS = {
    "number": 128, "title": 255, "party": 255, "unit": 128, "archive_number": 128, "fonds_number": 64,
    "shelf_place": 255, "cross_reference": 255, "source": 64, "source_id": 128, "handler": 128, "second": 128,
}  # fmt: skip


def _flat(text: str) -> str:
    """Answer a heading without what differs by habit: width, capitals, spaces, stars of must-fields."""
    return re.sub(r"[\s*_：:]", "", unicodedata.normalize("NFKC", text).casefold())


_FIELD_OF = {_flat(word): name for name, words in HEADINGS.items() for word in words}
_TYPE_OF = {_flat(word): name for name, words in TYPE_WORDS.items() for word in (name, *words)}
_STATE_OF = {_flat(word): name for name, words in STATE_WORDS.items() for word in words}


def fields_of(headings: Iterable[str]) -> dict[str, str]:
    """Answer the field of each heading that is known; the first one wins where two mean the same."""
    found: dict[str, str] = {}
    for heading in headings:
        name = _FIELD_OF.get(_flat(heading))
        if name is not None and name not in found.values():
            found[heading] = name
    return found


@dataclass(frozen=True, slots=True)
class Said:
    """What a row says, by field; what it does not say is not there. `bad`: stable words of what cannot be understood."""

    values: dict[str, Any]
    bad: list[str] = field(default_factory=list)


SAID_WHY = ("bad-type", "bad-state", "date-wrong", "bad-coercion", "bad-year", "text-too-long")


def understand(cells: Mapping[str, str], fields: Mapping[str, str]) -> Said:
    """Answer what a row says; dates as `date`, coercion as bool, year as int, all else as text."""
    values: dict[str, Any] = {}
    bad: list[str] = []
    for heading, name in fields.items():
        text = spoken(cells.get(heading, ""))
        if not text:
            continue
        value = _value(name, text)
        if value is None:
            bad.append(_why(name))
        elif isinstance(value, str) and len(value) > _LENGTHS.get(name, 255):
            bad.append("text-too-long")
        else:
            values[name] = value
    return Said(values, list(dict.fromkeys(bad)))


def _why(name: str) -> str:
    if name in DATES:
        return "date-wrong"
    return {"type": "bad-type", "state": "bad-state", "coercion": "bad-coercion"}.get(name, "bad-year")


def _value(name: str, text: str) -> Any:
    if name == "type":
        return _TYPE_OF.get(_flat(text))
    if name == "state":
        return _STATE_OF.get(_flat(text))
    if name in DATES:
        return read_day(text)
    if name == "coercion":
        flat = _flat(text)
        return True if flat in _YES else False if flat in _NO else None
    if name == "archive_year":
        digits = unicodedata.normalize("NFKC", text).removesuffix("年")
        return int(digits) if re.fullmatch(r"(19|20|21)\d\d", digits) else None
    return text


_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:[T\s]+[\d:.]+)?")


def read_day(text: str) -> date | None:
    """Answer the date of `2026-11-23`, `2026/11/3`, `2026年11月23日`, `20261123`, with or without a time; None for none."""
    found = _DAY.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if found is None:
        return None
    year, month, day, month2, day2 = found.groups()
    try:
        return date(int(year), int(month or month2), int(day or day2))
    except ValueError:
        return None
