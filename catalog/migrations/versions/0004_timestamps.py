"""Trusted timestamps: batches, leaves, tokens; what was verified before waits for one too."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from catalog.models.base import UtcDateTime

revision = "0004"
down_revision = "0003"

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "timestamp_batches",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("objects", JSON, nullable=False),
        sa.Column("lock_desired", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timestamp_batches")),
    )
    op.create_index(op.f("ix_timestamp_batches_made_at"), "timestamp_batches", ["made_at"])
    op.create_index(op.f("ix_timestamp_batches_finished_at"), "timestamp_batches", ["finished_at"])
    op.create_table(
        "timestamp_leaves",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("clip_id", sa.Uuid(), nullable=False),
        sa.Column("leaf", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["timestamp_batches.id"],
            name=op.f("fk_timestamp_leaves_batch_id_timestamp_batches"),
        ),
        sa.ForeignKeyConstraint(["clip_id"], ["clips.id"], name=op.f("fk_timestamp_leaves_clip_id_clips")),
        sa.PrimaryKeyConstraint("batch_id", "place", name=op.f("pk_timestamp_leaves")),
        sa.UniqueConstraint("batch_id", "clip_id", name="uq_timestamp_leaves_clip"),
    )
    op.create_index(op.f("ix_timestamp_leaves_clip_id"), "timestamp_leaves", ["clip_id"])
    op.create_table(
        "timestamp_tokens",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.String(length=32), nullable=False),
        sa.Column("self_signed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=True),
        sa.Column("response", sa.LargeBinary(), nullable=True),
        sa.Column("chain", sa.Text(), nullable=True),
        sa.Column("nonce", sa.String(length=40), nullable=True),
        sa.Column("gen_time", UtcDateTime(), nullable=True),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("objects", JSON, nullable=False),
        sa.Column("lock_desired", UtcDateTime(), nullable=True),
        sa.Column("kept_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["timestamp_batches.id"],
            name=op.f("fk_timestamp_tokens_batch_id_timestamp_batches"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timestamp_tokens")),
        sa.UniqueConstraint("batch_id", "authority", name="uq_timestamp_tokens_authority"),
    )
    op.create_index("ix_timestamp_tokens_state_due", "timestamp_tokens", ["state", "due_at"])
    _let_the_verified_wait()


def _let_the_verified_wait() -> None:
    """Give every clip that is verified already the stage that others get when they are."""
    clips = sa.table("clips", sa.column("id", sa.Uuid()), sa.column("verified_at", UtcDateTime()))
    stages = sa.table(
        "stages",
        sa.column("clip_id", sa.Uuid()),
        sa.column("stage", sa.String()),
        sa.column("state", sa.String()),
        sa.column("attempts", sa.Integer()),
        sa.column("due_at", UtcDateTime()),
        sa.column("error", sa.Text()),
        sa.column("updated_at", UtcDateTime()),
    )
    now = sa.literal(datetime.now(UTC), UtcDateTime())
    verified = sa.select(
        clips.c.id, sa.literal("timestamp"), sa.literal("pending"), sa.literal(0), now, sa.literal(""), now
    ).where(clips.c.verified_at.is_not(None))
    op.execute(stages.insert().from_select([c.name for c in stages.c], verified))
