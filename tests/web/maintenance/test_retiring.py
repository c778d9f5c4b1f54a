"""Retiring a recorder cannot be undone: whoever does it proves anew who sits there."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from catalog.models import CustodyEntry
from tests.web.conftest import Site
from tests.web.maintenance.desk import Desk, dock, recorder_id, state

FORM = {"sure": "1", "reason": "外壳开裂，不再维修", "data_safe": "docked", "data_removal": "none"}


def refused(site: Site) -> list[dict[str, object]]:
    with site.database.read() as session:
        entries = session.scalars(select(CustodyEntry).where(CustodyEntry.action == "act.refused"))
        return [json.loads(entry.record)["facts"] for entry in entries]


def test_a_left_desk_retires_nothing(site: Site) -> None:
    site.moment.append(datetime.now(UTC) + timedelta(minutes=5))
    admin, page = Desk(site, "admin"), f"/recorders/{recorder_id(site)}"
    admin.post(f"{page}/give-back")
    site.moment[0] += timedelta(minutes=1)
    dock(site, site.moment[0])
    site.moment[0] += timedelta(minutes=12)
    answer = admin.client.post(f"{page}/retire", data={"csrf_token": admin.token, **FORM})
    assert (answer.status_code, answer.location) == (303, f"/signin/again?next={page}")
    assert state(site) == "in-service"
    assert refused(site) == [{"act": "recorder_retire", "why": "not-fresh"}]
    assert "Nothing was changed yet" in admin.get("/signin/again")

    proven = Desk(site, "admin")
    said = proven.post(f"{page}/retire", recorder=recorder_id(site), **FORM)
    assert state(site) == "retired", said[:2000]
