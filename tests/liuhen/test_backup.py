"""`liuhen backup` and `liuhen restore`: what is in it, that it proves itself, and what an attacker or a power cut does to it."""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select

from catalog.actors import system
from catalog.custody.sequencer import place_entries
from catalog.database import Database, migrate
from catalog.models import ApiToken, Appraisal, CustodyEntry, Docking, SigninSession
from catalog.people import create_account
from catalog.signing_in.sessions import begin_session
from catalog.signing_in.tokens import create_token
from liuhen import secrets
from liuhen.cli import main
from liuhen.keeping import restoring, sealing
from liuhen.keeping.archive import unpack
from liuhen.keeping.sealing import Damaged, Passphrase, Sealing, Unsealing, WrongPassphrase
from liuhen.supervisor.lock import FolderLock
from tests.catalog.intake_desk import new_docking, new_station

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def run(*arguments: str | Path, data: Path) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments), "--data", str(data)])


def database_of(data: Path) -> Database:
    return Database.open(f"sqlite:///{data / 'catalog' / 'catalog.sqlite3'}")


def live(database: Database, dockings: int = 3) -> None:
    station = new_station(database, NOW)
    for number in range(dockings):
        new_docking(database, station, NOW, f"DSJ-{number}")
    with database.write() as session:
        place_entries(session)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder in which a system has lived."""
    for name in [name for name in os.environ if name.startswith("LIUHEN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(sealing, "COST", 1 << 10)
    folder = tmp_path / "var"
    secrets.create_missing(folder)
    (folder / "catalog").mkdir()
    migrate(f"sqlite:///{folder / 'catalog' / 'catalog.sqlite3'}")
    database = database_of(folder)
    live(database)
    database.close()
    (folder / "ports.json").write_text('{"ports": {"web": 8611}}')
    (folder / "tls").mkdir(mode=0o700)
    (folder / "tls" / "authority.pem").write_text("certificate")
    (folder / "secrets" / "of-a-later-version").write_text("secret")
    (folder / "secrets" / "of-a-later-version").chmod(0o600)
    for name in ("storage", "spool"):
        (folder / name).mkdir()
        (folder / name / "large").write_bytes(b"x")
    return folder


@pytest.fixture
def passphrase(tmp_path: Path) -> Path:
    file = tmp_path / "passphrase"
    file.write_text("correct horse battery\n")
    return file


def everything(data: Path) -> dict[str, bytes]:
    folders = [data / "secrets", data / "tls"]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(data)): path.read_bytes() for path in [*files, data / "ports.json"]}


def dockings(data: Path) -> int:
    database = database_of(data)
    with database.read() as session:
        found = session.scalar(select(func.count()).select_from(Docking)) or 0
    database.close()
    return found


@pytest.mark.parametrize("encrypted", [False, True], ids=["open", "encrypted"])
def test_there_and_back(data: Path, tmp_path: Path, passphrase: Path, encrypted: bool) -> None:
    key = ["--passphrase-file", passphrase] if encrypted else []
    target = tmp_path / "safe"
    target.mkdir()
    made = run("backup", target, *key, data=data)
    assert made.exit_code == 0, made.output
    (file,) = target.iterdir()
    assert file.name.endswith(".tar.enc" if encrypted else ".tar")
    assert file.stat().st_mode & 0o777 == 0o600
    assert ("holds every key of this system in the open" in made.output) is not encrypted
    assert "spool (this machine's docking station" in made.output
    assert "good: it was restored into scratch" in made.output
    assert (b"correct horse" in file.read_bytes()) is False
    assert (b"PRIVATE KEY" in file.read_bytes()) is not encrypted
    assert list((data / "run").glob("backup-*")) == []

    checked = run("backup", "--check", file, "--json", *key, data=tmp_path / "nowhere")
    assert checked.exit_code == 0, checked.output
    said = json.loads(checked.stdout)
    assert said["catalog"]["rows"]["dockings"] == 3
    assert said["catalog"]["log_size"] > 3

    there = tmp_path / "new"
    restored = run("restore", file, *key, data=there)
    assert restored.exit_code == 0, restored.output
    assert everything(there) == everything(data)
    assert (there / "secrets").stat().st_mode & 0o777 == 0o700
    assert (there / "secrets" / "metadata-key").stat().st_mode & 0o777 == 0o600
    assert dockings(there) == 3
    assert not (there / restoring.RESTORING).exists()
    database = database_of(there)
    with database.read() as session:
        last = session.scalars(select(CustodyEntry.action).order_by(CustodyEntry.id.desc()).limit(1)).one()
    assert last == "catalog.restored"
    database.close()
    assert secrets.create_missing(there) == []


def test_no_destruction_approved_before_goes_on_after_a_restore(data: Path, tmp_path: Path) -> None:
    """It may have been undone, and a hold set, after the back-up was made."""
    database = database_of(data)
    with database.write() as session:
        head = create_account(
            session, actor=system("test"), username="head", email="h@x.example", roles=["archivist"],
            officer=None, now=NOW,
        )  # fmt: skip
        session.add(
            Appraisal(
                number="JD-2026-001", state="cooling", opened_by=head.id, opened_at=NOW, approved_by=head.id,
                approved_at=NOW, approval_number="1", register_objects={},
            )
        )  # fmt: skip
    database.close()
    assert run("backup", tmp_path / "a.tar", data=data).exit_code == 0
    restored = run("restore", tmp_path / "a.tar", data=tmp_path / "new")
    assert restored.exit_code == 0, restored.output
    for where, state in ((data, "cooling"), (tmp_path / "new", "undone")):
        database = database_of(where)
        with database.read() as session:
            assert session.scalars(select(Appraisal.state)).one() == state
        database.close()


def test_no_session_and_no_token_outlives_a_restore(data: Path, tmp_path: Path) -> None:
    """They may have been ended after the back-up was made."""
    database = database_of(data)
    with database.write() as session:
        head = create_account(
            session, actor=system("test"), username="head", email="h@x.example", roles=["archivist"],
            officer=None, now=NOW,
        )  # fmt: skip
        begin_session(session, head.id, NOW)
        create_token(
            session, actor=system("test"), account=head.id, name="x", permissions={"office:case:read"},
            expires=NOW + timedelta(days=300), now=NOW,
        )  # fmt: skip
    database.close()
    assert run("backup", tmp_path / "a.tar", data=data).exit_code == 0
    assert run("restore", tmp_path / "a.tar", data=tmp_path / "new").exit_code == 0
    for where, left, revoked in ((data, 1, False), (tmp_path / "new", 0, True)):
        database = database_of(where)
        with database.read() as session:
            assert len(session.scalars(select(SigninSession)).all()) == left
            assert (session.scalars(select(ApiToken)).one().revoked_at is not None) is revoked
        database.close()


def test_the_live_log_says_that_a_backup_was_made(data: Path, tmp_path: Path) -> None:
    assert run("backup", tmp_path / "a.tar", data=data).exit_code == 0
    database = database_of(data)
    with database.read() as session:
        assert session.scalars(select(CustodyEntry).where(CustodyEntry.action == "catalog.backed-up")).one()
    database.close()


def test_nothing_is_overwritten(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.tar"
    file.write_text("mine")
    again = run("backup", file, data=data)
    assert (again.exit_code, file.read_text()) == (1, "mine")
    assert "left as it is" in again.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar", "var"]


def test_it_is_made_while_others_write(data: Path, tmp_path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(data)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert writer.stdout is not None
    writer.stdout.readline()
    try:
        for number in range(3):
            made = run("backup", tmp_path / f"{number}.tar", data=data)
            assert made.exit_code == 0, made.output
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()


WRITER = """
import sys
from pathlib import Path
from tests.liuhen.test_backup import NOW, database_of, new_docking, new_station
database = database_of(Path(sys.argv[1]))
station = new_station(database, NOW, "busy")
number = 0
while True:
    new_docking(database, station, NOW, f"BUSY-{number}")
    number += 1
    if number == 3:
        print("writing", flush=True)
