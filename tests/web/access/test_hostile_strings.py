"""Hostile strings through every field of every form, and what the pages and papers look like afterwards.

The forms are those of the pages themselves, so a new field is tried from the day it is there.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from catalog.permissions import ROLES
from tests.hostile.forms import Form, came_of_it, encoded, forms, wrong_file, wrong_headers
from tests.hostile.strings import ALL, LASTING, MARK, NUMBERS
from tests.web.access.conftest import Bureau
from tests.web.access.measuring import Asker, address, ask, asker, nothing_stays, ways
from web.permission import permission_of

pytestmark = pytest.mark.timeout(900)  # thousands of requests, also on a machine that is busy

ROUNDS = 6
"""How often each form is sent in the short form, each time with other strings in its fields; over all forms every string is used."""
ELSEWHERE = (
    "https://zx9.example/",
    "//zx9.example/",
    "/\\zx9.example/",
    "javascript:zx9",
    "../zx9",
    "zx9\r\nX: 1",
)
"""For hidden fields that say where to go on: none leads out of here."""
NOT_KEPT = {"/signout", "/account", "/signin/again", "/language"}
"""Forms that would end or change the session that sends them; they are tried with nothing kept."""


ACTION = re.compile(r'(?:action|name)="[^"]*"')
IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


@dataclass
class Found:
    """A form, and who was shown it where."""

    form: Form
    role: str
    page: str


@pytest.fixture(scope="module")
def askers(bureau: Bureau) -> dict[str, Asker]:
    return {role: asker(bureau.site, role, bureau.shelves) for role in sorted(ROLES)}


@pytest.fixture(scope="module")
def found(bureau: Bureau, askers: dict[str, Asker]) -> list[Found]:
    """Every form of every page, once, as the first role that is shown it."""
    known: dict[object, Found] = {}
    looked: set[tuple[str, ...]] = set()
    for role, page, answer in pages(bureau, askers):
        leads = tuple(sorted(set(ACTION.findall(IDS.sub("*", answer.text)))))
        if leads in looked:
            continue  # parsing takes long, and a page with the same forms was parsed already
        looked.add(leads)
        for form in forms(answer.text, page):
            known.setdefault(form.shape, Found(form, role, page))
    return list(known.values())


def pages(bureau: Bureau, askers: dict[str, Asker]) -> Iterator[tuple[str, str, TestResponse]]:
    """Open every page that each role may see, about what is its own."""
    for role in sorted(ROLES):
        for rule, method in ways(bureau.site.app):
            permitted = permission_of(bureau.site.app, rule.endpoint) in ROLES[role]
            if method == "GET" and rule.endpoint.startswith("pages.") and permitted:
                path = address(bureau.site.app, rule, bureau.shelves[role].ids)
                answer = ask(bureau.site, askers[role], rule, method, path)
                if answer.status_code == 200 and answer.mimetype == "text/html":
                    yield role, path, answer


def send(bureau: Bureau, who: Asker, form: Form, pairs: list[tuple[str, str]]) -> TestResponse:
    """Send a form as a browser would, with the session's token."""
    pairs = [(name, who.token if name == "csrf_token" else value) for name, value in pairs]
    client = bureau.site.app.test_client(use_cookies=False)
    if form.method == "GET":
        path = urlsplit(form.action).path or "/"
        return client.get(f"{path}?{encoded(pairs).decode()}", headers=who.headers)
    kind = "application/x-www-form-urlencoded"
    return client.post(form.action, data=encoded(pairs), content_type=kind, headers=who.headers)


def looked_at(found: Found, answer: TestResponse, sent: object) -> list[str]:
    """Answer what is wrong with an answer."""
    wrong = wrong_headers(answer.headers)
    if answer.status_code >= 500:
        wrong.append(f"answered {answer.status_code}")
    if 300 <= answer.status_code < 400 and leads_out(answer.location):
        wrong.append(f"leads to {answer.location}")
    if answer.mimetype == "text/html" and MARK in answer.text:
        wrong += came_of_it(answer.text)
    return [
        f"{found.form.method} {found.form.action} as {found.role}: {w}; sent {sent!r:.400}" for w in wrong
    ]


def leads_out(location: str) -> bool:
    """Whether a browser would leave: browsers take a backslash for a slash, and skip blanks and line ends before it."""
    bare = location.replace("\\", "/").strip()
    return MARK in urlsplit(bare).netloc or bare.lower().startswith("javascript:")


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def test_forms_are_found(found: list[Found]) -> None:
    """The tests below could pass by finding nothing."""
    assert len(found) > 80
    assert sum(len(f.form.texts()) for f in found) > 100


