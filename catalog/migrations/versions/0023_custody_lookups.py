"""What custody entries are found by, filled for those there are; remarks on unusual access."""

import sqlalchemy as sa
from alembic import op

from catalog.models.base import Id, UtcDateTime
from catalog.rules.act_groups import group_of

revision = "0023"
down_revision = "0022"

NOT_HOLDS = "e.action NOT LIKE 'hold.%'"
"""Who set a hold is told to nobody who looks for a person: a hold for a complaint must not be told from others (R9.8)."""


def upgrade() -> None:
    op.create_table(
        "custody_lookups",
        sa.Column("name", sa.String(length=8), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("entry_id", Id, nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["custody_entries.id"],
            name=op.f("fk_custody_lookups_entry_id_custody_entries"),
        ),
        sa.PrimaryKeyConstraint("name", "value", "at", "entry_id", name=op.f("pk_custody_lookups")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "unusual_remarks",
        sa.Column("id", Id, nullable=False),
        sa.Column("row", sa.String(length=64), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("by_id", Id, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name=op.f("fk_unusual_remarks_by_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unusual_remarks")),
    )
    op.create_index(op.f("ix_unusual_remarks_row"), "unusual_remarks", ["row"], unique=False)
    fill()
    keep(
        "custody_lookups", "name = NEW.name AND value = NEW.value AND at = NEW.at AND entry_id = NEW.entry_id"
    )
    keep("unusual_remarks", "id = NEW.id")


def fill() -> None:
    """Make the lookups of entries there are, as `catalog.custody.lookups` makes those of new ones."""
    postgres = op.get_bind().dialect.name == "postgresql"
    actor = "p.value::json->>'id'" if postgres else "json_extract(p.value, '$.id')"
    address = "p.value::json#>>'{}'" if postgres else "json_extract(p.value, '$')"
    kind = "e.record::json->>'actor'" if postgres else "json_extract(e.record, '$.actor')"
    into = "INSERT INTO custody_lookups (name, value, at, entry_id)"
    private = "FROM custody_entries e JOIN custody_private p ON p.entry_id = e.id"
    op.execute(
        f"{into} SELECT 'actor', {actor}, e.at, e.id {private} "
        f"WHERE p.field = 'actor' AND {actor} IS NOT NULL AND {NOT_HOLDS}"
    )
    op.execute(
        f"{into} SELECT 'address', substr({address}, 1, 64), e.at, e.id {private} "
        f"WHERE p.field = 'address' AND {NOT_HOLDS}"
    )
    roles = (
        "CROSS JOIN LATERAL json_array_elements_text(p.value::json->'roles') AS r(value)"
        if postgres
        else "JOIN json_each(p.value, '$.roles') AS r"
    )
    op.execute(
        f"{into} SELECT DISTINCT 'role', r.value, e.at, e.id {private} {roles} "
        f"WHERE p.field = 'actor' AND {NOT_HOLDS}"
    )
    op.execute(f"{into} SELECT 'action', e.action, e.at, e.id FROM custody_entries e")
    op.execute(
        f"{into} SELECT DISTINCT 'kind', s.kind, e.at, e.id "
        "FROM custody_entries e JOIN custody_subjects s ON s.entry_id = e.id"
    )
    found = op.get_bind().execute(sa.text(f"SELECT DISTINCT e.action, {kind} FROM custody_entries e"))
    for action, who in found.all():
        op.get_bind().execute(
            sa.text(
                f"{into} SELECT 'group', :group, e.at, e.id FROM custody_entries e "
                f"WHERE e.action = :action AND {kind} = :who"
            ),
            {"group": group_of(action, who), "action": action, "who": who},
        )


def keep(table: str, key: str) -> None:
    """Let nothing in `table` be changed or deleted, as in migration 0002."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION liuhen_refuse_change()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION liuhen_refuse_change()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'the custody log is append-only: {act} on {table} refused'); END"
        )
    op.execute(
        f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
        f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key}) "
        f"BEGIN SELECT RAISE(ABORT, 'the custody log is append-only: REPLACE on {table} refused'); END"
    )


def downgrade() -> None:
    raise RuntimeError("the custody log is not taken back")
