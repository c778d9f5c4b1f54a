"""Alembic's entry: the address comes from `catalog.database.migrate`, never from a file."""

from alembic import context

from catalog.database import make_engine
from catalog.models import Base

url = context.config.attributes["url"]
engine = make_engine(url)
try:
    with engine.execution_options(liuhen_writing=True).connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            compare_type=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            context.run_migrations()
finally:
    engine.dispose()
