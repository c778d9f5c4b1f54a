"""Custody entries as sentences: who, in which role, did what to what; why; and what it changed.

Everything is taken from a line that `catalog.custody.listing` has filtered for its reader: nothing is said here that the
line does not tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import url_for
from markupsafe import Markup, escape

from catalog.custody.listing import EntryLine
from catalog.rules.entry_changes import Change, entry_changes
from catalog.rules.free_text import shown
from web.log_values import say_field, say_value
from web.speech import _
from web.words import say
from web.words.act_sentences import ACT_SENTENCES
from web.words.log_fields import SUBJECT_PHRASES

REASONS = (
    "purpose", "reason", "why", "text", "note", "remark", "finding", "document", "case_number", "proves", "message",
)  # fmt: skip
"""Fields of free text that say why, in the order they are told."""
_BEGINS, _ENDS = "\ue000", "\ue001"
_BEFORE = re.compile(f"(?<=[\u4e00-\u9fff]){_BEGINS}")
_AFTER = re.compile(f"{_ENDS}(?=[\u4e00-\u9fff])")
_MARKS = dict.fromkeys(map(ord, (_BEGINS, _ENDS)))
TOLD_CHANGES = 3
"""Changes that a sentence tells one by one; of more it says how many."""
PAGES = {
    "clip": ("CLIP_FIND", "pages.clip", "clip_id"),
    "case": ("CASE_READ", "pages.case", "case_id"),
    "docking": ("DOCKING_READ", "pages.docking", "docking_id"),
    "schedule": ("RETENTION_READ", "pages.retention_schedule", "schedule_id"),
    "recorder": ("RECORDER_READ", "pages.recorder", "recorder_id"),
}
"""Where a thing an entry is about is to be seen, and by whom."""


class _Untold(LookupError):
    """The line does not tell this."""


@dataclass(frozen=True, slots=True)
class SaidChange:
    """One row of what was changed, in words."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Told:
    """An entry in words, beside the line it was made from."""

    line: EntryLine
    sentence: Markup
    reasons: Sequence[tuple[str, str]]
    """What each text is, and the text."""
    changes: Sequence[SaidChange]


def tell(lines: Iterable[EntryLine], allowed: frozenset[str] = frozenset()) -> list[Told]:
    """Answer entries in words; `allowed` names the reader's permissions, by which things are links."""
    return [Told(line, sentence(line, allowed), reasons(line), changes(line)) for line in lines]


def sentence(line: EntryLine, allowed: frozenset[str] = frozenset()) -> Markup:
    """Answer an entry as one sentence; `allowed` names the reader's permissions, by which things are links."""
    said = ACT_SENTENCES.get(line.entry.action)
    if said is None:  # of a later version: better the bare word than nothing
        return escape(line.entry.action)
    for template in said[:-1]:
        try:
            return _filled(template, _Values(line, allowed))
        except _Untold:
            continue
    return _filled(said[-1], _Values(line, allowed, always=True))


def reasons(line: EntryLine) -> list[tuple[str, str]]:
    """Answer why it was done, as the entry keeps it: what each text is, and the text."""
    told = []
    if code := line.private.get("needed_for"):
        told.append((say_field("needed_for"), say_value(line.entry.action, "needed_for", code, line.names)))
    for name in REASONS:
        text = line.private.get(name)
        if (
            isinstance(text, str)
            and text
            and not (name == "reason" and line.entry.action.startswith("hold."))
        ):
            told.append((say_field(name), text))
    return told


def changes(line: EntryLine) -> list[SaidChange]:
    """Answer what an entry says stood before and after, in words."""
    action = line.entry.action
    return [
        SaidChange(
            say_field(change.field),
            say_value(action, change.field, change.before, line.names),
            say_value(action, change.field, change.after, line.names),
        )
        for change in _changes(line)
    ]


def who(line: EntryLine) -> str:
    """Answer who did it, in which role."""
    if line.withheld and not line.who:
        return _("Somebody not named here")
    if line.record["actor"] == "station":
        return _("Station %(name)s", name=line.called or line.who) if line.who else _("A station")
    if line.record["actor"] == "system":
        return _("The system (%(job)s)", job=say("job", line.who))
    name = line.called or line.who
    if not name:
        return _("Somebody")
    held = (line.private.get("actor") or {}).get("roles") or []
    roles = _(", ").join(say("role", role) for role in held)
    return _("%(name)s (%(roles)s)", name=name, roles=roles) if roles else name


def _changes(line: EntryLine) -> list[Change]:
    return entry_changes(line.entry.action, line.record["facts"], line.private)


