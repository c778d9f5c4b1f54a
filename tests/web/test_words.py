"""Nothing is shown as a bare code, and nothing is left untranslated."""

from __future__ import annotations

import ast
import hashlib
import re
from pathlib import Path
from typing import get_args

import pytest

from catalog import explaining, permissions, saved_views, stages
from catalog.accounts import reading as account_reading
from catalog.accounts import refusals as account_refusals
from catalog.archiving import accepting, checking, expiry, labels
from catalog.auditing import exporting
from catalog.auditing import unusual as unusual_report
from catalog.case_files import attaching, cases, detaching, entering, handling, joining, life, unattached
from catalog.case_files.importing import columns, planning, reading
from catalog.coverage import notes as coverage_acts
from catalog.disposal import refusals
from catalog.disposal.destroying import WHY_FAILED
from catalog.documents import receiving
from catalog.finding import wanted
from catalog.holds import acts, seals
from catalog.maintenance import log as maintenance_log
from catalog.maintenance import officers as officers_over_time
from catalog.maintenance import register as recorder_register
from catalog.maintenance import safe, tables
from catalog.purposes import standing, stating, stating_for_all
from catalog.retention import schedules, walking
from catalog.rules import (
    act_groups,
    administrations,
    archive_number,
    case_life,
    coverage,
    coverage_notes,
    disposal,
    expired,
    four_checks,
    giving_out,
    holds,
    looking,
    major_decision,
    marks,
    month_grid,
    passwords,
    qualified,
    recall,
    recorder_state,
    recording_rules,
    retention,
    suggesting,
    unusual_access,
)
from catalog.rules import passkeys as passkey_rules
from catalog.rules import seals as seal_rules
from catalog.rules.holder import FLAGS, SOURCES
from catalog.rules.measured import FLAGS as MEASURED_FLAGS
from catalog.rules.recorded_time import PREFERENCE
from catalog.rules.slot_state import SlotWord
from catalog.signing_in import passkeys, second_factor, tokens
from ingest.protocol import FileEnd
from web import words
from web.pages.asked import WHEN
from web.pages.custody_asked import PERIODS
from web.translations import update
from workers.media.analysis import RateKind
from workers.media.facts import WARNINGS
from workers.media.playable import How
from workers.media.renditions import RenditionKind

ROOT = Path(__file__).parents[2]


def actions_in_code() -> set[str]:
    found = set()
    for room in ("catalog", "web", "workers"):
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {
                    "add_entry",
                    "_enter",
                    "enter",
                    "note_down",
                }:
                    for value in [*node.args, *(k.value for k in node.keywords if k.arg == "action")]:
                        found |= {
                            n.value
                            for n in ast.walk(value)
                            if isinstance(n, ast.Constant)
                            and isinstance(n.value, str)
                            and re.fullmatch(r"[a-z]+\.[a-z-]+", n.value)
                        }
    return found


