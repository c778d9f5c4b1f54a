"""What people type is kept as it reads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.free_text import plain, seen_in, shown, spoken


def test_control_characters_and_direction_marks_go() -> None:
    assert (
        plain(" 证明\x00 第一层货架\u202egpm.exe\u2069\r\n第二行\t完 \x7f")
        == "证明 第一层货架gpm.exe\n第二行\t完"
    )


def test_what_people_write_stays() -> None:
    assert plain("𠮷野家（2024）—“过期” é 👮🏻") == "𠮷野家（2024）—“过期” é 👮🏻"


@given(st.text())
def test_doing_it_twice_changes_nothing_and_all_databases_can_store_it(text: str) -> None:
    once = plain(text)
    assert plain(once) == once
    assert "\x00" not in once
    once.encode("utf-8")


def test_direction_marks_are_seen_on_the_screen() -> None:
    assert shown("第一层货架\u202egpm.exe") == "第一层货架[U+202E]gpm.exe"
    assert shown("abc") == "abc"


@given(st.text())
def test_nothing_but_direction_marks_is_shown_otherwise(text: str) -> None:
    assert shown(plain(text)) == plain(text)


UNSEEN = ("\u200b", "\u3164", "\ufeff", "\u2800", "\u115f\u1160", "\uffa0", "\u00ad", "\u2060", "\ufe0f", "\u034f",
          "\U000e0041", "\u3000", "\u00a0 \t\n", "\u180e", "\u200d" * 3, "\u3164\u200b\u2800")  # fmt: skip
SAID = ("x", "好", "7", "＋", "👮🏻", "\u3164好", "\ue000", "𠮷", "O'Neill", "“过期”", "é")


@pytest.mark.parametrize("text", [*UNSEEN, "", "。", "……", "-", "?!", "\u0301"])
def test_nothing_is_said_by_what_cannot_be_seen_or_is_punctuation(text: str) -> None:
    assert spoken(text) == ""


@pytest.mark.parametrize("text", SAID)
def test_something_is_said(text: str) -> None:
    assert spoken(text) == text.removeprefix("\u3164")


def test_only_what_can_be_seen_counts() -> None:
    assert seen_in("x" + "".join(UNSEEN)) == 1
    assert spoken("\u200b" * 5000 + "x")[:2000] == "x"


@given(st.text())
def test_what_is_said_is_plain_text_without_what_is_unseen_before_it(text: str) -> None:
    kept = spoken(text)
    assert spoken(kept) == kept
    assert plain(text).endswith(kept)
    assert not kept or seen_in(kept[0])


WITHOUT_A_DEMAND = {
    "catalog/case_files/importing/applying.py", "catalog/case_files/importing/drafts.py", "catalog/case_files/words.py",
    "catalog/custody/naming.py", "catalog/custody/searching.py", "catalog/documents/receiving.py",
    "catalog/finding/naming.py", "catalog/footage/folder.py", "catalog/purposes/consulting.py",
    "catalog/purposes/explaining.py", "catalog/rules/free_text.py", "catalog/rules/marks.py",
}  # fmt: skip
"""Words that are looked for, names of files, and the note of a mark: nothing is demanded there."""


def test_every_other_text_is_asked_whether_it_says_something() -> None:
    root = Path(__file__).parents[2]
    using = {
        file.relative_to(root).as_posix()
        for file in (root / "catalog").rglob("*.py")
        if re.search(r"(?<![\w.])plain\(", file.read_text())
    }
    assert using == WITHOUT_A_DEMAND
