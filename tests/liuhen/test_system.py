"""The whole one-machine system with its real parts."""

import json
import os
import ssl
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest

from tests.services.system import System, running_system

PARTS = [
    "station", "web", "worker-intake", "worker-pictures", "worker-media", "worker-disposal", "beat", "queue",
    "storage",
]  # fmt: skip


def descendants(system: System) -> list[psutil.Process]:
    """Every process that carries this data folder in its command line or environment."""
    mark = str(system.data)
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and any(mark in word for word in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


@pytest.mark.parametrize("name", PARTS)
def test_a_killed_part_comes_back(liuhen_system: System, name: str) -> None:
    before = liuhen_system.part(name)
    liuhen_system.kill_and_wait(name)
    after = liuhen_system.part(name)
    assert after["deaths"] == before["deaths"] + 1
    assert after["state"] == "ready"


def test_the_probe_by_hand(liuhen_system: System) -> None:
    done = liuhen_system.run("storage", "check", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    results = json.loads(done.stdout)["results"]
    assert {result["verdict"] for result in results} <= {"held", "known limit", "not tried"}
    table = liuhen_system.run("storage", "check")
    assert "The lock probe passed" in table.stdout
    assert "held" in table.stdout


def test_a_second_supervisor_is_refused(liuhen_system: System) -> None:
    done = liuhen_system.run("up")
    assert done.returncode == 1
    assert "already runs on the data folder" in done.stderr
    assert liuhen_system.state()["ready"]


def test_everything_is_on_loopback(liuhen_system: System) -> None:
    ours = set(liuhen_system.settings.ports.values())
    bound = {
        (connection.laddr.port, connection.laddr.ip)
        for connection in psutil.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN and connection.laddr.port in ours
    }
    assert {port for port, _ in bound} >= {
        liuhen_system.settings.ports[name] for name in ("web", "queue", "storage")
    }
    assert {address for _, address in bound} <= {"127.0.0.1", "::1"}


def test_files_others_may_not_read(liuhen_system: System) -> None:
    for name in ("secrets", "logs", "queue", "catalog", "storage"):
        assert (liuhen_system.data / name).stat().st_mode & 0o077 == 0, name


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give the storage a user of its own")
def test_the_storage_has_a_user_of_its_own(liuhen_system: System) -> None:
    pid = liuhen_system.part("storage")["pid"]
    assert psutil.Process(pid).username() == "liuhen-storage"


def test_kill_9_of_the_supervisor_and_a_second_start(liuhen_system: System) -> None:
    system = liuhen_system
    secrets = {path.name: path.read_bytes() for path in (system.data / "secrets").iterdir()}
    ports = (system.data / "ports.json").read_text()
    system.kill_supervisor()
    system.start()  # waits until nothing of the first is left
    assert {path.name: path.read_bytes() for path in (system.data / "secrets").iterdir()} == secrets
    assert (system.data / "ports.json").read_text() == ports
    assert "so it is not repeated now" in system.output.read_text()


def test_listening_serves_web_and_storage_over_tls_and_stops_when_asked(tmp_path: Path) -> None:
    with running_system("--listen", "127.0.0.2") as system:
        settings = system.settings
        assert settings.web.public_url.startswith("https://127.0.0.2:")
        assert settings.storage.address_url.startswith("https://127.0.0.2:")
        context = ssl.create_default_context(cafile=str(system.data / "tls" / "authority.pem"))
        with urllib.request.urlopen(f"{settings.web.public_url}/healthz", context=context) as answer:
            assert answer.status == 200
        with pytest.raises(urllib.error.HTTPError) as refused:  # by S3 itself, so the handshake went well
            urllib.request.urlopen(settings.storage.address_url, context=context)
        with refused.value:
            assert refused.value.code == 403
        clip = tmp_path / "card" / "DCIM" / "a.wav"
        clip.parent.mkdir(parents=True)
        clip.write_bytes(os.urandom(100_000))
        done = system.run("dock", str(tmp_path / "card"))
        assert done.returncode == 0, done.stdout + done.stderr + system.words()
        assert system.stop() == 0
        assert descendants(system) == []
        assert not Path(system.data / "run" / "state.json").exists()
