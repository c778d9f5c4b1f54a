"""Passkeys and answered challenges; refused sign-ins counted by the hour, and accounts that were unlocked."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import Id, Json, UtcDateTime

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("credential", sa.String(length=1400), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("transports", Json, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("suspended_at", UtcDateTime(), nullable=True),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.Column("removed_by", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_passkeys_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["removed_by"], ["accounts.id"], name=op.f("fk_passkeys_removed_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        sa.UniqueConstraint("credential", name=op.f("uq_passkeys_credential")),
    )
    op.create_index(op.f("ix_passkeys_account_id"), "passkeys", ["account_id"], unique=False)
    op.create_table(
        "used_challenges",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_used_challenges")),
    )
    op.create_index(op.f("ix_used_challenges_used_at"), "used_challenges", ["used_at"], unique=False)
    op.create_table(
        "refusal_tallies",
        sa.Column("about", sa.String(length=36), nullable=False),
        sa.Column("account_id", Id, nullable=True),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("lock_outs", sa.Integer(), nullable=False),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("addresses", Json, nullable=False),
        sa.Column("waits_until", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_refusal_tallies_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_refusal_tallies")),
    )
    op.create_index(op.f("ix_refusal_tallies_began_at"), "refusal_tallies", ["began_at"], unique=False)
    op.create_table(
        "account_unlocks",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", Id, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_account_unlocks_account_id_accounts")
        ),
        sa.ForeignKeyConstraint(["by"], ["accounts.id"], name=op.f("fk_account_unlocks_by_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_unlocks")),
    )
    op.create_index(op.f("ix_account_unlocks_account_id"), "account_unlocks", ["account_id"], unique=False)
