"""No paper and no file leaves without a reason: every route that gives one out asks, and keeps it in its one entry."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Response, template_rendered
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import select
from werkzeug.test import TestResponse

from catalog.custody.sequencer import place_entries
from catalog.ids import new_id
from catalog.manifests import write_manifests
from catalog.models import Account, Appraisal, Case, Clip, CustodyEntry, CustodyPrivate, TimestampToken
from catalog.permissions import ROLES, Permission
from catalog.probe_results import record_probe
from catalog.rules.giving_out import REASONS
from catalog.stations import register_station
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.catalog import world
from tests.catalog.sheet_maker import entry
from tests.web.access.measuring import address, ask, asker, nothing_stays, ways
from tests.web.access.subjects import fill
from tests.web.conftest import Ids, Site, csrf, sites
from tests.web.files_in_code import giving_views, printed_templates, sources
from tests.web.test_archive import handed_over
from tests.web.test_sheets import TOKEN, hand_in, new_docking, take
from tests.web.test_stamps import Bureau as Stamps
from web.giving_out import is_file, is_giving
from web.permission import permission_of, requires

ASKERS = ("archivist", "handler", "legal", *sorted(ROLES))
"""Who is asked first, of those who may use a route: whoever finds most."""
WORDS = "按〔2026〕7号函提供"


@dataclass(frozen=True)
class Taking:
    """How one route is asked for what it gives out, and the entry that it leaves."""

    who: str
    path: str
    """With the things of the world in braces."""
    action: str
    form: dict[str, str] = field(default_factory=dict)


TABLE: dict[str, Taking] = {
    "case_paper_print": Taking("li", "/cases/{case}/index/print", "case.paper-made"),
    "case_paper_pdf": Taking("chen", "/cases/{case}/hand-over.pdf", "case.paper-made"),
    "archive_paper_print": Taking("chen", "/cases/{case}/archive/check/print", "case.paper-made"),
    "archive_paper_pdf": Taking("he", "/cases/{case}/archive/certificate.pdf", "case.paper-made"),
    "archive_files_csv": Taking("chen", "/archive/files.csv", "case.register-exported"),
    "coverage_print": Taking("sun", "/cases/{case}/coverage/print", "case.coverage-printed"),
    "clip_download": Taking("chen", "/clips/{clip}/download", "clip.downloaded"),
    "marks_print": Taking("wang", "/clips/{clip}/marks/print", "clip.marks-printed"),
    "clip_timestamp": Taking(
        "chen", "/clips/{clip}/timestamp", "clip.timestamp-downloaded", {"batch": "{batch}"}
    ),
    "sheet_print": Taking("li", "/dockings/{docking}/sheet/print", "docking.sheet-printed"),
    "sheet_manifest": Taking("li", "/dockings/{docking}/sheet/manifest", "docking.manifest-downloaded"),
    "appraisal_print": Taking("qian", "/disposal/{appraisal}/report", "disposal.report-printed"),
    "appraisal_register": Taking(
        "zhou", "/disposal/{appraisal}/register/json", "disposal.register-downloaded"
    ),
    "recorder_papers": Taking("admin", "/recorders/{recorder}/papers", "recorder.printed", {"paper": "log"}),
    "recorders_paper": Taking("admin", "/recorders/papers", "recorder.printed"),
    "custody_export_file": Taking("zhao", "/custody/export", "custody.exported"),
}


@dataclass
class World:
    """A site in which everything can be taken out that there is, and who has signed in."""

    site: Site
    things: dict[str, str]
    clients: dict[str, FlaskClient] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sign everybody in, which leaves entries of its own."""
        for who in sorted({"wu", *(taking.who for taking in TABLE.values())}):
            self.clients[who] = self.site.client(who, "en")

    def send(self, taking: Taking, **form: str) -> TestResponse:
        client = self.clients[taking.who]
        asked = {name: value.format(**self.things) for name, value in taking.form.items()}
        token = csrf(client.get("/account"))
        return client.post(taking.path.format(**self.things), data={"csrf_token": token, **asked, **form})

    def entries(self) -> set[UUID]:
        with self.site.database.read() as session:
            return set(session.scalars(select(CustodyEntry.id)))


