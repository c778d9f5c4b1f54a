"""How the one-machine storage is started: what it may listen on, who may read its files, what it flushes."""

import json
import os
import pwd
import shutil
import socket
import ssl
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from storage.errors import StorageMisconfigured, StorageUnavailable
from storage.health import is_ready, wait_ready
from storage.probe import run_probe
from storage.seaweedfs import owner
from storage.seaweedfs.access import keep_access_key, new_access_key, policies
from storage.seaweedfs.certificates import write_server_certificate
from storage.seaweedfs.command import weed_command
from storage.seaweedfs.plan import WeedPlan, WeedPorts
from storage.seaweedfs.prepare import prepare
from storage.seaweedfs.shell import run_shell
from storage.settings import StorageSettings, read_access_key
from storage.store import ObjectStore
from tests.services.seaweedfs import ROLES, SeaweedServer


def own_address() -> str | None:
    """An address of this machine that is not the loopback one."""
    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            if address.family == socket.AF_INET and not address.address.startswith("127."):
                return address.address
    return None


def listening(pid: int) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for c in psutil.Process(pid).net_connections("tcp"):
        if c.status == psutil.CONN_LISTEN:
            found.setdefault(c.laddr.port, set()).add(c.laddr.ip)
    return found


def test_it_listens_on_the_planned_ports_of_the_loopback_address_only(seaweed_server: SeaweedServer):
    assert listening(seaweed_server.pid) == {
        port: {"127.0.0.1"} for port in seaweed_server.plan.ports.named().values()
    }


