"""Server and storage are talked to only when they show the pinned certificate; on real listeners with real ones."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from ingest.desk import Desk
from ingest.docking import Docking, Result
from ingest.errors import ServerUnreachable, StorageUnreachable
from ingest.handover.patience import Trouble
from ingest.handover.sending import Sender
from ingest.office import pinning
from ingest.office.client import Client
from ingest.recorders.mass_storage import FolderRecorder
from ingest.settings import StationSettings
from ingest.spool import Spool
from ingest.words.words import Words
from liuhen.certificates import TlsFiles, ensure
from liuhen.cli import main
from tests.ingest.reference_server import TOKEN
from tests.ingest.tls_server import TlsServer, authority


@pytest.fixture
def ours(tmp_path: Path) -> TlsFiles:
    return authority(tmp_path / "ours")


@pytest.fixture
def others(tmp_path: Path) -> TlsFiles:
    return authority(tmp_path / "others")


@pytest.fixture
def server(ours: TlsFiles) -> Iterator[TlsServer]:
    with TlsServer(ours) as running:
        yield running


@pytest.fixture
def settings(server: TlsServer, ours: TlsFiles, tmp_path: Path) -> StationSettings:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "pin.pem").write_bytes(ours.authority.read_bytes())
    return StationSettings(
        server=server.url,
        ca_file=tmp_path / "pin.pem",
        token_file=tmp_path / "token",
        spool=tmp_path / "spool",
        disk_reserve=0,
        statement_poll_seconds=3600,
        watch_usb=False,
        language="en",
    )


def _dock(desk: Desk, card: Path) -> Result:
    recorder = FolderRecorder(card)

    def keep_waiting(trouble: Trouble | None) -> bool:
        return trouble is None

    try:
        return Docking(desk, recorder, "slot", wait_for_room=False).run(keep_waiting)
    finally:
        recorder.close()


def _until(condition: object, what: str, seconds: float = 20.0) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.02)


def test_files_go_through_to_the_pinned_server_and_storage(
    server: TlsServer, settings: StationSettings, card: Path
) -> None:
    (card / "a.mp4").write_bytes(os.urandom(300_000))
    with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
        assert _dock(desk, card).counts.received_files == 1
    assert list(server.received()) == [b"a.mp4"]


def test_a_renewed_certificate_of_the_same_authority_is_no_change(
    server: TlsServer, settings: StationSettings, ours: TlsFiles, tmp_path: Path
) -> None:
    client = Client(settings.server, TOKEN, settings.ca_file)
    client.statements([])
    before = ours.certificate.read_bytes()
    ensure(
        tmp_path / "ours", "192.0.2.77", datetime.now(UTC)
    )  # another address: made anew, signed by the same
    assert ours.certificate.read_bytes() != before
    server.show(ours)
    client.close()
    client.statements([])


def test_after_another_certificate_nothing_is_sent_and_nothing_lost_until_it_is_trusted(
    server: TlsServer, settings: StationSettings, others: TlsFiles, card: Path
) -> None:
    (card / "a.mp4").write_bytes(os.urandom(300_000))
    server.show(others)
    with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
        result = _dock(desk, card)
        assert result.reason == "done"
        assert result.counts.copied_files == 1
        assert result.counts.received_files == 0
        assert result.trouble is not None
        assert (result.trouble.kind, result.trouble.text) == ("server", "certificate-changed")
        said = Words("en").say(result.trouble.text)
        for part in ("nothing was sent", "what was copied is safe", "liuhen station trust"):
            assert part in said
        assert server.calls == []
        assert server.bytes_taken == 0
        assert settings.ca_file is not None
        settings.ca_file.write_bytes(others.authority.read_bytes())  # as `liuhen station trust` does
        _until(server.received, "a running station takes the new pin up by itself", 40)
    assert list(server.received()) == [b"a.mp4"]


def test_a_storage_with_another_certificate_gets_no_byte(
    server: TlsServer, settings: StationSettings, others: TlsFiles, tmp_path: Path
) -> None:
    (tmp_path / "spooled").write_bytes(b"x" * 5000)
    fd = os.open(tmp_path / "spooled", os.O_RDONLY)
    sender = Sender(settings.ca_file)
    server.show(others)
    try:
        with pytest.raises(StorageUnreachable, match=r"^certificate-changed$"):
            sender.put(f"{server.url}/store/x/1", {}, fd, 0, 5000)
    finally:
        sender.close()
        os.close(fd)
    assert server.bytes_taken == 0


def test_a_certificate_itself_may_be_pinned(server: TlsServer, ours: TlsFiles) -> None:
    with_leaf = Client(server.url, TOKEN, ours.certificate)
    with_leaf.statements([])
    with_leaf.close()


def test_an_expired_certificate_and_one_for_another_name_are_told_apart(tmp_path: Path) -> None:
    old = authority(tmp_path / "old", now=datetime.now(UTC) - timedelta(days=500))
    with TlsServer(old) as server, pytest.raises(ServerUnreachable, match=r"^certificate-dates$"):
        Client(server.url, TOKEN, old.authority).statements([])
    fine = authority(tmp_path / "fine")
    with TlsServer(fine) as server, pytest.raises(ServerUnreachable, match=r"^certificate-name$"):
        # The system's resolver takes this for 127.0.0.1; the certificate does not name it.
        Client(server.url.replace("127.0.0.1", "127.1"), TOKEN, fine.authority).statements([])


@pytest.mark.parametrize(
    ("server", "pinned", "word"),
    [
        ("http://192.0.2.1:8600", True, "plain-http"),
        ("http://192.0.2.1:8600", False, "plain-http"),
        ("http://evidence.example", True, "plain-http"),
        ("http://127.0.0.1.evidence.example", True, "plain-http"),
        ("https://192.0.2.1:8600", False, "not-pinned"),
        ("https://192.0.2.1:8600", True, None),
        ("http://127.0.0.1:8600", False, None),
        ("http://127.9.9.9:8600", False, None),
        ("http://[::1]:8600", False, None),
        ("http://localhost:8600", False, None),
        ("https://localhost:8600", False, None),
        ("http://[fe80::1]:8600", True, "plain-http"),
    ],
)
def test_what_may_be_talked_to(server: str, pinned: bool, word: str | None) -> None:
    pin = Path("pin.pem") if pinned else None
    assert pinning.refusal(server, pin) == word


@pytest.mark.parametrize(
    ("server", "word"), [("http://192.0.2.1", "plain-http"), ("https://192.0.2.1", "not-pinned")]
)
def test_what_may_not_be_talked_to_is_not(server: str, word: str, tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(ServerUnreachable, match=f"^{word}$"):
        Client(server, TOKEN).statements([])
    (tmp_path / "spooled").write_bytes(b"x")
    with (tmp_path / "spooled").open("rb") as file, pytest.raises(StorageUnreachable, match=f"^{word}$"):
        Sender().put(f"{server}/x", {}, file.fileno(), 0, 1)
    assert time.monotonic() - began < 1  # nobody was asked
    for language in ("zh", "en"):
        assert Words(language).say(word) != word


def test_the_authorities_of_the_system_count_for_nothing(ours: TlsFiles) -> None:
    assert len(pinning.context(ours.authority).get_ca_certs()) == 1


def test_a_pin_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    for pin in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        (tmp_path / "empty.pem").write_text("no certificate")
        with pytest.raises(ServerUnreachable, match=r"^pin-unreadable$"):
            Client("https://127.0.0.1:1", TOKEN, pin).statements([])


def test_docking_by_hand_over_plain_http_says_so_without_waiting(card: Path, tmp_path: Path) -> None:
    (card / "a.mp4").write_bytes(b"a" * 1000)
    (tmp_path / "token").write_text(TOKEN)
    began = time.monotonic()
    done = CliRunner(env={"LANG": "en_GB.UTF-8", "LC_ALL": None}).invoke(
        main,
        [
            *(
                "dock",
                str(card),
                "--server",
                "http://192.0.2.1:8600",
                "--token-file",
                str(tmp_path / "token"),
            ),
            *("--data", str(tmp_path / "var"), "--patience", "60"),
        ],
    )
    assert done.exit_code == 4, done.output
    assert "its address is not https" in done.output
    assert "copied and read back" in done.output
    assert time.monotonic() - began < 20
