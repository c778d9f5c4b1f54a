"""Judging steps from what is in the catalog, kept as things change, for all cases at once."""

from __future__ import annotations

from datetime import timedelta
from importlib import import_module

import pytest
from sqlalchemy import func, select, text, update

from catalog.actors import system
from catalog.case_files.steps import remove_step
from catalog.coverage.judging import judge_due
from catalog.coverage.notes import set_circumstances
from catalog.coverage.rules_in_force import put_in_force, rules_in_force
from catalog.database import Database
from catalog.marking import remove_mark
from catalog.models import (
    Attachment,
    Case,
    Clip,
    CoverageDue,
    Docking,
    Mark,
    RecordingRuleSet,
    Sighting,
    Step,
    StepCoverage,
)
from catalog.recording_rules.reading import shipped_text
from tests.catalog.coverage.bureau import BEGAN, ENDED, NOW, Bureau
from tests.catalog.coverage.test_recording_rules import OWN
from tests.catalog.world import entries

ALL_MOMENTS = (
    "show-credentials", "tell-recording", "tell-rights", "statement-defence", "inventory-sealing", "not-signed",
)  # fmt: skip


def test_nothing_part_and_all_of_it(bureau: Bureau) -> None:
    assert bureau.judged().judgement.spans == ((BEGAN, ENDED),)
    bureau.film(0, 20)
    assert bureau.judged().judgement.spans == ((BEGAN + timedelta(minutes=20), ENDED),)
    bureau.film(20, 40)
    judged = bureau.judged()
    assert (judged.requirement, judged.judgement.level, judged.state) == ("must", "whole", "fine")
    assert judged.rules_digest


def test_key_moments_and_the_written_record(bureau: Bureau) -> None:
    clip = bureau.film(0, 20, marks=ALL_MOMENTS)
    assert bureau.judged().judgement.record_missing
    with bureau.database.write() as session:
        set_circumstances(
            session, actor=bureau.people["li"], step_id=bureau.step, circumstances=[], record_number=" 查封决定书 12 ",
            now=NOW,
        )  # fmt: skip
    assert bureau.judged().judgement.level == "key-moments"
    with bureau.database.write() as session:
        mark = session.scalars(select(Mark).where(Mark.clip_id == clip, Mark.preset == "tell-rights")).one()
        remove_mark(session, actor=bureau.people["li"], clip_id=clip, mark_id=mark.id, reason="错", now=NOW)
    assert bureau.judged().judgement.moments == (("tell-rights",),)


def test_a_document_is_the_written_record(bureau: Bureau) -> None:
    bureau.film(0, 20, marks=ALL_MOMENTS)
    bureau.clip(kind="document", measured=False)
    assert bureau.judged().judgement.level == "key-moments"


def test_only_marks_within_what_is_attached_count(bureau: Bureau) -> None:
    bureau.clip(minutes=20, part=(0.0, 15.0), marks=ALL_MOMENTS)
    missing = {group[0] for group in bureau.judged().judgement.moments}
    assert missing == {"tell-rights", "statement-defence", "inventory-sealing", "signed"}


def test_detached_clips_do_not_count(bureau: Bureau) -> None:
    bureau.film(0, 60)
    assert bureau.kept().level == "whole"
    with bureau.database.write() as session:
        session.scalars(select(Attachment)).one().detached_at = NOW
    assert bureau.judged().judgement.level == "missing"
    assert bureau.kept().level == "missing"


def test_a_restricted_clip_covers_and_is_named_nowhere(bureau: Bureau) -> None:
    """Left out, it would make a gap that does not exist and that tells of it (invariant 11)."""
    clip = bureau.film(0, 60)
    before = bureau.kept()
    with bureau.database.write() as session:
        session.get_one(Clip, clip).restricted = True
        session.add(CoverageDue(step_id=before.step_id))
    after = bureau.kept()
    assert (after.level, after.state) == (before.level, before.state) == ("whole", "fine")
    told = [after.reasons, after.spans, after.moments, after.rows]
    assert str(clip) not in repr(told)
    assert before.reasons == after.reasons


def test_a_step_that_was_judged_can_be_removed(bureau: Bureau) -> None:
    step = bureau.add_step("investigation", "多余的环节")
    bureau.kept(step)
    with bureau.database.write() as session:
        remove_step(session, actor=bureau.people["li"], step_id=step, now=NOW)
    with bureau.database.read() as session:
        assert session.get(StepCoverage, step) is None


def test_an_unmeasured_clock_is_given_five_minutes_and_no_length(bureau: Bureau) -> None:
    bureau.clip(start=12, minutes=60, measured=False)
    assert bureau.judged().judgement.level == "missing"
    bureau.clip(start=4, minutes=60, measured=False)
    assert bureau.judged().judgement.level == "whole"
    assert "clock-shifted" in bureau.judged().judgement.reasons


def test_parts_of_a_cut_recording(bureau: Bureau) -> None:
    """Every part's name states when the whole began; the second is placed after the first all the same."""
    first, second = bureau.film(0, 30), bureau.film(0, 30)
    with bureau.database.write() as session:
        docking = session.scalars(select(Docking.id)).first()
        for number, clip in ((1, first), (2, second)):
            sighting = session.scalars(select(Sighting).where(Sighting.clip_id == clip)).one()
            sighting.docking_id = docking
            sighting.named = {"chain": "A", "part": number}
            session.get_one(Clip, clip).facts = {
                "start_times": [
                    {"origin": "file-modified", "value": (BEGAN + timedelta(minutes=30 * number)).isoformat()}
                ]
            }
    assert bureau.judged().judgement.level == "whole"


