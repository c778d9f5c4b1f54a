"""What is asked of the index never leaves out a text that holds the word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.rules.words import TERMS, WORD_LENGTH, WORDS, all_terms, folded, needed_terms, words_of

TEXT = st.text(
    st.characters() | st.sampled_from("执法记录仪食品录音%_\"*'\\-() 0123456789abcABC\x00\ud800\u202e　"),
    max_size=60,
)


@given(TEXT, st.data())
def test_needed_terms_are_terms_of_every_text_that_holds_the_word(text: str, data: st.DataObject) -> None:
    known = folded(text)
    start = data.draw(st.integers(0, len(known)))
    for word in words_of(known[start : start + data.draw(st.integers(0, 20))]):
        assert word in known
        assert set(needed_terms(word, "w")) <= all_terms([known], "w")
        assert 0 < len(needed_terms(word, "w")) <= TERMS


@given(TEXT)
def test_terms_are_letters_and_digits(text: str) -> None:
    assert all(
        term.isascii() and term.isalnum() and term[0] == "w" for term in all_terms([folded(text)], "w")
    )


@given(TEXT)
def test_folding_twice_changes_nothing_and_can_be_stored(text: str) -> None:
    known = folded(text)
    assert folded(known) == known
    assert "\x00" not in known
    assert "\n" not in known
    known.encode()


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("ＤＳＪ０４１２．mp4", "dsj0412.MP4"),
        ("城市监罚〔2026〕112 号", "〔2026〕112"),
        ("STRASSE", "straße"),
        ("录\u200b音\u202e笔", "录音笔"),
        ("Ａ　Ｂ", "a b"),
    ],
    ids=["width and case", "case number", "sharp s", "invisible marks", "blank"],
)
def test_width_case_and_invisible_marks_do_not_matter(text: str, word: str) -> None:
    assert all(w in folded(text) for w in words_of(word))


def test_a_question_is_bounded() -> None:
    words = words_of(" ".join(f"{n:05}" + "长" * 9000 for n in range(2000)))
    assert len(words) <= WORDS
    assert all(len(w) <= WORD_LENGTH for w in words)
    assert words_of("a A  Ａ") == ["a"]
    assert words_of(" \t\u200b ") == []


def test_long_words_are_asked_for_by_terms_from_all_over() -> None:
    word = "".join(chr(0x4E00 + n) for n in range(90))
    terms = needed_terms(word, "w")
    assert len(terms) == TERMS
    assert terms[0].startswith("w4e00z")
    assert terms[-1].endswith(f"z{0x4E00 + 89:x}")
