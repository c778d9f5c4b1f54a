"""What a paper or a file that leaves the system is needed for: a closed list, and words where the list says too little.

Once something is printed or saved nobody here sees any longer who reads it. So whoever takes it out says first what it is
needed for, and that is kept with the entry (R2.10). Pure data and functions.
"""

from __future__ import annotations

from dataclasses import dataclass

from catalog.rules.free_text import spoken

REASONS = (
    "case",
    "archiving",
    "hand-over",
    "legal-review",
    "litigation",
    "inspection",
    "complaint",
    "disposal",
    "equipment",
    "other",
)
"""案件办理, 归档整理, 移交, 法制审核, 复议诉讼, 监督检查与案卷评查, 投诉核查, 鉴定销毁, 记录设备管理, 其他. What a look and a
taking out have in common has the same word (`catalog.rules.looking.PURPOSES`)."""
IN_WORDS = frozenset({"other"})
"""Reasons that mean nothing without a text."""
TEXT_LIMIT = 500

WHY = ("reason-missing", "reason-unknown", "reason-text-missing", "reason-too-long")


class NoReason(Exception):
    """Nothing is given out; `why` is one of `WHY`.

    It is asked before anything is looked for, so it tells nothing about what there is, and no entry is made of it.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Reason:
    """What something is taken out for, as it was said. Made by `reason_given`."""

    code: str
    text: str = ""

    def private(self) -> dict[str, str | None]:
        """Answer the private fields that the entry of the giving out keeps of it."""
        return {"needed_for": self.code, "reason": self.text or None}


def reason_given(code: str, text: str = "") -> Reason:
    """Answer the reason that somebody chose, with the words added to it. Raises NoReason (see `WHY`)."""
    text = spoken(text)
    if not code:
        raise NoReason("reason-missing")
    if code not in REASONS:
        raise NoReason("reason-unknown")
    if code in IN_WORDS and not text:
        raise NoReason("reason-text-missing")
    if len(text) > TEXT_LIMIT:
        raise NoReason("reason-too-long")
    return Reason(code, text)
