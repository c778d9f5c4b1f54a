"""What stood before and after an act, read from its entry: pure."""

from __future__ import annotations

import pytest

from catalog.custody.naming import ids_in
from catalog.rules.entry_changes import CHANGING, WITHHELD, Change, differing, entry_changes, keeps_both
from catalog.rules.entry_content import CONTENT, without_content

A, B = "0197e0a0-0000-7000-8000-000000000001", "0197e0a0-0000-7000-8000-000000000002"


def test_fields_of_facts_come_first_then_private_ones_and_what_stayed_is_left_out() -> None:
    facts = {"before": {"circumstances": []}, "after": {"circumstances": ["night"]}}
    private = {"before": {"record_number": "1", "place": "a"}, "after": {"record_number": "1", "place": "b"}}
    assert entry_changes("step.circumstances-set", facts, private) == [
        Change("circumstances", [], ["night"]),
        Change("place", "a", "b"),
    ]


def test_what_was_not_there_before_or_is_not_there_after_is_none() -> None:
    assert entry_changes("view.removed", {}, {"before": {"query": "q"}, "after": {}}) == [
        Change("query", "q", None)
    ]


def test_handlers_are_told_by_their_places_and_roles_as_one_list() -> None:
    private = {"before": [A, None], "after": [B, A]}
    assert entry_changes("case.handlers-changed", {"state": "open"}, private) == [
        Change("handler_id", A, B),
        Change("second_handler_id", None, A),
    ]
    roles = {"role": "auditor", "before": [], "after": ["auditor"]}
    assert entry_changes("account.role-granted", roles, {}) == [Change("roles", [], ["auditor"])]


@pytest.mark.parametrize(
    ("action", "facts", "private", "change"),
    [
        ("case.moved", {"from": "open", "to": "finished"}, {}, Change("state", "open", "finished")),
        ("clip.mark-changed", {}, {"before": "old", "note": "new"}, Change("note", "old", "new")),
        ("clip.mark-changed", {}, {"note": "new"}, Change("note", None, "new")),
        ("clip.mark-removed", {}, {"note": "old", "reason": "r"}, Change("note", "old", None)),
        ("recorder.handed-over", {}, {"to": "7 Li"}, Change("holder", None, "7 Li")),
        ("account.language-changed", {"language": "en"}, {}, Change("language", None, "en")),
        ("recorder.sealed-place-changed", {}, {"from": "a", "place": "b"}, Change("place", "a", "b")),
        ("clip.lock-extended", {"from": "x", "until": "y"}, {}, Change("lock_until", "x", "y")),
        ("step.circumstances-set", {"before": [], "circumstances": ["n"]}, {}, Change("circumstances", [], ["n"])),
        ("officer.changed", {}, {"name": "B", "name_before": "A"}, Change("name", "A", "B")),
    ],
)  # fmt: skip
def test_shapes_that_say_it_otherwise_are_read_as_well(
    action: str, facts: dict[str, object], private: dict[str, object], change: Change
) -> None:
    assert entry_changes(action, facts, private) == [change]


def test_nothing_is_told_of_what_a_reader_is_not_told() -> None:
    assert entry_changes("case.changed", {"fields": ["title"]}, {}) == []
    assert entry_changes("hold.set", {}, {}) == []
    assert entry_changes("clip.played", {"expires": "x"}, {"reason": "y"}) == []
    kept = {"before": {"title": "A"}, "after": {"title": "B"}}
    assert entry_changes("case.changed", {}, without_content("case.changed", kept)) == [
        Change("title", WITHHELD, WITHHELD)
    ]


def test_what_differs_is_kept_and_nothing_else() -> None:
    assert differing({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 4, "d": 5}) == (
        {"b": 2, "c": 3},
        {"b": 4, "d": 5},
    )


def test_a_changing_act_keeps_both_or_is_found_out() -> None:
    assert keeps_both("clip.played", {}, {})
    assert keeps_both("case.changed", {}, {"before": {}, "after": {}})
    assert keeps_both("case.moved", {"from": "open", "to": "finished"}, {})
    for action in CHANGING:
        assert not keeps_both(action, {}, {"reason": "because"}), action
    assert not keeps_both("account.language-changed", {"language": "en"}, {})
    assert not keeps_both("case.changed", {}, {"after": {"title": "B"}})


def test_content_goes_and_reasons_stay() -> None:
    private = {"reason": "r", "note": "what is seen", "before": "seen earlier", "actor": {"id": A}}
    assert without_content("clip.mark-changed", private) == {"reason": "r", "actor": {"id": A}}
    assert without_content("clip.played", private) == private
    changed = {"before": {"party": "x", "filed_on": "1"}, "after": {"party": "y", "filed_on": "2"}}
    assert without_content("case.changed", changed)["after"] == {"party": WITHHELD, "filed_on": "2"}
    assert CONTENT.keys() & {"search.made", "custody.checked"} == set()


def test_ids_are_found_wherever_they_stand_and_not_too_many() -> None:
    assert [str(one) for one in ids_in({"a": A, "b": [B, "no"], "c": {"d": A}, "e": 3})] == [A, B, A]
    assert len(ids_in({"many": [A] * 100})) == 40
    assert ids_in("x" * 32 + "----") == []
