"""A recorder that is out of service does not come back under its serial written otherwise (R2.14)."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest
from sqlalchemy import func, select

from catalog.actors import system
from catalog.models import Recorder
from catalog.recorders import register_recorder
from catalog.rules.serials import serial_key
from tests.web.conftest import Site, csrf
from tests.web.test_refusals_are_kept import kept

SERIAL = "ATK-1"
TWINS = ("atk-1", "ATK‑1", "ATK–1", "ATK－1", "ＡＴＫ-１", "ATK - 1", "ATK-1\u200b", "ATK\u00ad1", "ATK−1")
OTHERS = ("ATK-2", "ATK1", "ATK_1", "ATK-11", "АТК-1")


@pytest.fixture
def faulty(site: Site) -> UUID:
    with site.database.write() as session:
        device = register_recorder(
            session, actor=system("test"), serial=SERIAL, label="A", now=site.components.clock()
        )
        device.state = "out-of-service"
        return device.id


def entered(site: Site, path: str = "/recorders", **form: str) -> tuple[str, str]:
    """Send the form of the register's page; answer the page it leads to, and its path."""
    client = site.client("admin", "en")
    data = {"csrf_token": csrf(client.get("/account")), **form}
    answer = client.post(path, data=data, follow_redirects=True)
    assert answer.status_code == 200
    return answer.text, answer.request.path


def count(site: Site) -> int:
    with site.database.read() as session:
        return session.scalar(select(func.count()).select_from(Recorder)) or 0


@pytest.mark.parametrize("twin", TWINS)
def test_a_twin_is_not_entered(site: Site, faulty: UUID, twin: str) -> None:
    before = count(site)
    page, path = entered(site, serial=twin, label="B", kind="recorder")
    assert path == f"/recorders/{faulty}"
    assert f"look at that one: {SERIAL}" in page
    assert count(site) == before
    assert kept(site) == [({"act": "recorder_register", "why": "twin-serial"}, set())]


def test_a_table_enters_no_twin_of_the_register_or_of_itself(site: Site, faulty: UUID) -> None:
    before = count(site)
    rows = ["序列号", "atk-1", "NEW-7", "new－7", SERIAL]
    page, _ = entered(
        site, "/recorders/import", kept=base64.b64encode("\n".join(rows).encode()).decode(), enter="1"
    )
    assert count(site) == before + 1
    assert page.count("only in case, width, dashes or spaces") == 2
    assert f'<span class="mono">{SERIAL}</span>' in page
    assert '<span class="mono">NEW-7</span>' in page
    assert kept(site) == [({"act": "recorders_import", "why": "twin-serial"}, set())]


def test_entering_one_that_is_there_changes_nothing_and_leads_to_it(site: Site, faulty: UUID) -> None:
    page, path = entered(site, serial=SERIAL, label="B", kind="camera")
    assert path == f"/recorders/{faulty}"
    assert "in the register already" in page
    with site.database.read() as session:
        assert session.get_one(Recorder, faulty).label == "A"
    assert kept(site) == [({"act": "recorder_register", "why": "registered-already"}, set())]


def test_its_own_page_changes_it(site: Site, faulty: UUID) -> None:
    entered(site, serial=SERIAL, label="B", recorder=str(faulty))
    with site.database.read() as session:
        assert session.get_one(Recorder, faulty).label == "B"
    assert kept(site) == []


def test_what_makes_two_serials_one() -> None:
    assert {serial_key(one) for one in TWINS} == {serial_key(SERIAL)}
    assert serial_key(SERIAL) not in {serial_key(one) for one in OTHERS}
