"""What a slot says, case by case: rules without a station."""

from __future__ import annotations

import dataclasses
import itertools
import re
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.board.saying import Speaker
from ingest.board.standing import Bytes, Kind, Said, SlotFacts, Tally, left, standing
from ingest.journal.rows import Counts, DockingRow
from ingest.progress import View
from ingest.protocol import DockingOpened, OfficerName, RecorderIdentity
from ingest.words.board import BOARD

ID = UUID("01933f00-0000-7000-8000-000000000001")
RECORDER = RecorderIdentity(serial="A", serial_source="usb")
OPENED = DockingOpened(docking=ID, recorder_known=True, recorder_label="DSJ-1", page="", station="st-1")


def docking(**facts: Any) -> DockingRow:
    usual: dict[str, Any] = {field.name: None for field in dataclasses.fields(DockingRow)}
    usual |= {
        "id": ID, "slot": "1", "recorder": RECORDER, "started": datetime(2026, 11, 24, tzinfo=UTC), "message": "",
        "page": "", "opened": True, "closed": False, "picked_sent": False, "sheet_revision": 0, "sheet_sent": 0,
    }  # fmt: skip
    return DockingRow(**usual | facts)


def view(state: Any, **facts: Any) -> View:
    usual: dict[str, Any] = {
        "docking": ID, "slot": "1", "recorder": RECORDER, "page": "", "state": state,
        "counts": Counts(7, 700, 2, 200, 0, 0, 0, 5, 0), "current": "", "current_size": 0, "current_done": 0,
        "bytes_done": 350, "rate": 0.0, "seconds_left": None, "message": "", "trouble": None,
    }  # fmt: skip
    return View(**usual | facts)


def plugged(**facts: Any) -> SlotFacts:
    return SlotFacts(**{"plugged": True, "docking": docking(), **facts})


ALL = Tally(files=7, bytes=700, copied=7)


def test_an_empty_slot_and_one_with_something_new() -> None:
    assert standing(SlotFacts()).kind == "empty"
    assert standing(SlotFacts(plugged=True)).kind == "reading"
    assert standing(plugged(docking=docking(), view=view("reading"))).kind == "reading"


def test_copying_says_which_file_how_far_and_how_long() -> None:
    said = standing(
        plugged(view=view("copying", seconds_left=125.0), tally=Tally(files=7, bytes=700, copied=2))
    )
    assert (said.kind, said.tone, said.bar) == ("copying", "run", 0.5)
    assert said.headline.facts == {"n": 3, "files": 7}
    assert said.lines[0].facts == {"left": Said("board-left-minutes", {"count": 2}), "all": Bytes(700)}


@pytest.mark.parametrize(
    ("seconds", "word"),
    [
        (None, "unknown"),
        (0.0, "seconds"),
        (59.0, "seconds"),
        (61.0, "minutes"),
        (5399.0, "minutes"),
        (5400.0, "hours"),
    ],
)
def test_time_left(seconds: float | None, word: str) -> None:
    assert left(seconds).word == f"board-left-{word}"


def test_checking_and_clearing_must_not_be_disturbed() -> None:
    assert standing(plugged(view=view("checking"), tally=ALL)).kind == "checking"
    assert standing(plugged(view=view("checking", words=("clearing",)), tally=ALL)).kind == "clearing"


def test_safe_received_verified() -> None:
    safe = plugged(view=view("safe"), tally=ALL)
    assert (standing(safe).kind, standing(safe).tone) == ("safe", "safe")
    assert [node.state for node in standing(safe).trace] == ["done", "todo", "todo"]
    away = dataclasses.replace(safe, server_away=True)
    assert standing(away).kind == "safe"
    assert standing(away).lines[-1].word == "board-waits"
    received = dataclasses.replace(safe, tally=dataclasses.replace(ALL, received=7))
    assert standing(received).kind == "received"
    verified = dataclasses.replace(safe, tally=dataclasses.replace(ALL, received=7, verified=7))
    assert standing(verified).kind == "verified"


def test_what_was_only_recognised_is_not_called_verified() -> None:
    held = plugged(view=view("safe"), tally=dataclasses.replace(ALL, received=7, held=7))
    assert standing(held).kind == "received"
    assert standing(held).trace[-1].state == "todo"


def test_nothing_on_it() -> None:
    assert standing(plugged(view=view("safe"))).kind == "nothing"


def test_what_could_not_even_be_listed_is_no_empty_card() -> None:
    said = standing(
        plugged(docking=docking(), view=view("attention", words=("spool-failed",)), tally=Tally())
    )
    assert (said.kind, said.tone, said.call) == ("attention", "stop", True)


def test_attention_says_why_in_one_sentence_and_whom_to_call() -> None:
    tally = Tally(files=7, bytes=700, copied=6, attention=1, reasons=(("unreadable", 1),))
    said = standing(plugged(view=view("attention"), tally=tally))
    assert (said.kind, said.call) == ("attention", True)
    assert said.lines[0] == Said("board-troubled", {"count": 1, "reason": Said("board-why-unreadable")})


