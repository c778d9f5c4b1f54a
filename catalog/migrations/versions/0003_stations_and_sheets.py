"""Stations that are enrolled and can be asked, sheets and gaps, who had a recorder when, sealed cards."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from catalog.models.base import UtcDateTime

revision = "0003"
down_revision = "0002"

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.create_table(
        "enrolment_codes",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("station_code", sa.String(length=64), nullable=False),
        sa.Column("station_name", sa.String(length=128), nullable=False),
        sa.Column("issued_by", sa.Uuid(), nullable=True),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("station_id", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["issued_by"], ["accounts.id"], name=op.f("fk_enrolment_codes_issued_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_enrolment_codes_station_id_stations")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_enrolment_codes")),
    )
    op.create_table(
        "holdings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorder_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("from_at", UtcDateTime(), nullable=False),
        sa.Column("until_at", UtcDateTime(), nullable=True),
        sa.Column("noted_by", sa.Uuid(), nullable=True),
        sa.Column("noted_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["noted_by"], ["accounts.id"], name=op.f("fk_holdings_noted_by_accounts")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officers.id"], name=op.f("fk_holdings_officer_id_officers")
        ),
        sa.ForeignKeyConstraint(
            ["recorder_id"], ["recorders.id"], name=op.f("fk_holdings_recorder_id_recorders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holdings")),
    )
    with op.batch_alter_table("holdings", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_holdings_officer_id"), ["officer_id"], unique=False)
        batch_op.create_index("ix_holdings_recorder_from", ["recorder_id", "from_at"], unique=False)

    op.create_table(
        "gaps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recorder_id", sa.Uuid(), nullable=False),
        sa.Column("docking_id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.String(length=255), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("explained_at", UtcDateTime(), nullable=True),
        sa.Column("explained_by", sa.Uuid(), nullable=True),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["docking_id"], ["dockings.id"], name=op.f("fk_gaps_docking_id_dockings")),
        sa.ForeignKeyConstraint(
            ["explained_by"], ["accounts.id"], name=op.f("fk_gaps_explained_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["recorder_id"], ["recorders.id"], name=op.f("fk_gaps_recorder_id_recorders")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
        sa.UniqueConstraint("recorder_id", "series", "first", "last", name="uq_gaps_place"),
    )
    op.create_table(
        "sheets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("docking_id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.Column(
            "objects",
            sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql"),
            nullable=False,
        ),
        sa.Column("lock_desired", UtcDateTime(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("summary", JSON, nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("proved_at", UtcDateTime(), nullable=True),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["docking_id"], ["dockings.id"], name=op.f("fk_sheets_docking_id_dockings")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheets")),
        sa.UniqueConstraint("docking_id", "revision", name="uq_sheets_docking_revision"),
    )
    op.create_table(
        "station_orders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("station_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("docking_id", sa.Uuid(), nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("ordered_by", sa.Uuid(), nullable=True),
        sa.Column("ordered_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("result", sa.String(length=24), nullable=False),
        sa.ForeignKeyConstraint(
            ["docking_id"], ["dockings.id"], name=op.f("fk_station_orders_docking_id_dockings")
        ),
        sa.ForeignKeyConstraint(
            ["ordered_by"], ["accounts.id"], name=op.f("fk_station_orders_ordered_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["stations.id"], name=op.f("fk_station_orders_station_id_stations")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station_orders")),
    )
    with op.batch_alter_table("station_orders", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_station_orders_station_id"), ["station_id"], unique=False)

    _add_reference("dockings", "picked_id", "officers")
    op.add_column("dockings", sa.Column("moved_at", UtcDateTime(), nullable=True))
    _add_reference("recorders", "sealed_by", "accounts")
    op.add_column("clips", sa.Column("sha512", sa.String(128), nullable=True))
    op.add_column("recorders", sa.Column("state", sa.String(24), nullable=False, server_default="in-service"))
    op.add_column("recorders", sa.Column("pool", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("recorders", sa.Column("sealed_at", UtcDateTime(), nullable=True))
    op.add_column("recorders", sa.Column("sealed_place", sa.String(255), nullable=False, server_default=""))
    op.add_column("recorders", sa.Column("sealed_note", sa.Text(), nullable=False, server_default=""))
    op.add_column("sightings", sa.Column("named", JSON, nullable=True))
    op.add_column(
        "sightings", sa.Column("important", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("sightings", sa.Column("cleared_at", UtcDateTime(), nullable=True))
    op.add_column("stations", sa.Column("sheet_key", sa.String(64), nullable=True))
    op.add_column("stations", sa.Column("queue", JSON, nullable=False, server_default=sa.text("'{}'")))
    op.add_column("stations", sa.Column("queue_at", UtcDateTime(), nullable=True))


def _add_reference(table: str, column: str, target: str) -> None:
    """Add a nullable reference without rebuilding the table, which SQLite would do under its foreign keys."""
    name = f"fk_{table}_{column}_{target}"
    if op.get_bind().dialect.name == "postgresql":
        op.add_column(table, sa.Column(column, sa.Uuid(), nullable=True))
        op.create_foreign_key(name, table, target, [column], ["id"])
    else:
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} CHAR(32) CONSTRAINT {name} REFERENCES {target} (id)"
        )
