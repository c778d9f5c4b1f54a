"""What a station learns of a recorder arrives whole and is kept with the docking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from catalog.models import Docking
from catalog.probe_results import record_probe
from catalog.stations import register_station
from ingest import protocol as p
from ingest.clock import read_and_set, station_clock
from ingest.recorders.memory import Memory
from ingest.recorders.scripted import Script, ScriptedRecorder
from tests.web.conftest import Site

TOKEN = "a-station's-token"


@pytest.fixture
def site(make_site: Callable[..., Site]) -> Site:
    made = make_site()
    with made.database.write() as session:
        register_station(session, code="st-1", name="一号站", token=TOKEN, now=datetime.now(UTC))
        record_probe(session, passed=True, report={}, now=datetime.now(UTC))
    return made


def test_the_clock_is_kept_with_the_docking(site: Site, tmp_path: Path) -> None:
    script = Script("BWC-1", clock_ahead=75.0, battery=40, port="1-2.3")
    script.plugged = True
    recorder = ScriptedRecorder(script, "scripted")
    memory = Memory(tmp_path / "recorders.json")
    memory.clock_set("BWC-1", datetime(2026, 1, 2, tzinfo=UTC))
    reading = read_and_set(recorder, memory, may_set=False)
    identity = recorder.identity.model_copy(update={"clock": reading, "battery": 40})
    docking = uuid4()
    message = p.OpenDocking(docking=docking, slot="1-2.3", recorder=identity, started=datetime.now(UTC))
    answer = site.app.test_client().post(
        "/api/v1/dockings",
        data=message.model_dump_json(),
        headers={"Authorization": f"Bearer {TOKEN}"},
        content_type="application/json",
    )
    assert answer.status_code == 200, answer.text
    with site.database.read() as session:
        kept = session.get_one(Docking, docking).recorder_facts
    assert p.RecorderIdentity.model_validate(kept) == identity
    clock = kept["clock"]
    assert clock["offset_seconds"] == pytest.approx(75, abs=1)
    assert (clock["method"], clock["last_set_at"][:10], clock["set_now"]) == ("driver", "2026-01-02", False)
    assert clock["station_clock"]["synchronised"] == station_clock().synchronised
    assert (kept["port"], kept["usb_id"], kept["battery"]) == ("1-2.3", "1d6b:0104", 40)
