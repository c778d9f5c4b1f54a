"""Somebody picks a name at a station's board, and the real server keeps who it was."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from catalog.models import Docking, Officer
from tests.ingest.board.stage import Stage, film
from tests.web.conftest import Site
from tests.web.served import served, station_settings

__all__ = ["served"]


def test_a_name_from_the_register_is_offered_picked_and_kept(
    served: tuple[Site, str], tmp_path: Path
) -> None:
    site, url = served
    given = station_settings(tmp_path, url)
    with site.database.read() as session:
        numbers = [officer.number for officer in session.scalars(select(Officer).order_by(Officer.number))]
    (tmp_path / "stage").mkdir()
    stage = Stage(tmp_path / "stage")
    stage.settings = stage.settings.model_copy(update={"server": url, "token_file": given.token_file})
    with stage:
        stage.plug("1-1", film("POOL-1", 2))
        tile = stage.until("1-1", "safe", "received", "verified", seconds=40)
        assert "未登记设备，照常采集" in tile["notes"]
        assert tile["pick"]["button"] == "谁录的？（可不选）"
        assert stage.post(f"/dockings/{tile['docking']}/officer", {"number": numbers[0]})[0] == 200

        def kept() -> str | None:
            with site.database.read() as session:
                visit = session.get(Docking, UUID(tile["docking"]))
                officer = session.get(Officer, visit.picked_id) if visit and visit.picked_id else None
                return officer.number if officer else None

        stage.wait(lambda: kept() == numbers[0], kept)
        assert stage.tile("1-1")["pick"]["button"] == "更改录制人"
