"""Recorders' register, maintenance log, checks, faults, repairs, substitutes, recall; officers over time."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import Id, Json, UtcDateTime

revision = "0019"
down_revision = "0017"

GROWING = ("maintenance_entries", "recorder_checks", "recall_verdicts", "officer_terms")
"""Rows are added, never changed nor deleted."""
KEPT = ("recorder_faults", "recorder_doubts", "recorder_repairs", "recorder_substitutes")
"""Rows move on and are never deleted."""


def upgrade() -> None:
    op.create_table(
        "officer_terms",
        sa.Column("id", Id, nullable=False),
        sa.Column("officer_id", Id, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("has_left", sa.Boolean(), nullable=False),
        sa.Column("unit_id", Id, nullable=True),
        sa.Column("agency", sa.String(length=128), nullable=False),
        sa.Column("on_establishment", sa.Boolean(), nullable=False),
        sa.Column("certificate_number", sa.String(length=64), nullable=True),
        sa.Column("certificate_from", sa.Date(), nullable=True),
        sa.Column("certificate_until", sa.Date(), nullable=True),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.Column("noted_by", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["noted_by"], ["accounts.id"], name=op.f("fk_officer_terms_noted_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officers.id"], name=op.f("fk_officer_terms_officer_id_officers")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_officer_terms_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_terms")),
    )
    op.create_index(op.f("ix_officer_terms_officer_id"), "officer_terms", ["officer_id"], unique=False)
    op.create_table(
        "maintenance_entries",
        sa.Column("id", Id, nullable=False),
        sa.Column("recorder_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", Id, nullable=True),
        sa.Column("by_name", sa.String(length=255), nullable=False),
        sa.Column("to_state", sa.String(length=24), nullable=True),
        sa.Column("facts", Json, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_id"], ["accounts.id"], name=op.f("fk_maintenance_entries_by_id_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["recorder_id"], ["recorders.id"], name=op.f("fk_maintenance_entries_recorder_id_recorders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maintenance_entries")),
    )
    op.create_index(
        "ix_maintenance_entries_recorder_at", "maintenance_entries", ["recorder_id", "at"], unique=False
    )
    op.create_table(
        "recorder_substitutes",
        sa.Column("id", Id, nullable=False),
        sa.Column("recorder_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("substitute_id", Id, nullable=True),
        sa.Column("what", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", Id, nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", Id, nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["accounts.id"], name=op.f("fk_recorder_substitutes_asked_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["accounts.id"], name=op.f("fk_recorder_substitutes_decided_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["recorder_id"], ["recorders.id"], name=op.f("fk_recorder_substitutes_recorder_id_recorders")
        ),
        sa.ForeignKeyConstraint(
            ["substitute_id"], ["recorders.id"], name=op.f("fk_recorder_substitutes_substitute_id_recorders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recorder_substitutes")),
    )
    op.create_index(
        op.f("ix_recorder_substitutes_recorder_id"), "recorder_substitutes", ["recorder_id"], unique=False
    )
    op.create_table(
        "recorder_checks",
        sa.Column("id", Id, nullable=False),
        sa.Column("recorder_id", Id, nullable=False),
        sa.Column("occasion", sa.String(length=16), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", Id, nullable=True),
        sa.Column("docking_id", Id, nullable=True),
        sa.Column("results", Json, nullable=False),
        sa.Column("readings", Json, nullable=False),
        sa.Column("good", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name=op.f("fk_recorder_checks_by_id_accounts")),
        sa.ForeignKeyConstraint(
            ["docking_id"], ["dockings.id"], name=op.f("fk_recorder_checks_docking_id_dockings")
        ),
        sa.ForeignKeyConstraint(
            ["recorder_id"], ["recorders.id"], name=op.f("fk_recorder_checks_recorder_id_recorders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recorder_checks")),
    )
    op.create_index(op.f("ix_recorder_checks_docking_id"), "recorder_checks", ["docking_id"], unique=False)
    op.create_index("ix_recorder_checks_recorder_at", "recorder_checks", ["recorder_id", "at"], unique=False)
    op.create_table(
        "recorder_repairs",
        sa.Column("id", Id, nullable=False),
        sa.Column("recorder_id", Id, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("repairer", sa.String(length=128), nullable=False),
        sa.Column("company", sa.String(length=128), nullable=False),
        sa.Column("contact", sa.String(length=128), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("sent_by", Id, nullable=True),
        sa.Column("data_safe", sa.String(length=16), nullable=False),
        sa.Column("data_docking_id", Id, nullable=True),
        sa.Column("data_removal", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("back_at", UtcDateTime(), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=True),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("parts", Json, nullable=False),
        sa.Column("test_clip_id", Id, nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["data_docking_id"], ["dockings.id"], name=op.f("fk_recorder_repairs_data_docking_id_dockings")
        ),
        sa.ForeignKeyConstraint(
            ["recorder_id"], ["recorders.id"], name=op.f("fk_recorder_repairs_recorder_id_recorders")
        ),
        sa.ForeignKeyConstraint(
            ["sent_by"], ["accounts.id"], name=op.f("fk_recorder_repairs_sent_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["test_clip_id"], ["clips.id"], name=op.f("fk_recorder_repairs_test_clip_id_clips")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recorder_repairs")),
    )
    op.create_index(
        op.f("ix_recorder_repairs_recorder_id"), "recorder_repairs", ["recorder_id"], unique=False
    )
    op.create_table(
        "recorder_faults",
        sa.Column("id", Id, nullable=False),
        sa.Column("recorder_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("reported_at", UtcDateTime(), nullable=False),
        sa.Column("reported_by", Id, nullable=True),
        sa.Column("docking_id", Id, nullable=True),
        sa.Column("repair_id", Id, nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", Id, nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recall_since", UtcDateTime(), nullable=True),
        sa.Column("recall_opened_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["accounts.id"], name=op.f("fk_recorder_faults_closed_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["docking_id"], ["dockings.id"], name=op.f("fk_recorder_faults_docking_id_dockings")
        ),
        sa.ForeignKeyConstraint(
            ["recorder_id"], ["recorders.id"], name=op.f("fk_recorder_faults_recorder_id_recorders")
        ),
        sa.ForeignKeyConstraint(
            ["repair_id"], ["recorder_repairs.id"], name=op.f("fk_recorder_faults_repair_id_recorder_repairs")
        ),
        sa.ForeignKeyConstraint(
            ["reported_by"], ["accounts.id"], name=op.f("fk_recorder_faults_reported_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recorder_faults")),
    )
    op.create_index(op.f("ix_recorder_faults_recorder_id"), "recorder_faults", ["recorder_id"], unique=False)
    op.create_table(
        "recall_verdicts",
        sa.Column("id", Id, nullable=False),
        sa.Column("fault_id", Id, nullable=False),
        sa.Column("clip_id", Id, nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name=op.f("fk_recall_verdicts_by_id_accounts")),
        sa.ForeignKeyConstraint(["clip_id"], ["clips.id"], name=op.f("fk_recall_verdicts_clip_id_clips")),
        sa.ForeignKeyConstraint(
            ["fault_id"], ["recorder_faults.id"], name=op.f("fk_recall_verdicts_fault_id_recorder_faults")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall_verdicts")),
    )
    op.create_index(op.f("ix_recall_verdicts_clip_id"), "recall_verdicts", ["clip_id"], unique=False)
    op.create_index("ix_recall_verdicts_fault_clip", "recall_verdicts", ["fault_id", "clip_id"], unique=False)
    op.create_table(
        "recorder_doubts",
        sa.Column("id", Id, nullable=False),
        sa.Column("recorder_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("docking_id", Id, nullable=True),
        sa.Column("facts", Json, nullable=False),
        sa.Column("raised_at", UtcDateTime(), nullable=False),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("resolved_by", Id, nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fault_id", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["docking_id"], ["dockings.id"], name=op.f("fk_recorder_doubts_docking_id_dockings")
        ),
        sa.ForeignKeyConstraint(
            ["fault_id"], ["recorder_faults.id"], name=op.f("fk_recorder_doubts_fault_id_recorder_faults")
        ),
        sa.ForeignKeyConstraint(
            ["recorder_id"], ["recorders.id"], name=op.f("fk_recorder_doubts_recorder_id_recorders")
        ),
        sa.ForeignKeyConstraint(
            ["resolved_by"], ["accounts.id"], name=op.f("fk_recorder_doubts_resolved_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recorder_doubts")),
    )
    op.create_index(op.f("ix_recorder_doubts_recorder_id"), "recorder_doubts", ["recorder_id"], unique=False)
    op.add_column(
        "recorders", sa.Column("asset_number", sa.String(length=64), server_default="", nullable=False)
    )
    op.add_column("recorders", sa.Column("firmware", sa.String(length=64), server_default="", nullable=False))
    op.add_column("recorders", sa.Column("profile", sa.String(length=64), server_default="", nullable=False))
    op.add_column("recorders", sa.Column("purchased_on", sa.Date(), nullable=True))
    op.add_column("recorders", sa.Column("warranty_until", sa.Date(), nullable=True))
    op.add_column(
        "recorders", sa.Column("supplier", sa.String(length=128), server_default="", nullable=False)
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE recorders ADD COLUMN unit_id CHAR(32) REFERENCES units (id)")
    else:
        op.add_column("recorders", sa.Column("unit_id", Id))
        op.create_foreign_key(op.f("fk_recorders_unit_id_units"), "recorders", "units", ["unit_id"], ["id"])
    _keep()


def _keep() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION liuhen_keep_maintenance() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the maintenance log is kept: % on % refused', TG_OP, TG_TABLE_NAME;
            END $$
            """
        )
        for table in (*GROWING, *KEPT):
            acts = "UPDATE OR DELETE" if table in GROWING else "DELETE"
            op.execute(
                f"CREATE TRIGGER {table}_kept BEFORE {acts} ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION liuhen_keep_maintenance()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION liuhen_keep_maintenance()"
            )
        return
    for table in (*GROWING, *KEPT):
        for act in ("UPDATE", "DELETE") if table in GROWING else ("DELETE",):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the maintenance log is kept: {act} on {table} refused'); END"
            )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "
            f"BEGIN SELECT RAISE(ABORT, 'the maintenance log is kept: REPLACE on {table} refused'); END"
        )
