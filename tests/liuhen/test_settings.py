"""The settings follow from the data folder, and the environment overrules them."""

import stat
from pathlib import Path

import pytest

from liuhen import secrets, settings, startup, system
from liuhen.settings import Remembered, load, remember


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIUHEN_DATA", raising=False)


def test_one_machine_is_loopback_and_needs_nothing(tmp_path: Path) -> None:
    secrets.create_missing(tmp_path)
    found = load(tmp_path)
    assert found.storage.endpoint_url == found.storage.public_url == "http://127.0.0.1:8333"
    assert found.web.public_url == found.station.server == "http://127.0.0.1:8600"
    assert found.web.secure_cookies is False
    assert found.catalog.database_url == f"sqlite:///{tmp_path}/catalog/catalog.sqlite3"
    assert secrets.read(tmp_path, secrets.QUEUE_PASSWORD) in found.workers.broker_url.get_secret_value()
    assert found.station.token() == secrets.read(tmp_path, secrets.STATION_TOKEN)
    assert found.storage.access_key("everyday")


def test_relative_folders_become_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(Path("var")).data == tmp_path / "var"
    assert load().data == tmp_path / "var"
    monkeypatch.setenv("LIUHEN_DATA", str(tmp_path / "elsewhere"))
    assert load().data == tmp_path / "elsewhere"


def test_how_it_was_started_is_remembered(tmp_path: Path) -> None:
    remember(tmp_path, Remembered(listen="192.0.2.5", ports={"web": 9000, "storage": 9001}))
    found = load(tmp_path)
    assert found.web.public_url == "https://192.0.2.5:9000"
    assert found.web.secure_cookies is True
    assert found.storage.public_url == "https://192.0.2.5:9001"
    assert found.storage.endpoint_url == "https://127.0.0.1:9001"
    assert found.station.server == "https://127.0.0.1:9000"
    assert found.station.ca_file == found.storage.ca_bundle == tmp_path / "tls" / "authority.pem"
    assert found.ports["queue"] == 6399


def test_a_command_run_without_the_environment_prints_the_same_addresses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIUHEN_PUBLIC_HOST", "evidence.bureau.example")
    startup.begin(tmp_path, listen=None, port=None, say=lambda _: None)
    monkeypatch.delenv("LIUHEN_PUBLIC_HOST")
    found = load(tmp_path)
    assert found.web.public_url == f"http://evidence.bureau.example:{found.ports['web']}"
    monkeypatch.setenv("LIUHEN_WEB__PUBLIC_URL", "https://evidence.bureau.example")
    startup.begin(tmp_path, listen=None, port=None, say=lambda _: None)
    monkeypatch.delenv("LIUHEN_WEB__PUBLIC_URL")
    assert load(tmp_path).web.public_url == "https://evidence.bureau.example"
    startup.begin(tmp_path, listen=None, port=None, say=lambda _: None)
    assert load(tmp_path).web.public_url == f"http://127.0.0.1:{found.ports['web']}"


def test_the_environment_overrules_room_by_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIUHEN_STORAGE__ENDPOINT_URL", "https://s3.bureau.example")
    monkeypatch.setenv("LIUHEN_CATALOG__DATABASE_URL", "postgresql+psycopg://liuhen@db/liuhen")
    monkeypatch.setenv("LIUHEN_WORKERS__SCRATCH_LIMIT", "1000")
    monkeypatch.setenv("LIUHEN_PORTS__WEB", "8700")
    monkeypatch.setenv("LIUHEN_STATION__WATCH_USB", "false")
    found = load(tmp_path)
    for room in (found, found.web, found.workers):
        assert room.storage.endpoint_url == "https://s3.bureau.example"
        assert room.catalog.database_url.startswith("postgresql")
    assert found.workers.scratch_limit == 1000
    assert found.web.public_url == "http://127.0.0.1:8700"
    assert found.station.watch_usb is False


def test_no_secret_is_shown_by_accident(tmp_path: Path) -> None:
    secrets.create_missing(tmp_path)
    shown = repr(load(tmp_path)) + str(load(tmp_path).model_dump())
    for name in secrets.MAKERS:
        assert secrets.read(tmp_path, name) not in shown, name


def test_no_command_line_holds_a_secret(tmp_path: Path) -> None:
    """Any user of the machine may read the command line of any process."""
    secrets.create_missing(tmp_path)
    found = load(tmp_path)
    system.before_start("queue", found)
    for part in system.parts(found):
        words = " ".join([*part.command, *part.environment.values()])
        for name in secrets.MAKERS:
            assert secrets.read(tmp_path, name) not in words, (part.name, name)
    configuration = tmp_path / "queue" / "redis.conf"
    assert stat.S_IMODE(configuration.stat().st_mode) == 0o600


def test_everything_listens_on_loopback_unless_told(tmp_path: Path) -> None:
    found = load(tmp_path)
    plan = system.storage_plan(found)
    assert plan.listen == "127.0.0.1"
    assert "--bind 127.0.0.1:8600" in " ".join(system.command("web", found))
    remember(tmp_path, Remembered(listen="0.0.0.0"))
    found = load(tmp_path)
    assert system.storage_plan(found).listen == "0.0.0.0"
    assert system.storage_plan(found).tls_certificate is not None
    web = " ".join(system.command("web", found))
    assert "--bind 0.0.0.0:8600" in web
    assert "--certfile" in web


def test_every_usual_port_has_a_part() -> None:
    assert len(set(settings.USUAL_PORTS.values())) == len(settings.USUAL_PORTS)
    assert all(1024 < port < 32_000 for port in settings.USUAL_PORTS.values())
