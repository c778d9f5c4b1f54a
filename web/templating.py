"""What every template can say: words, formats, assets, and what the reader may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, request
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from catalog.accounts.reading import count_wishes
from catalog.actors import Actor
from catalog.case_files.detaching import count_waiting
from catalog.case_files.whose import changes
from catalog.maintenance.waiting import count_recorders_waiting
from catalog.permissions import Permission, may
from catalog.rules.free_text import shown
from catalog.rules.giving_out import REASONS
from web.actor import signed_in, signed_in_person, the_person
from web.allowed import allowed_here
from web.assets import asset
from web.components import components
from web.formats import FILTERS
from web.language import language_tag
from web.signing_in.entering import is_freshly_proven
from web.signing_in.sitting import idle
from web.words import say, say_finding, say_sentence
from web.words.kept import hold_sentences, kept_sentence, rule_sentence
from web.words.stations import say_trouble


@dataclass(frozen=True, slots=True)
class Way:
    """One line of the navigation."""

    endpoint: str
    label: Any
    needs: Permission
    inside: tuple[str, ...]
    """Endpoints that count as being in this part."""


WAYS = (
    Way("pages.shift", _l("My shift"), Permission.SELF, ("pages.shift",)),
    Way("pages.my_recorder", _l("My recorder"), Permission.FAULT_REPORT, ("pages.my_recorder",)),
    Way("pages.clips", _l("Recordings"), Permission.CLIP_READ, ("pages.clips", "pages.clip")),
    Way("pages.mine", _l("My cases"), Permission.CLIP_ATTACH, ("pages.mine",)),
    Way(
        "pages.cases",
        _l("Cases"),
        Permission.CASE_READ,
        (
            "pages.cases",
            "pages.case",
            "pages.step_clips",
            "pages.case_new",
            "pages.case_edit",
            "pages.step_new",
            "pages.step_edit",
            "pages.case_handlers",
            "pages.case_merge",
            "pages.case_split",
            "pages.case_import",
        ),
    ),
    Way("pages.unattached", _l("Unattached"), Permission.CLIP_DECLARE, ("pages.unattached",)),
    Way("pages.detachments", _l("Detachments"), Permission.CLIP_DETACHMENT, ("pages.detachments",)),
    Way(
        "pages.coverage",
        _l("Recording gaps"),
        Permission.CASE_READ,
        ("pages.coverage", "pages.step_coverage", "pages.recording_rules"),
    ),
    Way(
        "pages.retention",
        _l("Retention"),
        Permission.RETENTION_READ,
        (
            "pages.retention",
            "pages.retention_schedule",
            "pages.retention_trial",
            "pages.retention_no_row",
        ),
    ),
    Way(
        "pages.archive",
        _l("Archives"),
        Permission.ARCHIVE_READ,
        ("pages.archive", "pages.archive_files", "pages.archive_file", "pages.archive_expiries"),
    ),
    Way(
        "pages.disposal",
        _l("Appraisal and destruction"),
        Permission.DISPOSAL_READ,
        ("pages.disposal", "pages.disposal_expired", "pages.appraisal"),
    ),
    Way("pages.dockings", _l("Docking"), Permission.DOCKING_READ, ("pages.dockings", "pages.docking")),
    Way(
        "pages.stations", _l("Stations"), Permission.STATION_MANAGE, ("pages.stations", "pages.station_code")
    ),
    Way(
        "pages.recorders",
        _l("Recorders"),
        Permission.RECORDER_READ,
        (
            "pages.recorders",
            "pages.recorder",
            "pages.recorder_board",
            "pages.recorder_checks",
            "pages.recall",
            "pages.recorders_import",
        ),
    ),
    Way(
        "pages.officers",
        _l("Officers"),
        Permission.OFFICER_MANAGE,
        ("pages.officers", "pages.officer", "pages.officers_import"),
    ),
    Way(
        "pages.operations",
        _l("Operations"),
        Permission.OPERATIONS_READ,
        ("pages.operations", "pages.operations_failed"),
    ),
    Way(
        "pages.accounts",
        _l("Accounts"),
        Permission.ACCOUNT_READ,
        ("pages.accounts", "pages.account_new", "pages.account_invite", "pages.account_view"),
    ),
    Way("pages.roles", _l("Roles"), Permission.ACCOUNT_READ, ("pages.roles",)),
    Way("pages.incidents", _l("Incidents"), Permission.INCIDENT_READ, ("pages.incidents",)),
    Way(
        "pages.holds",
        _l("Holds"),
        Permission.HOLD_SET,
        ("pages.holds", "pages.hold_new", "pages.hold_set"),
    ),
    Way("pages.seals", _l("Seals"), Permission.SEAL_DECIDE, ("pages.seals", "pages.seal_new")),
    Way("pages.sealed", _l("Sealed, for me"), Permission.SEAL_LOOK, ("pages.sealed",)),
    Way(
        "pages.custody",
        _l("Custody log"),
        Permission.CUSTODY_READ,
        ("pages.custody", "pages.custody_entry", "pages.unusual", "pages.custody_export"),
    ),
)


OFFICERS_ONLY = frozenset({"pages.shift", "pages.my_recorder"})
"""Parts about a person's own recordings and recorder; who is no officer has none."""


