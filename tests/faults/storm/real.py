"""A world whose office is the whole system: web, workers, queue and a real storage, killed at moments that are drawn.

Started by `tests/faults/test_storm.py` beside a running system: `python -m tests.faults.storm.real --data FOLDER …`.
What the checker is given is read here with the `minio` client and from the catalog's file, past the system's own code.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import hashlib
import json
import os
import signal
import sqlite3
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from minio import Minio

from ingest.protocol import ClearingPolicy
from liuhen.settings import Settings, load
from tests.faults import checker
from tests.faults.storm.agent import Nursery
from tests.faults.storm.faults import Fate
from tests.faults.storm.way import Way
from tests.faults.storm.world import World

NAMES = {
    "storage away": "storage killed",
    "office away": "web killed",
    "late verification": "worker killed",
    "forged statements": "queue killed",
}
"""What the faults of a reference office are here."""


class System:
    """The running system as an office: what is a switch elsewhere kills a part here; the supervisor starts it again."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.settings: Settings = load(data)
        bureau = self.settings.catalog
        self.clearing = ClearingPolicy(
            mode=bureau.clearing_mode,
            after_days=bureau.clearing_after_days,
            delay_hours=bureau.clearing_delay_hours,
        )
        self.key = base64.b64encode(_raw_key(self.settings)).decode()

    def __setattr__(self, name: str, value: Any) -> None:
        parts = {"storage_down": "storage", "down": "web", "lazy": "worker-intake", "forging": "queue"}
        if name in parts and value:
            self.kill(parts[name])
        object.__setattr__(self, name, value)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        """It goes on without us."""

    def state(self) -> dict[str, Any]:
        return dict(json.loads((self.data / "run" / "state.json").read_text()))

    def kill(self, part: str) -> None:
        with contextlib.suppress(ProcessLookupError, KeyError, TypeError):
            os.kill(int(self.state()["parts"][part]["pid"]), signal.SIGKILL)

    def wait_ready(self, seconds: float = 90.0) -> None:
        end = time.monotonic() + seconds
        while not self.state()["ready"] and time.monotonic() < end:
            time.sleep(0.1)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        path = self.settings.catalog.database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, timeout=30)) as db:
            return db.execute(query).fetchall()

    def originals(self) -> list[tuple[str, int, str]]:
        """Every version of every original, read back whole with the `minio` client."""
        client = self._minio()
        found = []
        listing = client.list_objects(
            self.settings.storage.evidence_bucket, prefix="originals/", recursive=True, include_version=True
        )
        for one in listing:
            body = self._body(client, str(one.object_name), one.version_id)
            found.append((f"{one.object_name}?{one.version_id}", len(body), hashlib.sha256(body).hexdigest()))
        return found

    def write_down(self, office: Path) -> None:
        """Statements and sheets for the checker, in its form."""
        (office / "sheets").mkdir(parents=True, exist_ok=True)
        (office / "receipt-key").write_text(self.key)
        apart = time.time() - time.monotonic()
        lines = []
        for body, key, signature in self.rows("SELECT body, key, signature FROM statements"):
            statement = json.loads(body)
            at = datetime.fromisoformat(statement["time"]).timestamp() - apart
            signed = {"statement": statement, "key": key, "signature": signature}
            lines.append(json.dumps({"at": at, "signed": signed}))
        (office / "statements.jsonl").write_text("\n".join(lines))
        client = self._minio()
        query = "SELECT docking_id, revision, objects, public_key, signature FROM sheets"
        for docking, revision, objects, public_key, signature in self.rows(query):
            place = json.loads(objects)["sheet"]
            body = self._body(client, place["key"], place["version"]).decode()
            message = {"body": body, "public_key": public_key, "signature": signature}
            (office / "sheets" / f"{docking}-{revision:04d}.json").write_text(json.dumps(message))

    def _minio(self) -> Minio:
        storage = self.settings.storage
        url, key = urlsplit(storage.endpoint_url), storage.access_key("everyday")
        return Minio(
            url.netloc,
            access_key=key.access_key,
            secret_key=key.secret_key.get_secret_value(),
            secure=url.scheme == "https",
            region=storage.region,
        )

    def _body(self, client: Minio, name: str, version: str | None) -> bytes:
        answer = client.get_object(self.settings.storage.evidence_bucket, name, version_id=version)
        try:
            return answer.read()
        finally:
            answer.close()
            answer.release_conn()


def _raw_key(settings: Settings) -> bytes:
    assert settings.station.receipt_key_file is not None
    key = load_pem_public_key(settings.station.receipt_key_file.read_bytes())
    return key.public_bytes_raw()  # type: ignore[union-attr]


class RealWorld(World):
    """A world around a running system."""

    patience = 10.0
    quiet_seconds = 60.0
    time_passes = False

    def __init__(self, nursery: Nursery, folder: Path, seed: int, data: Path) -> None:
        self._system = System(data)
        super().__init__(nursery, folder, seed, large=True)
        station = self._system.settings.station
        self._settings.update(
            token_file=str(station.token_file),
            receipt_key_file=str(station.receipt_key_file),
            free_after_hours=0,
        )
        (folder / "office").mkdir()

    def _built(self, seed: int) -> tuple[Any, Way]:
        url = urlsplit(self._system.settings.station.server)
        return self._system, Way((str(url.hostname), int(url.port or 80)), seed)

    def _stored(self) -> list[tuple[str, int, str]]:
        return [
            (str(i), size, sha256)
            for i, size, sha256 in self._system.rows("SELECT id, size, sha256 FROM clips")
        ]

    def _calm_down(self) -> None:
        self._system.wait_ready()
        super()._calm_down()
        end = time.monotonic() + 120
        while self._waiting() and time.monotonic() < end:
            self._station(None, Fate(), self.quiet_seconds)

    def _waiting(self) -> bool:
        rows = [row for _, files, _ in checker.World(self.folder).journals() for row in files]
        return any(row["state"] in checker.WAITING for row in rows)

    def _at_last(self) -> checker.World:
        self._system.wait_ready()
        self._system.write_down(self.folder / "office")
        return checker.World(self.folder, self._system.originals())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.storm.real", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the running system's data folder")
    parser.add_argument("--folder", type=Path, required=True, help="where the world's cards and spool lie")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--dockings", type=int, default=20)
    arguments = parser.parse_args()
    nursery = Nursery()
    try:
        world = RealWorld(nursery, arguments.folder, arguments.seed, arguments.data)
        report = world.run(arguments.dockings)
        report.faults = type(report.faults)({NAMES.get(kind, kind): n for kind, n in report.faults.items()})
        print(json.dumps({"world": 0, **vars(report)}), flush=True)
    finally:
        nursery.close()
    return int(bool(report.objections))


if __name__ == "__main__":
    raise SystemExit(main())
