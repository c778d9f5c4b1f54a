"""Retention schedules with rows and approvals, walks over all clips, locks waiting to be applied, the round of comparing."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import Id, Json, UtcDateTime

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "retention_schedules",
        sa.Column("id", Id, nullable=False),
        sa.Column("version", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("approval_number", sa.String(128), nullable=False),
        sa.Column("approved_on", sa.Date()),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("made_by", Id),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("proposed_by", Id),
        sa.Column("proposed_at", UtcDateTime()),
        sa.Column("in_force_at", UtcDateTime()),
        sa.Column("ended_at", UtcDateTime()),
        sa.ForeignKeyConstraint(
            ["made_by"], ["accounts.id"], name=op.f("fk_retention_schedules_made_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["accounts.id"], name=op.f("fk_retention_schedules_proposed_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_schedules")),
        sa.UniqueConstraint("version", name=op.f("uq_retention_schedules_version")),
    )
    op.create_index(op.f("ix_retention_schedules_state"), "retention_schedules", ["state"])
    # One schedule is in force, whatever happens at once.
    op.create_index(
        "uq_retention_schedules_in_force",
        "retention_schedules",
        ["state"],
        unique=True,
        sqlite_where=sa.text("state = 'in-force'"),
        postgresql_where=sa.text("state = 'in-force'"),
    )
    op.create_table(
        "retention_rows",
        sa.Column("id", Id, nullable=False),
        _schedule(),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("case_type", sa.String(32), nullable=False),
        sa.Column("coercion", sa.String(8), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("years", sa.Integer()),
        sa.Column("starts", Json, nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        _of_schedule("retention_rows"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rows")),
        sa.UniqueConstraint("schedule_id", "number", name="uq_retention_rows_number"),
    )
    op.create_table(
        "retention_approvals",
        sa.Column("id", Id, nullable=False),
        _schedule(),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("by_id", Id, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        _of_schedule("retention_approvals"),
        sa.ForeignKeyConstraint(
            ["by_id"], ["accounts.id"], name=op.f("fk_retention_approvals_by_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_approvals")),
        sa.UniqueConstraint("schedule_id", "round", "role", name="uq_retention_approvals_role"),
        sa.UniqueConstraint("schedule_id", "round", "by_id", name="uq_retention_approvals_person"),
    )
    op.create_table(
        "schedule_runs",
        sa.Column("id", Id, nullable=False),
        _schedule(),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("after", Id),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("total", "done", "longer", "same", "shorter")
        ),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        _of_schedule("schedule_runs"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_runs")),
    )
    op.create_index(op.f("ix_schedule_runs_schedule_id"), "schedule_runs", ["schedule_id"])
    op.create_table(
        "lock_applies",
        sa.Column("clip_id", Id, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("lease_until", UtcDateTime()),
        sa.ForeignKeyConstraint(["clip_id"], ["clips.id"], name=op.f("fk_lock_applies_clip_id_clips")),
        sa.PrimaryKeyConstraint("clip_id", name=op.f("pk_lock_applies")),
    )
    op.create_index(op.f("ix_lock_applies_since"), "lock_applies", ["since"])
    op.create_table(
        "lock_rounds",
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("after", Id),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("looked", sa.Integer(), nullable=False),
        sa.Column("differing", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lock_rounds")),
    )


def _schedule() -> sa.Column[object]:
    return sa.Column("schedule_id", Id, nullable=False)


def _of_schedule(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["schedule_id"],
        ["retention_schedules.id"],
        name=op.f(f"fk_{table}_schedule_id_retention_schedules"),
    )