def _filled(template: Any, values: _Values) -> Markup:
    filled = Markup(escape(str(template))) % values  # noqa: S704 - every value is escaped by Markup's own operator
    return Markup(_BEFORE.sub(" ", _AFTER.sub(" ", filled)).translate(_MARKS))  # noqa: S704 - spaces alone


def _edged(text: str) -> str:
    """Mark where a value begins or ends with a letter or figure: beside a Chinese character a space goes there."""
    bare = text.striptags() if isinstance(text, Markup) else text
    begins, ends = _BEGINS if _narrow(bare[:1]) else "", _ENDS if _narrow(bare[-1:]) else ""
    return begins + text + ends


def _narrow(letter: str) -> bool:
    return letter.isascii() and (letter.isalnum() or letter in set("()"))


class _Values:
    """What stands in the brackets of a sentence, worked out when it is asked for."""

    def __init__(self, line: EntryLine, allowed: frozenset[str], *, always: bool = False) -> None:
        self.line, self.allowed, self.always = line, allowed, always

    def __getitem__(self, name: str) -> Markup | str:
        told = self._told(name)
        if told is None and not self.always:
            raise _Untold(name)
        if told is None:
            return "—"
        return _edged(told if isinstance(told, Markup) else shown(told))

    def _told(self, name: str) -> Markup | str | None:
        if name == "who":
            return who(self.line)
        if name in SUBJECT_PHRASES:
            found = self.line.record["subjects"].get(name)
            return self._subject(name, found or []) if found or self.always else None
        if name in {"was", "is", "changes", "handlers_before", "handlers_after", "proposal_after"}:
            return self._changed(name)
        if name == "words":
            return self._words()
        fields = {**self.line.record["facts"], **self.line.private}
        value = fields.get(name)
        if value in (None, "", []):
            return None
        return say_value(self.line.entry.action, name, value, self.line.names)

    def _subject(self, kind: str, ids: list[str]) -> Markup | str:
        one, many = SUBJECT_PHRASES[kind]
        if not ids:
            return str(one)
        if len(ids) > 1:
            return str(many) % {"num": len(ids)}
        name = self.line.names.get(ids[0])
        text = shown(f"{say('subject', kind)} {name}" if name else str(one))
        permission, endpoint, argument = PAGES.get(kind, ("", "", ""))
        if permission not in self.allowed or (kind == "clip" and self.line.withheld == "clip"):
            return text
        return Markup('<a href="{}">{}</a>').format(self._address(endpoint, argument, ids[0]), text)

    @staticmethod
    def _address(endpoint: str, argument: str, one: str) -> str:
        values: dict[str, Any] = {argument: UUID(one)}
        return url_for(endpoint, **values)

    def _changed(self, name: str) -> str | None:
        found = _changes(self.line)
        if name in {"handlers_before", "handlers_after"}:
            side = name.removeprefix("handlers_")
            if not isinstance(self.line.private.get(side), list):
                return None
            people = [one for one in self.line.private[side] if one]
            return say_value(self.line.entry.action, "officer", people, self.line.names) if people else None
        if name == "proposal_after":
            after = {change.field: change.after for change in found}.get("proposal")
            return say_value(self.line.entry.action, "proposal", after, self.line.names) if after else None
        if not found:
            return None
        if name == "changes":
            return self._several(found)
        value = found[0].before if name == "was" else found[0].after
        return None if value is None else self._value(found[0].field, value)

    def _several(self, found: list[Change]) -> str:
        told = []
        for change in found[:TOLD_CHANGES]:
            field, was, now = (
                say_field(change.field),
                self._value(change.field, change.before),
                self._value(change.field, change.after),
            )
            if change.before in (None, "", [], {}):
                told.append(_("%(field)s %(now)s", field=field, now=_edged(now)))
            elif was == now:  # both withheld
                told.append(_("%(field)s (not told here)", field=field))
            else:
                told.append(
                    _("%(field)s from %(was)s to %(now)s", field=field, was=_edged(was), now=_edged(now))
                )
        if len(found) > TOLD_CHANGES:
            told.append(_("%(n)s changes in all", n=len(found)))
        return _("; ").join(told)

    def _words(self) -> str | None:
        words = self.line.private.get("words")
        if not isinstance(words, Mapping):
            return None
        asked = (f"{say('search field', name)} {value}" for name, value in words.items() if name != "where")
        return _(", ").join(asked)

    def _value(self, field: str, value: Any) -> str:
        return say_value(self.line.entry.action, field, value, self.line.names)
