"""Each claim of a stage has a number of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("stages", sa.Column("claims", sa.Integer(), server_default="0", nullable=False))
