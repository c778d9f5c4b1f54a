"""Clips are found by their marks: triggers that say what is due, and what is due now."""

from alembic import op

revision = "0009"
down_revision = "0008"

TRIGGERS = (("marks_added", "INSERT"), ("marks_changed", "UPDATE OF preset, note, removed_at"))


def upgrade() -> None:
    insert = "INSERT INTO clip_index_due (clip_id) SELECT NEW.clip_id;"
    sqlite = op.get_bind().dialect.name == "sqlite"
    for suffix, event in TRIGGERS:
        name = f"clip_index_{suffix}"
        if sqlite:
            op.execute(f"CREATE TRIGGER {name} AFTER {event} ON marks BEGIN {insert} END")
            continue
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {insert} RETURN NULL; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON marks FOR EACH ROW EXECUTE FUNCTION {name}()")
    op.execute("INSERT INTO clip_index_due (clip_id, later) SELECT DISTINCT clip_id, true FROM marks")
