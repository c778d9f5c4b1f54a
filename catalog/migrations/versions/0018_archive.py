"""Acceptance checks of case files, and askings to read a whole file back."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import Id, Json, UtcDateTime

revision = "0018"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "acceptance_checks",
        sa.Column("id", Id, nullable=False),
        sa.Column("case_id", Id, nullable=False),
        sa.Column("checked_by", Id),
        sa.Column("checked_at", UtcDateTime(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("content_sha256", sa.String(64), nullable=False),
        sa.Column("results", Json, nullable=False),
        sa.Column("relied_on_by", Id),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_acceptance_checks_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["checked_by"], ["accounts.id"], name=op.f("fk_acceptance_checks_checked_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["relied_on_by"], ["case_moves.id"], name=op.f("fk_acceptance_checks_relied_on_by_case_moves")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptance_checks")),
    )
    op.create_index(op.f("ix_acceptance_checks_case_id"), "acceptance_checks", ["case_id"])
    op.create_table(
        "file_readings",
        sa.Column("id", Id, nullable=False),
        sa.Column("case_id", Id, nullable=False),
        sa.Column("asked_by", Id),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("clips", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_file_readings_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["accounts.id"], name=op.f("fk_file_readings_asked_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_readings")),
    )
    op.create_index(op.f("ix_file_readings_case_id"), "file_readings", ["case_id"])
