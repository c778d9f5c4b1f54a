"""The names a station can offer without the server: sent once, on the disk, there after a restart that finds no server."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.desk import Desk
from ingest.office.officers import FILE
from ingest.protocol import OfficerName
from ingest.settings import StationSettings
from ingest.spool import STATION, Spool
from tests.ingest.reference_server import Server

WANG, LI = OfficerName(number="5202001", name="王某某"), OfficerName(number="5202002", name="李某某")


@pytest.fixture
def file(settings: StationSettings) -> Path:
    return settings.spool / STATION / FILE


def station(settings: StationSettings) -> Desk:
    return Desk(settings, Spool(settings.spool / STATION))


def test_the_names_outlive_a_restart_without_the_server_and_are_sent_once(
    settings: StationSettings, server: Server, file: Path
) -> None:
    server.register = [WANG, LI]
    with station(settings) as desk:
        for _ in range(3):
            desk.keep_once()
        assert desk.keeper.officers.names == (WANG, LI)
        assert server.register_sent == 1
        assert file.stat().st_mode & 0o777 == 0o600
    server.down = True
    with station(settings) as desk:
        desk.keep_once()
        assert desk.away_since is not None
        assert desk.keeper.officers.names == (WANG, LI)
        server.down = False
        desk.keep_once()
        assert server.register_sent == 1
        server.register = [LI]
        desk.keep_once()
        assert desk.keeper.officers.names == (LI,)
    server.down = True
    with station(settings) as desk:
        assert desk.keeper.officers.names == (LI,)


@pytest.mark.parametrize(
    "broken", [b"", b"\xff\x00", b'{"mark": "m"}', b"[]", b'{"mark":"m","officers":[{"number":1}]}']
)
def test_a_broken_file_is_none_and_is_made_anew(
    broken: bytes, settings: StationSettings, server: Server, file: Path
) -> None:
    server.register = [WANG]
    file.parent.mkdir(parents=True)
    file.write_bytes(broken)
    left = file.with_name(f".{FILE}.0a0b0c0d.part")
    left.write_bytes(b"{")
    with station(settings) as desk:
        assert (desk.keeper.officers.names, desk.keeper.officers.mark) == ((), "")
        assert not left.exists()
        desk.keep_once()
        assert desk.keeper.officers.names == (WANG,)
    with station(settings) as desk:
        assert desk.keeper.officers.names == (WANG,)


def test_names_that_cannot_be_written_are_good_all_the_same_and_asked_for_again(
    settings: StationSettings, server: Server, file: Path
) -> None:
    server.register = [WANG]
    file.mkdir(parents=True)
    with station(settings) as desk:
        desk.keep_once()
        desk.keep_once()
        assert (desk.away_since, desk.handover.trouble) == (None, None)
        assert desk.keeper.officers.names == (WANG,)
        assert server.register_sent == 2
        assert [name.name for name in file.parent.glob("*.part")] == []
        file.rmdir()
        desk.keep_once()
        desk.keep_once()
        assert server.register_sent == 3
    with station(settings) as desk:
        assert desk.keeper.officers.names == (WANG,)


def test_a_spool_of_those_who_dock_by_hand_gets_no_names(desk: Desk, server: Server) -> None:
    server.register = [WANG]
    desk.keep_once()
    assert (desk.keeper.officers.names, server.register_sent) == ((), 0)
