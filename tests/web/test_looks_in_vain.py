"""A look by number that was refused says what was tried, to auditors alone (R5.4)."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from catalog.models import Clip, CustodyEntry, CustodyPrivate
from tests.web.conftest import Site, csrf

TRIED = "渝北市监处罚〔2026〕404号"
REFERENCE = "督查〔2026〕9号"
FORM = {"asked": TRIED, "purpose": "file-check", "reference": REFERENCE}


def consulted(site: Site, **form: str) -> UUID:
    """Look by a number as the leader does; answer the one entry of the refusal."""
    client = site.client("ma", "en")
    answer = client.post("/consult", data={"csrf_token": csrf(client.get("/consult")), **form})
    assert answer.status_code == 400
    with site.database.read() as session:
        return session.scalars(select(CustodyEntry.id).where(CustodyEntry.action == "act.refused")).one()


def kept(site: Site, entry: UUID) -> dict[str, object]:
    with site.database.read() as session:
        rows = session.scalars(select(CustodyPrivate).where(CustodyPrivate.entry_id == entry))
        return {row.field: json.loads(row.value) for row in rows}


def test_the_entry_says_what_number_was_tried(site: Site) -> None:
    entry = consulted(site, **FORM)
    fields = kept(site, entry)
    assert {name: fields[name] for name in FORM} == FORM
    with site.database.read() as session:
        record = session.get_one(CustodyEntry, entry).record
    assert not any(said in record for said in (TRIED, REFERENCE)), "in the open stand digests alone"


@pytest.mark.parametrize(("who", "told"), [("zhao", True), ("sun", False), ("zhou", False), ("chen", False)])
def test_auditors_alone_read_it(site: Site, who: str, told: bool) -> None:
    entry = consulted(site, **FORM)
    client = site.client(who, "en")
    for path in (f"/custody/{entry}", "/custody"):
        page = client.get(path)
        assert page.status_code == 200, path
        assert told or (TRIED not in page.text and REFERENCE not in page.text), path
    page = client.get(f"/custody/{entry}").text
    assert (TRIED in page) is told
    assert (REFERENCE in page) is told
    assert "ma" in page, "who it was is told to all who read the log"


def test_what_is_there_and_what_is_not_are_kept_alike(site: Site) -> None:
    with site.database.write() as session:
        session.execute(update(Clip).where(Clip.id == site.clip).values(restricted=True))
    sealed = kept(site, consulted(site, **{**FORM, "asked": str(site.clip)}))
    assert sealed["asked"] == str(site.clip)
    assert set(sealed) == {"actor", "address", "asked", "purpose", "reference"}


def test_nonsense_is_kept_short_and_shown_as_text(site: Site) -> None:
    form = {"asked": "<b>x</b>" + "9" * 5000, "purpose": "file-check", "reference": "\u3164\0" + str(uuid4())}
    entry = consulted(site, **form)
    assert all(len(str(kept(site, entry)[name])) <= 255 for name in FORM)
    page = site.client("zhao", "en").get(f"/custody/{entry}")
    assert page.status_code == 200
    assert "<b>x" not in page.text
    assert "&lt;b&gt;x" in page.text
