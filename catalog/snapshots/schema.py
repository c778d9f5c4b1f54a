"""Which version of the tables a catalog has, and which this program knows."""

from __future__ import annotations

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from catalog.database import migrations


def newest() -> str:
    """Answer the version this program works with."""
    return str(_script().get_current_head())


def knows(revision: str) -> bool:
    """Answer whether this program knows a version; one it does not know was made by a newer program."""
    try:
        return _script().get_revision(revision) is not None
    except CommandError:
        return False


def version_of(connection: Connection) -> str:
    """Answer the version of the tables there; empty where there are none."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(migrations()))
