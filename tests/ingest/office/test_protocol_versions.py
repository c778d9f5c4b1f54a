"""Station and server find the highest version both speak; without one, each says who is to be upgraded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import protocol as p
from ingest.desk import Desk
from ingest.docking import Docking
from ingest.errors import OtherProtocol
from ingest.office.client import Client
from ingest.recorders.mass_storage import FolderRecorder
from ingest.settings import StationSettings
from ingest.spool import Spool
from ingest.words.words import Words
from tests.ingest.reference_server import TOKEN, Handler, Server


class Versioned(Handler):
    """Says which versions it speaks, and refuses others, as the real server does."""

    def do_GET(self) -> None:  # noqa: N802  http.server calls it so
        server = self.server
        assert isinstance(server, VersionedServer)
        facts = p.ServerFacts(
            protocol=max(server.speaks),
            protocols=server.speaks,
            receipt_keys=server.receipt_keys,
            time=datetime.now(UTC),
        )
        server.asked += 1
        # What a newer server adds must not keep an older station from reading this.
        self.answer(200, facts.model_dump_json().replace("{", '{"something-new": [1],', 1).encode())

    def do_POST(self) -> None:  # noqa: N802  http.server calls it so
        server = self.server
        assert isinstance(server, VersionedServer)
        said = self.headers.get(p.PROTOCOL_HEADER)
        server.heard.append(said)
        if said is None or int(said) not in server.speaks:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.problem(409, "other-protocol", retry=True)
        else:
            super().do_POST()


class VersionedServer(Server):
    def __init__(self) -> None:
        super().__init__()
        self.RequestHandlerClass = Versioned
        self.speaks = [1]
        self.heard: list[str | None] = []
        self.asked = 0


@pytest.fixture
def server() -> Iterator[VersionedServer]:
    with VersionedServer() as running:
        yield running


@given(st.sets(st.integers(1, 9)), st.sets(st.integers(1, 9)))
def test_the_highest_common_version_is_chosen(ours: set[int], theirs: set[int]) -> None:
    chosen = p.agree(theirs, ours)
    assert (chosen is None) == (not ours & theirs)
    if chosen is not None:
        assert chosen in ours
        assert chosen in theirs
        assert all(one <= chosen for one in ours & theirs)


def test_a_station_asks_once_and_says_the_version_with_every_question(server: VersionedServer) -> None:
    server.speaks = [1, 2, 3]
    client = Client(server.url, TOKEN, protocols=(1, 2))
    for _ in range(3):
        client.statements([])
    assert server.asked == 1
    assert server.heard == ["2", "2", "2"]


@pytest.mark.parametrize(
    ("station", "speaks", "word", "who"),
    [
        ((1,), [2, 3], "station-behind", "Upgrade the station."),
        ((2, 3), [1], "server-behind", "Upgrade the server."),
    ],
)
def test_without_a_common_version_it_is_said_who_is_behind(
    server: VersionedServer, station: tuple[int, ...], speaks: list[int], word: str, who: str
) -> None:
    server.speaks = speaks
    with pytest.raises(OtherProtocol) as caught:
        Client(server.url, TOKEN, protocols=station).statements([])
    assert caught.value.word == word
    assert caught.value.problem.next == who
    for version in (*station, *speaks):
        assert str(version) in caught.value.problem.what
    assert server.heard == []
    assert Words("zh").say(word) != word
    assert "goes on afterwards" in Words("en").say(word)


def test_a_server_upgraded_meanwhile_is_agreed_with_anew(server: VersionedServer) -> None:
    client = Client(server.url, TOKEN, protocols=(1, 2))
    client.statements([])
    server.speaks = [2]
    with pytest.raises(OtherProtocol):
        client.statements([])
    client.statements([])
    assert server.heard == ["1", "1", "2"]


def test_what_was_copied_stays_until_a_version_is_common_and_then_goes(
    server: VersionedServer, settings: StationSettings, card: Path
) -> None:
    (card / "a.mp4").write_bytes(b"a" * 5000)
    server.speaks = [2]
    with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
        recorder = FolderRecorder(card)
        result = Docking(desk, recorder, "slot", wait_for_room=False).run(lambda trouble: trouble is None)
        recorder.close()
        assert result.counts.copied_files == 1
        assert result.counts.received_files == 0
        assert result.trouble is not None
        assert result.trouble.text == "station-behind"
        assert not server.received()
    server.speaks = [1, 2]
    with Desk(settings, Spool(settings.spool / "hand-1")):
        end = time.monotonic() + 20
        while not server.received():
            assert time.monotonic() < end
            time.sleep(0.02)
