"""Incidents are listed, resolved with a note, and never deleted."""

from __future__ import annotations

from uuid import UUID

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from catalog.actors import system
from catalog.custody.listing import list_entries
from catalog.custody.log import add_entry
from catalog.incidents import open_incident
from catalog.models import Incident
from tests.web.conftest import Site, csrf


def opened(site: Site) -> UUID:
    with site.database.write() as session:
        return open_incident(
            session,
            actor=system("verify"),
            kind="digest-mismatch",
            what="what lies in storage is not what was received; an incident is open",
            now=site.components.clock(),
            clip=site.clip,
        ).id


def resolved(client: FlaskClient, incident: UUID, note: str) -> TestResponse:
    token = csrf(client.get("/account"))
    return client.post(f"/incidents/{incident}/resolve", data={"csrf_token": token, "note": note})


def test_an_administrator_resolves_one_with_a_note(site: Site) -> None:
    incident = opened(site)
    admin = site.client("gao", "en")
    page = admin.get("/incidents").text
    assert "an original differs from its digest" in page
    empty = resolved(admin, incident, " \u202e ")
    assert "say what was found" in admin.get(empty.location).text
    resolved(admin, incident, "磁盘更换，副本重传并核对")
    assert "an original differs" not in admin.get("/incidents").text
    assert "磁盘更换，副本重传并核对" in admin.get("/incidents?show=resolved").text
    resolved(admin, incident, "a second word")
    with site.database.read() as session:
        kept = session.get_one(Incident, incident)
        assert kept.note == "磁盘更换，副本重传并核对"
        assert len(list_entries(session, action="incident.resolved")[0]) == 1


def test_who_may_not_resolve_sees_no_form_and_is_refused(site: Site) -> None:
    incident = opened(site)
    archivist = site.client("chen")
    assert "/resolve" not in archivist.get("/incidents").text
    assert resolved(archivist, incident, "x").status_code == 403
    assert site.client("wang").get("/incidents").status_code == 403


def test_the_page_says_how_the_last_inventory_ended(site: Site) -> None:
    auditor = site.client("gao", "en")
    assert "were not compared yet" in auditor.get("/incidents").text
    for differences, said in (({"missing": 2, "extra": 1}, "3 differences"), ({}, "they agree")):
        with site.database.write() as session:
            add_entry(
                session,
                actor=system("inventory"),
                action="storage.inventoried",
                subjects={},
                facts={"objects": 12, "differences": differences},
                now=site.components.clock(),
            )
        page = auditor.get("/incidents").text
        assert said in page
        assert "12 objects" in page
    assert "they agree" not in auditor.get("/incidents?show=resolved").text
