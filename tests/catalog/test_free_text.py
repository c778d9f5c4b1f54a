"""What people type is kept as it reads."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.free_text import plain, shown


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