def changes(number: int, form: Form, rounds: int) -> Iterator[dict[str, str]]:
    """Answer what to put into the fields, round by round."""
    strings, numbers = list(ALL.values()), list(NUMBERS.values())
    for turn in range(rounds):
        at = number * rounds + turn
        yield {name: strings[(at + 7 * i) % len(strings)] for i, name in enumerate(form.texts())}
    for turn in range(min(rounds, 2 * len(numbers)) // 2):
        at = number * rounds + turn
        yield {name: numbers[(at + i) % len(numbers)] for i, name in enumerate(form.exact())}
    hidden = [i.name for i in form.inputs if i.kind in {"hidden", "button"} and i.name != "csrf_token"]
    for turn in range(min(rounds, len(ELSEWHERE)) if hidden else 0):
        yield {name: ELSEWHERE[(number + turn + i) % len(ELSEWHERE)] for i, name in enumerate(hidden)}


def tried(bureau: Bureau, askers: dict[str, Asker], found: list[Found], rounds: int) -> list[str]:
    wrong: list[str] = []
    with nothing_stays(bureau.site.database):
        for number, one in enumerate(found):
            for change in changes(number, one.form, rounds):
                if change:
                    pairs = one.form.filled(today(), **change)
                    answer = send(bureau, askers[one.role], one.form, pairs)
                    wrong += looked_at(one, answer, change)
                    answer.close()
    return wrong


def test_every_field_takes_every_string(bureau: Bureau, askers: dict[str, Asker], found: list[Found]) -> None:
    wrong = tried(bureau, askers, found, ROUNDS)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", [n for n in ALL if n not in {"nul", "surrogate", "header"}])
def test_files_of_any_name(bureau: Bureau, askers: dict[str, Asker], found: list[Found], name: str) -> None:
    """A name that comes with a file is a name and nothing more; what is in the file is no better."""
    text = ALL[name]
    table = f"案号,名称,类型,当事人\n{text},{text},普通程序,{text}\n".encode()
    wrong: list[str] = []
    taking = [(one, i.name) for one in found for i in one.form.inputs if i.kind == "file"]
    assert taking
    with nothing_stays(bureau.site.database):
        for one, field in taking:
            pairs = dict(one.form.filled(today())) | {"csrf_token": askers[one.role].token}
            file = FileStorage(io.BytesIO(table), filename=f"{text}.csv"[-200:])
            boundary, body = encode_multipart({**pairs, field: file})
            answer = bureau.site.app.test_client(use_cookies=False).post(
                one.form.action,
                data=body,
                content_type=f"multipart/form-data; boundary={boundary}",
                headers=askers[one.role].headers,
            )
            wrong += looked_at(one, answer, text)
            answer.close()
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
def test_every_field_takes_every_string_in_each_place(
    bureau: Bureau, askers: dict[str, Asker], found: list[Found]
) -> None:
    wrong = tried(bureau, askers, found, len(ALL))
    assert not wrong, "\n".join(wrong)


def test_what_was_kept_is_shown_as_it_was_written(
    bureau: Bureau, askers: dict[str, Asker], found: list[Found]
) -> None:
    """Last, because it changes things: every form is sent and kept, then every page and every paper is looked at."""
    wrong: list[str] = []
    kept = 0
    for turn in range(2):
        for number, one in enumerate(found):
            path = urlsplit(one.form.action).path
            if one.form.method == "POST" and path not in NOT_KEPT and "revoke" not in path:
                text = LASTING[(number + turn) % len(LASTING)].format(n=f"{number}-{turn}")
                texts = one.form.texts()
                # Some fields want a number or an id: then each field by itself.
                for names in (texts, *([name] for name in texts)):
                    pairs = one.form.filled(today(), **dict.fromkeys(names, text))
                    answer = send(bureau, askers[one.role], one.form, pairs)
                    wrong += looked_at(one, answer, text)
                    answer.close()
                    if answer.status_code < 400:
                        kept += 1
                        break
    assert kept > 60, "few forms were taken at all"
    shown = 0
    seen: set[str] = set()
    for role, page, answer in pages(bureau, askers):
        if MARK in answer.text:
            shown += 1
            bare = answer.text.partition("<main")[2]
            if bare not in seen:
                seen.add(bare)
                wrong += [f"{page} as {role}: {w}" for w in came_of_it(answer.text)]
        wrong += [f"{page} as {role}: {w}" for w in wrong_headers(answer.headers)]
    assert shown > 60, "what was kept shows on few pages only"
    wrong += exported(bureau, askers, found)
    assert not wrong, "\n".join(wrong)


def exported(bureau: Bureau, askers: dict[str, Asker], found: list[Found]) -> list[str]:
    """Answer what is wrong with what is no page: tables, papers, JSON."""
    wrong, kinds = [], set()
    with nothing_stays(bureau.site.database):
        # The second button of a case's paper asks for the same as PDF.
        papers = [
            one for one in found if re.fullmatch(r"/cases/[^/]+/(archive/)?[a-z-]+/print", one.form.action)
        ]
        as_pdf = [
            replace(one, form=replace(one.form, action=one.form.action.removesuffix("/print") + ".pdf"))
            for one in papers
            if "/coverage/" not in one.form.action
        ]
        for one in (*found, *as_pdf):
            if one.form.method == "POST":
                pairs = one.form.filled(today(), needed_note="A1")  # the last reason needs words
                answer = send(bureau, askers[one.role], one.form, pairs)
                if answer.status_code == 200 and answer.mimetype != "text/html":
                    kinds.add(answer.mimetype)
                    said = wrong_file(answer.data, answer.mimetype) + wrong_headers(answer.headers)
                    wrong += [f"{one.form.action} as {one.role}: {w}" for w in said]
                answer.close()
        for role in sorted(ROLES):
            for rule, method in ways(bureau.site.app):
                path = address(bureau.site.app, rule, own(bureau, role))
                if method == "GET" and permission_of(bureau.site.app, rule.endpoint) in ROLES[role]:
                    answer = ask(bureau.site, askers[role], rule, method, path)
                    if answer.status_code == 200 and answer.mimetype != "text/html":
                        kinds.add(answer.mimetype)
                        wrong += [f"{path} as {role}: {w}" for w in wrong_file(answer.data, answer.mimetype)]
                    answer.close()
    assert {"text/csv", "application/pdf"} <= kinds
    return wrong


def own(bureau: Bureau, role: str) -> dict[str, UUID]:
    return bureau.shelves[role].ids