def test_circumstances_change_what_is_asked(bureau: Bureau) -> None:
    step = bureau.add_step("questioning")
    assert (bureau.judged(step).requirement, bureau.judged(step).state) == ("should", "fine")
    with bureau.database.write() as session:
        set_circumstances(
            session, actor=bureau.people["li"], step_id=step, circumstances=["refuses-to-sign"], record_number="",
            now=NOW,
        )  # fmt: skip
    assert (bureau.judged(step).requirement, bureau.kept(step).state) == ("must", "unexplained")
    with bureau.database.read() as session:
        assert len(entries(session, "step.circumstances-set")) == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE steps SET ended_at = ended_at WHERE id = :step",
        "UPDATE steps SET circumstances = circumstances WHERE id = :step",
        "UPDATE attachments SET range_start = 1",
        "DELETE FROM attachments",
        "UPDATE marks SET removed_at = made_at",
        "UPDATE clips SET duration = 5",
        "UPDATE sightings SET named = named",
        "UPDATE dockings SET recorder_facts = recorder_facts",
        "UPDATE cases SET type = 'other'",
        "UPDATE cases SET state = 'finished'",
    ],
)
def test_whatever_changes_makes_the_step_due(bureau: Bureau, change: str) -> None:
    bureau.film(0, 20, marks=("signed",))
    bureau.kept()
    with bureau.database.write() as session:
        assert session.scalar(select(func.count()).select_from(CoverageDue)) == 0
        step = bureau.step.hex if session.get_bind().dialect.name == "sqlite" else str(bureau.step)
        session.execute(text(change), {"step": step} if ":step" in change else {})
    with bureau.database.read() as session:
        assert bureau.step in set(session.scalars(select(CoverageDue.step_id)))


def test_every_trigger_is_in_place(database: Database) -> None:
    """A later migration that builds a table anew takes its triggers with it, and steps would fall silent."""
    triggers = import_module("catalog.migrations.versions.0016_coverage").TRIGGERS
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'coverage_%'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgname LIKE 'coverage_%' AND tgenabled = 'O'",
    }[database.engine.dialect.name]
    with database.engine.connect() as connection:
        there = set(connection.scalars(text(query)))
    keepers = {name for name in there if name.startswith(("coverage_notes_no_", "coverage_notes_append"))}
    assert there - keepers == {f"coverage_{name}" for name, *_ in triggers}
    assert len(keepers) >= 2


def test_time_alone_makes_a_step_due(bureau: Bureau) -> None:
    step = bureau.add_step("coercion", timed=False)
    with bureau.database.write() as session:
        session.get_one(Step, step).planned_at = NOW + timedelta(hours=1)
    assert (bureau.kept(step).level, bureau.kept(step).state) == ("not-yet", "fine")
    with bureau.database.write() as session:
        assert judge_due(session, NOW + timedelta(minutes=59)) == 0
        assert judge_due(session, NOW + timedelta(minutes=61)) == 1
        assert judge_due(session, NOW + timedelta(minutes=61)) == 0
    with bureau.database.read() as session:
        assert session.get_one(StepCoverage, step).state == "untimed"


def test_a_new_table_judges_all_anew_and_is_kept_word_for_word(bureau: Bureau) -> None:
    with bureau.database.write() as session:
        assert put_in_force(session, actor=system("setup"), text=shipped_text(), now=NOW)
        assert put_in_force(session, actor=system("setup"), text=shipped_text(), now=NOW) is None
    shipped = bureau.kept()
    assert (shipped.level, shipped.requirement) == ("missing", "must")
    with bureau.database.write() as session:
        put_in_force(session, actor=system("setup"), text=OWN, now=NOW + timedelta(seconds=1))
        assert rules_in_force(session).version == "本局 2026-1"
    own = bureau.kept()
    assert (own.level, own.reasons, own.rules_version) == ("not-required", ["no-row"], "本局 2026-1")
    with bureau.database.write() as session:
        put_in_force(session, actor=system("setup"), text=shipped_text(), now=NOW + timedelta(seconds=2))
        texts = session.scalars(select(RecordingRuleSet.text)).all()
        assert set(texts) == {OWN, shipped_text()}
        assert len(entries(session, "rules.in-force")) == 3
    assert bureau.kept().rules_digest == shipped.rules_digest


def test_an_archived_file_stays_as_it_was_judged(bureau: Bureau) -> None:
    bureau.film(0, 60)
    assert bureau.kept().level == "whole"
    with bureau.database.write() as session:
        session.execute(update(Case).where(Case.id == bureau.case).values(state="archived"))
    with bureau.database.write() as session:
        put_in_force(session, actor=system("setup"), text=OWN, now=NOW)
    assert bureau.kept().level == bureau.judged().judgement.level == "whole"
    with bureau.database.write() as session:
        session.execute(update(Case).where(Case.id == bureau.case).values(state="open"))
    assert bureau.kept().level == "not-required"
