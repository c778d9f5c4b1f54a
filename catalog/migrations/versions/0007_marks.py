"""Marks: moments and ranges noted in clips; what was marked can be closed and not deleted."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "marks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clip_id", sa.Uuid(), nullable=False),
        sa.Column("range_start", sa.Float(), nullable=False),
        sa.Column("range_end", sa.Float(), nullable=True),
        sa.Column("preset", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=True),
        sa.Column("removed_by", sa.Uuid(), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["clip_id"], ["clips.id"], name=op.f("fk_marks_clip_id_clips")),
        sa.ForeignKeyConstraint(["made_by"], ["accounts.id"], name=op.f("fk_marks_made_by_accounts")),
        sa.ForeignKeyConstraint(["removed_by"], ["accounts.id"], name=op.f("fk_marks_removed_by_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marks")),
    )
    op.create_index("ix_marks_clip_start", "marks", ["clip_id", "range_start"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION liuhen_keep_marks() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'a mark is closed, not deleted: % on marks refused', TG_OP;
            END $$
            """
        )
        op.execute(
            "CREATE TRIGGER marks_no_delete BEFORE DELETE ON marks "
            "FOR EACH ROW EXECUTE FUNCTION liuhen_keep_marks()"
        )
        op.execute(
            "CREATE TRIGGER marks_no_truncate BEFORE TRUNCATE ON marks "
            "FOR EACH STATEMENT EXECUTE FUNCTION liuhen_keep_marks()"
        )
        return
    op.execute(
        "CREATE TRIGGER marks_no_delete BEFORE DELETE ON marks "
        "BEGIN SELECT RAISE(ABORT, 'a mark is closed, not deleted: DELETE on marks refused'); END"
    )
    op.execute(
        "CREATE TRIGGER marks_no_replace BEFORE INSERT ON marks "
        "WHEN EXISTS (SELECT 1 FROM marks WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'a mark is closed, not deleted: REPLACE on marks refused'); END"
    )
