"""An address that really expired at the real storage is renewed, and the file arrives: station, pages and storage whole."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from catalog.intake import offers
from catalog.models import Clip
from ingest.desk import Desk
from ingest.docking import Docking
from ingest.errors import AddressExpired
from ingest.handover.sending import Sender
from ingest.protocol import SINGLE_PUT_LIMIT
from ingest.recorders.mass_storage import FolderRecorder
from ingest.spool import Spool
from tests.web.conftest import Site
from tests.web.served import served, station_settings

__all__ = ["served"]

VALID = timedelta(seconds=1)


class Late(Sender):
    """Comes too late with the first address it is given for each object, and counts what the storage says to that."""

    expired = 0
    late: frozenset[str] = frozenset()

    def put(self, url: str, headers: Mapping[str, str], fd: int, offset: int, length: int) -> str | None:
        path = url.partition("?")[0]
        if path not in Late.late:
            Late.late |= {path}
            time.sleep(VALID.total_seconds() + 1.2)
        try:
            return super().put(url, headers, fd, offset, length)
        except AddressExpired:
            Late.expired += 1
            raise


@pytest.mark.parametrize("size", [70_000, SINGLE_PUT_LIMIT + 70_000], ids=["one put", "two parts"])
def test_an_expired_address_is_renewed(
    served: tuple[Site, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    site, url = served
    monkeypatch.setattr(offers, "ADDRESS_VALID", VALID)
    monkeypatch.setattr("ingest.desk.Sender", Late)
    monkeypatch.setattr(Late, "expired", 0)
    monkeypatch.setattr(Late, "late", frozenset())
    card = tmp_path / "card"
    card.mkdir()
    (card / "a.mp4").write_bytes(os.urandom(size))
    settings = station_settings(tmp_path, url)
    with Desk(settings, Spool(settings.spool / "hand-1")) as desk:
        recorder = FolderRecorder(card)
        end = time.monotonic() + 40
        result = Docking(desk, recorder, "slot").run(lambda _trouble: time.monotonic() < end)
        recorder.close()
    assert result.counts.received_files == 1, result
    assert result.trouble is None
    assert Late.expired >= 1
    with site.database.read() as session:
        clips = session.query(Clip).filter(Clip.size == size).all()
    assert len(clips) == 1
