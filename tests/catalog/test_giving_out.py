"""What something is taken out for: a closed list, and words where the list says too little."""

from __future__ import annotations

import pytest

from catalog.rules.giving_out import IN_WORDS, REASONS, TEXT_LIMIT, NoReason, Reason, reason_given
from catalog.rules.looking import PURPOSES


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_of_the_list(code: str) -> None:
    assert reason_given(code, " 见函 \u202e") == Reason(code, "见函")
    if code in IN_WORDS:
        with pytest.raises(NoReason, match="reason-text-missing"):
            reason_given(code, " \x00")
    else:
        assert reason_given(code).private() == {"needed_for": code, "reason": None}


@pytest.mark.parametrize(
    ("code", "text", "why"),
    [
        ("", "x", "reason-missing"),
        ("because", "x", "reason-unknown"),
        ("case ", "x", "reason-unknown"),
        ("case", "x" * (TEXT_LIMIT + 1), "reason-too-long"),
    ],
)
def test_what_is_no_reason(code: str, text: str, why: str) -> None:
    with pytest.raises(NoReason) as refusal:
        reason_given(code, text)
    assert refusal.value.why == why


def test_the_longest_text_is_kept_whole() -> None:
    assert reason_given("other", "长" * TEXT_LIMIT).private()["reason"] == "长" * TEXT_LIMIT


def test_what_a_look_and_a_taking_out_share_has_the_same_word() -> None:
    assert set(PURPOSES) - set(REASONS) == {"file-check"}, "which is an inspection here"
