"""A worker's runtime on a SQLite catalog and a real storage, and originals handed in as a station would."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import urllib3
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from catalog.database import migrate
from catalog.intake.sealed import Sealer
from catalog.models import Clip, Rendition, Stage
from catalog.settings import CatalogSettings
from catalog.stages import Due
from storage.settings import StorageSettings
from tests.catalog.intake_desk import Intake
from workers.runtime import Runtime
from workers.settings import WorkerSettings
from workers.stages.run import run_stage

Take = Callable[[bytes, bytes], UUID]


@pytest.fixture
def runtime(tmp_path: Path, seaweed: StorageSettings) -> Iterator[Runtime]:
    key = tmp_path / "key.pem"
    key.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    secret = tmp_path / "metadata-key"
    secret.write_text("07" * 32)
    url = f"sqlite:///{tmp_path / 'catalog.sqlite3'}"
    migrate(url)
    made = Runtime(
        WorkerSettings(
            broker_url=SecretStr("redis://unused"),
            catalog=CatalogSettings(database_url=url, receipt_key_file=key, metadata_key_file=secret),
            storage=seaweed,
            scratch_folder=tmp_path / "scratch",
        )
    )
    yield made
    made.evidence.close()
    made.derived.close()
    made.database.close()


@pytest.fixture
def take(runtime: Runtime) -> Iterator[Take]:
    http = urllib3.PoolManager()
    intake = Intake(
        runtime.database,
        runtime.evidence,
        http,
        (Sealer.load(runtime.settings.catalog.metadata_key_file), runtime.signer),
        datetime.now(UTC),
    )
    yield lambda body, path: intake.take(body, path=path).clip
    http.clear()


def run_all(runtime: Runtime, clip: UUID, *first: str) -> dict[str, Stage]:
    """Run stages and what follows them until nothing follows; answer all stages of the clip by name."""
    due = [Due(clip, stage) for stage in first or ("verify", "describe")]
    while due:
        one = due.pop()
        due += run_stage(runtime, one.clip, one.stage)
    return stages_of(runtime, clip)


def stages_of(runtime: Runtime, clip: UUID) -> dict[str, Stage]:
    with runtime.database.read() as session:
        return {s.stage: s for s in session.get_one(Clip, clip).stages}


def later(runtime: Runtime, by: timedelta) -> Runtime:
    """The same runtime with a clock that goes ahead."""
    runtime.now = lambda: datetime.now(UTC) + by  # type: ignore[method-assign]
    return runtime


def renditions_of(runtime: Runtime, clip: UUID) -> dict[str, Rendition]:
    """What the catalog says; each is read from storage and must be what the catalog says it is."""
    with runtime.database.read() as session:
        rows = {r.kind: r for r in session.query(Rendition).filter_by(clip_id=clip)}
    for row in rows.values():
        facts = runtime.derived.newest(row.key)
        assert facts is not None, row.key
        body = b"".join(runtime.derived.read(row.key, facts.version))
        assert (len(body), hashlib.sha256(body).hexdigest()) == (row.size, row.sha256), row.key
    return rows


def hand_over(settings: WorkerSettings, folder: Path) -> Path:
    """Write settings down for a process of its own."""
    path = folder / "settings.pickle"
    path.write_bytes(pickle.dumps(settings))
    return path
