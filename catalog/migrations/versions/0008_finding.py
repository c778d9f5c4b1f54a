"""What clips are found by: a narrow row for each, an index of terms, triggers that say what is due; saved views."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from catalog.models.base import UtcDateTime

revision = "0008"
down_revision = "0007"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

CLIP_COLUMNS = (
    "name, officer_id, recorder_id, received_at, recorded_at, duration, size, kind, verified_at, latitude, longitude, "
    "flags, restricted"
)
OF_STEP = "SELECT clip_id FROM attachments WHERE step_id = NEW.id"
OF_CASE = "SELECT a.clip_id FROM attachments a JOIN steps s ON s.id = a.step_id WHERE s.case_id = NEW.id"
TRIGGERS = (
    # name, table, event, condition, clips that are due
    ("clips_added", "clips", "INSERT", "", "SELECT NEW.id"),
    ("clips_changed", "clips", f"UPDATE OF {CLIP_COLUMNS}", "", "SELECT NEW.id"),
    ("clips_removed", "clips", "DELETE", "", "SELECT OLD.id"),
    ("stages_added", "stages", "INSERT", "NEW.state = 'failed'", "SELECT NEW.clip_id"),
    (
        "stages_changed",
        "stages",
        "UPDATE OF state",
        "(OLD.state = 'failed') <> (NEW.state = 'failed')",
        "SELECT NEW.clip_id",
    ),
    ("stages_removed", "stages", "DELETE", "OLD.state = 'failed'", "SELECT OLD.clip_id"),
    ("attachments_added", "attachments", "INSERT", "", "SELECT NEW.clip_id"),
    ("attachments_changed", "attachments", "UPDATE", "", "SELECT OLD.clip_id UNION SELECT NEW.clip_id"),
    ("attachments_removed", "attachments", "DELETE", "", "SELECT OLD.clip_id"),
    ("steps_changed", "steps", "UPDATE OF case_id, stage, activity, title, place", "", OF_STEP),
    ("cases_changed", "cases", "UPDATE OF number, title, party", "", OF_CASE),
    (
        "officers_changed",
        "officers",
        "UPDATE OF name, number, unit_id",
        "",
        "SELECT id FROM clips WHERE officer_id = NEW.id",
    ),
    (
        "recorders_changed",
        "recorders",
        "UPDATE OF label, serial",
        "",
        "SELECT id FROM clips WHERE recorder_id = NEW.id",
    ),
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column("clips", sa.Column("restricted", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "clip_index",
        sa.Column("n", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("clip_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=True),
        sa.Column("duration", sa.Float(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("terms", postgresql.ARRAY(sa.Integer()).with_variant(sa.Text(), "sqlite"), nullable=True),
        sa.UniqueConstraint("clip_id", name=op.f("uq_clip_index_clip_id")),
    )
    for name, column in (
        ("received", "received_at"),
        ("recorded", "recorded_at"),
        ("duration", "duration"),
        ("size", "size"),
    ):
        op.create_index(f"ix_clip_index_{name}", "clip_index", [column, "clip_id"])
    op.create_table(
        "clip_index_due",
        sa.Column("n", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("clip_id", sa.Uuid(), nullable=False),
        sa.Column("later", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_clip_index_due_later_n", "clip_index_due", ["later", "n"])
    op.create_table(
        "saved_views",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_saved_views_account_id_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("account_id", "name", name="uq_saved_views_account_name"),
    )
    if sqlite:
        op.execute(
            "CREATE VIRTUAL TABLE clip_index_terms USING fts5("
            "terms, content='', detail=none, columnsize=0, tokenize='ascii')"
        )
    else:
        # Without the pending list of GIN: it would make every search slower until it is merged.
        op.execute("CREATE INDEX ix_clip_index_terms ON clip_index USING gin (terms) WITH (fastupdate = off)")
    for name, table, event, condition, due in TRIGGERS:
        _add_trigger(f"clip_index_{name}", table, event, condition, due, sqlite=sqlite)
    op.execute("INSERT INTO clip_index_due (clip_id, later) SELECT id, true FROM clips")


def _add_trigger(name: str, table: str, event: str, condition: str, due: str, *, sqlite: bool) -> None:
    when = f"WHEN ({condition}) " if condition else ""
    insert = f"INSERT INTO clip_index_due (clip_id) {due};"
    if sqlite:
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} {when}BEGIN {insert} END")
        return
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {insert} RETURN NULL; END $$"
    )
    op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW {when}EXECUTE FUNCTION {name}()")