@pytest.fixture(scope="module")
def house(
    seaweed: StorageSettings,
    stores: tuple[ObjectStore, ObjectStore],
    furnished: tuple[Path, Ids],
    templates: FileSystemBytecodeCache,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("reasons")
    with sites(seaweed, stores, furnished, templates, folder) as make:
        site = make()
        site.app.config["PROPAGATE_EXCEPTIONS"] = False
        now = datetime.now(UTC)
        with site.database.write() as session:
            register_station(session, code="st-1", name="一号站", token=TOKEN, now=now)
            record_probe(session, passed=True, report={}, now=now)
        things = {**_file(site), **_docking(site), **_stamped(site, folder), **_register(site, now)}
        with site.database.write() as session:
            things["recorder"] = str(world.recorder(session).id)
            place_entries(session)
        yield World(site, things | {"clip": str(site.clip)})


def _file(site: Site) -> dict[str, str]:
    """A case file that the archive has checked and accepted."""
    case = handed_over(site, "夜市食品摊位案")
    client = site.client("chen")
    client.post(f"/cases/{case}/archive/check", data={"csrf_token": csrf(client.get("/account"))})
    with site.database.write() as session:
        session.get_one(Case, case).state = "accepted"
    return {"case": str(case)}


def _docking(site: Site) -> dict[str, str]:
    """A docking with its sheet and its manifest."""
    docking, body = new_docking(site), os.urandom(500)
    clip = take(site, docking, body)
    hand_in(site, docking, [entry(b"a.mp4", clip, size=len(body))])
    with site.database.write() as session:
        kept = session.get_one(Clip, clip)
        kept.sha512, kept.verified_at = "0" * 128, datetime.now(UTC)
    write_manifests(site.database, site.components.evidence, datetime.now(UTC), version="t")
    return {"docking": str(docking)}


def _stamped(site: Site, folder: Path) -> dict[str, str]:
    stamps = Stamps(site, folder)
    stamps.local()
    stamps.round()
    with site.database.read() as session:
        return {"batch": str(session.scalars(select(TimestampToken.batch_id)).one())}


def _register(site: Site, now: datetime) -> dict[str, str]:
    """A destruction register, as it lies at the storage."""
    evidence, key = site.components.evidence, f"registers/{new_id()}"
    version = evidence.put_locked(key, b"{}", lock_until=now + timedelta(minutes=1), metadata={})
    with site.database.write() as session:
        chen = session.scalars(select(Account).where(Account.username == "chen")).one()
        row = Appraisal(
            id=new_id(), number="JD-2026-901", state="done", opened_by=chen.id, opened_at=now,
            register_number="XH-2026-901", register_objects={"json": {"key": key, "version": version}},
        )  # fmt: skip
        session.add(row)
        return {"appraisal": str(row.id)}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_nothing_leaves_without_a_reason(house: World, name: str) -> None:
    before = house.entries()
    for form in (
        {},
        {"needed_for": ""},
        {"needed_for": "because"},
        {"needed_for": "other", "needed_note": " \u202e\x00 "},
        {"needed_for": "case", "needed_note": "长" * 501},
        {"reason": "as it was asked once"},
    ):
        answer = house.send(TABLE[name], **form)
        assert (answer.status_code, answer.mimetype) == (400, "text/html")
        for heading in ("What happened", "What is safe", "What to do next", "Nothing was printed or saved"):
            assert heading in answer.text, form
    assert house.entries() == before, "a slip of the pen is no act"


@pytest.mark.parametrize("name", sorted(TABLE))
def test_what_leaves_with_a_reason_keeps_it_in_its_one_entry(house: World, name: str) -> None:
    before, taking = house.entries(), TABLE[name]
    shown: list[str] = []
    with template_rendered.connected_to(lambda _app, template, **_more: shown.append(template.name)):
        answer = house.send(taking, needed_for="legal-review", needed_note=WORDS)
    body = answer.data  # a file that is sent line by line has left now
    assert answer.status_code < 400, answer.text
    assert body or answer.location
    assert is_file(answer) or set(shown) & printed_templates(), "a file, or a page for the printer"
    (left,) = house.entries() - before
    with house.site.database.read() as session:
        kept = session.get_one(CustodyEntry, left)
        asked = select(CustodyPrivate).where(CustodyPrivate.entry_id == left)
        private = {one.field: one.value for one in session.scalars(asked)}
    assert kept.action == taking.action
    assert (private["needed_for"], private["reason"]) == ('"legal-review"', f'"{WORDS}"')
    assert WORDS not in kept.record, "private: the record commits to it, and does not say it"


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_the_list_is_one(house: World, reason: str) -> None:
    answer = house.send(
        TABLE["recorders_paper"], needed_for=reason, needed_note="x" if reason == "other" else ""
    )
    assert answer.mimetype == "application/pdf"


def test_who_may_not_have_it_is_not_asked_what_for(house: World) -> None:
    for name in ("recorders_paper", "custody_export_file", "appraisal_print"):
        taking = TABLE[name]
        assert house.send(Taking("wu", taking.path, taking.action)).status_code == 403


# Nothing is missing from the table


def test_every_declared_route_is_in_the_table(house: World) -> None:
    app = house.site.app
    declared = {rule.endpoint for rule in app.url_map.iter_rules() if is_giving(app, rule.endpoint)}
    assert declared == {f"pages.{name}" for name in TABLE}


def test_every_view_that_gives_something_out_is_declared() -> None:
    """By the code: whatever answers a type of its own, an attachment, a template for the printer or an original."""
    gives, declared = giving_views(sources(), printed_templates())
    assert gives == declared == set(TABLE)


@pytest.mark.parametrize(
    "body",
    [
        'return Response("a;b", mimetype="text/csv")',
        'return send_file("x")',
        'return render_template("marks_print.html")',
        'answer.headers["Content-Disposition"] = f"attachment; filename={x}"',
        "return as_pdf(paper, 'x')",
    ],
)
@pytest.mark.parametrize("between", [False, True])
def test_a_new_route_that_gives_something_out_is_found(body: str, between: bool) -> None:
    head = "from web.papers.paper import as_pdf\n"
    if between:
        head += f"def _made(x):\n    {body}\n"
        body = "return _made(1)"
    new = f'{head}@pages.get("/new")\n@requires(P.SELF)\ndef new_way():\n    {body}\n'
    gives, declared = giving_views({**sources(), "web.pages.new": new}, printed_templates())
    assert gives - declared == {"new_way"}


def test_what_is_not_declared_does_not_leave(house: World) -> None:
    """At run time too: the guard answers trouble in its place."""
    views, files = house.site.app.view_functions, _undeclared()
    client, before = house.site.client("admin", "en"), views["pages.roles"]
    try:
        for file in files:
            views["pages.roles"] = requires(Permission.SELF)(file)
            answer = client.get("/roles")
            assert (answer.status_code, "secret" in answer.text) == (500, False)
            assert answer.location is None
    finally:
        views["pages.roles"] = before
    assert client.get("/roles").status_code == 200


def _undeclared() -> list[Callable[[], Response]]:
    saved = {"Content-Disposition": "attachment; filename=a.html"}
    onward = {"Location": "http://s3/x?response-content-disposition=attachment%3B"}
    return [
        lambda: Response("secret", mimetype="text/csv"),
        lambda: Response(b"secret", mimetype="application/pdf"),
        lambda: Response("secret", mimetype="text/html", headers=saved),
        lambda: Response("", status=303, headers=onward),
    ]


def test_no_other_page_answers_a_file(house: World) -> None:
    """Every route is asked by somebody who may use it: what comes back is a page, or in the table."""
    site = house.site
    with site.database.write() as session:
        shelves = fill(session, sorted(ROLES), site.components.clock())
    askers = {role: asker(site, role, shelves) for role in sorted(ROLES)}
    shown: list[str] = []
    found: set[str] = set()
    printed = printed_templates()

    def note(_app: Any, template: Any, **_more: Any) -> None:
        shown.append(template.name)

    with nothing_stays(site.database), template_rendered.connected_to(note):
        for rule, method in ways(site.app):
            if not rule.endpoint.startswith("pages."):
                continue
            needed = permission_of(site.app, rule.endpoint)
            role = next((one for one in ASKERS if needed in ROLES[one]), ASKERS[0])
            shown.clear()
            answer = ask(site, askers[role], rule, method, address(site.app, rule, shelves[role].ids))
            assert answer.status_code < 500, rule.endpoint
            if is_file(answer) or set(shown) & printed:
                found.add(rule.endpoint)
            answer.close()
    assert found <= {f"pages.{name}" for name in TABLE}
    assert len(found) > 5, "the probe sees what is given out"
