"""What the page of a clip says of its time, its recorder, and what is shown instead of the original."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from catalog.demo import ZONE
from catalog.maintenance.checks import check_recorder
from catalog.maintenance.faults import report_fault
from catalog.maintenance.register import note_work
from catalog.maintenance.repairs import Repairer, send_to_repair
from catalog.models import Account, Clip, Docking
from catalog.people import person
from tests.catalog import world
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


def test_the_maintenance_of_the_recorder_at_that_time(site: Site) -> None:
    """Last check, open faults, firmware and next repair: each as it was when it recorded, not as it is now."""
    now = site.components.clock()
    recorded = now - timedelta(hours=5)
    change(site, recorded_at=recorded)
    assert facts_of(page(site))["Last check"] == "none before it"
    with site.database.write() as session:
        device = world.recorder(session).id
        account = session.scalars(select(Account).where(Account.username == "admin")).one()
        who = {"actor": person(account, None), "recorder_id": device}

        def at(hours: float) -> dict[str, Any]:
            return {**who, "now": recorded + timedelta(hours=hours)}

        note_work(session, work="firmware-updated", firmware="V1.2.0", note="by the vendor", **at(-4))
        check_recorder(session, occasion="planned", results={"battery": "good"}, **at(-3))
        check_recorder(session, occasion="issue", results={"sound": "failed"}, **at(-2))
        report_fault(session, kind="no-picture", **at(1))
        check_recorder(session, occasion="planned", results={"battery": "good"}, **at(1))
        note_work(session, work="firmware-updated", firmware="V2.0.0", note="by the vendor", **at(1))
        visit = session.get_one(Docking, site.docking)
        visit.ended_at, visit.end_reason = recorded + timedelta(hours=5), "done"
        session.flush()
        repair = {
            "repairer": Repairer("Zhang", "Repairs Ltd"),
            "data_safe": "docked",
            "data_removal": "card-kept",
        }
        send_to_repair(session, **repair, **at(6))
    said = facts_of(page(site))

    def hour(hours: float) -> str:
        return (recorded + timedelta(hours=hours)).astimezone(ZONE).strftime("%Y-%m-%d %H:%M")

    assert said["Last check"] == f"{hour(-2)} · before it is given out not all good"
    assert said["Open faults"] == f"no sound on it {hour(-2)}", "what was reported later was not known then"
    assert said["Firmware"] == "V1.2.0"
    assert said["Next repair"] == f"{hour(6)} · Repairs Ltd"
    assert said["State"].startswith("out of service")


def facts_of(said: str) -> dict[str, str]:
    """The names and values of the card on the recorder, as they are read."""
    card = said.split("The recorder at that time")[1].partition("</dl>")[0]
    pairs = re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", card, re.DOTALL)
    return {name: " ".join(re.sub(r"<[^>]+>", " ", value).split()) for name, value in pairs}


def test_the_original_is_one_step_away_for_those_who_may(site: Site) -> None:
    change(site, shown_as="transcode")
    assert page(site).count('data-open="download"') >= 2
    assert "derived from the original" in page(site)
    officer = page(site, "wang")
    assert 'data-open="download"' not in officer
    assert "derived from the original" in officer
