"""What the page of a clip says of its time, its recorder, and what is shown instead of the original."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from catalog.models import Clip, Docking
from tests.web.conftest import Site


def change(site: Site, **values: Any) -> None:
    with site.database.write() as session:
        session.execute(update(Clip).where(Clip.id == site.clip).values(**values))


def page(site: Site, user: str = "li", language: str = "en") -> str:
    return site.client(user, language).get(f"/clips/{site.clip}").text


def test_an_unknown_time_is_called_unknown(site: Site) -> None:
    assert "Recorded time by the device" in page(site)
    change(site, recorded_at=None, recorded_at_source=None)
    said = page(site)
    assert "Recorded time: unknown" in said
    assert "data-wall>" not in said


def test_time_by_satellite_is_not_called_the_devices(site: Site) -> None:
    change(site, recorded_at_source="gpmf")
    assert "Recorded time by satellite" in page(site)


@pytest.mark.parametrize(
    ("real", "claimed", "said"),
    [(34.6, 60.0, True), (59.0, 60.0, False), (0.7, 1.2, True), (60.0, None, False), (None, 60.0, False)],
)
def test_what_is_missing_is_said(site: Site, real: float | None, claimed: float | None, said: bool) -> None:
    change(site, duration=real, facts={"streams": [], "header_seconds": claimed})
    assert ("It covers only" in page(site)) == said


def test_times_stand_side_by_side(site: Site) -> None:
    with site.database.read() as session:
        recorded = session.get_one(Clip, site.clip).recorded_at
    assert recorded is not None
    times = [
        {"origin": "file-name", "value": recorded.isoformat()},
        {"origin": "container-utc", "value": "1904-01-01T00:00:00Z"},
        {"origin": "riff-date", "value": "<b>no time</b>"},
    ]
    change(site, facts={"streams": [], "start_times": times})
    said = page(site)
    table = said.split('class="times"')[1].split("</table>")[0]
    assert table.count("shown") == 1
    assert table.count("not believable") == 2
    assert "&lt;b&gt;no time" in table


def test_broken_facts_break_no_page(site: Site) -> None:
    streams = [{"kind": "video", "codec": "h264", "frame_rate": "nonsense", "cover": False}]
    change(site, facts={"streams": streams, "start_times": [{}], "places": []})
    assert site.client("li").get(f"/clips/{site.clip}").status_code == 200


def test_the_recorder_at_that_time(site: Site) -> None:
    with site.database.write() as session:
        docking = session.get_one(Docking, site.docking)
        docking.recorder_facts = {
            "clock": {
                "recorder": "2026-11-23T14:30:12",
                "offset_seconds": 3.2,
                "error_seconds": 0.5,
                "method": "ptp",
            }
        }
    said = page(site)
    assert "The recorder at that time" in said
    assert "+3.2" in said
    assert "no hand-over is noted for that time" in said


def test_the_original_is_one_step_away_for_those_who_may(site: Site) -> None:
    change(site, shown_as="transcode")
    assert page(site).count('data-open="download"') >= 2
    assert "derived from the original" in page(site)
    officer = page(site, "wang")
    assert 'data-open="download"' not in officer
    assert "derived from the original" in officer
