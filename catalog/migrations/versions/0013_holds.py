"""Holds and seals: what is kept whatever its date, and what is closed to all but named persons."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import Id, UtcDateTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("id", Id, nullable=False),
        sa.Column("target", sa.String(16), nullable=False),
        sa.Column("clip_id", Id),
        sa.Column("case_id", Id),
        sa.Column("since", UtcDateTime()),
        sa.Column("until", UtcDateTime()),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("document", sa.String(255), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("set_by", Id, nullable=False),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("lifted_by", Id),
        sa.Column("lifted_at", UtcDateTime()),
        sa.Column("lift_reason", sa.Text(), nullable=False),
        *_references("holds", clip_id="clips", case_id="cases", set_by="accounts", lifted_by="accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    for column in ("clip_id", "case_id", "lifted_at"):
        op.create_index(op.f(f"ix_holds_{column}"), "holds", [column])
    op.create_table(
        "hold_officers",
        sa.Column("hold_id", Id, nullable=False),
        sa.Column("officer_id", Id, nullable=False),
        *_references("hold_officers", hold_id="holds", officer_id="officers"),
        sa.PrimaryKeyConstraint("hold_id", "officer_id", name=op.f("pk_hold_officers")),
    )
    op.create_table(
        "hold_clips",
        sa.Column("hold_id", Id, nullable=False),
        sa.Column("clip_id", Id, nullable=False),
        sa.Column("caught_at", UtcDateTime(), nullable=False),
        *_references("hold_clips", hold_id="holds", clip_id="clips"),
        sa.PrimaryKeyConstraint("hold_id", "clip_id", name=op.f("pk_hold_clips")),
    )
    op.create_index(op.f("ix_hold_clips_clip_id"), "hold_clips", ["clip_id"])
    op.create_table(
        "seals",
        sa.Column("id", Id, nullable=False),
        sa.Column("clip_id", Id, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("ground", sa.String(16), nullable=False),
        sa.Column("basis", sa.String(500), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("proposed_by", Id, nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_by", Id),
        sa.Column("confirmed_at", UtcDateTime()),
        sa.Column("lift_proposed_by", Id),
        sa.Column("lift_proposed_at", UtcDateTime()),
        sa.Column("lift_reason", sa.Text(), nullable=False),
        sa.Column("lifted_by", Id),
        sa.Column("lifted_at", UtcDateTime()),
        sa.Column("emptied_at", UtcDateTime()),
        *_references(
            "seals",
            clip_id="clips",
            proposed_by="accounts",
            confirmed_by="accounts",
            lift_proposed_by="accounts",
            lifted_by="accounts",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seals")),
    )
    op.create_index(op.f("ix_seals_clip_id"), "seals", ["clip_id"])
    live = sa.text("state IN ('proposed', 'standing')")
    op.create_index(
        "ix_seals_one_at_a_time",
        "seals",
        ["clip_id"],
        unique=True,
        sqlite_where=live,
        postgresql_where=live,
    )
    op.create_table(
        "seal_readers",
        sa.Column("id", Id, nullable=False),
        sa.Column("seal_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("proposed_by", Id, nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_by", Id),
        sa.Column("confirmed_at", UtcDateTime()),
        sa.Column("removed_by", Id),
        sa.Column("removed_at", UtcDateTime()),
        *_references(
            "seal_readers",
            seal_id="seals",
            account_id="accounts",
            proposed_by="accounts",
            confirmed_by="accounts",
            removed_by="accounts",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_readers")),
    )
    for column in ("seal_id", "account_id"):
        op.create_index(op.f(f"ix_seal_readers_{column}"), "seal_readers", [column])


def _references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))
        for column, to in columns.items()
    ]
