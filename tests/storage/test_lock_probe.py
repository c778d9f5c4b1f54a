"""The probe finds nothing on the hardened storage, and names each door that is left open."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from storage.edge import connect
from storage.errors import StorageUnavailable
from storage.probe import ProbeReport, run_probe
from storage.probe.doors import Door, find_doors
from storage.settings import AccessKey, BackDoor, StorageSettings
from storage.store import ObjectStore
from tests.services.seaweedfs import SeaweedServer, running_seaweed

MUST_TRY = {
    "born-locked", "delete-version", "delete-bypass", "bulk-delete", "hide", "shorten", "shorten-bypass",
    "downgrade", "empty-retention", "past-date", "overwrite", "write-once", "multipart", "wrong-checksum",
    "wrong-part", "evidence-bucket", "delete-bucket", "suspend-versioning", "default-rule", "lifecycle",
    "bucket-policy", "bucket-acl", "create-bucket", "more-rights", "hold-off", "copy", "disposal-key", "setup-key",
    "anonymous", "wrong-secret", "tampered-address", "grpc-no-certificate", "folder", "shell-no-certificate",
    "shell-foreign-certificate", "http-keyless",
}  # fmt: skip


@pytest.fixture(scope="module")
def hardened(seaweed_server: SeaweedServer) -> ProbeReport:
    return run_probe(seaweed_server.settings, plan=seaweed_server.plan)


@pytest.fixture(scope="module")
def careless() -> Iterator[SeaweedServer]:
    """Started as the manual says: HTTP on, no certificates."""
    with running_seaweed(hardened=False) as server:
        yield server


def broken(report: ProbeReport) -> set[str]:
    assert not report.passed
    return {result.name for result in report.results if result.verdict == "broken"}


def test_the_one_machine_storage_holds_against_everything(hardened: ProbeReport):
    assert hardened.passed, hardened.summary("en")
    assert {result.name for result in hardened.results} == MUST_TRY
    limits = [r.name for r in hardened.results if r.verdict == "known limit"]
    assert "hold-off" in limits
    assert not [r for r in hardened.results if r.verdict == "not tried"]


def test_every_port_and_socket_was_attacked(hardened: ProbeReport, seaweed_server: SeaweedServer):
    doors = {r.door for r in hardened.results if r.name in {"grpc-no-certificate", "http-keyless"}}
    for name, port in seaweed_server.plan.ports.named().items():
        assert (f"port 127.0.0.1:{port}" in doors) == (name != "s3"), name
    assert sum("/tmp/seaweedfs-" in door for door in doors) == 4
    assert len(doors) == 7 + 4 + 2


def test_the_report_is_data_and_can_be_read_by_people(hardened: ProbeReport):
    assert ProbeReport.model_validate(json.loads(hardened.model_dump_json())) == hardened
    assert hardened.to_json()["passed"] is True
    assert "passed" in hardened.summary("en")
    assert "通过" in hardened.summary("zh")
    for result in hardened.results:
        assert result.attack.en
        assert result.attack.zh
        assert result.why.zh


def test_open_side_doors_are_found_and_named(careless: SeaweedServer):
    settings = careless.settings.model_copy(update={"patience_seconds": 1.0})
    report = run_probe(settings, plan=careless.plan)
    ports = careless.plan.ports
    found = {(r.name, r.door) for r in report.results if r.verdict == "broken"}
    assert ("filer-delete", f"port 127.0.0.1:{ports.filer}") in found
    assert ("filer-overwrite", f"port 127.0.0.1:{ports.filer}") in found
    assert ("collection-delete", f"port 127.0.0.1:{ports.master}") in found
    assert ("shell-no-certificate", "weed shell (gRPC)") in found
    for grpc in (ports.master_grpc, ports.volume_grpc, ports.filer_grpc, ports.s3_grpc):
        assert ("grpc-no-certificate", f"port 127.0.0.1:{grpc}") in found
    # At the S3 port the same storage holds: an S3-only probe would have been content.
    assert not {r.name for r in report.results if r.door.startswith("S3") and not r.ok}
    for language, word in (("en", "beneath S3"), ("zh", "在 S3 之下")):
        assert word in report.summary(language)
        assert f"127.0.0.1:{ports.filer}" in report.summary(language)


def test_doors_are_found_by_looking_at_the_process_and_by_the_settings(seaweed_server, monkeypatch):
    settings, ports = seaweed_server.settings, seaweed_server.plan.ports
    seen = find_doors(settings, None)
    assert not seen.blind
    assert {d.port for d in seen.found if d.port} == set(ports.named().values()) - {ports.s3}
    assert sum(bool(d.path) for d in seen.found) == 6
    assert not any(d.beyond_loopback for d in seen.found)

    monkeypatch.setattr("storage.probe.doors._is_local", lambda _: False)
    assert find_doors(settings, None).blind
    told = settings.model_copy(
        update={
            "back_doors": [
                BackDoor(kind="filer", address="https://store.test:8888"),
                BackDoor(kind="grpc", address="store.test:18888"),
                BackDoor(kind="socket", address="/run/store.sock"),
            ]
        }
    )
    assert find_doors(told, None).found == (
        Door("store.test", 8888, tls=True),
        Door("store.test", 18888),
        Door(path="/run/store.sock"),
    )


def test_a_bucket_without_object_lock_fails_at_once(own_seaweed: SeaweedServer):
    make_plain_bucket(own_seaweed, "plainer")
    report = run_probe(own_seaweed.settings.model_copy(update={"canary_bucket": "plainer"}))
    assert broken(report) == {"born-locked"}
    assert len(report.results) == 1

    # Canaries protected, originals not: as bad.
    report = run_probe(own_seaweed.settings.model_copy(update={"evidence_bucket": "plainer"}))
    assert "evidence-bucket" in broken(report)


def make_plain_bucket(server: SeaweedServer, name: str) -> None:
    """A bucket without Object Lock that the everyday key may use."""
    make = connect(server.settings, "setup")
    make.create_bucket(Bucket=name)
    make.close()
    path = server.plan.conf / "s3.json"
    known = json.loads(path.read_text())
    for policy in known["policies"]:
        content = json.loads(policy["content"])
        for statement in content["Statement"]:
            if "arn:aws:s3:::canary" in statement["Resource"]:
                statement["Resource"] += [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
        policy["content"] = json.dumps(content)
    path.write_text(json.dumps(known))
    server.restart()


def test_an_everyday_key_with_too_many_rights_is_found(own_seaweed: SeaweedServer):
    path = own_seaweed.plan.conf / "s3.json"
    known = json.loads(path.read_text())
    for identity in known["identities"]:
        if identity["name"] == "everyday":
            del identity["policyNames"]
            identity["actions"] = ["Admin"]
    path.write_text(json.dumps(known))
    own_seaweed.restart()
    found = broken(run_probe(own_seaweed.settings, plan=own_seaweed.plan))
    assert {"hide", "lifecycle", "create-bucket"} <= found
    assert not {"delete-version", "delete-bypass", "shorten"} & found, "the lock itself still holds"


def test_a_folder_open_to_others_is_found(seaweed_server: SeaweedServer):
    folder = seaweed_server.plan.folder
    folder.chmod(0o755)
    try:
        assert broken(run_probe(seaweed_server.settings, plan=seaweed_server.plan)) == {"folder"}
    finally:
        folder.chmod(0o700)


def test_a_storage_that_is_away_proves_nothing(seaweed: StorageSettings):
    away = seaweed.model_copy(update={"endpoint_url": "http://127.0.0.1:9", "patience_seconds": 0.1})
    with pytest.raises(StorageUnavailable):
        run_probe(away)
    report = run_probe(seaweed.model_copy(update={"canary_bucket": "no-such-bucket"}))
    assert broken(report) == {"born-locked"}


def test_without_the_other_keys_and_without_sight_it_says_what_was_not_tried(seaweed_server, monkeypatch):
    monkeypatch.setattr("storage.probe.doors._is_local", lambda _: False)
    bare = seaweed_server.settings.model_copy(update={"disposal_key_file": None, "setup_key_file": None})
    report = run_probe(bare)
    assert report.passed
    untried = {r.name for r in report.results if r.verdict == "not tried"}
    assert untried == {"disposal-key", "setup-key", "back-doors"}


def test_canaries_are_cleared_when_their_lock_has_ended(own_seaweed: SeaweedServer):
    own_seaweed.settings = own_seaweed.settings.model_copy(update={"confirm_missing_seconds": 0.2})
    run_probe(own_seaweed.settings, lock=timedelta(seconds=4))
    store = ObjectStore(own_seaweed.settings, "canary")
    before = {v.version for v in store.list_versions("probe/")}
    assert before
    time.sleep(4)
    run_probe(own_seaweed.settings)
    after = {v.version for v in store.list_versions("probe/")}
    store.close()
    assert not before & after


def test_keys_are_secrets_even_when_printed(seaweed: StorageSettings):
    key: AccessKey = seaweed.access_key("everyday")
    assert key.secret_key.get_secret_value() not in repr(key) + str(seaweed)
