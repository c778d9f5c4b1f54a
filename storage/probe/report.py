"""What the probe found, as data: kept by the catalog, shown on the command line and on a page."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Verdict = Literal["held", "broken", "known limit", "unclear", "not tried"]
"""held: refused, canary intact. broken: the attack got through. known limit: it gets through by design of S3, and the
product does not rely on it. unclear: no proof either way. not tried: what it needs is not here."""

Language = Literal["en", "zh"]


class Words(BaseModel):
    """One sentence in both languages."""

    model_config = ConfigDict(frozen=True)

    en: str
    zh: str

    def in_language(self, language: Language) -> str:
        """The sentence in `language`."""
        return self.zh if language == "zh" else self.en


VERDICT_WORDS: dict[Verdict, Words] = {
    "held": Words(en="held", zh="守住"),
    "broken": Words(en="BROKEN", zh="被攻破"),
    "known limit": Words(en="known limit", zh="已知局限"),
    "unclear": Words(en="unclear", zh="无法判定"),
    "not tried": Words(en="not tried", zh="未尝试"),
}


class AttackResult(BaseModel):
    """One attack and how it ended."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Stable word for programs, such as `delete-version`."""
    door: str
    """Where it came in: `S3, everyday key`, `filer 127.0.0.1:8888`, …"""
    attack: Words
    expected: Words
    why: Words
    """Why it matters, should it get through."""
    verdict: Verdict
    said: str
    """What the storage answered, as it came, and what became of the canary."""

    @property
    def ok(self) -> bool:
        """Whether this one lets intake go on."""
        return self.verdict in {"held", "known limit", "not tried"}


class ProbeReport(BaseModel):
    """One run of the probe."""

    model_config = ConfigDict(frozen=True)

    started: datetime
    finished: datetime
    endpoint: str
    results: list[AttackResult]

    @property
    def passed(self) -> bool:
        """Whether originals may be entrusted to this storage: every attack held, and there were attacks."""
        return bool(self.results) and all(result.ok for result in self.results)

    @property
    def failures(self) -> list[AttackResult]:
        """The attacks that got through, and those that gave no proof."""
        return [result for result in self.results if not result.ok]

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON data, with `passed` stated, for keeping."""
        return {"passed": self.passed, **self.model_dump(mode="json")}

    def summary(self, language: Language) -> str:
        """What a person must know: what happened, what is safe, what to do next."""
        held = sum(result.verdict == "held" for result in self.results)
        if self.passed and language == "zh":
            return f"存储锁定检测通过：{held} 种攻击均被拒绝，检测样本完好。"
        if self.passed:
            return f"The lock probe passed: {held} attacks were refused and every canary is intact."
        broken = self._grouped("broken", language)
        unclear = self._grouped("unclear", language)
        if language == "zh":
            head = (
                f"存储锁定检测未通过：{len(broken)} 种攻击得逞，{len(unclear)} 种无法判定。已停止接收新资料。"
            )
            tail = "已入库的资料未被本次检测触动。请按上述各项修正存储设置，然后重新检测。"
        else:
            head = (
                f"The lock probe failed: {len(broken)} kinds of attack got through, {len(unclear)} gave no proof. "
                "Nothing new is taken in."
            )
            tail = (
                "Originals already stored were not touched by this probe. Correct the storage as named above, "
                "then run the probe again."
            )
        return "\n".join([head, *broken, *unclear, tail])

    def _grouped(self, verdict: Verdict, language: Language) -> list[str]:
        """One line for each kind of attack with this verdict, naming all doors it came through."""
        doors: dict[str, list[AttackResult]] = {}
        for result in self.results:
            if result.verdict == verdict:
                doors.setdefault(result.name, []).append(result)
        return [
            f"- {same[0].attack.in_language(language)} ({', '.join(r.door for r in same)}) - "
            f"{same[0].why.in_language(language)} [{same[0].said}]"
            for same in doors.values()
        ]
