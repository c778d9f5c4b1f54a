"""Whoever wants a recording gone sooner, as every role: refused, in words, nothing changed, and found in the custody log.

One table of all that was tried. How each procedure goes when nobody attacks it stands in tests/web/test_retention.py,
test_disposal.py, test_holds.py, test_seals.py, test_archive.py and tests/catalog.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from html import unescape

import pytest
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from catalog.models import Case, CustodyEntry, CustodyPrivate, RetentionSchedule
from catalog.permissions import ROLES
from tests.web.access.conftest import Bureau
from tests.web.access.lasting import EVERYTHING, USED, Things, everybody, guarded, lay_out
from tests.web.access.subjects import STRANGER, put_shelf, username_of
from tests.web.conftest import csrf
from web.permission import permission_of
from web.words import TABLES

ACTORS = (*sorted(ROLES), EVERYTHING)
ROW = {
    "case_type-0": "any",
    "coercion-0": "any",
    "role-0": "any",
    "years-0": "1",
    "starts-0": "closing",
    "basis-0": "x",
}


@dataclass(frozen=True)
class Attack:
    """One thing to try: where, on what, with what, and the words of the rules by which it is refused."""

    endpoint: str
    address: str
    why: str
    """The stable words, parted by blanks, one of which must stand in the log for whoever gets past the permission."""
    form: Callable[[Things], dict[str, str]] = lambda _things: {}


def approval(of: str, number: str = "批 9 号") -> Callable[[Things], dict[str, str]]:
    return lambda things: {"number": number, "digest": things.digests.get(of, "0" * 64)}


def always(**form: str) -> Callable[[Things], dict[str, str]]:
    return lambda _things: form


ATTACKS: dict[str, Attack] = {
    # shorten
    "rows rewritten after the proposal": Attack(
        "retention_rows", "/retention/{own proposal}/rows", "wrong-state",
        always(version="v", consent="c", note="", **ROW),
    ),
    "a schedule in force without approvals": Attack(
        "retention_force", "/retention/{own proposal}/force", "wrong-state",
        always(number="档 2 号", approved_on="2026-11-01"),
    ),
    "a schedule in force with one approval": Attack(
        "retention_force", "/retention/{approved by me}/force", "wrong-state",
        always(number="档 2 号", approved_on="2026-11-01"),
    ),
    "a draft in force": Attack(
        "retention_force", "/retention/{schedule_id}/force", "wrong-state",
        always(number="档 2 号", approved_on="2026-11-01"),
    ),
    "an approval dated ahead": Attack(
        "retention_force", "/retention/{approved}/force", "date-in-future same-person",
        always(number="档 3 号", approved_on="2099-01-01"),
    ),
    "kept for no years": Attack(
        "appraisal_opine", "/disposal/{open list}/opinions", "bad-years not-yours",
        always(all="1", proposal="years", years="0"),
    ),
    "kept for fewer than no years": Attack(
        "appraisal_opine", "/disposal/{open list}/opinions", "bad-years not-yours",
        always(all="1", proposal="years", years="-5"),
    ),
    # an approval used again
    "an approval number used again for a schedule": Attack(
        "retention_force", "/retention/{approved}/force", "number-used", always(number=f" {USED} ", approved_on="2026-11-01")
    ),
    "an approval number used again for a list": Attack(
        "appraisal_approve", "/disposal/{their report}/approval", "approval-number-used",
        lambda things: {"number": f"{USED}done{things.ids['account_id'].hex[-6:]}", "digest": things.digests["their report"]},
    ),
    "an approval given twice": Attack(
        "retention_approve", "/retention/{approved by me}/approve", "approved-already",
        lambda things: {"digest": things.digests["approved by me"]},
    ),
    "an approval of other rows": Attack(
        "retention_approve", "/retention/{their proposal}/approve", "rows-changed", always(digest="0" * 64)
    ),
    "an approval of another list": Attack(
        "appraisal_approve", "/disposal/{their report}/approval", "list-changed",
        lambda things: {"number": "批 8 号", "digest": things.digests["own report"]},
    ),
    # delete, out of order
    "an open list approved": Attack("appraisal_approve", "/disposal/{open list}/approval", "wrong-state", approval("")),
    "an open list witnessed": Attack("appraisal_witness", "/disposal/{open list}/witness", "wrong-state"),
    "an open list ordered": Attack(
        "appraisal_order", "/disposal/{open list}/order", "wrong-state", always(typed="JD-2026-001")
    ),
    "an open list reported without opinions": Attack(
        "appraisal_step", "/disposal/{open list}/steps/report", "wrong-state opinion-missing"
    ),
    "a report ordered without approval": Attack(
        "appraisal_order", "/disposal/{own report}/order", "wrong-state", always(typed="JD-2026-001")
    ),
    "a report witnessed": Attack("appraisal_witness", "/disposal/{own report}/witness", "wrong-state"),
    "an opinion changed after the report": Attack(
        "appraisal_opine", "/disposal/{own report}/opinions", "wrong-state", always(all="1", proposal="destroy")
    ),
    "an order within the cooling period": Attack(
        "appraisal_order", "/disposal/{cooling}/order", "still-cooling witnesses-missing wrong-state",
        always(typed="JD-2026-001"),
    ),
    "witnessed within the cooling period": Attack(
        "appraisal_witness", "/disposal/{cooling}/witness", "still-cooling wrong-state"
    ),
    "approved once more while cooling": Attack(
        "appraisal_approve", "/disposal/{cooling}/approval", "wrong-state", approval("cooling")
    ),
    "ordered twice": Attack("appraisal_order", "/disposal/{ordered}/order", "wrong-state", always(typed="JD-2026-001")),
    "an ordered list reworked": Attack("appraisal_step", "/disposal/{ordered}/steps/rework", "wrong-state"),
    "a finished list ordered": Attack("appraisal_order", "/disposal/{done}/order", "wrong-state", always(typed="JD")),
    "an expired recording listed that has not expired": Attack(
        "disposal_open", "/disposal", "not-expired not-yours nothing-left",
        lambda things: {"act": "list", "clip": str(things.ids["clip_id"])},
    ),
    # the archive's dates and types
    "the type changed after archiving": Attack(
        "case_change", "/cases/{archived}/edit", "file-closed",
        always(title="某店案", type="inspection", number="archived", seen=""),
    ),
    "the closing date moved back after archiving": Attack(
        "case_change", "/cases/{archived}/edit", "file-closed",
        always(title="某店案", type="penalty-general", number="archived", closed_on="2001-01-01", seen=""),
    ),
    "accepted once more, by an old check": Attack(
        "archive_accept", "/cases/{accepted}/archive/accept", "wrong-state check-stale", lambda things: {"note": "x", "check": str(things.ids["check of accepted"])},
    ),
    "an open file accepted by an old check": Attack(
        "archive_accept", "/cases/{case_id}/archive/accept", "wrong-state check-stale", lambda things: {"note": "x", "check": str(things.ids["check of open"])},
    ),
    "an open file archived": Attack(
        "archive_archive", "/cases/{case_id}/archive/archive", "wrong-state archive-number-missing", always(number="1")
    ),
    # one's own proposal
    "one's own schedule approved": Attack(
        "retention_approve", "/retention/{own proposal}/approve", "same-person",
        lambda things: {"digest": things.digests["own proposal"]},
    ),
    "one's own report approved": Attack(
        "appraisal_approve", "/disposal/{own report}/approval", "own-proposal", approval("own report")
    ),
    "one's own detachment confirmed": Attack(
        "detachment_confirm", "/attachments/{attachment_id}/detachment/confirmation", "same-person"
    ),
    "one's own explanation confirmed": Attack(
        "step_decide", "/coverage/explanations/{note_id}/decision", "same-person", always(decision="confirm")
    ),
    "one's own seal confirmed": Attack("seal_confirm", "/seals/{seal_id}/confirm", "same-person"),
    "one's own reader let in": Attack("seal_reader_confirm", "/seals/readers/{reader of a standing seal}/confirm", "same-person"),
    "one's own hold lifted": Attack("hold_lift", "/holds/{hold_id}/lift", "same-person", always(reason="已结")),
    "one's own substitute approved": Attack(
        "substitute_decide", "/substitutes/{substitute_id}", "same-person", always(approved="1", decision="approve")
    ),
}  # fmt: skip


@dataclass
class World:
    bureau: Bureau
    things: dict[str, Things]
    clients: dict[str, FlaskClient]
    tokens: dict[str, str]

    def post(self, actor: str, path: str, form: dict[str, str]) -> TestResponse:
        return self.clients[actor].post(path, data={"csrf_token": self.tokens[actor], **form})

    def entries(self) -> list[tuple[str, dict[str, str]]]:
        """The refusals of the log, oldest first."""
        wanted = CustodyEntry.action.in_(("act.refused", "account.act-refused", "hold.refused"))
        with self.bureau.site.database.read() as session:
            rows = session.scalars(select(CustodyEntry).where(wanted).order_by(CustodyEntry.id)).all()
            return [
                (row.action, {**json.loads(row.record)["facts"], **self._private(session, row)})
                for row in rows
            ]

    @staticmethod
    def _private(session: Session, row: CustodyEntry) -> dict[str, str]:
        """Of what was refused about a hold, everything is private."""
        if row.action != "hold.refused":
            return {}
        assert json.loads(row.record)["facts"] == json.loads(row.record)["subjects"] == {}
        fields = session.scalars(select(CustodyPrivate).where(CustodyPrivate.entry_id == row.id))
        return {one.field: json.loads(one.value) for one in fields}

    def guarded(self) -> dict[str, list[tuple[object, ...]]]:
        with self.bureau.site.database.read() as session:
            return guarded(session)


@pytest.fixture(scope="module")
def attacked(bureau: Bureau) -> World:
    site, shelves = bureau.site, dict(bureau.shelves)
    now = site.components.clock()
    with site.database.write() as session:
        unit = session.get_one(Case, shelves["officer"].ids["case_id"]).unit
        assert unit is not None
        shelves[EVERYTHING] = put_shelf(session, 90, username_of(EVERYTHING), "officer", unit, now)
        everybody(session, shelves[EVERYTHING].ids["account_id"])
        session.flush()
        session.expire_all()
        things = {
            actor: lay_out(session, shelves[actor], shelves[STRANGER], now, actor == "personnel")
            for actor in ACTORS
        }
        used = things[EVERYTHING].ids
        session.add(
            RetentionSchedule(
                version="used",
                state="superseded",
                approval_number=USED,
                made_at=now,
                made_by=used["account_id"],
            )
        )
    clients = {actor: site.client(username_of(actor), "en") for actor in ACTORS}
    tokens = {actor: csrf(client.get("/account")) for actor, client in clients.items()}
    return World(bureau, things, clients, tokens)


def sentences(world: World, why: str) -> set[str]:
    """Every sentence that stands for a stable word of refusal, in English."""
    with world.bureau.site.app.test_request_context(), force_locale("en"):
        found = {
            str(table[why]) for name, table in TABLES.items() if name.endswith("refusal") and why in table
        }
    return {unescape(one) for one in found}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("actor", ACTORS)
def test_refused_in_words_and_kept(attacked: World, actor: str, attack: str) -> None:
    it, things = ATTACKS[attack], attacked.things[actor]
    path = it.address.format(**{name: str(value) for name, value in things.ids.items()})
    before, known = attacked.guarded(), attacked.entries()
    answer = attacked.post(actor, path, it.form(things))
    added = attacked.entries()[len(known) :]
    assert attacked.guarded() == before
    assert len(added) == 1, (answer.status_code, added)
    [(action, facts)] = added
    needed = permission_of(attacked.bureau.site.app, f"pages.{it.endpoint}")
    permitted = actor == EVERYTHING or needed in ROLES[actor]
    if not permitted:
        assert (answer.status_code, action) == (403, "account.act-refused")
        assert facts["act"] == f"pages.{it.endpoint}"
        assert "Your roles do not include" in answer.text
        return
    assert action == ("hold.refused" if it.endpoint.startswith("hold_") else "act.refused")
    assert facts["act"] == it.endpoint
    assert facts["why"] in it.why.split(), facts
    if answer.status_code == 303:
        answer = attacked.clients[actor].get(answer.location)
    assert answer.status_code < 500
    text = unescape(answer.text)
    assert any(one in text for one in sentences(attacked, facts["why"])), facts


IMPORTED = "案号,名称,类型,状态,归档日期,档号\n{number},某店案,普通程序,已归档,{day},D-1\n"


@pytest.mark.parametrize("actor", ACTORS)
def test_an_imported_date_of_long_ago_shortens_nothing(attacked: World, actor: str) -> None:
    """An archived case that comes with an older date of acceptance, or as another type: nothing kept moves back."""
    client, token = attacked.clients[actor], attacked.tokens[actor]
    before = attacked.guarded()
    for day in ("1999-01-01", "2099-01-01"):
        table = IMPORTED.format(number=f"archived {username_of(actor)}", day=day).encode()
        form = {"csrf_token": token, "source": "x", "file": FileStorage(io.BytesIO(table), "a.csv")}
        boundary, body = encode_multipart(form)
        kind = f"multipart/form-data; boundary={boundary}"
        page = client.post("/cases/import", data=body, content_type=kind)
        if (
            actor != EVERYTHING
            and permission_of(attacked.bureau.site.app, "pages.case_import_try") not in ROLES[actor]
        ):
            assert page.status_code == 403
            continue
        assert page.status_code in {200, 400}
        draft = page.text.partition('action="/cases/import/')[2].partition('"')[0]
        if draft:
            assert (
                client.post(f"/cases/import/{draft}", data={"csrf_token": token, "go": "1"}).status_code
                == 200
            )
    after = attacked.guarded()
    assert after["clips"] == before["clips"]
    known = {row[0]: row for row in after["cases"]}
    for row in before["cases"]:
        assert known[row[0]][:3] == row[:3], "state and type stay"
        assert known[row[0]][6] == row[6], "the server's date of acceptance stays"


def test_the_api_has_no_way_to_any_of_it(attacked: World) -> None:
    """A station's token opens none of these pages, and none of the API's routes is about keeping or destroying."""
    app = attacked.bureau.site.app
    words = ("retention", "disposal", "hold", "seal", "archive", "case", "lock")
    api = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("api.")}
    assert not [rule for rule in api if any(word in rule for word in words)]
    token = attacked.bureau.shelves["officer"].station_token
    before = attacked.guarded()
    for it in ATTACKS.values():
        things = attacked.things[EVERYTHING]
        path = it.address.format(**{name: str(value) for name, value in things.ids.items()})
        answer = app.test_client().post(
            path, data=it.form(things), headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code in {400, 401}
    assert attacked.guarded() == before
