"""Triggers that make the custody log append-only, on both databases (invariant 13)."""

from alembic import op

revision = "0002"
down_revision = "0001"

TABLES = ("custody_entries", "custody_private", "custody_subjects", "custody_places")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION liuhen_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the custody log is append-only: % on % refused', TG_OP, TG_TABLE_NAME;
            END $$
            """
        )
        for table in TABLES:
            op.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION liuhen_refuse_change()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION liuhen_refuse_change()"
            )
        return
    for table in TABLES:
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, 'the custody log is append-only: {act} on {table} refused'); END"
            )
        # REPLACE deletes without firing delete triggers (unless recursive_triggers is on), so an
        # insert that meets an existing key is refused here, before it can replace anything.
        key = {
            "custody_entries": "id = NEW.id OR leaf = NEW.leaf",
            "custody_private": "entry_id = NEW.entry_id AND field = NEW.field",
            "custody_subjects": "entry_id = NEW.entry_id AND kind = NEW.kind AND subject_id = NEW.subject_id",
            "custody_places": "place = NEW.place OR entry_id = NEW.entry_id",
        }[table]
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key}) "
            f"BEGIN SELECT RAISE(ABORT, 'the custody log is append-only: REPLACE on {table} refused'); END"
        )
