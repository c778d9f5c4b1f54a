"""The life of case files, handlers over time, what an evidence list needs of an attachment, where a clip came from."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import Id, Json, UtcDateTime

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    for column in (
        sa.Column("filed_on", sa.Date()),
        sa.Column("decided_on", sa.Date()),
        sa.Column("closed_on", sa.Date()),
        sa.Column("executed_on", sa.Date()),
        sa.Column("accepted_at", UtcDateTime()),
        sa.Column("stated_accepted_on", sa.Date()),
        sa.Column("coercion", sa.Boolean(), server_default="0", nullable=False),
        sa.Column("coercion_from", sa.Date()),
        sa.Column("coercion_until", sa.Date()),
        sa.Column("decision_facts", Json, server_default="{}", nullable=False),
        sa.Column("archive_number", sa.String(128)),
        sa.Column("fonds_number", sa.String(64), server_default="", nullable=False),
        sa.Column("archive_year", sa.Integer()),
        sa.Column("shelf_place", sa.String(255), server_default="", nullable=False),
        sa.Column("cross_reference", sa.String(255), server_default="", nullable=False),
        sa.Column("file_note", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.String(64), server_default="", nullable=False),
        sa.Column("source_id", sa.String(128)),
    ):
        op.add_column("cases", column)
    _refer("cases", "merged_into_id", "cases")
    _refer("cases", "split_from_id", "cases")
    op.create_index("ix_cases_state", "cases", ["state"])
    op.create_index("ix_cases_opened_at_id", "cases", ["opened_at", "id"])
    op.create_index("ix_cases_archive_number", "cases", ["archive_number"], unique=True)
    op.create_index("ix_cases_source_id", "cases", ["source", "source_id"], unique=True)
    # Whatever was "closed" before cases had a life went no further than that.
    op.execute("UPDATE cases SET state = 'finished' WHERE state = 'closed'")
    op.create_table(
        "case_moves",
        sa.Column("id", Id, nullable=False),
        sa.Column("case_id", Id, nullable=False),
        sa.Column("move", sa.String(16), nullable=False),
        sa.Column("from_state", sa.String(16), nullable=False),
        sa.Column("to_state", sa.String(16), nullable=False),
        sa.Column("by_id", Id),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_moves_case_id_cases")),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name=op.f("fk_case_moves_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_moves")),
    )
    op.create_index(op.f("ix_case_moves_case_id"), "case_moves", ["case_id"])
    op.create_table(
        "case_handlers",
        sa.Column("id", Id, nullable=False),
        sa.Column("case_id", Id, nullable=False),
        sa.Column("officer_id", Id, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_handlers_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officers.id"], name=op.f("fk_case_handlers_officer_id_officers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_handlers")),
    )
    op.create_index(op.f("ix_case_handlers_case_id"), "case_handlers", ["case_id"])
    op.add_column("steps", sa.Column("people", Json, server_default="[]", nullable=False))
    for column in (
        sa.Column("method", sa.String(64), server_default="", nullable=False),
        sa.Column("made_at", UtcDateTime()),
        sa.Column("maker", sa.String(255), server_default="", nullable=False),
        sa.Column("detached_at", UtcDateTime()),
        sa.Column("detach_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("detach_confirmed_at", UtcDateTime()),
    ):
        op.add_column("attachments", column)
    _refer("attachments", "detached_by", "accounts")
    _refer("attachments", "detach_confirmed_by", "accounts")
    for column in (
        sa.Column("origin", sa.String(16), server_default="recorder", nullable=False),
        sa.Column("destroyed_at", UtcDateTime()),
        sa.Column("lock_reason", Json, server_default="{}", nullable=False),
    ):
        op.add_column("clips", column)
    op.create_table(
        "lock_dues",
        sa.Column("clip_id", Id, nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["clip_id"], ["clips.id"], name=op.f("fk_lock_dues_clip_id_clips")),
        sa.PrimaryKeyConstraint("clip_id", name=op.f("pk_lock_dues")),
    )
    op.create_index(op.f("ix_lock_dues_since"), "lock_dues", ["since"])
    op.add_column("copies", sa.Column("hold", sa.Boolean(), server_default="0", nullable=False))


def _refer(table: str, column: str, to: str) -> None:
    """Add a column that refers to another table; SQLite takes the reference only with the column itself."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column} CHAR(32) REFERENCES {to} (id)")
        return
    op.add_column(table, sa.Column(column, Id))
    op.create_foreign_key(op.f(f"fk_{table}_{column}_{to}"), table, to, [column], ["id"])
