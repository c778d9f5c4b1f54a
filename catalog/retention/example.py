"""The schedule that is shipped as an example: a beginning for a bureau's own, to be confirmed by the archive.

Nothing takes it for granted: it is loaded as a draft and goes the way of every other. Only the demonstration puts it in
force by itself, where everything is invented.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from catalog.actors import Actor, system
from catalog.models import RetentionSchedule
from catalog.retention.schedules import ApprovalFacts, Draft, bring_into_force, digest_now, make_draft
from catalog.rules.retention import ANY, Row

VERSION = "示例"
NOTE = "示例，供起草本单位保管期限表时参考；各项期限须经档案主管部门和本单位档案机构确认后方可使用。"
_ALL = frozenset({"closing", "execution", "acceptance"})
_END = frozenset({"closing", "acceptance"})
_FILES = "《市场监督管理行政处罚程序规定》《机关文件材料归档范围和文书档案保管期限规定》"
ROWS = (
    Row(1, "penalty-general", ANY, ANY, 30, _ALL, _FILES),
    Row(2, ANY, "yes", ANY, 30, _ALL, "《中华人民共和国行政强制法》；" + _FILES),
    Row(3, ANY, "yes", "evidence", None, _ALL, "涉及重大强制措施的证据，建议永久；由档案机构确认"),
    Row(4, "penalty-summary", ANY, ANY, 10, _ALL, _FILES),
    Row(
        5,
        "licence",
        ANY,
        ANY,
        30,
        _END,
        "《中华人民共和国行政许可法》；《机关文件材料归档范围和文书档案保管期限规定》",
    ),
    Row(6, "confirmation", ANY, ANY, 30, _END, "《机关文件材料归档范围和文书档案保管期限规定》"),
    Row(7, "inspection", ANY, ANY, 10, _END, "《机关文件材料归档范围和文书档案保管期限规定》"),
    Row(8, "complaint", ANY, ANY, 10, _END, "《市场监督管理投诉举报处理暂行办法》"),
)


def example() -> Draft:
    """Answer the example as a draft under the name it is shipped with."""
    return Draft(VERSION, NOTE, "", ROWS)


def put_example_in_force(session: Session, now: datetime) -> RetentionSchedule:
    """Put the example in force without anybody's approval, for the demonstration; nothing happens when one is in force.

    It says of itself that it is an example.
    """
    known = session.scalar(select(RetentionSchedule).where(RetentionSchedule.state == "in-force"))
    if known is not None:
        return known
    actor: Actor = system("demo")
    draft = example()
    schedule = make_draft(session, actor=actor, draft=draft, now=now, example=True)
    return bring_into_force(
        session, actor, schedule, ApprovalFacts("", None, digest_now(session, schedule)), now
    )
