"""Secrets: made once, whole, and readable by nobody else."""

import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from liuhen import secrets
from liuhen.cli import main


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


def test_made_once_with_modes_that_keep_others_out(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        told = secrets.create_missing(tmp_path)
    finally:
        os.umask(before)
    folder = secrets.folder_of(tmp_path)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert modes(folder) == {0o600}
    assert {path.name for path in folder.iterdir()} == {
        *secrets.MAKERS,
        secrets.RECEIPT_PUBLIC_KEY,
        secrets.TIMESTAMP_ROOT,
    }
    assert len(told) == 1
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert secrets.create_missing(tmp_path) == []
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first


def test_no_two_systems_share_a_secret(tmp_path: Path) -> None:
    for name in ("a", "b"):
        secrets.create_missing(tmp_path / name)
    for name in secrets.MAKERS:
        assert secrets.read(tmp_path / "a", name) != secrets.read(tmp_path / "b", name)


def test_what_they_hold(tmp_path: Path) -> None:
    secrets.create_missing(tmp_path)
    keys = [
        json.loads(secrets.read(tmp_path, f"storage-{role}.json"))
        for role in ("everyday", "disposal", "setup")
    ]
    assert len({key["access_key"] for key in keys}) == 3
    assert all(len(key["secret_key"]) == 64 for key in keys)
    pem = secrets.read(tmp_path, secrets.RECEIPT_KEY)
    assert isinstance(serialization.load_pem_private_key(pem.encode(), None), Ed25519PrivateKey)
    assert len(secrets.read(tmp_path, secrets.STATION_TOKEN)) >= 43


def test_the_root_of_the_time_stamps_lies_beside_its_authority(tmp_path: Path) -> None:
    secrets.create_missing(tmp_path)
    folder = secrets.folder_of(tmp_path)
    authority, root = folder / secrets.TIMESTAMP_AUTHORITY, folder / secrets.TIMESTAMP_ROOT
    first = root.read_bytes()
    assert first in authority.read_bytes()
    authority.unlink()
    told = secrets.create_missing(tmp_path)
    assert len(told) == 2
    assert "beside those of earlier ones" in told[1]
    assert root.read_bytes().startswith(first)  # what was stamped before is still believed
    assert root.read_bytes().count(b"BEGIN CERTIFICATE") == 2
    authority.write_text("nothing")
    with pytest.raises(secrets.SecretUnreadable, match="damaged"):
        secrets.create_missing(tmp_path)


def test_a_secret_others_could_read_is_closed_and_named(tmp_path: Path) -> None:
    secrets.create_missing(tmp_path)
    path = secrets.folder_of(tmp_path) / secrets.STATION_TOKEN
    path.chmod(0o644)
    secrets.folder_of(tmp_path).chmod(0o755)
    told = secrets.create_missing(tmp_path)
    assert len(told) == 1
    assert secrets.STATION_TOKEN in told[0]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_processes_that_start_at_the_same_instant_agree(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from liuhen import secrets\n"
        "time.sleep(max(0, float(sys.argv[2]) - time.time()))\n"
        "secrets.create_missing(Path(sys.argv[1]))\n"
        "print('|'.join(secrets.read(Path(sys.argv[1]), name) for name in secrets.MAKERS).replace('\\n', ' '))"
    )

    start = str(time.time() + 1.5)
    many = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), start], stdout=subprocess.PIPE, text=True
        )
        for _ in range(6)
    ]
    answers = {process.communicate()[0] for process in many}
    assert len(answers) == 1
    assert answers.pop().strip()
    assert len(list(secrets.folder_of(tmp_path).iterdir())) == len(secrets.MAKERS) + 2


def test_a_missing_secret_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(secrets.SecretUnreadable, match=r"`liuhen up` makes it.*--data"):
        secrets.read(tmp_path, secrets.STATION_TOKEN)


@pytest.mark.parametrize("trace", ["catalog/catalog.sqlite3", "storage/conf"])
@pytest.mark.parametrize("name", secrets.NEVER_MADE_AGAIN)
def test_a_lost_secret_of_a_system_that_ran_is_not_made_anew(tmp_path: Path, trace: str, name: str) -> None:
    secrets.create_missing(tmp_path)
    (tmp_path / trace).mkdir(parents=True)
    assert secrets.create_missing(tmp_path) == []
    path = secrets.folder_of(tmp_path) / name
    path.unlink()
    with pytest.raises(secrets.SecretUnreadable, match=rf"{name}\. .*as they were.*backup"):
        secrets.create_missing(tmp_path)
    assert not path.exists()
    path.with_name(f"{name}.old").touch()  # on purpose
    assert name in secrets.create_missing(tmp_path)[0]


@pytest.mark.parametrize("command", [["up"], ["prepare"], ["run", "web"]])
def test_every_start_says_so_without_a_traceback(tmp_path: Path, command: list[str]) -> None:
    secrets.create_missing(tmp_path)
    (tmp_path / "catalog" / "catalog.sqlite3").mkdir(parents=True)
    (secrets.folder_of(tmp_path) / secrets.RECEIPT_KEY).unlink()
    answer = CliRunner().invoke(main, [*command, "--data", str(tmp_path)])
    assert answer.exit_code == 1
    assert isinstance(answer.exception, SystemExit)
    assert "Secrets are missing" in answer.output
    assert "receipt-key.pem" in answer.output


def test_the_public_half_follows_the_receipt_key(tmp_path: Path) -> None:
    secrets.create_missing(tmp_path)
    secrets.create_missing(tmp_path / "other")
    here, other = secrets.folder_of(tmp_path), secrets.folder_of(tmp_path / "other")
    shutil.copy(other / secrets.RECEIPT_KEY, here / secrets.RECEIPT_KEY)
    told = secrets.create_missing(tmp_path)
    assert len(told) == 1
    assert secrets.RECEIPT_PUBLIC_KEY in told[0]
    public = [(folder / secrets.RECEIPT_PUBLIC_KEY).read_bytes() for folder in (here, other)]
    assert public[0] == public[1]


def test_a_damaged_receipt_key_is_said_in_words(tmp_path: Path) -> None:
    secrets.create_missing(tmp_path)
    (secrets.folder_of(tmp_path) / secrets.RECEIPT_KEY).write_bytes(b"")
    with pytest.raises(secrets.SecretUnreadable, match="damaged"):
        secrets.create_missing(tmp_path)
