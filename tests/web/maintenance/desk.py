"""Somebody at a browser on the pages of recorders, and what stands in the catalog meanwhile."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from pypdf import PdfReader
from sqlalchemy import event, select

from catalog.demo import ZONE
from catalog.models import Docking, Recorder
from tests.catalog import world
from tests.web.conftest import NEEDED, Site, csrf


class Desk:
    """Somebody at a browser, who sends the forms that the pages show."""

    def __init__(self, site: Site, who: str, language: str = "en") -> None:
        self.site, self.client = site, site.client(who, language)
        self.token = csrf(self.client.get("/account"))

    def get(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return answer.text

    def post(self, path: str, **form: Any) -> str:
        """Send a form; answer the page it leads to."""
        answer = self.client.post(path, data={"csrf_token": self.token, **form}, follow_redirects=True)
        assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
        return answer.text


@contextmanager
def asked_of(site: Site) -> Iterator[list[str]]:
    """Every statement sent to the database meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(site.database.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(site.database.engine, "before_cursor_execute", note)


def device(site: Site) -> Recorder:
    """The recorder of this small world, as it is now."""
    with site.database.read() as session:
        return world.recorder(session)


def recorder_id(site: Site) -> UUID:
    return device(site).id


def state(site: Site) -> str:
    return device(site).state


def only(site: Site, model: Any) -> Any:
    with site.database.read() as session:
        return session.scalars(select(model).order_by(model.id.desc())).first()


def dock(site: Site, now: datetime) -> UUID:
    """The recorder is docked, and brings one verified recording."""
    with site.database.write() as session:
        station = session.get_one(Docking, site.docking).station
        docking = world.add_docking(session, station, now, state="safe")
        docking.ended_at, docking.end_reason = now, "done"
        return world.add_clip(session, now, f"{uuid4()}.MP4", docking=docking, recorded=now, duration=9.0).id


def papers(desk: Desk, page: str, paper: str) -> str:
    """The text of a paper that somebody has made."""
    answer = desk.client.post(f"{page}/papers", data={"csrf_token": desk.token, "paper": paper, **NEEDED})
    assert answer.status_code == 200
    assert answer.mimetype == "application/pdf"
    return "".join(one.extract_text() for one in PdfReader(io.BytesIO(answer.data)).pages)


def moment_of(at: datetime) -> str:
    """A time as papers of this bureau say it."""
    return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
