"""Documents by browser, declined suggestions, declarations, refused detachments; indexes for suggesting."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import Id, Json, UtcDateTime

revision = "0015"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "document_uploads",
        sa.Column("id", Id, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("by_id", Id, nullable=False),
        sa.Column("step_id", Id, nullable=False),
        sa.Column("wish", Json, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("sm3", sa.String(64), nullable=False),
        sa.Column("part_digests", sa.LargeBinary(), nullable=False),
        sa.Column("key", sa.String(255), nullable=False),
        sa.Column("storage_upload_id", sa.Text()),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("received_at", UtcDateTime()),
        sa.Column("clip_id", Id),
        _to("document_uploads", "by_id", "accounts"),
        _to("document_uploads", "step_id", "steps"),
        _to("document_uploads", "clip_id", "clips"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_uploads")),
    )
    op.create_index("ix_document_uploads_state", "document_uploads", ["state", "opened_at"])
    op.create_index(op.f("ix_document_uploads_key"), "document_uploads", ["key"])
    op.create_index(op.f("ix_document_uploads_clip_id"), "document_uploads", ["clip_id"])
    op.create_table(
        "suggestion_dismissals",
        sa.Column("step_id", Id, nullable=False),
        sa.Column("clip_id", Id, nullable=False),
        sa.Column("by_id", Id),
        sa.Column("at", UtcDateTime(), nullable=False),
        _to("suggestion_dismissals", "step_id", "steps"),
        _to("suggestion_dismissals", "clip_id", "clips"),
        _to("suggestion_dismissals", "by_id", "accounts"),
        sa.PrimaryKeyConstraint("step_id", "clip_id", name=op.f("pk_suggestion_dismissals")),
    )
    op.create_table(
        "clip_declarations",
        sa.Column("clip_id", Id, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", Id),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime()),
        sa.Column("withdrawn_by", Id),
        _to("clip_declarations", "clip_id", "clips"),
        _to("clip_declarations", "by_id", "accounts"),
        _to("clip_declarations", "withdrawn_by", "accounts"),
        sa.PrimaryKeyConstraint("clip_id", name=op.f("pk_clip_declarations")),
    )
    op.create_table(
        "detachment_refusals",
        sa.Column("id", Id, nullable=False),
        sa.Column("attachment_id", Id, nullable=False),
        sa.Column("detached_by", Id),
        sa.Column("detached_at", UtcDateTime(), nullable=False),
        sa.Column("detach_reason", sa.Text(), nullable=False),
        sa.Column("by_id", Id),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _to("detachment_refusals", "attachment_id", "attachments"),
        _to("detachment_refusals", "detached_by", "accounts"),
        _to("detachment_refusals", "by_id", "accounts"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_detachment_refusals")),
    )
    op.create_index(op.f("ix_detachment_refusals_attachment_id"), "detachment_refusals", ["attachment_id"])
    op.create_index("ix_clips_officer_recorded", "clips", ["officer_id", "recorded_at"])
    op.create_index("ix_clips_officer_received", "clips", ["officer_id", "received_at"])
    op.create_index("ix_steps_started_at", "steps", ["started_at"])
    op.create_index("ix_attachments_detached_at", "attachments", ["detached_at"])


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))
