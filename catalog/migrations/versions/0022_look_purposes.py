"""Purposes for looking at what is outside one's own office."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import Id, UtcDateTime

revision = "0022"
down_revision = "0021"

TABLE = "look_purposes"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("clip_id", Id, nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("case_number", sa.String(length=128), nullable=False),
        sa.Column("stated_at", UtcDateTime(), nullable=False),
        sa.Column("valid_until", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_look_purposes_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["clip_id"], ["clips.id"], name=op.f("fk_look_purposes_clip_id_clips")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look_purposes")),
    )
    op.create_index(op.f("ix_look_purposes_clip_id"), TABLE, ["clip_id"], unique=False)
    op.create_index(
        "ix_look_purposes_account_clip", TABLE, ["account_id", "clip_id", "valid_until"], unique=False
    )
    _keep()


def _keep() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION liuhen_keep_look_purposes() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'a stated purpose is kept: % on % refused', TG_OP, TG_TABLE_NAME;
            END $$
            """
        )
        for name, acts, each in (
            ("kept", "UPDATE OR DELETE", "ROW"),
            ("no_truncate", "TRUNCATE", "STATEMENT"),
        ):
            op.execute(
                f"CREATE TRIGGER {TABLE}_{name} BEFORE {acts} ON {TABLE} "
                f"FOR EACH {each} EXECUTE FUNCTION liuhen_keep_look_purposes()"
            )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {TABLE}_no_{act.lower()} BEFORE {act} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, 'a stated purpose is kept: {act} on {TABLE} refused'); END"
        )
    op.execute(
        f"CREATE TRIGGER {TABLE}_no_replace BEFORE INSERT ON {TABLE} "
        f"WHEN EXISTS (SELECT 1 FROM {TABLE} WHERE id = NEW.id) "
        f"BEGIN SELECT RAISE(ABORT, 'a stated purpose is kept: REPLACE on {TABLE} refused'); END"
    )
