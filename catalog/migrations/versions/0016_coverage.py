"""Recording rules, how well each step was recorded, what was said to it, and triggers that say which steps are due."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import Id, Json, UtcDateTime

revision = "0016"
down_revision = "0014"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OF_STEP = "circumstances, record_number, case_id, stage, activity, planned_at, started_at, ended_at"
OF_CLIP = "kind, recorded_at, recorded_at_source, duration, recorder_id, facts"
BY_CLIP = "SELECT DISTINCT step_id FROM attachments WHERE clip_id = NEW.{}"
BY_DOCKING = (
    "SELECT DISTINCT a.step_id FROM attachments a JOIN sightings s ON s.clip_id = a.clip_id "
    "WHERE s.docking_id = NEW.id"
)
TRIGGERS = (
    # name, table, event, condition, steps that are due
    ("steps_added", "steps", "INSERT", "", "SELECT NEW.id"),
    ("steps_changed", "steps", f"UPDATE OF {OF_STEP}", "", "SELECT NEW.id"),
    ("attachments_added", "attachments", "INSERT", "", "SELECT NEW.step_id"),
    ("attachments_changed", "attachments", "UPDATE", "", "SELECT OLD.step_id UNION SELECT NEW.step_id"),
    ("attachments_removed", "attachments", "DELETE", "", "SELECT OLD.step_id"),
    ("marks_added", "marks", "INSERT", "", BY_CLIP.format("clip_id")),
    ("marks_closed", "marks", "UPDATE OF removed_at", "", BY_CLIP.format("clip_id")),
    ("clips_changed", "clips", f"UPDATE OF {OF_CLIP}", "", BY_CLIP.format("id")),
    ("sightings_added", "sightings", "INSERT", "NEW.clip_id IS NOT NULL", BY_CLIP.format("clip_id")),
    (
        "sightings_changed",
        "sightings",
        "UPDATE OF clip_id, named",
        "NEW.clip_id IS NOT NULL",
        BY_CLIP.format("clip_id"),
    ),
    (
        "dockings_changed",
        "dockings",
        "UPDATE OF recorder_facts",
        "",
        BY_DOCKING,
    ),
    ("cases_changed", "cases", "UPDATE OF type, state", "", "SELECT id FROM steps WHERE case_id = NEW.id"),
    ("notes_added", "coverage_notes", "INSERT", "", "SELECT NEW.step_id"),
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column("steps", sa.Column("circumstances", Json, server_default="[]", nullable=False))
    op.add_column("steps", sa.Column("record_number", sa.String(128), server_default="", nullable=False))
    op.create_table(
        "recording_rule_sets",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("in_force_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_recording_rule_sets")),
    )
    op.create_index(op.f("ix_recording_rule_sets_in_force_at"), "recording_rule_sets", ["in_force_at"])
    op.create_table(
        "step_coverages",
        sa.Column("step_id", Id, nullable=False),
        sa.Column("requirement", sa.String(16), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("spans", Json, nullable=False),
        sa.Column("moments", Json, nullable=False),
        sa.Column("record_missing", sa.Boolean(), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("rows", Json, nullable=False),
        sa.Column("counted_from", UtcDateTime()),
        sa.Column("review_at", UtcDateTime()),
        sa.Column("rules_digest", sa.String(64), nullable=False),
        sa.Column("rules_version", sa.String(64), nullable=False),
        sa.Column("computed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["step_id"], ["steps.id"], name=op.f("fk_step_coverages_step_id_steps"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("step_id", name=op.f("pk_step_coverages")),
    )
    op.create_index("ix_step_coverages_state_from", "step_coverages", ["state", "counted_from"])
    op.create_index(op.f("ix_step_coverages_review_at"), "step_coverages", ["review_at"])
    op.create_table(
        "coverage_notes",
        sa.Column("id", Id, nullable=False),
        sa.Column("step_id", Id, nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("decides_id", Id),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("spans", Json, nullable=False),
        sa.Column("moments", Json, nullable=False),
        sa.Column("record", sa.Boolean(), nullable=False),
        sa.Column("words", Json, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("recorder_id", Id),
        sa.Column("by_id", Id),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("rules_digest", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["step_id"], ["steps.id"], name=op.f("fk_coverage_notes_step_id_steps")),
        sa.ForeignKeyConstraint(
            ["decides_id"], ["coverage_notes.id"], name=op.f("fk_coverage_notes_decides_id_coverage_notes")
        ),
        sa.ForeignKeyConstraint(
            ["recorder_id"], ["recorders.id"], name=op.f("fk_coverage_notes_recorder_id_recorders")
        ),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name=op.f("fk_coverage_notes_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_notes")),
        sa.UniqueConstraint("decides_id", name=op.f("uq_coverage_notes_decides_id")),
    )
    op.create_index(op.f("ix_coverage_notes_step_id"), "coverage_notes", ["step_id"])
    op.create_table(
        "coverage_dues",
        sa.Column("n", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("step_id", Id, nullable=False),
    )
    op.create_index(op.f("ix_coverage_dues_step_id"), "coverage_dues", ["step_id"])
    _keep_notes(sqlite=sqlite)
    for name, table, event, condition, due in TRIGGERS:
        _add_trigger(f"coverage_{name}", table, event, condition, due, sqlite=sqlite)
    op.execute("INSERT INTO coverage_dues (step_id) SELECT id FROM steps")


def _add_trigger(name: str, table: str, event: str, condition: str, due: str, *, sqlite: bool) -> None:
    when = f"WHEN ({condition}) " if condition else ""
    insert = f"INSERT INTO coverage_dues (step_id) {due};"
    if sqlite:
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} {when}BEGIN {insert} END")
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {insert} RETURN NULL; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when}EXECUTE FUNCTION {name}()")


def _keep_notes(*, sqlite: bool) -> None:
    said = "what was said of a recording is kept as it was said"
    if not sqlite:
        op.execute(
            "CREATE FUNCTION liuhen_keep_coverage_notes() RETURNS trigger LANGUAGE plpgsql AS $$ "
            f"BEGIN RAISE EXCEPTION '{said}: % refused', TG_OP; END $$"
        )
        op.execute(
            "CREATE TRIGGER coverage_notes_append_only BEFORE UPDATE OR DELETE ON coverage_notes "
            "FOR EACH ROW EXECUTE FUNCTION liuhen_keep_coverage_notes()"
        )
        op.execute(
            "CREATE TRIGGER coverage_notes_no_truncate BEFORE TRUNCATE ON coverage_notes "
            "FOR EACH STATEMENT EXECUTE FUNCTION liuhen_keep_coverage_notes()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER coverage_notes_no_{act.lower()} BEFORE {act} ON coverage_notes "
            f"BEGIN SELECT RAISE(ABORT, '{said}: {act} refused'); END"
        )
    op.execute(
        "CREATE TRIGGER coverage_notes_no_replace BEFORE INSERT ON coverage_notes "
        "WHEN EXISTS (SELECT 1 FROM coverage_notes WHERE id = NEW.id) "
        f"BEGIN SELECT RAISE(ABORT, '{said}: REPLACE refused'); END"
    )
