"""The services that tests of other rooms rely on do start."""

import redis
from sqlalchemy import create_engine, text

from catalog.database import migrate


def test_redis_wants_its_password(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.ping()
        assert client.config_get("appendonly")["appendonly"] == "yes"


def test_postgres_takes_the_migrations(postgres_database: str) -> None:
    migrate(postgres_database)
    engine = create_engine(postgres_database)
    with engine.connect() as connection:
        assert connection.scalar(text("select count(*) from clips")) == 0
    engine.dispose()
