"""Accounts: names of people who are no officers, invitations, roles over time, closings."""

import sqlalchemy as sa
from alembic import op

from catalog.ids import new_id
from catalog.models.base import Id, UtcDateTime

revision = "0020"
down_revision = "0019"

KEPT = ("role_grants", "invitations", "account_closings")
"""Rows move on and are never deleted."""


def upgrade() -> None:
    op.add_column("accounts", sa.Column("display_name", sa.String(128), nullable=False, server_default=""))
    op.add_column("accounts", sa.Column("signed_in_at", UtcDateTime(), nullable=True))
    op.add_column("accounts", sa.Column("closed_at", UtcDateTime(), nullable=True))
    op.create_table(
        "role_grants",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.Column("wished_at", UtcDateTime(), nullable=True),
        sa.Column("wished_by", Id, nullable=True),
        sa.Column("granted_at", UtcDateTime(), nullable=True),
        sa.Column("granted_by", Id, nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", Id, nullable=True),
        sa.Column("ending", sa.String(length=16), server_default="", nullable=False),
        *_accounts("role_grants", "account_id", "wished_by", "granted_by", "ended_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
    )
    op.create_index(op.f("ix_role_grants_account_id"), "role_grants", ["account_id"], unique=False)
    op.create_index(
        "uq_role_grants_open",
        "role_grants",
        ["account_id", "role"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "invitations",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("issued_by", Id, nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_by", Id, nullable=True),
        *_accounts("invitations", "account_id", "issued_by", "withdrawn_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("digest", name=op.f("uq_invitations_digest")),
    )
    op.create_index(op.f("ix_invitations_account_id"), "invitations", ["account_id"], unique=False)
    op.create_table(
        "account_closings",
        sa.Column("id", Id, nullable=False),
        sa.Column("account_id", Id, nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=False),
        sa.Column("closed_by", Id, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reopened_at", UtcDateTime(), nullable=True),
        sa.Column("reopened_by", Id, nullable=True),
        *_accounts("account_closings", "account_id", "closed_by", "reopened_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_closings")),
    )
    op.create_index(op.f("ix_account_closings_account_id"), "account_closings", ["account_id"], unique=False)
    _keep_roles_there_are()
    _keep()


def _accounts(table: str, *columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], ["accounts.id"], name=op.f(f"fk_{table}_{column}_accounts"))
        for column in columns
    ]


def _keep_roles_there_are() -> None:
    """Roles from before are in force since their account was made; nobody is known to have granted them."""
    connection = op.get_bind()
    accounts = sa.table("accounts", sa.column("id", Id), sa.column("created_at", UtcDateTime()))
    roles = sa.table("roles", sa.column("id", sa.Integer()), sa.column("name", sa.String()))
    held = sa.table("account_roles", sa.column("account_id", Id), sa.column("role_id", sa.Integer()))
    grants = sa.table(
        "role_grants",
        sa.column("id", Id),
        sa.column("account_id", Id),
        sa.column("role", sa.String()),
        sa.column("granted_at", UtcDateTime()),
    )
    found = connection.execute(
        sa.select(accounts.c.id, roles.c.name, accounts.c.created_at)
        .join(held, held.c.account_id == accounts.c.id)
        .join(roles, roles.c.id == held.c.role_id)
    ).all()
    for account, role, since in found:
        connection.execute(
            grants.insert().values(id=new_id(), account_id=account, role=role, granted_at=since)
        )


def _keep() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            """
            CREATE FUNCTION liuhen_keep_accounts() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'the history of accounts is kept: % on % refused', TG_OP, TG_TABLE_NAME;
            END $$
            """
        )
        for table in KEPT:
            op.execute(
                f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION liuhen_keep_accounts()"
            )
            op.execute(
                f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION liuhen_keep_accounts()"
            )
        return
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, 'the history of accounts is kept: DELETE on {table} refused'); END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id) "
            f"BEGIN SELECT RAISE(ABORT, 'the history of accounts is kept: REPLACE on {table} refused'); END"
        )
