"""How long stages take, what may wait for the night, and how the standing jobs go."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import UtcDateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "stage_runs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clip_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("media_seconds", sa.Float(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["clip_id"], ["clips.id"], name=op.f("fk_stage_runs_clip_id_clips")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_runs")),
    )
    op.create_index("ix_stage_runs_ended_at", "stage_runs", ["ended_at"], unique=False)
    op.create_table(
        "standing_jobs",
        sa.Column("name", sa.String(length=48), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("succeeded", sa.Boolean(), nullable=True),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_standing_jobs")),
    )
    op.create_index(op.f("ix_renditions_created_at"), "renditions", ["created_at"], unique=False)
    op.add_column("stages", sa.Column("started_at", UtcDateTime(), nullable=True))
    op.add_column("stages", sa.Column("progress", sa.Float(), nullable=True))
    op.add_column("stages", sa.Column("wanted_at", UtcDateTime(), nullable=True))
