"""Retiring a recorder cannot be undone: whoever does it proves anew who sits there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from catalog.models import CustodyEntry, RecorderRepair
from tests.web.conftest import Site
from tests.web.maintenance.desk import Desk, dock, only, recorder_id, state

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


def no_longer_docks(site: Site, admin: Desk, later: Callable[..., datetime]) -> str:
    """Its card is sealed and stays here; it comes back from its repairer and answers no station. Its page."""
    page, recorder = f"/recorders/{recorder_id(site)}", recorder_id(site)
    admin.post(f"{page}/give-back")
    admin.post(f"{page}/fault", kind="no-power", recorder=recorder)
    later()
    admin.post(f"{page}/seal", place="柜 3", note="案件关键", sure="1")
    form = {"name": "Zhang", "company": "Repairs Ltd", "data_safe": "sealed", "data_removal": "card-kept"}
    admin.post(f"{page}/repair", recorder=recorder, **form)
    later()
    order = only(site, RecorderRepair).id
    admin.post(f"/repairs/{order}/back", recorder=recorder, result="beyond-repair", work="烧毁", parts="")
    later()
    return page


@pytest.mark.parametrize(
    ("language", "refused", "out", "earlier"),
    [
        ("en", "dock it, or seal the card that is in it now", "Seal the card that is in it now", "the card sealed before lies at 柜 3"),
        ("zh", "请先采集，或将现有存储卡另行封存", "封存现有存储卡", "此前封存的存储卡存放于 柜 3"),
    ],
)  # fmt: skip
def test_what_no_longer_docks_is_retired_when_its_next_card_is_sealed(
    site: Site, later: Callable[..., datetime], language: str, refused: str, out: str, earlier: str
) -> None:
    admin = Desk(site, "admin", language)
    page = no_longer_docks(site, admin, later)
    form = {**FORM, "data_safe": "sealed", "data_removal": "card-kept", "recorder": recorder_id(site)}
    assert refused in admin.post(f"{page}/retire", **form), "the old seal is of another card"
    assert state(site) == "out-of-service"
    assert out in admin.get(page)
    said = admin.post(f"{page}/seal", place="柜 5 封条 0021", note="换回的存储卡", sure="1")
    assert earlier in said
    assert "柜 5 封条 0021" in said
    assert out not in said, "that card is sealed now"
    admin.post(f"{page}/retire", **form)
    assert state(site) == "retired"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_came_back_without_a_card_is_retired_with_that_said(
    site: Site, later: Callable[..., datetime], language: str
) -> None:
    admin = Desk(site, "admin", language)
    page = no_longer_docks(site, admin, later)
    word = {"en": "it came back from repair without a card", "zh": "送修返回时没有存储卡"}[language]
    assert f'<option value="no-card">{word}</option>' in admin.get(page)
    form = {**FORM, "data_safe": "no-card", "data_removal": "card-kept", "recorder": recorder_id(site)}
    said = admin.post(f"{page}/retire", **form)
    assert state(site) == "retired"
    assert word in said.split('<ol class="trace">')[1], "its log says how"
