"""Whose clips somebody finds: cases by their unit, documents by who put them in."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_index("ix_cases_unit_id", "cases", ["unit_id"])
    op.create_index("ix_document_uploads_by_id", "document_uploads", ["by_id"])
    op.create_index("ix_clips_whose", "clips", ["officer_id", "recorder_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_clips_whose", "clips")
    op.drop_index("ix_document_uploads_by_id", "document_uploads")
    op.drop_index("ix_cases_unit_id", "cases")
