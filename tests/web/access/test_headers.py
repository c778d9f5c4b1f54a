"""What every answer of every route tells the browser, whoever asks: pages, refusals, files, the API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from http.cookies import SimpleCookie

import pytest
from jinja2 import FileSystemBytecodeCache
from pydantic import SecretStr
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from catalog.permissions import ROLES, Permission
from storage.settings import StorageSettings
from storage.store import ObjectStore
from tests.web.access import measuring
from tests.web.access.conftest import Bureau
from tests.web.access.measuring import (
    METRICS,
    NOBODY,
    STATION,
    Asker,
    address,
    ask,
    asker,
    nothing_stays,
    ways,
)
from tests.web.access.subjects import fill
from tests.web.conftest import Ids, csrf, sites
from web.headers import content_policy
from web.permission import permission_of

SOURCES = re.compile(r"'(?:none|self)'|https?://[\w.:\-\[\]]+")
"""All that may stand in a directive: never unsafe-inline, unsafe-eval, data:, blob:, a whole scheme or a star."""


class Inline(HTMLParser):
    """Finds script and style within a page: elements with text of their own, and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = ""

    @classmethod
    def of(cls, page: str) -> list[str]:
        """Answer what there is in a page."""
        parser = cls()
        parser.feed(page)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        self.inside = tag if tag in {"script", "style"} and named.get("type") != "application/json" else ""
        self.found += [f"<{tag} {name}>" for name in named if name == "style" or name.startswith("on")]

    def handle_data(self, data: str) -> None:
        if self.inside and data.strip():
            self.found.append(f"<{self.inside}> with text")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""


def answers(bureau: Bureau) -> Iterator[tuple[Rule, str, str, TestResponse]]:
    """Ask every route as the first role that may use it, and as nobody; stations and monitoring their own."""
    site = bureau.site
    askers: dict[str, Asker] = {
        actor: asker(site, actor, bureau.shelves) for actor in (*ROLES, NOBODY, STATION, METRICS)
    }
    with nothing_stays(site.database):
        for rule, method in ways(site.app):
            needed = permission_of(site.app, rule.endpoint)
            may = next((role for role in sorted(ROLES) if needed in ROLES[role]), None)
            may = may or {Permission.STATION_DOCK: STATION, Permission.METRICS_READ: METRICS}.get(
                needed or Permission.PUBLIC, "officer"
            )
            for actor in (may, NOBODY):
                shelf = bureau.shelves.get(actor, bureau.shelves["officer"])
                answer = ask(site, askers[actor], rule, method, address(site.app, rule, shelf.ids))
                yield rule, method, actor, answer
                answer.close()


def wrong_with(bureau: Bureau, rule: Rule, answer: TestResponse) -> Iterator[str]:
    headers = answer.headers
    policy = headers.get("Content-Security-Policy", "")
    directives = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    if policy != content_policy(bureau.site.components.settings.storage.address_url):
        yield f"policy {policy!r}"
    for name, sources in directives.items():
        if not all(SOURCES.fullmatch(one) for one in sources.split()):
            yield f"{name} allows {sources}"
    if directives.get("default-src") != "'none'" or directives.get("script-src") != "'self'":
        yield "scripts from elsewhere"
    if directives.get("frame-ancestors") != "'none'" or directives.get("base-uri") != "'none'":
        yield "may be framed, or its addresses turned elsewhere"
    wanted = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    for name, value in wanted.items():
        if headers.getlist(name) != [value]:
            yield f"{name}: {headers.getlist(name)}"
    if rule.endpoint != "static" and headers.get("Cache-Control") != "no-store":
        yield f"may be kept: {headers.get('Cache-Control')}"
    if "Access-Control-Allow-Origin" in headers:
        yield "other sites may read it"
    if headers.get("Server", "").startswith("Werkzeug/"):
        yield "names its version"
    for cookie in headers.getlist("Set-Cookie"):
        for name, morsel in SimpleCookie(cookie).items():
            if (
                not morsel["httponly"]
                or morsel["samesite"] != "Lax"
                or morsel["path"] != "/"
                or morsel["domain"]
            ):
                yield f"cookie {name}: {cookie}"
            if bool(morsel["secure"]) != bureau.site.components.settings.secure_cookies:
                yield f"cookie {name} over TLS or not: {cookie}"
    if answer.mimetype == "text/html":
        yield from Inline.of(answer.text)


def test_every_route_answers_with_all_of_them(bureau: Bureau) -> None:
    seen, wrong = 0, []
    for rule, method, actor, answer in answers(bureau):
        seen += 1
        wrong += [f"{method} {rule.rule} to {actor}: {w}" for w in wrong_with(bureau, rule, answer)]
    assert seen > 350
    assert not wrong, "\n".join(wrong)


def test_behind_tls(
    seaweed: StorageSettings,
    stores: tuple[ObjectStore, ObjectStore],
    furnished: tuple[object, Ids],
    templates: FileSystemBytecodeCache,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Cookies go over TLS only, and the browser is told to come back by TLS alone, with whatever is answered."""
    with sites(seaweed, stores, furnished, templates, tmp_path_factory.mktemp("tls")) as make:  # type: ignore[arg-type]
        site = make(
            public_url="https://localhost",
            secure_cookies=True,
            metrics_token=SecretStr(measuring.METRICS_TOKEN),
        )
        with site.database.write() as session:
            bureau = Bureau(site, fill(session, ["officer"], site.components.clock()))
        client = site.app.test_client(use_cookies=False)
        for path in ("/signin", "/", "/nothing", "/static/app.css", "/api/v1/nothing", "/metrics"):
            with client.get(path, base_url="https://localhost") as answer:
                assert answer.headers["Strict-Transport-Security"] == "max-age=31536000", path
        page = client.get("/signin", base_url="https://localhost")
        assert csrf(page)
        [cookie] = page.headers.getlist("Set-Cookie")
        assert "Secure" in cookie
        rule = next(rule for rule in site.app.url_map.iter_rules() if rule.endpoint == "pages.signin")
        assert list(wrong_with(bureau, rule, page)) == []
