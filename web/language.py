"""Chinese first, English complete: which one a request is answered in."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, has_request_context, request, session
from flask_babel import Babel, get_locale

from catalog.people import LANGUAGES
from web.actor import signed_in

DEFAULT = "zh_Hans_CN"
TAGS = {"zh_Hans_CN": "zh-Hans", "en": "en"}
"""For the `lang` attribute; without it browsers draw Chinese with Japanese glyphs."""


def select_language() -> str:
    """Answer what was chosen in this session, else the account's own, else Chinese."""
    if not has_request_context() or request.blueprint in {"api", "reading"}:
        return DEFAULT
    chosen = session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    account = signed_in()
    return account.language if account is not None and account.language in LANGUAGES else DEFAULT


def language_tag() -> str:
    """Answer the page's language for `lang`."""
    return TAGS[str(get_locale() or DEFAULT)]


def add_languages(app: Flask, time_zone: str) -> None:
    """Install Flask-Babel; the catalogs lie beside this file, compiled ones included."""
    Babel(
        app,
        default_locale=DEFAULT,
        default_timezone=time_zone,
        default_translation_directories=str(Path(__file__).parent / "translations"),
        locale_selector=select_language,
    )
