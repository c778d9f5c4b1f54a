"""Reading names by a profile, and writing them again. Pure; no bytes whatever make it raise."""

from __future__ import annotations

import posixpath
from datetime import datetime

from ingest.profiles.profile import DATE, FOLDER, Form, Profile
from ingest.profiles.template import NUMBERS, fields_of, write
from ingest.protocol import NameFacts

READ_ONLY = "read-only"
"""Stands as `rest["attribute"]` where a file's attribute, not its name, marks it as important."""
LONGEST = 1024
"""Bytes of a path beyond which no profile is asked."""
_TIME = ("year", "month", "day", "hour", "minute", "second")
_PLAIN = {"recorder": "recorder_number", "officer": "officer_number"}
_LONGEST_ROW = 255


def parse(profile: Profile, path: bytes) -> NameFacts | None:
    """Answer what a name says by this profile; None where it fits none of its forms. Never raises."""
    if len(path) > LONGEST:
        return None
    try:
        text = path.decode("utf-8")
    except UnicodeDecodeError:
        return None
    for form in profile.forms:
        found = form.pattern.fullmatch(text)
        if found is not None:
            values = {name: value for name, value in found.groupdict().items() if value is not None}
            facts = _facts(profile, form, text, values)
            if facts is not None:
                return facts
    return None


def parse_below(profile: Profile, path: bytes) -> NameFacts | None:
    """Answer what a name says, from the root or from one folder below it: a partition's, a phone's storage."""
    return parse(profile, path) or parse(profile, path.partition(b"/")[2])


def print_name(profile: Profile, facts: NameFacts) -> bytes:
    """Write the name these facts were read from. Raises ValueError when they do not fit the profile."""
    form = next((form for form in profile.forms if form.name == facts.form), None)
    if form is None or facts.profile != profile.name:
        raise ValueError(f"these facts are not of a form of the profile {profile.name}")
    try:
        name = write(form.items, _values(profile, form, facts)).encode()
    except KeyError as error:
        raise ValueError(f"the facts lack {error}") from error
    if parse(profile, name) != without_attribute(facts):
        raise ValueError("the facts do not fit their form")
    return name


def with_attribute(facts: NameFacts) -> NameFacts:
    """Answer the facts of a file whose attribute marks it as important."""
    if facts.important:
        return facts
    return facts.model_copy(update={"important": True, "rest": {**facts.rest, "attribute": READ_ONLY}})


def without_attribute(facts: NameFacts) -> NameFacts:
    """Answer what the name alone says."""
    if "attribute" not in facts.rest:
        return facts
    rest = {name: value for name, value in facts.rest.items() if name != "attribute"}
    return facts.model_copy(update={"important": False, "rest": rest})


def _facts(profile: Profile, form: Form, text: str, values: dict[str, str]) -> NameFacts | None:
    """Put facts together; None where the name has the form but not the sense of one."""
    table = profile.table
    for field in form.numbers:
        number = values.get(field.name, "")
        if len(number) > field.width and number.startswith("0"):
            return None  # more digits than needed are written without zeros before them
    recorded = _recorded(values)
    if recorded is None:
        return None
    part = int(values["part"]) if "part" in values else form.part
    if form.numbered and table.bare_part is not None:
        if part == table.bare_part:
            return None  # this recorder would have written no number
        part = table.bare_part if part is None else part
    folder = posixpath.dirname(text)
    apart = {**values, FOLDER: folder, DATE: recorded[:10]}
    sequence = int(values["sequence"]) if "sequence" in values else None
    return NameFacts(
        profile=profile.name,
        recorded_at=recorded,
        recorder_number=values.get("recorder", ""),
        officer_number=values.get("officer", ""),
        sequence=sequence,
        part=part,
        chain=_chain(form, values, apart) if part is not None else "",
        important=form.important or "mark" in values,
        series=_joined(form.row, apart, profile.name)
        if form.row is not None and sequence is not None
        else "",
        wraps_after=table.wraps_after if form.row is not None and sequence is not None else None,
        first_part=table.first_part,
        form=form.name,
        rest={
            name: value
            for name, value in values.items()
            if name not in NUMBERS and name not in _TIME and name not in _PLAIN
        },
    )


def _recorded(values: dict[str, str]) -> str | None:
    """Answer the time in a name as ISO 8601, empty when there is none, None when it is no time."""
    if "year" not in values:
        return ""
    year = values["year"] if len(values["year"]) == 4 else f"20{values['year']}"
    text = f"{year}-{values['month']}-{values['day']}"
    if "hour" in values:
        text += f"T{values['hour']}:{values['minute']}" + (
            f":{values['second']}" if "second" in values else ""
        )
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return None
    return text


def _values(profile: Profile, form: Form, facts: NameFacts) -> dict[str, str]:
    """Answer what stands in each field of a name. Raises ValueError for a time that is none."""
    values = {name: value for name, value in facts.rest.items() if name != "attribute"}
    for field in fields_of(form.items):
        number = {"sequence": facts.sequence, "part": facts.part}.get(field.name)
        if field.name in _PLAIN:
            if plain := getattr(facts, _PLAIN[field.name]):
                values[field.name] = plain
        elif field.name in NUMBERS:
            bare = field.name == "part" and number == profile.table.bare_part
            if number is not None and not bare:
                values[field.name] = str(number).zfill(field.width)
        elif field.name in _TIME and facts.recorded_at:
            moment = datetime.fromisoformat(facts.recorded_at)
            values[field.name] = str(getattr(moment, field.name)).zfill(field.width)[-field.width :]
    return values


def _chain(form: Form, values: dict[str, str], apart: dict[str, str]) -> str:
    """Answer what all parts of one recording share: the fields that say so, else the name without its part."""
    if form.chain is not None:
        return _joined(form.chain, apart, "")
    same = {name: value for name, value in values.items() if name != "mark"}
    return write(form.items, {**same, "part": "*"})[-_LONGEST_ROW:]


def _joined(names: tuple[str, ...], values: dict[str, str], otherwise: str) -> str:
    return (" ".join(values[name] for name in names if values.get(name)) or otherwise)[-_LONGEST_ROW:]
