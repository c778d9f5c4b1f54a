"""How far the custody log was sent on to a log collector."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import UtcDateTime

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        "log_forwardings",
        sa.Column("collector", sa.String(length=300), nullable=False),
        sa.Column("next_place", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("collector", name=op.f("pk_log_forwardings")),
    )


def downgrade() -> None:
    op.drop_table("log_forwardings")
