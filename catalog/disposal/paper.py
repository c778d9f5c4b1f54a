"""The destruction register as paper: the official form, in Chinese like the law that asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from catalog.paper.blocks import Block, Facts, Heading, Paragraph, Signatures, Table
from catalog.paper.document import make_pdf

TITLE = "声像资料销毁清册"
PART_NAMES = {"office": "办公室", "section": "承办股室", "legal": "法规股"}
STATES = {"dropped": "退出清单", "kept": "续存", "failed": "未能销毁"}


def register_pdf(register: Mapping[str, Any], zone: tzinfo) -> bytes:
    """Answer the register as PDF; the same register gives the same bytes."""

    def moment(text: str | None) -> str:
        return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if text else "—"

    destroyed = register["destroyed"]
    approved, ordered = register["approved"], register["ordered"]
    blocks: list[Block] = [
        Facts(
            [
                ("清册编号", register["register"] or "—"),
                ("单位", register["bureau"] or "—"),
                ("鉴定编号", register["appraisal"]),
                ("报批", f"{register['reported']['by'] or '—'}，{moment(register['reported']['at'])}"),
                ("批准文号", approved["number"] or "—"),
                ("批准人", f"{approved['by'] or '—'}，{moment(approved['at'])}"),
                ("冷静期届满", moment(approved["cooled"])),
                ("执行人", f"{ordered['by'] or '—'}，{moment(ordered['at'])}"),
                (
                    "监销人",
                    "；".join(f"{one['name']}，{moment(one['at'])}" for one in register["witnesses"]) or "—",
                ),
                ("销毁数量", f"{len(destroyed)} 件"),
                ("鉴定清单摘要", approved["digest"] or "—"),
            ]
        ),
        Heading("已销毁"),
        Paragraph(
            "下列声像资料的全部存储版本、删除标记及播放副本均已删除，并由独立客户端向存储核实不存在。"
            "来源记录、签收凭证、时间戳和留痕日志继续保存。"
        ),
        Table(
            ("序号", "资料", "案件（档号或案号）", "SHA-256 / SM3", "版本", "销毁时间"),
            [
                (
                    str(one["position"]),
                    f"{one['name']}\n{one['size']} 字节\n{one['clip']}",
                    "\n".join(one["cases"]) or "未归类，已审核",
                    f"{one['sha256']}\n{one['sm3']}",
                    "\n".join(v["version"] for v in one["deleted"]) or "—",
                    moment(one["at"]),
                )
                for one in destroyed
            ]
            or [("—", "本次没有销毁任何资料", "", "", "", "")],
            widths=(0.05, 0.22, 0.14, 0.3, 0.17, 0.12),
        ),
        Heading("鉴定意见"),
        Table(
            ("序号", *PART_NAMES.values()),
            [
                (
                    str(one["position"]),
                    *(
                        "\n".join(
                            f"{said['by']}，{moment(said['at'])}"
                            for said in one["opinions"]
                            if said["part"] == part
                        )
                        or "—"
                        for part in PART_NAMES
                    ),
                )
                for one in destroyed
            ]
            or [("—", "", "", "")],
        ),
    ]
    if register["not_destroyed"]:
        blocks += [
            Heading("清单中未销毁的"),
            Table(
                ("序号", "资料编号", "结果"),
                [
                    (str(one["position"]), one["clip"], STATES.get(one["state"], one["state"]))
                    for one in register["not_destroyed"]
                ],
                widths=(0.1, 0.6, 0.3),
            ),
        ]
    blocks.append(Signatures(("执行人", "监销人", "监销人", "批准人")))
    return make_pdf(
        title=TITLE, blocks=blocks, footer=f"{register['register']} · {register['bureau']}", wide=True
    )
