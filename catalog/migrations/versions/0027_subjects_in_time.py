"""What an entry is about lies among the lookups, in the order of time: a case of many years is read a page at a time."""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    fill()


def fill() -> None:
    """Make the lookups of entries there are, as `catalog.custody.lookups` makes those of new ones."""
    # PostgreSQL writes a UUID with hyphens; SQLite holds it without.
    written = "s.subject_id::text"
    if op.get_bind().dialect.name != "postgresql":
        cuts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        written = " || '-' || ".join(f"substr(s.subject_id, {begin}, {length})" for begin, length in cuts)
    op.execute(
        "INSERT INTO custody_lookups (name, value, at, entry_id) "
        f"SELECT DISTINCT 'subject', {written}, e.at, e.id "
        "FROM custody_subjects s JOIN custody_entries e ON e.id = s.entry_id"
    )


def downgrade() -> None:
    raise RuntimeError("the custody log is not taken back")
