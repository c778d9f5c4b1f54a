"""Asks every route as everybody about what is their own, their unit's and another unit's, and writes down what came back.

Nothing that is asked here stays: every writing transaction is run to its end and rolled back, so each question meets the
same world. What it would have changed is noted, table by table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import event
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from catalog.database import Database
from catalog.permissions import ROLES
from tests.web.access.subjects import COLLEAGUE, STRANGER, STRINGS, Shelf
from tests.web.conftest import NEEDED, Site, csrf
from web.permission import permission_of
from web.signing_in.tries import Tries

METRICS_TOKEN = "m" * 40
NOBODY, STATION, METRICS, TOKEN = "nobody", "station", "metrics", "token"
"""`token` is a personal one of an officer, allowed all that a token can be."""
ACTORS = (*sorted(ROLES), NOBODY, STATION, METRICS, TOKEN)
SCOPES = ("own", "unit", "other")

LETTERS = {
    "A": "answered: a page, a file, or a redirect onward",
    "B": "let in, and the empty form or message refused in words (400, 409, 410, 413, 415, 422)",
    "F": "forbidden (403)",
    "N": "not found (404)",
    "R": "asked to sign in once more, or to say a purpose, before the act",
    "S": "asked to sign in, or for the right token (401)",
    "X": "anything else, such as 5xx; never right",
}
ASKED_AGAIN = {"pages.signin_again"}
"""Endpoints that are led to before the act itself is done."""
LOG = re.compile(
    r"custody_\w+|clip_index\w*|\w+_dues|\w+_due|signin_sessions|api_tokens|refusal_tallies|used_challenges"
)
"""Tables of the log, of refusals counted, of what is worked out anew, and of when somebody was last here: anybody's refused act writes these.

