"""A station on another address enrols against the running system over TLS, docks, is revoked, and comes back."""

from __future__ import annotations

import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ingest.settings import load_station_settings
from liuhen.cli import main
from tests.services.system import System, running_system

ADDRESS = "127.0.0.2"
"""Not the address our own processes use; TLS holds on it as on any other."""


@pytest.fixture(scope="module")
def tls_system() -> Iterator[System]:
    with running_system("--listen", ADDRESS) as system:
        yield system


@pytest.fixture
def pc(tmp_path: Path) -> Path:
    """The folder of another PC."""
    return tmp_path / "station"


def _liuhen(*arguments: str) -> Result:
    """Run a command as a person would, in this process, for speed."""
    return CliRunner(env={"LANG": "en_GB.UTF-8", "LC_ALL": None}).invoke(main, arguments)


def _code(system: System, code: str = "ST-03") -> list[str]:
    """What `liuhen station-code` prints for the station, as arguments."""
    done = _liuhen("station-code", code, "--name", "East hall", "--data", str(system.data))
    assert done.exit_code == 0, done.output
    line = done.stdout.splitlines()[-1].split()
    assert line[:3] == ["liuhen", "station", "enrol"]
    assert "--ca-fingerprint" in line
    return line[1:]


@contextmanager
def _agent(pc: Path) -> Iterator[Path]:
    """The station of that PC at work; answers its folder of slots."""
    slots = pc / "slots"
    slots.mkdir(exist_ok=True)
    with (pc / "agent.log").open("ab") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "liuhen",
                "station-agent",
                "--data",
                str(pc),
                "--watch",
                str(slots),
                "--no-usb",
            ],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        yield slots
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _plug(slots: Path, name: str, content: bytes) -> None:
    card = slots.parent / f"{name}.card"
    card.mkdir()
    (card / f"{name}.mp4").write_bytes(content)
    card.rename(slots / name)


def _brought(system: System, code: str) -> list[str]:
    """Names of the clips a station brought."""
    with sqlite3.connect(system.data / "catalog" / "catalog.sqlite3") as db:
        return [
            row[0]
            for row in db.execute(
                "SELECT s.shown FROM sightings s JOIN dockings d ON d.id = s.docking_id JOIN stations t"
                " ON t.id = d.station_id WHERE t.code = ? AND s.clip_id IS NOT NULL ORDER BY 1",
                (code,),
            )
        ]


def _until(system: System, condition: object, what: str, pc: Path, seconds: float = 60.0) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        log = (pc / "agent.log").read_text(errors="replace") if (pc / "agent.log").exists() else ""
        assert time.monotonic() < end, f"{what}\n{log[-3000:]}\n{system.words()}"
        time.sleep(0.1)


def test_a_second_machine_enrols_docks_is_revoked_and_comes_back(tls_system: System, pc: Path) -> None:
    arguments = _code(tls_system)
    done = _liuhen(*arguments, "--data", str(pc))
    assert done.exit_code == 0, done.stderr
    assert "Enrolled as station ST-03 (East hall)" in done.stdout
    for name in ("station-token", "spool/station-key.pem"):
        assert (pc / name).stat().st_mode & 0o777 == 0o600
    settings = load_station_settings(pc / "station.toml")
    assert settings.server.startswith(f"https://{ADDRESS}:")
    assert settings.ca_file is not None
    assert settings.ca_file.read_text().strip() == (tls_system.data / "tls/authority.pem").read_text().strip()
    assert settings.token() != (tls_system.data / "secrets" / "station-token").read_text().strip()

    with _agent(pc) as slots:
        _plug(slots, "one", b"one" * 1000)
        _until(
            tls_system, lambda: _brought(tls_system, "ST-03") == ["one.mp4"], "the file comes in over TLS", pc
        )
        assert _liuhen("station-revoke", "ST-03", "--data", str(tls_system.data)).exit_code == 0
        _plug(slots, "two", b"two" * 1000)
        spool = pc / "spool"
        _until(
            tls_system,
            lambda: any(
                p.stat().st_size == 3000
                for p in spool.rglob("*")
                if p.is_file() and p.name != "station-key.pem"
            ),
            "copied all the same",
            pc,
        )
        time.sleep(1)
        assert _brought(tls_system, "ST-03") == ["one.mp4"]
        # Enrolled anew while it runs: it takes its new credential up by itself.
        again = _liuhen(*_code(tls_system), "--data", str(pc))
        assert again.exit_code == 0, again.stderr
        _until(
            tls_system,
            lambda: _brought(tls_system, "ST-03") == ["one.mp4", "two.mp4"],
            "the spool comes in",
            pc,
            90,
        )


def test_enrolling_twice_with_one_code_is_safe_and_another_machine_is_refused(
    tls_system: System, pc: Path, tmp_path: Path
) -> None:
    arguments = _code(tls_system, "ST-04")
    tokens = set()
    for _ in range(2):
        assert _liuhen(*arguments, "--data", str(pc)).exit_code == 0
        tokens.add((pc / "station-token").read_text())
    assert len(tokens) == 2
    stolen = _liuhen(*arguments, "--data", str(tmp_path / "thief"))
    assert stolen.exit_code == 1
    assert "Another machine has used this enrolment code" in stolen.stderr
    assert not (tmp_path / "thief" / "station.toml").exists()


