"""Values of custody entries as people read them: codes, ids, moments and lists in words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from catalog.rules.entry_changes import WITHHELD
from web.formats import moment, size, span, time_code
from web.speech import _
from web.words import TABLES, say
from web.words.log_fields import LOG_FIELDS, VALUE_TABLES

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")
_SECONDS = frozenset({"wait_seconds", "seconds_left"})
_REFUSED = "act.refused"


def say_field(name: str) -> str:
    """Answer what a field of an entry is called; one without a word is shown as it is."""
    base, _space, number = name.partition(" ")
    said = str(LOG_FIELDS.get(base, base))
    return f"{said} {number}" if number else said


def say_value(action: str, field: str, value: Any, names: Mapping[str, str]) -> str:
    """Answer a value as people read it; `names` says what ids are called, as far as the reader may know."""
    if value in (None, "", [], {}):
        return "—"
    match value:
        case bool():
            words = TABLES.get(table_of(action, field) or "", {})
            return str(words.get(str(value), _("Yes") if value else _("No")))
        case list():
            return _(", ").join(say_value(action, field, one, names) for one in value)
        case Mapping():
            return _("; ").join(
                f"{_say_key(field, name)} {say_value(action, _inner(field, name), one, names)}"
                for name, one in value.items()
            )
        case int() | float():
            return _say_number(field, value)
    return _say_text(action, field, str(value), names)


def _say_number(field: str, value: float) -> str:
    if field in _SECONDS:
        return span(value)
    return time_code(value) if field in {"start", "end"} else f"{value}"


def _say_text(action: str, field: str, text: str, names: Mapping[str, str]) -> str:
    if text == WITHHELD:
        return _("not told here")
    if text in names:
        return names[text]
    if field == "size" and text.isdigit():
        return size(int(text))
    if _MOMENT.fullmatch(text):
        return moment(datetime.fromisoformat(text), seconds=True)
    if action == _REFUSED and field == "why":
        return say_refusal(text)
    table = table_of(action, field)
    return say(table, text) if table else text


def table_of(action: str, field: str) -> str | None:
    """Answer by which table of words a field of an action is said."""
    kind = action.partition(".")[0]
    for name in (f"{action}.{field}", f"{kind}.*.{field}", field):
        if name in VALUE_TABLES:
            return VALUE_TABLES[name]
    return None


def say_refusal(why: str) -> str:
    """Answer the sentence of a refusal where only one is known by this word, else that of a right, else the word."""
    said = {str(table[why]) for name, table in TABLES.items() if name.endswith("refusal") and why in table}
    return said.pop() if len(said) == 1 else say("refused right", why)


def _say_key(field: str, name: str) -> str:
    return say("check item", name) if field == "results" else say_field(name)


def _inner(field: str, name: str) -> str:
    return field if field == "results" else name
