"""Reading a table of recording rules from TOML. What is wrong in it is said by row, all at once."""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from catalog.case_files.cases import ACTIVITIES, STAGES, TYPES
from catalog.rules.marks import ORDER, PRESET_LIMIT
from catalog.rules.recording_rules import MEDIA, REQUIREMENTS, SCOPES, RecordingRules, Row, Said

FORMAT = 1
SHIPPED = Path(__file__).with_name("shipped.toml")
LARGEST = 256 << 10
"""Bytes of a table: what is larger is another file."""
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_TOP = frozenset({"format", "version", "approval", "circumstances", "own_moments", "rows"})
_OF_ROW = frozenset(
    {
        "id", "title", "activities", "stages", "case_types", "circumstances", "unless", "requirement", "scope",
        "media", "moments", "basis",
    }
)  # fmt: skip


class RulesUnreadable(Exception):
    """A table of recording rules cannot be used; the message says where and why."""


def shipped_text() -> str:
    """Answer the table that comes with the system."""
    return SHIPPED.read_text(encoding="utf-8")


def read_file(path: Path | None) -> str:
    """Answer the text of a bureau's own table, checked; of the shipped one without a path. Raises RulesUnreadable."""
    if path is None:
        text = shipped_text()
    else:
        try:
            if path.stat().st_size > LARGEST:
                raise RulesUnreadable(
                    f"{path} is larger than {LARGEST} bytes: that is no table of recording rules"
                )
            text = path.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise RulesUnreadable(f"{path} cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise RulesUnreadable(f"{path} is not written in UTF-8") from None
    try:
        read_rules(text)
    except RulesUnreadable as error:
        raise RulesUnreadable(f"{path or SHIPPED.name}: {error}") from None
    return text


@lru_cache(maxsize=8)
def read_rules(text: str) -> RecordingRules:
    """Answer the table a text states. Raises RulesUnreadable with everything that is wrong in it."""
    try:
        stated = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulesUnreadable(f"it is no TOML: {error}") from None
    reader = _Reader()
    rules = reader.rules(stated, hashlib.sha256(text.encode()).hexdigest())
    if reader.wrong:
        raise RulesUnreadable("; ".join(reader.wrong))
    return rules


class _Reader:
    """Collects what is wrong, so that a bureau mends its file once and not line by line."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def rules(self, stated: dict[str, Any], digest: str) -> RecordingRules:
        self._only(stated, _TOP, "the table")
        if stated.get("format") != FORMAT:
            self.wrong.append(f"format must be {FORMAT}")
        version = self._text(stated.get("version"), "version", 64)
        approval = self._text(stated.get("approval", ""), "approval", 255, empty=True)
        given = stated.get("circumstances", {})
        if not isinstance(given, dict):
            self.wrong.append("circumstances must be a table of names")
            given = {}
        circumstances = {}
        for code, said in given.items():
            if not _CODE.fullmatch(code):
                self.wrong.append(
                    f"circumstance “{code}”: a code has small letters, digits and hyphens, 48 at most"
                )
            circumstances[code] = self._said(said, f"circumstance “{code}”")
        own = self._list(stated.get("own_moments", []), None, "own_moments")
        if any(len(one) > PRESET_LIMIT for one in own):
            self.wrong.append(f"own_moments: each has {PRESET_LIMIT} characters at most")
        rows = stated.get("rows", [])
        if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
            self.wrong.append("there must be at least one row, each written as [[rows]]")
            rows = []
        read = tuple(
            self._row(row, number, tuple(circumstances), (*ORDER, *own)) for number, row in enumerate(rows, 1)
        )
        ids = [row.id for row in read]
        self.wrong += [
            f"two rows have the id “{one}”" for one in sorted({i for i in ids if ids.count(i) > 1})
        ]
        return RecordingRules(version, digest, approval, circumstances, read)

    def _row(
        self, stated: dict[str, Any], number: int, circumstances: tuple[str, ...], moments: tuple[str, ...]
    ) -> Row:
        name = stated.get("id")
        where = f"row {number}" + (f" “{name}”" if isinstance(name, str) else "")
        if not isinstance(name, str) or not _CODE.fullmatch(name):
            self.wrong.append(f"{where}: id has small letters, digits and hyphens, 48 at most")
            name = ""
        self._only(stated, _OF_ROW, where)
        activities = self._list(stated.get("activities", []), ACTIVITIES, f"{where}, activities")
        if not activities:
            self.wrong.append(f"{where}: activities must name at least one")
        media = self._list(stated.get("media", ["video", "audio"]), MEDIA, f"{where}, media")
        if "video" not in media:
            self.wrong.append(f"{where}: media must take video")  # so that rows that add up take something
        groups = stated.get("moments", [])
        if not isinstance(groups, list) or not all(isinstance(group, list) and group for group in groups):
            self.wrong.append(
                f'{where}: moments are lists of which one each is enough, as [["signed", "not-signed"]]'
            )
            groups = []
        return Row(
            id=name,
            title=self._said(stated.get("title"), f"{where}, title"),
            activities=activities,
            stages=self._list(stated.get("stages", []), STAGES, f"{where}, stages"),
            case_types=self._list(stated.get("case_types", []), TYPES, f"{where}, case_types"),
            circumstances=self._list(
                stated.get("circumstances", []), circumstances, f"{where}, circumstances"
            ),
            unless=self._list(stated.get("unless", []), circumstances, f"{where}, unless"),
            requirement=cast(
                "Any", self._one(stated.get("requirement"), REQUIREMENTS, f"{where}, requirement")
            ),
            scope=cast("Any", self._one(stated.get("scope"), SCOPES, f"{where}, scope")),
            media=media,
            moments=tuple(self._list(group, moments, f"{where}, moments") for group in groups),
            basis=self._said(stated.get("basis"), f"{where}, basis"),
        )

    def _only(self, stated: dict[str, Any], known: frozenset[str], where: str) -> None:
        if unknown := sorted(set(stated) - known):
            self.wrong.append(f"{where}: unknown: {', '.join(unknown)}")

    def _one(self, value: object, known: tuple[str, ...], where: str) -> str:
        if value not in known:
            self.wrong.append(f"{where}: one of {', '.join(known)}")
            return known[0]
        return str(value)

    def _list(self, value: object, known: tuple[str, ...] | None, where: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(one, str) and one.strip() for one in value):
            self.wrong.append(f"{where}: a list of words")
            return ()
        if known is not None and (unknown := [one for one in value if one not in known]):
            self.wrong.append(f"{where}: unknown: {', '.join(unknown)} (known: {', '.join(known)})")
        return tuple(dict.fromkeys(value))

    def _text(self, value: object, where: str, most: int, *, empty: bool = False) -> str:
        if not isinstance(value, str) or (not value.strip() and not empty) or len(value) > most:
            self.wrong.append(f"{where}: a text of 1 to {most} characters")
            return ""
        return value.strip()

    def _said(self, value: object, where: str) -> Said:
        """A text, or one in each language; what is not said in English is shown as it is."""
        if isinstance(value, str):
            value = {"zh": value}
        if not isinstance(value, dict) or set(value) - {"zh", "en"}:
            self.wrong.append(f'{where}: a text, or {{ zh = "…", en = "…" }}')
            return Said("", "")
        zh = self._text(value.get("zh"), where, 500)
        return Said(zh, self._text(value.get("en", zh), where, 500, empty=True) or zh)