No form writes to `api_tokens` by its token alone, but each use notes its time there.
"""
_CHANGE = re.compile(r'\s*(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM)\s+"?(\w+)', re.IGNORECASE)

Key = tuple[str, str]
"""Endpoint and method."""


@dataclass
class Row:
    """What one way of using one endpoint answered."""

    path: str
    permission: str
    letters: dict[str, str] = field(default_factory=dict)
    """By actor: one letter, or one for each of own, unit and other where they differ.

    Who is refused their own (F, S) is asked about another unit's as well, and not about their unit's.
    """
    changes: set[str] = field(default_factory=set)
    """Tables that an empty form changes."""
    refused_changes: set[tuple[str, str]] = field(default_factory=set)
    """Actor and table: changed although the answer was a refusal. Must stay empty."""
    failures: set[str] = field(default_factory=set)
    """What answered with X, in words. Must stay empty."""


@dataclass
class Watch:
    """Which tables the statements since the last `take` wrote to."""

    tables: set[str] = field(default_factory=set)

    def take(self) -> set[str]:
        """Answer and forget."""
        taken, self.tables = self.tables, set()
        return {table for table in taken if LOG.fullmatch(table) is None}


@contextmanager
def nothing_stays(database: Database) -> Iterator[Watch]:
    """Let every writing transaction of `database` run to its end and then undo it; watch what it wrote."""
    watch = Watch()

    def note(_c: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        if (found := _CHANGE.match(statement)) and cursor.rowcount:
            watch.tables.add(found[1].lower())

    dialect = database.engine.dialect
    event.listen(database.engine, "after_cursor_execute", note)
    dialect.do_commit = dialect.do_rollback  # type: ignore[method-assign]
    try:
        yield watch
    finally:
        del dialect.do_commit  # type: ignore[method-assign]
        event.remove(database.engine, "after_cursor_execute", note)


@dataclass(frozen=True)
class Asker:
    """Somebody who asks: the headers that go with each of their requests, and their form token."""

    headers: dict[str, str]
    token: str


def asker(site: Site, actor: str, shelves: dict[str, Shelf]) -> Asker:
    """Sign somebody in. Must come before `nothing_stays`."""
    if actor == STATION:
        return Asker({"Authorization": f"Bearer {shelves['officer'].station_token}"}, "")
    if actor == TOKEN:
        return Asker({"Authorization": f"Bearer {shelves['officer'].api_token}"}, "")
    if actor == METRICS:
        return Asker({"Authorization": f"Bearer {METRICS_TOKEN}"}, "")
    client = site.client(shelves[actor].username if actor in shelves else None)
    token = csrf(client.get("/account" if actor in shelves else "/signin"))
    cookie = client.get_cookie("liuhen")
    assert cookie is not None
    return Asker({"Cookie": f"liuhen={cookie.value}"}, token)


def ways(app: Flask) -> list[tuple[Rule, str]]:
    """Answer every rule with each of its methods, in a settled order."""
    found = [
        (rule, method)
        for rule in app.url_map.iter_rules()
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]
    return sorted(found, key=lambda way: (way[0].endpoint, way[0].rule, way[1]))


def address(app: Flask, rule: Rule, ids: dict[str, UUID]) -> str:
    """Answer an address of this rule about these things; what they lack is an id of nothing."""
    values: dict[str, Any] = {}
    for name in rule.arguments:
        if name in STRINGS:
            values[name] = next(one for one in STRINGS[name] if _takes(rule, name, one))
        else:
            values[name] = ids.get(name) or uuid4()
    with app.test_request_context():
        built = rule.build(values)
    assert built is not None, rule
    return built[1]


def _takes(rule: Rule, name: str, value: str) -> bool:
    try:
        rule._converters[name].to_url(value)
    except ValueError:
        return False
    return True


def ask(site: Site, who: Asker, rule: Rule, method: str, path: str) -> TestResponse:
    """Send one request: a form with its token and nothing else, or an empty message to the API.

    Only what papers and files are needed for is said, without which none is given out to anybody.
    """
    client = site.app.test_client(use_cookies=False)
    # What is asked here counts as nobody's failed sign-in.
    site.app.extensions["liuhen.tries"] = Tries("", "of one question")
    if method == "GET":
        return client.get(path, headers=who.headers)
    if rule.endpoint.startswith("api."):
        return client.open(path, method=method, json={}, headers=who.headers)
    return client.open(path, method=method, data={"csrf_token": who.token, **NEEDED}, headers=who.headers)


def letter(app: Flask, answer: TestResponse, *, known: bool) -> str:
    """Answer the letter of an answer; `known`: to somebody whom these routes know by the session."""
    status = answer.status_code
    if status == 401:
        return "B" if known else "S"  # a wrong password at signing in once more
    if status in {302, 303}:
        onward = answer.location.partition("?")[0]
        if onward == "/signin" and not known:
            return "S"
        adapter = app.url_map.bind("localhost")
        if onward.startswith("/") and adapter.test(onward) and adapter.match(onward)[0] in ASKED_AGAIN:
            return "R"
    if status < 400:
        return "A"
    return {403: "F", 404: "N", 400: "B", 409: "B", 410: "B", 413: "B", 415: "B", 422: "B"}.get(status, "X")


def _said(answer: TestResponse) -> str:
    return re.sub(r"<[^>]*>|\s+", " ", answer.text).strip()[-300:]


def measure(site: Site, shelves: dict[str, Shelf]) -> dict[Key, Row]:
    """Ask everything as everybody."""
    askers = {actor: asker(site, actor, shelves) for actor in ACTORS}
    rows: dict[Key, Row] = {}
    with nothing_stays(site.database) as watch:
        for rule, method in ways(site.app):
            row = rows[(rule.endpoint, method)] = Row(
                rule.rule, str(permission_of(site.app, rule.endpoint) or "")
            )
            for actor in ACTORS:
                own = actor if actor in shelves else "officer"
                known = actor in shelves and rule.endpoint.startswith("pages.")
                about = (own, COLLEAGUE, STRANGER) if set(rule.arguments) - set(STRINGS) else (own,)
                found = ""
                for shelf in about:
                    if shelf == COLLEAGUE and found in {"F", "S"}:
                        found += found  # refused one's own: another unit's is asked about all the same
                        continue
                    path = address(site.app, rule, shelves[shelf].ids)
                    watch.take()
                    answer = ask(site, askers[actor], rule, method, path)
                    this = letter(site.app, answer, known=known)
                    if this == "X":
                        row.failures.add(f"{answer.status_code} to {actor}: {_said(answer)}")
                    answer.close()
                    changed = watch.take()
                    if this in "AR":
                        row.changes |= changed
                    else:
                        row.refused_changes |= {(actor, table) for table in changed}
                    found += this
                row.letters[actor] = found[0] if len(set(found)) == 1 else found
    return rows