def standing_jobs_in_code() -> set[str]:
    tree = ast.parse((ROOT / "workers" / "app.py").read_text(encoding="utf-8"))
    return {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") == "noted"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        ("accept refusal", accepting.WHY),
        ("account event", account_reading.EVENTS),
        ("account refusal", account_refusals.WHY),
        ("account state", account_reading.STATES),
        ("clash", administrations.REASONS),
        ("invitation refusal", account_refusals.INVITATION_WHY),
        ("password weakness", passwords.WEAKNESSES),
        ("permission", [one.value for one in explaining.OF_PEOPLE]),
        ("permission subject", explaining.SUBJECTS),
        ("role purpose", permissions.ROLES),
        ("act group", act_groups.GROUPS),
        ("log export refusal", exporting.WHY),
        ("giving refusal", giving_out.WHY),
        ("giving reason", giving_out.REASONS),
        ("log period", PERIODS),
        ("unusual", unusual_access.RULES),
        ("unusual refusal", unusual_report.WHY),
        ("action", actions_in_code()),
        ("activity", cases.ACTIVITIES),
        ("case move", case_life.MOVES),
        ("case move refusal", life.WHY),
        ("case refusal", entering.WHY),
        ("case joining refusal", joining.WHY),
        ("case handlers refusal", handling.WHY),
        ("case field", {*planning.PLAIN, *columns.HEADINGS, "handlers", "unit_id", "handler_id"}),
        ("import note", planning.NOTES),
        ("import refusal", reading.WHY),
        ("import row", {*planning.BAD_WHY, *columns.SAID_WHY, *reading.ROW_WHY}),
        ("refused right", planning.RIGHTS),
        ("import outcome", {"new", "changed", "unchanged", "conflict", "bad"}),
        ("major reason", major_decision.REASONS),
        ("major subject", major_decision.SUBJECTS),
        ("case stage", cases.STAGES),
        ("case state", case_life.STATES),
        ("case type", cases.TYPES),
        ("check refusal", checking.WHY),
        ("clip state", wanted.STATES),
        ("coverage act", {"circumstances", "explain", *get_args(coverage_notes.Decision)}),
        ("coverage level", coverage.LEVELS),
        ("coverage reason", coverage.REASONS),
        ("coverage refusal", coverage_acts.WHY),
        ("coverage state", coverage_notes.STATES),
        ("coverage why", coverage_notes.WHYS),
        ("disposal item", disposal.ITEM_STATES),
        ("disposal part", disposal.PARTS),
        ("disposal proposal", disposal.PROPOSALS),
        ("disposal refusal", refusals.WHY),
        ("disposal state", disposal.STATES),
        ("end", get_args(FileEnd)),
        (
            "flag",
            {
                *WARNINGS,
                "partial",
                "unregistered-recorder",
                "provenance-unproven",
                *FLAGS,
                *MEASURED_FLAGS,
                *qualified.FLAGS,
                "recorder-faulty",
                "test-recording",
                recall.FLAG,
            },
        ),
        ("four group", four_checks.GROUPS),
        ("four reason", four_checks.REASONS),
        ("four result", four_checks.RESULTS),
        ("four test", [test for tests in four_checks.TESTS.values() for test in tests]),
        ("declare refusal", unattached.WHY),
        ("detach refusal", detaching.WHY),
        ("document refusal", receiving.WHY),
        ("fit", suggesting.REASONS),
        ("gap refusal", {"no-explanation", "explained-already"}),
        ("seal refusal", {"no-place", "place-too-long", "sealed-already", "not-sealed", "same-place"}),
        ("hold reason", holds.REASONS),
        ("hold refusal", acts.WHY),
        ("hold target", holds.TARGETS),
        ("kind", wanted.KINDS),
        ("coercion", retention.COERCION),
        ("look ground", looking.Ground),
        ("look purpose", looking.PURPOSES),
        ("look refusal", {"unknown-clip", "purpose-missing"}),
        ("purpose refusal", {*stating.WHY, *stating_for_all.WHY, *standing.LOOK_WHY}),
        ("seal ground", seal_rules.GROUNDS),
        ("seal state", {"proposed", "standing", "lifted", "withdrawn"}),
        ("sealing refusal", seals.WHY),
        ("stage state", {stages.SEALED}),
        ("recorder state", recorder_state.STATES),
        ("fault", recorder_state.FAULTS),
        ("doubt", recorder_state.DOUBTS),
        ("check item", recorder_state.ITEMS),
        ("check result", recorder_state.RESULTS),
        ("check occasion", recorder_state.OCCASIONS),
        ("repair result", recorder_state.RESULTS_OF_REPAIR),
        ("recorder work", recorder_register.WORKS),
        ("data safe", safe.SAFE),
        ("data removal", safe.REMOVALS),
        ("verdict", recall.VERDICTS),
        ("maintenance refusal", maintenance_log.WHY),
        ("officer refusal", officers_over_time.WHY),
        ("table refusal", tables.WHY),
        ("mark refusal", marks.WHY),
        ("not expired", {*expired.REASONS, *WHY_FAILED, "taken-off", "undone", "returned", "restored"}),
        ("period start", retention.STARTS),
        ("row role", retention.ROLES),
        ("schedule refusal", schedules.WHY),
        ("schedule state", schedules.STATES),
        ("trial outcome", walking.OUTCOMES),
        ("label refusal", labels.WHY),
        ("number field", [name for name in archive_number.FIELDS if name != "serial"]),
        ("period", archive_number.PERIODS),
        ("method", attaching.METHODS),
        ("standing", {"attached", "detached", "gone"}),
        ("preset", marks.ORDER),
        ("refusal", attaching.WHY),
        ("record scope", recording_rules.SCOPES),
        ("rendition", get_args(RenditionKind)),
        ("requirement", recording_rules.REQUIREMENTS),
        ("role", permissions.ROLES),
        ("shown as", get_args(How)),
        ("slot", get_args(SlotWord)),
        ("source", {*PREFERENCE, *SOURCES, "decoded"}),
        ("no passkeys", passkey_rules.NO_PASSKEYS),
        ("passkey refusal", passkeys.WHY),
        ("second factor refusal", second_factor.WHY),
        ("token permission", permissions.TOKEN_PERMISSIONS),
        ("token refusal", tokens.WHY),
        ("stage", stages.STAGES),
        ("job", {*stages.STAGES, *standing_jobs_in_code()}),
        ("rate kind", get_args(RateKind)),
        ("volume", attaching.VOLUMES),
        ("undated", expiry.GROUPS),
        ("view refusal", saved_views.WHY),
        ("weekday", month_grid.WEEKDAYS),
        ("weekday short", month_grid.WEEKDAYS),
        ("weight", attaching.ROLES),
        ("when", WHEN),
    ],
)
def test_every_code_has_its_word(table: str, codes: set[str]) -> None:
    assert set(codes) - set(words.TABLES[table]) == set()


