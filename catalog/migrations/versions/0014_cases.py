"""What the case system last said of each case, and files between their dry run and the go."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import Id, Json, UtcDateTime

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "case_imports",
        sa.Column("case_id", Id, nullable=False),
        sa.Column("said", Json, nullable=False),
        sa.Column("first_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_imports_case_id_cases")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_imports")),
    )
    op.create_table(
        "case_import_drafts",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_case_import_drafts_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_import_drafts")),
    )
    op.create_index(op.f("ix_case_import_drafts_account_id"), "case_import_drafts", ["account_id"])
    op.create_index(op.f("ix_case_import_drafts_made_at"), "case_import_drafts", ["made_at"])
