"""The table of recording rules: what it asks of steps, and what is said when it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.case_files.cases import ACTIVITIES, STAGES, TYPES
from catalog.recording_rules.reading import LARGEST, RulesUnreadable, read_file, read_rules, shipped_text
from catalog.rules.recording_rules import REQUIREMENTS, RecordingRules, asked_of

OWN = """
format = 1
version = "本局 2026-1"
approval = "城市监〔2026〕9号"
own_moments = ["快检取样"]
[circumstances]
night = { zh = "夜间" }
[[rows]]
id = "a"
title = "现场检查"
activities = ["investigation"]
circumstances = ["night"]
requirement = "must"
scope = "moments"
moments = [["快检取样", "signed"]]
basis = "本局规定"
"""


@pytest.fixture(scope="module")
def shipped() -> RecordingRules:
    return read_rules(shipped_text())


def requirement(rules: RecordingRules, activity: str, *circumstances: str) -> str:
    return asked_of(
        rules,
        activity=activity,
        stage="investigation",
        case_type="penalty-general",
        circumstances=circumstances,
    ).requirement


@pytest.mark.parametrize(
    ("activity", "circumstances", "wanted"),
    [
        ("coercion", (), "must"),
        ("coercion", ("party-absent",), "must"),
        ("investigation", (), "should"),
        ("investigation", ("party-absent",), "must"),
        ("investigation", ("refuses-to-sign",), "must"),
        ("questioning", ("refuses-investigation",), "must"),
        ("investigation", ("remote-sampling",), "must"),
        ("questioning", (), "should"),
        ("hearing", (), "should"),
        ("patrol", (), "should"),
        ("service", (), "should"),
        ("service", ("left-in-place",), "must"),
        ("service", ("electronic-service",), "must"),
        ("service", ("public-notice",), "must"),
        ("other", (), "need-not"),
    ],
)
def test_what_the_law_asks(
    shipped: RecordingRules, activity: str, circumstances: tuple[str, ...], wanted: str
) -> None:
    assert requirement(shipped, activity, *circumstances) == wanted


def test_rows_add_up(shipped: RecordingRules) -> None:
    asked = asked_of(
        shipped, activity="coercion", stage="investigation", case_type="other",
        circumstances=["party-absent", "refuses-to-sign"],
    )  # fmt: skip
    assert asked.rows == ("coercion-absent", "party-absent-or-refuses")
    assert (asked.scope, asked.media) == ("whole", {"video", "audio"})
    assert ("statement-defence",) not in asked.moments, "nobody is there to be heard"


@given(
    activity=st.sampled_from(ACTIVITIES), stage=st.sampled_from(STAGES), case_type=st.sampled_from(TYPES),
    circumstances=st.frozensets(st.sampled_from(list(read_rules(shipped_text()).circumstances))),
)  # fmt: skip
def test_every_step_has_a_row_and_a_medium_and_no_circumstance_weakens_it(
    activity: str, stage: str, case_type: str, circumstances: frozenset[str]
) -> None:
    rules = read_rules(shipped_text())
    kind = {"activity": activity, "stage": stage, "case_type": case_type}
    asked = asked_of(rules, **kind, circumstances=sorted(circumstances))
    plainly = asked_of(rules, **kind, circumstances=())
    assert asked.rows
    assert "video" in asked.media
    assert REQUIREMENTS.index(asked.requirement) <= REQUIREMENTS.index(plainly.requirement)


def test_only_what_changes_something_is_offered(shipped: RecordingRules) -> None:
    assert shipped.offered("service") == ("left-in-place", "electronic-service", "public-notice")
    assert {code for activity in ACTIVITIES for code in shipped.offered(activity)} == set(
        shipped.circumstances
    )


def test_a_bureaus_own_table(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text(OWN, encoding="utf-8")
    rules = read_rules(read_file(file))
    assert rules.version == "本局 2026-1"
    assert rules.rows[0].title.en == "现场检查", "what is not said in English is shown as it is"
    assert requirement(rules, "investigation", "night") == "must"
    assert requirement(rules, "investigation") == "need-not"


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("format = 1", "format = 2", "format must be 1"),
        ('version = "本局 2026-1"', "version = 3", "version: a text"),
        ('["investigation"]', '["inspection"]', "row 1 “a”, activities: unknown: inspection"),
        ('["investigation"]', "[]", "activities must name at least one"),
        ('circumstances = ["night"]', 'circumstances = ["nigth"]', "circumstances: unknown: nigth"),
        ('"must"', '"always"', "row 1 “a”, requirement: one of must, should, need-not"),
        ('scope = "moments"', 'scope = "all"', "row 1 “a”, scope: one of"),
        ('"快检取样", "signed"', '"sined"', "moments: unknown: sined"),
        ('[["快检取样", "signed"]]', '["signed"]', "moments are lists of which one each is enough"),
        ('scope = "moments"', 'scope = "moments"\nmedia = ["photo"]', "media must take video"),
        ('basis = "本局规定"', "", "row 1 “a”, basis"),
        ('basis = "本局规定"', 'basis = "本局规定"\nperiod = 3', "row 1 “a”: unknown: period"),
        ('id = "a"', 'id = "A b"', "id has small letters"),
        ("[[rows]]", "[row]", "at least one row"),
        ("[[rows]]", "[[rows", "it is no TOML"),
        ('night = { zh = "夜间" }', 'night = { de = "Nacht" }', "circumstance “night”"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in OWN
    file = tmp_path / "own.toml"
    file.write_text(OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(RulesUnreadable) as caught:
        read_file(file)
    assert says in str(caught.value)
    assert str(file) in str(caught.value)


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(RulesUnreadable, match=r"requirement.*; .*scope"):
        read_rules(OWN.replace('"must"', '"x"').replace('scope = "moments"', 'scope = "y"'))


def test_two_rows_of_one_name() -> None:
    rows = OWN.partition("[[rows]]")[2]
    with pytest.raises(RulesUnreadable, match="two rows have the id “a”"):
        read_rules(f"{OWN}[[rows]]{rows}")


def test_no_file_and_other_files(tmp_path: Path) -> None:
    with pytest.raises(RulesUnreadable, match="cannot be read"):
        read_file(tmp_path / "none.toml")
    (tmp_path / "gbk.toml").write_bytes(OWN.encode("gb18030"))
    with pytest.raises(RulesUnreadable, match="UTF-8"):
        read_file(tmp_path / "gbk.toml")
    (tmp_path / "film.toml").write_bytes(b"\0" * (LARGEST + 1))
    with pytest.raises(RulesUnreadable, match="larger"):
        read_file(tmp_path / "film.toml")


@given(text=st.text())
def test_no_text_makes_it_fall_over(text: str) -> None:
    with pytest.raises(RulesUnreadable):
        read_rules(text)
