"""Appraisal and destruction: lists, opinions, witnesses, what is kept longer, reviews of what belongs to no case."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import Id, Json, UtcDateTime

revision = "0017"
down_revision = "0015"


def upgrade() -> None:
    _table(
        "appraisals",
        sa.Column("id", Id, nullable=False),
        sa.Column("number", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("opened_by", Id, nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("reported_by", Id),
        sa.Column("reported_at", UtcDateTime()),
        sa.Column("digest", sa.String(64)),
        sa.Column("approved_by", Id),
        sa.Column("approved_at", UtcDateTime()),
        sa.Column("approval_number", sa.String(64)),
        sa.Column("approved_digest", sa.String(64)),
        sa.Column("cooling_days", sa.Integer(), nullable=False),
        sa.Column("ended_by", Id),
        sa.Column("ended_at", UtcDateTime()),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("executor_id", Id),
        sa.Column("ordered_at", UtcDateTime()),
        sa.Column("claims", sa.Integer(), nullable=False),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("finished_at", UtcDateTime()),
        sa.Column("register_number", sa.String(32)),
        sa.Column("register_text", sa.Text()),
        sa.Column("register_objects", Json, nullable=False),
        sa.Column("register_lock", UtcDateTime()),
        refers=dict.fromkeys(
            ("opened_by", "reported_by", "approved_by", "ended_by", "executor_id"), "accounts"
        ),
        unique=("number", "approval_number", "register_number"),
    )
    op.create_index(op.f("ix_appraisals_state"), "appraisals", ["state"])
    _table(
        "appraisal_items",
        sa.Column("id", Id, nullable=False),
        sa.Column("appraisal_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("clip_id", Id, nullable=False),
        sa.Column("active_clip_id", Id),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("why", sa.String(32), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("proposal", sa.String(16)),
        sa.Column("years", sa.Integer()),
        sa.Column("facts", Json, nullable=False),
        sa.Column("plan", Json, nullable=False),
        sa.Column("deleted", Json, nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("appraisal_id", "clip_id", name="uq_appraisal_items_clip"),
        refers={"appraisal_id": "appraisals", "clip_id": "clips", "active_clip_id": "clips"},
        unique=("active_clip_id",),
    )
    op.create_index(op.f("ix_appraisal_items_appraisal_id"), "appraisal_items", ["appraisal_id"])
    op.create_index(op.f("ix_appraisal_items_clip_id"), "appraisal_items", ["clip_id"])
    _table(
        "appraisal_opinions",
        sa.Column("item_id", Id, nullable=False),
        sa.Column("part", sa.String(16), nullable=False),
        sa.Column("proposal", sa.String(16), nullable=False),
        sa.Column("years", sa.Integer()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        refers={"item_id": "appraisal_items", "by_id": "accounts"},
        key=("item_id", "part"),
    )
    _table(
        "disposal_witnesses",
        sa.Column("appraisal_id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("signed_at", UtcDateTime(), nullable=False),
        refers={"appraisal_id": "appraisals", "account_id": "accounts"},
        key=("appraisal_id", "account_id"),
    )
    _table(
        "kept_longer",
        sa.Column("id", Id, nullable=False),
        sa.Column("clip_id", Id, nullable=False),
        sa.Column("until", UtcDateTime()),
        sa.Column("why", sa.String(64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        refers={"clip_id": "clips"},
    )
    op.create_index(op.f("ix_kept_longer_clip_id"), "kept_longer", ["clip_id"])
    _table(
        "clip_reviews",
        sa.Column("id", Id, nullable=False),
        sa.Column("clip_id", Id, nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("by_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        refers={"clip_id": "clips", "by_id": "accounts"},
    )
    op.create_index("ix_clip_reviews_clip_at", "clip_reviews", ["clip_id", "at"])


def _table(
    name: str,
    *parts: sa.schema.SchemaItem,
    refers: dict[str, str],
    unique: tuple[str, ...] = (),
    key: tuple[str, ...] = ("id",),
) -> None:
    op.create_table(
        name,
        *parts,
        *(
            sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{name}_{column}_{to}"))
            for column, to in refers.items()
        ),
        *(sa.UniqueConstraint(column, name=op.f(f"uq_{name}_{column}")) for column in unique),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
    )