def test_a_crash_before_the_settings_are_written_is_mended_by_the_same_code(
    tls_system: System, pc: Path
) -> None:
    arguments = _code(tls_system, "ST-05")
    assert _liuhen(*arguments, "--data", str(pc)).exit_code == 0
    whole = {p.name for p in pc.iterdir()}
    for name in ("station.toml", "station-token", "server-ca.pem", "receipt-keys.txt"):
        (pc / name).unlink()  # as if it had died after the server answered
        assert _liuhen(*arguments, "--data", str(pc)).exit_code == 0
        assert {p.name for p in pc.iterdir()} == whole
    assert tomllib.loads((pc / "station.toml").read_text())["station"] == "ST-05"


def test_what_a_person_wrote_into_the_settings_stays(tls_system: System, pc: Path) -> None:
    arguments = _code(tls_system, "ST-06")
    pc.mkdir()
    (pc / "station.toml").write_text(
        '# our hall\nwatch = ["slots"]\nserver = "https://old:1"\nlanguage = "zh"\n'
    )
    assert _liuhen(*arguments, "--data", str(pc)).exit_code == 0
    text = (pc / "station.toml").read_text()
    assert "# our hall" in text
    assert "https://old" not in text
    settings = load_station_settings(pc / "station.toml")
    assert settings.watch == [pc / "slots"]
    assert settings.language == "zh"


def test_a_folder_with_another_station_s_spools_is_not_taken_over(tls_system: System, pc: Path) -> None:
    assert _liuhen(*_code(tls_system, "ST-07"), "--data", str(pc)).exit_code == 0
    (pc / "spool" / "hand-1").mkdir(parents=True)
    before = (pc / "station.toml").read_text()
    other = _liuhen(*_code(tls_system, "ST-08"), "--data", str(pc))
    assert other.exit_code == 1
    assert "belongs to station ST-07" in other.stderr
    assert (pc / "station.toml").read_text() == before


def test_the_code_is_not_sent_to_a_server_with_another_certificate(tls_system: System, pc: Path) -> None:
    arguments = _code(tls_system, "ST-09")
    wrong = [re.sub(r"^[0-9A-F]{4}-.*", "AB" * 32, a) if len(a) == 79 else a for a in arguments]
    assert wrong != arguments
    refused = _liuhen(*wrong, "--data", str(pc))
    assert refused.exit_code == 1
    assert "The code was not sent" in refused.stderr
    assert arguments[-1] in refused.stderr  # its own fingerprint, to compare
    assert not (pc / "station.toml").exists()
    without = [a for n, a in enumerate(arguments) if n < len(arguments) - 2]
    said = _liuhen(*without, "--data", str(pc)).stderr
    assert "fingerprint" in said
    assert _liuhen(*arguments, "--data", str(pc)).exit_code == 0  # the code is still good


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ("http://192.0.2.9:8600", "is not https"),
        ("ftp://host", "no address of a server"),
        ("host:8600", "no address of a server"),
        ("https://host:8600/path", "no address of a server"),
        ("https://host:99999", "no address of a server"),
        (f"https://{ADDRESS}:9", "cannot be talked to"),
    ],
)
def test_addresses_that_cannot_be_used(pc: Path, server: str, said: str) -> None:
    done = _liuhen(
        "station",
        "enrol",
        "--server",
        server,
        "--code",
        "X",
        "--ca-fingerprint",
        "AB" * 32,
        "--data",
        str(pc),
    )
    assert done.exit_code == 1
    assert said in done.stderr


def test_another_authority_is_trusted_by_hand_only(tls_system: System, pc: Path, tmp_path: Path) -> None:
    arguments = _code(tls_system, "ST-10")
    assert _liuhen(*arguments, "--data", str(pc)).exit_code == 0
    pinned = (pc / "server-ca.pem").read_text()
    (pc / "server-ca.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    wrong = _liuhen("station", "trust", "--ca-fingerprint", "AB" * 32, "--data", str(pc))
    assert wrong.exit_code == 1
    assert (pc / "server-ca.pem").read_text() != pinned
    right = _liuhen("station", "trust", "--ca-fingerprint", arguments[-1].lower(), "--data", str(pc))
    assert right.exit_code == 0, right.stderr
    assert (pc / "server-ca.pem").read_text() == pinned
    file = tmp_path / "authority.pem"
    shutil.copy(tls_system.data / "tls" / "authority.pem", file)
    assert _liuhen("station", "trust", "--ca-file", str(file), "--data", str(pc)).exit_code == 0
    nobody = _liuhen("station", "trust", "--ca-file", str(file), "--data", str(tmp_path / "empty"))
    assert "No station is enrolled" in nobody.stderr


def test_the_commands_of_the_server_say_what_is_wrong(tls_system: System) -> None:
    for arguments, status, said in (
        (("station-code", "local", "--name", "x"), 2, "not enrolled"),
        (("station-code", "a b", "--name", "x"), 2, "letters"),
        (("station-code", "a", "--name", ""), 2, "name"),
        (("station-revoke", "local"), 1, "stops with the system"),
        (("station-revoke", "nobody"), 1, "no station"),
    ):
        done = _liuhen(*arguments, "--data", str(tls_system.data))
        assert done.exit_code == status, done.stderr
        assert said in done.stderr
