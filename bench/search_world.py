"""A bureau after some years: a million invented clips with people, recorders, cases and what is said of them.

Deterministic: the same number of clips is the same bureau. No stages but failed ones, no copies, no renditions: nothing
is found by them.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from catalog.database import Database
from catalog.finding.indexing import LATER
from catalog.models import Attachment, Case, Clip, Officer, Recorder, Stage, Step, Unit

END = datetime(2026, 11, 23, 10, tzinfo=UTC)
YEARS = 3
SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
)
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰文斌宇浩凯晨雪梅琳建国志远思雨子涵欣怡"
ROADS = "东风解放人民中山建设和平胜利新华文化光明朝阳长江黄河幸福友谊工业学院滨河北环南环"
TRADES = (
    "食品",
    "药店",
    "餐饮",
    "超市",
    "五金",
    "电器",
    "加油站",
    "美容",
    "宾馆",
    "幼儿园",
    "化妆品",
    "特种设备",
    "计量",
    "广告",
)
MATTERS = (
    "经营超过保质期食品",
    "无证经营",
    "虚假宣传",
    "未明码标价",
    "使用未检定计量器具",
    "销售假冒注册商标商品",
    "电梯超期未检",
    "网络餐饮抽检不合格",
)
PROVES = (
    "现场存放超过保质期的食品",
    "当事人拒绝签字",
    "出示执法证件并告知权利",
    "清点并封存涉案物品",
    "当事人陈述申辩",
    "送达过程",
)
ACTIVITIES = (
    ("initiation", "patrol", "日常巡查"), ("investigation", "investigation", "现场检查"),
    ("investigation", "questioning", "询问当事人"), ("investigation", "coercion", "先行登记保存"),
    ("decision", "hearing", "听证"), ("execution", "service", "送达处罚决定书"),
)  # fmt: skip
RARE_WORD = "鼋鼍"
"""In three file names of the whole bureau."""


@dataclass(frozen=True, slots=True)
class Bureau:
    """What questions are asked about."""

    units: list[uuid.UUID]
    officers: list[uuid.UUID]
    recorders: list[uuid.UUID]
    gone_unit: uuid.UUID
    """Dissolved two years ago: none of its clips is new."""
    case_number: str


def make(database: Database, clips: int, *, kept: bool = False) -> Bureau:
    """Fill an empty, migrated database; with `kept` it was filled before, and only what is asked for is answered."""
    dice = random.Random(20_261_123)

    def one() -> uuid.UUID:
        return uuid.UUID(int=dice.getrandbits(128), version=4)

    units = [{"id": one(), "name": f"第{n + 1}分局"} for n in range(20)]
    officers = [
        {"id": one(), "number": f"{100_200 + n}", "name": dice.choice(SURNAMES) + "".join(dice.sample(GIVEN, 2)),
         "unit_id": units[n % 20]["id"], "on_establishment": True, "created_at": END}
        for n in range(max(40, min(400, clips // 500)))
    ]  # fmt: skip
    recorders = [
        {"id": one(), "serial": f"DSJ-{n:04}", "serial_source": "marker", "label": f"执法仪{n:04}", "registered": True,
         "holder_id": officers[n % len(officers)]["id"], "created_at": END}
        for n in range(len(officers))
    ]  # fmt: skip
    gone = units[-1]["id"]
    cases, steps = _cases(dice, one, units, officers, max(20, clips // 25))
    bureau = Bureau(
        [u["id"] for u in units],
        [o["id"] for o in officers],
        [r["id"] for r in recorders],
        gone,
        cases[len(cases) // 2]["number"],
    )
    if kept:
        return bureau
    with database.write() as session:
        session.info[LATER] = True
        connection = session.connection()
        for model, rows in (
            (Unit, units), (Officer, officers), (Recorder, recorders), (Case, cases), (Step, steps),
        ):  # fmt: skip
            connection.execute(insert(model.__table__), rows)  # type: ignore[arg-type]
    for rows in _clips(dice, one, officers, recorders, gone, steps, clips):
        with database.write() as session:
            session.info[LATER] = True
            for model in (Clip, Stage, Attachment):
                if rows[model.__tablename__]:
                    session.connection().execute(insert(model.__table__), rows[model.__tablename__])  # type: ignore[arg-type]
    return bureau


def _cases(
    dice: random.Random, one: Any, units: list[Any], officers: list[Any], count: int
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    cases, steps = [], []
    for n in range(count):
        year = 2024 + n * YEARS // count
        party = f"{dice.choice(ROADS)}{dice.choice(SURNAMES)}记{dice.choice(TRADES)}店"
        case = {
            "id": one(), "number": f"城市监罚〔{year}〕{n + 1} 号", "title": f"{party}{dice.choice(MATTERS)}案",
            "type": "penalty-general", "party": party, "state": "open", "unit_id": dice.choice(units)["id"],
            "handler_id": dice.choice(officers)["id"], "opened_at": END,
        }  # fmt: skip
        cases.append(case)
        for position, (stage, activity, title) in enumerate(dice.sample(ACTIVITIES, 3)):
            road = "".join(dice.sample(ROADS, 2))
            steps.append(
                {"id": one(), "case_id": case["id"], "stage": stage, "activity": activity, "title": title,
                 "place": f"{road}路 {dice.randrange(1, 400)} 号", "position": position}
            )  # fmt: skip
    return cases, steps


def _clips(
    dice: random.Random, one: Any, officers: list[Any], recorders: list[Any], gone: uuid.UUID,
    steps: list[Any], count: int,
) -> Iterator[dict[str, list[dict[str, Any]]]]:  # fmt: skip
    start = END - timedelta(days=365 * YEARS)
    since_gone = END - timedelta(days=730)
    rows: dict[str, list[dict[str, Any]]] = {"clips": [], "stages": [], "attachments": []}
    for n in range(count):
        received = start + (END - start) * (n / count)
        who = dice.randrange(len(officers))
        while officers[who]["unit_id"] == gone and received > since_gone:
            who = dice.randrange(len(officers))
        recorded = received - timedelta(minutes=dice.randrange(20, 900))
        kind = dice.choices(("video", "photo", "audio", "document", "unknown"), (60, 30, 8, 1, 1))[0]
        ending = {"video": "MP4", "photo": "JPG", "audio": "WAV", "document": "PDF", "unknown": "DAT"}[kind]
        name = f"DSJ{who:04}_{officers[who]['number']}_{recorded:%Y%m%d%H%M%S}_{n % 9999:04}.{ending}"
        if dice.random() < 0.04:
            name = f"{dice.choice(TRADES)}{dice.choice(ROADS)}{dice.choice(PROVES)}_{n}.{ending}"
        if n in {7, count // 2, count - count // 3}:
            name = f"{RARE_WORD}{name}"
        clip, digest = one(), f"{n:064x}"
        here = dice.random() < 0.6
        bad = dice.random()
        rows["clips"].append(
            {
                "id": clip, "sha256": digest, "sm3": digest, "checksum": "c", "size": dice.randrange(10**5, 4 * 10**9),
                "name": name, "whole": True, "recorder_id": recorders[who]["id"], "officer_id": officers[who]["id"],
                "officer_source": "holding", "received_at": received,
                "verified_at": None if n > count - 300 else received + timedelta(minutes=3), "kind": kind,
                "recorded_at": recorded if dice.random() < 0.98 else None, "recorded_at_source": "file-name",
                "duration": dice.randrange(3, 7200) + dice.random() if kind in {"video", "audio"} else None,
                "latitude": 26.45 + dice.betavariate(4, 4) * 0.4 if here else None,
                "longitude": 104.6 + dice.betavariate(4, 4) * 0.5 if here else None,
                "shown_as": "original", "facts": {"mime": "video/mp4", "tags": {"encoder": "x" * 400}},
                "flags": ["partial"] if bad < 0.001 else ["truncated"] if bad < 0.004 else [],
                "lock_desired": END, "hold_desired": False, "restricted": n % 50_000 == 17,
            }
        )  # fmt: skip
        if dice.random() < 0.0008:
            rows["stages"].append(
                {"clip_id": clip, "stage": "render", "state": "failed", "attempts": 3, "due_at": received,
                 "error": "", "updated_at": received}
            )  # fmt: skip
        if dice.random() < 0.4:
            step = steps[min(len(steps) - 1, int(n / count * len(steps)) + dice.randrange(3))]
            rows["attachments"].append(
                {"id": one(), "clip_id": clip, "step_id": step["id"], "role": "evidence", "volume": "main",
                 "proves": dice.choice(PROVES), "attached_at": received}
            )  # fmt: skip
        if len(rows["clips"]) == 10_000:
            yield rows
            rows = {"clips": [], "stages": [], "attachments": []}
    yield rows
