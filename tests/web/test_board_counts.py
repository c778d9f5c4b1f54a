"""The board says how far a docking has come, and tells it anew whenever that has changed."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from catalog.models import Docking, Station
from tests.web.conftest import Site

STEPS = ((0, 0), (3, 30_000_000), (3, 45_000_000), (7, 70_000_000), (9, 99_000_000))
"""Files and bytes copied, as a station reports them one after the other."""
KNOWN = 2
"""Files of this docking that are in the catalog already: a report of less than that takes none of them away."""


@pytest.mark.parametrize(
    ("language", "pattern"), [("zh_Hans_CN", r"正在复制 (\d+)/10"), ("en", r"Copying (\d+)(?:/| of )10")]
)
def test_every_step_a_station_reports_is_shown(site: Site, language: str, pattern: str) -> None:
    client = site.client("wang", language)
    mark, shown = "", []
    for files, size in STEPS:
        with site.database.write() as session:
            docking = session.get_one(Docking, site.docking)
            docking.state, docking.progress_at = "copying", site.components.clock()
            docking.progress = {
                "files_total": 10, "files_copied": files, "bytes_total": 100_000_000, "bytes_copied": size,
            }  # fmt: skip
        board = client.get("/dockings/board", headers={"X-Have": mark})
        assert board.status_code == 200, "what has changed is drawn anew"
        mark = board.headers["X-Mark"]
        count = re.search(pattern, board.text)
        assert count is not None, board.text
        said = f"{size / 1e6:.1f} MB" if size else "0 B"
        assert f">{said} / 100 MB<" in re.sub(r"\s*<", "<", board.text), board.text
        shown.append(int(count[1]))
    assert shown == [max(KNOWN, files) for files, _ in STEPS]
    assert client.get("/dockings/board", headers={"X-Have": mark}).status_code == 204


def test_a_station_that_never_came_is_not_given_a_time(site: Site) -> None:
    with site.database.write() as session:
        for station in session.scalars(select(Station)):
            station.last_seen_at = None
    board = site.client("wang").get("/dockings/board").text
    assert "采集站尚未连接过" in board
    assert "起失去联系" not in board
