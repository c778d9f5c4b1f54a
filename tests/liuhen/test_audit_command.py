"""`liuhen audit timestamps` on a whole system: cards are docked, stamped by themselves, and every exit status is earned."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, create_engine, text

from liuhen.cli import main
from storage.store import ObjectStore
from tests.services.system import System, running_system
from tests.services.tsa import judged


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with running_system(LIUHEN_CATALOG__TIMESTAMP_GATHER_SECONDS="1") as running:
        yield running


@pytest.fixture
def engine(system: System) -> Iterator[Engine]:
    made = create_engine(system.settings.catalog.database_url)
    yield made
    made.dispose()


def test_from_the_card_to_the_proof(system: System, engine: Engine, tmp_path: Path) -> None:
    def one(query: str) -> object:
        with engine.connect() as connection:
            return connection.execute(text(query)).scalar()

    nothing = system.run("audit", "timestamps")
    assert (nothing.returncode, nothing.stderr) == (3, "")
    card = tmp_path / "card"
    card.mkdir()
    for n in range(3):
        (card / f"{n}.mp4").write_bytes(os.urandom(3000))
    system.plug(card)
    system.wait_for(
        lambda: one("SELECT count(*) FROM stages WHERE stage = 'timestamp' AND state = 'done'") == 3,
        "all stamped",
    )
    good = system.run("audit", "timestamps")
    assert good.returncode == 0, good.stdout
    assert good.stdout.startswith("3 recordings, 3 proven, ")
    assert "self-signed: order only), 0 findings" in good.stdout
    _judge(system, engine, tmp_path)

    with engine.begin() as connection:
        connection.execute(text("UPDATE clips SET sm3 = '0' WHERE id = (SELECT min(id) FROM clips)"))
    wrong = system.run("audit", "timestamps", "--json")
    said = json.loads(wrong.stdout)
    assert (wrong.returncode, said["status"], said["proven"]) == (1, 1, 2)
    assert [f["trouble"] for f in said["findings"]] == ["record-differs"]
    assert one("SELECT count(*) FROM incidents WHERE kind = 'timestamp-unproven'") == 1
    plain = system.run("audit", "timestamps")
    assert plain.stdout.startswith(f"recording {said['findings'][0]['recording']} batch ")


def _judge(system: System, engine: Engine, folder: Path) -> None:
    """OpenSSL believes the token that the system's own authority gave to the system's own worker."""
    with engine.connect() as connection:
        batch, response = connection.execute(
            text("SELECT batch_id, response FROM timestamp_tokens")
        ).first() or ("", b"")
    (folder / "r").write_bytes(response)
    settings = system.settings.storage
    store = ObjectStore(settings, settings.evidence_bucket)
    key = f"timestamps/{UUID(hex=batch)}/statement.json"
    newest = store.newest(key)
    assert newest is not None
    (folder / "statement").write_bytes(b"".join(store.read(key, newest.version)))
    store.close()
    assert judged(system.data / "secrets" / "timestamp-root.pem", folder / "r", data=folder / "statement")


def test_a_storage_out_of_reach_is_said(system: System, engine: Engine) -> None:
    environment = {
        "LIUHEN_STORAGE__ENDPOINT_URL": "http://127.0.0.1:1",
        "LIUHEN_STORAGE__PATIENCE_SECONDS": "0",
    }
    answer = CliRunner().invoke(main, ["audit", "timestamps", "--data", str(system.data)], env=environment)
    assert answer.exit_code == 2
    assert "Nothing is proven, nothing was changed" in answer.output
    assert engine


def test_without_a_system_it_says_so(tmp_path: Path) -> None:
    nowhere = System(tmp_path / "var").run("audit", "timestamps")
    assert nowhere.returncode == 1
    assert "No system has run" in nowhere.stderr
