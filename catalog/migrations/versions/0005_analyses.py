"""What decoding whole recordings finds; the recordings held already are measured as well."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from catalog.models.base import UtcDateTime

revision = "0005"
down_revision = "0004"

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")

ASK_FOR_ALL = (
    "INSERT INTO stages (clip_id, stage, state, attempts, due_at, error, updated_at) "
    "SELECT clips.id, 'analyse', 'pending', 0, CURRENT_TIMESTAMP, '', CURRENT_TIMESTAMP FROM clips "
    "JOIN stages ON stages.clip_id = clips.id AND stages.stage = 'describe' AND stages.state = 'done' "
    "WHERE clips.kind IN ('video', 'audio')"
)


def upgrade() -> None:
    op.create_table(
        "analyses",
        sa.Column("clip_id", sa.Uuid(), nullable=False),
        sa.Column("found", JSON, nullable=False),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("tool", sa.String(length=128), nullable=False),
        sa.Column("source_sha256", sa.String(length=64), nullable=False),
        sa.Column("measured_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["clip_id"], ["clips.id"], name=op.f("fk_analyses_clip_id_clips")),
        sa.PrimaryKeyConstraint("clip_id", name=op.f("pk_analyses")),
    )
    op.execute(ASK_FOR_ALL)