def ways() -> list[Way]:
    """Answer the parts of the house this person may enter; the shift is for officers only, the sealed for those named."""
    me = signed_in()
    actor = signed_in_person()
    return [
        way
        for way in WAYS
        if may(actor, way.needs)
        and (way.endpoint not in OFFICERS_ONLY or (me is not None and me.officer_id))
        and (way.endpoint != "pages.sealed" or (actor is not None and actor.named))
    ]


def _recorders_waiting(session: Session, _actor: Actor) -> int:
    here = components()
    limits = here.settings.catalog.recorder_limits()
    return count_recorders_waiting(session, limits=limits, now=here.clock())


_WAITING: dict[str, tuple[Permission, Callable[[Session, Actor], int]]] = {
    "pages.accounts": (Permission.ACCOUNT_GRANT, lambda session, _actor: count_wishes(session)),
    "pages.detachments": (Permission.CLIP_DETACHMENT, count_waiting),
    "pages.recorders": (Permission.RECORDER_MANAGE, _recorders_waiting),
}
"""Lines with a number: for whom it is counted, and how. Who only reads a part is not told what waits in it."""


def badge(endpoint: str) -> int:
    """Answer the number beside a line of the navigation: what waits there for this person; 0 for nothing."""
    actor = signed_in_person()
    if actor is None or endpoint not in _WAITING:
        return 0
    needed, count = _WAITING[endpoint]
    if not may(actor, needed):
        return 0
    with components().database.read() as session:
        return count(session, actor)


def _on_screen(value: Any) -> Any:
    """Answer what an expression of a template puts out: direction marks are seen, and turn nothing."""
    return shown(value) if isinstance(value, str) and not isinstance(value, AsItIs) else value


class AsItIs(Markup):
    """Escaped text whose every character counts, because a digest is of it; its place on the page turns nothing else."""


def _as_it_is(text: str) -> AsItIs:
    return AsItIs(escape(text))


def add_words(app: Flask) -> None:
    """Give the templates their words."""
    app.jinja_env.finalize = _on_screen
    app.jinja_env.filters.update(FILTERS, role_word=lambda role: say("role", role), as_it_is=_as_it_is)
    app.jinja_env.globals.update(
        asset=asset,
        giving_reasons=REASONS,
        badge=badge,
        say=say,
        say_finding=say_finding,
        say_sentence=say_sentence,
        say_trouble=say_trouble,
        kept_sentence=kept_sentence,
        hold_sentences=hold_sentences,
        rule_sentence=lambda rule: rule_sentence(rule, ZoneInfo(components().settings.time_zone)),
        language_tag=language_tag,
        is_freshly_proven=is_freshly_proven,
    )

    @app.context_processor
    def _each_page() -> dict[str, Any]:
        here = components()
        return {
            "may": allowed_here().__contains__,
            "changes_case": lambda case: changes(the_person(), case),
            "bureau": here.settings.bureau_name,
            "me": signed_in(),
            "now": here.clock(),
            "zone_name": here.settings.time_zone,
            "ways": ways(),
            "here": request.endpoint,
            "session_seconds": int(idle().total_seconds()),
        }