"""


@pytest.fixture(params=["open", "encrypted"])
def made(
    request: pytest.FixtureRequest, data: Path, tmp_path: Path, passphrase: Path
) -> tuple[Path, list[str]]:
    file = tmp_path / "made.tar"
    key = ["--passphrase-file", str(passphrase)] if request.param == "encrypted" else []
    assert run("backup", file, *key, data=data).exit_code == 0
    return file, key


def places(size: int) -> list[int]:
    """Some bytes all over a file: its beginning, its end, and where its parts are."""
    return [*range(0, 600, 97), *range(600, size - 12_000, max(1, size // 16))]


def test_any_changed_byte_is_found(made: tuple[Path, list[str]], tmp_path: Path) -> None:
    file, key = made
    whole = file.read_bytes()
    meaningful = 0
    for place in places(len(whole)):
        torn = bytearray(whole)
        torn[place] ^= 0x55
        file.write_bytes(torn)
        checked = run("backup", "--check", file, *key, data=tmp_path / "nowhere")
        assert checked.exit_code in {0, 3, 4}, (place, checked.output, checked.exception)
        assert checked.exception is None or isinstance(checked.exception, SystemExit)
        meaningful += checked.exit_code != 0
        if checked.exit_code == 0:  # padding of the tar, which holds nothing
            assert not key
            assert whole[place] == 0 or b"ustar" in whole[place - 512 : place + 512]
    assert meaningful > 15


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_one_cut_short_is_found_and_nothing_is_restored(
    made: tuple[Path, list[str]], tmp_path: Path, share: float
) -> None:
    file, key = made
    whole = file.read_bytes()
    # The tar's own end is padding; what counts ends with the digest of the list of contents.
    meaning = len(whole) if key else whole.rindex(b"manifest.sha256") + 512
    file.write_bytes(whole[: int(meaning * share)])
    there = tmp_path / "new"
    restored = run("restore", file, *key, data=there)
    assert restored.exit_code == 3, restored.output
    assert "Nothing was put into" in restored.output
    assert sorted(path.name for path in there.iterdir()) == ["run"]


def test_a_wrong_passphrase_and_none(data: Path, tmp_path: Path, passphrase: Path) -> None:
    file, wrong = tmp_path / "a.tar.enc", tmp_path / "wrong"
    assert run("backup", file, "--passphrase-file", passphrase, data=data).exit_code == 0
    wrong.write_text("wrong horse battery")
    for key, said in ((["--passphrase-file", wrong], "does not open"), ([], "give --passphrase-file")):
        for command in (["backup", "--check"], ["restore"]):
            answer = run(*command, file, *key, data=tmp_path / "new")
            assert (answer.exit_code, said in answer.output) == (4, True), answer.output
    assert not (tmp_path / "new" / "secrets").exists()
    wrong.write_text("short")
    assert run("backup", tmp_path / "b", "--passphrase-file", wrong, data=data).exit_code == 2
    assert run("backup", tmp_path / "b", "--passphrase-file", tmp_path / "no", data=data).exit_code == 2


def test_a_missing_key_is_no_backup(data: Path, tmp_path: Path) -> None:
    (data / "secrets" / "metadata-key").unlink()
    answer = run("backup", tmp_path / "a.tar", data=data)
    assert answer.exit_code == 1
    assert "secrets/metadata-key" in answer.output
    assert not (tmp_path / "a.tar").exists()


def test_a_link_among_the_secrets_is_refused(data: Path, tmp_path: Path) -> None:
    (data / "secrets" / "elsewhere").symlink_to("/etc/hostname")
    answer = run("backup", tmp_path / "a.tar", data=data)
    assert (answer.exit_code, "no plain file" in answer.output) == (1, True)


def rewritten(file: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """A back-up with other members, whose digests all agree: made by somebody who knows how."""
    import hashlib  # noqa: PLC0415

    with tarfile.open(file) as tar:
        members = {m.name: tar.extractfile(m).read() for m in tar}  # type: ignore[union-attr]
    change(members)
    members["manifest.sha256"] = hashlib.sha256(members["manifest.json"]).hexdigest().encode()
    with tarfile.open(file, "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/outside", "secrets/../../outside", ".restoring/x", "a//b"]
)
def test_no_name_leads_out_of_the_folder(data: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / "a.tar"
    assert run("backup", file, data=data).exit_code == 0

    def lead_out(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"])
        part = next(p for p in manifest["parts"] if p["name"] == "ports.json")
        part["name"] = name
        members["manifest.json"] = json.dumps(manifest).encode()
        members[name] = members.pop("ports.json")

    rewritten(file, lead_out)
    answer = run("restore", file, data=tmp_path / "deep" / "new")
    assert answer.exit_code == 3, answer.output
    assert not list(tmp_path.rglob("outside"))


@pytest.mark.parametrize("change", ["newer", "rows", "root"])
def test_what_does_not_agree_with_itself_is_refused(data: Path, tmp_path: Path, change: str) -> None:
    file = tmp_path / "a.tar"
    assert run("backup", file, data=data).exit_code == 0

    def alter(members: dict[str, bytes]) -> None:
        manifest = json.loads(members["manifest.json"])
        if change == "newer":
            manifest["catalog"]["version"] = "9999"
        elif change == "rows":
            manifest["catalog"]["rows"]["dockings"] += 1
        else:
            manifest["catalog"]["log_root"] = "0" * 64
        members["manifest.json"] = json.dumps(manifest).encode()

    rewritten(file, alter)
    answer = run("restore", file, data=tmp_path / "new")
    assert answer.exit_code == 3, answer.output
    assert ("newer version" in answer.output) is (change == "newer")
    assert not (tmp_path / "new" / "secrets").exists()


@pytest.mark.parametrize("there", ["secrets", "tls", "catalog", "ports.json"])
def test_only_where_nothing_of_it_is(data: Path, tmp_path: Path, there: str) -> None:
    file, new = tmp_path / "a.tar", tmp_path / "new"
    assert run("backup", file, data=data).exit_code == 0
    new.mkdir()
    (new / "storage").mkdir()  # the originals may well be there
    if there == "catalog":
        shutil.copytree(data / there, new / there)
    elif there == "ports.json":
        (new / there).write_text("{}")
    else:
        (new / there).mkdir()
    answer = run("restore", file, data=new)
    assert (answer.exit_code, "Nothing was put into" in answer.output) == (1, True), answer.output
    shutil.rmtree(new / there) if there != "ports.json" else (new / there).unlink()
    assert run("restore", file, data=new).exit_code == 0
    assert (new / "storage").is_dir()


def test_not_while_the_system_runs(data: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "a.tar", tmp_path / "new"
    assert run("backup", file, data=data).exit_code == 0
    with FolderLock(new / "run" / "supervisor.lock"):
        answer = run("restore", file, data=new)
    assert (answer.exit_code, "already runs" in answer.output) == (1, True), answer.output


# Killed, and full


def killed_at(step: str, *command: str | Path, data: Path) -> None:
    """Run a command in a process of its own that is killed with -9 when it comes to a step."""
    module, _, name = step.rpartition(".")
    code = (
        f"import importlib, os, sys\nmodule = importlib.import_module({module!r})\n"
        f"setattr(module, {name!r}, lambda *a, **k: os.kill(os.getpid(), 9))\n"
        "from liuhen.cli import main\nmain(sys.argv[1:])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, command), "--data", str(data)],
        capture_output=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.parametrize("step", ["pack", "try_backup", "digest_of", "_publish"])
def test_a_backup_killed_in_the_middle_is_none(data: Path, tmp_path: Path, step: str) -> None:
    file = tmp_path / "safe" / "a.tar"
    file.parent.mkdir()
    killed_at(f"liuhen.keeping.making.{step}", "backup", file, data=data)
    assert not file.exists()
    again = run("backup", file, data=data)
    assert again.exit_code == 0, again.output
    assert ("did not end left" in again.output) is (step != "digest_of")
    assert list((data / "run").glob("backup-*")) == []


@pytest.mark.parametrize("step", ["unpack", "compare", "_enter", "_place_catalog", "_write", "_move"])
def test_a_restore_killed_in_the_middle_starts_nothing_and_goes_on(
    data: Path, tmp_path: Path, step: str
) -> None:
    file, new = tmp_path / "a.tar", tmp_path / "new"
    assert run("backup", file, data=data).exit_code == 0
    killed_at(f"liuhen.keeping.restoring.{step}", "restore", file, data=new)
    with pytest.raises(secrets.SecretUnreadable, match="was not finished"):
        secrets.create_missing(new)
    assert not (new / "secrets").exists()
    done = run("restore", file, data=new)
    assert done.exit_code == 0, done.output
    assert everything(new) == everything(data)
    assert dockings(new) == 3


def test_killed_between_two_renames_it_goes_on(data: Path, tmp_path: Path) -> None:
    file, new = tmp_path / "a.tar", tmp_path / "new"
    assert run("backup", file, data=data).exit_code == 0
    killed_at("liuhen.keeping.restoring._move", "restore", file, data=new)
    (new / restoring.RESTORING / "secrets").rename(new / "secrets")
    with pytest.raises(secrets.SecretUnreadable, match="was not finished"):
        secrets.create_missing(new)
    assert run("restore", file, data=new).exit_code == 0
    assert everything(new) == everything(data)
    assert dockings(new) == 3


@pytest.mark.parametrize("fails", ["the copy", "the file"])
def test_a_full_disk_is_said_in_words(data: Path, tmp_path: Path, fails: str) -> None:
    """No file may grow beyond half of the catalog, or beyond the catalog and a little."""
    file = tmp_path / "a.tar"
    with sqlite3.connect(data / "catalog" / "catalog.sqlite3") as live_one:
        catalog = live_one.execute(
            "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        ).fetchone()[0]
    live_one.close()
    limit = catalog // 2 if fails == "the copy" else catalog + 4096

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    done = subprocess.run(
        [sys.executable, "-m", "liuhen", "backup", str(file), "--data", str(data)],
        capture_output=True,
        text=True,
        preexec_fn=small,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Nothing of this name was written" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path for path in tmp_path.iterdir() if path.name != "var"] == []


def test_two_at_once(data: Path, tmp_path: Path) -> None:
    import fcntl  # noqa: PLC0415

    (data / "run").mkdir(exist_ok=True)
    with (data / "run" / "backup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = run("backup", tmp_path / "a.tar", data=data)
    assert (answer.exit_code, "Another back-up" in answer.output) == (1, True)


# PostgreSQL


def test_from_postgresql_and_back(
    data: Path, tmp_path: Path, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(postgres_database)
    database = Database.open(postgres_database)
    live(database, dockings=5)
    monkeypatch.setenv("LIUHEN_CATALOG__DATABASE_URL", postgres_database)
    file = tmp_path / "a.tar"
    made = run("backup", file, "--json", data=data)
    assert made.exit_code == 0, made.output
    said = json.loads(made.stdout)
    assert (said["catalog"]["database"], said["catalog"]["rows"]["dockings"]) == ("postgresql", 5)
    assert said["environment"] == ["LIUHEN_CATALOG__DATABASE_URL"]
    full = run("restore", file, data=tmp_path / "new")
    assert (full.exit_code, "is not empty" in full.output) == (1, True)
    from sqlalchemy import text  # noqa: PLC0415

    with database.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    assert run("restore", file, data=tmp_path / "new").exit_code == 0
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Docking)) == 5
    database.close()
    assert not (tmp_path / "new" / "catalog").exists()
    monkeypatch.delenv("LIUHEN_CATALOG__DATABASE_URL")
    assert run("restore", file, data=tmp_path / "other").exit_code == 0
    assert dockings(tmp_path / "other") == 5


# Encryption alone


@pytest.mark.parametrize(
    "size", [0, 1, sealing.CHUNK - 1, sealing.CHUNK, sealing.CHUNK + 1, 3 * sealing.CHUNK]
)
def test_what_is_sealed_is_opened_again(size: int) -> None:
    plain, key, file = os.urandom(size), Passphrase(b"p" * 12), io.BytesIO()
    seal = Sealing(file, key, cost=1 << 10)
    for start in range(0, size, 777_777):
        seal.write(plain[start : start + 777_777])
    seal.close()
    file.seek(0)
    assert Unsealing(file, key).read() == plain
    file.seek(0)
    with pytest.raises(WrongPassphrase):
        Unsealing(file, Passphrase(b"q" * 12))


def test_chunks_can_be_neither_swapped_nor_dropped() -> None:
    key, file = Passphrase(b"p" * 12), io.BytesIO()
    seal = Sealing(file, key, cost=1 << 10)
    seal.write(os.urandom(3 * sealing.CHUNK + 5))
    seal.close()
    whole = file.getvalue()
    head = whole.index(b"}\n") + 2
    size = sealing.CHUNK + sealing.TAG
    one, two, three, end = (whole[head + n * size : head + (n + 1) * size] for n in range(4))
    for body in (two + one + three + end, one + three + end, one + two + three, one + two + end, b""):
        with pytest.raises(Damaged):
            Unsealing(io.BytesIO(whole[:head] + body), key).read()


def test_what_is_no_backup_at_all(tmp_path: Path) -> None:
    with pytest.raises(Damaged):
        unpack(io.BytesIO(b"hello"), tmp_path)
    with pytest.raises(Damaged):
        unpack(io.BytesIO(sealing.MAGIC + b"{}\n"), tmp_path)
    file = tmp_path / "catalog.sqlite3"
    sqlite3.connect(file).close()
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.add(file, "catalog.sqlite3")
    with pytest.raises(Damaged), (tmp_path / "x.tar").open("rb") as source:
        unpack(source, tmp_path)
