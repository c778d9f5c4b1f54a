"""Each entry of the log as a sentence: one for every act, nothing said that the reader is not told."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from flask_babel import force_locale
from sqlalchemy import select

from catalog.actors import system
from catalog.custody.listing import EntryLine
from catalog.custody.log import add_entry
from catalog.models import Account, CustodyEntry, Officer
from catalog.people import person
from catalog.rules.entry_changes import CHANGING
from tests.web.conftest import Site
from tests.web.test_words import ROOT, actions_in_code
from web.log_sentences import changes, reasons, sentence
from web.log_values import say_field, say_value
from web.words import TABLES
from web.words.act_sentences import ACT_SENTENCES
from web.words.actions import ACTIONS
from web.words.log_fields import LOG_FIELDS, SUBJECT_PHRASES, VALUE_TABLES

ID = "0197e0a0-0000-7000-8000-000000000001"
NOW = datetime(2026, 11, 27, 1, 2, 3, tzinfo=UTC)


def line(
    action: str,
    *,
    facts: Mapping[str, Any] | None = None,
    private: Mapping[str, Any] | None = None,
    subjects: Mapping[str, list[str]] | None = None,
    names: Mapping[str, str] | None = None,
    withheld: str = "",
    actor: str = "person",
) -> EntryLine:
    record = {"actor": actor, "facts": dict(facts or {}), "subjects": dict(subjects or {})}
    entry = CustodyEntry(action=action, at=NOW)
    return EntryLine(entry, 1, record, dict(private or {}), withheld, names or {})


def said(site: Site, one: EntryLine, language: str = "zh_Hans_CN") -> str:
    with site.app.test_request_context(), force_locale(language):
        return str(sentence(one))


LI = {"actor": {"id": ID, "name": "li", "roles": ["handler"]}, "address": "10.0.0.7"}


def test_every_act_has_a_sentence() -> None:
    assert (actions_in_code() | set(ACTIONS)) - set(ACT_SENTENCES) == set()
    assert set(ACT_SENTENCES) - set(ACTIONS) == set()
    assert set(ACT_SENTENCES) >= CHANGING


def test_a_card_sealed_anew_is_told_as_other_acts_are(site: Site) -> None:
    with site.app.test_request_context(), force_locale("zh_Hans_CN"):
        told = [str(one) for one in ACT_SENTENCES["recorder.sealed-anew"]]
    for name in ("who", "recorder", "is", "was"):
        assert not any(re.search(rf" %\({name}\)s|%\({name}\)s ", one) for one in told), (
            "no blank beside a name"
        )
    assert "仍处于封存状态" in told[1]


KEEPS_NO_BEFORE = {
    "something new, nothing stood there": """
        account.created account.invited account.link-issued account.passkey-added account.token-created case.created
        case.imported case.import-run case.split clip.attached clip.marked clip.suggestion-declined clip.reviewed
        custody.checked disposal.listed disposal.opened footage.imported incident.opened officer.entered
        recorder.checked recorder.recall-opened recorder.substitute-asked schedule.drafted schedule.tried seal.proposed
        seal.lift-proposed seal.lift-refused seal.reader-proposed seal.reader-confirmed seal.reader-removed
        station.code-issued station.registered station.retry-ordered station.sheet-key-pinned step.added
        step.coverage-explained case.acceptance-checked case.accepted-on-check case.read-back-asked
        clip.stage-requested clip.purpose-stated clip.consulted""",
    "a secret stood there": """
        account.invitation-used account.password-set account.recovery-codes-made station.token-changed""",
    "the state, where it changes, is kept by `note_down`": """
        recorder.back-from-repair recorder.fault-rejected recorder.fault-reported recorder.repair-failed
        recorder.sent-to-repair recorder.work-noted""",
    "signing in and out, and what was refused": """
        account.act-refused account.invitation-refused account.locked-out account.look-refused
        account.refusals-counted account.session-idle account.sessions-ended account.sign-in-refused account.signed-in
        account.signed-out account.token-used act.refused hold.refused clip.out-of-reach station.enrolment-refused""",
    "a look, a search, or something taken out": """
        case.coverage-printed case.paper-made case.register-exported clip.downloaded clip.marks-printed
        clip.pictures-listed clip.played clip.timestamp-downloaded custody.exported disposal.register-downloaded
        disposal.report-printed docking.manifest-downloaded docking.sheet-printed recorder.printed seal.looked
        search.made""",
    "stations and the system: what was received, made, found or measured": """
        catalog.backed-up catalog.rebuild-begun catalog.rebuilt catalog.restored clip.analysed clip.copy-added
        clip.copy-rebuilt clip.copy-verified clip.described clip.read-again clip.rebuilt clip.received clip.rendered
        clip.renditions-removed clip.reverified clip.timestamped clip.verified custody.forwarding-begun
        disposal.failed disposal.register-kept docking.closed docking.manifest-kept docking.opened docking.recognised
        docking.sheet-kept docking.sheet-rebuilt recorder.cleared recorder.doubt-raised recorder.first-seen
        recorder.gaps-seen sheets.proved station.order-done storage.inventoried storage.probed""",
    "its entries before it, `clip.lock-decided`, keep the date": "clip.kept-longer clip.destroyed",
}
"""Acts whose entries keep no before and after, and why."""


def test_every_act_keeps_before_and_after_or_is_accounted_for() -> None:
    accounted = [action for acts in KEEPS_NO_BEFORE.values() for action in acts.split()]
    assert len(accounted) == len(set(accounted))
    assert set(accounted) & CHANGING == set()
    assert set(ACTIONS) - set(accounted) - CHANGING == set(), (
        "say what stood before, or why nothing is kept of it"
    )
    assert (set(accounted) | CHANGING) - set(ACTIONS) == set()


@pytest.mark.parametrize("language", ["en", "zh_Hans_CN"])
def test_every_act_can_be_said_when_nothing_is_told(site: Site, language: str) -> None:
    for action in ACT_SENTENCES:
        told = said(site, line(action, withheld="clip"), language)
        assert told, action
        assert "%" not in told, action
        assert "—" not in told, f"{action}: the last sentence must need nothing but who and about what"


def test_the_handlers_of_a_case_change(site: Site) -> None:
    case, a, b, c = (f"0197e0a0-0000-7000-8000-00000000000{n}" for n in range(1, 5))
    one = line(
        "case.handlers-changed",
        subjects={"case": [case]},
        private={**LI, "before": [a, b], "after": [c, None], "reason": "轮岗"},
        names={case: "2026-112", a: "王建国", b: "李秀兰", c: "赵敏"},
    )
    assert said(site, one) == "li（承办人）将案件 2026-112 的承办人由王建国、李秀兰改为赵敏。"
    assert said(site, one, "en").endswith("from 王建国, 李秀兰 to 赵敏.")
    with site.app.test_request_context():
        assert [text for _, text in reasons(one)] == ["轮岗"]
        assert [(x.before, x.after) for x in changes(one)] == [("王建国", "赵敏"), ("李秀兰", "—")]


def test_what_is_withheld_is_not_said(site: Site) -> None:
    hidden = line("seal.proposed", private=LI, subjects={"clip": [ID]}, withheld="seal")
    assert ID not in said(site, hidden)
    assert "li" in said(site, hidden, "en")
    nobody = line("hold.set", subjects={"clip": [ID]}, withheld="hold")
    assert "li" not in said(site, nobody, "en").split()
    assert "not told here" in said(site, nobody, "en")
    searched = line("search.made", facts={"where": "clips", "by": ["words"]}, private=LI, withheld="audit")
    assert "not told here" in said(site, searched, "en")


def test_names_are_no_markup_and_no_format(site: Site) -> None:
    one = line("officer.entered", private=LI, subjects={"officer": [ID]}, names={ID: "<b>%(who)s\u202e"})
    told = said(site, one)
    assert "<b>" not in told
    assert "&lt;b&gt;%(who)s" in told
    assert "\u202e" not in told


def test_things_are_links_for_those_who_may_see_them(site: Site) -> None:
    one = line("case.changed", private=LI, subjects={"case": [ID]}, names={ID: "112"})
    with site.app.test_request_context(), force_locale("en"):
        assert f'<a href="/cases/{ID}">case 112</a>' in sentence(one, frozenset({"CASE_READ"}))
        assert "<a" not in sentence(one)
        clip = line("clip.played", private=LI, subjects={"clip": [ID]}, withheld="clip")
        assert "<a" not in sentence(clip, frozenset({"CLIP_FIND"}))


def test_values_are_said_in_words(site: Site) -> None:
    with site.app.test_request_context(), force_locale("en"):
        assert say_value("recorder.retired", "state", "retired", {}) == "retired"
        assert say_value("case.moved", "state", "handed-over", {}) == "handed over"
        assert say_value("clip.played", "expires", "2026-11-27T01:02:03.000000Z", {}) == "2026-11-27 09:02:03"
        assert say_value("step.changed", "ended_at", None, {}) == "—"
        assert say_value("case.changed", "coercion", True, {}) == "Yes"
        assert say_value("case.changed", "unit_id", ID, {ID: "Section 2"}) == "Section 2"
        assert say_field("row 3") == f"{say_field('row')} 3"


def test_every_field_that_entries_keep_has_a_word() -> None:
    assert fields_in_code() - set(LOG_FIELDS) == set()


def test_tables_that_fields_name_exist() -> None:
    assert set(VALUE_TABLES.values()) - set(TABLES) == set()
    assert set(SUBJECT_PHRASES) == set(TABLES["subject"])


def fields_in_code() -> set[str]:
    """Names that stand in `facts`, `private` and `named` of whatever adds an entry."""
    found: set[str] = set()
    for room in ("catalog", "web", "liuhen"):
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                    "add_entry", "_enter", "enter", "note_down",
                }:  # fmt: skip
                    for given in node.keywords:
                        if given.arg in {"facts", "private", "named"}:
                            found |= {
                                key.value
                                for inner in ast.walk(given.value)
                                if isinstance(inner, ast.Dict)
                                for key in inner.keys
                                if isinstance(key, ast.Constant) and isinstance(key.value, str)
                            }
    return found


def enter(site: Site, action: str, **given: Any) -> UUID:
    actor = given.pop("actor", system("test"))
    with site.database.write() as session:
        return add_entry(session, actor=actor, action=action, now=site.components.clock(), **given)


def test_the_log_tells_who_did_what_and_why(site: Site) -> None:
    with site.database.read() as session:
        account = session.scalars(select(Account).where(Account.username == "li")).one()
        li = person(account, "10.0.0.7")
        officer = session.scalars(select(Officer).limit(1)).one().id
    enter(
        site, "case.handlers-changed", actor=li, subjects={"case": site.cases[0]},
        private={"before": [None, None], "after": [str(officer), None], "reason": "rotation of posts"},
    )  # fmt: skip
    page = html.unescape(site.client("chen", "en").get("/custody").text)
    assert "changed the handlers of" in page
    assert "rotation of posts" in page
    assert "(case handler)" in page


def test_an_auditor_reads_that_a_case_was_changed_and_not_what_it_says(site: Site) -> None:
    entry = enter(
        site, "case.changed", subjects={"case": site.cases[0]},
        facts={"fields": ["filed_on", "party", "title"], "state": "open"},
        private={
            "before": {"party": "Secret Party", "title": "Secret Title", "filed_on": "2026-01-02"},
            "after": {"party": "Other Party", "title": "Other Title", "filed_on": "2026-01-03"},
        },
    )  # fmt: skip
    for path in (f"/custody/{entry}", "/custody"):
        page = site.client("zhao", "en").get(path).text
        for hidden in ("Secret Party", "Secret Title", "Other Party", "Other Title"):
            assert hidden not in page
    page = html.unescape(site.client("zhao", "en").get(f"/custody/{entry}").text)
    assert "2026-01-02" in page
    assert "2026-01-03" in page
    assert "not told here" in page
    assert "is not shown to who reads the log and no content" in page
    whole = site.client("chen", "en").get(f"/custody/{entry}").text
    assert "Secret Party" in whole
    assert "is not shown to who reads the log" not in whole


@pytest.mark.parametrize("action", ["clip.marked", "clip.mark-changed", "clip.mark-removed"])
def test_an_auditor_reads_that_a_place_was_marked_and_not_the_note(site: Site, action: str) -> None:
    entry = enter(
        site, action, subjects={"clip": site.clip}, facts={"start": 3.5, "end": None, "preset": None},
        private={"note": "what is seen there", "before": "what was seen before", "reason": "marked twice"},
    )  # fmt: skip
    for path in (f"/custody/{entry}", "/custody"):
        page = site.client("zhao", "en").get(path).text
        assert "what is seen there" not in page
        assert "what was seen before" not in page
        assert "marked twice" in page
    assert "what is seen there" in site.client("chen", "en").get(f"/custody/{entry}").text


def test_the_page_of_an_entry_shows_before_and_after_in_words(site: Site) -> None:
    entry = enter(
        site, "case.moved", subjects={"case": site.cases[0]},
        facts={"move": "finish", "from": "open", "to": "finished", "role": "handler"},
    )  # fmt: skip
    page = site.client("chen", "en").get(f"/custody/{entry}").text
    table = re.search(r'<table class="changed">.*?</table>', page, re.DOTALL)
    assert table is not None
    assert re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", table[0]) == [
        "What changed", "Was", "Is now", "State", "open", "finished",
    ]  # fmt: skip
    assert "The system (test)" in page


def test_somebody_without_a_name_is_somebody(site: Site) -> None:
    assert said(site, line("account.signed-out", private={"actor": {"name": "", "roles": []}}), "en") == (
        "Somebody signed out."
    )