def test_there_are_actions_in_the_code() -> None:
    assert {"clip.received", "clip.played", "account.signed-in", "clip.verified"} <= actions_in_code()


def test_reasons_of_stations_have_their_words() -> None:
    from ingest.words.words import _WORDS  # noqa: PLC0415

    reasons = list(_WORDS)[: list(_WORDS).index("held already") + 1]
    assert set(reasons) - set(words.TABLES["reason"]) == set()


def test_everything_said_is_translated() -> None:
    said = {str(m.id) for m in update.sentences() if m.id}
    kept = {str(m.id) for m in update.kept() if m.id}
    assert said == kept, "run `python -m web.translations.update` and translate what it names"
    assert update.missing(update.kept()) == []


def test_the_compiled_catalog_is_as_new_as_its_source() -> None:
    import gettext  # noqa: PLC0415

    with update.FILE.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message in update.kept():
        if message.id and isinstance(message.id, str):
            assert compiled.gettext(message.id) == message.string


def test_values_survive_translation() -> None:
    for message in update.kept():
        texts = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        names = {name for text in texts for name in re.findall(r"%\((\w+)\)s", str(text))}
        for string in strings:
            assert set(re.findall(r"%\((\w+)\)s", str(string))) == names, message.id


def test_sentences_of_other_rooms() -> None:
    from flask import Flask  # noqa: PLC0415
    from flask_babel import Babel, force_locale  # noqa: PLC0415

    app = Flask(__name__)
    Babel(app, default_translation_directories=str(update.FILE.parents[2]))
    with app.test_request_context(), force_locale("zh_Hans_CN"):
        assert words.say_sentence("the file has no bytes") == "文件没有内容"
        assert words.say_sentence("browsers do not play hevc") == "浏览器不能播放 hevc"
        assert words.say_sentence(
            "player: no sound could be decoded; waveform: odd"
        ) == "播放副本: 没有可解码的声音; waveform: odd".replace("waveform", "波形")
        refused = "the storage refuses the worker; it is tried again by itself: reading x: 403"
        assert words.say_sentence(refused) == "存储拒绝了后台任务的访问，会自动重试：reading x: 403"
        assert words.say_sentence("something new") == "something new"
        assert words.say("flag", "something-new") == "something-new"


def test_vendored_files_are_as_published() -> None:
    vendor = ROOT / "web" / "static" / "vendor"
    rows = re.findall(
        r"\| (\S+/\S+) \| ([0-9a-f]{64}) \|", (vendor / "README.md").read_text(encoding="utf-8")
    )
    assert len(rows) == 2
    for name, digest in rows:
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest
        assert (vendor / name).with_name("LICENSE").exists()
