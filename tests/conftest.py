"""Services that tests of more than one room share."""

from tests.services.postgres import postgres_database, postgres_server, postgres_url
from tests.services.redis import redis_url
from tests.services.seaweedfs import own_seaweed, seaweed, seaweed_server
from tests.services.system import liuhen_system

__all__ = [
    "liuhen_system",
    "own_seaweed",
    "postgres_database",
    "postgres_server",
    "postgres_url",
    "redis_url",
    "seaweed",
    "seaweed_server",
]
