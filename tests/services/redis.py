"""A real redis-server on a free port, started as the product starts it: with a password and an append-only file.

`redis_url` (session): one for all; flush nothing that is not yours. `RedisServer`: one of your own, to kill.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from liuhen import health, redis_server, secrets


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class RedisServer:
    """Starts, kills and restarts one Redis on the same data."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        secrets.create_missing(data)
        self.password = secrets.read(data, secrets.QUEUE_PASSWORD)
        self.url = f"redis://:{self.password}@127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        redis_server.write_configuration(self.data, bind="127.0.0.1", port=self.port)
        leash = shutil.which("setpriv")
        command = [*([leash, "--pdeathsig", "KILL", "--"] if leash else []), *redis_server.command(self.data)]
        with (self.data / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        check = health.queue("127.0.0.1", self.port, self.password)
        deadline = time.monotonic() + 10
        while True:
            try:
                return check()
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def kill(self) -> None:
        """Kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Address of a Redis with a password, shared by all tests of the session."""
    folder = Path(tempfile.mkdtemp(prefix="liuhen-redis-"))
    server = RedisServer(folder)
    try:
        server.start()
        yield server.url
    finally:
        server.kill()
        shutil.rmtree(folder, ignore_errors=True)