def test_nothing_it_keeps_can_be_read_by_others(seaweed_server: SeaweedServer):
    plan = seaweed_server.plan
    for path in (plan.folder, plan.conf, plan.blobs, plan.run):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in (*plan.conf.rglob("*.*"), *seaweed_server.key_files.values()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert not list(plan.conf.rglob("ca.key")), "nobody can issue further certificates"


def test_objects_are_flushed_before_they_are_acknowledged(seaweed_server: SeaweedServer):
    assert '"fsync":  true' in run_shell(seaweed_server.plan, ["fs.configure"])


def test_each_object_is_flushed(seaweed_server: SeaweedServer):
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    store = ObjectStore(seaweed_server.settings, "canary")
    store.put_locked("flush/warm", b"x", lock_until=datetime.now(UTC) + timedelta(seconds=5), metadata={})
    trace = subprocess.Popen(
        ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-p", str(seaweed_server.pid)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert trace.stderr is not None
    trace.stderr.readline()
    for number in range(10):
        store.put_locked(
            f"flush/{os.urandom(4).hex()}{number}",
            os.urandom(1 << 20),
            lock_until=datetime.now(UTC) + timedelta(seconds=5),
            metadata={},
        )
    store.close()
    trace.send_signal(2)
    _, said = trace.communicate(timeout=20)
    calls = sum(int(line.split()[3]) for line in said.splitlines() if line.endswith(("fsync", "fdatasync")))
    assert calls >= 10, said


def test_the_command_leaves_nothing_to_defaults_that_open_a_door():
    plan = WeedPlan(Path("/srv/liuhen/storage"))
    command = weed_command(plan)
    for flag in (
        "-disableHttp=true",
        "-filer.disableHttp=true",
        "-master.telemetry=false",
        "-s3.autoCreateBucket=false",
        "-s3.allowDeleteBucketNotEmpty=false",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        "-ip.bind=127.0.0.1",
        "-webdav=false",
        "-iam=false",
    ):
        assert flag in command
    for port in plan.ports.named().values():
        assert any(argument.endswith(f"={port}") for argument in command)
    assert "mini" not in command


def test_a_start_prepared_twice_keeps_its_certificates(tmp_path: Path):
    plan, settings = WeedPlan(tmp_path / "s"), StorageSettings()
    keys = {role: keep_access_key(tmp_path / f"{role}.json", role) for role in ROLES}
    prepare(plan, settings, keys, datetime.now(UTC))
    before = {p.name: p.read_bytes() for p in plan.conf.rglob("*") if p.is_file()}
    assert {role: keep_access_key(tmp_path / f"{role}.json", role) for role in ROLES} == keys
    prepare(plan, settings, keys, datetime.now(UTC))
    assert {p.name: p.read_bytes() for p in plan.conf.rglob("*") if p.is_file()} == before
    known = json.loads((plan.conf / "s3.json").read_text())
    assert [i["policyNames"] for i in known["identities"]] == [[role] for role in ROLES]
    assert not any("actions" in identity for identity in known["identities"])


def test_no_key_may_bypass_a_lock_and_only_one_may_delete_originals():
    for role, policy in policies(StorageSettings()).items():
        for statement in policy["Statement"]:
            actions = set(statement["Action"])
            assert not {
                a
                for a in actions
                if "*" in a or "Bypass" in a or "PutLifecycle" in a or "PutBucketPolicy" in a
            }
            if any(":::evidence" in resource for resource in statement["Resource"]):
                assert ("s3:DeleteObjectVersion" in actions) == (role == "disposal")


def test_two_keys_are_never_the_same_and_a_broken_file_does_not_show_its_secret(tmp_path: Path):
    assert new_access_key("everyday") != new_access_key("everyday")
    file = tmp_path / "key.json"
    with pytest.raises(StorageMisconfigured, match="does not exist"):
        read_access_key(file)
    file.write_text('{"access_key": "a", "secret_key": "very secret"')
    with pytest.raises(StorageMisconfigured) as caught:
        read_access_key(file)
    assert "very secret" not in str(caught.value)


def test_readiness_is_a_canary_written_and_read_back(seaweed: StorageSettings):
    assert is_ready(seaweed)
    away = seaweed.model_copy(update={"endpoint_url": "http://127.0.0.1:9"})
    assert not is_ready(away)
    with pytest.raises(StorageUnavailable, match="not ready within"):
        wait_ready(away, seconds=0.3)


def test_listening_to_the_network_shows_s3_over_tls_and_nothing_else(tmp_path: Path):
    address = own_address()
    if address is None:
        pytest.skip("this machine has the loopback address only")
    server = SeaweedServer(tmp_path)
    server.plan.folder.mkdir(mode=0o700)
    conf = server.plan.conf
    conf.mkdir(mode=0o700)
    write_server_certificate(
        conf / "s3.pem", conf / "s3.key", [address, "127.0.0.1", "localhost"], datetime.now(UTC)
    )
    server.listen(address, conf / "s3.pem", conf / "s3.key")
    try:
        server.start()
        ports = server.plan.ports
        found = listening(server.pid)
        assert found[ports.s3] == {address, "127.0.0.1"}
        beyond = {port for port, where in found.items() if where != {"127.0.0.1"}}
        assert beyond <= {ports.s3, ports.s3_grpc}, "S3's own gRPC follows it, behind mutual TLS"
        store = ObjectStore(server.settings, "evidence")
        made = store.put_address(
            "originals/x", sha256=bytes(32), lock_until=datetime.now(UTC) + timedelta(minutes=1), metadata={},
            valid=timedelta(minutes=1),
        )  # fmt: skip
        assert made.url.startswith(f"https://{address}:{ports.s3}/")
        store.close()
        with (
            pytest.raises(ssl.SSLError),
            socket.create_connection((address, ports.s3)) as plain,
        ):
            ssl.create_default_context().wrap_socket(plain, server_hostname=address).close()
        report = run_probe(server.settings, plan=server.plan)
        assert report.passed, report.summary("en")
    finally:
        server.kill()


def test_as_root_it_runs_as_a_user_of_its_own_that_can_reach_its_folder(monkeypatch):
    if os.geteuid() != 0:
        assert owner.choose_owner(WeedPlan(Path("/"))).user is None
        pytest.skip("needs root")
    folder = Path("/var/tmp") / f"liuhen-test-{os.getpid()}"
    folder.mkdir(mode=0o755)
    server = SeaweedServer(folder)
    try:
        server.plan, why = owner.with_owner(server.plan)
        if server.plan.user is None:
            pytest.skip(why)
        server.start()
        assert psutil.Process(server.pid).username() == owner.USER
        uid = pwd.getpwnam(owner.USER).pw_uid
        assert (server.plan.blobs.stat().st_uid, server.plan.conf.stat().st_uid) == (uid, uid)
        report = run_probe(server.settings, plan=server.plan)
        assert report.passed, report.summary("en")
        server.restart()
    finally:
        server.kill()
        shutil.rmtree(folder)


def test_where_its_user_cannot_come_it_says_so_and_runs_as_root(tmp_path: Path):
    if os.geteuid() != 0:
        pytest.skip("needs root")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    decided = owner.choose_owner(WeedPlan(closed / "storage", WeedPorts()))
    assert decided.user is None
    assert "cannot reach" in decided.why