def test_a_full_station_keeps_the_recorder() -> None:
    said = standing(
        plugged(view=view("attention", words=("spool-full",)), tally=Tally(files=7, open=5, copied=2))
    )
    assert (said.kind, said.call) == ("full", True)


def test_taken_out_too_early_is_remembered_until_it_is_docked_again() -> None:
    gone = SlotFacts(
        docking=docking(reason="unplugged", ended=datetime.now(UTC)), tally=Tally(files=7, copied=4, open=3)
    )
    assert standing(gone).kind == "early"
    assert standing(dataclasses.replace(gone, docked_again=True)).kind == "empty"
    assert standing(dataclasses.replace(gone, hours_ago=25)).kind == "empty"


def test_taken_when_all_was_well() -> None:
    gone = SlotFacts(docking=docking(reason="done", ended=datetime.now(UTC)), tally=ALL, left_seconds=3.0)
    assert standing(gone).kind == "taken"
    assert standing(dataclasses.replace(gone, left_seconds=31.0)).kind == "empty"


def test_with_a_failed_file_it_is_to_be_kept() -> None:
    gone = SlotFacts(
        docking=docking(reason="done", ended=datetime.now(UTC)), tally=dataclasses.replace(ALL, attention=1)
    )
    assert standing(gone).kind == "keep"


def test_what_cannot_be_opened() -> None:
    said = standing(SlotFacts(plugged=True, stuck=("filesystem-damaged", "")))
    assert (said.kind, said.lines, said.call) == (
        "unreadable",
        (Said("filesystem-damaged", {"detail": ""}),),
        True,
    )


def test_a_recorder_with_notes_is_taken_in_all_the_same() -> None:
    notes = ["unregistered", "faulty", "assigned-elsewhere", "sealed", "same-serial"]
    answer = OPENED.model_copy(update={"notes": notes})
    said = standing(
        plugged(docking=docking(answer=answer), view=view("safe", words=("low-space",)), tally=ALL)
    )
    assert said.kind == "safe"
    assert [note.word for note in said.notes] == [f"board-note-{note}" for note in [*notes, "low-space"]]


def test_names_are_offered_only_where_nobody_is_known() -> None:
    answer = OPENED.model_copy(update={"officers": [OfficerName(number="1", name="王某某")]})
    assert standing(plugged(docking=docking(answer=answer), view=view("safe"), tally=ALL)).pick
    assert not standing(plugged(docking=docking(answer=OPENED), view=view("safe"), tally=ALL)).pick


def test_without_the_server_s_word_the_names_known_here_are_offered() -> None:
    known = (OfficerName(number="1", name="王某某"), OfficerName(number="2", name="李某某"))

    def offered(**facts: Any) -> bool:
        return standing(plugged(docking=docking(**facts), view=view("safe"), tally=ALL, officers=known)).pick

    assert offered()
    assert not offered(answer=OPENED)  # the server knows who it is
    assert not standing(plugged(view=view("safe"), tally=ALL)).pick  # never heard of a name
    for stated, wanted in (("2", False), ("7", True), ("000000", True)):
        assert offered(recorder=RECORDER.model_copy(update={"officer_numbers": [stated]})) is wanted


def test_release_is_offered_only_for_what_waits_for_it() -> None:
    assert standing(plugged(view=view("safe"), tally=ALL)).release is None
    said = standing(plugged(view=view("safe", to_confirm=4, to_confirm_bytes=400), tally=ALL))
    assert said.release == (4, 400)


COUNTS = st.integers(0, 9)


@given(
    st.booleans(),
    st.sampled_from([None, "reading", "copying", "checking", "safe", "attention", "gone"]),
    st.sampled_from([None, "done", "unplugged", "failed"]),
    st.lists(st.sampled_from(["clearing", "spool-full", "low-space", "unplugged"]), max_size=2),
    st.builds(
        Tally, files=COUNTS, copied=COUNTS, received=COUNTS, verified=COUNTS, open=COUNTS, attention=COUNTS
    ),
)
def test_green_only_when_nothing_is_left_on_the_recorder(
    there: bool, state: Any, reason: Any, words: list[str], tally: Tally
) -> None:
    row = docking(reason=reason, ended=datetime.now(UTC) if reason else None)
    facts = SlotFacts(
        plugged=there, docking=row, view=view(state, words=tuple(words)) if state else None, tally=tally
    )
    said = standing(facts)
    assert said.kind in get_args(Kind)
    if said.tone == "safe":
        assert not tally.open
        assert not tally.attention
        assert reason != "failed"
    for language in ("zh", "en"):
        speaker = Speaker(language)
        assert all(speaker.say(one) for one in (said.headline, *said.lines, *said.notes))


@pytest.mark.parametrize("word", sorted(word for word in BOARD if not word.endswith("-1")))
def test_both_languages_name_the_same_facts(word: str) -> None:
    chinese, english = BOARD[word]
    assert set(re.findall(r"\{(\w+)\}", chinese)) == set(re.findall(r"\{(\w+)\}", english))


def test_every_kind_has_a_headline() -> None:
    for kind, language in itertools.product(get_args(Kind), ("zh", "en")):
        assert Speaker(language).word(f"board-h-{kind}", n=1, files=2) != f"board-h-{kind}"
